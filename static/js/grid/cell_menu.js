// The menu of a cell: filter by what it holds, copy it, and what can be done with its row or with all that is selected. What it says of
// a cell that is computed by AI comes from the server (ai/cell_menu.html).
import { ask, sentence } from "./ask.js";
import { link } from "./link.js";
import { isByHand } from "./row_writes.js";
import { isSingle, named, rectangle, withSpan } from "./selection.js";

const SHOWN = 30; // characters of a value in the menu

const menu = () => document.getElementById("cell-menu");
let isShown = false; // the keys' own contextmenu event comes after the command

export function listenForMenu(grid) {
  grid.addEventListener("contextmenu", (event) => {
    const cell = event.target.closest(".row[data-id] > :is(.cell, .num)");
    // Text that is being edited has the browser's own menu, and so have links that were pressed with Shift.
    if (!cell || event.shiftKey || grid.editing.editor.isOpen) return;
    event.preventDefault();
    pick(grid, cell);
    show(grid, { left: event.clientX, top: event.clientY });
  });
  // What a key opened: the browser asks for a menu of its own at the focused element.
  document.addEventListener("contextmenu", (event) => isShown && event.preventDefault());
  menu().addEventListener("toggle", ({ newState }) => {
    isShown = newState === "open";
    if (!isShown && [document.body, ...menu().querySelectorAll("*")].includes(document.activeElement)) grid.focus();
  });
  menu().addEventListener("click", (event) => {
    const item = event.target.closest(".menu-item");
    if (item?.dataset.quick) filter(grid, item.dataset.quick);
    if (item?.dataset.openRow !== undefined) grid.openRow();
    if (item?.dataset.copyCell !== undefined) copy(grid);
    if (item?.dataset.runSelected !== undefined) runSelected(item);
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => menu().contains(detail.target) && stayInside());
}

// What is pressed inside of the selection is about all of it.
function pick(grid, cell) {
  const row = grid.painter.indexOf(cell);
  const col = Number(cell.getAttribute("aria-colindex")) - 2;
  const { top, bottom, left, right } = rectangle(grid.selection, grid.size);
  const isNumber = cell.matches(".num");
  if (!isSingle(grid.selection) && row >= top && row <= bottom && (isNumber || (col >= left && col <= right))) return;
  grid.move(row, isNumber ? grid.focusCol : col, false, { show: false });
  if (isNumber) grid.select(withSpan(grid.selection, "rows"), { show: false });
}

/** The menu of the focused cell. */
export function openMenu(grid) {
  if (!grid.focusedId()) return;
  grid.places.show(grid.selection.focus);
  grid.view.flush();
  const { left, top, height } = grid.places.inWindow(grid.focusRow, grid.focusCol);
  show(grid, { left: left + 8, top: top + height - 4 });
}

function show(grid, { left, top }) {
  fitTo(grid);
  const { kind } = grid.columns.at(grid.focusCol);
  showAi(grid);
  const [only, not] = menu().querySelectorAll("[data-quick] .menu-words");
  const words = kind === "checkbox" ? checkWords(grid) : valueWords(cellOf(grid)?.textContent.trim() ?? "");
  [only.textContent, not.textContent] = words;
  if (menu().matches(":popover-open")) menu().hidePopover();
  menu().showPopover();
  menu().style.left = `${Math.max(8, Math.min(left, innerWidth - menu().offsetWidth - 8))}px`;
  menu().style.top = `${Math.max(8, Math.min(top, innerHeight - menu().offsetHeight - 8))}px`;
  [...menu().querySelectorAll(".menu-item")].find((item) => item.checkVisibility()).focus();
}

// It has grown.
function stayInside() {
  menu().style.top = `${Math.max(8, Math.min(parseFloat(menu().style.top), innerHeight - menu().offsetHeight - 8))}px`;
}

// The state of one cell of an AI column and what can be done about it; or a run for all that is selected of one.
function showAi(grid) {
  const one = menu().querySelector("[data-of-ai-cell]");
  const many = menu().querySelector("[data-of-ai-cells]");
  const { top, bottom, left, right } = rectangle(grid.selection, grid.size);
  const isOne = isSingle(grid.selection);
  const column = grid.columns.at(grid.focusCol);
  one.replaceChildren();
  one.hidden = !isOne || !column.isAi;
  if (!one.hidden) {
    const url = one.dataset.url.replace("/rows/0/ai/0/", `/rows/${grid.focusedId()}/ai/${column.key}/`);
    window.htmx.ajax("GET", url, { source: one, target: one, swap: "innerHTML" }).catch(() => {});
  }
  if (!many) return;
  const computed = column.isAi ? column : grid.columns.between(left, right).find(({ isAi }) => isAi);
  many.hidden = isOne || !computed;
  if (many.hidden) return;
  const button = many.querySelector("[data-run-selected]");
  button.dataset.key = computed.key;
  button.querySelector("span").textContent = `Compute ${named(bottom - top + 1, "cell")} of “${computed.name}”…`;
}

// The dialog of a run; run.js names the selected rows.
function runSelected(item) {
  const url = item.dataset.url.replace("/columns/0/", `/columns/${item.dataset.key}/`);
  window.htmx.ajax("GET", url, { source: item, target: "#dialog", swap: "innerHTML" });
}

// One cell has a value to filter by, more have not.
function fitTo(grid) {
  const { top, bottom } = rectangle(grid.selection, grid.size);
  const isOne = isSingle(grid.selection);
  const rows = bottom - top + 1;
  const each = (name, use) => menu().querySelectorAll(`[${name}]`).forEach(use);
  each("data-of-cell", (part) => (part.hidden = !isOne));
  each("data-of-many", (part) => (part.hidden = isOne));
  each("data-open-row", (part) => (part.hidden = rows > 1));
  each("data-by-hand", (part) => (part.hidden = !isByHand(grid)));
  each("data-count-rows", (part) => (part.textContent = `${part.dataset.countRows} ${rows === 1 ? "row" : named(rows, "row")}`));
}

function valueWords(text) {
  if (!text) return ["Only empty cells", "Not empty"];
  const value = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return [`Only ${value}`, `Not ${value}`];
}

function checkWords(grid) {
  const isOn = Boolean(cellOf(grid)?.querySelector(".check.on"));
  return isOn ? ["Only checked", "Only unchecked"] : ["Only unchecked", "Only checked"];
}

const cellOf = (grid) => grid.painter.cell(grid.focusRow, grid.focusCol);

// The answer has no content; its header changes the address (toolbar.js).
function filter(grid, which) {
  const values = { ...Object.fromEntries(link()), row: grid.focusedId(), key: grid.columns.at(grid.focusCol).key };
  if (which === "not") values.not = "1";
  window.htmx.ajax("GET", menu().dataset.url, { source: menu(), values, swap: "none" });
}

async function copy(grid) {
  const cell = cellOf(grid);
  let text = cell?.textContent ?? "";
  const { key, kind } = grid.columns.at(grid.focusCol);
  // A long text is cut in the grid, and stars and boxes have no text to copy.
  if (cell?.dataset.cut !== undefined || ["rating", "checkbox"].includes(kind)) {
    const answer = await ask(grid, "GET", grid.dataset.cellUrl, { row: grid.focusedId(), key });
    if (answer.status !== 200) return grid.toast(sentence(answer), "bad");
    text = answer.json.text;
  }
  try {
    await navigator.clipboard.writeText(text);
    grid.say("Copied.");
  } catch {
    grid.toast("The browser does not let this page copy. It needs a secure connection (https).", "bad");
  }
  return undefined;
}
