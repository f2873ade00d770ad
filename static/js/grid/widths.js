// Changing the width of a column by its edge, and where it is kept.
import { ask } from "./ask.js";
import { isAllRows, part } from "./link.js";

/** The edge of a column is dragged. */
export function resize(grid, event) {
  event.preventDefault();
  grid.columns.drag(event, (col, width) => keep(grid, col, width));
}

/** Make the column of an edge as wide as what it shows. */
export function fit(grid, edge) {
  const col = grid.columns.heads.indexOf(edge.closest(".col"));
  keep(grid, col, grid.columns.fit(col));
}

// In a saved view it is the view's, and unsaved at first; so it is where the person may not change the table. Else it is the
// column's own, for everybody.
function keep(grid, col, width) {
  const { key } = grid.columns.at(col);
  const widths = new Map(part("widths").split(",").filter(Boolean).map((pair) => pair.split(":")));
  if (grid.canEdit && isAllRows()) {
    widths.delete(key);
    const url = grid.dataset.widthUrl.replace("/columns/0/", `/columns/${key}/`);
    ask(grid, "POST", url, { width }).catch(() => {});
  } else widths.set(key, width);
  grid.see({ widths: [...widths].map((pair) => pair.join(":")).join() }, true);
}
