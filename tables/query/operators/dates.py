"""Filters of dates, and of dates with times, in a person's time zone.

Both are compared as the ISO texts that they are stored as. That a text has the form of a date is looked at after that,
by LIKE: a regular expression would cost ten times as much. What no calendar has (2026-02-31) counts by its text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from tables.query.operators import days
from tables.query.operators.anything import EMPTY, NOT_EMPTY, SAME
from tables.query.operators.base import Calendar, Cell, Compile, Operator
from tables.query.operators.days import DAY, EARLIEST, LATEST, TWO_DAYS, Days
from tables.query.operators.values import NOTHING, SPAN, Takes

_FORMS = {"date": "____-__-__", "datetime": "____-__-__T__:__:__Z"}
Span = tuple[str, str]  # from the first up to, and without, the second


@dataclass(frozen=True)
class When:
    """One way to speak of a time: `words` after "is" or "was created"; `span` is what it means for a cell."""

    key: str
    words: str
    takes: Takes
    span: Callable[[Any, Cell, Calendar], Span]


def _between(value: tuple[str, str], cell: Cell, calendar: Calendar) -> Span:
    starts = [days.start(item, cell, calendar) for item in value]
    ends = [days.end(item, cell, calendar) for item in value]
    return min(starts), max(ends)


def _days(days_of: Callable[[Any, Any], Days]) -> Callable[[Any, Cell, Calendar], Span]:
    def span(value: Any, cell: Cell, calendar: Calendar) -> Span:
        first, last = days_of(value, calendar.today)
        return days.start(first, cell, calendar), days.end(last, cell, calendar)

    return span


def _periods() -> Iterator[When]:
    names = {"day": ("yesterday", "today", "tomorrow")}
    for unit in ("day", "week", "month", "quarter", "year"):
        for steps, name in ((0, "this"), (-1, "last"), (1, "next")):
            words = names[unit][steps + 1] if unit in names else f"{name} {unit}"
            days_of = _days(lambda value, today, unit=unit, steps=steps: days.period(unit, steps, today))  # type: ignore[misc]
            yield When(f"{name}_{unit}", words, NOTHING, days_of)


WHENS = (
    When("is", "on", DAY, lambda v, cell, calendar: (days.start(v, cell, calendar), days.end(v, cell, calendar))),
    When("before", "before", DAY, lambda v, cell, calendar: (EARLIEST, days.start(v, cell, calendar))),
    When("after", "after", DAY, lambda v, cell, calendar: (days.end(v, cell, calendar), LATEST)),
    When("on_or_before", "on or before", DAY, lambda v, cell, calendar: (EARLIEST, days.end(v, cell, calendar))),
    When("on_or_after", "on or after", DAY, lambda v, cell, calendar: (days.start(v, cell, calendar), LATEST)),
    When("between", "between", TWO_DAYS, _between),
    When("last_n", "in the last", SPAN, _days(days.last)),
    When("next_n", "in the next", SPAN, _days(days.next_)),
    *_periods(),
)


def within(field: sql.Composable, span: Span) -> sql.Composable:
    """A time of the row's own lies in a span."""
    ends = [{EARLIEST: "-infinity", LATEST: "infinity"}.get(text, text) for text in span]
    each = sql.SQL("({0} >= {1}::timestamptz AND {0} < {2}::timestamptz)")
    return each.format(field, sql.Literal(ends[0]), sql.Literal(ends[1]))


def _cell_within(when: When) -> Compile:
    def compile_it(cell: Cell, value: Any, calendar: Calendar) -> sql.Composable:
        span = when.span(value, cell, calendar)
        if cell.field:
            return within(cell.field, span)
        shown = cell.sorted if cell.ordered else sql.SQL('({} COLLATE "C")').format(cell.text)
        return sql.SQL("({0} >= {1} AND {0} < {2} AND {3} LIKE {4})").format(
            shown, sql.Literal(span[0]), sql.Literal(span[1]), cell.text, sql.Literal(_FORMS[cell.family])
        )

    return compile_it


def _label(when: When) -> str:
    return "is" if when.key == "is" else f"is {when.words}"


OPERATORS = (
    *(Operator(when.key, _label(when), when.takes, _cell_within(when), ordered=True) for when in WHENS),
    EMPTY,
    NOT_EMPTY,
    SAME,
)
