"""The different values of a column, the most frequent first: what a filter offers."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, LiteralString, NamedTuple

from psycopg import sql

from tables import fold
from tables.columns import BadValue, kind_of
from tables.columns.base import SORT_PREFIX, Cell
from tables.columns.select import Select, lookup
from tables.models import Column
from tables.query.cells import cell, checked, family, identity, number
from tables.query.scan import fetch, scan
from tables.query.showing import storable
from tables.query.uniques import grouping_planned, looks_unique

MOST_SEARCH = 1_000  # characters
_ALL = sql.SQL("TRUE")
_COUNTED: LiteralString = """
    WITH g AS MATERIALIZED (SELECT u, count(*) AS cells FROM {rows} WHERE {before} GROUP BY u)
    SELECT u, cells, (SELECT count(u) FROM g WHERE {after}), coalesce((SELECT g.cells FROM g WHERE g.u IS NULL), 0)
    FROM g WHERE u IS NOT NULL AND {after} ORDER BY cells DESC, {order} LIMIT {limit}
"""


@dataclass(frozen=True, slots=True)
class Different:
    """One value, its HTML as in a cell, and in how many cells it stands."""

    value: Any  # as stored; a moment that the row keeps is ISO text, an unchecked box is False
    html: str
    count: int


class Counted(NamedTuple):
    """What `counted` found, as JSON can hold it: [value, count] pairs, all values, and (without a search) empty cells."""

    values: list[list[Any]]
    total: int
    empty: int


def distinct(
    where: sql.Composable, table_id: int, column: Column, search: str = "", limit: int = 50
) -> tuple[list[Different], int]:
    """The `limit` most frequent values, those of one count in the column's order, and how many there are in all.

    Empty cells are no value. A list of choices counts for each of them. `search` keeps what holds it, without case and accents.
    """
    found = counted(where, table_id, column, search, limit)
    return shown(column, found.values), found.total


def shown(column: Column, values: Sequence[Sequence[Any]]) -> list[Different]:
    """Pairs of `counted` as people see them. What is kept has no HTML in it: a choice may be renamed."""
    return [Different(value, _html(column, value), count) for value, count in values]


def counted(where: sql.Composable, table_id: int, column: Column, search: str = "", limit: int = 50) -> Counted:
    """The values and their counts. Exact: of 1,000,000 different texts every one is counted, which takes a second."""
    search = " ".join(search[:MOST_SEARCH].replace("\0", "").encode(errors="ignore").decode().split())
    unique = family(column) != "choices" and looks_unique(where, table_id, column)
    matches = _matches(column, search) if search else _ALL
    # Where values come often, only each one of them is compared and not every cell.
    before, after = (matches, _ALL) if unique else (_ALL, matches)
    statement = sql.SQL(_COUNTED).format(
        rows=scan(where, table_id, {"u": _value(column)}),
        before=before,
        after=after,
        order=sql.SQL("u") if unique else _order(column),  # to fold a million texts for ties would cost 0.3 s
        limit=sql.Literal(limit),
    )
    with grouping_planned(unique):
        rows = fetch(statement)
    total, empty = rows[0][2:] if rows else (0, 0)
    return Counted([[storable(value), count] for value, count, *_ in rows], total, 0 if search else empty)


def _value(column: Column) -> sql.Composable:
    """What the rows are grouped by."""
    match family(column):
        case "number":
            return number(column)
        case "check":
            return checked(column)
        case "choices":
            return sql.SQL(
                "jsonb_array_elements_text(CASE WHEN jsonb_typeof({0}) = 'array' THEN {0} ELSE '[null]' END) COLLATE \"C\""
            ).format(cell(column))
        case _:
            return identity(column)


def _order(column: Column) -> sql.Composable:
    """The column's order, over the value u."""
    match family(column):
        case "text":
            return sql.SQL("rowan_fold(left(u, {})), u").format(sql.Literal(SORT_PREFIX))
        case "choice" | "choices":
            return sql.SQL("{}, u").format(Select().sort_sql(Cell(sql.SQL("to_jsonb(u)"), sql.SQL("u")), column.options))
        case _:
            return sql.SQL("u")


def _matches(column: Column, search: str) -> sql.Composable:
    """Whether the value u, as shown, holds the search; of days and numbers as they are stored, or as they would be typed."""
    pattern = sql.Literal("%" + fold.unmarked(fold.plain(search)) + "%")
    if family(column) in ("choice", "choices"):
        names = lookup(column.options).names
        return sql.SQL(
            "u IN (SELECT id FROM unnest({}::text[], {}::text[]) AS o (id, name) WHERE rowan_plain(name) LIKE {})"
        ).format(sql.Literal(list(names)), sql.Literal(list(names.values())), pattern)
    contains = sql.SQL("rowan_plain(u::text) LIKE {}").format(pattern)
    if family(column) not in ("number", "day"):
        return contains
    with suppress(BadValue):
        typed = kind_of(column.kind).parse(search, column.options)
        if typed is not None:
            return sql.SQL("({} OR u = {})").format(contains, sql.Literal(typed))
    return contains


def _html(column: Column, value: Any) -> str:
    kind = kind_of(column.kind)
    if family(column) == "choices":
        return Select().html(value, column.options)
    if kind.row_field and family(column) == "day":
        return kind.html(datetime.fromisoformat(value), column.options)
    return kind.html(value, column.options) if family(column) != "text" else escape(kind.text(value, column.options))
