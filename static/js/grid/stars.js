// Stars in the grid: a click on one gives so many, a click on the last of those given takes them all back.
import { made } from "../elements.js";

export function listenForStars(grid) {
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest(".row[data-id] > .cell");
    // The second click of a double click begins an edit; a finger selects first.
    if (!cell || !grid.canEdit || event.shiftKey || event.detail > 1 || event.pointerType === "touch") return;
    const col = Number(cell.getAttribute("aria-colindex")) - 2;
    if (grid.columns.at(col).kind !== "rating" || grid.painter.cell(grid.focusRow, grid.focusCol) !== cell) return;
    const most = grid.columns.options(col).max ?? 5;
    const star = starAt(cell, event.clientX, most);
    if (star) grid.editing.rate(star === given(cell) ? "" : String(star));
  });
}

// Which star is at `x` of the window, from 1; 0 beside them. In an empty cell they are put there to be measured.
function starAt(cell, x, most) {
  const stars = cell.querySelector(".stars") ?? (cell.childNodes.length ? null : cell.appendChild(made("span", { class: "stars" })));
  if (!stars) return 0;
  const isEmpty = !stars.childNodes.length;
  if (isEmpty) stars.textContent = "★".repeat(most);
  const { left, width } = stars.getBoundingClientRect();
  if (isEmpty) stars.remove();
  const star = Math.ceil(((x - left) / width) * most);
  return star > most ? 0 : Math.max(1, star);
}

const given = (cell) => [...(cell.querySelector(".stars")?.firstChild?.textContent ?? "")].length;

/** Rules that show where the stars of an empty cell would be, under the pointer; `columns` are [index, how many]. */
export function starRules(columns) {
  return columns.map(([col, most]) => `data-grid .row[data-id]:hover > [aria-colindex='${col + 2}']:empty::before { content: "${"★".repeat(most)}"; color: var(--line-strong); letter-spacing: 1px }`).join("\n");
}
