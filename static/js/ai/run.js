// The dialog that runs an AI column. A column that was just added or changed needs the page anew before it is opened.
// A request from inside [data-with-selection] names the rows of the grid's selection, unless it is a single cell.
import "./price.js";
import { isSingle, rectangle } from "../grid/selection.js";
import { byPlace, which } from "../grid/sending.js";

const MOST_IDS = 3_000; // characters: they go into an address

document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
  if (!elt.closest("[data-with-selection]")) return;
  const grid = document.querySelector("data-grid");
  if (!grid?.size.rows || isSingle(grid.selection)) return;
  const { top, bottom } = rectangle(grid.selection, grid.size);
  const named = which(grid, top, bottom);
  const rows = (named.ids ?? "").length > MOST_IDS ? byPlace(grid, top, bottom) : named;
  for (const [name, value] of Object.entries(rows)) parameters[name] = value;
});

const RUN = "ai:run"; // the dialog to open once the page is here

document.addEventListener("ai:saved", ({ detail: { url } }) => {
  sessionStorage.setItem(RUN, url);
  location.reload();
});

document.addEventListener("DOMContentLoaded", () => {
  const url = sessionStorage.getItem(RUN);
  sessionStorage.removeItem(RUN);
  if (url) window.htmx.ajax("GET", url, { target: "#dialog", swap: "innerHTML" });
});

// Who says how many of the first rows means those.
document.addEventListener("input", ({ target }) => {
  if (!target.matches?.(".ai-run [name=first]")) return;
  target.closest("form").querySelector("[name=scope][value=first]").checked = true;
});
