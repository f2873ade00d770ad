"""How a column's values are spread: numbers in round bins, days by week to year, everything else by its most frequent values."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from psycopg import sql

from tables.columns import kind_of
from tables.columns.percent import Percent
from tables.columns.select import lookup
from tables.models import Column
from tables.query import aggregates, calendar, showing
from tables.query.cells import family, number
from tables.query.distinct import counted
from tables.query.scan import SAMPLE, fetch, scan

MOST_BINS = 20
MOST_VALUES = 12
_STEPS = (1, 2, 5, 10)
_LEAST_SAMPLE = 100  # numbers, to say where most lie


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, how many cells, and the colour of the choice it stands for."""

    label: str
    count: int
    color: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Bars in the order they are shown. `is_range`: they stand for neighbouring ranges, without a gap."""

    bars: tuple[Bar, ...]
    is_range: bool
    note: str = ""  # what the bars leave out, in a sentence


def distribution(where: sql.Composable, table_id: int, column: Column, zone: tzinfo = UTC) -> Distribution:
    """How the column's cells are spread over the rows that `where` keeps; moments count in the time zone."""
    match family(column):
        case "number" | "serial":
            return _of_numbers(where, table_id, column)
        case "day":
            return _of_days(where, table_id, column, zone)
        case _:
            return _of_values(where, table_id, column)


def _of_values(where: sql.Composable, table_id: int, column: Column) -> Distribution:
    found = counted(where, table_id, column, limit=MOST_VALUES)
    if family(column) == "check":
        counts = dict(found.values)
        return Distribution((Bar("Checked", counts.get(True, 0)), Bar("Unchecked", counts.get(False, 0))), is_range=False)
    choices = lookup(column.options)
    colors = {choice["id"]: choice["color"] for choice in choices.options}
    bars = [Bar(choices.names.get(value, str(value)), count, colors.get(value, "")) for value, count in found.values]
    rest = found.total - len(bars)
    notes = [f"{rest:,} other {'value is' if rest == 1 else 'values are'} not shown."] if rest else []
    return Distribution(tuple(bars), is_range=False, note=" ".join([*notes, *_empty_note(found.empty)]))


def _empty_note(empty: int) -> list[str]:
    return [f"{empty:,} {'cell is' if empty == 1 else 'cells are'} empty."] if empty else []


@dataclass(frozen=True, slots=True)
class _Bins:
    """Bins of one width, counted from zero: number n holds n * step up to (n + 1) * step; the outer ones may be open."""

    step: Decimal
    first: int
    last: int
    single: bool = False  # each bin holds one whole number
    open_below: bool = False
    open_above: bool = False

    def label(self, at: int, column: Column) -> str:
        low, high = (showing.number(column, showing.storable(self.step * place)) for place in (at, at + 1))
        if self.single:
            return low
        if at == self.first and self.open_below:
            return f"less than {high}"
        return f"{low} and more" if at == self.last and self.open_above else f"{low} to {high}"


def _of_numbers(where: sql.Composable, table_id: int, column: Column) -> Distribution:
    least, most = aggregates.values(where, table_id, [(column, "min"), (column, "max")])
    if least is None:
        return Distribution((), is_range=True)
    bins = _bins(column, least, most, *_most_lie_between(where, table_id, column))
    statement = sql.SQL(
        "SELECT greatest({first}, least({last}, floor(n / {step}))) AS bin, count(*) FROM {rows} WHERE n IS NOT NULL GROUP BY bin"
    ).format(
        first=sql.Literal(bins.first),
        last=sql.Literal(bins.last),
        step=sql.Literal(bins.step),
        rows=scan(where, table_id, {"n": number(column)}),
    )
    counts = {int(at): count for at, count in fetch(statement)}
    bars = [Bar(bins.label(at, column), counts.get(at, 0)) for at in range(bins.first, bins.last + 1)]
    return Distribution(tuple(bars), is_range=True)


def _most_lie_between(where: sql.Composable, table_id: int, column: Column) -> tuple[Any, Any]:
    """Between which two numbers 98 of 100 in a sample lie; None twice for too small a sample."""
    rows = scan(where, table_id, {"n": number(column)}, SAMPLE)
    ((count, ends),) = fetch(
        sql.SQL("SELECT count(n), percentile_disc(ARRAY[0.01, 0.99]) WITHIN GROUP (ORDER BY n) FROM {}").format(rows)
    )
    return (showing.storable(ends[0]), showing.storable(ends[1])) if count >= _LEAST_SAMPLE else (None, None)


def _bins(column: Column, least: Any, most: Any, low: Any, high: Any) -> _Bins:
    """Round bins for numbers from `least` to `most`. Where a few lie far outside of `low` to `high`, the outer bins are open."""
    below = low is not None and low - least > high - low
    above = low is not None and most - high > high - low
    start, end = low if below else least, high if above else most
    step = round_step(start, end, whole=not isinstance(kind_of(column.kind), Percent))
    first, last = (math.floor(Fraction(str(each)) / Fraction(step)) for each in (start, end))
    single = step == 1 and all(isinstance(each, int) for each in (start, end)) and end - start < MOST_BINS
    if not single and last > first and Fraction(str(end)) == last * Fraction(step):
        last -= 1  # the greatest number ends the last bin
    return _Bins(step, first - below, last + above, single and not below and not above, below, above)


def round_step(least: int | float, most: int | float, whole: bool = True) -> Decimal:
    """The smallest of 1, 2 and 5, times a power of ten, that cuts the range into at most MOST_BINS bins."""
    if least == most:
        return Decimal(1)
    if whole and isinstance(least, int) and isinstance(most, int) and 3 <= most - least < MOST_BINS:
        return Decimal(1)
    width = (Fraction(str(most)) - Fraction(str(least))) / MOST_BINS
    # Fractions have no overflow; a first power from the logarithm, put right below.
    power = math.floor(math.log10(width.numerator) - math.log10(width.denominator)) - 1
    while True:
        for step in _STEPS:
            if step * Fraction(10) ** power >= width:
                return Decimal(step).scaleb(power)
        power += 1


def _of_days(where: sql.Composable, table_id: int, column: Column, zone: tzinfo) -> Distribution:
    counts = calendar.by_day(where, table_id, column, zone)
    if not counts:
        return Distribution((), is_range=True)
    unit = calendar.unit_for(min(counts), max(counts))
    bins: Counter[int] = Counter()
    for day, count in counts.items():
        bins[unit.number(day)] += count
    bars = [Bar(unit.label(at, column), bins[at]) for at in range(min(bins), max(bins) + 1)]
    return Distribution(tuple(bars), is_range=True)
