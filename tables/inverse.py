"""The inverse of a change to rows, made from its RowChanges inside a write: cells and places as they were before, added rows
removed, deleted rows restored. Set-based: 10,000 rows do not pass through Python.

What somebody else has changed later is left as it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from tables.conversion.past import Conversion, Past
from tables.models import RUN_AI, Change, RowChange
from tables.places import as_of_now
from tables.steps import add_images, insert_images, move_rows, patch_rows, remove_rows
from tables.writes import Write

READ_ROWS = 5_000  # at once, where values must be converted
# Changes of other people after version `since` that still count: one that was taken back does not, nor does the taking back.
LATER = """
    SELECT l.version FROM tables_change l
    WHERE l.table_id = %(t)s AND l.version > %(since)s AND l.user_id IS DISTINCT FROM %(user)s
      AND l.undone_by IS NULL AND NOT (l.action = 'undo' AND l.undoes > %(since)s)
"""


@dataclass
class Blocked:
    """What of a change somebody else has changed later: whole rows, and cells of others ({row id: column keys})."""

    rows: set[int] = field(default_factory=set)
    cells: dict[int, list[str]] = field(default_factory=dict)

    @property
    def all(self) -> list[int]:
        return sorted({*self.rows, *self.cells})


def take_back_rows(current: Write, last: Change) -> Blocked:
    """Do the inverse of what a change did to rows; what was left out of it."""
    blocked = _blocked(current, last)
    # A change of kind is taken back together with the kind; what else was kept has the form that its columns had then.
    changed = "converts" not in last.detail and current.table.columns_version > last.version
    conversions = Past(current.table).conversions_since(last.version) if changed else {}
    remove_rows(current, _ids(current, last, "c.before IS NULL", blocked))
    _put_back_places(current, last, blocked)
    _restore(current, last, blocked, conversions)
    _put_back_cells(current, last, blocked, conversions)
    return blocked


def _blocked(current: Write, last: Change) -> Blocked:
    # A run of an AI column can be taken back long after, and not in its turn: then one's own later changes stand as well.
    user = None if last.action == RUN_AI else current.user_id
    values = {"t": current.table.pk, "since": last.version, "user": user}
    blocked = Blocked()
    with connection.cursor() as cursor:
        cursor.execute(LATER + " LIMIT 1", values)
        if cursor.fetchone() is None:
            return blocked
        cursor.execute(
            f"""
            SELECT c.row_id, bool_or(c.before IS NULL OR c.after IS NULL OR l.before IS NULL OR l.after IS NULL),
                   array_agg(DISTINCT k) FILTER (WHERE k IS NOT NULL)
            FROM tables_rowchange c
            JOIN tables_rowchange l ON l.table_id = %(t)s AND l.row_id = c.row_id AND l.version > %(since)s
            LEFT JOIN LATERAL jsonb_object_keys(l.after) AS k ON c.after ? k
            WHERE c.table_id = %(t)s AND c.version = %(since)s AND l.version IN ({LATER})
            GROUP BY c.row_id
            """,  # noqa: S608  a constant
            values,
        )
        for row_id, whole, keys in cursor:
            if whole:
                blocked.rows.add(row_id)
            elif keys:
                blocked.cells[row_id] = keys
    return blocked


def _ids(current: Write, last: Change, which: str, blocked: Blocked) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.row_id FROM tables_rowchange c"  # noqa: S608  constants
            f" WHERE c.table_id = %s AND c.version = %s AND {which} AND NOT c.row_id = ANY(%s::int[])",
            [current.table.pk, last.version, list(blocked.rows)],
        )
        return [row_id for (row_id,) in cursor]


def _put_back_places(current: Write, last: Change, blocked: Blocked) -> None:
    moved = RowChange.objects.filter(table=current.table, version=last.version, before__has_key="position", after__isnull=False)
    moved = moved.exclude(row_id__in=blocked.all)
    places = {row_id: before["position"] for row_id, before in moved.values_list("row_id", "before") if before}
    if places:
        move_rows(current, as_of_now(current.table, last.version, places))


def _put_back_cells(current: Write, last: Change, blocked: Blocked, conversions: Mapping[str, Conversion]) -> None:
    if not conversions.keys().isdisjoint(last.detail.get("cells", conversions)):
        _put_back_converted(current, last, blocked, conversions)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH kept AS (SELECT * FROM jsonb_each(%(kept)s::jsonb) AS k (id, keys)),
            wanted AS (
                SELECT c.row_id AS id, c.before - ARRAY(SELECT jsonb_array_elements_text(k.keys)) AS patch
                FROM tables_rowchange c LEFT JOIN kept k ON k.id = c.row_id::text
                WHERE c.table_id = %(t)s AND c.version = %(last)s AND c.before IS NOT NULL AND c.after IS NOT NULL
                  AND NOT c.before ? 'position' AND NOT c.row_id = ANY(%(blocked)s::int[])
            ),
            old AS MATERIALIZED (
                SELECT r.ctid AS place, r.id, w.patch,
                    (SELECT jsonb_object_agg(k, r.data -> k) FROM jsonb_object_keys(w.patch) AS k) AS before
                FROM wanted w JOIN tables_row r ON r.table_id = %(t)s AND r.id = w.id WHERE w.patch <> '{}'
                LIMIT %(most)s
            ),
            changed AS (
                UPDATE tables_row r
                SET data = jsonb_strip_nulls(r.data || old.patch), version = %(v)s, modified_at = now(), modified_by = %(user)s
                FROM old WHERE r.table_id = %(t)s AND r.ctid = old.place
            ),
            noted AS (
                INSERT INTO tables_rowchange (table_id, version, row_id, before, after)
                SELECT %(t)s, %(v)s, id, before, patch FROM old
            )
            SELECT count(*) FROM old
            """,
            {
                "t": current.table.pk,
                "v": current.version,
                "user": current.user_id,
                "last": last.version,
                "kept": json.dumps(blocked.cells),
                "most": RowChange.objects.filter(table=current.table, version=last.version).count(),  # see tables/steps.py
                "blocked": list(blocked.rows),
            },
        )
        rows: int = cursor.fetchone()[0]
    current.rows += rows
    if rows:
        current.cells_changed.update(last.detail["cells"] if "cells" in last.detail else _keys(current))


