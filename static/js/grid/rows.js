// Windows of rows: asked for by chunk, parsed once, kept, forgotten. Knows nothing of what is on the screen but the range it is told.
import { Unreachable, ask } from "./ask.js";
import { linked } from "./link.js";

// A chunk is about 1,000 to 5,000 cells; kept elements cost about 0.5 kB a cell.
const CHUNKS_KEPT = 60;
const CELLS_KEPT = 150_000;
const CHUNKS_KEPT_AT_LEAST = 12;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

export class Rows {
  #chunks = new Map(); // start -> {rows, count, stale}; in order of use, the least used first
  #asked = new Map(); // start -> the request under way
  #failed = new Map(); // start -> {tries, timer}
  #wanted = new Set();
  #count = 0;
  #added = []; // rows made here that have no place in the view's order yet: they stand after all others

  /** `changed(facts)` is called when rows came or a request failed; facts is null or {count, version, columnsVersion}. */
  constructor(grid, { chunk, columns, isWide, url, changed }) {
    this.grid = grid;
    this.chunk = chunk;
    this.isWide = isWide;
    this.url = url;
    this.changed = changed;
    this.kept = Math.max(CHUNKS_KEPT_AT_LEAST, Math.min(CHUNKS_KEPT, Math.floor(CELLS_KEPT / (chunk * Math.max(1, columns)))));
  }

