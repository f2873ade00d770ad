// Editing cells: which may be edited, how an edit begins, and what becomes of its answer.
import { Editor } from "./editor.js";
import { Edits } from "./edits.js";
import { cellOf } from "./rows.js";
import { isSingle } from "./selection.js";

export class Editing {
  constructor(grid) {
    this.grid = grid;
    this.edits = new Edits(grid, {
      url: grid.dataset.cellUrl,
      rows: grid.rows,
      columns: grid.columns,
      confirmed: (row) => this.#confirmed(row),
      refused: (edit, answer) => this.#refused(edit, answer),
    });
    this.editor = new Editor(grid, grid.painter.layer, {
      cellUrl: grid.dataset.cellUrl,
      commit: (edit) => this.#set(edit, edit.text),
      closed: (move) => this.#closed(move),
      begin: (event) => this.typed(event, event.data ?? ""),
      // A finger's keyboard would come up at every tap.
      rests: grid.canEdit && !matchMedia("(hover: none)").matches,
      place: (row, col) => grid.placeOf(row, col),
    });
  }

  /** Resolves when every edit so far has its answer. */
  settled() {
    return this.edits.settled();
  }

  /** Open the editor on the focused cell; `begun` and `again` as in editor.js. */
  open(begun, again) {
    const { grid } = this;
    if (!this.#may()) return;
    grid.show(grid.selection.focus);
    grid.view.flush();
    const { row: index, col } = grid.selection.focus;
    const row = grid.rows.row(index);
    if (!row) return grid.say("This row is still loading.");
    const [cell, column, options] = [cellOf(row, col), grid.columns.at(col), grid.columns.options(col)];
    return this.editor.open({ row, cell, index, col, column, options, begun, again });
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
    if (!grid.columns.length) return;
    if (!isSingle(grid.selection)) grid.move(grid.focusRow, grid.focusCol, false);
    const { kind } = grid.columns.at(grid.focusCol);
    if (kind === "checkbox") return;
    if (kind === "rating" && /^\d$/.test(text)) this.#rate(event, text);
    else this.open("typed");
  }

  #rate(event, text) {
    event.preventDefault();
    const row = this.grid.rows.row(this.grid.focusRow);
    if (row && this.#may()) this.#set(this.#here(row), text === "0" ? "" : text);
  }

  #here(row) {
    return { id: row.dataset.id, v: row.dataset.v, row: this.grid.focusRow, col: this.grid.focusCol };
  }

  // Without a version (an edit begun again after a refusal) what is on the screen now is what the person saw.
  #set({ id, v, row, col }, text) {
    this.edits.add({ id, v: v ?? this.grid.rows.row(row)?.dataset.v ?? 0, col, text });
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

  #confirmed(row) {
    this.grid.sawVersion(Number(row.dataset.v));
    this.grid.rows.replace(row);
    this.grid.view.invalidate();
  }

  // Nothing typed is lost: the editor opens again with it, or a toast keeps it while another cell is being edited.
  #refused(edit, { status, current, reason }) {
    const { grid } = this;
    const index = grid.rows.indexOf(edit.id);
    if (status === 410 || index < 0) return grid.toast(`${reason} You had typed: “${edit.text}”.`, "bad");
    const now = current === undefined ? "" : ` It now holds “${current}”. Press Enter to put yours in its place, or Esc to keep it.`;
    const reopen = () => {
      grid.move(grid.rows.indexOf(edit.id), edit.col, false);
      this.open("here", { text: edit.text, reason: reason + now });
    };
    if (!this.editor.isOpen) return reopen();
    return grid.toast(`Row ${index + 1}: ${reason}`, "bad", { label: "Edit again", run: reopen });
  }
}
