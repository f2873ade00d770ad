"""Undo and redo: a person's last change to a table is taken back, or done again, never over somebody else's later one.

Nothing of it is kept in the browser. The changes of a person are the stack: undo takes back the last that was not taken
back; redo takes back the last undo, until the person has made a new change. What cannot be taken back is named and left.
"""

from dataclasses import dataclass, field

from django.db.models import QuerySet

from bases.models import User
from tables.column_changes import take_back
from tables.columns.base import quoted
from tables.inverse import Blocked
from tables.models import Bulk, Change, RowChange, Table
from tables.query import BadQuery, RowQuery
from tables.query.definition import EVERYTHING, Definition
from tables.query.snapshots import NotMade
from tables.writes import Gone, write

NOT_UNDOABLE = ("load", "create table", "change prompt")
NAMED = 3  # rows named one by one in a sentence

# What each action is called when it was taken back.
TAKEN_BACK = {
    "set cells": "Cells put back",
    "clear cells": "Cleared cells put back",
    "paste": "Paste taken back",
    "fill cells": "Fill taken back",
    "add rows": "Added rows removed",
    "duplicate rows": "Copies removed",
    "delete rows": "Deleted rows restored",
    "move rows": "Rows moved back",
    "add columns": "Added column removed",
    "change column": "Column changed back",
    "change kind": "Kind of the column changed back",
    "duplicate column": "Copy of the column removed",
    "move column": "Column moved back",
    "delete column": "Column restored",
    "restore column": "Column deleted again",
    "run AI": "Answers taken back",
}
DONE_AGAIN = {
    "set cells": "Cells set again",
    "clear cells": "Cells cleared again",
    "paste": "Pasted again",
    "fill cells": "Filled again",
    "add rows": "Rows added again",
    "duplicate rows": "Copies made again",
    "delete rows": "Rows deleted again",
    "move rows": "Rows moved again",
    "add columns": "Column added again",
    "change column": "Column changed again",
    "change kind": "Kind of the column changed again",
    "duplicate column": "Copy of the column made again",
    "move column": "Column moved again",
    "delete column": "Column deleted again",
    "restore column": "Column restored again",
    "run AI": "Answers put in again",
}


UNDER_WAY = "Your last change is still under way. Cancel it first, or wait until it has ended."


class IsBulk(Exception):
    """The change is a part of an action on many rows, which is taken back as a whole (tables/bulk.py)."""

    def __init__(self, bulk: Bulk) -> None:
        super().__init__(str(bulk))
        self.bulk = bulk


@dataclass
class Undone:
    """What an undo or redo did: a sentence, the first row it touched (None when that row is gone), the columns of its cells."""

    text: str
    rows: int
    version: int
    row_id: int | None
    keys: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)  # ids of rows of which something was left as it is
    columns_changed: bool = False


def undo(table: Table, user: User, shown: Definition = EVERYTHING) -> Undone:
    """Take back the person's last change. Raises Gone with a sentence when there is none.

    `shown` is the view in whose numbers rows are named.
    """
    return _take_back(table, user, "undo", shown)


def redo(table: Table, user: User, shown: Definition = EVERYTHING) -> Undone:
    """Do again what the person's last undo took back. Raises Gone with a sentence when there is nothing."""
    return _take_back(table, user, "redo", shown)


def _take_back(table: Table, user: User, action: str, shown: Definition) -> Undone:
    with write(table.pk, user, action) as current:
        last = _last_done(table, user) if action == "undo" else _last_undone(table, user)
        _refuse_forgotten(table, last)
        versions = [last.version]
        if "bulk" in last.detail:
            versions = _parts(last)
            last = Change.objects.get(table=table, version=versions[0])
        blocked, sentences = take_back(current, last)
        current.undoes = last.version
        current.detail["of"] = last.detail.get("of", last.action)
        Change.objects.filter(table=table, version__in=versions).update(undone_by=current.version)
    there = RowChange.objects.filter(table=table, version=current.version, after__isnull=False).order_by("row_id")
    words = (TAKEN_BACK if action == "undo" else DONE_AGAIN).get(current.detail["of"], "Taken back") + _of_columns(last)
    return Undone(
        text=_sentence(words, current.rows, blocked, RowQuery(current.table, shown), sentences, bool(current.columns_changed)),
        rows=current.rows,
        version=current.version,
        row_id=there.values_list("row_id", flat=True).first(),
        keys=sorted(map(int, current.cells_changed)),
        skipped=blocked.all,
        columns_changed=current.columns_changed,
    )


