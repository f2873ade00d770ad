// <data-grid>: builds the parts and routes events between them; the only file that knows all others.
// The flow goes one way: event -> state -> paint.
import { hold } from "../session.js";
import { welcome } from "./added.js";
import { goOn } from "./again.js";
import { Ahead } from "./ahead.js";
import { listenForMenu } from "./cell_menu.js";
import { Clipboard } from "./clipboard.js";
import { Columns } from "./columns.js";
import { COMMANDS } from "./commands.js";
import { Editing } from "./editing.js";
import { keepFrozen } from "./frozen.js";
import { Groups } from "./groups.js";
import { commandOf, types } from "./keys.js";
import { changeLink, linked, part } from "./link.js";
import { Marks } from "./marks.js";
import { News } from "./news.js";
import { Order } from "./order.js";
import { Paint } from "./paint.js";
import { People } from "./people.js";
import { Places } from "./places.js";
import * as pointer from "./pointer.js";
import { resume } from "./resume.js";
import { isByHand } from "./row_writes.js";
import { Rows } from "./rows.js";
import "./toolbar.js";
import { Search } from "./search.js";
import { listenForStars } from "./stars.js";
import { START, kept, moveTo, named, summary } from "./selection.js";
import { Totals } from "./totals.js";
import { View } from "./view.js";

class DataGrid extends HTMLElement {
  connectedCallback() {
    const { dataset } = this;
    this.canEdit = dataset.canEdit === "true";
    this.selection = START;
    this.count = Number(dataset.count);
    this.requests = this.querySelector(".requests");
    this.body = this.querySelector(".body");
    this.#build();
    this.#listen();
    this.search = new Search(this, document.getElementById("grid-search"));
    this.totals = new Totals(this, document.getElementById("totals"));
    this.setCount(this.count);
    const first = this.rows.put(this.querySelector(".chunk"));
    this.querySelector(".chunk").remove();
    this.order.took(first);
    this.groups.ask();
    if (dataset.focusRow !== undefined) this.goTo(Number(dataset.focusRow), 0);
    else this.select(this.selection, { show: false });
    this.view.ask();
    this.dataset.ready = "";
    if (this.count && document.activeElement === document.body) this.focus();
    welcome(this);
    goOn(this);
    hold(() => ({ table: dataset.table, user: dataset.user, edits: this.editing.unsaved() }));
    resume(this);
  }

  disconnectedCallback() {
    this.news.stop();
  }

