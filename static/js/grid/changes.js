// What others change: asked for every 2 s while the page is seen, now and then while it is not.
import { Unreachable, ask } from "./ask.js";

const SEEN_MS = 2_000;
const HIDDEN_MS = 10_000;

export class Changes {
  #timer = 0;
  #asking = null;

  /** `news` is told {version, count, columns_version, all, ids} when the table is past `version()`. */
  constructor(grid, { url, version, news }) {
    Object.assign(this, { grid, url, version, news });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#wait() : this.ask()));
    this.#wait();
  }

  /** Ask now. */
  async ask() {
    clearTimeout(this.#timer);
    this.#asking?.cancel();
    const asked = ask(this.grid, "GET", this.url, { version: this.version() });
    this.#asking = asked;
    try {
      const { status, json } = await asked;
      if (status === 200 && json) this.news(json);
    } catch (error) {
      // The next turn asks again; what fails on the screen says so itself.
      if (!(error instanceof Unreachable)) throw error;
    }
    this.#asking = null;
    this.#wait();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#asking?.cancel();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), document.hidden ? HIDDEN_MS : SEEN_MS);
  }
}
