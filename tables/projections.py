"""Projections: the values that views of a large table sort, filter, group and add up by, as columns of a table of their own.

A row's cells are one JSON document, from which PostgreSQL takes a value in 0.1 to 0.4 us; of ten million rows that is
seconds, however it is asked. So a table of more than PROJECTION_ROWS rows gets a second table, two thirds as large, with one
column for what each of its columns is sorted by, and next to nothing else. A trigger keeps it in step, within the
transaction that writes: while it may be read it is never older than the rows. What it cannot answer is read from the rows
(tables/query/over_projection.py). It is made and dropped by tables/projection_making.py.

Nothing here keeps a state of its own, as in tables/indexes.py: a projection is there and READY, or it is dropped and made
anew. The name of each of its columns tells what it holds, so that one of a column whose kind or choices have changed is
never read. It is no UNLOGGED table: after a crash that would be empty, and still be called READY.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import LiteralString, NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from tables import fold
from tables.columns import Kind, kind_of
from tables.columns.base import cell_at
from tables.models import Column, Table

log = logging.getLogger(__name__)

DEFINE_LOCK = 0x726F7E  # an advisory lock: two who define one function at once would fail
MOST_LENGTH = 2**15 - 1  # a text's length, or more
MOST_COLUMNS = 40  # of a table, the first ones: a projection of hundreds would be as wide as the rows
REMAKE_SECONDS = 600  # from when one was made until it is made anew since it lacks something
GRACE_SECONDS = 2.0  # from when one is found to when the statement begins that reads it: later that may have to be made anew
DROP_AGAIN_SECONDS = 600  # after somebody has kept one from being dropped
MAKING: LiteralString = "/* projection */ "  # how the statements begin that a load may cancel (tables/indexes.py)
# The comment on a projection: it may be read; it may not any more; it could not be dropped at that time.
READY, RETIRED, HELD = "ready since ", "retired", "held at "


class Held(NamedTuple):
    """A value of a projection: the name of its column there, and the same over tables_row."""

    name: str
    expression: sql.Composable


class Projection(NamedTuple):
    """A projection that may be read: its name, and those of its columns."""

    name: str
    names: frozenset[str]


# --- What is held ----------------------------------------------------------------------------------------------------------


def held(column: Column) -> dict[str, Held]:
    """What a projection holds of a column.

    "sort": what it is sorted by. Of texts also "length", of a choice "choice", its id; of numbers and times "misfit": whether the
    cell holds what another kind left behind, of which "sort" tells nothing. Of a field of the row nothing: it is held as it is.

    What is asked of a column in one of these ways is read from here: see tables/query/over_projection.py.
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
            values["choice"] = sql.SQL('{} COLLATE "C"').format(cell.text)
        case "number":
            values["misfit"] = sql.SQL("({} IS NOT NULL AND ({}) IS NULL)").format(cell.text, order)
        case "date" | "datetime":
            values["misfit"] = sql.SQL('({} COLLATE "C") IS DISTINCT FROM ({})').format(cell.text, order)
        case "choices" | "flag":
            pass
        case _:
            raise NotImplementedError(f"What a projection holds of {kind.family!r} is not said.")
    return {what: Held(_name(column.key, what, value), value) for what, value in values.items()}


def sorted_by(column: Column) -> sql.Composable:
    """What a column is sorted by, over a projection that holds it."""
    field = kind_of(column.kind).row_field
    return sql.Identifier(field or held(column)["sort"].name)


