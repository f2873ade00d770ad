// The columns: their widths as one CSS variable, what of them can be seen, dragging and fitting a width.
import { between } from "./scroll.js";

const LEAST = 60;
const MOST = 800;
const FROZEN_SHARE = 0.6; // of the view's width: however wide a frozen column is, the others need room
const CELL_PADDING = 22;
const HEADER_EXTRA = 50; // icon, gap, padding
// Above this many columns only cells in view are in the page: even cells that are not displayed cost style, and scrolling
// 300 columns with all of them in the page took 5 times as long a frame as 10.
const ALL_IN_PAGE = 40;
const SPARE = 4;
const ADD_WIDTH = 44;
// Skeleton rows show the bars of so many columns; further right the same ones come again.
const BONES = 30;
// As .check in grid.css.
const EMPTY_BOX =
  "display: inline-block; width: 16px; height: 16px; margin-top: 2px; border: 1px solid var(--ink-faint); border-radius: var(--radius-sm); vertical-align: top";

export class Columns {
  /** `frozen` columns stay at the left beside the row numbers. */
  constructor(grid, head, frozen = 1) {
    this.grid = grid;
    this.head = head;
    this.heads = [...head.querySelectorAll(".col")];
    this.wanted = this.heads.map((column) => between(LEAST, Number(column.dataset.width), MOST));
    this.frozen = Math.min(frozen, this.heads.length);
    this.narrow = matchMedia("(max-width: 760px)");
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
    this.shown = null;
    this.#style("");
    new ResizeObserver(() => this.#resized()).observe(grid);
  }

  get length() {
    return this.heads.length;
  }

  /** What is known of column `col`: {key, kind, name, canWrite, align}. */
  at(col) {
    const { dataset } = this.heads[col];
    return { key: dataset.key, kind: dataset.kind, name: dataset.name, canWrite: dataset.writable === "true", align: dataset.align };
  }

  /** The column's options as the server wrote them into its header. */
  options(col) {
    const holder = this.heads[col].querySelector("script[type='application/json']");
    return holder ? JSON.parse(holder.textContent) : {};
  }

  /** Write the widths out; `count` decides how wide row numbers are. */
  layOut(count) {
    this.count = count;
    this.numberWidth = Math.max(52, 28 + 8 * String(count).length);
    this.widths = this.wanted.map((width, col) => Math.min(width, this.#most(col)));
    this.lefts = [];
    let left = this.numberWidth;
    for (const width of this.widths) {
      this.lefts.push(left);
      left += width;
    }
    this.total = left + ADD_WIDTH;
    this.grid.style.setProperty("--cols", [this.numberWidth, ...this.widths].map((width) => `${width}px`).join(" "));
    this.grid.style.setProperty("--number", `${this.numberWidth}px`);
    this.grid.style.setProperty("--width", `${this.total}px`);
    this.#drawBones();
    this.shown = null;
  }

  // What skeleton rows show beside the frozen cell, as backgrounds: bars, and the edges of the columns.
  #drawBones() {
    const bars = [];
    const edges = [];
    let left = 0;
    for (const [at, width] of this.widths.slice(1, 1 + BONES).entries()) {
      const end = left + width;
      const bar = left + 10 + Math.round(width * [0.6, 0.4, 0.7][at % 3]);
      bars.push(`transparent ${left + 10}px, var(--bg-sunken) ${left + 10}px ${bar}px, transparent ${bar}px ${end}px`);
      edges.push(`transparent ${end - 1}px, var(--line) ${end - 1}px ${end}px`);
      left = end;
    }
    this.grid.style.setProperty("--bars", `linear-gradient(90deg, ${bars.join()})`);
    this.grid.style.setProperty("--edges", `linear-gradient(90deg, ${edges.join()})`);
    this.grid.style.setProperty("--bones", `${left}px`);
  }

  #most(col) {
    return col < this.frozen ? Math.max(LEAST, Math.floor(FROZEN_SHARE * this.grid.clientWidth) - this.numberWidth) : MOST;
  }

  #resized() {
    if (this.wanted.every((width, col) => Math.min(width, this.#most(col)) === this.widths[col])) return;
    this.layOut(this.count);
    this.grid.dispatchEvent(new CustomEvent("grid:widths"));
  }

  /** Px from the left that stay covered by row numbers and frozen columns. */
  get frozenWidth() {
    const last = this.isFreezing() ? this.frozen : 0;
    return last ? this.lefts[last - 1] + this.widths[last - 1] : this.numberWidth;
  }

  // On a phone a frozen column would leave no room for the others; grid.css asks the same.
  isFreezing() {
    return !this.narrow.matches;
  }

  get isWide() {
    return this.length > ALL_IN_PAGE;
  }

  /** The first and last column of a wide table to have in the page, {from, to}, beside the frozen ones; null: all of them. */
  window(scrollLeft, width) {
    if (!this.isWide) return null;
    const isSeen = (col) => this.lefts[col] + this.widths[col] > scrollLeft && this.lefts[col] < scrollLeft + width;
    let first = this.lefts.findIndex((_, col) => isSeen(col));
    if (first < 0) first = this.length - 1;
    let last = first;
    while (last + 1 < this.length && isSeen(last + 1)) last += 1;
    const isCovered = this.shown && Math.max(first, this.frozen) >= this.shown.from && last <= this.shown.to;
    if (!isCovered) this.#showColumns(Math.max(this.frozen, first - SPARE), Math.min(this.length - 1, last + SPARE));
    return this.shown;
  }

  #showColumns(from, to) {
    this.shown = { from, to, frozen: this.frozen };
    // The first cell after the frozen ones stands in its own column, and the others follow it.
    this.#style(`data-grid .row > :nth-child(${this.frozen + 2}) { grid-column-start: ${from + 2} }`);
  }

  // Rules that depend on which column is what. An empty cell of a checkbox column is a box to check.
  #style(rules) {
    const boxes = this.heads.flatMap(({ dataset }, col) => (dataset.kind === "checkbox" ? [`data-grid .row[data-id] > [aria-colindex='${col + 2}']:empty::before`] : []));
    const box = boxes.length ? `${boxes.join()} { content: ""; ${EMPTY_BOX} }` : "";
    this.sheet.replaceSync(box + rules);
  }

  /** How far to scroll sideways so that column `col` can be seen. */
  leftToShow(col, scrollLeft, width) {
    if (this.isFreezing() && col < this.frozen) return scrollLeft;
    const start = this.lefts[col] - this.frozenWidth;
    if (start < scrollLeft) return start;
    const end = this.lefts[col] + this.widths[col];
    return end > scrollLeft + width ? Math.min(start, end - width) : scrollLeft;
  }

  /** Drag a grip: live, and `done(col, width)` at the end. */
  drag(event, done) {
    const col = this.heads.indexOf(event.target.closest(".col"));
    const from = { x: event.clientX, width: this.widths[col] };
    const grip = event.target;
    grip.setPointerCapture(event.pointerId);
    this.grid.classList.add("resizing");
    const move = (moved) => this.#set(col, from.width + moved.clientX - from.x);
    const end = () => {
      grip.removeEventListener("pointermove", move);
      this.grid.classList.remove("resizing");
      if (this.widths[col] !== from.width) done(col, this.widths[col]);
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", end, { once: true });
  }

  /** Make a column as wide as what is in the page needs. Returns its width. */
  fit(col) {
    const cells = this.grid.querySelectorAll(`.row[data-id] > [aria-colindex='${col + 2}']`);
    const needed = [...cells].map((cell) => contentWidth(cell) + CELL_PADDING);
    needed.push(contentWidth(this.heads[col].querySelector(".name")) + HEADER_EXTRA);
    this.#set(col, Math.ceil(Math.max(...needed)));
    return this.widths[col];
  }

  #set(col, width) {
    this.wanted[col] = between(LEAST, Math.round(width), Math.min(MOST, this.#most(col)));
    this.layOut(this.count);
    this.grid.dispatchEvent(new CustomEvent("grid:widths"));
  }
}

// A cell that is wider than its content has the same scrollWidth as its own width, so the content itself is measured.
function contentWidth(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  return range.getBoundingClientRect().width;
}
