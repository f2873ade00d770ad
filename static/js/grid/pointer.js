// Mouse, pen and finger on the grid. A mouse selects by dragging and edits by a double click; a finger scrolls, taps and taps again.
import { dragColumn } from "./column_drag.js";
import { follow, rowAt } from "./drags.js";
import { dragHandle } from "./fill_handle.js";
import { dragRows } from "./row_drag.js";
import { withSpan } from "./selection.js";
import { fit, resize } from "./widths.js";

const OPENER_PX = [18, 32]; // in the cell of a row's number, where grid.css draws what opens the row
const HOVERS = matchMedia("(hover: hover)");
const BOX_PX = 32; // from a cell's edge to the end of its checkbox, with some room

export function listen(grid) {
  grid.addEventListener("pointerdown", (event) => pressed(grid, event));
  grid.addEventListener("click", (event) => clicked(grid, event));
  grid.addEventListener("dblclick", (event) => doubled(grid, event));
}

function pressed(grid, event) {
  if (event.button !== 0 || event.pointerType === "touch") return;
  if (event.target.closest(".grip")) return resize(grid, event);
  if (dragHandle(grid, event) || dragRows(grid, event)) return;
  if (isOnOpener(event)) return open(grid, event);
  const place = placeOf(grid, event.target);
  if (!place || event.target.closest("button")) return;
  // A second click on the cell that has the focus may follow its link.
  grid.wasFocused = !event.shiftKey && place.row === grid.focusRow && place.col === grid.focusCol && place.span === "cells";
  select(grid, place, event.shiftKey);
  if (place.span === "columns" && !event.shiftKey) dragColumn(grid, event, place.col);
  else if (place.span !== "columns" && place.span !== "all") drag(grid, event, place.span);
}

// A finger, which sees no such mark, taps a cell twice.
function isOnOpener({ target, clientX, shiftKey, pointerType }) {
  if (pointerType !== "mouse" || !HOVERS.matches || shiftKey || !target.matches(".row[data-id] > .num")) return false;
  const x = clientX - target.getBoundingClientRect().left;
  return x >= OPENER_PX[0] && x < OPENER_PX[1];
}

function open(grid, event) {
  event.preventDefault(); // the panel gets the focus
  grid.move(grid.painter.indexOf(event.target), grid.focusCol, false, { show: false });
  grid.openRow();
}

// What was pressed: {row, col, span}, or null.
function placeOf(grid, target) {
  if (target.closest(".corner")) return { row: grid.focusRow, col: grid.focusCol, span: "all" };
  const head = target.closest(".col");
  if (head) return { row: Math.max(0, grid.lines.rowAt(grid.view.topRow)), col: grid.columns.heads.indexOf(head), span: "columns" };
  const row = target.closest(".row");
  if (!row || row.dataset.level !== undefined) return null;
  const index = grid.painter.indexOf(row);
  if (target.closest(".num")) return { row: index, col: grid.focusCol, span: "rows" };
  const cell = target.closest(".cell");
  return cell ? { row: index, col: Number(cell.getAttribute("aria-colindex")) - 2, span: "cells" } : null;
}

function select(grid, { row, col, span }, extend) {
  if (grid.ahead.isHolding) grid.ahead.drop();
  grid.move(row, col, extend, { show: span === "cells" });
  if (span !== "cells") grid.select(withSpan(grid.selection, span), { show: false });
}

function drag(grid, event, span) {
  follow(grid, event, { move: (at) => reach(grid, at, span), cancels: false });
}

function reach(grid, { clientX, clientY }, span) {
  const row = rowAt(grid, clientY);
  const col = span === "rows" ? grid.focusCol : grid.places.columnAt(clientX);
  if (row < 0 || (row === grid.focusRow && col === grid.focusCol)) return;
  grid.move(row, col, true, { show: false });
}

function clicked(grid, event) {
  const link = event.target.closest(".cell a");
  if (event.pointerType === "touch") return tapped(grid, event);
  if (link && !(grid.wasFocused && event.detail === 1) && !event.ctrlKey && !event.metaKey) event.preventDefault();
  if (isOnCheckbox(grid, event)) grid.editing.toggle();
}

// The box itself, or its place in an empty cell.
function isOnCheckbox(grid, event) {
  if (!grid.canEdit || event.shiftKey) return false;
  if (event.target.closest(".cell .check")) return true;
  const place = placeOf(grid, event.target);
  const isEmpty = place?.span === "cells" && !event.target.childNodes.length && event.target.closest(".row").dataset.id !== undefined;
  return isEmpty && grid.columns.at(place.col).kind === "checkbox" && event.offsetX < BOX_PX;
}

// A finger scrolls by the browser itself; a tap selects, a second one on the same cell opens the row.
function tapped(grid, event) {
  const place = placeOf(grid, event.target);
  if (!place || event.target.closest("button")) return;
  event.preventDefault();
  const isSecond = place.span === "cells" && place.row === grid.focusRow && place.col === grid.focusCol && grid.wasTapped;
  grid.wasTapped = true;
  if (isSecond) return grid.openRow();
  select(grid, place, false);
}

function doubled(grid, event) {
  if (event.target.closest(".grip")) return fit(grid, event.target);
  if (event.target.closest(".col .name") && grid.canEdit) return grid.run("renameColumn");
  const cell = event.target.closest(".row:not(.skeleton) .cell");
  if (cell && grid.columns.at(grid.focusCol).kind !== "checkbox") grid.editing.open("here");
}
