"""Aggregates as people see them, and as JSON can hold them: numbers and days in their column's own form."""

import math
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

from tables.columns import kind_of
from tables.columns.created_time import CreatedTime
from tables.columns.percent import Percent
from tables.models import Column

NOTHING = "–"  # of an empty table: no sum, no first day
_WHOLE = 2**53  # from here on a double has no digits behind the point
_LARGE, _FIFTEEN = 10**21, Context(prec=15)


def storable(value: Any) -> Any:
    """A measured value as JSON can hold it. An exact number is an int, or the double next to it; a moment is ISO text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()[:19] + "Z"
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() or abs(value) >= _WHOLE else float(value)


def count(column: Column, value: int) -> str:
    return f"{value:,}"


def share(column: Column, value: float) -> str:
    """A share in percent; what is not nothing is never shown as 0%, and what is not all never as 100%."""
    percent = 100 * value
    if 0 < percent < 0.1:
        return "<0.1%"
    if 99.9 < percent < 100:
        return ">99.9%"
    return f"{percent:.1f}".removesuffix(".0") + "%"


def number(column: Column, value: int | float) -> str:
    if isinstance(value, int) and abs(value) >= _LARGE:
        value = int(_FIFTEEN.create_decimal(value))  # a sum may have hundreds of digits
    return kind_of(column.kind).text(value, column.options)


def mean(column: Column, value: int | float) -> str:
    """A number that nobody typed: where the column does not say how many decimals, two, or three digits of a small one."""
    if isinstance(value, float) and column.options.get("decimals") is None:
        places = max(2, 2 - math.floor(math.log10(abs(value)))) if value else 0
        value = round(value, places + 2 * isinstance(kind_of(column.kind), Percent))
    return number(column, int(value) if isinstance(value, float) and value.is_integer() else value)


def day(column: Column, value: str) -> str:
    kind = kind_of(column.kind)
    return kind.text(datetime.fromisoformat(value) if isinstance(kind, CreatedTime) else value, column.options)


def days(column: Column, value: int) -> str:
    return "1 day" if value == 1 else f"{value:,} days"
