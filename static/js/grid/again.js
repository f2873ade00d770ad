// Other columns need another page. What is said of the change, what was selected and what did not fit is there on it.
import { tellAfter } from "../toasts.js";
import { showProblems } from "./problems.js";

const KEPT_AT = "grid:said";

/** Load the page anew after a change: `text` says what was done, `kind` as of a toast, `undo` is whether it can be undone. */
export function comeAgain(grid, { text, kind = "info", undo = false, ...more }) {
  const actions = undo ? [{ label: "Undo", command: "undo" }] : [];
  tellAfter({ text: text.replace(/[^.]$/, "$&."), kind, name: "undo", actions });
  sessionStorage.setItem(KEPT_AT, JSON.stringify({ col: grid.focusCol, ...more, at: location.pathname }));
  return grid.news.reload();
}

/** Select and list on a page that came anew what the one before has left: {selection, problems, problem_count}. */
export function goOn(grid) {
  const left = JSON.parse(sessionStorage.getItem(KEPT_AT));
  sessionStorage.removeItem(KEPT_AT);
  if (left?.at !== location.pathname) return;
  if (left.selection) grid.select(left.selection);
  else grid.move(grid.focusRow, left.col);
  if (left.problem_count) showProblems(grid, left);
}
