// The calendar that hangs on a field for days. The field keeps the keyboard and the text is the truth: what is picked is written
// into it, what is typed the calendar follows as far as it can be read.
import { made } from "../elements.js";
import { edgeOfWeek, monthName, now, partsOf, plusDays, plusMonths, read, shownDay, shownTime, spoken, today, weekStart, weekdays, weeksOf } from "./dates.js";
import { placed, quietButton } from "./floating.js";

const ID = "calendar";
const STEPS = {
  ArrowLeft: (day) => plusDays(day, -1),
  ArrowRight: (day) => plusDays(day, 1),
  ArrowUp: (day) => plusDays(day, -7),
  ArrowDown: (day) => plusDays(day, 7),
  PageUp: (day, isLong) => plusMonths(day, isLong ? -12 : -1),
  PageDown: (day, isLong) => plusMonths(day, isLong ? 12 : 1),
  Home: (day, _, first) => edgeOfWeek(day, first, false),
  End: (day, _, first) => edgeOfWeek(day, first, true),
};
// These belong to the text while it is being typed.
const OF_TEXT = ["ArrowLeft", "ArrowRight", "Home", "End"];

export class Calendar {
  #shown = today(); // the month of this day is seen
  #hasKeys = false; // the arrows walk in the calendar, and not in the text

  /** `options` are a column's {format, clock}; `taken()` is called when a day was picked for good, `cancelled()` by Escape in the time. */
  constructor(field, { name, options, hasTime, taken, cancelled }) {
    Object.assign(this, { field, hasTime, taken, cancelled, form: options.format ?? "iso", clock: options.clock ?? 24 });
    this.first = weekStart();
    this.isOpen = false;
    this.button = quietButton("calendar-button", "Show the calendar", () => this.toggle());
    this.element = this.#built(name);
    // The field keeps the focus, or leaving it would end the edit; the time is a field itself.
    for (const part of [this.button, this.element]) {
      part.addEventListener("pointerdown", (event) => event.target.matches("input") || event.preventDefault());
    }
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-haspopup", "dialog");
    field.setAttribute("aria-expanded", "false");
    field.addEventListener("pointerdown", () => this.#giveKeys(false));
  }

  /** Show the calendar; its keys work at once unless `hasKeys` is false. */
  open(hasKeys = true) {
    if (!this.isOpen) {
      this.isOpen = true;
      this.element.showPopover();
      this.field.setAttribute("aria-expanded", "true");
      this.field.setAttribute("aria-controls", ID);
    }
    this.#hasKeys = hasKeys;
    this.changed(hasKeys);
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#giveKeys(false);
    this.element.hidePopover();
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-controls");
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
    this.field.focus({ preventScroll: true });
  }

  /** The text has changed: what is typed is the field's, and the calendar follows. */
  changed(hasKeys = false) {
    this.#hasKeys = hasKeys;
    if (!this.isOpen) return;
    this.#shown = this.#read()?.day ?? this.#shown;
    this.#paint();
  }

  /** Stand at the field, where there is room. */
  place() {
    if (this.isOpen) placed(this.element, this.field.getBoundingClientRect());
  }

  /** Whether a key was the calendar's. */
  pressed(event) {
    if (event.key === "ArrowDown" && event.altKey) {
      this.open();
      return true;
    }
    const step = STEPS[event.key];
    if (!this.isOpen || !step || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.shiftKey && !event.key.startsWith("Page")) return false;
    if (!this.#hasKeys && OF_TEXT.includes(event.key)) return false;
    const day = this.#read()?.day;
    this.#hasKeys = true;
    // Where no day is written yet, the first key comes to today.
    this.#write(day === undefined ? this.#shown : step(day, event.shiftKey, this.first));
    return true;
  }

  #read() {
    return read(this.field.value, this.form, this.hasTime);
  }

  #write(day, time = this.#read()?.time) {
    const words = shownDay(day, this.form);
    this.field.value = this.hasTime ? `${words} ${shownTime(time || "00:00", this.clock)}` : words;
    this.field.dispatchEvent(new Event("calendar:written", { bubbles: true }));
    this.#shown = day;
    this.#paint();
  }

