// <data-grid>: builds the parts and routes events between them; the only file that knows all others.
// The flow goes one way: event -> state -> paint.
import { welcome } from "./added.js";
import { ask } from "./ask.js";
import { Changes } from "./changes.js";
import { Columns } from "./columns.js";
import { COMMANDS } from "./commands.js";
import { Editing } from "./editing.js";
import { keepFrozen } from "./frozen.js";
import { commandOf, types } from "./keys.js";
import { Paint } from "./paint.js";
import * as pointer from "./pointer.js";
import { Rows } from "./rows.js";
import { between } from "./scroll.js";
import { START, kept, moveTo, named, summary } from "./selection.js";
import { View } from "./view.js";

class DataGrid extends HTMLElement {
  #left = 0; // scrollLeft, which would make the browser lay out in the middle of a frame

  connectedCallback() {
    const { dataset } = this;
    this.canEdit = dataset.canEdit === "true";
    this.selection = START;
    this.version = Number(dataset.version);
    this.columnsVersion = Number(dataset.columnsVersion);
    this.count = Number(dataset.count);
    this.requests = this.querySelector(".requests");
    this.body = this.querySelector(".body");
    this.#build();
    this.#listen();
    this.#setCount(this.count);
    this.rows.put(this.querySelector(".chunk"));
    this.querySelector(".chunk").remove();
    if (dataset.focusRow !== undefined) this.goTo(Number(dataset.focusRow), 0);
    else this.select(this.selection, { show: false });
    this.view.ask();
    this.dataset.ready = "";
    if (this.count && document.activeElement === document.body) this.focus();
    welcome(this);
  }

  disconnectedCallback() {
    this.changes.stop();
  }

