// Command -> effect. Everything a key, a button or a menu can make the grid do, by name.
import { openMenu } from "./cell_menu.js";
import { addColumn, duplicateColumn, freezeColumns, moveColumn, unfreezeColumns } from "./column_writes.js";
import { goToRow, showKeys } from "./dialogs.js";
import { clear, fillDown, fillRight } from "./fills.js";
import { openPalette } from "./palette.js";
import { renameColumn } from "./rename.js";
import { duplicateRows, insertAbove, insertBelow } from "./row_writes.js";
import { addRow, deleteRows, redo, undo } from "./writes.js";
import { now, today } from "./today.js";
import { between } from "./scroll.js";
import { isSingle, single, tabbed, withSpan } from "./selection.js";

/** Each gets the grid, and whether Shift is held so that the selection grows. */
export const COMMANDS = {
  up: (grid, extend) => step(grid, -1, 0, extend),
  down: (grid, extend) => step(grid, 1, 0, extend),
  left: (grid, extend) => step(grid, 0, -1, extend),
  right: (grid, extend) => step(grid, 0, 1, extend),
  next,
  previous: (grid) => grid.select(tabbed(grid.selection, -1, grid.size)),
  firstRow: (grid, extend) => jump(grid, 0, grid.focusCol, extend),
  lastRow: (grid, extend) => jump(grid, grid.size.rows - 1, grid.focusCol, extend),
  rowStart: (grid, extend) => atStart(grid, () => grid.move(grid.focusRow, 0, extend)),
  rowEnd: (grid, extend) => grid.move(grid.focusRow, grid.size.cols - 1, extend),
  first: (grid, extend) => atStart(grid, () => jump(grid, 0, 0, extend)),
  last: (grid, extend) => jump(grid, grid.size.rows - 1, grid.size.cols - 1, extend),
  pageUp: (grid, extend) => page(grid, -1, extend),
  pageDown: (grid, extend) => page(grid, 1, extend),
  pageLeft: (grid, extend) => grid.move(grid.focusRow, grid.places.columnAScreenAway(-1), extend),
  pageRight: (grid, extend) => grid.move(grid.focusRow, grid.places.columnAScreenAway(1), extend),
  search: (grid) => grid.search.open(),
  goto: goToRow,
  selectAll: (grid) => grid.select(withSpan(grid.selection, "all"), { show: false }),
  selectRows: (grid) => grid.select(withSpan(grid.selection, "rows"), { show: false }),
  selectColumns: (grid) => grid.select(withSpan(grid.selection, "columns"), { show: false }),
  escape,
  edit: (grid) => (kindHere(grid) === "checkbox" ? grid.editing.toggle() : grid.editing.open("here")),
  space: (grid) => (kindHere(grid) === "checkbox" && grid.canEdit ? grid.editing.toggle() : grid.openRow()),
  cellMenu: openMenu,
  columnMenu,
  newAiColumn: () => document.querySelector("[data-new-ai-column]")?.click(),
  palette: openPalette,
  help: showKeys,
  closeGroup: (grid) => grid.groups.closeHere(),
  closeGroups: (grid) => grid.groups.closeAll(true),
  openGroups: (grid) => grid.groups.closeAll(false),
  retry: (grid) => grid.rows.retry(),
  copy: (grid) => grid.clipboard.copy(),
  cut: (grid) => grid.clipboard.cut(),
  paste: (grid) => grid.clipboard.paste(),
  pasteText: (grid) => grid.clipboard.paste(true),
  clear,
  fillDown,
  fillRight,
  today,
  now,
  addRow,
  insertAbove,
  insertBelow,
  duplicateRows,
  deleteRows,
  addColumn,
  duplicateColumn,
  renameColumn,
  moveColumnLeft: (grid) => moveColumn(grid, grid.focusCol, grid.focusCol - 1),
  moveColumnRight: (grid) => moveColumn(grid, grid.focusCol, grid.focusCol + 2),
  freezeColumns,
  unfreezeColumns,
  undo,
  redo,
};

const kindHere = (grid) => grid.columns.length && grid.columns.at(grid.focusCol).kind;

function step(grid, rows, cols, extend) {
  grid.move(grid.focusRow + rows, grid.focusCol + cols, extend);
}

// Behind the last cell of all begins a new row, so that rows are typed one after the other.
function next(grid) {
  const { rows, cols } = grid.size;
  const isLast = isSingle(grid.selection) && grid.focusRow === rows - 1 && grid.focusCol === cols - 1;
  if (isLast && grid.canEdit && grid.isCounted) addRow(grid);
  else grid.select(tabbed(grid.selection, 1, grid.size));
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
  const lines = direction * (grid.view.rowsInView - 1);
  grid.view.goTo(grid.view.top + lines * grid.view.rowHeight);
  const line = between(0, grid.lines.lineOf(grid.focusRow) + lines, grid.lines.length - 1);
  const row = grid.lines.rowAt(line);
  grid.move(row < 0 ? Math.max(0, grid.lines.rowAt(line + 1)) : row, grid.focusCol, extend);
}

function columnMenu(grid) {
  grid.places.show(grid.selection.focus);
  grid.columns.heads[grid.focusCol]?.querySelector(".menu-button")?.click();
}

// Tab moves inside the grid, so leaving it by keyboard needs a way: Escape, then Tab.
function escape(grid) {
  if (grid.clipboard.forget()) return undefined;
  if (!isSingle(grid.selection)) return grid.select(single(grid.selection), { show: false });
  grid.isLeaving = true;
  grid.say("Press Tab to leave the grid.");
}
