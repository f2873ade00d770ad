"""Statements over tables_row, read from a table's projection instead where that holds all that they ask for.

What a projection holds is known as SQL (tables/projections.py). Wherever the same SQL stands in a statement, the
projection's column takes its place, as PostgreSQL itself does with what an index holds. Where anything is left that only
the rows have, the statement stays as it is.
"""

import re
from collections.abc import Iterator, Sequence
from typing import LiteralString, NamedTuple

from django.conf import settings
from django.db import connection
from psycopg import sql

from tables.columns import kind_of
from tables.columns.base import SORT_PREFIX, cell_at
from tables.models import Column, columns_at
from tables.projections import MOST_LENGTH, Held, Projection, find, held, is_held, sorted_by
from tables.query import cells
from tables.query.operators.anything import is_empty
from tables.query.operators.text import folded, length

# Words of SQL that a statement may not hold once all is in its place: what the rows alone have, and other reads of rows.
_ROWS_ONLY = re.compile(r"\b(data|version|select|from)\b", re.IGNORECASE)
_ALWAYS = frozenset({"id", "position", "table_id"})


class Source(NamedTuple):
    """What stands behind FROM, named tables_row, and parts of the statement that fit it."""

    rows: sql.Composable
    parts: tuple[sql.Composable, ...]


class _NotHeld(Exception):
    """The projection does not hold what is asked for."""


def source(table_id: int, parts: Sequence[sql.Composable]) -> Source | None:
    """The parts of a statement over tables_row as they are over the table's projection, to be run at once.

    None where there is no projection, or it does not hold all that they read.
    """
    found = _found(table_id)
    if found is None:
        return None
    projection, columns = found
    places = [place for column in columns if is_held(projection, column) for place in _places(column, table_id)]
    try:
        put = tuple(_in_place(part, places, projection) for part in parts)
    except _NotHeld:
        return None
    rows = sql.SQL("(SELECT *, {} AS table_id FROM {}) AS tables_row")
    return Source(rows.format(sql.Literal(table_id), sql.Identifier(projection.name)), put)


def keys(table_id: int) -> frozenset[int]:
    """The keys of the columns whose order a table's projection holds."""
    found = _found(table_id)
    return frozenset(column.key for column in found[1] if is_held(found[0], column)) if found else frozenset()


def _found(table_id: int) -> tuple[Projection, Sequence[Column]] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_count, columns_version FROM tables_table WHERE id = %s", [table_id])
        rows, version = cursor.fetchone() or (0, 0)
    projection = find(table_id) if rows > settings.PROJECTION_ROWS else None
    return (projection, columns_at(table_id, version)) if projection else None


Place = tuple[sql.Composable, sql.Composable]


def _places(column: Column, table_id: int) -> Iterator[Place]:
    """What stands for what: SQL over tables_row, and the same over the projection. Wholes come before their parts."""
    there = held(column)
    if not there:
        return
    cell = cell_at(column.key)
    family, order, text = kind_of(column.kind).family, sorted_by(column), _looked_up(column, table_id)
    yield there["sort"].value, order
    if family == "text":
        size = _named(there["length"])
        yield from _presence(column, sql.SQL("({} IS NOT NULL)").format(size))
        yield folded(cell.text), _either("{} > {}", size, SORT_PREFIX, folded(text), order)
        yield length(cell.text), _either("{} >= {}", size, MOST_LENGTH, length(text), size)
    elif family == "choice":
        yield cell.text, _named(there["text"])
    elif family in ("number", "date", "datetime"):
        other = _named(there["other"])
        yield from _presence(column, sql.SQL("({} OR {} IS NOT NULL)").format(other, order))
        if family == "number":
            by_number = sql.SQL("hash_numeric_extended({}, 0)").format(order)
            by_text = sql.SQL("hashtextextended({}, 0)").format(text)
            yield cells.hashed(column), sql.SQL("(CASE WHEN {} THEN {} ELSE {} END)").format(other, by_text, by_number)
        else:
            yield cell.text, sql.SQL("(CASE WHEN {} THEN {} ELSE {} END)").format(other, text, order)


def _named(value: Held) -> sql.Composable:
    return sql.Identifier(value.name)


def _presence(column: Column, present: sql.Composable) -> Iterator[Place]:
    yield cells.filled(column), present
    yield is_empty(column.key), sql.SQL("(NOT {})").format(present)


def _either(
    test: LiteralString, size: sql.Composable, least: int, whole: sql.Composable, short: sql.Composable
) -> sql.Composable:
    """What is told by the row itself of long texts, and by the projection of others."""
    return sql.SQL("(CASE WHEN " + test + " THEN {} ELSE {} END)").format(size, sql.Literal(least), whole, short)


def _looked_up(column: Column, table_id: int) -> sql.Composable:
    """The text of a cell, which only the row itself has: for the few of which the projection does not tell all."""
    return sql.SQL('(rowan_cell({}, id, {}) COLLATE "C")').format(sql.Literal(table_id), sql.Literal(str(column.key)))


def _in_place(part: sql.Composable, places: Sequence[Place], projection: Projection) -> sql.Composable:
    for value, place in places:
        if part == value:
            return place
    if isinstance(part, sql.Composed):
        return sql.Composed([_in_place(each, places, projection) for each in part])
    if isinstance(part, sql.SQL) and _ROWS_ONLY.search(part.as_string()):
        raise _NotHeld
    if isinstance(part, sql.Identifier) and part.as_string().strip('"') not in _ALWAYS | projection.names:
        raise _NotHeld
    return part
