// Where the view is: keeps the scroll bar and the rows tied together (scroll.js says how) and paints once a frame.
import { barOfTop, scale, scrolled, topToShow, visibleRows } from "./scroll.js";

// Rows kept above and below what is seen: the browser may scroll once more before it lets us paint.
const SPARE_ROWS = 6;
// A dragged bar passes thousands of windows: after the first one, only those it rests at are asked for.
const REST_MS = 50;
const DRAG_MS = 200; // a jump this long after the last one is not part of the same drag
const LANDED_MS = 100; // from the rows' frame until what lies beyond them is asked for and painted
const END_MS = 150; // for browsers that do not tell when scrolling ends

export class View {
  #state = { bar: 0, top: 0 };
  #direction = 0;
  #isResting = true;
  #isLanding = false; // after a jump, until its rows are seen: nothing but these is asked for or painted
  #landing = 0;
  #jumpedAt = -DRAG_MS;
  #frame = 0;
  #rest = 0;
  #end = 0;

  /** `paint(range)` gets {first, last, offset, topWholeRow} and returns whether rows lack; `want(range)` says which rows to have. */
  constructor(grid, body, { rowHeight, paint, want }) {
    this.grid = grid;
    this.body = body;
    this.head = grid.querySelector(".head");
    this.below = grid.querySelector(".add-row");
    this.rowHeight = rowHeight;
    this.paint = paint;
    this.want = want;
    this.count = 0;
    this.foot = 0;
    this.hasEndEvent = "onscrollend" in window;
    grid.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    grid.addEventListener("scrollend", () => this.#settle());
    new ResizeObserver(() => this.resize()).observe(grid);
  }

  /** Px of the rows above the view. */
  get top() {
    return this.#state.top;
  }

  get topRow() {
    return Math.floor(this.#state.top / this.rowHeight);
  }

  get rowsInView() {
    return Math.max(1, Math.floor(this.map.view / this.rowHeight));
  }

  /** The table has `count` rows; `foot` px of the body lie below the last one. */
  setCount(count, foot) {
    this.count = count;
    this.foot = foot;
    this.resize();
  }

  resize() {
    const height = this.grid.clientHeight - this.head.offsetHeight;
    const { left, top } = this.grid.getBoundingClientRect();
    this.box = { left, bottom: top + this.grid.clientHeight, width: this.grid.clientWidth };
    this.map = scale(this.count, this.rowHeight, height, this.foot, window.devicePixelRatio);
    this.body.style.height = `${this.map.sizer}px`;
    // As tall as the view at least: the editor's list needs room below the last row of a short table. What stands in the place of
    // an empty one needs it as well.
    this.body.style.minHeight = this.count ? `${height}px` : "";
    if (this.below) this.below.style.top = `${this.map.sizer - this.foot}px`;
    this.goTo(Math.min(this.#state.top, this.map.mostTop));
  }

  /** Put the rows at `top`, and the bar where it belongs. */
  goTo(top) {
    const before = this.#state.top;
    const wanted = barOfTop(this.map, top);
    this.grid.scrollTop = wanted;
    // Read back: the browser rounds to its own pixels, and what it made of it is what the next step is counted from.
    const bar = this.grid.scrollTop;
    const isEnd = top <= 0 || top >= this.map.mostTop;
    this.#state = { bar, top: isEnd ? Math.max(0, Math.min(top, this.map.mostTop)) : bar + Math.round(top - bar) };
    this.#moved(before, false);
  }

  isInView(index) {
    const { top } = this.#state;
    return index * this.rowHeight >= top && (index + 1) * this.rowHeight <= top + this.map.view;
  }

  /** Move as little as possible so that a row is in view; `center` when it is far away. */
  show(index) {
    const top = this.#state.top;
    // The last row shows what is below it too.
    const wanted = index === this.count - 1 ? Math.max(this.map.mostTop, 0) : topToShow(this.map, top, index, this.rowHeight);
    if (this.isInView(index) || wanted === top) return;
    this.goTo(wanted);
  }

  /** Paint at the next frame. */
  invalidate() {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  /** Paint now: what comes next measures or scrolls to what is in the page. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#paint();
  }

  range(spare = SPARE_ROWS) {
    const { bar, top } = this.#state;
    const range = visibleRows(this.map, top, this.rowHeight, this.count, spare);
    return { ...range, offset: top - bar, topWholeRow: Math.ceil(top / this.rowHeight) };
  }

  /** Ask for the rows that are painted now. */
  ask() {
    if (this.#isResting) this.want({ ...this.range(this.#spare), direction: this.#isLanding ? 0 : this.#direction });
  }

  get #spare() {
    return this.#isLanding ? 0 : SPARE_ROWS;
  }

  #scrolled() {
    const bar = this.grid.scrollTop;
    if (bar !== this.#state.bar) {
      const before = this.#state.top;
      const { top, jumped } = scrolled(this.map, this.#state, bar);
      this.#state = { bar, top };
      this.#moved(before, jumped);
    }
    this.invalidate(); // sideways too: a wide table lays out other columns
    if (this.hasEndEvent) return;
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.#settle(), END_MS);
  }

  #moved(before, jumped) {
    this.#direction = Math.sign(this.#state.top - before);
    clearTimeout(this.#rest);
    clearTimeout(this.#landing);
    this.#isResting = !jumped;
    this.#isLanding = Math.abs(this.#state.top - before) > 2 * this.map.view;
    if (jumped) this.#jumped();
    this.ask();
    this.invalidate();
  }

  #jumped() {
    const now = performance.now();
    if (now - this.#jumpedAt > DRAG_MS) this.want({ ...this.range(0), direction: 0 });
    this.#jumpedAt = now;
    this.#rest = setTimeout(() => this.#rested(), REST_MS);
  }

  #rested() {
    this.#isResting = true;
    this.ask();
  }

  // Steps moved the bar as far as the rows, which is too far where the bar is shorter: put it where it belongs.
  #settle() {
    if (Math.abs(barOfTop(this.map, this.#state.top) - this.grid.scrollTop) < 1) return;
    this.goTo(this.#state.top);
  }

  #paint() {
    this.#frame = 0;
    const isLacking = this.paint(this.range(this.#spare));
    if (!this.#isLanding || isLacking) return;
    clearTimeout(this.#landing);
    this.#landing = setTimeout(() => this.#landed(), LANDED_MS);
  }

  #landed() {
    this.#isLanding = false;
    this.ask();
    this.invalidate();
  }
}
