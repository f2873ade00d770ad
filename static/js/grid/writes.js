// Adding and deleting rows, undo and redo: one request each, then the windows in view are asked for again.
import { begin, isLarge } from "./large.js";
import { closeProblems } from "./problems.js";
import { facts, parsed } from "./rows.js";
import { comeAgain } from "./again.js";
import { rectangle } from "./selection.js";
import { mayChange, send, told, which } from "./sending.js";

/** A new empty row at the end, with the focus in its first cell; what is typed until it is here goes into it. */
export const addRow = (grid) => addRowAt(grid, {});

/** The same `above` or `below` a row's id. */
export function addRowAt(grid, beside) {
  if (!mayChange(grid)) return;
  grid.focus();
  grid.ahead.hold(added(grid, beside));
}

// The new row's id, or null after a toast with the reason.
async function added(grid, beside) {
  const answer = await send(grid, grid.dataset.rowsUrl, beside, "Adding a row…");
  const chunk = answer && parsed(answer.text);
  if (!chunk) return null;
  const { count, version, start } = facts(chunk);
  const row = chunk.firstElementChild;
  // In a view that chooses or sorts rows it stands at the end until the person leaves it.
  if (start < 0) grid.news.addedRow(row, version);
  else {
    grid.news.changedTo({ count, version });
    grid.goTo(start, 0);
  }
  grid.say(`Row ${(grid.focusRow + 1).toLocaleString("en-US")} added.`);
  return row.dataset.id;
}

/** Delete the rows that the selection touches. */
export async function deleteRows(grid) {
  if (!mayChange(grid) || !grid.size.rows) return;
  const { top, bottom } = rectangle(grid.selection, grid.size);
  if (isLarge(bottom - top + 1)) return begin(grid, "delete", { top, bottom });
  const answer = await send(grid, grid.dataset.deleteUrl, which(grid, top, bottom), "Deleting rows…");
  if (!answer?.json) return;
  grid.news.changedTo(answer.json);
  grid.move(top, grid.focusCol, false);
  told(grid, answer.json);
}

/** Take back the person's own last change to this table. */
export function undo(grid) {
  return takeBack(grid, grid.dataset.undoUrl, "Taking back…");
}

/** Do again what the last undo took back. */
export function redo(grid) {
  return takeBack(grid, grid.dataset.redoUrl, "Doing again…");
}

// The column one is in where it is among these, else the first of them that is shown.
function columnAmong(grid, keys) {
  const cols = keys.map((key) => grid.columns.indexOf(key)).filter((col) => col >= 0);
  return !cols.length || cols.includes(grid.focusCol) ? grid.focusCol : Math.min(...cols);
}

async function takeBack(grid, url, doing) {
  if (!mayChange(grid)) return;
  const answer = await send(grid, url, {}, doing);
  if (!answer?.json) return;
  const { text, row, keys, columns } = answer.json;
  if (columns) return comeAgain(grid, { text, kind: "good" });
  closeProblems(); // of what is no more
  const { count } = grid;
  grid.news.changedTo(answer.json);
  if (row !== null) grid.goTo(row, columnAmong(grid, keys));
  // Where rows have come or gone other ones stand at the places that were selected: the next key must not be for them.
  else if (grid.count !== count) grid.move(grid.focusRow, grid.focusCol, false);
  grid.toast(text, "good", { name: "undo" });
}
