// The row's panel and page: every field is saved when it is left or chosen. It listens at the document, as panels come and go.
import { closeDays, listenForDays, pressedInDay } from "./days.js";
import { closeOptions, listenForOptions, pressedInOptions } from "./options.js";
import { hasEnded, hold, taken } from "../session.js";
import { articleOf, fieldOf, fill, isDirty, restore, tell, valueOf } from "./fields.js";
import { adopt, poll, refresh } from "./fresh.js";
import { listenForHistory } from "./history.js";
import { isSending, save, tellRefused, waiting } from "./saving.js";

const panel = () => document.querySelector(".row-panel");

function keep(field, makes = false) {
  if (field.dataset.gone === undefined) save(field, valueOf(field), field.v ?? articleOf(field).dataset.v, makes);
}

function keepTyped(field) {
  // What was refused is not sent again by going past it.
  if (isDirty(field) && valueOf(field) !== field.refused) keep(field);
}

// Choices, boxes and stars are made up at once; text is when it is left.
document.addEventListener("change", ({ target }) => {
  const field = fieldOf(target);
  if (field && !target.matches("[data-text], .calendar *, .row-picker *")) keep(field);
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const field = fieldOf(target);
  if (!field || field.contains(relatedTarget)) return;
  closeDays(field);
  closeOptions(field);
  keepTyped(field);
});

document.addEventListener("input", ({ target }) => {
  const field = fieldOf(target);
  if (field?.hasAttribute("data-wrong")) tell(field, "");
});

document.addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-no-stars]")) return;
  const field = fieldOf(target);
  for (const star of field.querySelectorAll("input:checked")) star.checked = false;
  field.querySelector("input").focus();
  keep(field);
});

// Before the grid's own listener, to whom Escape closes the panel.
document.addEventListener(
  "keydown",
  (event) => {
    const field = fieldOf(event.target);
    if (!field || event.isComposing || event.keyCode === 229) return;
    if (pressedInDay(field, event) || pressedInOptions(field, event)) return done(event);
    if (event.key === "Escape" && (isDirty(field) || field.hasAttribute("data-wrong"))) {
      restore(field);
      refresh(articleOf(field), field);
      return done(event);
    }
    const isLine = event.target.matches("[data-text]") && field.dataset.kind !== "long_text";
    if (event.key !== "Enter" || !isLine || event.shiftKey || event.altKey) return undefined;
    closeDays(field);
    if (isDirty(field)) keep(field);
    return done(event);
  },
  true,
);

function done(event) {
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("row:saved", ({ detail: { id } }) => panel()?.dataset.row === String(id) && refresh(panel()));
document.addEventListener("row:fresh", ({ detail: { field } }) => panel() && refresh(panel(), field));
// By the grid: `ids` are rows that have changed, null for any.
document.addEventListener("row:changed", ({ detail: { ids } }) => {
  const article = panel();
  if (article && (ids === null || ids.map(String).includes(article.dataset.row))) refresh(article);
});

window.addEventListener("beforeunload", (event) => {
  if (!hasEnded() && unsaved().length) event.preventDefault();
});

// What would be lost with the page, as session.js keeps it.
function unsaved() {
  const fields = [...document.querySelectorAll(".row-field[data-key]")].filter((field) => isDirty(field) && !isSending(field));
  const typed = fields.map((field) => ({ row: articleOf(field).dataset.row, key: field.dataset.key, v: field.v, text: valueOf(field), isDraft: true }));
  return [...waiting(), ...typed];
}

// On the grid's page the grid does this, for all rows.
function resume(article) {
  const { table, user, row } = article.dataset;
  for (const { key, text, isDraft, v, ...edit } of taken(table, user)) {
    const field = edit.row === row && article.querySelector(`.row-field[data-key="${key}"]`);
    if (!field?.querySelector("[data-text]")) {
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: `You were logged out before this was saved: “${text}”.`, kind: "bad" } }));
      continue;
    }
    fill(field, text);
    if (!isDraft) save(field, text, v);
    else tell(field, "You were logged out while you typed this.", "bad", [["Save it", () => save(field, text, v)], ["Drop it", () => restore(field)]]);
  }
}

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => target.id === "panel" && panel() && tellRefused(panel()));
document.addEventListener("click", ({ target }) => target.closest?.("[data-close-panel]") && panel() && tellRefused(panel()), true);
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const article = target.id === "panel" && target.querySelector(".row-panel");
  if (article) adopt(article);
});

listenForDays((field) => keepTyped(field));
listenForOptions((field, makes) => keep(field, makes));
listenForHistory();
hold(() => {
  const { table, user } = panel()?.dataset ?? document.querySelector("data-grid").dataset;
  return { table, user, edits: unsaved() };
});
if (panel()) {
  adopt(panel());
  resume(panel());
  // As the grid tells of it: AI cells (ai/cell.html) listen, too.
  poll(panel(), () => document.dispatchEvent(new CustomEvent("row:changed", { detail: { ids: null } })));
}
