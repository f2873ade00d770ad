// The only writer of the body's rows: what is seen, and what is selected of it. Never fetches.
import { FlatLines } from "./lines.js";
import { cellOf } from "./rows.js";
import { isSingle, rectangle } from "./selection.js";

export const FOCUS_ID = "grid-focus";

export class Paint {
  #lines = new FlatLines(0);
  #shown = new Map(); // line (see lines.js) -> element
  #skeletons = []; // not in use
  #focused; // the cell with the focus, when it is in the page
  #top; // px of the layer within the body
  #base = 0; // the line that the layer's own place belongs to

  constructor(grid, body, rowHeight) {
    this.grid = grid;
    this.body = body;
    this.rowHeight = rowHeight;
    this.layer = body.querySelector(".layer");
  }

  /** Paint the lines `first` to `last`; `offset` is how far they are ahead of the bar. Returns whether any is a skeleton. */
  lines({ first, last, offset, topWholeRow, lines, rows, columns, window, selection, size }) {
    this.#lines = lines;
    this.#moveBase(first);
    this.#placeLayer(this.#base * this.rowHeight - offset);
    this.#drop(first, last, rows);
    const marks = marksOf(selection, size);
    let next = null;
    let lacking = false;
    for (let line = last; line >= first; line -= 1) {
      const index = lines.rowAt(line);
      let row = this.#shown.get(line);
      if (!row) row = this.#attach(line, this.#element(line, rows) ?? this.#skeleton(index, columns), next);
      next = row;
      if (index < 0) continue;
      if (row.dataset.id === undefined) {
        lacking = true;
        // One row says it for all of its window: the topmost one that can be seen.
        const tells = rows.hasFailed(index) && (line === Math.max(topWholeRow, first) || !rows.hasFailed(index - 1));
        if (tells !== row.classList.contains("failed")) tell(row, tells);
      }
      if (window && row.cells) this.#showCells(row, window);
      mark(row, index, marks);
      stray(row, this.grid.order?.strays.words(row.dataset.id));
    }
    for (const row of this.#skeletons) row.remove();
    this.#focus(selection, last >= first);
    return lacking;
  }

  // What belongs on a line: a row that is here, or a heading.
  #element(line, rows) {
    const index = this.#lines.rowAt(line);
    return index < 0 ? this.#lines.headingAt(line)?.element : rows.row(index);
  }

  /** The cell of a row in the page; undefined while it is a skeleton or elsewhere. */
  cell(row, col) {
    const line = this.#lines.lineOf(row);
    const element = this.#lines.rowAt(line) === row ? this.#shown.get(line) : undefined;
    return element?.dataset.id === undefined ? undefined : cellOf(element, col);
  }

  /** The elements of the rows in the page. */
  shown() {
    return [...this.#shown.values()].filter((row) => row.dataset.id !== undefined);
  }

  /** Where a line is, in px within the layer. */
  placeOf(line) {
    return (line - this.#base) * this.rowHeight;
  }

  /** The line at `y` of the window, whether its row is loaded or not. */
  lineAt(y) {
    return this.#base + Math.floor((y - this.layer.getBoundingClientRect().top) / this.rowHeight);
  }

  /** The index of an element inside a row of the page. */
  indexOf(element) {
    return Number(element.closest(".row")?.getAttribute("aria-rowindex")) - 2;
  }

  // Rows stand at small distances from the layer, so that no transform is beyond what browsers place exactly.
  #moveBase(first) {
    if (Math.abs(first - this.#base) < 2_000) return;
    this.#base = first;
    for (const [line, row] of this.#shown) this.#place(row, line);
  }

  #placeLayer(top) {
    if (top === this.#top) return;
    this.#top = top;
    this.layer.style.top = `${top}px`;
  }

  #place(row, line) {
    row.style.transform = `translateY(${this.placeOf(line)}px)`;
  }

  // Skeletons stay in the page until it is known that none of them is needed at another place: while the bar is dragged
  // every frame needs all of them again.
  #drop(first, last, rows) {
    const free = [];
    for (const [line, row] of this.#shown) {
      const now = this.#element(line, rows);
      const isSkeleton = row.dataset.id === undefined && row.dataset.level === undefined;
      const stays = now ? now === row : isSkeleton && row.index === this.#lines.rowAt(line);
      if (stays && line >= first && line <= last) continue;
      this.#shown.delete(line);
      if (isSkeleton) free.push([line, row]);
      else row.remove();
    }
    // The lowest one is taken first, as rows are painted from the last to the first, so that none changes its place in the page.
    free.sort(([a], [b]) => a - b);
    this.#skeletons.push(...free.map(([, row]) => row));
  }

  // Of a wide table: its number, the frozen cells and those in view.
  #showCells(row, { from, to, frozen }) {
    const shown = `${frozen} ${from}-${to}`;
    if (row.shownCells === shown) return;
    row.shownCells = shown;
    row.replaceChildren(...row.cells.slice(0, frozen + 1), ...row.cells.slice(from + 1, to + 2));
  }

  #attach(line, row, next) {
    this.#place(row, line);
    if (!row.isConnected || row.nextSibling !== next) this.layer.insertBefore(row, next);
    this.#shown.set(line, row);
    return row;
  }

