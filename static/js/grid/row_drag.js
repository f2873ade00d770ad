// Rows dragged to another place by their numbers: the row by the dots beside its number, or all that are selected as whole rows.
import { follow } from "./drags.js";
import { isByHand, moveRows } from "./row_writes.js";
import { between } from "./scroll.js";
import { rectangle, withSpan } from "./selection.js";

const DOTS_PX = 18; // from the left edge of the number
const FAR_PX = 4; // less is a click

/** Begin to drag rows. False where `event` is to select rows, as everywhere but on the dots and on rows that are selected. */
export function dragRows(grid, event) {
  const number = event.target.closest(".row[data-id] > .num");
  if (!number || event.shiftKey || !isByHand(grid)) return false;
  const index = grid.painter.indexOf(number);
  const selected = rectangle(grid.selection, grid.size);
  const isSelected = selected.wholeRows && index >= selected.top && index <= selected.bottom && grid.selection.span === "rows";
  const isOnDots = event.clientX - number.getBoundingClientRect().left < DOTS_PX;
  if (!isSelected && !isOnDots) return false;
  event.preventDefault();
  grid.focus();
  if (!isSelected) pick(grid, index);
  const rows = isSelected ? selected : { top: index, bottom: index };
  let place = null;
  follow(grid, event, {
    move(at) {
      if (place === null && Math.abs(at.clientY - event.clientY) < FAR_PX) return;
      grid.classList.add("moving");
      place = placeAt(grid, at.clientY);
      grid.marks.drop = grid.lines.lineOf(Math.min(place, grid.count - 1)) + (place === grid.count ? 1 : 0);
      grid.view.invalidate();
    },
    end(isDone) {
      grid.classList.remove("moving");
      grid.marks.drop = null;
      grid.view.invalidate();
      if (isDone && place !== null) moveRows(grid, rows, place);
      else if (isDone) pick(grid, index);
    },
  });
  return true;
}

// Above which row they would drop; the count of rows: below all.
function placeAt(grid, y) {
  const line = grid.painter.lineAt(y - grid.view.rowHeight / 2) + 1;
  return between(0, grid.lines.rowAt(line) < 0 ? grid.count : grid.lines.rowAt(line), grid.count);
}

function pick(grid, index) {
  grid.move(index, grid.focusCol, false, { show: false });
  grid.select(withSpan(grid.selection, "rows"), { show: false });
}
