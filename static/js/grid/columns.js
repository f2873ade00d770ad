// The columns: their widths as one CSS variable, which of them stay at the left, what of them can be seen, dragging and
// fitting a width.
import { frozenRules } from "./frozen.js";
import { between } from "./scroll.js";
import { starRules } from "./stars.js";

const LEAST = 60;
const MOST = 800;
// However many columns are to stay and however wide they are, the others need room.
const FROZEN_SHARE = 0.6; // of the view's width, at most
const OTHERS_LEAST = 200; // px for the others: what counts on a phone
const CELL_PADDING = 22;
const HEADER_EXTRA = 50; // icon, gap, padding
// Above this many columns only cells in view are in the page: even cells that are not displayed cost style, and scrolling
// 300 columns with all of them in the page took 5 times as long a frame as 10.
const ALL_IN_PAGE = 40;
const SPARE = 4;
const OPENER_WIDTH = matchMedia("(hover: hover)").matches ? 18 : 0; // px, for what opens a row (pointer.js)
const ADD_WIDTH = 44;
// Skeleton rows show the bars of so many columns; further right the same ones come again.
const BONES = 30;
// As .check in grid.css.
const EMPTY_BOX =
  "display: inline-block; width: 16px; height: 16px; margin-top: 2px; border: 1px solid var(--ink-faint); border-radius: var(--radius-sm); vertical-align: top";

export class Columns {
  /** `frozen` columns are to stay at the left beside the row numbers. */
  constructor(grid, head, frozen) {
    this.grid = grid;
    this.head = head;
    this.heads = [...head.querySelectorAll(".col")];
    this.wanted = this.heads.map((column) => between(LEAST, Number(column.dataset.width), MOST));
    this.toStay = Math.min(frozen, this.heads.length);
    this.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
    this.shown = null;
    this.boxes = boxRules(this.heads) + starRules(this.#ratings());
    this.inPage = ""; // of a wide table: where the first cell after the frozen ones stands
    this.rules = "";
    new ResizeObserver(() => this.#resized()).observe(grid);
  }

  #ratings() {
    return this.heads.flatMap(({ dataset }, col) => (dataset.kind === "rating" ? [[col, this.options(col).max ?? 5]] : []));
  }

  get length() {
    return this.heads.length;
  }

  /** What is known of column `col`: {key, kind, name, canWrite, align, isAi}. */
  at(col) {
    const { dataset } = this.heads[col];
    const { key, kind, name, writable, align, ai } = dataset;
    return { key, kind, name, canWrite: writable === "true", align, isAi: ai !== undefined };
  }

  /** Column `col` is called so now. */
  rename(col, name) {
    const head = this.heads[col];
    const old = head.dataset.name;
    head.title = head.title.replace(old, () => name);
    head.dataset.name = name;
    head.querySelector(".name").textContent = name;
    for (const button of head.querySelectorAll("button[aria-label]")) button.setAttribute("aria-label", button.getAttribute("aria-label").replace(old, () => name));
  }

  /** The keys of the columns `left` to `right`; with `canWrite` only of those that people may write. */
  keys(left, right, canWrite = false) {
    const heads = this.heads.slice(left, right + 1).filter(({ dataset }) => !canWrite || dataset.writable === "true");
    return heads.map(({ dataset }) => dataset.key);
  }

  /** What is known of the columns `left` to `right`. */
  between(left, right) {
    return this.heads.slice(left, right + 1).map((_, n) => this.at(left + n));
  }

  /** The kind of the column with this key, if it is shown. */
  kindOf(key) {
    return this.heads[this.indexOf(key)]?.dataset.kind;
  }

  /** Where the column with this key is; -1 when it is not shown. */
  indexOf(key) {
    return this.heads.findIndex((head) => head.dataset.key === String(key));
  }

  /** The column's options as the server wrote them into its header. */
  options(col) {
    const holder = this.heads[col].querySelector("script[type='application/json']");
    return holder ? JSON.parse(holder.textContent) : {};
  }

  /** Take new options of a column, as the server told them. */
  setOptions(col, options) {
    const holder = this.heads[col].querySelector("script[type='application/json']");
    if (holder) holder.textContent = JSON.stringify(options);
  }

  /** An icon like the one of the column's kind. */
  icon(col) {
    return this.heads[col].querySelector(".icon").cloneNode(true);
  }

  /** Write the widths out; `count` decides how wide row numbers are. */
  layOut(count) {
    this.count = count;
    this.numberWidth = OPENER_WIDTH + Math.max(52, 28 + 8 * String(count).length);
    Object.assign(this, this.#measured());
    this.total = this.numberWidth + sum(this.widths) + ADD_WIDTH;
    this.grid.style.setProperty("--cols", [this.numberWidth, ...this.widths].map((width) => `${width}px`).join(" "));
    this.grid.style.setProperty("--number", `${this.numberWidth}px`);
    this.grid.style.setProperty("--width", `${this.total}px`);
    drawBones(this.grid, ["--frozen-bars", "--frozen-edges"], this.widths.slice(0, this.frozen));
    drawBones(this.grid, ["--bars", "--edges", "--bones"], this.widths.slice(this.frozen, this.frozen + BONES));
    this.shown = null;
    this.#style();
  }

  /** How many of columns of these widths (px) have room to stay at the left in this window, if the first `count` are to. */
  roomFor(widths, count) {
    return this.#measured(widths, count).frozen;
  }

  // The widths in this view, where each column begins, and how many stay.
  #measured(wanted = this.wanted, toStay = this.toStay) {
    const widths = wanted.map((width, col) => (col ? width : Math.min(width, this.#mostOfFirst(toStay))));
    let left = this.numberWidth;
    const lefts = widths.map((width) => (left += width) - width);
    const room = this.#frozenRoom();
    const over = widths.findIndex((width, col) => col >= toStay || lefts[col] + width > room);
    return { widths, lefts, frozen: over < 0 ? widths.length : over };
  }

  #mostOfFirst(toStay = this.toStay) {
    return toStay ? Math.max(LEAST, Math.floor(FROZEN_SHARE * this.grid.clientWidth) - this.numberWidth) : MOST;
  }

  // Px from the left that row numbers and frozen columns may cover.
  #frozenRoom() {
    const { clientWidth } = this.grid;
    return Math.min(Math.floor(FROZEN_SHARE * clientWidth), clientWidth - OTHERS_LEAST);
  }

  // What stays goes on to stay while it is made wider.
  #most(col) {
    const most = col < this.frozen ? this.#frozenRoom() - this.frozenWidth + this.widths[col] : MOST;
    return between(LEAST, most, col ? MOST : this.#mostOfFirst());
  }

  #resized() {
    const { widths, frozen } = this.#measured();
    if (frozen === this.frozen && widths.every((width, col) => width === this.widths[col])) return;
    this.layOut(this.count);
    this.grid.dispatchEvent(new CustomEvent("grid:widths"));
  }

  /** Px from the left that stay covered by row numbers and frozen columns. */
  get frozenWidth() {
    return this.numberWidth + sum(this.widths.slice(0, this.frozen));
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
    this.inPage = `data-grid .row[data-id] > :nth-child(${this.frozen + 2}) { grid-column-start: ${from + 2} }`;
    this.#style();
  }

  // Rules that depend on which column is what. New ones make the browser look at every cell anew.
  #style() {
    const rules = this.boxes + this.inPage + frozenRules(this.lefts, this.frozen);
    if (rules !== this.rules) this.sheet.replaceSync(rules);
    this.rules = rules;
  }

