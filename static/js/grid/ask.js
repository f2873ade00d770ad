// Asking the server, through htmx: its CSRF header, events and cancelling are the page's own.
import { answered, ended } from "../session.js";

const TIMEOUT_MS = 30_000;
const RETRY_MS = 2_000;
const LONG_TIMEOUT_MS = 600_000; // 50 MB by a slow line
const underWay = new Set();

// htmx writes every request that fails or is cancelled to the console. That somebody leaves the page is no failure.
window.addEventListener("pagehide", ({ persisted }) => persisted || underWay.forEach(hush));

/** The server or the network did not answer. */
export class Unreachable extends Error {
  /** A sentence for the person: `undone` is what this means for them. */
  told(undone = "nothing was changed") {
    return `Rowan cannot be reached, so ${undone}. Check the network, then try again.`;
  }
}

/** The session has ended; what was asked has not been done. */
export class LoggedOut extends Unreachable {
  told(undone = "nothing was changed") {
    return `You have been logged out, so ${undone}. Log in again, then repeat it.`;
  }
}

/**
 * Send one request: a promise of {status, text, json, header(name)} with `cancel()` on it. Rejects with Unreachable; never settles once cancelled,
 * nor when the session has ended (see session.js), unless it `tells`: then it rejects with LoggedOut.
 *
 * `arrived(bytes)` is told how much of a long answer is here.
 *
 * htmx queues the requests of one element, so each gets an element of its own.
 */
export function ask(grid, method, url, values = {}, { tells = false, arrived } = {}) {
  const source = document.createElement("span");
  source.hidden = true;
  const isUpload = Object.values(values).some((value) => value instanceof Blob);
  source.setAttribute("hx-request", `{"timeout": ${isUpload || arrived ? LONG_TIMEOUT_MS : TIMEOUT_MS}}`);
  if (arrived) source.addEventListener("htmx:xhr:progress", ({ detail }) => arrived(detail.loaded));
  if (isUpload) source.setAttribute("hx-encoding", "multipart/form-data");
  grid.requests.append(source);
  let cancelled = false;
  let xhr;
  source.addEventListener("htmx:beforeSend", ({ detail }) => {
    xhr = detail.xhr;
    underWay.add(xhr);
  });
  const done = () => {
    underWay.delete(xhr);
    source.remove();
  };
  const answer = new Promise((resolve, reject) => {
    const handler = () => {
      if (cancelled) return;
      // A session that has ended answers a request of htmx with where to go.
      const to = xhr.getResponseHeader("HX-Redirect");
      if (!to) answered();
      else ended(to);
      const header = (name) => xhr.getResponseHeader(name);
      if (!to) resolve({ status: xhr.status, text: xhr.responseText, json: parsed(xhr), header });
      else if (tells) reject(new LoggedOut());
    };
    window.htmx
      .ajax(method, url, { source, values, handler, swap: "none" })
      .catch(() => !cancelled && reject(new Unreachable()))
      .finally(done);
  });
  return Object.assign(answer, {
    cancel() {
      cancelled = true;
      if (xhr) hush(xhr).abort();
      done();
    },
  });
}

/** Post until somebody answers: a promise of the answer. `missed(error)` is told of each time that nobody did. */
export async function insist(grid, url, values, missed) {
  for (;;) {
    try {
      return await ask(grid, "POST", url, values, { tells: true });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      missed(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Questions of which only the latest counts: a new one takes the place of the one before. */
export class Latest {
  #asked = null;

  constructor(grid) {
    this.grid = grid;
  }

  get isAsking() {
    return this.#asked !== null;
  }

  /** Ask with GET: a promise of the answer, or of null where nobody answers. Never settles once cancelled or asked anew. */
  ask(url, values = {}) {
    this.cancel();
    const asked = ask(this.grid, "GET", url, values);
    this.#asked = asked;
    return new Promise((resolve) => {
      const settle = (answer) => {
        if (this.#asked !== asked) return;
        this.#asked = null;
        resolve(answer);
      };
      asked.then(settle, () => settle(null));
    });
  }

  cancel() {
    this.#asked?.cancel();
    this.#asked = null;
  }
}

function hush(xhr) {
  xhr.onload = xhr.onerror = xhr.onabort = xhr.ontimeout = null;
  return xhr;
}

function parsed(xhr) {
  if (!(xhr.getResponseHeader("Content-Type") ?? "").startsWith("application/json")) return null;
  try {
    return JSON.parse(xhr.responseText);
  } catch {
    return null;
  }
}

/** The answer if it is a good one; else null, after a toast with what the server says. */
export function good(grid, answer) {
  if (answer?.status === 200) return answer;
  if (answer) grid.toast(sentence(answer), "bad");
  return null;
}

/** The server's sentence about a request that failed. */
export function sentence({ status, json }) {
  if (json?.error) return json.error;
  if (status === 403) return "You may look at this table, but not change it.";
  if (status === 404) return "This table was deleted, or you are no longer a member of its base.";
  if (status === 429) return "Too many requests at once. Wait a moment and try again.";
  return "Something went wrong on the server. Reload the page to see what is saved, then try again.";
}
