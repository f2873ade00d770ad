// Where cells are, in px, and what has to scroll so that one can be seen.
import { between } from "./scroll.js";

export class Places {
  #left = 0; // scrollLeft, which would make the browser lay out in the middle of a frame

  constructor(grid) {
    this.grid = grid;
    grid.addEventListener("scroll", () => (this.#left = grid.scrollLeft), { passive: true });
  }

  /** Px scrolled sideways. */
  get left() {
    return this.#left;
  }

  /** The column at `x` of the window. */
  columnAt(x) {
    const { columns, scrollLeft } = this.grid;
    const at = x - this.grid.getBoundingClientRect().left;
    const left = at < columns.frozenWidth ? at : at + scrollLeft;
    return Math.max(0, columns.lefts.findLastIndex((start) => start <= left));
  }

  /** The gap between columns that is nearest to `x` of the window: the column right of it, or how many columns there are. */
  gapAt(x) {
    const { columns, scrollLeft } = this.grid;
    const col = this.columnAt(x);
    const left = columns.lefts[col] - (col < columns.frozen ? 0 : scrollLeft);
    const isLeft = x - this.grid.getBoundingClientRect().left < left + columns.widths[col] / 2;
    return isLeft ? col : col + 1;
  }

  /** The column a screen to the right (1) or left (-1) of the focused one. */
  columnAScreenAway(direction) {
    const { columns, clientWidth, focusCol } = this.grid;
    const { lefts, frozenWidth, length } = columns;
    const wanted = lefts[focusCol] + direction * (clientWidth - frozenWidth);
    const found = lefts.findLastIndex((left) => left <= wanted);
    return between(0, found === focusCol ? found + direction : found, length - 1);
  }

  /** Scroll a cell into view. */
  show({ row, col }) {
    this.grid.view.show(this.grid.lines.lineOf(row));
    this.showColumn(col);
  }

  showColumn(col) {
    const { grid } = this;
    if (grid.columns.length) grid.scrollLeft = grid.columns.leftToShow(col, grid.scrollLeft, grid.clientWidth);
  }

  /** Where a cell is within the layer of the rows. */
  inLayer(row, col) {
    const { columns, painter, lines, view } = this.grid;
    const left = columns.lefts[col] + (col < columns.frozen ? this.#left : 0);
    return { left, top: painter.placeOf(lines.lineOf(row)), width: columns.widths[col], height: view.rowHeight };
  }

  /** Where a cell is in the window, or the edge of the view that is nearest to it. */
  inWindow(row, col) {
    const { columns, lines, view } = this.grid;
    const { rowHeight, top, map, box } = view;
    const x = (columns.lefts[col] ?? 0) - (col < columns.frozen ? 0 : this.#left);
    const y = lines.lineOf(row) * rowHeight - top;
    const left = box.left + between(0, x, box.width - rowHeight);
    return { left, top: box.bottom - map.view + between(0, y, map.view - rowHeight), width: rowHeight, height: rowHeight };
  }
}