  #giveKeys(hasKeys) {
    this.#hasKeys = hasKeys;
    if (!hasKeys && this.field.getAttribute("aria-activedescendant")?.startsWith(ID)) this.field.removeAttribute("aria-activedescendant");
  }

  // --- What is seen ------------------------------------------------------------------------------------------------------

  #built(name) {
    const element = made("div", { class: "calendar", id: ID, role: "dialog", "aria-label": `Calendar of ${name}`, popover: "manual" });
    const head = made("div", { class: "calendar-head" });
    this.title = made("p", { class: "calendar-title", id: `${ID}-title`, "aria-live": "polite" });
    const turn = (label, sign, months) => quietButton("calendar-turn", label, () => this.#turn(months), sign);
    head.append(turn("Previous year", "«", -12), turn("Previous month", "‹", -1), this.title, turn("Next month", "›", 1), turn("Next year", "»", 12));
    this.table = made("table", { role: "grid", "aria-labelledby": `${ID}-title` });
    this.table.addEventListener("click", ({ target }) => this.#clicked(target.closest("td[data-day]")));
    const foot = made("div", { class: "calendar-foot" });
    if (this.hasTime) foot.append(this.#builtTime());
    foot.append(quietButton("calendar-word", "Today", () => this.#pick(today()), "Today"));
    if (this.hasTime) foot.append(quietButton("calendar-word", "Now", () => this.#write(today(), now()), "Now"));
    foot.append(quietButton("calendar-word", "Clear", () => this.#clear(), "Clear"));
    element.append(head, this.table, foot);
    return element;
  }

  #builtTime() {
    this.time = made("input", { type: "time", class: "calendar-time", "aria-label": "Time", tabindex: "-1" });
    this.time.addEventListener("input", () => this.time.value && this.#write(this.#read()?.day ?? this.#shown, this.time.value));
    this.time.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.taken();
      if (event.key === "Escape") this.cancelled();
      if (event.key === "Tab") this.field.focus({ preventScroll: true });
      if (["Enter", "Escape", "Tab"].includes(event.key)) event.preventDefault();
    });
    return this.time;
  }

  #paint() {
    const written = this.#read();
    const { month } = partsOf(this.#shown);
    this.title.textContent = monthName(this.#shown);
    const head = made("tr", { role: "row" });
    head.append(...weekdays(this.first).map((name) => made("th", { scope: "col", abbr: name }, name.slice(0, 2))));
    const weeks = weeksOf(this.#shown, this.first).map((week) => {
      const row = made("tr", { role: "row" });
      row.append(...week.map((day) => this.#cell(day, month, written?.day)));
      return row;
    });
    this.table.replaceChildren(head, ...weeks);
    if (this.time && this.time !== document.activeElement) this.time.value = written?.time ?? "";
    if (this.#hasKeys && written) this.field.setAttribute("aria-activedescendant", `${ID}-${written.day}`);
    else this.#giveKeys(this.#hasKeys && !written);
    this.place();
  }

  #cell(day, month, chosen) {
    if (day === null) return made("td");
    const parts = partsOf(day);
    const cell = made("td", { id: `${ID}-${day}`, role: "gridcell", "data-day": day, "aria-label": spoken(day), "aria-selected": day === chosen });
    if (day === today()) cell.setAttribute("aria-current", "date");
    if (parts.month !== month) cell.className = "other";
    cell.textContent = parts.day;
    return cell;
  }

  // --- What the mouse does -----------------------------------------------------------------------------------------------

  #turn(months) {
    this.#shown = plusMonths(this.#shown, months);
    this.#paint();
  }

  #clicked(cell) {
    if (cell) this.#pick(Number(cell.dataset.day));
  }

  // With a time to set, a day is not all.
  #pick(day) {
    this.#hasKeys = true;
    this.#write(day);
    if (!this.hasTime) this.taken();
  }

  #clear() {
    this.field.value = "";
    this.field.dispatchEvent(new Event("calendar:written", { bubbles: true }));
    this.taken();
  }
}
