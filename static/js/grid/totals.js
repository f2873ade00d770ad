// The foot: what columns add up to, laid out and scrolled with them, and what the selection adds up to.
import { Latest } from "./ask.js";
import { linked, part } from "./link.js";
import { isSingle, rectangle } from "./selection.js";

const QUIET_MS = 250; // of a selection before it is added up
const OFTEN_MS = 2_000; // between two times that the totals are asked for because rows have changed
const AGAIN_MS = 700; // before a selection is added up again that could not be
const MOST_TRIES = 4;
const MOST_COLUMNS = 20; // as in total_views.py

export class Totals {
  #timer = 0;
  #latest;
  #fresh = 0;
  #tries = 0;

  constructor(grid, element) {
    Object.assign(this, { grid, element });
    this.#latest = new Latest(grid);
    this.note = document.getElementById("grid-sums");
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
    this.note.textContent = "";
    this.#tries = 0;
    if (!this.grid.count || isSingle(this.grid.selection)) return;
    this.#timer = setTimeout(() => this.#add(), QUIET_MS);
  }

  async #add() {
    const { grid } = this;
    const { top, bottom, left, right } = rectangle(grid.selection, grid.size);
    if (right - left >= MOST_COLUMNS) return;
    const keys = [];
    for (let col = left; col <= right; col += 1) keys.push(grid.columns.at(col).key);
    const values = { from: top, to: bottom, keys: keys.join(","), order: grid.order.name };
    const answer = await this.#latest.ask(linked(grid.dataset.selectionUrl), values);
    if (answer?.status === 200) this.note.textContent = answer.json.text;
    // The order that was asked by was not there yet, or is another one by now.
    if (answer?.status === 200 && !answer.json.text && this.#tries < MOST_TRIES) {
      this.#tries += 1;
      this.#timer = setTimeout(() => this.#add(), AGAIN_MS);
    }
  }
}
