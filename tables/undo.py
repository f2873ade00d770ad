"""Undo: takes back a person's last change to a table, never over somebody else's later one.

What it cannot take back is named and left as it is.
"""

from dataclasses import dataclass, field

from bases.models import User
from tables.edits import patch_rows, remove_rows, restore_rows
from tables.models import Change, RowChange, Table
from tables.writes import Gone, Write, write

UNDOABLE = ("set cells", "add rows", "delete rows")


@dataclass
class Undone:
    """What an undo did: a sentence, and the first row it touched (None when that row is gone)."""

    text: str
    rows: int
    version: int
    row_id: int | None
    skipped: list[int] = field(default_factory=list)


def undo(table: Table, user: User) -> Undone:
    """Take back the person's last undoable change. Raises Gone with a sentence when there is none."""
    with write(table.pk, user, "undo") as current:
        last = (
            Change.objects.filter(table=table, user=user, action__in=UNDOABLE, undone_by=None).order_by("-version").first()
        )
        if last is None:
            raise Gone("There is nothing to undo.")
        changes = _changes_of(table, last)
        blocked = _changed_since(table, last, changes)
        mine = [c for c in changes if c.row_id not in blocked]
        if last.action == "set cells":
            _put_back_cells(current, mine)
        elif last.action == "add rows":
            remove_rows(current, [c.row_id for c in mine])
        else:
            restore_rows(current, last.version, [c.row_id for c in mine])
        current.undoes = last.version
        Change.objects.filter(table=table, version=last.version).update(undone_by=current.version)
    there = last.action != "add rows" and bool(mine)
    row_id = mine[0].row_id if there else None
    return Undone(_sentence(last, current.rows, blocked), current.rows, current.version, row_id, sorted(blocked))


def _changes_of(table: Table, last: Change) -> list[RowChange]:
    """Its row changes by row id; of whole rows only which they are, since 10,000 images take long to read."""
    changes = RowChange.objects.filter(table=table, version=last.version).order_by("row_id")
    return list(changes if last.action == "set cells" else changes.only("table_id", "version", "row_id"))


def _put_back_cells(current: Write, changes: list[RowChange]) -> None:
    patch_rows(current, {c.row_id: c.before for c in changes if c.before is not None})


def _changed_since(table: Table, last: Change, changes: list[RowChange]) -> set[int]:
    """Rows of this change that somebody else has changed later, in a cell that the undo would write."""
    mine = {c.row_id: c for c in changes}
    later = RowChange.objects.filter(table=table, version__gt=last.version, row_id__in=list(mine))
    blocked = set()
    for change in later:
        keys = set(mine[change.row_id].after or {}) if last.action == "set cells" else None
        if keys is None or change.after is None or keys & set(change.after):
            blocked.add(change.row_id)
    return blocked - _own(table, last, blocked)


def _own(table: Table, last: Change, rows: set[int]) -> set[int]:
    """Of these rows, those whose later changes are all the same person's."""
    if not rows:
        return set()
    later = RowChange.objects.filter(table=table, version__gt=last.version, row_id__in=rows).values_list("version", "row_id")
    versions = {version for version, _ in later}
    own = set(Change.objects.filter(table=table, version__in=versions, user=last.user_id).values_list("version", flat=True))
    return rows - {row_id for version, row_id in later if version not in own}


def _sentence(last: Change, rows: int, blocked: set[int]) -> str:
    what = {"set cells": "Cell restored", "add rows": "Added rows removed", "delete rows": "Deleted rows restored"}[last.action]
    count = f" ({rows:,} rows)" if rows != 1 else ""
    skipped = f" {len(blocked):,} left as they are: somebody else changed them later." if blocked else ""
    return f"{what}{count}.{skipped}"
