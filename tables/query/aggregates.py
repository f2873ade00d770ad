"""What a column adds up to: counts, sums, medians, first and last days; of all rows, or of each group.

`AGGREGATES` is the one table of them. An aggregate is made of measures, which are SQL, and all that are asked for are
taken in one scan of the rows; how many values differ takes one of its own for each column, medians one for all of
them. Everything is exact: numbers are numeric in PostgreSQL, and no sum can overflow.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from functools import reduce
from itertools import chain, groupby, repeat
from types import MappingProxyType
from typing import Any, LiteralString

from psycopg import sql

from tables.columns import kind_of
from tables.columns.base import quoted
from tables.models import Column
from tables.query import cells, showing
from tables.query.cells import Family, family, is_day
from tables.query.medians import SORTED, medians, middle
from tables.query.scan import fetch, scan
from tables.query.uniques import count_unique

# Over a row's values: {f} whether the cell is filled, {h} what tells it apart, {n} its number, {d} its day or moment,
# {c} whether it is checked.
_MEASURES: dict[str, LiteralString] = {
    "rows": "count(*)",
    "filled": "count(*) FILTER (WHERE {f})",
    "unique": "count(DISTINCT {h})",
    "sum": "sum({n})",
    "numbers": "count({n})",
    "median": SORTED,
    "least": "min({n})",
    "most": "max({n})",
    "deviation": "stddev_samp({n})",
    "first": "min({d})",
    "last": "max({d})",
    "checked": "count(*) FILTER (WHERE {c})",
}
_VALUES: dict[str, Callable[[Column, bool], sql.Composable]] = {
    "f": lambda column, strict: cells.filled(column),
    "h": lambda column, strict: cells.hashed(column),
    "n": lambda column, strict: cells.number(column),
    "d": cells.day,
    "c": lambda column, strict: cells.checked(column),
}
_EXACT = Context(prec=700)  # digits: a sum of doubles has up to 616


def _exact_sum(numbers: Iterable[Decimal]) -> Decimal:
    return reduce(_EXACT.add, numbers)


# How a measure of groups together is made of theirs; for the others the rows themselves are needed.
_TOGETHER: dict[str, Callable[[Iterable[Any]], Any]] = {
    "rows": sum, "filled": sum, "sum": _exact_sum, "numbers": sum, "checked": sum,
    "least": min, "most": max, "first": min, "last": max,
}  # fmt: skip
_APART = ("unique", "median")  # of all rows there is a faster way than these

_MOST: tuple[Family, ...] = ("text", "choice", "choices", "number", "day")
_EVERY: tuple[Family, ...] = (*_MOST, "check", "serial")


def _as_it_is(value: Any) -> Any:
    return value


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate: the families of columns it serves, its measures, its value made of them, and how that is shown."""

    key: str
    label: str
    families: tuple[Family, ...]
    measures: tuple[str, ...]
    show: Callable[[Column, Any], str]
    value: Callable[..., Any] = _as_it_is


AGGREGATES: dict[str, Aggregate] = {
    each.key: each
    for each in (
        Aggregate("count", "Count", _EVERY, ("rows",), showing.count),
        Aggregate("empty", "Empty", _MOST, ("rows", "filled"), showing.count, lambda rows, filled: rows - filled),
        Aggregate("filled", "Filled", _MOST, ("filled",), showing.count),
        Aggregate("unique", "Unique", _MOST, ("unique",), showing.count),
        Aggregate(
            "percent_empty", "Percent empty", _MOST, ("rows", "filled"), showing.share,
            lambda rows, filled: _share(rows - filled, rows),
        ),
        Aggregate("percent_filled", "Percent filled", _MOST, ("filled", "rows"), showing.share, _share),
        # Of the filled cells: 100 % says that no value comes twice.
        Aggregate("percent_unique", "Percent unique", _MOST, ("unique", "filled"), showing.share, _share),
        Aggregate("sum", "Sum", ("number",), ("sum",), showing.number),
        Aggregate("average", "Average", ("number",), ("sum", "numbers"), showing.mean, lambda *made: _mean(*made)),
        Aggregate("median", "Median", ("number",), ("median",), showing.mean),
        Aggregate("min", "Min", ("number", "serial"), ("least",), showing.number),
        Aggregate("max", "Max", ("number", "serial"), ("most",), showing.number),
        Aggregate("range", "Range", ("number",), ("least", "most"), showing.number, lambda *ends: _between(*ends)),
        Aggregate("deviation", "Standard deviation", ("number",), ("deviation",), showing.mean),
        Aggregate("earliest", "Earliest", ("day",), ("first",), showing.day),
        Aggregate("latest", "Latest", ("day",), ("last",), showing.day),
        Aggregate("range_days", "Range in days", ("day",), ("first", "last"), showing.days, lambda *ends: _days(*ends)),
        Aggregate("checked", "Checked", ("check",), ("checked",), showing.count),
        Aggregate("unchecked", "Unchecked", ("check",), ("rows", "checked"), showing.count, lambda rows, checked: rows - checked),
        Aggregate("percent_checked", "Percent checked", ("check",), ("checked", "rows"), showing.share, _share),
        Aggregate(
            "percent_unchecked", "Percent unchecked", ("check",), ("rows", "checked"), showing.share,
            lambda rows, checked: _share(rows - checked, rows),
        ),
    )
}  # fmt: skip


