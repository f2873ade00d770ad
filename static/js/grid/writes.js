// Adding and deleting rows, and undo: one request each, then the windows in view are asked for again.
import { Unreachable, ask, sentence } from "./ask.js";
import { facts, parsed } from "./rows.js";
import { named, rectangle } from "./selection.js";

// What the server takes at once (tables/edits.py).
const ROWS_LIMIT = 10_000;

/** A new empty row at the end, with the focus in its first cell. */
export async function addRow(grid) {
  if (!mayChange(grid)) return;
  const answer = await send(grid, grid.dataset.rowsUrl);
  const chunk = answer && parsed(answer.text);
  if (!chunk) return;
  const { count, version } = facts(chunk);
  grid.changedTo(count, version);
  grid.goTo(Number(chunk.dataset.start), 0);
  grid.say(`Row ${count.toLocaleString("en-US")} added.`);
}

/** Delete the rows that the selection touches. */
export async function deleteRows(grid) {
  if (!mayChange(grid) || !grid.size.rows) return;
  const { top, bottom } = rectangle(grid.selection, grid.size);
  const rows = bottom - top + 1;
  if (rows > ROWS_LIMIT) {
    return grid.toast(`At most ${ROWS_LIMIT.toLocaleString("en-US")} rows can be deleted at once; ${named(rows, "row")} are selected.`, "bad");
  }
  const answer = await send(grid, grid.dataset.deleteUrl, which(grid, top, bottom));
  if (!answer?.json) return;
  const { count, version, text } = answer.json;
  grid.changedTo(count, version);
  grid.move(top, grid.focusCol, false);
  grid.toast(`${text}.`, "info", { label: "Undo", run: () => undo(grid) });
}

/** Take back the person's own last change to this table. */
export async function undo(grid) {
  if (!mayChange(grid)) return;
  const answer = await send(grid, grid.dataset.undoUrl);
  if (!answer?.json) return;
  const { count, version, text, row } = answer.json;
  grid.changedTo(count, version);
  if (row !== null) grid.goTo(row, grid.focusCol);
  grid.toast(text, "good");
}

// Rows that are here go by their ids, so that what is deleted is what is seen; the rest by place.
function which(grid, top, bottom) {
  const ids = [];
  for (let index = top; index <= bottom; index += 1) {
    const row = grid.rows.row(index);
    if (!row) return { from: top, to: bottom, version: grid.version };
    ids.push(row.dataset.id);
  }
  return { ids: ids.join(",") };
}

function mayChange(grid) {
  if (!grid.canEdit) grid.toast("You may look at this table, but not change it.", "info");
  return grid.canEdit;
}

// The answer, or null after a toast with the reason.
async function send(grid, url, values) {
  await grid.editing.settled();
  try {
    const answer = await ask(grid, "POST", url, values);
    if (answer.status === 200) return answer;
    grid.toast(sentence(answer), answer.status === 409 ? "info" : "bad");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    grid.toast("Rowan cannot be reached, so nothing was changed. Check the network, then try again.", "bad");
  }
  return null;
}
