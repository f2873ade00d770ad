"""Days and moments as filters take them, and the days that "last week" means.

A day is "YYYY-MM-DD" or one of "yesterday", "today", "tomorrow"; a moment is "YYYY-MM-DDTHH:MM:SSZ".
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tables.columns import KINDS, Kind
from tables.columns.base import BadValue
from tables.columns.date import is_date, show_date
from tables.columns.datetime import stored_moment
from tables.query.operators.base import Calendar, Cell
from tables.query.operators.values import Takes

RELATIVE = {"yesterday": -1, "today": 0, "tomorrow": 1}
# Before and after every day and moment in their stored form: a digit comes first in both.
EARLIEST, LATEST = "0", ":"
Days = tuple[date, date]  # the first and the last


class OneDay(Takes):
    """A day, or where cells hold moments, a moment."""

    key = "day"
    fields = 1

    def read(self, raw: Any, cell: Cell) -> str:
        if is_date(raw) or (isinstance(raw, str) and raw in RELATIVE):
            return str(raw)
        if cell.family != "date" and stored_moment(raw):
            return str(raw)
        raise BadValue("A day to compare with is missing. Write it like 2026-12-31.")

    def parse(self, texts: Sequence[str], cell: Cell) -> str:
        if len(texts) != 1:
            raise BadValue("One day to compare with is needed.")
        word = texts[0].strip().lower()
        return self.read(word if word in RELATIVE else _kind(cell).compared(texts[0], cell.options), cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [self.shown(value, cell)]

    def shown(self, value: Any, cell: Cell) -> str:
        if value in RELATIVE:
            return str(value)
        if is_date(value):
            return show_date(value, cell.options.get("format", "iso"))
        # Midnight is written out: alone it would be read as all of the day.
        return _kind(cell).text(value, cell.options)


class TwoDays(Takes):
    """Both ends of a range, in either order."""

    key = "two days"
    fields = 2

    def read(self, raw: Any, cell: Cell) -> tuple[str, str]:
        first, second = _pair(raw)
        return DAY.read(first, cell), DAY.read(second, cell)

    def parse(self, texts: Sequence[str], cell: Cell) -> tuple[str, str]:
        first, second = _pair(texts)
        return DAY.parse([first], cell), DAY.parse([second], cell)

    def texts(self, value: Any, cell: Cell) -> list[str]:
        return [text for item in value for text in DAY.texts(item, cell)]

    def shown(self, value: Any, cell: Cell) -> str:
        return " and ".join(DAY.shown(item, cell) for item in value)


DAY, TWO_DAYS = OneDay(), TwoDays()


def _pair(raw: Any) -> tuple[Any, Any]:
    if not isinstance(raw, (list, tuple)) or len(raw) != 2:
        raise BadValue("Two days are needed.")
    return raw[0], raw[1]


def _kind(cell: Cell) -> Kind:
    # A row's own times, which columns of them show too, are asked for as stored ones are.
    return KINDS[cell.family] if cell.family == "date" else KINDS["datetime"]


def start(value: str | date, cell: Cell, calendar: Calendar) -> str:
    """Where a day or moment begins, in the form of the cell's own values, so that texts compare as times do."""
    if isinstance(value, str):
        if len(value) == 20:
            return value
        value = shifted(calendar.today, RELATIVE[value]) if value in RELATIVE else date.fromisoformat(value)
    if cell.family == "date":
        return value.isoformat()
    try:
        return _stored(datetime.combine(value, time(0), calendar.zone))
    except OverflowError:  # the first and last hours of the calendar, seen from the other side of the Earth
        return EARLIEST if value.year == 1 else LATEST


def end(value: str | date, cell: Cell, calendar: Calendar) -> str:
    """Where the next day, or second, begins."""
    try:
        if isinstance(value, str):
            if moment := stored_moment(value):
                return _stored(moment + timedelta(seconds=1))
            value = shifted(calendar.today, RELATIVE[value]) if value in RELATIVE else date.fromisoformat(value)
        return start(value + timedelta(days=1), cell, calendar)
    except OverflowError:
        return LATEST


def _stored(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()[:19] + "Z"


def shifted(day: date, days: int) -> date:
    """The day so many days later, or the calendar's own end."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return date.min if year < 1 else date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last(value: tuple[int, str], today: date) -> Days:
    """The last so many days, weeks or months, today being the last day of them."""
    return shifted(_later(today, -value[0], value[1]), 1), today


def next_(value: tuple[int, str], today: date) -> Days:
    """The next so many days, weeks or months, today being the first day of them."""
    return today, shifted(_later(today, value[0], value[1]), -1)


def _later(day: date, count: int, unit: str) -> date:
    if unit == "months":
        return months_later(day, count)
    return shifted(day, count * (7 if unit == "weeks" else 1))


def period(unit: str, steps: int, today: date) -> Days:
    """The day, week (from Monday), month, quarter or year so many steps from the one that holds today."""
    if unit == "day":
        return shifted(today, steps), shifted(today, steps)
    if unit == "week":
        monday = shifted(today, 7 * steps - today.weekday())
        return monday, shifted(monday, 6)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = months_later(date(today.year, (today.month - 1) // months * months + 1, 1), steps * months)
    return first, shifted(months_later(first, months), -1)
