"""Rows duplicated or moved by a worker (tables/bulk.py), part by part. All of them get their room with the first part."""

from collections.abc import Sequence

from django.db import connection

from tables.edits.rows import positions_of, room_beside
from tables.models import Bulk, Table
from tables.places import apart, room_at_end, room_below
from tables.steps import copy_rows, move_rows
from tables.writes import Write


def lowest_of(table: Table, ids: Sequence[int]) -> int | None:
    """Which of these rows stands below all others; None when none is there. 1 s for a million."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tables_row WHERE table_id = %s AND id = ANY(%s::int[]) ORDER BY position + 0 DESC LIMIT 1",
            [table.pk, list(ids)],
        )
        found = cursor.fetchone()
    return found[0] if found else None


def duplicate_part(current: Write, bulk: Bulk, ids: Sequence[int]) -> None:
    """Copy the next rows into the room right below the row `params["below"]`; at the end of the table where that is gone."""
    if "room" not in bulk.params:
        lowest = positions_of(current, [bulk.params["below"]]).get(bulk.params["below"])
        is_gone = lowest is None
        _keep(bulk, room_at_end(current.table, bulk.total) if is_gone else room_below(current, lowest, bulk.total))
    sources = list(positions_of(current, ids))
    # By numbers that are no row's: a row that somebody has put into the room meanwhile keeps its place.
    places = apart(current.table.pk, {-1 - n: at for n, at in enumerate(_next_places(bulk, len(sources)))})
    if sources:
        copy_rows(current, sources, list(places.values()))


def move_part(current: Write, bulk: Bulk, ids: Sequence[int]) -> None:
    """Put the next rows into the room `above` or `below` the row that the params name. Raises Gone."""
    if "room" not in bulk.params:
        beside = {name: bulk.params[name] for name in ("above", "below") if name in bulk.params}
        _keep(bulk, room_beside(current, bulk.total, **beside))
    there = list(positions_of(current, ids))
    move_rows(current, apart(current.table.pk, dict(zip(there, _next_places(bulk, len(there)), strict=True))))


def _keep(bulk: Bulk, room: tuple[int, int]) -> None:
    bulk.params["room"] = room
    bulk.save(update_fields=["params"])


def _next_places(bulk: Bulk, size: int) -> list[int]:
    start, step = bulk.params["room"]
    return [start + step * (bulk.done + n) for n in range(size)]
