// The toolbar and its panels are htmx's own; this ties them to what is seen, which is the page's address (link.js).
//
// A request from inside [data-linked] carries the address's parts, one from inside [data-asked] all parts of what is seen.
// A click on [data-see='{"part": "text"}'] changes parts, and so does an answer with
// the header HX-Trigger: {"grid:see": {part: text}}. [data-fresh] elements are asked for anew, by their hx-get, when they have changed.
import { show } from "./heads.js";
import { allParts, link } from "./link.js";

const REOPEN = "grid:reopen"; // the tool whose panel was open when the page had to come anew

document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
  const parts = elt.closest("[data-asked]") ? allParts() : elt.closest("[data-linked]") ? link() : [];
  for (const [name, text] of parts) if (!(name in parameters)) parameters[name] = text;
});

let typedInto = null; // the field whose text made the last change

document.addEventListener("grid:see", ({ detail }) => {
  // htmx adds the element that asked.
  const { elt, ...parts } = Object.fromEntries(Object.entries(detail).filter(([name, text]) => name === "elt" || typeof text === "string"));
  const isSame = elt === typedInto;
  typedInto = elt?.matches("input[type='text'], textarea") ? elt : null;
  see(parts, isSame && typedInto !== null);
});

document.addEventListener("click", ({ target }) => {
  const parts = target.closest("[data-see]")?.dataset.see;
  if (parts) see(JSON.parse(parts));
});

document.addEventListener("grid:state", ({ detail }) => {
  // What the grid alone shows is in none of them.
  if (detail?.isShown) return;
  for (const element of document.querySelectorAll("[data-fresh]")) window.htmx.trigger(element, "fresh");
});

function see(parts, isSame = false) {
  if (document.querySelector("data-grid").see(parts, isSame) !== "page") return;
  const tool = document.querySelector(".tool-panel:popover-open")?.dataset.tool;
  if (tool) sessionStorage.setItem(REOPEN, tool);
}

// htmx takes the page's elements over at this moment, too.
document.addEventListener("DOMContentLoaded", () => {
  show();
  const tool = sessionStorage.getItem(REOPEN);
  sessionStorage.removeItem(REOPEN);
  if (tool) setTimeout(() => document.getElementById(tool)?.click());
});
