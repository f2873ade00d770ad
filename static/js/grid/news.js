// What is heard of the table: other people's changes (changes.js), what comes with a window of rows, what became of one's own
// changes. Decided here is what of the screen is still true, and whether the page must come anew.
import { keepErrors } from "../toasts.js";
import { allDone } from "../turns.js";
import { Changes } from "./changes.js";
import { freshen } from "./freshen.js";
import { addressed } from "./link.js";
import { named } from "./selection.js";

export class News {
  #changes;
  #isWorking = false;

  constructor(grid) {
    const { dataset } = grid;
    this.grid = grid;
    this.version = Number(dataset.version); // of the table, as far as it has been heard of
    this.columnsVersion = Number(dataset.columnsVersion); // of the columns this page was made with
    const seen = () => ({ version: this.version, order: grid.order.name, ...grid.people.told() });
    const told = { news: (news) => this.#ofOthers(news), met: (people) => grid.people.met(people), working: (keys) => this.#ofWork(keys) };
    this.#changes = new Changes(grid, { url: dataset.changesUrl, seen, ...told });
    document.addEventListener("grid:refresh", () => this.#changes.ask());
    document.addEventListener("ai:cell", () => this.#ofStates());
    document.addEventListener("session:back", () => this.#cameBack());
  }

  stop() {
    this.#changes.stop();
  }

  // --- Of others ---------------------------------------------------------------------------------------------------------

  #ofOthers({ version, count, columns_version: columnsVersion, all, ids, stale }) {
    const { grid } = this;
    if (columnsVersion !== this.columnsVersion) return this.reload(columnsVersion);
    this.version = version;
    grid.totals.changed();
    // The panel shows one of the rows.
    document.dispatchEvent(new CustomEvent("row:changed", { detail: { ids: all ? null : ids } }));
    const isReordered = stale && grid.order.isOutOfDate();
    if (count !== null && count !== grid.count) {
      grid.setCount(count);
      grid.say(`The table now has ${named(count, "row")}.`);
    }
    if (all && !stale) grid.rows.refresh();
    else if (!isReordered) grid.rows.refreshRows(ids);
    grid.view.ask();
    grid.view.invalidate();
  }

  // While AI columns are computed the states of their cells change without a write: the rows in view come anew, and all in the end.
  #ofWork(keys) {
    const { grid } = this;
    const wasWorking = this.#isWorking;
    this.#isWorking = keys.length > 0;
    if (this.#isWorking) {
      this.#ofStates();
      // Somebody else, or a program, has begun a run: its bar comes as for one's own.
      if (!wasWorking && !document.querySelector(".ai-bar")) document.body.dispatchEvent(new CustomEvent("ai:begun"));
    } else if (wasWorking) {
      grid.rows.refresh();
      grid.view.ask();
    }
    // The panel tells of its cells' states as well.
    if (this.#isWorking || wasWorking) document.dispatchEvent(new CustomEvent("row:changed", { detail: { ids: null } }));
  }

  // The states of cells in view have changed without a write.
  #ofStates() {
    const { first, last } = this.grid.view.range(0);
    freshen(this.grid, first, last);
  }

  /** A window of rows has come, or will not; `window` is what it says (see facts in rows.js). */
  ofRows(window) {
    const { grid } = this;
    if (window && window.columnsVersion !== this.columnsVersion) return this.reload(window.columnsVersion);
    // Windows may overtake each other: only a newer one says how many rows there are.
    if (window) grid.order.took(window, window.version >= this.version);
    grid.editing.edits.showPending();
    grid.ahead.look();
    grid.view.invalidate();
  }

  // What was asked while nobody was logged in was never answered.
  #cameBack() {
    this.grid.rows.refresh();
    this.#changes.ask();
  }

  // --- Of one's own changes ----------------------------------------------------------------------------------------------

  #own(version) {
    this.version = Math.max(this.version, version);
    this.grid.totals.changed();
  }

  /** The view has `count` rows at `version`, by a change that moved rows; `order` is its order's name. */
  changedTo({ count, version, order }) {
    const { grid } = this;
    this.#own(version);
    grid.order.is(order ?? grid.order.name, count);
    grid.rows.refresh();
    grid.groups.ask();
    grid.view.ask();
  }

  /** A change of cells in the rows `top` to `bottom` made `version`; in this view they keep their places until the person leaves. */
  changedCells(version, { top, bottom }) {
    this.#own(version);
    this.grid.order.wait(top, bottom);
    freshen(this.grid, top, bottom);
  }

  /** A new row that has no place in the view's order yet; it gets the focus. */
  addedRow(row, version) {
    const { grid } = this;
    this.#own(version);
    grid.rows.add(row);
    grid.setCount(grid.count + 1);
    grid.goTo(grid.count - 1, 0);
    grid.order.wait(grid.count - 1, grid.count - 1);
  }

  /** An edit made this version: no news when it is the next one. */
  sawVersion(version) {
    if (version === this.version + 1) this.version = version;
    this.grid.totals.changed();
  }

  /** An edit made an option: known here too, so that the page need not load anew, unless other columns have changed as well. */
  sawOptions({ key, options, version, before }) {
    const col = this.grid.columns.indexOf(key);
    if (col >= 0) this.grid.columns.setOptions(col, options);
    if (before === this.columnsVersion) this.columnsVersion = version;
  }

  // --- Another page ------------------------------------------------------------------------------------------------------

  /** Other columns, those of `columnsVersion`, need another header. What is being typed is worth more: then the reload waits. */
  async reload(columnsVersion = Infinity) {
    const { grid } = this;
    if (grid.editing.editor.isOpen || grid.ahead.isHolding) return;
    // What waits for its turn would be lost with the page.
    await allDone();
    // It was an edit of one's own, whose answer has come meanwhile; or another edit has begun.
    if (this.columnsVersion >= columnsVersion || grid.editing.editor.isOpen) return;
    keepErrors();
    const id = grid.focusedId();
    location.replace(addressed(location.pathname, id ? { row: id } : {}));
  }
}
