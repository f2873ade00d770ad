// Editing cells: which may be edited, how an edit begins, and what becomes of its answer.
import { Editor } from "./editor.js";
import { Edits, madeOf } from "./edits.js";
import { listed } from "./preview.js";
import { cellOf, parsed } from "./rows.js";
import { isSingle } from "./selection.js";

export class Editing {
  constructor(grid) {
    this.grid = grid;
    this.edits = new Edits(grid, {
      url: grid.dataset.cellUrl,
      rows: grid.rows,
      columns: grid.columns,
      confirmed: (row, made) => this.#confirmed(row, made),
      refused: (edit, answer) => this.#refused(edit, answer),
    });
    this.editor = new Editor(grid, grid.painter.layer, {
      cellUrl: grid.dataset.cellUrl,
      commit: (edit) => this.#set(edit, edit.text),
      closed: (move) => this.#closed(move),
      begin: (event) => this.typed(event, event.data ?? ""),
      composed: (event) => grid.ahead.keeps(event),
      // A finger's keyboard would come up at every tap.
      rests: grid.canEdit && !matchMedia("(hover: none)").matches,
      place: (row, col) => grid.places.inLayer(row, col),
    });
  }

  /** Resolves when every edit so far has its answer. */
  settled() {
    return this.edits.settled();
  }

  /** What would be lost with the page, as session.js keeps it. */
  unsaved() {
    const { draft } = this.editor;
    const typed = draft && { row: draft.id, key: draft.key, v: draft.v, text: draft.text, isDraft: true };
    return [...this.edits.waiting(), ...(typed ? [typed] : [])];
  }

  /** Open the editor on the focused cell; `begun` and `again` as in editor.js. */
  open(begun, again) {
    const { grid } = this;
    if (!this.#may()) return;
    grid.places.show(grid.selection.focus);
    grid.view.flush();
    const { row: index, col } = grid.selection.focus;
    const row = grid.rows.row(index);
    if (!row) return grid.say("This row is still loading.");
    const column = { ...grid.columns.at(col), icon: () => grid.columns.icon(col) };
    return this.editor.open({ row, cell: cellOf(row, col), index, col, column, options: grid.columns.options(col), begun, again });
  }

  /** Check or uncheck the focused cell. */
  toggle() {
    const row = this.grid.rows.row(this.grid.focusRow);
    if (!row || !this.#may()) return;
    const isOn = cellOf(row, this.grid.focusCol).querySelector(".check.on");
    this.#set(this.#here(row), isOn ? "false" : "true");
  }

  /** A key or an input method types: that opens the editor, and the text lands in its field by itself, which keeps it whole. */
  typed(event, text) {
    const { grid } = this;
    if (!grid.columns.length || (event.type !== "keydown" && grid.ahead.keeps(event))) return undefined;
    if (!isSingle(grid.selection)) grid.move(grid.focusRow, grid.focusCol, false);
    const { kind } = grid.columns.at(grid.focusCol);
    if (kind === "checkbox") return undefined;
    if (kind !== "rating" || !/^\d$/.test(text)) return this.open("typed");
    event.preventDefault();
    return this.rate(text === "0" ? "" : text);
  }

  /** Give the focused cell so many stars, as text. */
  rate(text) {
    const row = this.grid.rows.row(this.grid.focusRow);
    if (row && this.#may()) this.#set(this.#here(row), text);
  }

  #here(row) {
    return { id: row.dataset.id, v: row.dataset.v, row: this.grid.focusRow, col: this.grid.focusCol };
  }

  // Without a version (an edit begun again after a refusal) what is on the screen now is what the person saw.
  #set({ id, v, row, col, makes }, text) {
    this.edits.add({ id, v: v ?? this.grid.rows.row(row)?.dataset.v ?? 0, col, text, makes });
  }

  #may() {
    const { grid } = this;
    if (!grid.canEdit || !grid.count || !grid.columns.length) return false;
    const column = grid.columns.at(grid.focusCol);
    if (!column.canWrite) grid.toast(`“${column.name}” is filled in by Rowan and cannot be edited.`, "info");
    return column.canWrite;
  }

  #closed(move) {
    this.grid.focus({ preventScroll: true });
    if (move) this.grid.run(move);
    this.grid.view.invalidate();
  }

  /** A row as it is after an edit in the row's panel. */
  took(html) {
    const row = parsed(html);
    const made = madeOf(html);
    if (made) this.grid.news.sawOptions(made);
    if (row) this.#arrived(row);
  }

  // `made` is what the server says of a column that got a new option by this edit (views_app/edit_views.py).
  #confirmed(row, made) {
    if (made) this.grid.news.sawOptions(made);
    this.#arrived(row);
    document.dispatchEvent(new CustomEvent("row:changed", { detail: { ids: [row.dataset.id] } }));
  }

  #arrived(row) {
    this.grid.news.sawVersion(Number(row.dataset.v));
    const index = this.grid.rows.replace(row);
    this.grid.order.wait(index, index);
    if (index !== this.grid.focusRow) this.grid.order.left();
    this.grid.view.invalidate();
  }

  // Nothing typed is lost: the editor opens again with it, or a toast keeps it while another cell is being edited.
  #refused(edit, { status, json, reason: words }) {
    const { grid } = this;
    const { current, options, kind } = json ?? {};
    const index = grid.rows.indexOf(edit.id);
    const reason = options ? this.#offered(edit, options) ?? words : words;
    const isOtherKind = kind !== undefined && kind !== grid.columns.at(edit.col).kind;
    if (status === 410 || isOtherKind || index < 0) return grid.toast(`${reason} You had typed: “${edit.text}”.`, "bad");
    const now = current === undefined ? "" : ` It now holds “${current}”. Press Enter to put yours in its place, or Esc to keep it.`;
    const reopen = () => {
      grid.move(grid.rows.indexOf(edit.id), edit.col, false);
      this.open("here", { text: edit.text, reason: reason + now });
    };
    if (!this.editor.isOpen) return reopen();
    return grid.toast(`Row ${index + 1}: ${reason}`, "bad", { label: "Edit again", run: reopen });
  }

  // The column has other options than were offered here: which of those picked are gone, or undefined.
  #offered({ col, text }, options) {
    const { columns } = this.grid;
    const before = (columns.options(col).options ?? []).map(({ name }) => name);
    const now = (options.options ?? []).map(({ name }) => name);
    columns.setOptions(col, options);
    const picked = columns.at(col).kind === "select" ? [text] : listed(text);
    const gone = picked.filter((name) => before.includes(name) && !now.includes(name)).map((name) => `“${name}”`);
    if (!gone.length) return undefined;
    return `${gone.join(", ")} ${gone.length > 1 ? "are" : "is"} no longer among the options of “${columns.at(col).name}”: somebody deleted or renamed ${gone.length > 1 ? "them" : "it"}. Pick another, or create it again.`;
  }
}
