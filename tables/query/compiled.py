"""A Definition as SQL: which rows, in which order, and what it reads of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from psycopg import sql

from tables.columns import kind_of
from tables.columns.base import cell_at
from tables.models import Column
from tables.query.definition import Definition, Sort
from tables.query.filters import ANY_WRITE, columns_read, filter_sql
from tables.query.search import search_sql


@dataclass(frozen=True)
class Compiled:
    """`where` is a boolean over tables_row; `order` its ORDER BY without the last level, which is always the position.

    What each reads are keys of columns, and ANY_WRITE.
    """

    where: sql.Composable | None
    order: tuple[sql.Composable, ...]
    chosen_by: frozenset[int]  # what decides which rows there are
    reads: frozenset[int]  # that, and what decides where they stand


def compiled(definition: Definition, columns: Sequence[Column], zone: tzinfo, today: date) -> Compiled:
    """What the definition means for these columns. What it says of columns that are not among them is left out."""
    by_key = {column.key: column for column in columns}
    sorts = [sort for sort in definition.order if sort.column in by_key]
    order = tuple(_level(sort, by_key) for sort in sorts)
    sorted_by = frozenset(reads_of(by_key[sort.column]) for sort in sorts)
    filtered = None
    chosen_by: frozenset[int] = frozenset()
    if definition.filter and definition.filter.items:
        filtered = filter_sql(definition.filter, by_key, zone=zone, today=today)
        chosen_by |= columns_read(definition.filter, by_key)
    if not definition.search:
        return Compiled(filtered, order, chosen_by, chosen_by | sorted_by)
    searched = [by_key[key] for key in definition.searched if key in by_key]
    chosen_by |= {reads_of(column) for column in searched}
    exact = search_sql(definition.search, searched, zone=zone, accents=definition.accents) or sql.SQL("FALSE")
    where = sql.SQL("{} AND {}").format(filtered, exact) if filtered else exact
    return Compiled(where, order, chosen_by, chosen_by | sorted_by)


def reads_of(column: Column) -> int:
    """What a statement reads that reads this column: its key, or ANY_WRITE where every write changes what it holds."""
    return ANY_WRITE if kind_of(column.kind).row_field == "modified_at" else column.key


def _level(sort: Sort, columns: Mapping[int, Column]) -> sql.Composable:
    direction = sql.SQL("DESC" if sort.descending else "ASC")
    return sql.SQL("{} {} NULLS LAST").format(sort_expression(columns[sort.column]), direction)


def sort_expression(column: Column) -> sql.Composable:
    """What a column is sorted by. Learned indexes are made of the same (tables/indexes.py)."""
    return kind_of(column.kind).sort_sql(cell_at(column.key), column.options)
