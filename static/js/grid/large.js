// Changes of more rows than one request takes: begun here, done by the server over the view, with a bar (bulk:begun).
import { ask, good } from "./ask.js";
import { showProblems } from "./problems.js";
import { byPlace, send } from "./sending.js";

// What the server takes at once (tables/edits/picked.py).
export const ROWS_LIMIT = 10_000;
const CELLS_LIMIT = 200_000;

export const isLarge = (rows, columns = 1) => rows > ROWS_LIMIT || rows * columns > CELLS_LIMIT;

/** Begin `action` clear, fill, duplicate, move or delete on the rows `top` to `bottom`, with `values` of its own. */
export function begin(grid, action, { top, bottom }, values = {}) {
  return send(grid, grid.dataset.bulkUrl, { action, ...byPlace(grid, top, bottom), ...values });
}

// What did not fit is kept with the action; its bar has a button that lists it.
document.addEventListener("click", async ({ target }) => {
  const url = target.closest?.("[data-bulk-problems]")?.dataset.bulkProblems;
  if (!url) return;
  const grid = document.querySelector("data-grid");
  const answer = good(grid, await ask(grid, "GET", url).catch(() => null));
  if (answer) showProblems(grid, answer.json);
});
