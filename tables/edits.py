"""The one door for writes to rows: set cells, add rows, delete rows. Undo (tables/undo.py) uses the same steps.

Each function is one transaction (see tables/writes.py) that writes rows and, for every row touched, a RowChange
with what it held before and after.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from bases.models import User
from tables import order, partitions
from tables.columns import kind_of
from tables.columns.base import BadValue, checked_text
from tables.models import POSITION_SHIFT, Change, Column, RowChange, Table, columns_at
from tables.query import RowQuery
from tables.writes import Gone, Write, write

# Rows one call may add or delete. The bulk tools (loads, later: bulk actions) take more, as jobs.
ROWS_LIMIT = 10_000
LAST_ROW_ID = 2**31 - 1

# What a patch or a change record says about a row: {"3": value}, None for an empty cell.
Cells = Mapping[str, Any]


class Conflict(Exception):
    """Somebody else changed this very cell since the person saw it."""

    def __init__(self, current: str) -> None:
        super().__init__("Somebody changed this cell meanwhile.")
        self.current = current  # as text


class Moved(Exception):
    """Rows came, went or moved since the person saw them."""

    def __init__(self) -> None:
        super().__init__("Rows were added or deleted meanwhile. Look again and repeat.")


class TooMany(ValueError):
    """More rows than one call may touch; the message is a sentence."""


def set_cell(table: Table, user: User, row_id: int, key: int, text: str, seen: int) -> int:
    """Set one cell from what a person typed; `seen` is the version of the row they looked at.

    Returns the table's new version. Raises BadValue, Conflict, Gone.
    """
    checked_text(text)
    with write(table.pk, user, "set cells") as current:
        # Read under the lock: a column deleted a moment ago takes no value any more.
        column = next((column for column in columns_at(table.pk, current.table.columns_version) if column.key == key), None)
        if column is None:
            raise Gone("This column was deleted.")
        kind = kind_of(column.kind)
        if not kind.writable:
            raise BadValue(f"“{column.name}” is filled in by Rowan and cannot be edited.")
        value = kind.parse(text, column.options)
        _refuse_conflict(current.table, user, row_id, column, seen)
        if not patch_rows(current, {row_id: {str(key): value}}):
            raise Gone("This row was deleted.")
    return current.version


def _refuse_conflict(table: Table, user: User, row_id: int, column: Column, seen: int) -> None:
    """One's own later edits are no conflict: a queue of edits may hold several of one cell, made on the same version."""
    changed = RowChange.objects.filter(
        table=table, row_id=row_id, version__gt=seen, after__has_key=str(column.key), before__isnull=False
    )
    versions = list(changed.values_list("version", flat=True))
    if not versions or not Change.objects.filter(table=table, version__in=versions).exclude(user=user).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data -> %s FROM tables_row WHERE table_id = %s AND id = %s", [str(column.key), table.pk, row_id]
        )
        found = cursor.fetchone()
    value = json.loads(found[0]) if found and found[0] is not None else None
    raise Conflict("" if value is None else kind_of(column.kind).edit_text(value, column.options))


def add_rows(table: Table, user: User | None, rows: Sequence[Cells]) -> list[int]:
    """Add rows at the end, given as checked values. Returns their ids."""
    if len(rows) > ROWS_LIMIT:
        raise TooMany(f"At most {ROWS_LIMIT:,} rows can be added at once; this is {len(rows):,}.")
    with write(table.pk, user, "add rows") as current:
        return insert_at_end(current, rows)


def delete_rows(table: Table, user: User, ids: Sequence[int]) -> tuple[int, Table]:
    """Delete rows by id; ids that are gone already do not matter. Returns how many, and the table as it is then."""
    _refuse_many(len(ids))
    with write(table.pk, user, "delete rows") as current:
        return _delete(current, ids), current.table


def delete_range(table: Table, user: User, first: int, last: int, seen: int) -> tuple[int, Table]:
    """Delete the rows at indexes `first` to `last`, both included, as they stood at version `seen`. Raises Moved."""
    _refuse_many(last - first + 1)
    with write(table.pk, user, "delete rows") as current:
        if current.table.rows_version > seen:
            raise Moved
        return _delete(current, RowQuery(current.table).ids(first, max(0, last - first + 1))), current.table


def _refuse_many(rows: int) -> None:
    if rows > ROWS_LIMIT:
        raise TooMany(f"At most {ROWS_LIMIT:,} rows can be deleted at once; this is {rows:,}.")


def _delete(current: Write, ids: Sequence[int]) -> int:
    deleted = remove_rows(current, ids)
    if not deleted:
        raise Gone("These rows were deleted already.")
    return deleted


# --- The steps, inside a write -----------------------------------------------------------------------------------------


