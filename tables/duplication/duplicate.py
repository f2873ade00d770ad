"""Duplicating a column."""

import re

from django.db import connection
from psycopg import sql

from bases.models import User
from tables import bulk
from tables.column_changes import place_of
from tables.duplication.cells import copy_cells, filled, form_of_copy, note_copy
from tables.edits.picked import ROWS_LIMIT
from tables.models import Bulk, Column, Table
from tables.schema import NAME_LENGTH, free_name, insert_column, living_column
from tables.writes import Write, write

ACTION = "duplicate column"
_COPY = re.compile(r" copy(?: \d+)?\Z")


def duplicate_column(table: Table, user: User, key: int) -> tuple[Column, Bulk | None]:
    """A copy of a column right of it, with its values; of one that fills itself a copy that people may write.

    Up to ROWS_LIMIT cells in this write, else by a Bulk that is to be sent (tables/tasks.py). Raises BadSchema, Gone,
    bulk.TooBusy.
    """
    with write(table.pk, user, ACTION) as current:
        source = living_column(current.table, key)
        copy = _insert(current, source)
        note_copy(current, source.key, copy.key)
        ids = _ids(source)
        if len(ids) <= ROWS_LIMIT:
            copy_cells(current, source, copy.key, ids)
            return copy, None
        return copy, _begin(current, user, source, copy)


def _insert(current: Write, source: Column) -> Column:
    taken = {column.name.casefold() for column in current.table.live_columns()}
    name = free_name(_COPY.sub("", source.name)[: NAME_LENGTH - len(" copy")] + " copy", taken)
    kind, options = form_of_copy(source)
    following = place_of(current, source.key)[1]
    return insert_column(current, name, kind, options, following, description=source.description, width=source.width)


def _ids(source: Column) -> list[int]:
    """The rows whose cells are to be copied: all of them, or one more than a write takes."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT id {} LIMIT {}").format(filled(source), sql.Literal(ROWS_LIMIT + 1)))
        return [row_id for (row_id,) in cursor]


def _begin(current: Write, user: User, source: Column, copy: Column) -> Bulk:
    """The rest of it, of which this write is the first. PostgreSQL packs the ids: a million in 0.4 s."""
    params = {"from": source.key, "to": copy.key, "kind": source.kind, "as": copy.kind}
    found = bulk.begin(current.table, user, ACTION, [], **params)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE tables_bulk SET (ids, total, versions) ="
                " (SELECT string_agg(int4send(id), '' ORDER BY id), count(*), to_jsonb(ARRAY[{}]) {}) WHERE id = {}"
            ).format(sql.Literal(current.version), filled(source), sql.Literal(found.pk))
        )
    found.refresh_from_db(fields=["total", "versions"])
    current.detail["bulk"] = found.pk
    return found
