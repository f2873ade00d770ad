// A session that ends under an open page: what was typed is kept in this tab, and goes on once its person has logged in again.
const KEPT_AT = "session:unsent";
const LOG_IN = "/accounts/login/";
const TOLD = "You have been logged out. What you typed is kept in this tab: log in again, and it goes on from here.";

const holders = []; // each says what would be lost
let to = ""; // where to log in, once the session has ended

/** `holder()` says what would be lost now: {table, user, edits: [{row, key, v, text, kind, makes, isDraft}]}. */
export function hold(holder) {
  holders.push(holder);
}

export const hasEnded = () => to !== "";

/** An answer says that the session is over, and where to log in. */
export function ended(url) {
  const isNews = !to;
  to = url;
  if (!held().length) return leave();
  if (!isNews) return undefined;
  return document.dispatchEvent(new CustomEvent("toast", { detail: { text: TOLD, kind: "bad", action: { label: "Log in", run: leave } } }));
}

/** An answer of the server: who was logged out has logged in again, in another tab. */
export function answered() {
  if (!to) return;
  to = "";
  for (const toast of document.querySelectorAll("#toasts .toast")) if (toast.querySelector("p").textContent === TOLD) toast.remove();
  document.dispatchEvent(new CustomEvent("session:back"));
}

/** What was kept of a person's edits of a table, once. */
export function taken(table, user) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT_AT)) ?? [];
  const rest = kept.filter((each) => each.user === user && each.table !== table);
  if (kept.length) sessionStorage.setItem(KEPT_AT, JSON.stringify(rest)); // nobody else's
  return kept.filter((each) => each.user === user && each.table === table).flatMap(({ edits }) => edits);
}

const held = () => holders.map((holder) => holder()).filter(({ edits }) => edits.length);

function keep() {
  if (to) sessionStorage.setItem(KEPT_AT, JSON.stringify(held()));
}

// Back to the row that was being edited, if it is the grid's page.
function leave() {
  const url = new URL(to, location.href);
  const row = held().flatMap(({ edits }) => edits).findLast(({ isDraft }) => isDraft)?.row;
  const next = new URL(url.searchParams.get("next") ?? location.href, location.origin);
  if (row && document.querySelector("data-grid")) next.searchParams.set("row", row);
  url.searchParams.set("next", next.pathname + next.search);
  location.assign(url);
}

window.addEventListener("pagehide", keep);

// What menus and dialogs ask would lead to the log-in page at once.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const url = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!url?.startsWith(LOG_IN) || !held().length) return;
  event.preventDefault();
  ended(url);
});

// Logging in makes a new token; the page holds the one it was loaded with.
document.addEventListener("htmx:configRequest", ({ detail: { headers } }) => {
  const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  if (token) headers["X-CSRFToken"] = token;
});
