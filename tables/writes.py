"""The write transaction: every change to a table's rows or columns goes through `write`.

It locks the table's row, so that all writes to one table have one order; raises the table's version; and leaves one
Change record, which history, undo, live updates and audit all read.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from bases.models import User
from tables.models import Table


class Gone(Exception):
    """The table, row or column is not there any more; the message is a sentence for a person."""


@dataclass
class Write:
    """One write in progress. Callers fill in what it did; `write` stores it."""

    table: Table  # locked; its counters may be changed
    version: int  # the version this write makes
    user: User | None
    rows: int = 0
    detail: dict[str, Any] = field(default_factory=dict)  # what Change.detail will hold
    undoes: int | None = None
    cells_changed: set[str] = field(default_factory=set)  # the keys of columns whose cells were written
    rows_changed: bool = False  # rows were added, removed or moved
    copied: dict[int, int] = field(default_factory=dict)  # of the rows added those that are copies: {new id: of which row}
    columns_changed: bool = False
    is_void: bool = False  # nothing was written after all: no new version, no record

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None


# What other parts of Rowan do inside every write once its rows are written: ai marks the cells that depend on them. Theirs
# to add, since tables knows nothing of them.
FOLLOWERS: list[Callable[[Write], None]] = []


@contextmanager
def write(table_id: int, user: User | None, action: str) -> Iterator[Write]:
    """Lock the table, let the caller write, store the Change and raise the version. Raises Gone."""
    with transaction.atomic():
        table = _lock(table_id)
        current = Write(table, table.version + 1, user)
        yield current
        if not current.is_void:
            for follow in FOLLOWERS:
                follow(current)
            _store(current, action)


# By hand, like the statement in _store: an edit of one cell takes half as long without the ORM.
_FIELDS = [field.attname for field in Table._meta.concrete_fields]
_LOCK = """
    SELECT {} FROM tables_table AS t JOIN bases_base AS b ON b.id = t.base_id
    WHERE t.id = %s AND t.deleted_at IS NULL AND b.deleted_at IS NULL FOR UPDATE OF t
""".format(", ".join(f't."{field.column}"' for field in Table._meta.concrete_fields))  # noqa: S608  names of our own


def _lock(table_id: int) -> Table:
    """The live table, locked until the transaction ends. Raises Gone."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [table_id])
        found = cursor.fetchone()
    if found is None:
        raise Gone("This table was deleted.")
    return Table.from_db("default", _FIELDS, found)


def _store(current: Write, action: str) -> None:
    table = current.table
    table.version = current.version
    if current.cells_changed:
        current.detail["cells"] = sorted(current.cells_changed, key=int)
    if current.rows_changed:
        table.rows_version = current.version
    if current.columns_changed:
        table.columns_version = current.version
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH raised AS (
                UPDATE tables_table
                SET version = %(version)s, rows_version = %(rows_version)s, columns_version = %(columns_version)s,
                    cells_versions = cells_versions || %(cells_versions)s::jsonb, row_count = %(row_count)s,
                    next_row_id = %(next_row_id)s, next_column_key = %(next_column_key)s
                WHERE id = %(table)s
            )
            INSERT INTO tables_change (table_id, version, user_id, at, action, rows, detail, undoes)
            VALUES (%(table)s, %(version)s, %(user)s, now(), %(action)s, %(rows)s, %(detail)s::jsonb, %(undoes)s)
            """,
            {
                "table": table.pk,
                "version": table.version,
                "rows_version": table.rows_version,
                "columns_version": table.columns_version,
                "cells_versions": json.dumps(dict.fromkeys(current.cells_changed, current.version)),
                "row_count": table.row_count,
                "next_row_id": table.next_row_id,
                "next_column_key": table.next_column_key,
                "user": current.user_id,
                "action": action,
                "rows": current.rows,
                "detail": json.dumps(current.detail),
                "undoes": current.undoes,
            },
        )
