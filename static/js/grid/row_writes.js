// Rows beside others: new ones above and below, copies, and rows put at another place.
import { begin, isLarge } from "./large.js";
import { part } from "./link.js";
import { rectangle } from "./selection.js";
import { mayChange, send, told, which } from "./sending.js";
import { addRowAt } from "./writes.js";

export const insertAbove = (grid) => insert(grid, "above", rectangle(grid.selection, grid.size).top);
export const insertBelow = (grid) => insert(grid, "below", rectangle(grid.selection, grid.size).bottom);

/** Whether rows can be put at places of their own: in a view with an order of its own they cannot. */
export const isByHand = (grid) => grid.canEdit && !part("sort") && !part("group");

function insert(grid, side, index) {
  const id = grid.rows.row(index)?.dataset.id;
  addRowAt(grid, isByHand(grid) && id ? { [side]: id } : {});
}

/** Copies of the rows that the selection touches, right below them. */
export async function duplicateRows(grid) {
  if (!mayChange(grid) || !grid.count) return;
  const { top, bottom } = rectangle(grid.selection, grid.size);
  if (isLarge(bottom - top + 1)) return begin(grid, "duplicate", { top, bottom });
  const answer = await send(grid, grid.dataset.duplicateUrl, which(grid, top, bottom), "Duplicating rows…");
  if (!answer?.json) return;
  const { row, ids } = answer.json;
  grid.news.changedTo(answer.json);
  if (row !== null) selectRows(grid, row, row + ids.length - 1);
  told(grid, answer.json);
}

/** Put the rows `top` to `bottom` above row `index`; as many as there are: below all. */
export async function moveRows(grid, { top, bottom }, index) {
  if (index >= top && index <= bottom + 1) return;
  const beside = index < grid.count ? { above: grid.rows.row(index)?.dataset.id } : { below: grid.rows.row(index - 1)?.dataset.id };
  if (!(beside.above ?? beside.below)) return grid.toast("The row at that place is still loading. Try again.", "info");
  if (isLarge(bottom - top + 1)) return begin(grid, "move", { top, bottom }, beside);
  const answer = await send(grid, grid.dataset.moveUrl, { ...which(grid, top, bottom), ...beside }, "Moving rows…");
  if (!answer?.json) return;
  grid.news.changedTo(answer.json);
  const first = index > bottom ? index - (bottom - top + 1) : index;
  selectRows(grid, first, first + bottom - top);
  told(grid, answer.json);
}

function selectRows(grid, top, bottom) {
  const col = grid.focusCol;
  grid.select({ anchor: { row: bottom, col }, focus: { row: top, col }, span: "rows" });
}
