// The square at the selection's corner: dragged, it fills down, up, right or left, and goes on with series.
import { follow, rowAt } from "./drags.js";
import { fill } from "./fills.js";
import { between } from "./scroll.js";
import { rectangle } from "./selection.js";

/** Begin to drag the handle. False where `event` is not on it. */
export function dragHandle(grid, event) {
  if (!event.target.closest(".fill-handle")) return false;
  event.preventDefault();
  const from = rectangle(grid.selection, grid.size);
  let wanted = null;
  follow(grid, event, {
    move(at) {
      wanted = wantedBy(grid, from, at);
      grid.marks.filling = wanted && wanted.area;
      grid.view.invalidate();
    },
    end(isDone) {
      grid.marks.filling = null;
      grid.view.invalidate();
      if (isDone && wanted) fillTo(grid, from, wanted);
    },
  });
  return true;
}

// The area to fill and in which direction: the one in which the pointer is further away from what is selected.
function wantedBy(grid, from, { clientX, clientY }) {
  const found = rowAt(grid, clientY);
  const row = between(0, found < 0 ? grid.count - 1 : found, grid.count - 1);
  const col = grid.places.columnAt(clientX);
  const { rowHeight } = grid.view;
  const { lefts, widths } = grid.columns;
  const ways = [
    { direction: "down", far: (row - from.bottom) * rowHeight, area: { ...from, bottom: row } },
    { direction: "up", far: (from.top - row) * rowHeight, area: { ...from, top: row } },
    { direction: "right", far: col > from.right ? lefts[col] + widths[col] - lefts[from.right] - widths[from.right] : 0, area: { ...from, right: col } },
    { direction: "left", far: col < from.left ? lefts[from.left] - lefts[col] : 0, area: { ...from, left: col } },
  ];
  const [best] = ways.sort((one, other) => other.far - one.far);
  return best.far > 0 ? best : null;
}

async function fillTo(grid, from, { area, direction }) {
  const source = ["down", "up"].includes(direction) ? from.bottom - from.top + 1 : from.right - from.left + 1;
  grid.select({ anchor: { row: area.bottom, col: area.right }, focus: { row: area.top, col: area.left }, span: "cells" }, { show: false });
  await fill(grid, area, direction, source, true);
}