class Unknown(ValueError):
    """An aggregate that does not exist, or not for this kind of column; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Result:
    """One aggregate of one column: its value, which JSON can hold, and how people see it."""

    column: Column
    aggregate: Aggregate
    value: Any
    shown: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group: the values that its rows share, how many they are, the first of them by id, and its aggregates."""

    values: tuple[Any, ...]
    count: int
    row_id: int
    results: list[Result]


Wanted = Sequence[tuple[Column, str]]  # a column and the key of an aggregate
_Measure = tuple[Column, str]
_NO_TAIL = sql.SQL("")


def aggregates_of(column: Column) -> list[Aggregate]:
    """The aggregates that a column has, in the order of a menu."""
    mine = family(column)
    return [each for each in AGGREGATES.values() if mine in each.families]


def aggregate(where: sql.Composable, table_id: int, wanted: Wanted) -> list[Result]:
    """Aggregates of the rows that `where` keeps, in the order they are asked for. Raises Unknown."""
    return results(wanted, values(where, table_id, wanted))


def values(where: sql.Composable, table_id: int, wanted: Wanted) -> list[Any]:
    """The values of these aggregates alone, as JSON can hold them: what a cache keeps. Raises Unknown."""
    measures = _measures(wanted)
    scanned = [each for each in measures if each[1] not in _APART]
    found = _named(scanned, _taken(where, table_id, scanned)[0][2:]) if scanned else {}
    halves = [column for column, measure in measures if measure == "median"]
    if halves:
        found |= {(key, "median"): value for key, value in medians(where, table_id, halves).items()}
    for column, measure in measures:
        if measure == "unique":
            found[column.key, measure] = count_unique(where, table_id, column)
    return [_value(column, key, found) for column, key in wanted]


def results(wanted: Wanted, found: Iterable[Any]) -> list[Result]:
    """Values as people see them: in the columns' own form and the person's time zone."""
    return [
        Result(column, AGGREGATES[key], value, showing.NOTHING if value is None else AGGREGATES[key].show(column, value))
        for (column, key), value in zip(wanted, found, strict=True)
    ]


def per_level(
    where: sql.Composable,
    table_id: int,
    group_exprs: Sequence[sql.Composable],
    wanted: Wanted,
    limit: int,
    descending: Sequence[bool] = (),
) -> list[list[GroupRow]]:
    """The groups of rows that share the first expression's values, the first two's, and so on, each level in the order of a sort.

    A level is sorted upwards, or downwards where `descending` says so; empty values come last both ways. The deepest one is
    scanned for, and those above it are added up from it where their measures can be: how many values differ, medians and
    deviations cannot, and take seconds where a table has a million rows. It ends with a level of `limit` groups, as many as it
    gives of one. Raises Unknown.
    """
    if not group_exprs:
        return []
    measures, deep = _measures(wanted), len(group_exprs)
    deepest = None
    if all(measure in _TOGETHER for _, measure in measures):
        deepest = _scanned(where, table_id, group_exprs, measures, limit, descending)
        if len(deepest) < limit:
            return [_groups(_added_up(deepest, depth, deep, measures), depth, measures, wanted) for depth in range(1, deep + 1)]
    levels: list[list[GroupRow]] = []
    for depth in range(1, deep + 1):
        rows = deepest if depth == deep else None
        rows = rows or _scanned(where, table_id, group_exprs[:depth], measures, limit, descending[:depth])
        levels.append(_groups(rows, depth, measures, wanted))
        if len(rows) >= limit:
            break
    return levels


def _scanned(
    where: sql.Composable,
    table_id: int,
    group_exprs: Sequence[sql.Composable],
    measures: Sequence[_Measure],
    limit: int,
    descending: Sequence[bool],
) -> list[tuple[Any, ...]]:
    """Rows of the groups' values, how many rows there are, the first one's id, and the measures."""
    groups = {f"g{level}": expression for level, expression in enumerate(group_exprs)}
    levels = [
        sql.SQL("{} {} NULLS LAST").format(sql.Identifier(name), sql.SQL("DESC" if down else "ASC"))
        for name, down in zip(groups, chain(descending, repeat(False)), strict=False)
    ]
    tail = sql.SQL("GROUP BY {} ORDER BY {} LIMIT {}").format(
        sql.SQL(", ").join(map(sql.Identifier, groups)), sql.SQL(", ").join(levels), sql.Literal(limit)
    )
    return _taken(where, table_id, measures, groups, tail)


