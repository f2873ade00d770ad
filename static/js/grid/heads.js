// The header's sort marks: they show what the address says (link.js), and a click on one changes it.
import { part } from "./link.js";

document.addEventListener("grid:state", show);

document.addEventListener("click", (event) => {
  const mark = event.target.closest?.(".sort-mark");
  if (!mark) return;
  const grid = mark.closest("data-grid");
  const { key } = mark.closest(".col").dataset;
  // Rows of one group are not sorted by what they have in common: there the groups change their order.
  const name = levels("group").has(key) ? "group" : "sort";
  grid.see({ [name]: written(clicked(levels(name), key, event.shiftKey, name)) });
  grid.focus();
});

/** The levels of part `name`, in their order: key -> whether it is downwards. */
function levels(name) {
  const texts = part(name).split(",").filter(Boolean);
  return new Map(texts.map((text) => [text.replace("-", ""), text.startsWith("-")]));
}

// Up, down, none. A column that is not sorted yet takes the place of all others; with Shift it comes after them.
function clicked(before, key, isMore, name) {
  if (!before.has(key)) return new Map([...(isMore ? before : []), [key, false]]);
  const after = new Map(before);
  if (before.get(key) && name === "sort") after.delete(key);
  else after.set(key, !before.get(key));
  return after;
}

function written(sorted) {
  return [...sorted].map(([key, isDown]) => `${isDown ? "-" : ""}${key}`).join();
}

export function show() {
  const sorted = new Map([...levels("group"), ...[...levels("sort")].filter(([key]) => !levels("group").has(key))]);
  const places = [...sorted.keys()];
  for (const head of document.querySelectorAll("data-grid .col")) {
    const mark = head.querySelector(".sort-mark");
    const { key, name } = head.dataset;
    const isOn = sorted.has(key);
    const isDown = sorted.get(key);
    mark.classList.toggle("on", isOn);
    mark.classList.toggle("down", isOn && isDown);
    mark.dataset.level = isOn && sorted.size > 1 ? places.indexOf(key) + 1 : "";
    mark.setAttribute("aria-label", `${isOn ? `Sorted ${isDown ? "downwards" : "upwards"}` : "Sort"} by ${name}`);
    if (isOn) head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
}
