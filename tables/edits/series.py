"""Continuing a series of values, as a fill handle does. Pure."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

_COUNTED = re.compile(r"(.*?)(\d{1,15})", re.ASCII | re.DOTALL)


def continued(values: Sequence[Any], count: int, wanted: range | None = None) -> list[Any]:
    """The next `count` values: numbers, days, moments, months, and texts that end in a number go on in equal steps.

    Where there is no such step, or fewer than two values, they are repeated. None stands where a step leads out of the
    calendar. Of a long series `wanted` says which of them are asked for, counted from 0.
    """
    wanted = range(count) if wanted is None else wanted
    for steps in (_numbers, _days, _moments, _counted):
        if len(values) > 1 and (found := steps(values, count, wanted)) is not None:
            return found
    return repeated(values, wanted)


def repeated(values: Sequence[Any], wanted: range) -> list[Any]:
    """The next values when these come again and again."""
    return [values[n % len(values)] for n in wanted]


def _even_step(numbers: Sequence[Any]) -> Any:
    """The step between neighbours if it is the same everywhere, else None."""
    steps = {after - before for before, after in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 else None


def _numbers(values: Sequence[Any], count: int, wanted: range) -> list[Any] | None:
    if not all(type(value) is int or type(value) is float for value in values):
        return None
    # Through repr: 0.1 and 0.2 go on with 0.3, not with 0.30000000000000004.
    exact = [Decimal(repr(value)) for value in values]
    step = _even_step(exact)
    if step is None:
        return None
    found = [exact[-1] + step * (n + 1) for n in wanted]
    return [int(each) if each == each.to_integral_value() else float(each) for each in found]


def _days(values: Sequence[Any], count: int, wanted: range) -> list[Any] | None:
    days = [_day(value) for value in values]
    if None in days:
        return None
    known = [day for day in days if day is not None]
    months = _even_step([day.year * 12 + day.month for day in known])
    if months and len({day.day for day in known}) == 1:
        last = known[-1].year * 12 + known[-1].month - 1
        return [_month_day(last + months * (n + 1), known[-1].day) for n in wanted]
    step = _even_step(known)
    return None if step is None else [_text(known[-1], step, n + 1) for n in wanted]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 and value[4] == "-" else None
    except ValueError:
        return None


def _month_day(month: int, day: int) -> str | None:
    """The same day of another month, or the month's last."""
    for last in range(day, 27, -1):
        try:
            return date(month // 12, month % 12 + 1, last).isoformat()
        except ValueError:
            continue
    try:
        return date(month // 12, month % 12 + 1, min(day, 28)).isoformat()
    except ValueError:
        return None


def _text(start: date, step: timedelta, times: int) -> str | None:
    try:
        return (start + step * times).isoformat()
    except OverflowError:
        return None


def _moments(values: Sequence[Any], count: int, wanted: range) -> list[Any] | None:
    if not all(isinstance(value, str) and len(value) == 20 and value[19] == "Z" for value in values):
        return None
    try:
        moments = [datetime.fromisoformat(value[:19]) for value in values]
    except ValueError:
        return None
    step = _even_step(moments)
    if step is None:
        return None
    found = [_text(moments[-1], step, n + 1) for n in wanted]
    return [f"{each}Z" if each else None for each in found]


def _counted(values: Sequence[Any], count: int, wanted: range) -> list[Any] | None:
    """Texts like Item 1, Item 2."""
    found = [_COUNTED.fullmatch(value) if isinstance(value, str) and len(value) < 300 else None for value in values]
    parts = [(each[1], each[2]) for each in found if each]
    if len(parts) < len(values) or len({name for name, _ in parts}) > 1:
        return None
    step = _even_step([int(number) for _, number in parts])
    name, last = parts[-1]
    width = len(last) if last.startswith("0") else 0
    if step is None or int(last) + step * count < 0:
        return None
    return [f"{name}{int(last) + step * (n + 1):0{width}}" for n in wanted]
