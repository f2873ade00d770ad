// What is drawn over the rows: the outline of what was copied, the fill handle, what a drag would fill, where rows would drop.
import { made } from "../elements.js";
import { between } from "./scroll.js";
import { rectangle } from "./selection.js";

const HANDLE = 9; // px, as in marks.css

export class Marks {
  copied = null; // an area, with the `count` and `order` of the rows it belongs to
  filling = null; // an area
  drop = null; // the line above which rows would drop
  columnDrop = null; // the column left of which one would drop; the count of columns: right of all
  #parts = {};

  constructor(grid, layer) {
    this.grid = grid;
    const names = ["copied-outline", "fill-outline", "drop-line", ...(grid.canEdit ? ["fill-handle"] : [])];
    for (const name of names) {
      this.#parts[name] = made("div", { class: name, "aria-hidden": "true", hidden: "" });
    }
    // Before the rows, whose order in the page the painter keeps.
    layer.prepend(...Object.values(this.#parts));
    this.#parts["column-drop"] = made("div", { class: "column-drop", "aria-hidden": "true", hidden: "" });
    grid.view.head.append(this.#parts["column-drop"]);
  }

  /** Draw for the lines `first` to `last`, which are in the page. */
  place({ first, last }) {
    const { grid } = this;
    // Rows that came, went or moved leave no place to outline.
    if (this.copied && (this.copied.count !== grid.count || this.copied.order !== grid.order.name)) this.copied = null;
    this.#outline("copied-outline", this.copied, first, last);
    this.#outline("fill-outline", this.filling, first, last);
    this.#line(first, last);
    this.#columnLine();
    if (this.#parts["fill-handle"]) this.#handle(first, last);
  }

  #outline(name, area, first, last) {
    const box = area && this.#box(area, first - 1, last + 1);
    show(this.#parts[name], box);
  }

  #line(first, last) {
    const { grid, drop } = this;
    if (drop === null || drop < first || drop > last + 1) return show(this.#parts["drop-line"], null);
    const top = grid.painter.placeOf(drop);
    show(this.#parts["drop-line"], { left: grid.places.left, top, width: Math.min(grid.columns.total, grid.clientWidth), height: 0 });
  }

  // In the header, which stands above all rows, and as tall as the grid.
  #columnLine() {
    const { grid, columnDrop: col } = this;
    if (col === null) return show(this.#parts["column-drop"], null);
    const { columns, places } = grid;
    const left = col < columns.length ? columns.lefts[col] : columns.lefts[col - 1] + columns.widths[col - 1];
    const isFrozen = col < columns.frozen;
    show(this.#parts["column-drop"], { left: isFrozen ? left + places.left : Math.max(left, columns.frozenWidth + places.left), top: 0, width: 2, height: grid.clientHeight });
  }

  #handle(first, last) {
    const { grid } = this;
    const part = this.#parts["fill-handle"];
    const { bottom, right } = rectangle(grid.selection, grid.size);
    const line = grid.lines.lineOf(bottom);
    const isSeen = line >= first && line <= last && grid.lines.rowAt(line) === bottom;
    if (!isSeen || grid.selection.span !== "cells" || !grid.columns.length || grid.editing.editor.isOpen) return show(part, null);
    const box = this.#box({ top: bottom, bottom, left: right, right }, first, last);
    if (!box || box.isCut) return show(part, null);
    show(part, { left: box.left + box.width - HANDLE / 2 - 1, top: box.top + box.height - HANDLE / 2 - 1, width: HANDLE, height: HANDLE });
  }

  // Px within the layer, as far as the lines go; null where frozen columns cover all of it.
  #box({ top, bottom, left, right }, first, last) {
    const { columns, lines, painter, places, view } = this.grid;
    const from = between(first, lines.lineOf(top), last + 1);
    const to = between(first - 1, lines.lineOf(bottom), last);
    const edge = columns.frozenWidth + places.left;
    const at = (col, width) => (col < columns.frozen ? columns.lefts[col] + width + places.left : Math.max(edge, columns.lefts[col] + width));
    const start = at(left, 0);
    const end = at(right, columns.widths[right]);
    if (to < from || end <= start) return null;
    return { left: start, top: painter.placeOf(from), width: end - start, height: (to - from + 1) * view.rowHeight, isCut: end === edge && right >= columns.frozen };
  }
}

function show(part, box) {
  part.hidden = !box;
  if (!box) return;
  for (const name of ["left", "top", "width", "height"]) {
    const wanted = `${box[name]}px`;
    if (part.style[name] !== wanted) part.style[name] = wanted;
  }
}
