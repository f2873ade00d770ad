"""Search: the rows where the text of at least one column, as it is shown, holds what a person wrote.

Anywhere inside it, without case and, unless a person wants them to count, accents (tables/fold.py); letter by letter:
nothing in it is a wildcard. Each kind of column says how its cells are searched, and whether they can hold the term at all.
See docs/search.md for figures.
"""

import re
from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from psycopg import sql

from tables import fold
from tables.columns import kind_of
from tables.columns.base import Cell, cell_at
from tables.models import Column

# Every other way to be found costs a look into the index of its own; a scan costs the same for any number of choices.
MOST_WAYS = 20


def search_sql(text: str, columns: Sequence[Column], *, zone: tzinfo, accents: bool = False) -> sql.Composable | None:
    """Whether a row is found, as a boolean over tables_row; None when none can be."""
    found = _found(text, columns, zone, accents)
    return _any([exact for exact, _ in found]) if found else None


class Indexed(NamedTuple):
    """Rows asked for so that an index answers; `reads_all` where it only helps, and all rows are looked at all the same."""

    where: sql.Composable
    reads_all: bool


def indexed_sql(text: str, columns: Sequence[Column], *, zone: tzinfo, accents: bool = False) -> Indexed | None:
    """The same rows, asked for so that the table's search index answers; None when it cannot.

    Only for a table whose search index is ready (tables/indexes.py). Where a part of the columns cannot be found by the
    index, numbers for example, only those are read in all rows.
    """
    by_index: list[sql.Composable] = []
    by_reading: list[sql.Composable] = []
    ways: dict[tuple[str, ...], None] = {}
    for exact, pieces in _found(text, columns, zone, accents):
        usable = pieces is not None and all(any(_is_indexed(piece) for piece in way) for way in pieces)
        if usable and len({*ways, *(pieces or ())}) <= MOST_WAYS:
            ways.update(dict.fromkeys(pieces or ()))
            by_index.append(exact)
        else:
            by_reading.append(exact)
    if not by_index:
        return None
    indexed = sql.SQL("({} AND {})").format(_any([_document_holds(way) for way in ways]), _any(by_index))
    if not by_reading:
        return Indexed(indexed, reads_all=False)
    either = sql.SQL("(id IN (SELECT id FROM tables_row WHERE table_id = {} AND {}) OR {})").format(
        sql.Literal(columns[0].table_id), indexed, _any(by_reading)
    )
    return Indexed(either, reads_all=True)


def found_in(row_id: int, text: str, columns: Sequence[Column], *, zone: tzinfo, accents: bool = False) -> list[int]:
    """The keys of the columns in which a row holds the text."""
    searched = [(column.key, search_sql(text, [column], zone=zone, accents=accents)) for column in columns]
    asked = [(key, condition) for key, condition in searched if condition is not None]
    if not asked:
        return []
    statement = sql.SQL("SELECT ARRAY[{}] FROM tables_row WHERE table_id = {} AND id = {}").format(
        sql.SQL(", ").join(condition for _, condition in asked), sql.Literal(columns[0].table_id), sql.Literal(row_id)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone()
    return [key for (key, _), holds in zip(asked, found[0] if found else [], strict=False) if holds]


def cell_of(column: Column) -> Cell:
    """A column's cell over tables_row."""
    row_field = kind_of(column.kind).row_field
    if row_field:
        return Cell(sql.Identifier(row_field), sql.SQL("{}::text").format(sql.Identifier(row_field)))
    return cell_at(column.key)


def _found(
    text: str, columns: Sequence[Column], zone: tzinfo, accents: bool
) -> list[tuple[sql.Composable, list[tuple[str, ...]] | None]]:
    """For every column that can hold the text: how its cells are searched, and what the row's document then holds."""
    if not _is_storable(text):
        return []
    term, name = fold.plain(text), zone_name(zone)
    found = []
    for column in columns:
        kind, cell = kind_of(column.kind), cell_of(column)
        condition = kind.search_sql(cell, column.options, term, name)
        if condition is not None and accents:
            # What holds the text with its accents holds it without, too, and most cells need not be folded again for that.
            exact = kind.search_sql(cell, column.options, fold.accented(text), name, fold.ACCENTED)
            condition = None if exact is None else sql.SQL("({} AND {})").format(condition, exact)
        if condition is not None:
            found.append((condition, kind.search_pieces(column.options, term)))
    return found


def _is_storable(text: str) -> bool:
    """Whether any cell could hold the text; PostgreSQL would refuse to look for another."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _any(conditions: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(" OR ").join(conditions))


def _document_holds(pieces: Sequence[str]) -> sql.Composable:
    """Whether a row's document holds all pieces: LIKE, as the index knows no other question."""
    return sql.SQL(" AND ").join(
        sql.SQL("rowan_document(data) LIKE {}").format(sql.Literal(f"%{fold.unmarked(piece)}%")) for piece in pieces
    )


def _is_indexed(piece: str) -> bool:
    """Whether a piece holds three letters or digits in a row, or a whole word (a choice's id in its quotes)."""
    return piece.startswith('"') or _indexed_run().search(piece) is not None


@lru_cache(maxsize=1)
def _indexed_run() -> re.Pattern[str]:
    """Three of the letters that the server's trigrams are made of: in a database with the locale C, those of ASCII only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm('жжж')) > 0")
        return re.compile(r"[^\W_]{3}" if cursor.fetchone()[0] else "[a-z0-9]{3}")


@lru_cache(maxsize=1_000)
def zone_name(zone: tzinfo) -> str:
    """A time zone by its name, if PostgreSQL knows it too; else UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = %s)", [str(zone)])
        return str(zone) if cursor.fetchone()[0] else "UTC"
