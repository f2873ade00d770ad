"""Projections: the values that views of a large table sort, filter, group and add up by, as columns of a table of their own.

A row's cells are one JSON document, from which PostgreSQL takes a value in 0.1 to 0.4 us; of ten million rows that is
seconds, however it is asked. So a table of more than PROJECTION_ROWS rows gets a second table, half as large, with one
column for what each of its columns is sorted by, and next to nothing else. A trigger keeps it in step, within the
transaction that writes: it is never older than the rows. What it cannot answer is read from the rows
(tables/query/projected.py).

Nothing here keeps a state of its own, as in tables/indexes.py: a projection is there and READY, or it is dropped and made
anew. The name of each of its columns tells what it holds, so that one of a column whose kind or choices have changed is
never read.
"""

import time
from collections.abc import Sequence
from hashlib import sha256
from typing import LiteralString, NamedTuple

from django.conf import settings
from django.db import connection
from psycopg import sql

from tables.columns import Kind, kind_of
from tables.columns.base import SORT_PREFIX, cell_at
from tables.models import Column, Table

MOST_LENGTH = 2**15 - 1  # a text's length, or more
MOST_COLUMNS = 40  # of a table, the first ones: a projection of hundreds would be as wide as the rows
REMAKE_SECONDS = 600  # from when one was made until it is made anew since it lacks something
GRACE_SECONDS = 0.5  # from the moment when nobody begins to read a projection until it is dropped
MAKING: LiteralString = "/* projection */ "  # how the statements begin that a load may cancel (tables/indexes.py)
READY, PASSED = "ready since ", "passed"  # the comment on a projection that may be read, and on one that may not any more


class Held(NamedTuple):
    """A value of a projection: the name of its column there, and the same over tables_row."""

    name: str
    value: sql.Composable


class Projection(NamedTuple):
    """A projection that may be read: its name, and those of its columns."""

    name: str
    names: frozenset[str]


# --- What is held ----------------------------------------------------------------------------------------------------------


def held(column: Column) -> dict[str, Held]:
    """What a projection holds of a column.

    "sort": what it is sorted by. Of texts also "length", of other values that are read as text "text" (choices) or "other":
    whether the cell holds something else than "sort" tells, as another kind left it behind. Nothing of fields of the row.
    """
    kind = kind_of(column.kind)
    if kind.row_field:
        return {}
    cell = cell_at(column.key)
    order = kind.sort_sql(cell, column.options)
    values = {"sort": order}
    match kind.family:
        case "text":
            values["length"] = sql.SQL("length(left({}, {}))::smallint").format(cell.text, sql.Literal(MOST_LENGTH))
        case "choice":
            values["text"] = sql.SQL('{} COLLATE "C"').format(cell.text)
        case "number":
            values["other"] = sql.SQL("({} IS NOT NULL AND ({}) IS NULL)").format(cell.text, order)
        case "date" | "datetime":
            values["other"] = sql.SQL('({} COLLATE "C") IS DISTINCT FROM ({})').format(cell.text, order)
    return {what: Held(_name(column.key, what, value), value) for what, value in values.items()}


def sorted_by(column: Column) -> sql.Composable:
    """What a column is sorted by, over a projection that holds it."""
    field = kind_of(column.kind).row_field
    return sql.Identifier(field or held(column)["sort"].name)


def _name(key: int, what: str, value: sql.Composable) -> str:
    connection.ensure_connection()  # literals are written for the server that will read them
    digest = sha256(f"{SORT_PREFIX} {value.as_string(connection.connection)}".encode()).hexdigest()
    return f"{what}_{key}_{digest[:8]}"


def _fields(columns: Sequence[Column]) -> list[str]:
    """The fields of the row that are held: its place, and what its columns show of it."""
    shown = {kind_of(column.kind).row_field for column in columns} - {None, "id"}
    return ["id", "position", *sorted(str(field) for field in shown)]


