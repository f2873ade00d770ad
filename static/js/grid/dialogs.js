// The grid's own two dialogs: go to a row, and the keys. Both are templates of the page, shown in its one dialog.
import { made } from "../elements.js";
import { KEYS, shown } from "./keys.js";

export function goToRow(grid) {
  if (!grid.size.rows) return grid.toast("This table has no rows yet.", "info");
  const dialog = showTemplate("grid-goto");
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
  const dialog = showTemplate("grid-keys");
  const list = dialog.querySelector("[data-keys]");
  for (const group of new Set(KEYS.filter(({ key }) => key).map((each) => each.group))) {
    const rows = KEYS.filter((each) => each.key && each.group === group).flatMap(described);
    list.append(made("h3", {}, group), made("dl", {}, ...rows));
  }
}

function described({ key, also = [], says, extends: grows }) {
  const keys = [key, ...also].flatMap((each, at) => [...(at ? [" or "] : []), ...pressed(each)]);
  const words = [says, ...(grows ? [" ", ...pressed("⇧")] : [])];
  return [made("dt", {}, ...keys), made("dd", {}, ...words)];
}

function pressed(keys) {
  return shown(keys).map((name) => made("kbd", {}, name));
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

/** Show a template of the page in its dialog. */
export function showTemplate(template) {
  const dialog = document.getElementById("dialog");
  dialog.replaceChildren(document.getElementById(template).content.cloneNode(true));
  if (!dialog.open) dialog.showModal();
  return dialog;
}
