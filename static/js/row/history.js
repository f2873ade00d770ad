// History in the browser: of a row, below its fields, asked for when it is opened and again when the row changes while it is seen;
// of a cell, from the menu of the cell.
export function listenForHistory() {
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (target.matches?.(".row-history") && target.open) load(target);
    },
    true,
  );
  for (const name of ["row:saved", "row:changed"]) document.addEventListener(name, reload);
  document.addEventListener("click", ({ target }) => {
    const url = target.closest?.("[data-cell-history]")?.dataset.cellHistory;
    if (url) showCell(url);
  });
}

function reload() {
  const details = document.querySelector(".row-history[open]");
  // Whoever has gone on to older entries is reading.
  if (details && !details.contains(document.activeElement)) load(details);
}

function load(details) {
  const target = details.querySelector("[data-history]");
  window.htmx.ajax("GET", details.dataset.url, { source: target, target, swap: "innerHTML" });
}

function showCell(url) {
  const grid = document.querySelector("data-grid");
  const id = grid.focusedId();
  document.getElementById("cell-menu").hidePopover();
  if (!id) return;
  const { key } = grid.columns.at(grid.focusCol);
  window.htmx.ajax("GET", url.replace("/rows/0/", `/rows/${id}/`), { source: "#dialog", target: "#dialog", values: { key } });
}
