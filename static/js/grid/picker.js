// The list under the editor of a select column: filtered by what is typed, picked by Enter or a click.
import { chip } from "./preview.js";

const LIST_ID = "grid-picker";
const MOST_SHOWN = 200;

export class Picker {
  #marked = -1;

  /** `chosen` are names; with `many` each pick toggles, else the first one ends the edit by `picked()`. */
  constructor(field, options, { chosen, many, picked }) {
    Object.assign(this, { field, options, many, picked });
    this.chosen = new Set(chosen);
    this.list = document.createElement("ul");
    this.list.className = "picker";
    this.list.id = LIST_ID;
    this.list.setAttribute("role", "listbox");
    if (many) this.list.setAttribute("aria-multiselectable", "true");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-expanded", "true");
    field.setAttribute("aria-controls", LIST_ID);
    // The field keeps the focus, or leaving it would end the edit.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.#fill("", many ? -1 : options.findIndex(({ name }) => this.chosen.has(name)));
  }

  /** The names chosen, in the column's own order. */
  names() {
    return this.options.map(({ name }) => name).filter((name) => this.chosen.has(name));
  }

  filter() {
    const text = this.field.value.trim();
    this.#fill(text, text ? 0 : -1);
  }

  move(step) {
    const length = this.list.querySelectorAll("[role=option]").length;
    if (length) this.#mark((this.#marked + step + length) % length);
  }

  /** Take the marked option. False when none is marked. */
  take() {
    const name = this.list.querySelectorAll("[role=option]")[this.#marked]?.dataset.name;
    if (name === undefined) return false;
    if (!this.many) this.chosen.clear();
    if (this.chosen.has(name)) this.chosen.delete(name);
    else this.chosen.add(name);
    if (!this.many) {
      this.field.value = name;
      this.picked();
      return true;
    }
    this.field.value = "";
    this.#fill("", -1);
    return true;
  }

  #fill(text, marked) {
    const wanted = text.toLowerCase();
    const place = ({ name }) => name.toLowerCase().indexOf(wanted);
    // What begins with the text comes before what only holds it; apart from that the column's own order stays.
    const found = this.options.filter((option) => place(option) >= 0).sort((a, b) => Number(place(a) > 0) - Number(place(b) > 0));
    this.list.replaceChildren(...found.slice(0, MOST_SHOWN).map((option, at) => this.#item(option, at)));
    if (!found.length) this.list.append(note(this.options.length ? "No choice has this name." : "This column has no choices yet."));
    this.#mark(Math.min(marked, found.length - 1));
  }

  #item(option, at) {
    const item = document.createElement("li");
    item.id = `${LIST_ID}-${at}`;
    item.dataset.name = option.name;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(this.chosen.has(option.name)));
    item.append(chip(option));
    return item;
  }

  #mark(at) {
    const items = [...this.list.querySelectorAll("[role=option]")];
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
    this.#marked = [...this.list.querySelectorAll("[role=option]")].indexOf(item);
    this.take();
  }
}

function note(text) {
  const item = document.createElement("li");
  item.className = "picker-note";
  item.setAttribute("role", "presentation");
  item.textContent = text;
  return item;
}
