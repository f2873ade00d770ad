// The one table of keys: what the grid obeys, and what the help pane and the palette show. Mod is Ctrl, or Cmd on a Mac.
//
// `extends`: with Shift held as well, the same command grows the selection. `also`: other keys of the same command. `typed`: what
// a keyboard makes of the key. `native`: the key is left to the browser, whose own event brings what the command needs. Without a
// key a command is in the palette only.
export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export const KEYS = [
  { group: "Move", key: "ArrowUp", command: "up", says: "One row up", extends: true },
  { group: "Move", key: "ArrowDown", command: "down", says: "One row down", extends: true },
  { group: "Move", key: "ArrowLeft", command: "left", says: "One column left", extends: true },
  { group: "Move", key: "ArrowRight", command: "right", says: "One column right", extends: true },
  { group: "Move", key: "Tab", command: "next", says: "Next cell; behind the last one of all a new row" },
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
  { group: "Move", key: "Mod+F", command: "search", says: "Search; in the box Enter and Shift+Enter go from hit to hit" },
  { group: "Select", key: "Mod+A", command: "selectAll", says: "Everything" },
  { group: "Select", key: "Shift+Space", command: "selectRows", says: "Whole rows" },
  { group: "Select", key: "Ctrl+Space", command: "selectColumns", says: "Whole columns" },
  { group: "Select", key: "Escape", command: "escape", says: "Drop the selection; press again, then Tab, to leave the grid" },
  { group: "Edit", key: "Enter", also: ["F2"], command: "edit", says: "Edit the cell; just typing replaces it" },
  { group: "Edit", key: "Delete", also: ["Backspace"], command: "clear", says: "Empty the selected cells" },
  { group: "Edit", key: "Mod+D", command: "fillDown", says: "Fill down from the first selected row, or from the row above" },
  { group: "Edit", key: "Mod+R", command: "fillRight", says: "Fill right from the first selected column, or from the one before" },
  { group: "Edit", key: "Mod+;", command: "today", says: "Today, into a cell of dates" },
  { group: "Edit", key: "Mod+Shift+;", typed: ["Mod+Shift+:"], command: "now", says: "Now, into a cell of dates and times" },
  { group: "Edit", key: "Mod+Z", command: "undo", says: "Undo your last change" },
  { group: "Edit", key: "Mod+Shift+Z", also: ["Mod+Y"], command: "redo", says: "Redo what was undone" },
  { group: "Clipboard", key: "Mod+C", command: "copy", says: "Copy" },
  { group: "Clipboard", key: "Mod+X", command: "cut", says: "Cut: the cells are emptied once they are pasted" },
  { group: "Clipboard", key: "Mod+V", command: "paste", says: "Paste", native: true },
  { group: "Clipboard", key: "Mod+Shift+V", command: "pasteText", says: "Paste the text only, without what formats it", native: true },
  { group: "Rows", key: "Shift+Enter", command: "insertBelow", says: "New row below; at the end in a sorted or grouped view" },
  { group: "Rows", key: "Mod+Shift+Enter", command: "insertAbove", says: "New row above" },
  { group: "Rows", key: "", command: "addRow", says: "New row at the end" },
  { group: "Rows", key: "Mod+Shift+D", command: "duplicateRows", says: "Duplicate the selected rows" },
  { group: "Rows", key: "Mod+Delete", also: ["Mod+Backspace"], command: "deleteRows", says: "Delete the selected rows" },
  { group: "Columns", key: "Shift+F2", command: "renameColumn", says: "Rename the column in its header; Tab goes on to the next one" },
  { group: "Columns", key: "", command: "addColumn", says: "New column at the end" },
  { group: "Columns", key: "", command: "duplicateColumn", says: "Duplicate the column, with its values" },
  { group: "Columns", key: "", command: "moveColumnLeft", says: "Move the column to the left" },
  { group: "Columns", key: "", command: "moveColumnRight", says: "Move the column to the right" },
  { group: "Columns", key: "", command: "freezeColumns", says: "Freeze the columns up to this one" },
  { group: "Columns", key: "", command: "unfreezeColumns", says: "Unfreeze all columns" },
  { group: "Open", key: "Space", command: "space", says: "Open the row; in a checkbox: check it" },
  { group: "Open", key: "Shift+F10", also: ["ContextMenu"], command: "cellMenu", says: "Menu of the cell: filter by it, copy it" },
  { group: "Open", key: "Alt+ArrowDown", command: "columnMenu", says: "Menu of the column" },
  { group: "Open", key: "", command: "newAiColumn", says: "New AI column" },
  { group: "Open", key: "Mod+K", command: "palette", says: "Find a command, a table, a view or a column by its name" },
  { group: "Open", key: "F1", also: ["Mod+/"], command: "help", says: "This list of keys" },
  { group: "Groups", key: "Alt+ArrowUp", command: "closeGroup", says: "Close the group of this row" },
  { group: "Groups", key: "Alt+Shift+ArrowUp", command: "closeGroups", says: "Close all groups" },
  { group: "Groups", key: "Alt+Shift+ArrowDown", command: "openGroups", says: "Open all groups" },
];

const byKeys = new Map();
for (const { key, also = [], typed = [], command, extends: grows, native = false } of KEYS) {
  for (const keys of [key, ...also, ...typed].filter(Boolean)) {
    byKeys.set(written(keys), { command, extend: false, native });
    if (grows) byKeys.set(written(`Shift+${keys}`), { command, extend: true });
  }
}

/** What a keydown means: {command, extend, native}, or undefined. */
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
