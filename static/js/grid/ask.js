// Asking the server, through htmx: its CSRF header, events and cancelling are the page's own.

const TIMEOUT_MS = 30_000;
const underWay = new Set();

// htmx writes every request that fails or is cancelled to the console. That somebody leaves the page is no failure.
window.addEventListener("pagehide", ({ persisted }) => persisted || underWay.forEach(hush));

/** The server or the network did not answer. */
export class Unreachable extends Error {}

/**
 * Send one request: a promise of {status, text, json} with `cancel()` on it. Rejects with Unreachable; never settles once cancelled.
 *
 * htmx queues the requests of one element, so each gets an element of its own.
 */
export function ask(grid, method, url, values = {}) {
  const source = document.createElement("span");
  source.hidden = true;
  source.setAttribute("hx-request", `{"timeout": ${TIMEOUT_MS}}`);
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
      if (!cancelled && !moved(xhr)) resolve({ status: xhr.status, text: xhr.responseText, json: parsed(xhr) });
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

function hush(xhr) {
  xhr.onload = xhr.onerror = xhr.onabort = xhr.ontimeout = null;
  return xhr;
}

// A session that has ended answers a request of htmx with where to go.
function moved(xhr) {
  const to = xhr.getResponseHeader("HX-Redirect");
  if (to) location.assign(to);
  return Boolean(to);
}

function parsed(xhr) {
  if (!(xhr.getResponseHeader("Content-Type") ?? "").startsWith("application/json")) return null;
  try {
    return JSON.parse(xhr.responseText);
  } catch {
    return null;
  }
}

/** The server's sentence about a request that failed. */
export function sentence({ status, json }) {
  if (json?.error) return json.error;
  if (status === 403) return "You may look at this table, but not change it.";
  if (status === 404) return "This table was deleted, or you are no longer a member of its base.";
  if (status === 429) return "Too many requests at once. Wait a moment and try again.";
  return "Something went wrong on the server. Reload the page to see what is saved, then try again.";
}
