// "Find or add…" below a panel's choices: the list of the grid's editor, filtered by what is typed, which makes the option that is lacking.
import { made } from "../elements.js";
import { Picker } from "../grid/picker.js";

const pickers = new WeakMap(); // field -> {box, picker} while its list is open

const openerOf = (field) => field.querySelector("[data-find-option]");

/** `taken(field, makes)` when something was picked, and the field says so; `makes`: an option is to be made for it. */
export function listenForOptions(taken) {
  document.addEventListener("click", ({ target }) => {
    const field = target.closest?.("[data-find-option]")?.closest(".row-field");
    if (!field || field.dataset.gone !== undefined) return;
    if (pickers.has(field)) closeOptions(field);
    else open(field, taken);
  });
  document.addEventListener("input", ({ target }) => pickers.get(target.closest?.(".row-picker")?.closest(".row-field"))?.picker.changed());
}

function open(field, taken) {
  const { name } = field.dataset;
  const many = field.dataset.control === "choices";
  const chosen = chosenIn(field);
  const box = made("div", { class: "row-picker" });
  const input = made("input", { type: "text", autocomplete: "off", dir: "auto", placeholder: "Find or add", "aria-label": `Find or add an option of ${name}` });
  box.append(input);
  const picked = () => {
    const { makes } = picker;
    put(field, input.value, many);
    closeOptions(field);
    openerOf(field).focus({ preventScroll: true });
    taken(field, makes);
  };
  const picker = new Picker(input, optionsOf(field), { name, chosen, many: false, picked }).addTo(box);
  if (many) picker.changed(); // nothing is marked: Enter at once would take away what is chosen
  pickers.set(field, { box, picker, picked });
  openerOf(field).after(box);
  openerOf(field).setAttribute("aria-expanded", "true");
  input.focus();
  box.scrollIntoView({ block: "nearest" });
}

export function closeOptions(field) {
  const open = pickers.get(field);
  if (!open) return;
  pickers.delete(field);
  openerOf(field)?.setAttribute("aria-expanded", "false");
  open.box.remove();
}

/** Whether a key was the list's. */
export function pressedInOptions(field, event) {
  const open = pickers.get(field);
  if (!open?.box.contains(event.target)) return false;
  if (event.key === "Tab") return left(field, open, event.target);
  if (event.key !== "Escape") return open.picker.pressed(event) || event.key === "Enter";
  closeOptions(field);
  openerOf(field).focus({ preventScroll: true });
  return true;
}

// Tab takes what typing has found, and goes on.
function left(field, { picker, picked }, input) {
  const isTyped = input.value.trim() !== "";
  picker.leaving();
  if (isTyped && optionsOf(field).some(({ name }) => name === input.value)) picked();
  return false;
}

// The field says at once what was picked, before the server has answered.
function put(field, name, many) {
  const part = partsOf(field).find(({ value }) => value === name);
  if (many && part) part.checked = !part.checked;
  else if (part) part.selected = true;
  else if (many) field.querySelector(".row-choices").append(newChoice(name));
  else field.querySelector("select").append(new Option(name, name, true, true));
}

function newChoice(name) {
  const label = made("label", { class: "opt c-gray" });
  const input = made("input", { type: "checkbox", value: name, "data-color": "gray" });
  input.checked = true;
  label.append(input, name);
  return label;
}

const optionsOf = (field) => partsOf(field).map((part) => ({ name: part.value, color: part.dataset.color }));
const chosenIn = (field) => partsOf(field).filter((part) => part.checked || part.selected).map((part) => part.value);
const partsOf = (field) => [...field.querySelectorAll("option[data-color], input[data-color]")];