  /** How far to scroll sideways so that column `col` can be seen. */
  leftToShow(col, scrollLeft, width) {
    if (col < this.frozen) return scrollLeft;
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
    this.wanted[col] = between(LEAST, Math.round(width), this.#most(col));
    this.layOut(this.count);
    this.grid.dispatchEvent(new CustomEvent("grid:widths"));
  }
}

// What skeleton rows show of these columns, as backgrounds: bars, and the edges of the columns.
function drawBones(grid, names, widths) {
  const bars = [];
  const edges = [];
  let left = 0;
  for (const [at, width] of widths.entries()) {
    const end = left + width;
    const bar = left + 10 + Math.round(width * [0.6, 0.4, 0.7][at % 3]);
    bars.push(`transparent ${left + 10}px, var(--bg-sunken) ${left + 10}px ${bar}px, transparent ${bar}px ${end}px`);
    edges.push(`transparent ${left}px ${end - 1}px, var(--line) ${end - 1}px ${end}px`);
    left = end;
  }
  const drawn = [`linear-gradient(90deg, ${bars.join()})`, `linear-gradient(90deg, ${edges.join()})`, `${left}px`];
  names.forEach((name, at) => grid.style.setProperty(name, drawn[at]));
}

// An empty cell of a checkbox column is a box to check.
function boxRules(heads) {
  const cells = heads.flatMap(({ dataset }, col) =>
    dataset.kind === "checkbox" ? [`data-grid .row[data-id] > [aria-colindex='${col + 2}']:empty::before`] : [],
  );
  return cells.length ? `${cells.join()} { content: ""; ${EMPTY_BOX} }` : "";
}

const sum = (widths) => widths.reduce((all, width) => all + width, 0);

// A cell that is wider than its content has the same scrollWidth as its own width, so the content itself is measured.
function contentWidth(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  return range.getBoundingClientRect().width;
}