def values_of(columns: Sequence[Column]) -> list[Held]:
    """All that is held. PostgreSQL reads a row up to the value that it looks for: short ones of a fixed length come first."""
    fields = [Held(field, sql.Identifier(field)) for field in _fields(columns)]
    ranked = [
        (_rank(kind_of(column.kind), what), at, each) for at, column in enumerate(columns) for what, each in held(column).items()
    ]
    return fields + [each for _, _, each in sorted(ranked, key=lambda one: one[:2])]


def _rank(kind: Kind, what: str) -> int:
    if what in ("length", "other"):
        return ("length", "other").index(what) + 1
    ranks = {"choice": 0, "flag": 3, "number": 4, "date": 5, "datetime": 5}
    return 6 if what == "text" else ranks.get(kind.family, 8 if kind.key == "long_text" else 7)


def is_wanted(table: Table) -> bool:
    return table.row_count > settings.PROJECTION_ROWS


def wanted_columns(table: Table) -> list[Column]:
    return list(table.live_columns()[:MOST_COLUMNS])


# --- What is there ---------------------------------------------------------------------------------------------------------


def there_are(table_id: int) -> dict[str, str]:
    """The names of a table's projections, and the comment on each; the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c"
            " WHERE c.relname ~ %s AND c.relkind = 'r' AND pg_table_is_visible(c.oid) ORDER BY c.oid DESC",
            [_form(table_id)],
        )
        return dict(cursor.fetchall())


def _form(table_id: int) -> str:
    return rf"^tables_projection_{table_id:d}_[0-9]+$"


def find(table_id: int) -> Projection | None:
    """A table's projection that may be read now, and within the next second."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text) FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relname ~ %s AND c.relkind = 'r' AND pg_table_is_visible(c.oid)"
            " AND obj_description(c.oid, 'pg_class') LIKE %s GROUP BY c.oid ORDER BY c.oid DESC LIMIT 1",
            [_form(table_id), f"{READY}%"],
        )
        found = cursor.fetchone()
    return Projection(found[0], frozenset(found[1])) if found else None


def is_held(projection: Projection, column: Column) -> bool:
    """Whether a projection holds what a column is sorted by, as its kind and its options are now."""
    if field := kind_of(column.kind).row_field:
        return field in projection.names
    return all(each.name in projection.names for each in held(column).values())


def differs(table: Table) -> bool:
    """Whether a table has another projection than it should have, or more than one."""
    there = there_are(table.pk)
    if not is_wanted(table):
        return bool(there)
    return len(there) != 1 or may_make(table, *there.values())


def may_make(table: Table, state: str) -> bool:
    """Whether a projection is to be made now where the newest is in this state.

    One that lacks a column, or a new order of choices, still serves the others. To make it anew takes minutes, so it is not done
    at every change of a table that somebody is building.
    """
    if not state.startswith(READY):
        return True
    if time.time() - int(state.removeprefix(READY)) < REMAKE_SECONDS:
        return False
    projection = find(table.pk)
    return projection is None or not {each.name for each in values_of(wanted_columns(table))} <= projection.names


# --- Changing what is there ----------------------------------------------------------------------------------------------


def define(name: str, body: sql.Composable) -> None:
    """The function of a projection's trigger. Its body is a literal: what is in it cannot end it."""
    with connection.cursor() as cursor:
        text = body.as_string(connection.connection)
        cursor.execute(
            sql.SQL("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}").format(
                sql.Identifier(name), sql.Literal(text)
            )
        )


def comment(name: str, comment: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.Identifier(name), sql.Literal(comment)))


def drop(table_id: int) -> None:
    """Drop what a table that is deleted for good had: its rows, and with them the triggers, are gone."""
    for name in there_are(table_id):
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {0}; DROP FUNCTION IF EXISTS {0}()").format(sql.Identifier(name)))


def pass_by(table_id: int) -> None:
    """Let nobody read or write a table's projection any more, as before a load that would be slowed down by it."""
    there = there_are(table_id)
    for name in there:
        comment(name, PASSED)
    time.sleep(GRACE_SECONDS if there else 0)
    for name in there:
        define(name, sql.SQL("BEGIN RETURN NULL; END"))  # needs no lock on the table, as to drop the trigger would
