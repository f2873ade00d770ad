"""Copying a column's cells inside a write."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from tables.column_changes import image, note
from tables.columns import BadOptions, kind_of
from tables.columns.base import NO_OPTIONS, cell_at, quoted
from tables.conversion.values import Form
from tables.edits.choices import FAMILIES
from tables.models import Column
from tables.writes import Gone, Write

# What a column that fills itself is copied as: its values as they are now, which people may write from then on.
_PLAIN = {"auto_number": "number", "created_time": "datetime", "modified_time": "datetime"}
_MOMENT = """to_jsonb(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))"""


def form_of_copy(column: Column) -> Form:
    """The kind and options of a column's copy."""
    if column.kind not in _PLAIN:
        return Form(column.kind, column.options)
    kind = _PLAIN[column.kind]
    return Form(kind, kind_of(kind).options(column.options if kind == "datetime" else NO_OPTIONS))


def value_sql(column: Column) -> sql.Composable:
    """SQL over tables_row: what the copy of a cell holds, as jsonb; NULL for an empty cell."""
    field = kind_of(column.kind).row_field
    if field is None:
        return cell_at(column.key).value
    name = sql.Identifier(field)
    return sql.SQL("to_jsonb({})").format(name) if _PLAIN[column.kind] == "number" else sql.SQL(_MOMENT).format(name)


def filled(column: Column) -> sql.Composable:
    """FROM ... WHERE: the rows whose cell is not empty."""
    where = sql.SQL("data ? {}").format(sql.Literal(str(column.key))) if kind_of(column.kind).writable else sql.SQL("TRUE")
    return sql.SQL("FROM tables_row WHERE table_id = {} AND {}").format(sql.Literal(column.table_id), where)


def note_copy(current: Write, source: int, copy: int) -> None:
    """Say in the Change that its cells belong to a copy: they go and come with its column."""
    current.detail["copies"] = {"from": source, "to": copy}


def copy_cells(current: Write, source: Column, copy: int, ids: Sequence[int]) -> int:
    """Copy the cells of these rows into the column `copy`. What somebody has written there stays. Returns how many."""
    statement = sql.SQL(
        """
        WITH old AS MATERIALIZED (
            SELECT ctid AS place, id, {value} AS value FROM tables_row
            WHERE table_id = %(t)s AND id = ANY(%(ids)s::int[]) AND {value} IS NOT NULL AND NOT data ? %(key)s
        ),
        changed AS (
            UPDATE tables_row r
            SET data = r.data || jsonb_build_object(%(key)s::text, old.value), version = %(v)s, modified_at = now(),
                modified_by = %(user)s
            FROM old WHERE r.table_id = %(t)s AND r.ctid = old.place
        )
        INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
        SELECT %(t)s, %(v)s, id, jsonb_build_object(%(key)s::text, NULL), jsonb_build_object(%(key)s::text, value) FROM old
        """
    ).format(value=value_sql(source))
    with connection.cursor() as cursor:
        values = {"t": current.table.pk, "v": current.version, "user": current.user_id, "ids": list(ids), "key": str(copy)}
        cursor.execute(statement, values)
        rows: int = cursor.rowcount
    current.rows += rows
    current.cells_changed.add(str(copy))
    return rows


def columns_of(current: Write, params: Mapping[str, Any], so_far: str) -> tuple[Column, Column]:
    """The source and the copy of a copying that is under way. Raises Gone with a sentence that begins with `so_far`."""
    columns = {column.key: column for column in current.table.live_columns()}
    source, copy = columns.get(params["from"]), columns.get(params["to"])
    if copy is None:
        raise Gone(f"{so_far} the copy was deleted.")
    if source is None:
        raise Gone(f"{so_far} the column was deleted. {quoted(copy.name)} keeps what was copied before.")
    for column, kind in ((source, params["kind"]), (copy, params["as"])):
        if column.kind != kind:
            raise Gone(f"{so_far} {quoted(column.name)} got another kind meanwhile.")
    _follow_options(current, source, copy, so_far)
    return source, copy


def _follow_options(current: Write, source: Column, copy: Column, so_far: str) -> None:
    """Give the copy what choices the source has got meanwhile, since cells may hold them."""
    kind = kind_of(copy.kind)
    if kind.family not in FAMILIES or source.options == copy.options:
        return
    choices = copy.options.get("options", [])
    known = {choice["id"] for choice in choices}
    new = [choice for choice in source.options.get("options", []) if choice["id"] not in known]
    if not new:
        return
    before = image(copy)
    try:
        copy.options = kind.options({**copy.options, "options": [*choices, *new]})
    except BadOptions:
        raise Gone(f"{so_far} the options of {quoted(source.name)} and {quoted(copy.name)} were changed meanwhile.") from None
    copy.save(update_fields=["options"])
    note(current, copy, before, image(copy))
