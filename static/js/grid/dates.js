// Days of the calendar as numbers (0 is 1 January 1970), and the forms in which a column writes them. Pure.
//
// What is read here is what a calendar can follow while somebody types; what counts is how the server reads it (tables/columns/date.py).
const DAY_MS = 86_400_000;
const SHORT = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const NAMES = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/;
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$/;
const DAY_MONTH = /^(\d{1,2})(?:st|nd|rd|th)?[\s.-]+([a-z]+)\.?[\s,-]+(\d{4})$/i;
const MONTH_DAY = /^([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s*[\s,]\s*(\d{4})$/i;
const DAY_AND_TIME =
  /^(.+?)(?:\s*,\s*|\s+(?:at\s+)?|(?<=\d)T)(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*([ap]\.?m\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}(?::\d{2})?)?$/i;

export const FIRST = dayOf(1, 1, 1);
export const LAST = dayOf(9999, 12, 31);

/** The number of a day; null where the calendar has no such day or it is outside the years 1 to 9999. */
export function dayOf(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isThere = year >= 1 && year <= 9999 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isThere ? date.getTime() / DAY_MS : null;
}

/** {year, month, day} of a day's number. */
export function partsOf(number) {
  const date = new Date(number * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** Today, where the person is. */
export function today() {
  const now = new Date();
  return dayOf(now.getFullYear(), now.getMonth() + 1, now.getDate());
}

/** The time of day now, "14:05". */
export function now() {
  const moment = new Date();
  return `${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** 1 (Monday) to 7. */
export function weekday(number) {
  return ((((number + 3) % 7) + 7) % 7) + 1;
}

/** The day `days` further, within the calendar. */
export function plusDays(number, days) {
  return Math.min(LAST, Math.max(FIRST, number + days));
}

/** The same day `months` further; the last one of a month that is shorter. */
export function plusMonths(number, months) {
  const { year, month, day } = partsOf(number);
  const at = Math.min(9999 * 12 + 11, Math.max(12, year * 12 + month - 1 + months));
  const [toYear, toMonth] = [Math.floor(at / 12), (at % 12) + 1];
  return dayOf(toYear, toMonth, Math.min(day, daysIn(toYear, toMonth)));
}

/** The first or, with `isEnd`, the last day of a week that starts on weekday `first`. */
export function edgeOfWeek(number, first, isEnd) {
  const start = number - ((weekday(number) - first + 7) % 7);
  return plusDays(isEnd ? start + 6 : start, 0);
}

/** Six weeks that show the month of a day: numbers, null where the calendar ends. */
export function weeksOf(number, first) {
  const { year, month } = partsOf(number);
  const start = dayOf(year, month, 1);
  const from = start - ((weekday(start) - first + 7) % 7);
  return Array.from({ length: 6 }, (_, week) =>
    Array.from({ length: 7 }, (__, at) => from + week * 7 + at).map((each) => (each < FIRST || each > LAST ? null : each)),
  );
}

/** On which weekday the person's weeks start, 1 (Monday) to 7. */
export function weekStart(language = navigator.language) {
  const locale = new Intl.Locale(language);
  const known = locale.getWeekInfo?.() ?? locale.weekInfo;
  return known?.firstDay ?? (/-(US|CA|MX|BR|JP|IL|IN)$/.test(language) ? 7 : 1);
}

/** The names of the weekdays from `first` on. */
export function weekdays(first) {
  return Array.from({ length: 7 }, (_, at) => WEEKDAYS[(first - 1 + at) % 7]);
}

/** "November 2026" */
export function monthName(number) {
  const { year, month } = partsOf(number);
  return `${NAMES[month - 1]} ${year}`;
}

/** "Saturday, 21 November 2026" */
export function spoken(number) {
  return `${WEEKDAYS[weekday(number) - 1]}, ${partsOf(number).day} ${monthName(number)}`;
}

/** A day in a column's format. */
export function shownDay(number, form) {
  const { year, month, day } = partsOf(number);
  const [y, m, d] = [String(year).padStart(4, "0"), two(month), two(day)];
  if (form === "eu") return `${d}.${m}.${y}`;
  if (form === "us") return `${m}/${d}/${y}`;
  return form === "long" ? `${day} ${SHORT[month - 1]} ${y}` : `${y}-${m}-${d}`;
}

/** A time of day ("14:05", "14:05:30") as a clock of 12 or 24 hours shows it. */
export function shownTime(time, clock) {
  if (Number(clock) !== 12) return time;
  const hour = Number(time.slice(0, 2));
  return `${hour % 12 || 12}${time.slice(2)} ${hour < 12 ? "am" : "pm"}`;
}

/** What somebody wrote so far: {day, time} ("" where there is none), or null. */
export function read(text, form, hasTime) {
  const bare = text.trim();
  const found = hasTime && DAY_AND_TIME.exec(bare);
  if (found && (found[3] || found[5])) {
    const [day, time] = [readDay(found[1], form), readTime(found)];
    return day === null || time === null ? null : { day, time };
  }
  const day = readDay(bare, form);
  return day === null ? null : { day, time: "" };
}

function readDay(text, form) {
  let found = YEAR_FIRST.exec(text);
  if (found) return dayOf(Number(found[1]), Number(found[3]), Number(found[4]));
  found = YEAR_LAST.exec(text);
  if (found) return yearLast(Number(found[1]), found[2], Number(found[3]), Number(found[4]), form);
  found = DAY_MONTH.exec(text);
  if (found) return dayOf(Number(found[3]), monthOf(found[2]), Number(found[1]));
  found = MONTH_DAY.exec(text);
  return found ? dayOf(Number(found[3]), monthOf(found[1]), Number(found[2])) : null;
}

function yearLast(first, mark, second, year, form) {
  const isDayFirst = mark === "." || form === "eu" ? !(form === "eu" && mark !== "." && second > 12) : first > 12;
  if (isDayFirst || first === second) return dayOf(year, second, first);
  return form === "us" || form === "eu" || second > 12 ? dayOf(year, first, second) : null;
}

function monthOf(name) {
  const wanted = name.toLowerCase();
  const at = NAMES.findIndex((each) => [each, each.slice(0, 3), each === "September" && "sept"].some((one) => one && one.toLowerCase() === wanted));
  return at + 1 || 99;
}

function readTime([, , hours, minutes = "00", seconds, half]) {
  let hour = Number(hours);
  if (half && (hour < 1 || hour > 12)) return null;
  if (half) hour = (hour % 12) + (/^p/i.test(half) ? 12 : 0);
  if (hour > 23 || Number(minutes) > 59 || Number(seconds ?? 0) > 59) return null;
  return `${two(hour)}:${minutes}${seconds && seconds !== "00" ? `:${seconds}` : ""}`;
}

const two = (number) => String(number).padStart(2, "0");

function daysIn(year, month) {
  return [31, 30, 29, 28].find((day) => dayOf(year, month, day) !== null);
}
