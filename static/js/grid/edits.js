// Edits on their way: shown at once, sent one after the other in order, confirmed by the server's own row or taken back.
import { Unreachable, ask, sentence } from "./ask.js";
import { preview } from "./preview.js";
import { cellOf, parsed } from "./rows.js";

const RETRY_MS = 2_000;

export class Edits {
  #queue = []; // {id, v, col, text}, as they were made
  #sending = null;
  #isOffline = false;

  /** `confirmed(row)` gets a row as it is now, `refused(edit, answer)` what the server did not take and why. */
  constructor(grid, { url, rows, columns, confirmed, refused }) {
    Object.assign(this, { grid, url, rows, columns, confirmed, refused });
    window.addEventListener("beforeunload", (event) => this.#queue.length && event.preventDefault());
  }

  /** Show an edit {id, v, col, text} in its cell and send it; v is the version of the row that the person saw. */
  add(edit) {
    this.#queue.push(edit);
    this.#show(edit);
    this.#sending ??= this.#send();
  }

  /** Show again what is on its way: a window may have come meanwhile with what was there before. */
  showPending() {
    for (const edit of this.#queue) this.#show(edit);
  }

  /** Resolves when every edit so far has its answer. */
  async settled() {
    await this.#sending;
  }

  #show({ id, col, text }) {
    const row = this.rows.row(this.rows.indexOf(id));
    if (!row) return;
    const cell = cellOf(row, col);
    cell.replaceChildren(preview(this.columns.at(col).kind, this.columns.options(col), text));
    cell.classList.add("pending");
  }

  async #send() {
    while (this.#queue.length) {
      const answer = await this.#post(this.#queue[0]);
      if (!answer) continue;
      const edit = this.#queue.shift();
      const row = answer.status === 200 ? parsed(answer.text) : null;
      if (row) this.#accept(row);
      else this.#takeBack(edit, answer);
      this.showPending();
    }
    this.#sending = null;
  }

  // An answer, or null after a pause when there was none.
  async #post({ id, v, col, text }) {
    try {
      const answer = await ask(this.grid, "POST", this.url, { row: id, key: this.columns.at(col).key, value: text, v });
      this.#tell(false);
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#tell(true);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return null;
    }
  }

  // The queue's other edits keep the version they were made on: the server knows one's own edits from other people's.
  #accept(row) {
    this.confirmed(row);
  }

  #takeBack(edit, answer) {
    this.rows.refreshRows([edit.id]);
    this.refused(edit, { status: answer.status, current: answer.json?.current, reason: sentence(answer) });
  }

  #tell(isOffline) {
    if (isOffline === this.#isOffline) return;
    this.#isOffline = isOffline;
    if (isOffline) this.grid.toast("Rowan cannot be reached. Your edits wait here and are saved as soon as it can: keep this page open.", "bad");
    else this.grid.toast("Rowan is back, and your edits are saved.", "good");
  }
}