def _added_up(deepest: Iterable[tuple[Any, ...]], depth: int, deep: int, measures: Sequence[_Measure]) -> list[tuple[Any, ...]]:
    """The rows of `_scanned` for the first `depth` of `deep` levels, in the same order: equal values stand together."""
    together: list[Callable[[Iterable[Any]], Any]] = [sum, min, *(_TOGETHER[measure] for _, measure in measures)]
    found = []
    for shared, rows in groupby(deepest, key=lambda row: row[:depth]):
        taken = zip(*(row[deep:] for row in rows), strict=True)
        found.append((*shared, *(_of_filled(add, values) for add, values in zip(together, taken, strict=True))))
    return found


def _of_filled(add: Callable[[Iterable[Any]], Any], values: Iterable[Any]) -> Any:
    filled = [value for value in values if value is not None]
    return add(filled) if filled else None


def _groups(rows: Iterable[tuple[Any, ...]], deep: int, measures: Sequence[_Measure], wanted: Wanted) -> list[GroupRow]:
    groups = []
    for row in rows:
        shared, (count, row_id), taken = row[:deep], row[deep : deep + 2], row[deep + 2 :]
        found = _named(measures, taken)
        groups.append(GroupRow(shared, count, row_id, results(wanted, [_value(column, key, found) for column, key in wanted])))
    return groups


def _measures(wanted: Wanted) -> list[_Measure]:
    """The measures that these aggregates need, each once. Raises Unknown."""
    needed: dict[tuple[int, str], _Measure] = {}
    for column, key in wanted:
        if key not in AGGREGATES:
            raise Unknown(f"There is no aggregate {quoted(key)}. There are: {', '.join(AGGREGATES)}.")
        if family(column) not in AGGREGATES[key].families:
            label = kind_of(column.kind).label
            raise Unknown(f"{quoted(column.name)} is a column of the kind “{label}”, which has no “{AGGREGATES[key].label}”.")
        for measure in AGGREGATES[key].measures:
            needed[column.key, measure] = (column, measure)
    return list(needed.values())


def _taken(
    where: sql.Composable,
    table_id: int,
    measures: Sequence[_Measure],
    groups: Mapping[str, sql.Composable] = MappingProxyType({}),
    tail: sql.Composable = _NO_TAIL,
) -> list[tuple[Any, ...]]:
    """Rows of the groups' values, how many rows there are, the first one's id, and the measures, in one scan."""
    rows = fetch(_statement(where, table_id, measures, groups, tail, strict=False))
    ends = [(column, len(groups) + 2 + at) for at, (column, measure) in enumerate(measures) if measure in ("first", "last")]
    if all(row[at] is None or is_day(column, row[at]) for column, at in ends for row in rows):
        return rows
    return fetch(_statement(where, table_id, measures, groups, tail, strict=True))


def _statement(
    where: sql.Composable,
    table_id: int,
    measures: Sequence[_Measure],
    groups: Mapping[str, sql.Composable],
    tail: sql.Composable,
    strict: bool,
) -> sql.Composable:
    read: dict[str, sql.Composable] = {"id": sql.Identifier("id"), **groups}
    fields = [*map(sql.Identifier, groups), sql.SQL("count(*)"), sql.SQL("min(id)")]
    for column, measure in measures:
        value = next((letter for letter in _VALUES if f"{{{letter}}}" in _MEASURES[measure]), None)
        name = f"{value}{column.key}"
        if value:
            read[name] = _VALUES[value](column, strict)
        fields.append(sql.SQL(_MEASURES[measure]).format(**{value: sql.Identifier(name)} if value else {}))
    return sql.SQL("SELECT {} FROM {} {}").format(sql.SQL(", ").join(fields), scan(where, table_id, read), tail)


def _named(measures: Sequence[_Measure], taken: Sequence[Any]) -> dict[tuple[int, str], Any]:
    return {
        (column.key, measure): middle(value) if measure == "median" else value
        for (column, measure), value in zip(measures, taken, strict=True)
    }


def _value(column: Column, key: str, found: Mapping[tuple[int, str], Any]) -> Any:
    """An aggregate's value from its measures."""
    aggregate = AGGREGATES[key]
    return showing.storable(aggregate.value(*(found[column.key, measure] for measure in aggregate.measures)))


def _mean(total: Decimal | None, numbers: int) -> Decimal | None:
    return None if total is None else _EXACT.divide(total, Decimal(numbers))


def _between(least: Any, most: Any) -> Any:
    return None if least is None or most is None else most - least


def _days(first: Any, last: Any) -> int | None:
    """From a stored day or moment to another."""
    moments = [datetime.fromisoformat(each) if isinstance(each, str) else each for each in (first, last)]
    passed = _between(*moments)
    return None if passed is None else int(passed.days)
