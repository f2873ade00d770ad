"""Adding, inserting, duplicating, moving and deleting rows."""

from collections.abc import Sequence

from django.db import connection

from bases.models import User
from tables.edits.picked import Picked, picked_ids, picked_range, refuse_many
from tables.models import Table
from tables.places import places_below, position_above, room_below
from tables.query import RowQuery
from tables.steps import Cells, copy_rows, insert_at_end, insert_rows, remove_rows
from tables.steps import move_rows as put_rows
from tables.writes import Gone, Write, write


def add_rows(table: Table, user: User | None, rows: Sequence[Cells]) -> list[int]:
    """Add rows at the end, given as checked values. Returns their ids. Raises TooMany."""
    refuse_many(len(rows), "added")
    with write(table.pk, user, "add rows") as current:
        return insert_at_end(current, rows)


def insert(table: Table, user: User, rows: Sequence[Cells], *, above: int | None = None, below: int | None = None) -> list[int]:
    """Insert rows, given as checked values, above or below the row with that id. Returns their ids. Raises Gone, TooMany."""
    refuse_many(len(rows), "added")
    with write(table.pk, user, "add rows") as current:
        return insert_rows(current, rows, _places(current, len(rows), above=above, below=below))


def duplicate_rows(table: Table, user: User, picked: Picked) -> list[int]:
    """Copy rows to right below the lowest of them, in their order. Returns the copies' ids. Raises Gone, Moved."""
    with write(table.pk, user, "duplicate rows") as current:
        positions = positions_of(current, picked.of(current))
        if not positions:
            raise Gone("These rows were deleted already.")
        places = places_below(current, max(positions.values()), len(positions))
        return copy_rows(current, list(positions), places)


def move_rows(table: Table, user: User, picked: Picked, *, above: int | None = None, below: int | None = None) -> int:
    """Move rows to above or below the row with that id, in their order. Returns how many. Raises Gone, Moved."""
    with write(table.pk, user, "move rows") as current:
        ids = list(positions_of(current, picked.of(current)))
        if not ids:
            raise Gone("These rows were deleted already.")
        places = _places(current, len(ids), above=above, below=below, leaving=ids)
        return put_rows(current, dict(zip(ids, places, strict=True)))


def delete_picked(table: Table, user: User, picked: Picked) -> tuple[int, Table]:
    """Delete rows; ids that are gone already do not matter. Returns how many, and the table as it is then. Raises Moved, Gone."""
    with write(table.pk, user, "delete rows") as current:
        deleted = remove_rows(current, picked.of(current))
        if not deleted:
            raise Gone("These rows were deleted already.")
        return deleted, current.table


def delete_rows(table: Table, user: User, ids: Sequence[int]) -> tuple[int, Table]:
    """Delete rows by id."""
    return delete_picked(table, user, picked_ids(ids, "deleted"))


def delete_range(table: Table, user: User, first: int, last: int, seen: int) -> tuple[int, Table]:
    """Delete the rows at indexes `first` to `last`, both included, as they stood at version `seen`. Raises Moved."""
    return delete_picked(table, user, picked_range(RowQuery(table), first, last, "", seen, "deleted"))


def positions_of(current: Write, ids: Sequence[int]) -> dict[int, int]:
    """Where those of these rows stand that are there, in the order of their ids here: {row id: position}."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, position FROM tables_row WHERE table_id = %s AND id = ANY(%s::int[])", [current.table.pk, list(ids)]
        )
        found: dict[int, int] = dict(cursor.fetchall())
    return {row_id: found[row_id] for row_id in ids if row_id in found}


def _places(current: Write, size: int, *, above: int | None, below: int | None, leaving: Sequence[int] = ()) -> list[int]:
    """Free positions right above or below a row. Raises Gone when that is deleted."""
    start, step = room_beside(current, size, above=above, below=below, leaving=leaving)
    return [start + step * n for n in range(size)]


def room_beside(
    current: Write, size: int, *, above: int | None = None, below: int | None = None, leaving: Sequence[int] = ()
) -> tuple[int, int]:
    """The same as the first of these positions and how far they are apart."""
    row_id = below if above is None else above
    assert row_id is not None
    found = positions_of(current, [row_id])
    if not found:
        raise Gone("The row at this place was deleted. Look again and repeat.")
    position: int | None = found[row_id]
    assert position is not None
    if above is not None or row_id in leaving:
        position = position_above(current.table.pk, position, leaving)
    return room_below(current, position, size, leaving)
