// The fields of a row's panel: what each says, what was saved of it, and what became of a change.
import { button, made } from "../elements.js";
import { joined } from "../grid/preview.js";

/** The field that an element belongs to, or null. */
export const fieldOf = (element) => element.closest?.(".row-field[data-key]") ?? null;

/** The panel or page of a field or of something in it. */
export const articleOf = (element) => element.closest(".row-panel");

const textOf = (field) => field.querySelector("[data-text]");

/** What a field says now, as text for the server. */
export function valueOf(field) {
  const text = textOf(field);
  if (text) return text.value;
  const checked = [...field.querySelectorAll("input:checked")];
  if (field.dataset.control === "flag") return checked.length ? "true" : "";
  if (field.dataset.control === "choices") return joined(checked.map((input) => input.value));
  if (field.dataset.control === "stars") return checked[0]?.value ?? "";
  return field.querySelector("select").value;
}

/** Whether text was typed that has not been sent. */
export function isDirty(field) {
  const text = textOf(field);
  return text !== null && text.value !== (field.sent ?? text.defaultValue);
}

/** What the field says is on its way. */
export function sent(field, value) {
  field.sent = value;
}

/** ... and was taken, or was not. */
export function settled(field, isTaken) {
  const text = textOf(field);
  if (text && isTaken) text.defaultValue = field.sent;
  field.refused = isTaken ? undefined : field.sent;
  field.sent = undefined;
}

/** Put text into a field, as if it were typed. */
export function fill(field, value) {
  const text = textOf(field);
  if (text) text.value = value;
}

/** Take back what was typed. */
export function restore(field) {
  const text = textOf(field);
  if (text) text.value = text.defaultValue;
  tell(field, "");
}

/** Say at a field what became of its change: `kind` is "" for what goes on, "good" or "bad"; `actions` are [label, run]. */
export function tell(field, words, kind = "", actions = []) {
  const state = field.querySelector(".row-state");
  state.className = `row-state ${kind}`;
  state.textContent = words;
  if (actions.length) {
    state.append(made("div", { class: "state-actions" }, ...actions.map(([label, run]) => button("button small", label, run))));
  }
  field.toggleAttribute("data-wrong", kind === "bad");
  for (const control of field.querySelectorAll("input, select, textarea")) {
    if (kind === "bad") control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}