  #build() {
    const { dataset, body } = this;
    const rowHeight = Number(dataset.rowHeight);
    this.columns = new Columns(this, this.querySelector(".head"), Number(dataset.frozen));
    this.rows = new Rows(this, {
      chunk: Number(dataset.chunk),
      columns: this.columns.length,
      isWide: this.columns.isWide,
      url: dataset.windowUrl,
      changed: (window) => this.news.ofRows(window),
    });
    this.places = new Places(this);
    this.painter = new Paint(this, body, rowHeight);
    keepFrozen(this, this.painter.layer);
    this.view = new View(this, body, {
      rowHeight,
      paint: (range) => this.#paint(range),
      want: (range) => this.groups.isWaiting || this.#want(range),
    });
    this.ahead = new Ahead(this);
    this.editing = new Editing(this);
    this.marks = new Marks(this, this.painter.layer);
    this.clipboard = new Clipboard(this);
    if (this.editing.editor.rests) this.tabIndex = -1; // its field is the tab stop
    this.groups = new Groups(this, dataset.groupsUrl);
    this.lines = this.groups.lines(0);
    this.order = new Order(this, dataset.orderUrl);
    this.people = new People(this, document.getElementById("people"));
    this.news = new News(this);
  }

  #listen() {
    pointer.listen(this);
    listenForMenu(this);
    listenForStars(this);
    this.addEventListener("keydown", (event) => this.#pressed(event));
    this.addEventListener("scroll", () => this.editing.editor.reposition(), { passive: true });
    this.addEventListener("grid:widths", () => this.#laidOut());
    this.addEventListener("focus", () => this.focus());
    this.addEventListener("focusin", ({ target }) => {
      this.isLeaving = false;
      if (target.closest(".cell a")) this.focus(); // a link that was clicked would keep the keyboard
    });
    this.addEventListener("grid:goto", ({ detail }) => this.goTo(detail.index, detail.column ?? this.focusCol));
    // Cancelled and failed requests are answered for here, not by the page's toasts.
    for (const name of ["sendError", "timeout", "responseError"]) this.requests.addEventListener(`htmx:${name}`, (event) => event.stopPropagation());
    document.addEventListener("panel:closed", () => this.focus());
    document.addEventListener("row:saved", ({ detail }) => this.editing.took(detail.html));
    document.addEventListener("click", (event) => {
      const { gridCommand: name, column } = event.target.closest?.("[data-grid-command]")?.dataset ?? {};
      if (column) this.move(this.focusRow, this.columns.indexOf(column), false);
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

  move(wanted, col, extend, options) {
    const row = this.lines.shown(wanted, Math.sign(wanted - this.focusRow) || 1);
    this.select(moveTo(this.selection, row, col, extend, this.size), options);
  }

  /** Take a selection; its focus comes into view unless `show` is false. */
  select(selection, { show = true } = {}) {
    const isOtherRow = selection.focus.row !== this.focusRow;
    this.selection = selection;
    if (isOtherRow) this.order.left();
    if (show && this.count) this.places.show(selection.focus);
    this.#tellPlace();
    this.totals.selected();
    this.view.invalidate();
  }

  /** Put the focus on a cell and say so. */
  goTo(row, col) {
    this.move(row, col, false);
    this.focus();
    this.sayPlace();
  }

  // --- Painting ----------------------------------------------------------------------------------------------------------

  #paint(range) {
    const { rows, columns, selection, size } = this;
    const window = columns.window(this.scrollLeft, this.clientWidth);
    const lacking = this.painter.lines({ ...range, lines: this.lines, rows, columns: columns.length, window, selection, size });
    this.toggleAttribute("data-lacking", lacking);
    this.toggleAttribute("data-asking", lacking && rows.isAsking());
    this.editing.editor.reposition();
    this.marks.place(range);
    this.search.highlight();
    return lacking;
  }

  // One chunk further in the direction of travel: of lines, since beyond the next heading may stand what nobody wants to see.
  #want({ first, last, direction }) {
    const further = (wanted) => (direction === wanted ? this.rows.chunk : 0);
    this.rows.want(this.lines.ranges(first - further(-1), last + further(1)), this.count);
  }

  #laidOut() {
    this.editing.editor.reposition();
    this.view.invalidate();
  }

  // --- What rows there are ----------------------------------------------------------------------------------------------

  /** Take parts of what is seen, {name: text}: other rows, or another order of them, come at once. Returns as changeLink. */
  see(parts, isSame) {
    const changed = changeLink(parts, isSame);
    const isLaid = changed === "rows" ? this.order.change() : Promise.resolve();
    if (changed === "look") this.rows.refresh();
    if (changed === "foot") this.groups.ask();
    if (changed === "rows" || changed === "hits") this.search.changed(isLaid);
    return changed;
  }

  /** Lay rows and the headings of their groups out. */
  layOutLines() {
    this.lines = this.groups.lines(this.count);
    this.view.setCount(this.lines.length, this.canEdit && this.count ? this.view.rowHeight : 0);
  }

  /** The id of the row with the focus, if that row is here. */
  focusedId() {
    return this.rows.row(this.focusRow)?.dataset.id;
  }

  /** There are `count` rows; not yet `isCounted`: so many are known of. */
  setCount(count, isCounted = true) {
    this.count = count;
    this.isCounted = isCounted;
    this.columns.layOut(count);
    this.totals.layOut();
    this.setAttribute("aria-rowcount", String(count + 1));
    this.selection = kept(this.selection, this.size);
    this.toggleAttribute("data-empty", count === 0);
    // Empty because of what is chosen, not because there are no rows.
    this.toggleAttribute("data-chosen", Boolean(part("filter") || (part("search") && part("match") !== "jump")));
    this.toggleAttribute("data-movable", isByHand(this));
    this.layOutLines();
    this.tellCount();
    this.dispatchEvent(new CustomEvent("grid:count", { bubbles: true, detail: { count } }));
    this.#tellPlace();
  }

  /** How many rows there are, or why nobody knows yet. */
  tellCount() {
    const text = this.order.making || (this.isCounted ? named(this.count, "row") : "Counting…");
    const element = document.getElementById("grid-count");
    if (element.textContent !== text) element.textContent = text;
  }

  // --- What else the grid does -------------------------------------------------------------------------------------------

  openRow() {
    const id = this.rows.row(this.focusRow)?.dataset.id;
    if (!id) return;
    const url = linked(this.dataset.rowUrl.replace(/\/0\/$/, `/${id}/`));
    window.htmx.ajax("GET", url, "#panel").then(() => {
      document.querySelector("#panel [data-close-panel]")?.focus();
    });
  }

  /** `more` is one action {label, run}, or more as in toasts.js. */
  toast(text, kind, more) {
    const given = more?.run ? { action: more } : more;
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind, ...given } }));
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
    if (this.ahead.keeps(event)) return;
    const found = commandOf(event);
    if (found?.native) {
      this.clipboard.expect(found.command);
    } else if (found) {
      event.preventDefault();
      this.run(found.command, found.extend);
    } else if (types(event) && !event.isComposing) {
      this.editing.typed(event, event.key);
    }
  }
}

customElements.define("data-grid", DataGrid);
