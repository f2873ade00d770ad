// What is selected: an anchor, a focus, and how far the two spread. Pure; rows need not be loaded.
//
// span "cells" is the rectangle between the two, "rows" and "columns" whole ones, "all" everything.
import { between } from "./scroll.js";

export const START = { anchor: { row: 0, col: 0 }, focus: { row: 0, col: 0 }, span: "cells" };

/** Put the focus on a cell; with `extend` the anchor stays where it was. `size` is {rows, cols}. */
export function moveTo(selection, row, col, extend, size) {
  const focus = { row: between(0, row, Math.max(0, size.rows - 1)), col: between(0, col, Math.max(0, size.cols - 1)) };
  if (!extend) return { anchor: focus, focus, span: "cells" };
  return { anchor: selection.anchor, focus, span: selection.span === "all" ? "cells" : selection.span };
}

/** The next or previous cell as Tab goes: over the end of a row to the next one. */
export function tabbed(selection, step, size) {
  const { row, col } = selection.focus;
  const next = col + step;
  if (next >= 0 && next < size.cols) return moveTo(selection, row, next, false, size);
  if (row + step < 0 || row + step >= size.rows) return moveTo(selection, row, col, false, size);
  return moveTo(selection, row + step, step > 0 ? 0 : size.cols - 1, false, size);
}

export const withSpan = (selection, span) => ({ ...selection, span });

/** Drop everything but the focused cell. */
export const single = (selection) => ({ anchor: selection.focus, focus: selection.focus, span: "cells" });

export function isSingle({ anchor, focus, span }) {
  return span === "cells" && anchor.row === focus.row && anchor.col === focus.col;
}

/** The selected rectangle, ends included: {top, bottom, left, right, wholeRows}. */
export function rectangle({ anchor, focus, span }, size) {
  const all = { top: 0, bottom: size.rows - 1, left: 0, right: size.cols - 1 };
  const rows = { top: Math.min(anchor.row, focus.row), bottom: Math.max(anchor.row, focus.row) };
  const cols = { left: Math.min(anchor.col, focus.col), right: Math.max(anchor.col, focus.col) };
  if (span === "all") return { ...all, wholeRows: true };
  if (span === "rows") return { ...all, ...rows, wholeRows: true };
  if (span === "columns") return { ...all, ...cols, wholeRows: false };
  return { ...rows, ...cols, wholeRows: false };
}

/** Keep a selection inside a table that has shrunk. */
export function kept(selection, size) {
  const inside = (place) => ({
    row: between(0, place.row, Math.max(0, size.rows - 1)),
    col: between(0, place.col, Math.max(0, size.cols - 1)),
  });
  return { ...selection, anchor: inside(selection.anchor), focus: inside(selection.focus) };
}

/** A sentence for the footer and for screen readers; empty for a single cell. */
export function summary(selection, size) {
  if (isSingle(selection) || !size.rows) return "";
  const { top, bottom, left, right, wholeRows } = rectangle(selection, size);
  const rows = bottom - top + 1;
  const cols = right - left + 1;
  if (wholeRows) return `${named(rows, "row")} selected`;
  if (selection.span === "columns") return `${named(cols, "column")} selected`;
  return `${named(rows, "row")} × ${named(cols, "column")} selected`;
}

export const named = (count, noun) => `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
