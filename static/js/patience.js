// While a person has too many heavy reads under way the server answers 429 (tables/heavy.py): it is asked again, a little later.
// Whoever asked sees only the last answer. htmx sends all requests, so the place for this is its XMLHttpRequest.
const WAITS_MS = [500, 1_000, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000];

document.addEventListener("htmx:beforeSend", ({ detail: { xhr, requestConfig, pathInfo } }) => {
  const answered = xhr.onload;
  // A change as well: it takes its turn before it does anything.
  let body = null;
  xhr.send = (sent) => XMLHttpRequest.prototype.send.call(xhr, (body = sent));
  let tries = 0;
  xhr.onload = () => {
    if (xhr.status !== 429 || tries === WAITS_MS.length) return answered.call(xhr);
    // The first time is soon over, mostly: a page that opens asks for several things at once.
    if (tries === 1) tell(xhr);
    setTimeout(() => again(xhr, requestConfig, pathInfo.finalRequestPath, body), WAITS_MS[tries]);
    tries += 1;
    return undefined;
  };
});

function again(xhr, { verb, headers }, path, body) {
  if (!xhr.onload) return; // nobody waits for it any more (grid/ask.js)
  // Aborted between two sends, of which the browser says nothing.
  if (xhr.readyState !== XMLHttpRequest.DONE) return xhr.onabort?.();
  xhr.open(verb.toUpperCase(), path);
  for (const [name, value] of Object.entries(headers)) if (value !== null) xhr.setRequestHeader(name, value);
  xhr.send(body);
}

function tell({ responseText }) {
  try {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: JSON.parse(responseText).error, kind: "info" } }));
  } catch {
    // A proxy's own page: the last answer says what there is to say.
  }
}
