"""Giving a column another kind."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import sql

from bases.models import User
from tables import bulk
from tables.column_changes import set_kind
from tables.columns import KINDS, kind_of
from tables.columns.base import quoted
from tables.conversion.cells import ONE_WRITE, candidates, convert_cells, note_conversion
from tables.conversion.preview import with_created
from tables.conversion.values import Converter, Form
from tables.models import Bulk, Column, Table
from tables.schema import BadSchema, living_column
from tables.writes import Write, write

ACTION = "change kind"


def new_form(column: Column, kind: str, options: Mapping[str, Any]) -> Form:
    """What a column would be: its new kind and checked options. Raises BadSchema, BadOptions."""
    if kind not in KINDS:
        raise BadSchema(f"There is no kind of column called {quoted(kind)}.")
    for each in (kind_of(column.kind), kind_of(kind)):
        if not each.writable:
            raise BadSchema(
                f"A column of the kind “{each.label}” fills itself: it cannot come from another kind, nor become one."
            )
    if kind == column.kind:
        raise BadSchema(f"{quoted(column.name)} is of the kind “{kind_of(kind).label}” already. Pick another one.")
    return Form(kind, kind_of(kind).options(options))


def change_kind(
    table: Table, user: User, key: int, kind: str, options: Mapping[str, Any], create: bool = False
) -> tuple[Column, Bulk | None]:
    """Give a column another kind and convert its cells; what does not fit stays as it is, and is shown as not fitting.

    Up to ONE_WRITE cells in this write, else by a Bulk that is to be sent (tables/tasks.py). With `create`, a select's
    options are also made from the values. Raises BadSchema, BadOptions, Gone, bulk.TooBusy.
    """
    column = living_column(table, key)
    form = new_form(column, kind, options)
    if create:
        form = with_created(table, column, form)
    with write(table.pk, user, ACTION) as current:
        column = living_column(current.table, key)
        new_form(column, kind, options)  # its kind may be another one by now
        converter = Converter(Form(column.kind, column.options), form)
        set_kind(current, column, form)
        note_conversion(current, key)
        ids = _ids(current, key, converter)
        if len(ids) <= ONE_WRITE:
            convert_cells(current, key, converter, ids)
            return column, None
        return column, _begin(current, user, key, converter)


def _ids(current: Write, key: int, converter: Converter) -> list[int]:
    """The rows whose cell could become something else: all of them, or one more than a write takes."""
    with connection.cursor() as cursor:
        statement = sql.SQL("SELECT id {} LIMIT {}")
        cursor.execute(statement.format(candidates(current.table.pk, key, converter), sql.Literal(ONE_WRITE + 1)))
        return [row_id for (row_id,) in cursor]


def _begin(current: Write, user: User, key: int, converter: Converter) -> Bulk:
    """The rest of a change of kind, of which this write is the first. PostgreSQL packs the ids: a million in 0.4 s."""
    found = bulk.begin(current.table, user, ACTION, [], key=key, kind=converter.new.kind, old=list(converter.old))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE tables_bulk SET (ids, total, versions) ="
                " (SELECT string_agg(int4send(id), '' ORDER BY id), count(*), to_jsonb(ARRAY[{}]) {}) WHERE id = {}"
            ).format(sql.Literal(current.version), candidates(current.table.pk, key, converter), sql.Literal(found.pk))
        )
    found.refresh_from_db(fields=["total", "versions"])
    current.detail["bulk"] = found.pk
    return found
