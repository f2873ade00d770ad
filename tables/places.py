"""Places between rows: positions for rows that are added or moved to somewhere in a table's order.

A row's slot is the 2^32 positions from its own up to the next row number's. Rows placed behind it take positions inside its
slot, never further on: row numbers may be reserved by a load whose rows nobody sees yet. Where a slot has no room left at
that place the rows around it are spread out, which changes no order; the Change keeps how (`detail["spread"]`), since
records from before speak of the old positions. Every function here needs the Table's row lock.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from tables import order
from tables.models import POSITION_SHIFT, Change, Table
from tables.writes import Write

LAST_ROW_ID = 2**31 - 1
SLOT = 1 << POSITION_SHIFT
# Rows on either side that are spread out at once, and the room between two that is worth it; else more of them are.
SPREAD_ROWS, SPREAD_STEP = 64, 1 << 12
LOOK_AHEAD = 16  # times as far as the time before: all that two full writes can take up is known after five times


class TooMany(ValueError):
    """More rows than one call may touch; the message is a sentence."""


def take_ids(table: Table, size: int) -> int:
    """Keep the next `size` row numbers; the first of them. Raises TooMany."""
    first = table.next_row_id
    if first + size - 1 > LAST_ROW_ID:
        raise TooMany("This table has used up its row numbers (2,147,483,647).")
    table.next_row_id += size
    return first


def places_at_end(table: Table, size: int) -> list[int]:
    """Positions behind all rows there are, and all that a load under way will show."""
    start, step = room_at_end(table, size)
    return [start + step * n for n in range(size)]


def room_at_end(table: Table, size: int) -> tuple[int, int]:
    """The same as the first of these positions and how far they are apart."""
    return take_ids(table, size) << POSITION_SHIFT, SLOT


def places_below(current: Write, position: int | None, size: int, leaving: Sequence[int] = ()) -> list[int]:
    """Free positions right below the row at `position` (None: above all rows), as if the rows `leaving` were not there."""
    start, step = room_below(current, position, size, leaving)
    return [start + step * n for n in range(size)]


def room_below(current: Write, position: int | None, size: int, leaving: Sequence[int] = ()) -> tuple[int, int]:
    """The same as the first of these positions and how far they are apart."""
    above_all = position is None
    following = _following(current.table.pk, order.LOWEST if position is None else position, leaving)
    if following is None:
        return room_at_end(current.table, size)
    if above_all:
        top = min(following, SLOT) >> POSITION_SHIFT
        return (top - size) << POSITION_SHIFT, SLOT
    assert position is not None
    step = (min(following, _slot_end(position)) - position) // (size + 1)
    if step < 1:
        position = _spread(current, position, size)
        following = _following(current.table.pk, position, leaving) or order.HIGHEST
        step = (min(following, _slot_end(position)) - position) // (size + 1)
    return position + step, step


def position_above(table_id: int, position: int, leaving: Sequence[int] = ()) -> int | None:
    """Where the row above the one at `position` stands, as if the rows `leaving` were not there; None: there is none."""
    return _one(
        "SELECT position FROM tables_row WHERE table_id = %s AND position < %s AND NOT id = ANY(%s::int[])"
        " ORDER BY position DESC LIMIT 1",
        [table_id, position, list(leaving)],
    )


def _following(table_id: int, position: int, leaving: Sequence[int]) -> int | None:
    return _one(
        "SELECT position FROM tables_row WHERE table_id = %s AND position > %s AND NOT id = ANY(%s::int[])"
        " ORDER BY position LIMIT 1",
        [table_id, position, list(leaving)],
    )


def _one(statement: str, values: list[Any]) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchone()
    return found[0] if found else None


def _slot_end(position: int) -> int:
    return ((position >> POSITION_SHIFT) + 1) << POSITION_SHIFT


def _spread(current: Write, position: int, size: int) -> int:
    """Make room for `size` rows below the row at `position`, by moving rows of its slot apart; where that row stands then."""
    table_id, start, end = current.table.pk, position >> POSITION_SHIFT << POSITION_SHIFT, _slot_end(position)
    rows = SPREAD_ROWS
    while True:
        above = _around(table_id, "position BETWEEN %s AND %s ORDER BY position DESC", [start, position], rows)[::-1]
        below = _around(table_id, "position > %s AND position < %s ORDER BY position", [position, end], rows)
        whole = len(above) < rows and len(below) < rows
        # What is at the ends stays where it is.
        last = below.pop()[1] if len(below) == rows else end
        first = above[0][1]
        moved = above[1:] + below
        step = (last - first) // (len(moved) + size + 1)
        if step >= SPREAD_STEP or (whole and step):
            break
        if whole:
            raise TooMany("There is no room for more rows at this place. Add them at the end of the table.")
        rows *= 4
    new = [first + step * (n + (size if n >= len(above) else 0)) for n in range(1, len(moved) + 1)]
    old = [at for _, at in moved]
    shift(table_id, [row_id for row_id, _ in moved], old, new)
    current.detail.setdefault("spread", []).append([[first, *old, last], [first, *new, last]])
    return first + step * (len(above) - 1)


def _around(table_id: int, where: str, values: list[int], rows: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, position FROM tables_row WHERE table_id = %s AND {where} LIMIT %s", [table_id, *values, rows])  # noqa: S608  constants
        return cursor.fetchall()


def shift(table_id: int, ids: Sequence[int], old: Sequence[int], new: Sequence[int], version: int | None = None) -> None:
    """Move rows to other positions, which are free or among their own, and count them there; `version` is theirs then."""
    statement = """
        UPDATE tables_row r SET position = i.position, version = coalesce(%s, r.version)
        FROM unnest(%s::int[], %s::bigint[]) AS i (id, position) WHERE r.table_id = %s AND r.id = i.id
        """
    with connection.cursor() as cursor:
        if not set(old).isdisjoint(new):
            # No two rows may stand at one position for a moment: all go out of the way first.
            cursor.execute(statement, [version, list(ids), [order.LOWEST + 1 + n for n in range(len(ids))], table_id])
        cursor.execute(statement, [version, list(ids), list(new), table_id])
    order.count_changes(table_id, old, -1)
    order.count_changes(table_id, new, 1)


def as_of_now(table: Table, since: int, wanted: Mapping[int, int]) -> dict[int, int]:
    """Where rows belong now that stood at these positions at version `since`: {row id: a free position}."""
    places = dict(wanted)
    logged = Change.objects.filter(table=table, version__gt=since, detail__has_key="spread").order_by("version")
    for detail in logged.values_list("detail", flat=True):
        for old, new in detail["spread"]:
            places = {row_id: _shifted(at, old, new) for row_id, at in places.items()}
    return apart(table.pk, places)


def _shifted(position: int, old: Sequence[int], new: Sequence[int]) -> int:
    if not old[0] <= position < old[-1]:
        return position
    at = bisect_right(old, position) - 1
    return int(new[at] + (position - old[at]) * (new[at + 1] - new[at]) // (old[at + 1] - old[at]))


def apart(table_id: int, places: Mapping[int, int]) -> dict[int, int]:
    """The same with those moved on to the next free position whose place is taken by another row.

    What is taken is read in few queries, each looking further on than the one before: one per step would take half a minute
    for 2,000 rows that meet 2,000 others.
    """
    wanted = sorted(places.items(), key=lambda each: each[1])
    asked, ahead = wanted, 1
    taken: set[int] = set()
    found: dict[int, int] = {}
    while asked:
        taken |= _taken(table_id, [(at, at + ahead) for _, at in asked], places)
        known, last = dict(asked), order.LOWEST
        for row_id, at in wanted:
            last = max(at, last + 1)
            while last in taken:
                last += 1
            found[row_id] = last
        moved = [(row_id, at) for row_id, at in wanted if found[row_id] > at]
        asked = moved if any(row_id not in known or found[row_id] >= at + ahead for row_id, at in moved) else []
        ahead *= LOOK_AHEAD
    return found


def _taken(table_id: int, ranges: Sequence[tuple[int, int]], places: Mapping[int, int]) -> set[int]:
    """The positions in sorted ranges (first, behind the last) at which rows stand that are not among `places`."""
    firsts, ends = [ranges[0][0]], [ranges[0][1]]
    for first, end in ranges[1:]:
        if first <= ends[-1]:
            ends[-1] = end
        else:
            firsts.append(first)
            ends.append(end)
    with connection.cursor() as cursor:
        # OFFSET 0: else PostgreSQL, which knows nothing of the ranges, could go through the table for all of them together.
        cursor.execute(
            "SELECT r.id, r.position FROM unnest(%s::bigint[], %s::bigint[]) AS w (first, behind)"
            " CROSS JOIN LATERAL (SELECT id, position FROM tables_row"
            " WHERE table_id = %s AND position >= w.first AND position < w.behind OFFSET 0) AS r",
            [firsts, ends, table_id],
        )
        return {at for row_id, at in cursor if row_id not in places}
