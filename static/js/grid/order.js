// How many rows the view has, and the order they stand in.
//
// The table's own order (its name is "") is always known. A view that chooses or sorts rows shows its first rows before
// anybody has ordered or counted them all; the order is asked for then, and again when it is out of date. Every window
// names the order it belongs to, so that rows of two orders never stand together.
import { Latest, good } from "./ask.js";
import { linked } from "./link.js";
import { START, moveTo } from "./selection.js";
import { Strays } from "./strays.js";

const OWN = "";
const UNKNOWN = "0";
const AGAIN_MS = 2_000; // until an order is asked for again that a worker process makes
const OFTEN_MS = 2_000; // between two times that the order is asked for because of other people's changes

export class Order {
  #latest;
  #isCounted = true;
  #isWaiting = false; // out of date by a change of one's own: rows keep their places until the person leaves the row
  #readAt = 0; // the version of the table at which windows without an order were read; -1: at several
  #askedAt = -Infinity;
  #took = 0; // ms that the last order took
  #timer = 0;
  #making = ""; // a sentence, while a worker process makes the order
  #isMissed = false; // out of date again while one was on its way
  #isOther = false; // rows have changed, so the order that is asked for is another one even if it has no older name

  constructor(grid, url) {
    Object.assign(this, { grid, url, name: OWN });
    this.#latest = new Latest(grid);
    this.strays = new Strays(grid);
  }

  /** The order is this one, and the view has `count` rows. */
  is(name, count) {
    this.name = name;
    this.#isWaiting = this.#isOther = false;
    this.strays.forget();
    this.grid.rows.settle();
    this.#count(count, true);
  }

  /** Other rows are wanted, or another order: the address says which. */
  async change() {
    const { grid } = this;
    this.#latest.cancel();
    this.#isWaiting = this.#isOther = this.#isMissed = false;
    this.strays.forget();
    this.#readAt = 0;
    this.#making = "";
    clearTimeout(this.#timer);
    await grid.editing.settled();
    grid.rows.reset();
    grid.groups.change();
    this.name = UNKNOWN;
    grid.select(START, { show: false });
    // As many as one window brings, until it has come and says more.
    this.#count(grid.rows.chunk, false);
    grid.view.goTo(0);
    grid.view.ask();
  }

  /** What a window says (see facts in rows.js); an older one, not `isNew`, does not know how many rows there are now. */
  took({ count, order, isStale, start, version }, isNew = true) {
    const { grid } = this;
    if (order === UNKNOWN) {
      this.name = UNKNOWN;
      this.#readAt = [0, version].includes(this.#readAt) ? version : -1;
    } else if (order !== this.name) {
      if (this.#fits(order)) this.#readAt = 0;
      else grid.rows.refresh();
      this.name = order;
    }
    const known = (count ?? start + grid.rows.loaded(start)) + grid.rows.added;
    if (count === null) {
      if (!this.#isCounted) this.#count(Math.max(known, start ? grid.count : 0), false);
      else this.#count(grid.count, false);
    } else if (!this.#isCounted || (isNew && known !== grid.count)) this.#count(known, true);
    if ((isStale || count === null) && !this.#latest.isAsking && !this.#isWaiting && !this.#making) this.#askSoon();
  }

  // Whether the rows that are here stand as in this order: they were read without one, at the very version it was made at.
  #fits(order) {
    return this.name === UNKNOWN && this.#readAt === parseInt(order, 10);
  }

  // The first time at once; while others keep changing rows, not more often than the server can bear.
  #askSoon() {
    const rest = Math.max(OFTEN_MS, 3 * this.#took) - (performance.now() - this.#askedAt);
    clearTimeout(this.#timer);
    if (rest <= 0 || !this.#isCounted) this.ask();
    else this.#timer = setTimeout(() => this.#latest.isAsking || this.#isWaiting || this.ask(), rest);
  }

  /** Ask for the order and the count as they are now. */
  async ask() {
    const { grid } = this;
    this.#isOther ||= this.#isWaiting;
    this.#isWaiting = this.#isMissed = false;
    clearTimeout(this.#timer);
    this.#askedAt = performance.now();
    const id = grid.focusedId();
    const asked = this.#latest.ask(linked(this.url), id ? { row: id } : {});
    this.#show();
    const answer = await asked;
    this.#took = performance.now() - this.#askedAt;
    this.#making = answer?.status === 202 ? answer.json.making : "";
    if (this.#making) this.#timer = setTimeout(() => this.ask(), AGAIN_MS);
    this.#show();
    if (this.#making) return undefined;
    const news = good(grid, answer)?.json;
    // What was changed after this had been asked keeps its place, too.
    if (!news || this.#isWaiting) return undefined;
    // The person has gone on: the row they are at now is what keeps its place, or the place itself while its row is not here.
    const now = grid.focusedId();
    if (now && now !== id) return this.ask();
    const isMissed = this.#isMissed;
    this.#came({ ...news, row: now ? news.row : null });
    if (isMissed) this.#askSoon();
    return undefined;
  }

  /** A sentence, while a worker process makes the order; else "". */
  get making() {
    return this.#making;
  }

  /** One has changed the rows `first` to `last`, so that the order may be out of date. */
  wait(first, last) {
    this.#isWaiting = this.name !== OWN;
    const { focusRow } = this.grid;
    if (this.#isWaiting && first <= focusRow && focusRow <= last) this.strays.look(first, last);
  }

  /** The person is at another row than the one that was changed. */
  left() {
    if (this.#isWaiting && !this.grid.editing.editor.isOpen) this.ask();
  }

  get isWaiting() {
    return this.#isWaiting;
  }

  /** Somebody else's changes have made it so. Returns whether all rows will be asked for with the next order. */
  isOutOfDate() {
    this.#isOther = true;
    if (this.#isWaiting) return false;
    if (this.#latest.isAsking) this.#isMissed = true;
    else this.#askSoon();
    return true;
  }

  // What the person looks at stays where it is on the screen.
  #came({ count, order, row }) {
    const { grid } = this;
    const isOther = this.#isOther || (order !== this.name && !this.#fits(order)) || grid.rows.added > 0;
    this.#readAt = 0;
    const before = grid.focusRow;
    const line = grid.lines.lineOf(before);
    const wasSeen = grid.view.isInView(line);
    this.is(order, count);
    if (isOther) grid.rows.refresh();
    if (isOther || !grid.groups.areOf(order)) grid.groups.ask();
    if (row !== null && row !== before) {
      if (wasSeen) grid.view.goTo(grid.view.top + (grid.lines.lineOf(row) - line) * grid.view.rowHeight);
      grid.editing.editor.follow(before, row);
      grid.select(moveTo(grid.selection, row, grid.focusCol, false, grid.size), { show: false });
    }
    // What is selected is added up by its places in this order.
    grid.totals.selected();
    grid.view.ask();
    grid.view.invalidate();
  }

  #count(count, isCounted) {
    this.#isCounted = isCounted;
    this.grid.setCount(count, isCounted);
    this.#show();
  }

  #show() {
    this.grid.toggleAttribute("data-ordering", this.#latest.isAsking || !this.#isCounted || this.#making !== "");
    this.grid.tellCount();
  }
}