  #skeleton(index, columns) {
    const row = this.#skeletons.pop() ?? skeleton(columns);
    row.index = index;
    row.setAttribute("aria-rowindex", String(index + 2));
    row.firstElementChild.textContent = String(index + 1);
    return row;
  }

  #focus({ focus }, any) {
    const found = any ? this.cell(focus.row, focus.col) : undefined;
    const cell = found?.isConnected ? found : undefined;
    if (this.#focused === cell) return;
    this.#focused?.removeAttribute("id");
    this.#focused = cell;
    if (!cell) return this.grid.removeAttribute("aria-activedescendant");
    cell.id = FOCUS_ID;
    this.grid.setAttribute("aria-activedescendant", FOCUS_ID);
  }
}

// Its number, one element for all frozen cells and one for all others (see drawBones in columns.js): with an element for
// each, the frame of a jump was busy with skeletons while their rows arrived.
function skeleton(columns) {
  const row = document.createElement("div");
  row.className = "row skeleton";
  row.setAttribute("role", "row");
  row.setAttribute("aria-busy", "true");
  const bones = columns ? '<div class="frozen-bones" role="gridcell"></div><div class="bones" role="gridcell"></div>' : "";
  row.innerHTML = `<div class="num" role="rowheader"></div>${bones}`;
  return row;
}

function tell(row, failed) {
  row.classList.toggle("failed", failed);
  row.querySelector(".failure")?.remove();
  if (!failed) return;
  const words = document.createElement("div");
  words.className = "failure";
  words.setAttribute("role", "gridcell");
  words.innerHTML = 'Could not load. <button type="button" tabindex="-1" data-grid-command="retry">Retry</button>';
  row.append(words);
}

// What to mark of a selection: a row's marks are one word, so that a row marked already is left alone.
function marksOf(selection, size) {
  const { top, bottom, left, right, wholeRows } = rectangle(selection, size);
  if (isSingle(selection)) return () => "";
  return (index) => {
    if (index < top || index > bottom) return "";
    const edges = `${index === top ? "t" : ""}${index === bottom ? "b" : ""}`;
    return wholeRows ? `all:${edges}` : `${left}-${right}:${edges}`;
  };
}

function mark(row, index, marks) {
  const wanted = marks(index);
  if ((row.marks ?? "") === wanted) return;
  unmark(row);
  row.marks = wanted;
  if (!wanted) return;
  const [cells, edges] = wanted.split(":");
  row.classList.toggle("sel-top", edges.includes("t"));
  row.classList.toggle("sel-bottom", edges.includes("b"));
  if (cells === "all") return row.setAttribute("aria-selected", "true");
  const [left, right] = cells.split("-").map(Number);
  row.classList.add("sel-part");
  for (let col = left; col <= right; col += 1) {
    const cell = cellOf(row, col);
    if (!cell) break;
    cell.setAttribute("aria-selected", "true");
    if (col === left) cell.classList.add("sel-left");
    if (col === right) cell.classList.add("sel-right");
  }
}

// The number says why: it has a name for screen readers anyway, and the row may have more words than a description should.
function stray(row, words) {
  if (row.stray === words) return;
  row.stray = words;
  row.classList.toggle("stray", words !== undefined);
  const cell = (row.cells ?? row.children)[0];
  for (const name of ["title", "aria-description"]) {
    if (words) cell.setAttribute(name, words);
    else cell.removeAttribute(name);
  }
}

function unmark(row) {
  if (!row.marks) return;
  row.removeAttribute("aria-selected");
  row.classList.remove("sel-top", "sel-bottom", "sel-part");
  if (row.marks.startsWith("all")) return;
  for (const cell of row.cells ?? row.children) {
    if (!cell.hasAttribute("aria-selected")) continue;
    cell.removeAttribute("aria-selected");
    cell.classList.remove("sel-left", "sel-right");
  }
}