  #build() {
    const { dataset, body } = this;
    const rowHeight = Number(dataset.rowHeight);
    this.columns = new Columns(this, this.querySelector(".head"));
    this.rows = new Rows(this, {
      chunk: Number(dataset.chunk),
      columns: this.columns.length,
      isWide: this.columns.isWide,
      url: dataset.windowUrl,
      changed: (news) => this.#rowsCame(news),
    });
    this.painter = new Paint(this, body, rowHeight);
    keepFrozen(this, this.painter.layer);
    this.view = new View(this, body, {
      rowHeight,
      paint: (range) => this.#paint(range),
      want: ({ first, last, direction }) => this.rows.want(first, last, direction, this.count),
    });
    this.editing = new Editing(this);
    if (this.editing.editor.rests) this.tabIndex = -1; // its field is the tab stop
    this.changes = new Changes(this, { url: dataset.changesUrl, version: () => this.version, news: (news) => this.#heard(news) });
  }

  #listen() {
    pointer.listen(this);
    this.addEventListener("keydown", (event) => this.#pressed(event));
    this.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.addEventListener("grid:widths", () => this.#laidOut());
    this.addEventListener("focus", () => this.focus());
    this.addEventListener("focusin", () => (this.isLeaving = false));
    this.addEventListener("grid:goto", ({ detail }) => this.goTo(detail.index, detail.column ?? this.focusCol));
    // Cancelled and failed requests are answered for here, not by the page's toasts.
    for (const name of ["sendError", "timeout", "responseError"]) this.requests.addEventListener(`htmx:${name}`, (event) => event.stopPropagation());
    document.addEventListener("grid:refresh", () => this.changes.ask());
    document.addEventListener("panel:closed", () => this.focus());
    document.addEventListener("click", (event) => {
      const name = event.target.closest?.("[data-grid-command]")?.dataset.gridCommand;
      if (name) this.run(name);
    });
    document.getElementById("panel").addEventListener("keydown", (event) => {
      if (event.key === "Escape") document.querySelector("#panel [data-close-panel]")?.click();
    });
  }

  // --- What there is and where the focus is ----------------------------------------------------------------------------

  /** The keyboard belongs to the resting field, where there is one. */
  focus() {
    const { editor } = this.editing;
    if (editor.rests) editor.focus();
    else super.focus({ preventScroll: true });
  }

  get size() {
    return { rows: this.count, cols: this.columns.length };
  }

  get focusRow() {
    return this.selection.focus.row;
  }

  get focusCol() {
    return this.selection.focus.col;
  }

  /** Do a command of commands.js by its name. */
  run(name, extend = false) {
    this.editing.editor.finish(null);
    COMMANDS[name](this, extend);
  }

  move(row, col, extend, options) {
    this.select(moveTo(this.selection, row, col, extend, this.size), options);
  }

  /** Take a selection; its focus comes into view unless `show` is false. */
  select(selection, { show = true } = {}) {
    this.selection = selection;
    if (show && this.count) this.show(selection.focus);
    this.#tellPlace();
    this.view.invalidate();
  }

  /** Put the focus on a cell and say so. */
  goTo(row, col) {
    this.move(row, col, false);
    this.focus();
    this.sayPlace();
  }

  columnAt(x) {
    const at = x - this.getBoundingClientRect().left;
    const left = at < this.columns.frozenWidth ? at : at + this.scrollLeft;
    const found = this.columns.lefts.findLastIndex((start) => start <= left);
    return Math.max(0, found);
  }

  columnAScreenAway(direction) {
    const { lefts, frozenWidth, length } = this.columns;
    const wanted = lefts[this.focusCol] + direction * (this.clientWidth - frozenWidth);
    const found = lefts.findLastIndex((left) => left <= wanted);
    return Math.max(0, Math.min(length - 1, found === this.focusCol ? found + direction : found));
  }

  /** Scroll a cell into view. */
  show({ row, col }) {
    this.view.show(row);
    this.showColumn(col);
  }

  showColumn(col) {
    if (this.columns.length) this.scrollLeft = this.columns.leftToShow(col, this.scrollLeft, this.clientWidth);
  }

  // --- Painting ----------------------------------------------------------------------------------------------------------

  #paint(range) {
    const { rows, columns, selection, size } = this;
    const window = columns.window(this.scrollLeft, this.clientWidth);
    const lacking = this.painter.rows({ ...range, rows, columns: columns.length, window, selection, size });
    this.toggleAttribute("data-lacking", lacking);
    this.toggleAttribute("data-asking", lacking && rows.isAsking());
    this.editing.editor.reposition();
    return lacking;
  }

  #scrolled() {
    this.#left = this.scrollLeft;
    this.editing.editor.reposition();
  }

