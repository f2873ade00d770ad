// Rows that one has changed so that the view would show them elsewhere, or not at all. They stay where they are until one leaves
// them (order.js), marked meanwhile.
import { Latest } from "./ask.js";
import { linked } from "./link.js";

const MOST = 198; // with a neighbour above and below as CHANGED_ROWS in edit_views.py
const LEFT_OUT = "No longer matches what this view shows: it goes when you leave it";
const ELSEWHERE = "No longer in its place in this order: it moves when you leave it";

export class Strays {
  #words = new Map(); // row id -> what is wrong with its place
  #latest;

  constructor(grid) {
    this.grid = grid;
    this.#latest = new Latest(grid);
  }

  /** What to tell of a row; undefined for one that stands where it belongs. */
  words(id) {
    return this.#words.get(id);
  }

  /** The order is another one, and every row has its place in it. */
  forget() {
    this.#latest.cancel();
    this.#words.clear();
  }

  /** The rows `first` to `last` were changed: ask which of them the view would not show where they are. */
  async look(first, last) {
    const { grid } = this;
    const seen = grid.view.range(0);
    const from = Math.max(first, grid.lines.rowAt(seen.first), 0);
    const ids = [];
    for (let index = from - 1; index <= Math.min(last, from + MOST - 1) + 1; index += 1) ids.push(grid.rows.row(index)?.dataset.id);
    const known = ids.filter(Boolean);
    if (!known.length) return;
    const answer = await this.#latest.ask(linked(grid.dataset.standingUrl), { ids: known.join() });
    if (answer?.status !== 200 || !grid.order.isWaiting) return;
    const places = new Map(answer.json.ids.map((id, place) => [String(id), place]));
    for (const id of ids.slice(1, -1).filter(Boolean)) this.#note(id, wrong(id, known, places));
    grid.view.invalidate();
  }

  #note(id, words) {
    if (words && !this.#words.has(id)) this.grid.say(`${words}.`);
    if (words) this.#words.set(id, words);
    else this.#words.delete(id);
  }
}

// `places` says in which order the rows stand that the view shows; `shown` in which they are on the screen.
function wrong(id, shown, places) {
  if (!places.has(id)) return LEFT_OUT;
  const there = shown.filter((each) => places.has(each));
  const at = there.indexOf(id);
  const isBehind = (one, other) => one !== undefined && other !== undefined && places.get(one) > places.get(other);
  return isBehind(there[at - 1], id) || isBehind(id, there[at + 1]) ? ELSEWHERE : undefined;
}
