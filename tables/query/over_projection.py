"""Statements over tables_row, read from a table's projection instead where that holds all that they ask for.

What a projection holds is known as SQL (tables/projections.py). Wherever the very same SQL stands in a statement, the
projection's column takes its place, as PostgreSQL itself does with what an index holds. Where anything is left that only
the rows have, the statement is read from the rows.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, wraps
from typing import LiteralString, NamedTuple, ParamSpec, TypeVar

from django.db import DatabaseError, connection
from psycopg import sql
from psycopg.errors import DivisionByZero, UndefinedColumn, UndefinedFunction, UndefinedTable

from tables.columns import kind_of
from tables.columns.base import SORT_PREFIX, cell_at, folded_beginning
from tables.columns.number import as_numeric
from tables.models import Column, columns_at
from tables.projections import MOST_LENGTH, READY, Held, Projection, find, held, is_held, look_up, may_exist, sorted_by
from tables.query import cells
from tables.query.operators.anything import is_empty
from tables.query.operators.text import folded, length

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

# Words of SQL that a statement may not hold once all is replaced: what the rows alone have, and other reads of rows. Fields
# of the row that a projection holds stand in a statement as identifiers.
_ROWS_ONLY = re.compile(
    r"\b(data|version|created_at|created_by|modified_at|modified_by|select|from)\b",
    re.IGNORECASE,
)
_ALWAYS = frozenset({"id", "position", "table_id"})  # the last of these `over_projection` gives, as every condition names it


class Source(NamedTuple):
    """What stands behind FROM, named tables_row, and parts of the statement that fit it."""

    rows: sql.Composable
    parts: tuple[sql.Composable, ...]


class _NotHeld(Exception):
    """The projection does not hold what is asked for."""


def over_projection(table_id: int, parts: Sequence[sql.Composable]) -> Source | None:
    """The parts of a statement over tables_row as they are over the table's projection, to be run at once, by `once_more`.

    None where there is no projection, or it does not hold all that they read.
    """
    known = _known(table_id)
    if known is None:
        return None
    try:
        put = tuple(_replaced(part, known.pairs, known.projection) for part in parts)
    except _NotHeld:
        return None
    # The comment is read in the statement's own snapshot: whoever sees rows that its trigger let pass by sees that, too.
    rows = sql.SQL(
        "(SELECT *, {} AS table_id FROM {} WHERE (SELECT 1 / count(*) FROM pg_description WHERE {}) = 1) AS tables_row"
    )
    ready = sql.SQL("objoid = {}::regclass AND classoid = 'pg_class'::regclass AND objsubid = 0 AND description LIKE {}")
    name = sql.Identifier(known.projection.name)
    is_ready = ready.format(sql.Literal(name.as_string()), sql.Literal(f"{READY}%"))
    return Source(rows.format(sql.Literal(table_id), name, is_ready), put)


def once_more(read: Callable[P, T]) -> Callable[P, T]:
    """What `read` gives; read again, and so from somewhere else, where the projection that it found was withdrawn."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except DatabaseError as error:
            if not isinstance(error.__cause__, (DivisionByZero, UndefinedTable, UndefinedColumn, UndefinedFunction)):
                raise
            log.info("A projection was gone when it was to be read: %s", error)
        return read(*args, **kwargs)

    return reading


def columns_held(table_id: int) -> frozenset[int]:
    """The keys of the columns whose order a table's projection holds."""
    known = _known(table_id)
    return known.keys if known else frozenset()


class _Known(NamedTuple):
    """A projection, which columns it holds, and what stands in it for what."""

    projection: Projection
    keys: frozenset[int]
    pairs: "Sequence[Replacement]"


def _known(table_id: int) -> _Known | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_count, columns_version FROM tables_table WHERE id = %s", [table_id])
        rows, version = cursor.fetchone() or (0, 0)
    projection = find(table_id) if may_exist(rows) else None
    return _known_at(projection, table_id, version) if projection else None


@lru_cache(maxsize=50)
def _known_at(projection: Projection, table_id: int, columns_version: int) -> _Known:
    columns = [column for column in columns_at(table_id, columns_version) if is_held(projection, column)]
    pairs = [pair for column in columns for pair in _replacements(column, projection)]
    return _Known(projection, frozenset(column.key for column in columns), pairs)


Replacement = tuple[sql.Composable, sql.Composable]


def _replacements(column: Column, projection: Projection) -> Iterator[Replacement]:
    """SQL over tables_row, and the same over the projection."""
    there = held(column)
    if not there:
        return
    cell = cell_at(column.key)
    order, text = sorted_by(column), _looked_up(column, projection)
    yield there["sort"].expression, order
    if "length" in there:
        size = _named(there["length"])
        yield from _presence(column, sql.SQL("({} IS NOT NULL)").format(size))
        yield length(cell.text), _either("{} >= {}", size, MOST_LENGTH, length(text), size)
        # Long texts are looked up one by one, which takes longer than to read all rows where most are long.
        if there["sort"].expression == folded_beginning(cell) and column.kind != "long_text":
            yield folded(cell.text), _either("{} > {}", size, SORT_PREFIX, folded(text), order)
    if "choice" in there:
        yield cell.text, _named(there["choice"])
    if "misfit" in there:
        misfit = _named(there["misfit"])
        either = sql.SQL("(CASE WHEN {} THEN {} ELSE {} END)")
        yield from _presence(column, sql.SQL("({} OR {} IS NOT NULL)").format(misfit, order))
        if there["sort"].expression == as_numeric(cell):
            by_number = sql.SQL("hash_numeric_extended({}, 0)").format(order)
            yield cells.hashed(column), either.format(misfit, sql.SQL("hashtextextended({}, 0)").format(text), by_number)
        elif kind_of(column.kind).family in ("date", "datetime"):  # a cell that fits is its order, as text
            yield cell.text, either.format(misfit, text, order)


def _named(value: Held) -> sql.Composable:
    return sql.Identifier(value.name)


def _presence(column: Column, present: sql.Composable) -> Iterator[Replacement]:
    yield cells.filled(column), present
    yield is_empty(column.key), sql.SQL("(NOT {})").format(present)


def _either(
    test: LiteralString, size: sql.Composable, least: int, whole: sql.Composable, short: sql.Composable
) -> sql.Composable:
    """What is told by the row itself of long texts, and by the projection of others."""
    return sql.SQL("(CASE WHEN " + test + " THEN {} ELSE {} END)").format(size, sql.Literal(least), whole, short)


def _looked_up(column: Column, projection: Projection) -> sql.Composable:
    """The text of a cell, which only the row itself has: for the few of which the projection does not tell all."""
    return sql.SQL('({}(id, {}) COLLATE "C")').format(look_up(projection.name), sql.Literal(str(column.key)))


def _replaced(part: sql.Composable, pairs: Sequence[Replacement], projection: Projection) -> sql.Composable:
    """From the whole down to its parts: what is held of a whole is better than what is held of them."""
    for value, replacement in pairs:
        if part == value:
            return replacement
    if isinstance(part, sql.Composed):
        return sql.Composed([_replaced(each, pairs, projection) for each in part])
    if isinstance(part, sql.SQL) and _ROWS_ONLY.search(part.as_string()):
        raise _NotHeld
    if isinstance(part, sql.Identifier) and part.as_string().strip('"') not in _ALWAYS | projection.names:
        raise _NotHeld
    return part
