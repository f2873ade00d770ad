"""The steps of a write: what the doors (tables/edits) and undo do to rows, inside `write` and its transaction.

Each writes rows and, for every row touched, a RowChange with what it held before and after. A statement that reads rows and
then updates them finds them again by ctid, which costs a third less than by id: whoever writes rows holds the table's lock, so
none has moved meanwhile. The LIMIT says how many there can be: PostgreSQL takes a join with what it knows nothing of for
thousands of times as many, and would read the whole table for each batch.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from django.db import connection

from tables import order, partitions
from tables.models import POSITION_SHIFT
from tables.places import places_at_end, shift, take_ids
from tables.writes import Write

# What a patch or a change record says about a row: {"3": value}, None for an empty cell.
Cells = Mapping[str, Any]


def patch_rows(current: Write, patches: Mapping[int, Cells]) -> int:
    """Write cells of rows by id: {row id: {"3": value or None}}. Returns how many rows were there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH input AS (
                SELECT * FROM unnest(%(ids)s::int[], string_to_array(%(patches)s, E'\n')::jsonb[]) AS i (id, patch)
            ),
            old AS MATERIALIZED (
                SELECT r.ctid AS place, r.id, i.patch,
                    (SELECT jsonb_object_agg(k, r.data -> k) FROM jsonb_object_keys(i.patch) AS k) AS before
                FROM tables_row r JOIN input i USING (id) WHERE r.table_id = %(t)s LIMIT %(most)s
            ),
            changed AS (
                UPDATE tables_row r
                SET data = jsonb_strip_nulls(r.data || old.patch), version = %(v)s, modified_at = now(), modified_by = %(user)s
                FROM old WHERE r.table_id = %(t)s AND r.ctid = old.place
            )
            INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
            SELECT %(t)s, %(v)s, id, before, patch FROM old
            """,
            {
                "t": current.table.pk,
                "v": current.version,
                "user": current.user_id,
                "ids": list(patches),
                "most": len(patches),
                # As one text: quotes inside an array's items would each be escaped, in 1.2 s for 200,000 cells.
                "patches": "\n".join([json.dumps(p) for p in patches.values()]),
            },
        )
        current.rows += cursor.rowcount
        current.cells_changed.update(key for patch in patches.values() for key in patch)
        return int(cursor.rowcount)


def clear_cells(current: Write, ids: Sequence[int], keys: Sequence[str]) -> int:
    """Empty these columns' cells of these rows. Returns in how many rows there was anything to empty."""
    # Of one column the images are known: to put them together key by key costs a third of the whole.
    one = len(keys) == 1
    before = "jsonb_build_object(%(key)s::text, data -> %(key)s)" if one else _IMAGE_OF_SOME
    after = "jsonb_build_object(%(key)s::text, NULL)" if one else _EMPTIED
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH old AS MATERIALIZED (
                SELECT ctid AS place, id, {before} AS before
                FROM tables_row WHERE table_id = %(t)s AND id = ANY(%(ids)s::int[]) AND data ?| %(keys)s::text[]
            ),
            changed AS (
                UPDATE tables_row r SET data = r.data - %(keys)s::text[], version = %(v)s, modified_at = now(),
                    modified_by = %(user)s
                FROM old WHERE r.table_id = %(t)s AND r.ctid = old.place
            )
            INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
            SELECT %(t)s, %(v)s, id, before, {after} FROM old
            """,  # noqa: S608  constants
            {
                "t": current.table.pk,
                "v": current.version,
                "user": current.user_id,
                "ids": list(ids),
                "keys": list(keys),
                "key": keys[0],
            },
        )
        current.rows += cursor.rowcount
        current.cells_changed.update(keys)
        return int(cursor.rowcount)


_IMAGE_OF_SOME = "(SELECT jsonb_object_agg(k, data -> k) FROM unnest(%(keys)s::text[]) AS k WHERE data ? k)"
_EMPTIED = "(SELECT jsonb_object_agg(k, NULL) FROM jsonb_object_keys(before) AS k)"


def insert_rows(current: Write, rows: Sequence[Cells], positions: Sequence[int]) -> list[int]:
    """New rows with new ids at these positions, which are free. Returns the ids."""
    first = take_ids(current.table, len(rows))
    return _insert(current, list(range(first, first + len(rows))), rows, positions)


def insert_at_end(current: Write, rows: Sequence[Cells]) -> list[int]:
    """New rows with new ids, after all others. Returns the ids."""
    positions = places_at_end(current.table, len(rows))
    return _insert(current, [position >> POSITION_SHIFT for position in positions], rows, positions)


def _insert(current: Write, ids: list[int], rows: Sequence[Cells], positions: Sequence[int]) -> list[int]:
    images = [
        {"id": i, "position": position, "data": {k: v for k, v in cells.items() if v is not None}}
        for i, position, cells in zip(ids, positions, rows, strict=True)
    ]
    insert_images(current, images)
    return ids


def insert_images(current: Write, images: Sequence[Mapping[str, Any]]) -> None:
    """Insert whole rows: id, position, data, and where known created_at and created_by."""
    image = """
        image AS (
            SELECT id, position, coalesce(created_at, now()) AS created_at,
                CASE WHEN created_at IS NULL THEN %(user)s::int ELSE created_by END AS created_by, data
            FROM jsonb_to_recordset(%(images)s::jsonb)
                AS i (id int, position bigint, created_at timestamptz, created_by int, data jsonb)
        )
    """
    partitions.ensure(current.table.pk)
    add_images(current, image, {"images": json.dumps(images)}, [i["position"] for i in images])


def copy_rows(current: Write, ids: Sequence[int], positions: Sequence[int]) -> list[int]:
    """Copies of these rows with new ids at these positions. Returns the new ids."""
    first = take_ids(current.table, len(ids))
    new = list(range(first, first + len(ids)))
    image = """
        image AS (
            SELECT i.new AS id, i.position, now() AS created_at, %(user)s::int AS created_by, r.data
            FROM unnest(%(ids)s::int[], %(new)s::int[], %(positions)s::bigint[]) AS i (id, new, position)
            JOIN tables_row r ON r.table_id = %(t)s AND r.id = i.id
        )
    """
    add_images(current, image, {"ids": list(ids), "new": new, "positions": list(positions)}, positions)
    current.copied |= dict(zip(new, ids, strict=True))
    return new


def add_images(current: Write, image: LiteralString, values: Mapping[str, Any], positions: Sequence[int]) -> None:
    """Add the rows of a common table expression: image (id, position, created_at, created_by, data), at these positions."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {image},
            added AS (
                INSERT INTO tables_row
                    (table_id, id, position, version, created_at, modified_at, created_by, modified_by, data)
                SELECT %(t)s, id, position, %(v)s, created_at, now(), created_by, %(user)s::int, data FROM image
                RETURNING id, position, created_at, created_by, data
            )
            INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
            SELECT %(t)s, %(v)s, id, NULL, to_jsonb(added) FROM added
            """,  # noqa: S608  constants
            {"t": current.table.pk, "v": current.version, "user": current.user_id, **values},
        )
    order.count_changes(current.table.pk, positions, 1)
    current.table.row_count += len(positions)
    current.rows += len(positions)
    current.rows_changed = True


def move_rows(current: Write, places: Mapping[int, int]) -> int:
    """Put rows at other positions: {row id: position}, free or left by another of them. Returns how many were there."""
    table = current.table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, position FROM tables_row WHERE table_id = %s AND id = ANY(%s::int[])", [table.pk, list(places)]
        )
        old = {row_id: position for row_id, position in cursor if position != places[row_id]}
        new = [places[row_id] for row_id in old]
        shift(table.pk, list(old), list(old.values()), new, current.version)
        cursor.execute(
            """
            INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
            SELECT %(t)s, %(v)s, id, jsonb_build_object('position', old), jsonb_build_object('position', new)
            FROM unnest(%(ids)s::int[], %(old)s::bigint[], %(new)s::bigint[]) AS i (id, old, new)
            """,
            {"t": table.pk, "v": current.version, "ids": list(old), "old": list(old.values()), "new": new},
        )
    current.rows += len(old)
    current.rows_changed = True
    return len(old)


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
