// Columns changed from the grid itself, without a dialog.
import { comeAgain } from "./again.js";
import { mayChange, send } from "./sending.js";

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