  #laidOut() {
    this.editing.editor.reposition();
    this.view.invalidate();
  }

  /** Where a cell is, in px within the layer of the rows. */
  placeOf(row, col) {
    const { lefts, widths, frozen } = this.columns;
    const isFixed = this.columns.isFreezing() && col < frozen;
    const left = lefts[col] + (isFixed ? this.#left : 0);
    return { left, top: this.painter.placeOf(row), width: widths[col], height: this.view.rowHeight };
  }

  /** Where a cell is in the window, or the edge of the view that is nearest to it. */
  placeInWindow(row, col) {
    const { lefts, frozen } = this.columns;
    const { rowHeight, top, map, box } = this.view;
    const isFixed = this.columns.isFreezing() && col < frozen;
    const x = (lefts[col] ?? 0) - (isFixed ? 0 : this.#left);
    const y = row * rowHeight - top;
    const left = box.left + between(0, x, box.width - rowHeight);
    return { left, top: box.bottom - map.view + between(0, y, map.view - rowHeight), width: rowHeight, height: rowHeight };
  }

  // --- News of rows ------------------------------------------------------------------------------------------------------

  /** The table has `count` rows at `version`, by a change of one's own that moved rows. */
  changedTo(count, version) {
    this.version = Math.max(this.version, version);
    this.#setCount(count);
    this.rows.refresh();
    this.view.ask();
  }

  /** One's own edit made this version: no news when it is the next one. */
  sawVersion(version) {
    if (version === this.version + 1) this.version = version;
  }

  #setCount(count) {
    this.count = count;
    this.columns.layOut(count);
    this.setAttribute("aria-rowcount", String(count + 1));
    this.selection = kept(this.selection, this.size);
    this.toggleAttribute("data-empty", count === 0);
    this.view.setCount(count, this.canEdit && count ? this.view.rowHeight : 0);
    document.getElementById("grid-count").textContent = named(count, "row");
    this.dispatchEvent(new CustomEvent("grid:count", { bubbles: true, detail: { count } }));
    this.#tellPlace();
  }

  #rowsCame(news) {
    if (news && news.columnsVersion !== this.columnsVersion) return this.#reload();
    // Windows may overtake each other: only a newer one says how many rows there are.
    if (news && news.version >= this.version && news.count !== this.count) this.#setCount(news.count);
    this.editing.edits.showPending();
    this.view.invalidate();
  }

  #heard({ version, count, columns_version: columnsVersion, all, ids }) {
    if (columnsVersion !== this.columnsVersion) return this.#reload();
    this.version = version;
    if (count !== this.count) {
      this.#setCount(count);
      this.say(`The table now has ${named(count, "row")}.`);
    }
    if (all) this.rows.refresh();
    else this.rows.refreshRows(ids);
    this.view.ask();
    this.view.invalidate();
  }

  // Other columns need another header. What is being typed is worth more: then the reload waits.
  async #reload() {
    if (this.editing.editor.isOpen) return;
    await this.editing.settled();
    const id = this.rows.row(this.focusRow)?.dataset.id;
    location.replace(id ? `${location.pathname}?row=${id}` : location.pathname);
  }

  // --- What else the grid does -------------------------------------------------------------------------------------------

  openRow() {
    const id = this.rows.row(this.focusRow)?.dataset.id;
    if (!id) return;
    const url = this.dataset.rowUrl.replace(/\/0\/$/, `/${id}/`);
    window.htmx.ajax("GET", url, "#panel").then(() => {
      document.querySelector("#panel [data-close-panel]")?.focus();
    });
  }

  openColumnMenu() {
    this.show(this.selection.focus);
    this.columns.heads[this.focusCol]?.querySelector(".menu-button")?.click();
  }

  /** Keep a column's width on the server, for everybody. */
  keepWidth(col, width) {
    if (!this.canEdit) return;
    const url = this.dataset.widthUrl.replace("/columns/0/", `/columns/${this.columns.at(col).key}/`);
    ask(this, "POST", url, { width }).catch(() => {});
  }

  toast(text, kind, action) {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind, action } }));
  }

  /** Tell screen readers. */
  say(text) {
    document.getElementById("live").textContent = text;
  }

  sayPlace() {
    this.say(`Row ${(this.focusRow + 1).toLocaleString("en-US")} of ${this.count.toLocaleString("en-US")}`);
  }

  #tellPlace() {
    const place = document.getElementById("grid-place");
    if (!this.count || !this.columns.length) return (place.textContent = "");
    const words = summary(this.selection, this.size);
    place.textContent = words || `Row ${(this.focusRow + 1).toLocaleString("en-US")} · ${this.columns.at(this.focusCol).name}`;
    if (words) this.say(words);
    return undefined;
  }

  #pressed(event) {
    if (event.target !== this && event.target !== this.editing.editor.field) return;
    if (event.key === "Tab" && this.isLeaving && !event.ctrlKey) return;
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return; // on its way to a combination, such as Shift+Tab
    this.isLeaving = false;
    const found = commandOf(event);
    if (found) {
      event.preventDefault();
      this.run(found.command, found.extend);
    } else if (types(event) && !event.isComposing) {
      this.editing.typed(event, event.key);
    }
  }
}

customElements.define("data-grid", DataGrid);
