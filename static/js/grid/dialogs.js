// The grid's own two dialogs: go to a row, and the keys. Both are templates of the page, shown in its one dialog.
import { KEYS, shown } from "./keys.js";

export function goToRow(grid) {
  if (!grid.size.rows) return grid.toast("This table has no rows yet.", "info");
  const dialog = show("grid-goto");
  const form = dialog.querySelector("form");
  const field = form.querySelector("input");
  const most = grid.size.rows;
  dialog.querySelector("[data-most]").textContent = `1 to ${most.toLocaleString("en-US")}`;
  field.value = String(grid.focusRow + 1);
  field.select();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const row = numberIn(field.value);
    if (row < 1 || row > most || Number.isNaN(row)) return refuse(dialog, field, most);
    dialog.close();
    grid.goTo(row - 1, grid.focusCol);
  });
}

export function showKeys() {
  const dialog = show("grid-keys");
  const list = dialog.querySelector("[data-keys]");
  for (const group of new Set(KEYS.map((each) => each.group))) {
    const heading = document.createElement("h3");
    heading.textContent = group;
    const rows = document.createElement("dl");
    rows.append(...KEYS.filter((each) => each.group === group).flatMap(described));
    list.append(heading, rows);
  }
}

function described({ key, also = [], says, extends: grows }) {
  const keys = document.createElement("dt");
  [key, ...also].forEach((each, at) => keys.append(...(at ? [" or "] : []), ...pressed(each)));
  const words = document.createElement("dd");
  words.append(says, ...(grows ? [" ", ...pressed("⇧")] : []));
  return [keys, words];
}

function pressed(keys) {
  return shown(keys).map((name) => Object.assign(document.createElement("kbd"), { textContent: name }));
}

// "1,000,000", "1 000 000" and "1.000.000" are all a million.
function numberIn(text) {
  const digits = text.trim().replace(/[\s,.'’]/g, "");
  return /^\d{1,15}$/.test(digits) ? Number(digits) : NaN;
}

function refuse(dialog, field, most) {
  const error = dialog.querySelector("[data-refusal]");
  error.textContent = `Give a whole number from 1 to ${most.toLocaleString("en-US")}.`;
  error.hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.select();
}

function show(template) {
  const dialog = document.getElementById("dialog");
  dialog.replaceChildren(document.getElementById(template).content.cloneNode(true));
  if (!dialog.open) dialog.showModal();
  return dialog;
}
