// The list under the editor of a select column: filtered by what is typed, picked by Enter or a click. What a cell may hold many
// of stands before the field as chips, which Backspace takes away.
import { made } from "../elements.js";
import { quietButton } from "./floating.js";
import { chip, joined, listed } from "./preview.js";

const LIST_ID = "grid-picker";
const MOST_SHOWN = 200;
const MOST_NAME = 100; // characters, as tables/columns/select.py
const NEW = "gray"; // until the server has given a new option its color

const folded = (name) => name.trim().replace(/\s+/g, " ").toLowerCase();

export class Picker {
  #marked = -1;

  /** `chosen` are names; with `many` each pick toggles, else the first one ends the edit by `picked()`. `again` as in editor.js. */
  constructor(field, options, { name, chosen, many, again, picked }) {
    Object.assign(this, { field, options, many, picked });
    this.chosen = new Set(chosen);
    this.made = new Set(); // names of options that are to be made
    this.list = made("ul", { class: "picker", id: LIST_ID, role: "listbox", "aria-label": `Choices of ${name}` });
    if (many) this.list.setAttribute("aria-multiselectable", "true");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-expanded", "true");
    field.setAttribute("aria-controls", LIST_ID);
    // The field keeps the focus, or leaving it would end the edit.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.#clicked(event));
    if (many && again) this.#restore(listed(again.text));
    if (again) this.#fill(field.value.trim(), 0);
    else this.#fill("", many ? -1 : options.findIndex((option) => this.chosen.has(option.name)));
  }

  addTo(box) {
    box.append(this.list);
    if (!this.many) return this;
    this.chips = made("div", { class: "editor-chips" });
    this.chips.addEventListener("pointerdown", (event) => event.preventDefault());
    box.prepend(this.chips);
    box.classList.add("with-chips");
    this.#showChips();
    if (this.field.value) this.changed();
    return this;
  }

  /** What the cell is to hold: the names chosen, in the column's own order, then new ones and what is no option's name. */
  text() {
    if (!this.many) return this.field.value;
    const known = this.options.map(({ name }) => name).filter((name) => this.chosen.has(name));
    const rest = this.field.value.trim();
    return joined([...known, ...[...this.chosen].filter((name) => !known.includes(name)), ...(rest ? [rest] : [])]);
  }

  /** Whether options are to be made of what is chosen. */
  get makes() {
    return [...this.made].some((name) => this.chosen.has(name));
  }

  changed() {
    const text = this.field.value.trim();
    this.#fill(text, text ? 0 : -1);
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter") return this.#take();
    else if (event.key === "Backspace" && this.many && !this.field.value && this.chosen.size) this.#drop([...this.chosen].at(-1));
    else return false;
    return true;
  }

  /** Tab takes what typing has found, but makes nothing new. */
  leaving() {
    const item = this.#items()[this.#marked];
    if (!this.field.value.trim() || !item || item.dataset.make !== undefined) return;
    if (this.many) this.#choose(item.dataset.name);
    else this.field.value = item.dataset.name;
  }

  // What of a text that was refused is an option is chosen; the rest stays in the field.
  #restore(names) {
    const known = new Map(this.options.map(({ name }) => [folded(name), name]));
    this.chosen = new Set(names.map((name) => known.get(folded(name))).filter(Boolean));
    this.field.value = names.filter((name) => !known.has(folded(name))).join(", ");
  }

  #items() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  #step(step) {
    const { length } = this.#items();
    if (length) this.#mark((Math.max(this.#marked, step < 0 ? 0 : -1) + step + length) % length);
  }

  // Take the marked option. False when none is marked.
  #take() {
    const item = this.#items()[this.#marked];
    if (!item) return false;
    const { name, make } = item.dataset;
    if (make !== undefined) this.made.add(name);
    if (this.many) {
      this.#choose(name);
      return true;
    }
    this.chosen = new Set([name]);
    this.field.value = name;
    this.picked();
    return true;
  }

  #choose(name) {
    if (this.chosen.has(name)) this.chosen.delete(name);
    else this.chosen.add(name);
    this.field.value = "";
    this.#fill("", -1);
    this.#showChips();
  }

  #drop(name) {
    this.chosen.delete(name);
    this.#fill(this.field.value.trim(), -1);
    this.#showChips();
  }

  #showChips() {
    this.chips.replaceChildren(...[...this.chosen].map((name) => this.#chip(name)));
    this.field.placeholder = this.chosen.size ? "" : "Find or add";
    this.field.setAttribute("aria-description", this.chosen.size ? `Chosen: ${[...this.chosen].join(", ")}. Backspace removes the last.` : "");
    this.field.dispatchEvent(new Event("picker:chips"));
  }

  #chip(name) {
    const element = chip(this.options.find((option) => option.name === name) ?? { name, color: NEW });
    element.append(quietButton("chip-drop", `Remove ${name}`, () => this.#drop(name), "×"));
    return element;
  }

  #fill(text, marked) {
    const wanted = folded(text);
    const place = ({ name }) => name.toLowerCase().indexOf(wanted);
    // What is the text comes first, then what begins with it; apart from that the column's own order stays.
    const rank = (option) => (folded(option.name) === wanted ? -1 : Math.min(1, place(option)));
    const found = this.options.filter((option) => place(option) >= 0).sort((a, b) => rank(a) - rank(b));
    this.list.replaceChildren(...found.slice(0, MOST_SHOWN).map((option, at) => this.#item(option, at)));
    const isNew = wanted && text.length <= MOST_NAME && !this.options.some(({ name }) => folded(name) === wanted) && !this.made.has(text);
    if (isNew) this.list.append(this.#creator(text.replace(/\s+/g, " "), found.length));
    else if (!found.length) this.list.append(note(this.options.length ? "No choice has this name." : "This column has no choices yet: type one."));
    this.#mark(Math.min(marked, this.#items().length - 1));
  }

  #item(option, at) {
    const attributes = { id: `${LIST_ID}-${at}`, "data-name": option.name, role: "option", "aria-selected": this.chosen.has(option.name) };
    return made("li", attributes, chip(option));
  }

  #creator(name, at) {
    const attributes = { id: `${LIST_ID}-${at}`, class: "picker-create", "data-name": name, "data-make": "", role: "option", "aria-selected": "false" };
    return made("li", attributes, "Create option ", chip({ name: `“${name}”`, color: NEW }));
  }

  #mark(at) {
    const items = this.#items();
    items[this.#marked]?.classList.remove("marked");
    this.#marked = at;
    items[at]?.classList.add("marked");
    items[at]?.scrollIntoView({ block: "nearest" });
    if (items[at]) this.field.setAttribute("aria-activedescendant", items[at].id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #clicked(event) {
    const item = event.target.closest("[role=option]");
    if (!item) return;
    this.#marked = this.#items().indexOf(item);
    this.#take();
  }
}

function note(text) {
  return made("li", { class: "picker-note", role: "presentation" }, text);
}
