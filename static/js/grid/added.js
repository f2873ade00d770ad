// A column that was added stands at the end of the table, often out of view, on a page that loads anew: the page before it
// says so to the next one, which goes to the column.
const KEPT_AT = "grid:columns-before";

/** Note which columns there are when one is added, and go to the one that came since. */
export function welcome(grid) {
  const url = grid.querySelector(".add-column button")?.getAttribute("hx-get");
  const places = new Set([url, document.querySelector("[data-new-ai-column]")?.getAttribute("hx-get")]);
  document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr, requestConfig } }) => {
    const isDone = xhr.getResponseHeader("HX-Refresh") || (xhr.getResponseHeader("HX-Trigger") ?? "").includes("ai:saved");
    if (requestConfig.verb === "post" && places.has(requestConfig.path) && isDone) keep(url, keysOf(grid));
  });
  const before = JSON.parse(sessionStorage.getItem(KEPT_AT));
  sessionStorage.removeItem(KEPT_AT);
  if (!url || before?.url !== url) return;
  const col = keysOf(grid).findIndex((key) => !before.keys.includes(key));
  if (col >= 0) goTo(grid, col);
}

const keep = (url, keys) => sessionStorage.setItem(KEPT_AT, JSON.stringify({ url, keys }));
const keysOf = (grid) => grid.columns.heads.map((head) => head.dataset.key);

function goTo(grid, col) {
  grid.places.showColumn(col);
  grid.goTo(grid.focusRow, col);
  grid.toast(`Column “${grid.columns.at(col).name}” was added.`, "good");
}
