// The calendar at a panel's field for days: made when it is opened, gone when the field is left.
import { Calendar } from "../grid/calendar.js";

const calendars = new WeakMap(); // field -> its calendar, while it is open

const isDay = (field) => field.dataset.control === "day";
const textOf = (field) => field.querySelector("[data-text]");

/** `taken(field)` when a day was picked for good. */
export function listenForDays(taken) {
  // The button leaves the focus in its field.
  document.addEventListener("pointerdown", (event) => event.target.closest?.("[data-calendar]") && event.preventDefault());
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-calendar]");
    if (!button) return;
    const field = button.closest(".row-field");
    if (calendars.has(field)) closeDays(field);
    else open(field);
    textOf(field).focus({ preventScroll: true });
  });
  document.addEventListener("input", ({ target }) => {
    const field = target.matches?.("[data-text]") && target.closest(".row-field");
    if (field) calendars.get(field)?.changed();
  });
  document.addEventListener("calendar:taken", ({ target }) => taken(target));
  // It stands in the window, beside a field that scrolls.
  document.addEventListener("scroll", () => calendars.get(document.activeElement?.closest(".row-field"))?.place(), true);
}

function open(field) {
  const finish = () => {
    closeDays(field);
    textOf(field).focus({ preventScroll: true });
    field.dispatchEvent(new Event("calendar:taken", { bubbles: true }));
  };
  const cancelled = () => {
    closeDays(field);
    textOf(field).focus({ preventScroll: true });
  };
  const { name, kind, format, clock } = field.dataset;
  const calendar = new Calendar(textOf(field), { name, options: { format, clock }, hasTime: kind === "datetime", taken: finish, cancelled });
  calendars.set(field, calendar);
  field.append(calendar.element);
  calendar.open();
}

export function closeDays(field) {
  const calendar = calendars.get(field);
  if (!calendar) return;
  calendar.close();
  calendar.element.remove();
  calendars.delete(field);
}

/** Whether a key was the calendar's. */
export function pressedInDay(field, event) {
  if (!isDay(field) || !event.target.matches("[data-text]")) return false;
  const calendar = calendars.get(field);
  if (!calendar && event.altKey && event.key === "ArrowDown") open(field);
  else if (calendar && event.key === "Escape") closeDays(field);
  else return calendar?.pressed(event) ?? false;
  return true;
}
