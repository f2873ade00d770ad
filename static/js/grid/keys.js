// The one table of keys: what the grid obeys and what the help pane shows. Mod is Ctrl, or Cmd on a Mac.
//
// `extends`: with Shift held as well, the same command grows the selection. `also`: other keys of the same command.
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export const KEYS = [
  { group: "Move", key: "ArrowUp", command: "up", says: "One row up", extends: true },
  { group: "Move", key: "ArrowDown", command: "down", says: "One row down", extends: true },
  { group: "Move", key: "ArrowLeft", command: "left", says: "One column left", extends: true },
  { group: "Move", key: "ArrowRight", command: "right", says: "One column right", extends: true },
  { group: "Move", key: "Tab", command: "next", says: "Next cell" },
  { group: "Move", key: "Shift+Tab", command: "previous", says: "Previous cell" },
  { group: "Move", key: "Mod+ArrowUp", command: "firstRow", says: "First row", extends: true },
  { group: "Move", key: "Mod+ArrowDown", command: "lastRow", says: "Last row", extends: true },
  { group: "Move", key: "Home", also: ["Mod+ArrowLeft"], command: "rowStart", says: "Start of the row", extends: true },
  { group: "Move", key: "End", also: ["Mod+ArrowRight"], command: "rowEnd", says: "End of the row", extends: true },
  { group: "Move", key: "Mod+Home", command: "first", says: "First cell of the table", extends: true },
  { group: "Move", key: "Mod+End", command: "last", says: "Last cell of the table", extends: true },
  { group: "Move", key: "PageUp", command: "pageUp", says: "One screen up", extends: true },
  { group: "Move", key: "PageDown", command: "pageDown", says: "One screen down", extends: true },
  { group: "Move", key: "Alt+PageUp", command: "pageLeft", says: "One screen left", extends: true },
  { group: "Move", key: "Alt+PageDown", command: "pageRight", says: "One screen right", extends: true },
  { group: "Move", key: "Mod+G", command: "goto", says: "Go to a row by its number" },
  { group: "Select", key: "Mod+A", command: "selectAll", says: "Everything" },
  { group: "Select", key: "Shift+Space", command: "selectRows", says: "Whole rows" },
  { group: "Select", key: "Ctrl+Space", command: "selectColumns", says: "Whole columns" },
  { group: "Select", key: "Escape", command: "escape", says: "Drop the selection; press again, then Tab, to leave the grid" },
  { group: "Edit", key: "Enter", also: ["F2"], command: "edit", says: "Edit the cell; just typing replaces it" },
  { group: "Edit", key: "Shift+Enter", command: "addRow", says: "New row at the end" },
  { group: "Edit", key: "Mod+Delete", also: ["Mod+Backspace"], command: "deleteRows", says: "Delete the selected rows" },
  { group: "Edit", key: "Mod+Z", command: "undo", says: "Undo your last change" },
  { group: "Open", key: "Space", command: "space", says: "Open the row; in a checkbox: check it" },
  { group: "Open", key: "Alt+ArrowDown", command: "columnMenu", says: "Menu of the column" },
  { group: "Open", key: "F1", also: ["Mod+/"], command: "help", says: "This list of keys" },
];

const byKeys = new Map();
for (const { key, also = [], command, extends: grows } of KEYS) {
  for (const keys of [key, ...also]) {
    byKeys.set(written(keys), { command, extend: false });
    if (grows) byKeys.set(written(`Shift+${keys}`), { command, extend: true });
  }
}

/** What a keydown means: {command, extend}, or undefined. */
export function commandOf(event) {
  return byKeys.get(pressed(event));
}

/** Whether a keydown types a character, so that it begins an edit. */
export function types(event) {
  return [...event.key].length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && (!event.altKey || event.getModifierState("AltGraph"));
}

/** A key of the table as a person reads it: "Ctrl + Home", "⌘ Home". */
export function shown(keys) {
  const names = { Mod: isMac ? "⌘" : "Ctrl", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", PageUp: "Page Up", PageDown: "Page Down", Escape: "Esc" };
  return keys.split("+").map((name) => names[name] ?? name);
}

function pressed(event) {
  const name = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return order([event.ctrlKey && "Ctrl", event.metaKey && "Meta", event.altKey && "Alt", event.shiftKey && "Shift", name]);
}

function written(keys) {
  return order(keys.replace("Mod", isMac ? "Meta" : "Ctrl").split("+"));
}

function order(parts) {
  return parts.filter(Boolean).sort().join("+");
}
