// Command -> effect. Everything a key, a button or a menu can make the grid do, by name.
import { goToRow, showKeys } from "./dialogs.js";
import { addRow, deleteRows, undo } from "./writes.js";
import { isSingle, single, tabbed, withSpan } from "./selection.js";

/** Each gets the grid, and whether Shift is held so that the selection grows. */
export const COMMANDS = {
  up: (grid, extend) => step(grid, -1, 0, extend),
  down: (grid, extend) => step(grid, 1, 0, extend),
  left: (grid, extend) => step(grid, 0, -1, extend),
  right: (grid, extend) => step(grid, 0, 1, extend),
  next: (grid) => grid.select(tabbed(grid.selection, 1, grid.size)),
  previous: (grid) => grid.select(tabbed(grid.selection, -1, grid.size)),
  firstRow: (grid, extend) => jump(grid, 0, grid.focusCol, extend),
  lastRow: (grid, extend) => jump(grid, grid.size.rows - 1, grid.focusCol, extend),
  rowStart: (grid, extend) => atStart(grid, () => grid.move(grid.focusRow, 0, extend)),
  rowEnd: (grid, extend) => grid.move(grid.focusRow, grid.size.cols - 1, extend),
  first: (grid, extend) => atStart(grid, () => jump(grid, 0, 0, extend)),
  last: (grid, extend) => jump(grid, grid.size.rows - 1, grid.size.cols - 1, extend),
  pageUp: (grid, extend) => page(grid, -1, extend),
  pageDown: (grid, extend) => page(grid, 1, extend),
  pageLeft: (grid, extend) => grid.move(grid.focusRow, grid.columnAScreenAway(-1), extend),
  pageRight: (grid, extend) => grid.move(grid.focusRow, grid.columnAScreenAway(1), extend),
  goto: goToRow,
  selectAll: (grid) => grid.select(withSpan(grid.selection, "all"), { show: false }),
  selectRows: (grid) => grid.select(withSpan(grid.selection, "rows"), { show: false }),
  selectColumns: (grid) => grid.select(withSpan(grid.selection, "columns"), { show: false }),
  escape,
  edit: (grid) => (kindHere(grid) === "checkbox" ? grid.editing.toggle() : grid.editing.open("here")),
  space: (grid) => (kindHere(grid) === "checkbox" && grid.canEdit ? grid.editing.toggle() : grid.openRow()),
  columnMenu: (grid) => grid.openColumnMenu(),
  help: showKeys,
  retry: (grid) => grid.rows.retry(),
  addRow,
  deleteRows,
  undo,
};

const kindHere = (grid) => grid.columns.length && grid.columns.at(grid.focusCol).kind;

function step(grid, rows, cols, extend) {
  grid.move(grid.focusRow + rows, grid.focusCol + cols, extend);
}

function jump(grid, row, col, extend) {
  grid.move(row, col, extend);
  grid.sayPlace();
}

// A frozen column is in view wherever one has scrolled to; its neighbours should be too.
function atStart(grid, go) {
  go();
  grid.scrollLeft = 0;
}

// The view moves by a screen as well, so that the focus keeps its height in it.
function page(grid, direction, extend) {
  const rows = grid.view.rowsInView - 1;
  grid.view.goTo(grid.view.top + direction * rows * grid.view.rowHeight);
  grid.move(grid.focusRow + direction * rows, grid.focusCol, extend);
}

// Tab moves inside the grid, so leaving it by keyboard needs a way: Escape, then Tab.
function escape(grid) {
  if (!isSingle(grid.selection)) return grid.select(single(grid.selection), { show: false });
  grid.isLeaving = true;
  grid.say("Press Tab to leave the grid.");
}
