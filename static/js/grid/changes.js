// What others change: asked for every 2 s while the page is seen, now and then while it is not.
import { Latest } from "./ask.js";
import { linked } from "./link.js";

const SEEN_MS = 2_000;
const HIDDEN_MS = 10_000;

export class Changes {
  #timer = 0;
  #latest;

  /**
   * `news` is told {version, count, columns_version, all, ids, stale} when the table is past `seen().version`, `met` the people, and `working`
   * each time the keys of the columns whose cells change without that.
   */
  constructor(grid, { url, seen, news, met, working }) {
    Object.assign(this, { url, seen, news, met, working });
    this.#latest = new Latest(grid);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#wait() : this.ask()));
    this.#wait();
  }

  /** Ask now. */
  async ask() {
    clearTimeout(this.#timer);
    const answer = await this.#latest.ask(linked(this.url), this.seen());
    // Where there is none the next turn asks again; what fails on the screen says so itself.
    if (answer) this.working(answer.json?.working ?? []);
    if (answer?.status === 200 && answer.json) {
      if (answer.json.people) this.met(answer.json);
      if (answer.json.version !== undefined) this.news(answer.json);
    }
    this.#wait();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#latest.cancel();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), document.hidden ? HIDDEN_MS : SEEN_MS);
  }
}
