// What is seen is in the page's address (docs/views.md): a link shows the same, and back and forward go through it.
//
// The address names the view and the parts in which it is seen differently. What is asked of the server for the grid's own
// needs names every part, so that nobody has to look the view up, and an answer fits the page when somebody saves the view.

// These change which rows there are or their order; others the foot, or how rows look, or what the grid shows already; the rest
// the page around them, which comes anew.
const OF_SEARCH = ["search", "accents"];
const OF_ROWS = ["filter", "sort", "match", ...OF_SEARCH];
const OF_FOOT = ["totals"];
const OF_LOOK = ["colors"];
const SHOWN = ["widths", "closed"];
const SOFT = [...OF_ROWS, ...OF_FOOT, ...OF_LOOK, ...SHOWN];
// What the server needs to know to write rows.
const ASKED = [...OF_ROWS, "group", "hide", "columns", "colors"];

const MOST_LINK = 7_000; // as in views_app/state.py
const TOO_LONG = "This is more than a link can hold, so it is not kept. Save the view, or shorten its filter, color rules or search.";

const grid = () => document.querySelector("data-grid");

// The page has said that these parts of its address cannot be read; asked again and again they would be refused.
if (grid()?.dataset.unread) {
  const params = new URLSearchParams(location.search);
  for (const name of grid().dataset.unread.split(" ")) params.delete(name);
  history.replaceState(null, "", params.size ? `${location.pathname}?${params}` : location.pathname);
}

const saved = () => JSON.parse(grid().dataset.saved);

/** The address's own parts, without what belongs to this visit alone. */
export function link() {
  const params = new URLSearchParams(location.search);
  params.delete("row");
  return params;
}

/** What part `name` is now: of the address, else of the view; "" for none. */
export function part(name) {
  return link().get(name) ?? saved()[name] ?? "";
}

/** Whether this is the table as it is, and no saved view. */
export function isAllRows() {
  return ["0", ""].includes(link().get("view") ?? "");
}

/** `url` with all parts that decide which rows there are and how they look. */
export function linked(url) {
  const query = new URLSearchParams(allParts().filter(([name]) => ASKED.includes(name))).toString();
  return query ? `${url}?${query}` : url;
}

/** Every part of what is seen, as [name, text]. */
export function allParts() {
  const parts = { ...saved(), ...Object.fromEntries(link()) };
  delete parts.view;
  return Object.entries(parts).filter(([, text]) => text);
}

/** `path` as the address is now. */
export function addressed(path, extra = {}) {
  const params = link();
  for (const [name, value] of Object.entries(extra)) params.set(name, value);
  const query = params.toString();
  return query ? `${path}?${query}` : path;
}

/**
 * Take new parts, {name: text}, into the address: "rows", "hits", "foot", "look" or "page" says what that changes on the screen,
 * "" nothing.
 *
 * With `isSame` it is still the same thing that is being changed, as while one types, and the history gets no new entry.
 */
export function changeLink(wanted, isSame = false) {
  const parts = withGroups(wanted);
  const wasJumping = part("match") === "jump";
  const names = Object.keys(parts).filter((name) => part(name) !== parts[name]);
  if (!names.length) return "";
  const params = link();
  for (const name of names) {
    // A part as the view has it need not be told; an empty one takes away what the view has.
    if (parts[name] === (saved()[name] ?? "")) params.delete(name);
    else params.set(name, parts[name]);
  }
  const query = params.toString();
  const url = query ? `${location.pathname}?${query}` : location.pathname;
  if (isTooLong(params) && query.length > location.search.length) {
    grid().toast(TOO_LONG, "bad");
    return "";
  }
  if (!names.every((name) => SOFT.includes(name))) {
    location.assign(url);
    return "page";
  }
  if (isSame) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  document.dispatchEvent(new CustomEvent("grid:state", { detail: { isShown: names.every((name) => SHOWN.includes(name)) } }));
  if (wasJumping && part("match") === "jump" && names.every((name) => OF_SEARCH.includes(name))) return "hits";
  if (names.every((name) => SHOWN.includes(name))) return "";
  if (names.every((name) => OF_FOOT.includes(name))) return "foot";
  return names.every((name) => OF_LOOK.includes(name)) ? "look" : "rows";
}

// Which groups are closed is about groups by these columns.
function withGroups(parts) {
  const columns = (text) => text.replaceAll("-", "");
  return "group" in parts && columns(parts.group) !== columns(part("group")) ? { closed: "", ...parts } : parts;
}

function isTooLong(params) {
  const parts = new URLSearchParams(params);
  parts.delete("view");
  return parts.toString().length > MOST_LINK;
}

// The view has just taken what is seen; the address loses its parts after this (views.js).
document.addEventListener(
  "view:saved",
  () => {
    grid().dataset.saved = JSON.stringify({ ...saved(), ...Object.fromEntries(link()) });
  },
  true,
);

// The page that belongs to another entry of the history is not this one.
window.addEventListener("popstate", () => location.reload());
