// Pasting: where a block of texts goes, what it may make, and what became of it.
import { htmlSize, tsvSize } from "./block.js";
import { freshen } from "./freshen.js";
import { isLarge } from "./large.js";
import { cutFrom, isOfOptions, pasteLarge, refusalOf } from "./paste_large.js";
import { closeProblems } from "./problems.js";
import { kept, named, rectangle } from "./selection.js";
import { mayChange, post, together, told, took, which } from "./sending.js";

const IN_FIELD = 1_000_000; // characters; more goes as a file, of which the server keeps less in memory
const MOST_HTML = 5_000_000; // characters, as in tables/clipboard.py; of what is longer only the text is taken

/**
 * Paste at the selection: true when it was done. `given` is {html, text}, and `cut` where it was cut here (clipboard.js), which
 * the same change empties if all of it is written.
 *
 * `columns` and `choices` say that what is missing may be made, `area` where it goes instead of the selection; `takesBack` that the last change
 * is undone first.
 */
export async function paste(grid, given) {
  if (!mayChange(grid)) return false;
  if (!given.text && given.html.length > MOST_HTML) return grid.toast("This table is too large to be pasted. Import it as a file.", "bad");
  const tableSize = given.html && given.html.length <= MOST_HTML ? htmlSize(given.html) : null;
  const size = tableSize ?? tsvSize(given.text);
  const format = tableSize ? "html" : "tsv";
  const refusal = refusalOf(size, format === "html" ? given.html : given.text);
  if (refusal) return grid.toast(refusal, "bad");
  const place = placeOf(grid, size, given.area ?? rectangle(grid.selection, grid.size));
  if (isLarge(place.bottom - place.top + 1, place.right - place.left + 1)) return pasteLarge(grid, { size, format, place, ...given });
  const pick = () => (given.rows?.ids ? given.rows : which(grid, place.top, Math.min(place.bottom, grid.count - 1)));
  let rows = pick();
  const run = async () => {
    if (given.takesBack && !(await takeBack(grid))) return null;
    if (given.takesBack) rows = pick(); // rows that the paste had made are gone
    return post(grid, grid.dataset.pasteUrl, sentOf(format, given, place, rows));
  };
  const before = grid.selection;
  const answer = await together(grid, run, `Pasting ${named(size.rows * size.cols, "cell")}…`);
  if (!answer) return false;
  const { json } = answer;
  const isElsewhere = grid.selection !== before; // the person has gone on
  closeProblems();
  const selection = { anchor: { row: place.bottom, col: place.right }, focus: { row: place.top, col: place.left }, span: "cells" };
  if (!took(grid, json, place, { selection, problems: json.problems, problem_count: json.problem_count })) return true;
  if (json.moved) await freshen(grid, given.cut.area.top, given.cut.area.bottom);
  if (!isElsewhere) grid.select(kept(selection, grid.size), { show: false });
  if (document.activeElement === document.body) grid.focus();
  told(grid, json, offers(grid, json, given, place, rows));
  return true;
}

// The cells that are written: the selection, where the block fits into it a whole number of times, else as many as it has.
function placeOf(grid, { rows, cols }, area) {
  const tall = area.bottom - area.top + 1;
  const wide = area.right - area.left + 1;
  const width = wide % cols === 0 ? wide : cols;
  const height = tall % rows === 0 ? tall : rows;
  const right = area.left + width - 1;
  const keys = grid.columns.keys(area.left, Math.min(right, grid.size.cols - 1));
  const missing = Math.max(0, right + 1 - grid.size.cols);
  return { area, top: area.top, bottom: area.top + height - 1, left: area.left, right, keys, missing };
}

function sentOf(format, given, { keys }, rows) {
  const text = format === "html" ? given.html : given.text;
  const values = { ...rows, format, keys: keys.join(), rows: "1", text: text.length > IN_FIELD ? new File([text], "pasted") : text };
  for (const flag of ["columns", "choices"]) if (given[flag]) values[flag] = "1";
  return { ...values, ...cutFrom(given.cut) };
}

async function takeBack(grid) {
  const undone = await post(grid, grid.dataset.undoUrl, {});
  if (undone) grid.news.changedTo(undone.json);
  return undone;
}

// What more the paste could make: it is taken back and done again with that.
function offers(grid, json, given, place, rows) {
  const again = (more) => {
    closeProblems();
    return paste(grid, { ...given, area: place.area, rows, ...more, takesBack: json.undo });
  };
  const found = [];
  if (place.missing && !given.columns) found.push({ label: `Add ${named(place.missing, "column")}`, run: () => again({ columns: true }) });
  const isOfChoices = ({ key, text }) => text && isOfOptions(grid, key);
  if (!given.choices && json.problems.some(isOfChoices)) found.push({ label: "Add options", run: () => again({ choices: true }) });
  return found;
}
