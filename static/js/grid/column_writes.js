// Columns changed from the grid itself, without a dialog.
import { comeAgain } from "./again.js";
import { part } from "./link.js";
import { named } from "./selection.js";
import { mayChange, send } from "./sending.js";

const MOST_FROZEN = 20; // as in views_app/state.py

/** The dialog of a new column, at the end. */
export function addColumn(grid) {
  if (mayChange(grid)) grid.querySelector(".add-column button").click();
}

/** A copy of the focused column, with its values, right of it. */
export async function duplicateColumn(grid) {
  if (!mayChange(grid) || !grid.columns.length) return;
  const { row } = grid.selection.focus;
  const col = grid.focusCol;
  const url = grid.dataset.duplicateColumnUrl.replace("/0/", `/${grid.columns.at(col).key}/`);
  const answer = await send(grid, url, {}, "Duplicating the column…");
  if (!answer) return;
  const place = { row, col: col + 1 };
  await comeAgain(grid, { ...answer.json, selection: { anchor: place, focus: place, span: "cells" } });
}

/**
 * Put column `col` left of column `to`; the count of columns: at the end. For everybody, unless this view has an order of its own or
 * the person may not change the table: then it is a change of what they see, as any order of the fields panel.
 */
export async function moveColumn(grid, col, to) {
  const { columns } = grid;
  if (to < 0 || to > columns.length || to === col || to === col + 1) return;
  const keys = columns.keys(0, columns.length - 1);
  const key = keys[col];
  const place = to > col ? to - 1 : to;
  const rest = keys.filter((each) => each !== key);
  if (!grid.canEdit || part("columns")) {
    grid.see({ columns: [...rest.slice(0, place), key, ...rest.slice(place)].join() });
    return;
  }
  const beside = place < rest.length ? { before: rest[place] } : { after: rest.at(-1) };
  const answer = await send(grid, grid.dataset.moveColumnUrl.replace("/0/", `/${key}/`), beside);
  if (!answer) return;
  const focus = { row: grid.focusRow, col: place };
  await comeAgain(grid, { ...answer.json, selection: { anchor: focus, focus, span: "cells" } });
}

/** Let all columns up to the focused one stay at the left. */
export function freezeColumns(grid) {
  const wanted = grid.focusCol + 1;
  const room = Math.min(MOST_FROZEN, grid.columns.roomFor(grid.columns.wanted, wanted));
  if (room < wanted) return grid.toast(`Only ${named(room, "column")} can stay at the left here: the others need room.`, "info");
  return freeze(grid, wanted);
}

/** Let no column stay. */
export function unfreezeColumns(grid) {
  freeze(grid, 0);
}

// A link says nothing of what is so anyway.
function freeze(grid, count) {
  grid.see({ frozen: count === 1 ? "" : String(count) });
}