  /** The element of row `index`, or undefined while it is not here. */
  row(index) {
    if (this.#added.length && index >= this.#count - this.#added.length) return this.#added[index - this.#count + this.#added.length];
    const start = this.#start(index);
    return this.#chunks.get(start)?.rows[index - start];
  }

  /** How many rows were made here that have no place in the order yet. */
  get added() {
    return this.#added.length;
  }

  /** Take a new row that has no place in the order yet. */
  add(row) {
    this.#keepCells(row);
    number(row, this.#count);
    this.#added.push(row);
    this.#count += 1;
  }

  /** How many rows the chunk from `start` on holds. */
  loaded(start) {
    return this.#chunks.get(start)?.rows.length ?? 0;
  }

  /** Forget everything: other rows are shown. */
  reset() {
    for (const request of this.#asked.values()) request.cancel();
    for (const { timer } of this.#failed.values()) clearTimeout(timer);
    this.#asked.clear();
    this.#failed.clear();
    this.#chunks.clear();
    this.#wanted.clear();
    this.#added = [];
  }

  /** The order is new: rows made here have their places now. */
  settle() {
    this.#added = [];
  }

  hasFailed(index) {
    return this.#failed.has(this.#start(index));
  }

  isAsking() {
    return this.#asked.size > 0;
  }

  /** The index of a loaded row by its id, or -1. */
  indexOf(id) {
    for (const [start, { rows }] of this.#chunks) {
      const at = rows.findIndex((row) => row.dataset.id === String(id));
      if (at >= 0) return start + at;
    }
    const at = this.#added.findIndex((row) => row.dataset.id === String(id));
    return at < 0 ? -1 : this.#count - this.#added.length + at;
  }

  /** Have the rows of these [first, last] ranges. What else is asked for is cancelled. */
  want(ranges, count) {
    this.#count = count;
    this.#wanted = new Set(ranges.flatMap(([first, last]) => this.#startsOf(first, last)));
    for (const [start, request] of this.#asked) {
      if (this.#wanted.has(start)) continue;
      request.cancel();
      this.#asked.delete(start);
    }
    for (const [start, { timer }] of this.#failed) {
      if (this.#wanted.has(start)) continue;
      clearTimeout(timer);
      this.#failed.delete(start);
    }
    for (const start of this.#wanted) {
      const chunk = this.#chunks.get(start);
      if (chunk) this.#used(start, chunk);
      this.#askIfLacking(start);
    }
    this.#forget();
  }

  /** Take a chunk's element: from the page itself, or parsed from an answer. Returns its facts. */
  put(chunk) {
    const start = Number(chunk.dataset.start);
    const rows = [...chunk.children];
    for (const row of rows) this.#keepCells(row);
    const known = this.#chunks.get(start);
    if (known) this.#keepNewer(start, rows, known.rows);
    this.#chunks.delete(start);
    const news = facts(chunk);
    this.#chunks.set(start, { rows, count: news.count, stale: false });
    return news;
  }

  /** Put a row's new element in the place of the old one, wherever that is now, unless that is newer. Returns its index, or -1. */
  replace(row) {
    const index = this.indexOf(row.dataset.id);
    if (index < 0 || Number(this.row(index).dataset.v) > Number(row.dataset.v)) return index;
    number(row, index);
    this.#keepCells(row);
    const last = this.#count - this.#added.length;
    const start = this.#start(index);
    if (index >= last && this.#added.length) this.#added[index - last] = row;
    else this.#chunks.get(start).rows[index - start] = row;
    return index;
  }

  /** Rows came, went or moved: forget all but what is wanted now, which stays on the screen until its answer comes. */
  refresh() {
    for (const start of [...this.#chunks.keys()]) {
      if (this.#wanted.has(start)) this.#chunks.get(start).stale = true;
      else this.#chunks.delete(start);
    }
    this.#askAnew();
  }

  /** These rows changed: ask again for the chunks that hold them. */
  refreshRows(ids) {
    const changed = new Set(ids.map(String));
    for (const chunk of this.#chunks.values()) {
      if (chunk.rows.some((row) => changed.has(row.dataset.id))) chunk.stale = true;
    }
    this.#askAnew();
  }

  /** The cells of rows `first` to `last` changed, but not their places: the ids of those that are wanted now; others are forgotten. */
  outOfDate(first, last) {
    const ids = [];
    for (const [start, { rows }] of [...this.#chunks]) {
      const changed = rows.slice(Math.max(0, first - start), Math.max(0, last + 1 - start));
      if (this.#wanted.has(start)) ids.push(...changed.map((row) => row.dataset.id));
      else if (changed.length) this.#chunks.delete(start);
    }
    const added = this.#count - this.#added.length;
    return [...ids, ...this.#added.filter((_, at) => added + at >= first && added + at <= last).map((row) => row.dataset.id)];
  }

  /** Try what failed again, now. */
  retry() {
    for (const { timer } of this.#failed.values()) clearTimeout(timer);
    const starts = [...this.#failed.keys()].filter((start) => this.#wanted.has(start));
    this.#failed.clear();
    for (const start of starts) this.#ask(start);
    this.changed(null);
  }

  #start(index) {
    return Math.floor(index / this.chunk) * this.chunk;
  }

  #startsOf(first, last) {
    const starts = [];
    const end = Math.min(last + 1, this.#count - this.#added.length);
    for (let start = Math.max(0, this.#start(first)); start < end; start += this.chunk) starts.push(start);
    return starts;
  }

  // An answer that is under way may hold what was true before the refresh.
  #askAnew() {
    for (const request of this.#asked.values()) request.cancel();
    this.#asked.clear();
    for (const start of this.#wanted) this.#askIfLacking(start);
  }

  #askIfLacking(start) {
    if (this.#lacks(start) && !this.#asked.has(start) && !this.#failed.has(start)) this.#ask(start);
  }

  // A last chunk that was not full lacks rows once the table has grown.
  #lacks(start) {
    const chunk = this.#chunks.get(start);
    if (!chunk || chunk.stale) return true;
    const count = this.#count - this.#added.length;
    return chunk.count !== count && chunk.rows.length < Math.min(this.chunk, count - start);
  }

  async #ask(start, tries = 0) {
    const request = ask(this.grid, "GET", linked(this.url), { start });
    this.#asked.set(start, request);
    let chunk = null;
    try {
      const answer = await request;
      chunk = answer.status === 200 ? parsed(answer.text) : null;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    if (this.#asked.get(start) !== request) return;
    this.#asked.delete(start);
    if (chunk) this.changed(this.put(chunk));
    else this.#fail(start, tries);
  }

  #fail(start, tries) {
    const timer = setTimeout(() => {
      this.#failed.delete(start);
      this.#ask(start, tries + 1);
      this.changed(null);
    }, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
    this.#failed.set(start, { timer });
    this.changed(null);
  }

  // An answer may have been written before an edit that has been confirmed meanwhile: the row that is newer stays.
  #keepNewer(start, rows, before) {
    const known = new Map(before.map((row) => [row.dataset.id, row]));
    rows.forEach((row, at) => {
      const old = known.get(row.dataset.id);
      if (!old || Number(old.dataset.v) <= Number(row.dataset.v)) return;
      number(old, start + at);
      rows[at] = old;
    });
  }

  // Of a wide table only the cells in view are in their row (see Columns.window), so the row remembers all of them.
  #keepCells(row) {
    if (this.isWide) row.cells ??= [...row.children];
  }

  #used(start, chunk) {
    this.#chunks.delete(start);
    this.#chunks.set(start, chunk);
  }

  #forget() {
    for (const start of this.#chunks.keys()) {
      if (this.#chunks.size <= this.kept) return;
      if (!this.#wanted.has(start)) this.#chunks.delete(start);
    }
  }
}

/** The cell of a loaded row in column `col`, whether it is in the page now or not. */
export function cellOf(row, col) {
  return (row.cells ?? row.children)[col + 1];
}

// The place of a row is what its window says, not where it stood when it was edited.
function number(row, index) {
  row.setAttribute("aria-rowindex", String(index + 2));
  (row.cells?.[0] ?? row.firstElementChild).textContent = String(index + 1);
}

/** The one element of an answer of the server, or null when it is something else. */
export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const first = template.content.firstElementChild;
  return first?.matches(".chunk, .row") ? first : null;
}

/** The rows of an answer that holds only rows. */
export function parsedRows(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.querySelectorAll(".row")];
}

/** What a window says of the view and the table: `count` is null while nobody has counted, `order` "" in the table's own. */
export function facts({ dataset }) {
  return {
    count: dataset.count === "" ? null : Number(dataset.count),
    version: Number(dataset.version),
    columnsVersion: Number(dataset.columnsVersion),
    order: dataset.order,
    isStale: dataset.stale !== undefined,
    start: Number(dataset.start),
  };
}