def _parts(last: Change) -> list[int]:
    """The versions of a Bulk that is taken back in one write, as a column's copy is with all its cells. Raises IsBulk, Gone."""
    bulk = Bulk.objects.light().get(pk=last.detail["bulk"])
    if "copies" not in last.detail:
        raise IsBulk(bulk)
    if bulk.is_open:
        raise Gone(UNDER_WAY)
    return list(bulk.versions)


def _by_hand(table: Table, user: User) -> "QuerySet[Change]":
    """The person's changes but for those of their programs: nobody who presses Ctrl+Z means what a program did meanwhile."""
    return Change.objects.filter(table=table, user=user).exclude(detail__has_key="token")


def _last_done(table: Table, user: User) -> Change:
    mine = _by_hand(table, user).filter(undone_by=None).exclude(action__in=[*NOT_UNDOABLE, "undo"])
    # An action on many rows stands where it began: what the person did while it ran comes before it.
    mine = mine.exclude(detail__has_key="part")
    last: Change | None = mine.order_by("-version").first()
    if last is None:
        raise Gone("There is nothing to undo.")
    return last


def _last_undone(table: Table, user: User) -> Change:
    mine = _by_hand(table, user).order_by("-version")
    new = (
        mine.exclude(action__in=[*NOT_UNDOABLE, "undo", "redo"])
        .exclude(detail__has_key="part")
        .values_list("version", flat=True)
        .first()
        or 0
    )
    last: Change | None = mine.filter(action="undo", undone_by=None, version__gt=new).first()
    if last is None:
        raise Gone("There is nothing to redo.")
    return last


def _refuse_forgotten(table: Table, last: Change) -> None:
    """Old changes lose their rows in time (tables/keeping.py)."""
    if last.rows and "copies" not in last.detail and not RowChange.objects.filter(table=table, version=last.version).exists():
        raise Gone("Your last change is too long ago to be taken back.")


def _of_columns(last: Change) -> str:
    """Which column it was that came or went: “Name”; "" of any other change, and of several columns."""
    entries = [each for each in last.detail.get("columns", []) if not (each["before"] and each["after"])]
    return f": {quoted(entries[0]['name'])}" if len(entries) == 1 else ""


def _sentence(words: str, rows: int, blocked: Blocked, query: RowQuery, sentences: list[str], columns: bool) -> str:
    count = f" ({rows:,} rows)" if rows > 1 else ""
    parts = [f"{words}{count}." if rows or columns else "Nothing was changed."]
    if len(blocked.all) == 1:
        parts.append(f"{_named(blocked.all, query)} was left as it is: somebody else has changed it later.")
    elif blocked.all:
        parts.append(f"{_named(blocked.all, query)} were left as they are: somebody else has changed them later.")
    return " ".join([*parts, *sentences])


def _named(ids: list[int], query: RowQuery) -> str:
    """Rows by their numbers in the view: Row 4; Rows 4, 9, 12 and 20 more."""
    try:
        places = [query.index_of(row_id) for row_id in ids[:NAMED]]
    except (BadQuery, NotMade):  # a column that the view asks for went with this very undo, or the view is too slow to order
        places = []
    numbers = [f"{place + 1:,}" for place in sorted(place for place in places if place is not None)]
    more = len(ids) - len(numbers)
    if not numbers:
        return "1 row" if more == 1 else f"{more:,} rows"
    if len(ids) == 1:
        return f"Row {numbers[0]}"
    if more:
        return f"Rows {', '.join(numbers)} and {more:,} more"
    return f"Rows {', '.join(numbers[:-1])} and {numbers[-1]}"
