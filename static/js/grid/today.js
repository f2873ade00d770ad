// Today and now, put into the focused cell of a date column.
import * as dates from "./dates.js";
import { mayChange } from "./sending.js";

export const today = (grid) => put(grid, false);
export const now = (grid) => put(grid, true);

function put(grid, hasTime) {
  if (!mayChange(grid)) return;
  const row = grid.rows.row(grid.focusRow);
  if (!row || !grid.columns.length) return;
  const { kind, name, canWrite } = grid.columns.at(grid.focusCol);
  if (!["date", "datetime"].includes(kind)) return grid.toast(`“${name}” holds no dates.`, "info");
  if (!canWrite) return grid.toast(`“${name}” is filled in by Rowan and cannot be edited.`, "info");
  // In the person's own zone, which the server knows (config/timezone.py).
  const day = dates.shownDay(dates.today(), "iso");
  const text = kind === "date" ? day : `${day} ${hasTime ? dates.now() : "00:00"}`;
  grid.editing.edits.add({ id: row.dataset.id, v: row.dataset.v, row: grid.focusRow, col: grid.focusCol, text });
  grid.say(text);
}
