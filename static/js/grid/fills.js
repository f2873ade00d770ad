// Emptying and filling the selection.
import { begin, isLarge } from "./large.js";
import { cellOf } from "./rows.js";
import { rectangle } from "./selection.js";
import { mayChange, send, told, took, which } from "./sending.js";

/** Empty the selected cells. */
export async function clear(grid) {
  const area = areaOf(grid);
  if (!area) return;
  const keys = grid.columns.keys(area.left, area.right, true);
  if (!keys.length) return grid.toast("These columns are filled in by Rowan and cannot be edited.", "info");
  if (isLarge(area.bottom - area.top + 1, keys.length)) return begin(grid, "clear", area, { keys: keys.join() });
  showEmpty(grid, area);
  await change(grid, grid.dataset.clearUrl, area, { keys: keys.join() }, "Clearing…");
}

/** Fill the selection from its first row; a single row from the one above. */
export function fillDown(grid) {
  const area = areaOf(grid);
  if (!area) return;
  if (area.top === area.bottom) area.top -= 1;
  if (area.top < 0) return;
  return fill(grid, area, "down", 1);
}

/** Fill the selection from its first column; a single column from the one before. */
export function fillRight(grid) {
  const area = areaOf(grid);
  if (!area) return;
  if (area.left === area.right) area.left -= 1;
  if (area.left < 0) return;
  return fill(grid, area, "right", 1);
}

/** Fill `area` in a direction from its first `source` rows or columns (from its last ones: up, left). */
export function fill(grid, area, direction, source, series = false) {
  const values = { keys: grid.columns.keys(area.left, area.right).join(), direction, source, series: series ? "1" : "" };
  if (isLarge(area.bottom - area.top + 1, area.right - area.left + 1)) return begin(grid, "fill", area, values);
  return change(grid, grid.dataset.fillUrl, area, values, "Filling…");
}

function areaOf(grid) {
  return mayChange(grid) && grid.count && grid.columns.length ? rectangle(grid.selection, grid.size) : null;
}

async function change(grid, url, area, values, doing) {
  const answer = await send(grid, url, { ...which(grid, area.top, area.bottom), ...values }, doing);
  // What was shown as empty is not.
  if (!answer) return grid.rows.refresh();
  if (took(grid, answer.json, area)) told(grid, answer.json);
}

// At once, as far as it is here; the rows come anew with the answer.
function showEmpty(grid, { top, bottom, left, right }) {
  for (let index = top; index <= bottom; index += 1) {
    const row = grid.rows.row(index);
    for (let col = left; row && col <= right; col += 1) if (grid.columns.at(col).canWrite) cellOf(row, col).replaceChildren();
  }
}
