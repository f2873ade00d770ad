// What was typed before a session ended: sent, or offered again, on the page that opens after logging in.
import { taken } from "../session.js";

const WHY = "You were logged out while you typed this. Press Enter to save it, or Esc to drop it.";

export function resume(grid) {
  const { table, user } = grid.dataset;
  const edits = taken(table, user);
  const sent = edits.filter((edit) => !edit.isDraft);
  const drafts = edits.filter((edit) => edit.isDraft);
  for (const edit of sent) send(grid, edit);
  if (sent.length) grid.toast("What you changed before you were logged out is being saved.", "info");
  for (const draft of drafts.slice(1)) tell(grid, draft);
  if (drafts.length) offer(grid, drafts[0]);
}

function send(grid, edit) {
  const col = grid.columns.indexOf(edit.key);
  if (col < 0) return tell(grid, edit);
  return grid.editing.edits.add({ id: edit.row, v: edit.v, col, text: edit.text, makes: edit.makes });
}

function offer(grid, draft) {
  const [row, col] = [grid.rows.indexOf(draft.row), grid.columns.indexOf(draft.key)];
  if (row < 0 || col < 0 || !grid.canEdit) return tell(grid, draft);
  grid.goTo(row, col);
  return grid.editing.open("here", { text: draft.text, reason: WHY, v: draft.v });
}

function tell(grid, { text }) {
  grid.toast(`You were logged out before this was saved, and its cell is not shown here: “${text}”.`, "bad");
}
