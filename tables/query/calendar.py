"""Days counted by week, month, quarter or years: the bins of a chart of dates."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Literal

from psycopg import sql

from tables.columns import kind_of
from tables.columns.date import MONTHS, is_date, show_date
from tables.columns.datetime import stored_moment
from tables.models import Column
from tables.query.cells import day, has_time
from tables.query.scan import fetch, scan

# The longest range of each unit, in days: a chart has room for 20 to 40 bars.
_RANGES: tuple[tuple[Literal["day", "week", "month", "quarter"], int], ...] = (
    ("day", 31), ("week", 26 * 7), ("month", 36 * 30), ("quarter", 40 * 91),
)  # fmt: skip
MOST_YEARS = 40
_MONDAY = 1  # 0001-01-01, the day of ordinal 1, was one


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of time: `number` counts it from the calendar's beginning, so that neighbours differ by one."""

    name: Literal["day", "week", "month", "quarter", "years"]
    years: int = 1

    def number(self, day: date) -> int:
        match self.name:
            case "day":
                return day.toordinal()
            case "week":
                return (day.toordinal() - _MONDAY) // 7
            case "month":
                return day.year * 12 + day.month - 1
            case "quarter":
                return day.year * 4 + (day.month - 1) // 3
            case _:
                return day.year // self.years

    def label(self, number: int, column: Column) -> str:
        form = column.options.get("format", "iso")
        match self.name:
            case "day":
                return show_date(date.fromordinal(number).isoformat(), form)
            case "week":
                return f"Week of {show_date(date.fromordinal(7 * number + _MONDAY).isoformat(), form)}"
            case "month":
                return f"{MONTHS[number % 12]} {number // 12}"
            case "quarter":
                return f"Q{number % 4 + 1} {number // 4}"
            case _:
                first = number * self.years
                return str(first) if self.years == 1 else f"{max(1, first)} to {first + self.years - 1}"


def unit_for(first: date, last: date) -> Unit:
    """The smallest unit that makes a chart of this range readable."""
    span = (last - first).days + 1
    for name, most in _RANGES:
        if span <= most:
            return Unit(name)
    years = last.year - first.year + 1
    return Unit("years", next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if years <= step * MOST_YEARS))


def by_day(where: sql.Composable, table_id: int, column: Column, zone: tzinfo) -> dict[date, int]:
    """How many cells hold each day; a moment's day is that of the time zone."""
    value, length, rest = day(column, strict=False), 10, ""
    if has_time(column):
        # Grouped by the hour there are few; a zone that is away by half an hour needs minutes.
        length, rest = (13, ":00:00Z") if _by_hours(zone) else (16, ":00Z")
    if kind_of(column.kind).row_field:
        form = sql.Literal('YYYY-MM-DD"T"HH24:MI:SS"Z"')
        value = sql.SQL("to_char({} AT TIME ZONE 'UTC', {})").format(value, form)
    part = sql.SQL("left({}, {})").format(value, sql.Literal(length))
    rows = scan(where, table_id, {"part": part})
    counts: Counter[date] = Counter()
    for text, count in fetch(sql.SQL("SELECT part, count(*) FROM {} WHERE part IS NOT NULL GROUP BY part").format(rows)):
        found = _local_day(text + rest, zone) if has_time(column) else date.fromisoformat(text) if is_date(text) else None
        if found:
            counts[found] += count
    return counts


def _by_hours(zone: tzinfo) -> bool:
    """Whether the zone has been whole hours away from UTC since 1970, winter and summer."""
    moments = [datetime(year, month, 1) for year in range(1970, 2038) for month in (1, 7)]
    return all((zone.utcoffset(moment) or _NO_TIME).seconds % 3600 == 0 for moment in moments)


_NO_TIME = datetime.max - datetime.max


def _local_day(text: str, zone: tzinfo) -> date | None:
    moment = stored_moment(text)
    if moment is None:
        return None
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # the first and last hours of the calendar
        return moment.astimezone(UTC).date()