def _name(key: int, what: str, value: sql.Composable) -> str:
    connection.ensure_connection()  # literals are written for the server that will read them
    # A new PostgreSQL may know other cases of letters.
    made_by = (fold.VERSION, connection.pg_version // 10_000)  # type: ignore[attr-defined]
    digest = sha256(f"{made_by} {value.as_string(connection.connection)}".encode()).hexdigest()
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
    by_what = {"length": 1, "misfit": 2, "choice": 6}
    by_family = {"choice": 0, "flag": 3, "number": 4, "date": 5, "datetime": 5}
    return by_what.get(what) or by_family.get(kind.family, 8 if kind.key == "long_text" else 7)


def is_made(rows: int) -> bool:
    """Whether a table of so many rows gets a projection."""
    return 0 < settings.PROJECTION_ROWS < rows


def may_exist(rows: int) -> bool:
    """Whether one of so many rows keeps the one that it has."""
    return settings.PROJECTION_ROWS > 0 and rows > settings.PROJECTION_ROWS // 2


def wanted_columns(table: Table) -> list[Column]:
    return list(table.live_columns()[:MOST_COLUMNS])


# --- What is there ---------------------------------------------------------------------------------------------------------


def states(table_id: int) -> dict[str, str]:
    """The names of a table's projections, and the comment on each; the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c"
            " WHERE c.relname ~ %s AND c.relkind = 'r' AND pg_table_is_visible(c.oid) ORDER BY c.relname DESC",
            [_pattern(table_id)],
        )
        return dict(cursor.fetchall())


def _pattern(table_id: int) -> str:
    return rf"^tables_projection_{table_id:d}_[0-9]+$"


def new_name(table_id: int) -> str:
    """With the time in milliseconds: as text, too, the newest comes last."""
    return f"tables_projection_{table_id:d}_{time.time_ns() // 1_000_000}"


def find(table_id: int) -> Projection | None:
    """A table's projection that may be read now: within GRACE_SECONDS a statement must have begun that reads it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text) FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relname ~ %s AND c.relkind = 'r' AND pg_table_is_visible(c.oid)"
            " AND obj_description(c.oid, 'pg_class') LIKE %s GROUP BY c.oid, c.relname ORDER BY c.relname DESC LIMIT 1",
            [_pattern(table_id), f"{READY}%"],
        )
        found = cursor.fetchone()
    return Projection(found[0], frozenset(found[1])) if found else None


def is_held(projection: Projection, column: Column) -> bool:
    """Whether a projection holds what a column is sorted by, as its kind and its options are now."""
    if field := kind_of(column.kind).row_field:
        return field in projection.names
    return all(each.name in projection.names for each in held(column).values())


def tables() -> set[int]:
    """The ids of the tables that have one, in whatever state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT split_part(relname, '_', 3)::int FROM pg_class"
            " WHERE relname ~ '^tables_projection_[0-9]+_[0-9]+$' AND relkind = 'r' AND pg_table_is_visible(oid)"
        )
        return {table_id for (table_id,) in cursor}


def superfluous(table: Table) -> list[str]:
    """The names of those that are to be dropped: all but the newest that may be read."""
    there = states(table.pk)
    ready = [name for name, state in there.items() if state.startswith(READY)]
    kept = ready[:1] if may_exist(table.row_count) else []
    return [name for name, state in there.items() if name not in kept and not _was_held(state)]


def _was_held(state: str) -> bool:
    tried = state.removeprefix(HELD)
    return tried != state and time.time() - int(tried) < DROP_AGAIN_SECONDS


def is_due(table: Table) -> bool:
    """Whether one is to be made now.

    One that lacks a column, or a new order of choices, still serves the others. To make it anew takes minutes, so it is not done
    at every change of a table that somebody is building.
    """
    state = next((state for state in states(table.pk).values() if state.startswith(READY)), None)
    if state is None:
        return is_made(table.row_count)
    if time.time() - int(state.removeprefix(READY)) < REMAKE_SECONDS:
        return False
    projection = find(table.pk)
    return projection is not None and not {each.name for each in values_of(wanted_columns(table))} <= projection.names


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


def look_up(name: str) -> sql.Identifier:
    """The function that gives the text of a cell of a row, by the row's id and the column's key."""
    return sql.Identifier(f"{name}_cell")


def drop(table_id: int) -> None:
    """Drop what a table that is deleted for good had: its rows, and with them the triggers, are gone."""
    for name in states(table_id):
        drop_relations(name)


def drop_relations(name: str) -> None:
    """Drop a projection that no trigger writes to any more."""
    statement = sql.SQL("DROP TABLE IF EXISTS {0}; DROP FUNCTION IF EXISTS {0}(); DROP FUNCTION IF EXISTS {1}(int, text)")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(sql.Identifier(name), look_up(name)))


def retire(table_id: int) -> None:
    """Let nobody read or write a table's projections any more, as before a load that they would slow down.

    One of which that cannot be said now is kept in step: the load is slower, but nothing is wrong.
    """
    for name in withdrawn(*states(table_id)):
        let_go(name)


def withdrawn(*names: str) -> list[str]:
    """Let nobody begin to read these projections any more, and wait for those who are about to; those of which it was said."""
    said = [name for name in names if _say(name, RETIRED)]
    time.sleep(GRACE_SECONDS if said else 0)
    return said


def let_go(name: str) -> None:
    """Let the trigger of a projection do nothing. That needs no lock on the table, as to drop it would."""
    with suppress(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [DEFINE_LOCK, name])
        define(name, sql.SQL("BEGIN RETURN NULL; END"))


def _say(name: str, state: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', '5s', true)")
            comment(name, state)
    except DatabaseError as error:  # it is gone, or being vacuumed for good reasons
        log.warning("The projection %s could not be retired: %s", name, error)
        return False
    return True