def patch_rows(current: Write, patches: Mapping[int, Cells]) -> int:
    """Write cells of rows by id: {row id: {"3": value or None}}. Returns how many rows were there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH input AS (SELECT * FROM unnest(%(ids)s::int[], %(patches)s::jsonb[]) AS i (id, patch)),
            old AS (
                SELECT r.id, i.patch, (SELECT jsonb_object_agg(k, r.data -> k) FROM jsonb_object_keys(i.patch) AS k) AS before
                FROM tables_row r JOIN input i USING (id) WHERE r.table_id = %(t)s
            ),
            changed AS (
                UPDATE tables_row r
                SET data = jsonb_strip_nulls(r.data || old.patch), version = %(v)s, modified_at = now(), modified_by = %(user)s
                FROM old WHERE r.table_id = %(t)s AND r.id = old.id
                RETURNING r.id
            )
            INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
            SELECT %(t)s, %(v)s, old.id, old.before, old.patch FROM old JOIN changed USING (id)
            """,
            {
                "t": current.table.pk,
                "v": current.version,
                "user": current.user_id,
                "ids": list(patches),
                "patches": [json.dumps(p) for p in patches.values()],
            },
        )
        current.rows += cursor.rowcount
        return int(cursor.rowcount)


def insert_at_end(current: Write, rows: Sequence[Cells]) -> list[int]:
    """New rows with new ids, after all others. Returns the ids."""
    table = current.table
    first = table.next_row_id
    if first + len(rows) - 1 > LAST_ROW_ID:
        raise TooMany("This table has used up its row numbers (2,147,483,647).")
    table.next_row_id += len(rows)
    ids = list(range(first, first + len(rows)))
    images = [
        {"id": i, "position": i << POSITION_SHIFT, "data": {k: v for k, v in cells.items() if v is not None}}
        for i, cells in zip(ids, rows, strict=True)
    ]
    insert_images(current, images)
    return ids


def insert_images(current: Write, images: Sequence[Mapping[str, Any]]) -> None:
    """Insert whole rows: id, position, data, and where known created_at and created_by."""
    table = current.table
    partitions.ensure(table.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH image AS (
                SELECT * FROM jsonb_to_recordset(%(images)s::jsonb)
                AS i (id int, position bigint, created_at timestamptz, created_by int, data jsonb)
            ),
            added AS (
                INSERT INTO tables_row
                    (table_id, id, position, version, created_at, modified_at, created_by, modified_by, data)
                SELECT %(t)s, id, position, %(v)s, coalesce(created_at, now()), now(),
                       CASE WHEN created_at IS NULL THEN %(user)s::int ELSE created_by END, %(user)s::int, data
                FROM image
                RETURNING id, position, created_at, created_by, data
            )
            INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
            SELECT %(t)s, %(v)s, id, NULL, to_jsonb(added) FROM added
            """,
            {
                "t": table.pk,
                "v": current.version,
                "user": current.user_id,
                "images": json.dumps(images),
            },
        )
    order.count_changes(table.pk, [i["position"] for i in images], 1)
    table.row_count += len(images)
    current.rows += len(images)
    current.rows_changed = True


def restore_rows(current: Write, version: int, ids: Sequence[int]) -> int:
    """Put back rows that the write of `version` deleted, whole and in place; without a way through Python. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH image AS (
                SELECT i.* FROM tables_rowchange c,
                    jsonb_to_record(c.before) AS i (id int, position bigint, created_at timestamptz, created_by int, data jsonb)
                WHERE c.table_id = %(t)s AND c.version = %(deleted)s AND c.row_id = ANY(%(ids)s::int[]) AND c.before IS NOT NULL
            ),
            added AS (
                INSERT INTO tables_row
                    (table_id, id, position, version, created_at, modified_at, created_by, modified_by, data)
                SELECT %(t)s, id, position, %(v)s, created_at, now(), created_by, %(user)s::int, data FROM image
                RETURNING id, position, created_at, created_by, data
            ),
            kept AS (
                INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
                SELECT %(t)s, %(v)s, id, NULL, to_jsonb(added) FROM added
            )
            SELECT position FROM added
            """,
            {"t": current.table.pk, "v": current.version, "user": current.user_id, "deleted": version, "ids": list(ids)},
        )
        positions = [position for (position,) in cursor]
    if positions:
        order.count_changes(current.table.pk, positions, 1)
        current.table.row_count += len(positions)
        current.rows += len(positions)
        current.rows_changed = True
    return len(positions)


def remove_rows(current: Write, ids: Sequence[int]) -> int:
    """Delete rows by id, keeping each whole in its RowChange. Returns how many were there."""
    table = current.table
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (
                DELETE FROM tables_row WHERE table_id = %(t)s AND id = ANY(%(ids)s::int[])
                RETURNING id, position, created_at, created_by, data
            ),
            kept AS (
                INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
                SELECT %(t)s, %(v)s, id, to_jsonb(gone), NULL FROM gone
            )
            SELECT position FROM gone
            """,
            {"t": table.pk, "v": current.version, "ids": list(ids)},
        )
        positions = [position for (position,) in cursor]
    if positions:
        order.count_changes(table.pk, positions, -1)
        table.row_count -= len(positions)
        current.rows += len(positions)
        current.rows_changed = True
    return len(positions)
