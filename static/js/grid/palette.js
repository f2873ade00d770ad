// The command palette: every command of the one table by name, and the tables, views and columns one may want to go to.
import { made } from "../elements.js";
import { fit } from "./fuzzy.js";
import { KEYS, commandOf, shown } from "./keys.js";

const MOST_SHOWN = 100;
const KNOWN_BY_HEART = ["Move", "Select"]; // these come last
const LIST_ID = "palette-list";

// From anywhere on the page; in the grid the key is a command like others.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || commandOf(event)?.command !== "palette" || document.getElementById("dialog").open) return;
  event.preventDefault();
  document.querySelector("data-grid").run("palette");
});

/** Open it; what is chosen runs once it is closed. */
export function openPalette(grid) {
  const dialog = document.getElementById("dialog");
  dialog.replaceChildren(document.getElementById("grid-palette").content.cloneNode(true));
  const field = dialog.querySelector("input");
  const palette = new Palette(everything(grid), field, dialog.querySelector(`#${LIST_ID}`), (run) => {
    dialog.close();
    grid.focus();
    run();
  });
  field.addEventListener("input", () => palette.find(field.value));
  field.addEventListener("keydown", (event) => palette.pressed(event));
  palette.find("");
  dialog.showModal();
  field.focus();
}

/** {group, name, keys, run} of all there is. */
function everything(grid) {
  const isLast = ({ group }) => Number(KNOWN_BY_HEART.includes(group));
  const inOrder = KEYS.filter(({ command }) => command !== "palette").sort((one, other) => isLast(one) - isLast(other));
  const commands = inOrder.map(({ says, key, command }) => {
    return { group: "Commands", name: says, keys: key, run: () => grid.run(command) };
  });
  const columns = grid.columns.heads.map((head, col) => ({ group: "Columns", name: head.dataset.name, icon: head.querySelector(".icon"), run: () => grid.goTo(grid.focusRow, col) }));
  return [...commands, ...links("Tables", ".rail-tables a[href]:not([hx-get])"), ...links("Views", ".views-tabs a[href]"), ...columns];
}

function links(group, selector) {
  return [...document.querySelectorAll(selector)].map((link) => {
    const name = link.querySelector("span:not(.unseen)").textContent;
    return { group, name, icon: link.querySelector(".icon"), run: () => link.getAttribute("aria-current") || link.click() };
  });
}

class Palette {
  #marked = 0;
  #found = [];

  constructor(all, field, list, choose) {
    Object.assign(this, { all, field, list, choose });
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the keyboard
    list.addEventListener("click", (event) => this.#take(this.#options().indexOf(event.target.closest("[role=option]"))));
  }

  /** Show what fits the text, the best of each group first, and the group with the best one first. */
  find(text) {
    const fitting = this.all.map((each) => ({ ...each, fits: fit(text, each.name) })).filter(({ fits }) => fits !== null);
    if (text.trim()) fitting.sort((one, other) => other.fits - one.fits);
    const groups = grouped(fitting.slice(0, MOST_SHOWN));
    this.#found = [...groups.values()].flat();
    this.list.replaceChildren(...[...groups].flatMap(([group, each]) => section(group, each, this.#found)));
    if (!this.#found.length) this.list.append(made("li", { class: "palette-none", role: "presentation" }, "Nothing is called so."));
    this.#mark(0);
  }

  pressed(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.isComposing) return;
    if (steps[event.key]) this.#mark(this.#next(steps[event.key]));
    else if (event.key === "Enter") this.#take(this.#marked);
    else return;
    event.preventDefault();
  }

  // Single steps go round, larger ones stop at the ends.
  #next(step) {
    const { length } = this.#found;
    const wanted = this.#marked + step;
    return Math.abs(step) === 1 ? (wanted + length) % Math.max(1, length) : Math.max(0, Math.min(wanted, length - 1));
  }

  #options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  #mark(at) {
    const options = this.#options();
    options[this.#marked]?.setAttribute("aria-selected", "false");
    this.#marked = at;
    const option = options[at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (at === 0) this.list.scrollTop = 0;
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #take(at) {
    const found = this.#found[at];
    if (found) this.choose(found.run);
  }
}

function section(group, each, all) {
  const title = made("li", { class: "palette-group", role: "presentation" }, group);
  return [title, ...each.map((found) => item(found, all.indexOf(found)))];
}

function item({ name, icon, keys }, at) {
  const words = made("span", { class: "palette-name", dir: "auto" }, name);
  const parts = [...(icon ? [icon.cloneNode(true)] : []), words, ...(keys ? shown(keys).map((key) => made("kbd", {}, key)) : [])];
  return made("li", { class: "palette-item", role: "option", id: `${LIST_ID}-${at}`, "aria-selected": "false" }, ...parts);
}

function grouped(found) {
  const groups = new Map();
  for (const each of found) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return groups;
}
