// What did not fit of a paste, a fill or another change of many cells: a list in the side panel, each entry a way to its cell.
import { button, made } from "../elements.js";
import { named } from "./selection.js";

/** List `problems` ({number, column, key, text, reason}) of `problem_count` in all, with a button for each of `actions` {label, run}. */
export function showProblems(grid, { problems, problem_count: count }, actions = []) {
  const title = made("h2", { id: "problems-title", tabindex: "-1" }, `${named(count, "thing")} did not fit`);
  const close = made("button", { type: "button", class: "button icon-only", "data-close-panel": "", "aria-label": "Close the list" }, "✕");
  const section = made("section", { class: "problems", "aria-labelledby": title.id }, made("header", { class: "problems-head" }, title, close));
  section.append(made("p", { class: "faint" }, "Everything else was written. What these cells held before is still there."));
  const buttons = actions.map(({ label, run }) => button("button small", label, () => run()));
  if (buttons.length) section.append(made("p", { class: "problems-actions" }, ...buttons));
  const inOrder = [...problems].sort((one, other) => (one.number ?? 0) - (other.number ?? 0));
  section.append(made("ol", { class: "problems-list" }, ...inOrder.map((problem) => entry(grid, problem))));
  const more = count - problems.length;
  if (more > 0) section.append(made("p", { class: "faint" }, `And ${more.toLocaleString("en-US")} more.`));
  document.getElementById("panel").replaceChildren(section);
  grid.say(title.textContent);
}

/** Take the list away. */
export function closeProblems() {
  document.querySelector("#panel .problems")?.remove();
}

function entry(grid, { number, column, key, text, reason }) {
  const item = made("li");
  const place = [number === null ? "" : `Row ${number.toLocaleString("en-US")}`, column].filter(Boolean).join(" · ");
  const words = (name, which, said) => made(name, { class: `problem-${which}`, dir: "auto" }, said);
  if (number !== null) item.append(button("problem-place", place, () => grid.goTo(number - 1, columnOf(grid, key)), { dir: "auto" }));
  else if (place) item.append(words("strong", "place", place));
  if (text) item.append(words("span", "text", text));
  item.append(words("span", "reason", reason));
  return item;
}

function columnOf(grid, key) {
  const col = grid.columns.indexOf(key);
  return col < 0 ? grid.focusCol : col;
}
