// Edits on their way: shown at once, sent each in its turn, confirmed by the server's own row or taken back.
import { hasEnded } from "../session.js";
import { inTurn } from "../turns.js";
import { LoggedOut, insist, sentence } from "./ask.js";
import { linked } from "./link.js";
import { preview } from "./preview.js";
import { cellOf, parsed } from "./rows.js";

export class Edits {
  #queue = []; // {id, v, col, text, makes}, as they were made
  #last = null; // the turn of the last one
  #isOffline = false;

  /** `confirmed(row, made)` gets a row as it is now (`made` as in madeOf), `refused(edit, answer)` what the server did not take and why. */
  constructor(grid, { url, rows, columns, confirmed, refused }) {
    Object.assign(this, { grid, url, rows, columns, confirmed, refused });
    window.addEventListener("beforeunload", (event) => this.#queue.length && !hasEnded() && event.preventDefault());
  }

  /**
   * Show an edit {id, v, col, text, makes} in its cell and send it; v is the version of the row that the person saw, `makes` whether
   * options are to be made of names that are none.
   */
  add(edit) {
    this.#queue.push(edit);
    this.#show(edit);
    this.#last = inTurn(() => this.#send(edit));
  }

  /** Show again what is on its way: a window may have come meanwhile with what was there before. */
  showPending() {
    for (const edit of this.#queue) this.#show(edit);
  }

  /** What has not been taken yet, as session.js keeps it. */
  waiting() {
    return this.#queue.map(({ id, v, col, text, makes }) => ({ row: id, key: this.columns.at(col).key, v, text, makes }));
  }

  /** Resolves when every edit so far has its answer. */
  async settled() {
    await this.#last;
  }

  #show({ id, col, text }) {
    const row = this.rows.row(this.rows.indexOf(id));
    if (!row) return;
    const cell = cellOf(row, col);
    cell.replaceChildren(preview(this.columns.at(col).kind, this.columns.options(col), text));
    cell.classList.add("pending");
  }

  async #send(edit) {
    const { id, v, col, text, makes } = edit;
    const { key, kind } = this.columns.at(col);
    const values = { row: id, key, value: text, v, kind, ...(makes && { create: "1" }) };
    const answer = await insist(this.grid, linked(this.url), values, (error) => error instanceof LoggedOut || this.#tell(true));
    this.#tell(false);
    this.#queue.splice(this.#queue.indexOf(edit), 1);
    const row = answer.status === 200 ? parsed(answer.text) : null;
    // The queue's other edits keep the version they were made on: the server knows one's own edits from other people's.
    if (row) this.confirmed(row, madeOf(answer.text));
    else this.#takeBack(edit, answer);
    this.showPending();
  }

  #takeBack(edit, answer) {
    this.rows.refreshRows([edit.id]);
    this.refused(edit, { ...answer, reason: sentence(answer) });
  }

  #tell(isOffline) {
    if (isOffline === this.#isOffline) return;
    this.#isOffline = isOffline;
    if (isOffline) this.grid.toast("Rowan cannot be reached. Your edits wait here and are saved as soon as it can: keep this page open.", "bad");
    else this.grid.toast("Rowan is back, and your edits are saved.", "good");
  }
}

// What an answer says behind its row of a column that has got a new option: {key, options, version, before}; null for nothing.
export function madeOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const holder = template.content.querySelector("#made-option");
  return holder && JSON.parse(holder.textContent);
}
