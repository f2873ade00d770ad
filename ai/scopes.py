"""Which rows a run is for."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import connection
from django.utils import timezone
from psycopg import sql

from ai import cells
from ai.columns import columns_by_key, condition_of
from ai.models import AiColumn
from tables.models import Column, Table
from tables.query import RowQuery
from tables.query.definition import EVERYTHING, Condition, Definition, Group
from tables.query.filters import filter_sql, resolve

SELECTION, FIRST, VIEW, ALL = "selection", "first", "view", "all"  # rows named one by one, of a view, of the table
SCOPES = (SELECTION, FIRST, VIEW, ALL)
ONLY = ("", "empty", "failed", "stale")  # of the rows, only those whose cell is so


def rows(
    table: Table, seen: Definition, ai: AiColumn, column: Column, scope: str, only: str, ids: Sequence[int], first: int
) -> list[int]:
    """The rows that a scope means: of what is `seen`, its `first` ones, or those `ids`. Raises BadQuery."""
    if scope == SELECTION:
        return rows_of_ids(table, ids, ai, column, only)
    if scope == FIRST:
        return first_rows(table, seen, ai, column, only, first)
    return rows_of_view(table, EVERYTHING if scope == ALL else seen, ai, column, only)


def first_rows(table: Table, definition: Definition, ai: AiColumn, column: Column, only: str, most: int) -> list[int]:
    """Those of a view's first `most` rows that the column is to be run for, in the view's order. Raises BadQuery."""
    ids = rows_of_ids(table, RowQuery(table, definition).ids(0, most), ai, column, only)
    failed = set(cells.failed_rows(column.pk)) if only == "failed" else None
    return [row_id for row_id in ids if failed is None or row_id in failed]


def rows_of_view(table: Table, definition: Definition, ai: AiColumn, column: Column, only: str) -> list[int]:
    """The ids of a view's rows that the column is to be run for, in the view's order. Raises BadQuery."""
    if only != "failed":
        return RowQuery(table, narrowed(table, definition, ai, column, only)).ids(0, 2**31 - 1)
    failed = cells.failed_rows(column.pk)
    if not failed or definition.is_everything:
        return rows_of_ids(table, failed, ai, column, only)
    wanted = set(failed)
    return [row_id for row_id in RowQuery(table, narrowed(table, definition, ai, column)).ids(0, 2**31 - 1) if row_id in wanted]


def narrowed(table: Table, definition: Definition, ai: AiColumn, column: Column, only: str = "") -> Definition:
    """A view with just those of its rows that the column is to be run for."""
    wanted = _wanted(table, ai, column, only)
    if wanted is None:
        return definition
    return replace(definition, filter=Group("all", tuple(g for g in (definition.filter, wanted) if g is not None)))


def rows_of_ids(table: Table, ids: Sequence[int], ai: AiColumn, column: Column, only: str) -> list[int]:
    """The same of rows that were picked one by one; of failed cells only those whose rows are there still."""
    wanted = _wanted(table, ai, column, only)
    if not ids or (wanted is None and only != "failed"):
        return list(dict.fromkeys(ids))
    where: sql.Composable = sql.SQL("true")
    if wanted is not None:
        where = filter_sql(wanted, columns_by_key(table), zone=timezone.get_current_timezone(), today=timezone.localdate())
    with connection.cursor() as cursor:
        statement = sql.SQL("SELECT id FROM tables_row WHERE table_id = {} AND id = ANY({}) AND {}")
        cursor.execute(statement.format(sql.Literal(table.pk), sql.Literal(list(ids)), where))
        found = {row_id for (row_id,) in cursor}
    return [row_id for row_id in dict.fromkeys(ids) if row_id in found]


def _wanted(table: Table, ai: AiColumn, column: Column, only: str) -> Group | None:
    items: list[Condition | Group] = []
    if condition := condition_of(ai):
        items.append(resolve(condition, columns_by_key(table))[0])
    if only == "empty":
        items.append(Condition(column.key, "empty"))
    return Group("all", tuple(items)) if items else None
