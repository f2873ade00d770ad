// Rows whose cells one has changed, asked for by their ids, so that they stay where they are.
import { ask } from "./ask.js";
import { linked } from "./link.js";
import { parsedRows } from "./rows.js";

const MOST = 200; // as CHANGED_ROWS in edit_views.py

/** Ask for the rows at `first` to `last` that are in view; the rest is forgotten, and comes when it is wanted. */
export async function freshen(grid, first, last) {
  const ids = grid.rows.outOfDate(first, last);
  for (let at = 0; at < ids.length; at += MOST) {
    const answer = await ask(grid, "GET", linked(grid.dataset.freshUrl), { ids: ids.slice(at, at + MOST).join() }).catch(() => null);
    if (answer?.status !== 200) return grid.rows.refreshRows(ids);
    for (const row of parsedRows(answer.text)) grid.rows.replace(row);
    grid.editing.edits.showPending();
    grid.view.invalidate();
  }
  return undefined;
}