def _keys(current: Write) -> list[str]:
    """The columns whose cells this write has put back, for a change from before they were noted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT k FROM tables_rowchange c, jsonb_object_keys(c.after) AS k"
            " WHERE c.table_id = %s AND c.version = %s AND c.before IS NOT NULL AND k ~ '^[0-9]+$'",
            [current.table.pk, current.version],
        )
        return [key for (key,) in cursor]


def _restore(current: Write, last: Change, blocked: Blocked, conversions: Mapping[str, Conversion]) -> None:
    """Put back rows that the change deleted, whole and in place."""
    wanted = _positions(current, last, blocked)
    if not wanted:
        return
    places = as_of_now(current.table, last.version, wanted)
    if conversions:
        _restore_converted(current, last, places, conversions)
        return
    moved = {row_id: at for row_id, at in places.items() if at != wanted[row_id]}
    image = """
        elsewhere AS (SELECT * FROM unnest(%(moved)s::int[], %(places)s::bigint[]) AS e (id, place)),
        image AS (
            SELECT i.id, coalesce(e.place, i.position) AS position, i.created_at, i.created_by, i.data
            FROM tables_rowchange c
            CROSS JOIN jsonb_to_record(c.before)
                AS i (id int, position bigint, created_at timestamptz, created_by int, data jsonb)
            LEFT JOIN elsewhere e ON e.id = c.row_id
            WHERE c.table_id = %(t)s AND c.version = %(last)s AND c.row_id = ANY(%(ids)s::int[])
        )
    """
    values = {"last": last.version, "ids": list(places), "moved": list(moved), "places": list(moved.values())}
    add_images(current, image, values, list(places.values()))


def _restore_converted(current: Write, last: Change, places: Mapping[int, int], conversions: Mapping[str, Conversion]) -> None:
    """The same where columns have other kinds by now: values come back in the form of these, as all others of then have it."""
    for ids in _batches(sorted(places)):
        kept = RowChange.objects.filter(table=current.table, version=last.version, row_id__in=ids)
        images = [
            {**image, "position": places[row_id], "data": _filled(_converted(image["data"], conversions))}
            for row_id, image in kept.values_list("row_id", "before")
            if image
        ]
        insert_images(current, images)


def _put_back_converted(current: Write, last: Change, blocked: Blocked, conversions: Mapping[str, Conversion]) -> None:
    """Put back cells where columns have other kinds by now."""
    written = RowChange.objects.filter(table=current.table, version=last.version, before__isnull=False, after__isnull=False)
    written = written.exclude(before__has_key="position").exclude(row_id__in=blocked.rows)
    for ids in _batches(list(written.order_by("row_id").values_list("row_id", flat=True))):
        patches = {}
        for row_id, before in written.filter(row_id__in=ids).values_list("row_id", "before"):
            kept = blocked.cells.get(row_id, [])
            patches[row_id] = _converted({key: value for key, value in (before or {}).items() if key not in kept}, conversions)
        patch_rows(current, {row_id: patch for row_id, patch in patches.items() if patch})


def _filled(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cells.items() if value is not None}


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[at : at + READ_ROWS] for at in range(0, len(ids), READ_ROWS))


def _converted(cells: Mapping[str, Any], conversions: Mapping[str, Conversion]) -> dict[str, Any]:
    """Cells with the values that they have in the columns' kinds of today; what does not fit stays as it was."""
    return {key: conversions[key](value) if key in conversions and value is not None else value for key, value in cells.items()}


def _positions(current: Write, last: Change, blocked: Blocked) -> dict[int, int]:
    """Where the deleted rows stood that are not there again: {row id: position}."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.row_id, (c.before ->> 'position')::bigint FROM tables_rowchange c
            WHERE c.table_id = %(t)s AND c.version = %(last)s AND c.after IS NULL AND NOT c.row_id = ANY(%(blocked)s::int[])
              AND NOT EXISTS (SELECT FROM tables_row r WHERE r.table_id = %(t)s AND r.id = c.row_id)
            """,
            {"t": current.table.pk, "last": last.version, "blocked": list(blocked.rows)},
        )
        return dict(cursor.fetchall())
