// The editor's field in its box: made anew for every edit, and between edits resting unseen over the focused cell, where it has
// the keyboard. An input method composes only into a field that was there before its first key.
import { made } from "../elements.js";
import { FOCUS_ID } from "./paint.js";

/** {frame, box, field}, in the layer of the rows, where only rows may stand, and cells in them: so it is one to a screen reader. */
export function makeField(layer) {
  const frame = made("div", { class: "editor-row", role: "row" });
  const box = made("div", { class: "editor", role: "gridcell" });
  const field = made("textarea", { class: "editor-field", rows: 1, dir: "auto" });
  box.append(field);
  frame.append(box);
  layer.append(frame);
  return { frame, box, field };
}

/** Let a field rest: `begin(event)` is told of text that comes into it, `composed(event)` of what was composed while it stayed closed. */
export function rest({ box, field }, { isOpen, begin, composing, composed }) {
  box.classList.add("resting");
  field.setAttribute("aria-label", "Cell");
  field.setAttribute("aria-activedescendant", FOCUS_ID);
  field.addEventListener("compositionstart", (event) => {
    composing(true);
    if (!isOpen()) begin(event);
  });
  field.addEventListener("beforeinput", (event) => {
    if (event.inputType === "insertText" && !event.isComposing && !isOpen()) begin(event);
    if (!isOpen() && event.cancelable) event.preventDefault();
  });
  // A composition cannot be refused, only thrown away.
  field.addEventListener("compositionend", (event) => {
    composing(false);
    if (isOpen()) return;
    field.value = "";
    composed(event);
  });
}

/** Dress a field for the column it edits. */
export function dress({ box, field }, column, row) {
  box.classList.remove("resting");
  field.removeAttribute("aria-activedescendant");
  field.classList.toggle("r", column.align === "right");
  field.spellcheck = column.kind === "long_text";
  field.setAttribute("aria-label", `${column.name}, row ${row + 1}`);
}

/** Say below a field why its text was not taken. */
export function explain({ box, field }, reason) {
  const words = made("p", { class: "editor-reason", id: "grid-editor-reason", role: "alert" }, reason);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", words.id);
  box.append(words);
}
