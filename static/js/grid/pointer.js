// Mouse, pen and finger on the grid. A mouse selects by dragging and edits by a double click; a finger scrolls, taps and taps again.
import { withSpan } from "./selection.js";

const EDGE_PX = 24; // a drag this near to the edge scrolls
const SCROLL_STEP = 24;
const BOX_PX = 32; // from a cell's edge to the end of its checkbox, with some room

export function listen(grid) {
  grid.addEventListener("pointerdown", (event) => pressed(grid, event));
  grid.addEventListener("click", (event) => clicked(grid, event));
  grid.addEventListener("dblclick", (event) => doubled(grid, event));
}

function pressed(grid, event) {
  if (event.button !== 0 || event.pointerType === "touch") return;
  if (event.target.closest(".grip")) return resize(grid, event);
  const place = placeOf(grid, event.target);
  if (!place || event.target.closest("button")) return;
  // A second click on the cell that has the focus may follow its link.
  grid.wasFocused = !event.shiftKey && place.row === grid.focusRow && place.col === grid.focusCol && place.span === "cells";
  select(grid, place, event.shiftKey);
  if (place.span !== "columns" && place.span !== "all") drag(grid, event, place.span);
}

// What was pressed: {row, col, span}, or null.
function placeOf(grid, target) {
  if (target.closest(".corner")) return { row: grid.focusRow, col: grid.focusCol, span: "all" };
  const head = target.closest(".col");
  if (head) return { row: grid.view.topRow, col: grid.columns.heads.indexOf(head), span: "columns" };
  const row = target.closest(".row");
  if (!row) return null;
  const index = grid.painter.indexOf(row);
  if (target.closest(".num")) return { row: index, col: grid.focusCol, span: "rows" };
  const cell = target.closest(".cell");
  return cell ? { row: index, col: Number(cell.getAttribute("aria-colindex")) - 2, span: "cells" } : null;
}

function select(grid, { row, col, span }, extend) {
  grid.move(row, col, extend, { show: span === "cells" });
  if (span !== "cells") grid.select(withSpan(grid.selection, span), { show: false });
}

function drag(grid, event, span) {
  let at = event;
  const timer = setInterval(() => scrollAtEdge(grid, at) && reach(grid, at, span), 16);
  const move = (moved) => {
    at = moved;
    reach(grid, moved, span);
  };
  const end = () => {
    clearInterval(timer);
    window.removeEventListener("pointermove", move);
  };
  window.addEventListener("pointermove", move);
  for (const ending of ["pointerup", "pointercancel", "blur"]) window.addEventListener(ending, end, { once: true });
}

function reach(grid, { clientX, clientY }, span) {
  const row = grid.painter.indexAt(clientY);
  const col = span === "rows" ? grid.focusCol : grid.columnAt(clientX);
  if (row === grid.focusRow && col === grid.focusCol) return;
  grid.move(row, col, true, { show: false });
}

function scrollAtEdge(grid, { clientX, clientY }) {
  const box = grid.getBoundingClientRect();
  const up = clientY < box.top + grid.view.head.offsetHeight + 2;
  const down = clientY > box.bottom - EDGE_PX;
  const left = clientX < box.left + EDGE_PX;
  const right = clientX > box.right - EDGE_PX;
  if (up || down) grid.view.goTo(grid.view.top + (down ? SCROLL_STEP : -SCROLL_STEP));
  if (left || right) grid.scrollLeft += right ? SCROLL_STEP : -SCROLL_STEP;
  return up || down || left || right;
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
  if (event.target.closest(".grip")) {
    const col = grid.columns.heads.indexOf(event.target.closest(".col"));
    return grid.keepWidth(col, grid.columns.fit(col));
  }
  const cell = event.target.closest(".row:not(.skeleton) .cell");
  if (cell && grid.columns.at(grid.focusCol).kind !== "checkbox") grid.editing.open("here");
}

function resize(grid, event) {
  event.preventDefault();
  grid.columns.drag(event, (col, width) => grid.keepWidth(col, width));
}
