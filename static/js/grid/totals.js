// The foot: what columns add up to, laid out and scrolled with them, and what the selection adds up to.
import { Latest, good } from "./ask.js";
import { linked, part } from "./link.js";
import { isSingle, rectangle } from "./selection.js";

const QUIET_MS = 250; // of a selection before it is added up
const OFTEN_MS = 2_000; // between two times that the totals are asked for because rows have changed
const AGAIN_MS = 700; // before a selection is added up again that could not be
const MOST_TRIES = 4;

export class Totals {
  #timer = 0;
  #latest;
  #fresh = 0;
  #tries = 0;

  constructor(grid, element) {
    Object.assign(this, { grid, element });
    this.#latest = new Latest(grid);
    this.note = document.getElementById("grid-sums");
    this.more = document.getElementById("grid-sums-more");
    this.list = document.getElementById("grid-sums-all");
    this.more.addEventListener("click", () => this.#addAll());
    grid.addEventListener("scroll", () => (element.scrollLeft = grid.scrollLeft), { passive: true });
    grid.addEventListener("grid:widths", () => this.layOut());
    this.layOut();
  }

  /** As wide as the columns. */
  layOut() {
    for (const name of ["--cols", "--width"]) this.element.style.setProperty(name, this.grid.style.getPropertyValue(name));
    this.element.scrollLeft = this.grid.scrollLeft;
  }

  /** Rows have changed, so the totals may have. */
  changed() {
    if (this.#fresh) return;
    this.#fresh = setTimeout(() => {
      this.#fresh = 0;
      this.selected();
      this.grid.search.recount();
      if (!part("totals")) return;
      window.htmx.trigger(this.element, "fresh");
      // While a changed row keeps its place, so do the headings: the order that comes then brings theirs.
      if (!this.grid.order.isWaiting) this.grid.groups.ask();
    }, OFTEN_MS);
  }

  /** Something else is selected. */
  selected() {
    clearTimeout(this.#timer);
    this.#latest.cancel();
    this.#tell("");
    this.#tries = 0;
    if (!this.grid.count || isSingle(this.grid.selection)) return;
    this.#timer = setTimeout(() => this.#add(), QUIET_MS);
  }

  async #add() {
    const { grid } = this;
    const answer = await this.#latest.ask(linked(grid.dataset.selectionUrl), this.#values());
    if (answer?.status === 200) this.#tell(answer.json.text);
    // The order that was asked by was not there yet, or is another one by now.
    if (answer?.status === 200 && !answer.json.text && this.#tries < MOST_TRIES) {
      this.#tries += 1;
      this.#timer = setTimeout(() => this.#add(), AGAIN_MS);
    }
  }

  #values() {
    const { grid } = this;
    const { top, bottom, left, right } = rectangle(grid.selection, grid.size);
    const keys = [];
    for (let col = left; col <= right; col += 1) keys.push(grid.columns.at(col).key);
    return { from: top, to: bottom, keys: keys.join(","), order: grid.order.name };
  }

  #tell(text) {
    const { left, right } = rectangle(this.grid.selection, this.grid.size);
    this.note.textContent = text;
    this.more.hidden = !text || left !== right;
  }

  // Everything that the selected column adds up to: what takes longest is asked for when somebody wants to see it.
  async #addAll() {
    const { grid } = this;
    const answer = good(grid, await this.#latest.ask(linked(grid.dataset.selectionUrl), { ...this.#values(), all: 1 }));
    if (!answer?.json.all) return;
    const items = answer.json.all.flatMap(([label, shown]) => [element("dt", label), element("dd", shown)]);
    this.list.firstElementChild.replaceChildren(...items);
    this.list.showPopover();
    this.list.focus();
  }
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}
