"""What a change did to columns, kept in `Change.detail["columns"]`, and its inverse.

One entry for each column: {"key", "name", "before", "after"}. Like a RowChange, before and after hold the attributes that
were touched (name, description, kind, options, place); null: the column was not there. A place is [key of the column before
it, key of the one behind it]. Cells stay in their rows when a column goes, so they are back with it.

A change of kind also names in `detail["converts"]` the column whose cells it wrote, as does each part of a large one: they are
taken back only together with the kind. A copy of a column names both in `detail["copies"]`: its cells stay in their rows as
those of any deleted column, so it goes and comes at once however many they are.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils import timezone

from tables.columns.base import quoted
from tables.conversion.cells import convert_later, note_conversion
from tables.conversion.values import Converter, Form
from tables.inverse import LATER, Blocked, take_back_rows
from tables.models import MAX_COLUMNS, Change, Column
from tables.writes import Write

Image = dict[str, Any]

ATTRIBUTES = ("name", "description", "kind", "options")
SMALLEST_GAP = 1e-6  # between the orders of two neighbours


def image(column: Column) -> Image:
    return {name: getattr(column, name) for name in ATTRIBUTES}


def note(current: Write, column: Column, before: Image | None, after: Image | None) -> None:
    """Keep what was done to a column; of two images only what differs."""
    if before is not None and after is not None:
        names = [name for name in after if before.get(name) != after[name]]
        if not names:
            return
        before, after = {name: before[name] for name in names}, {name: after[name] for name in names}
    entry = {"key": column.key, "name": column.name, "before": before, "after": after}
    current.detail.setdefault("columns", []).append(entry)
    current.columns_changed = True


def order_before(current: Write, before: int | None, moved: int | None = None) -> float:
    """A place before the column with that key, or after the last one; `moved` is the key of the column that goes there.

    Deleted columns count: they keep their place among the others, and are there again when they come back.
    """
    columns = [column for column in _everyone(current) if column.key != moved]
    if not columns:
        return 1.0
    at = next((i for i, c in enumerate(columns) if c.key == before), None)
    if at is None:
        return columns[-1].order + 1
    left = columns[at - 1].order if at else columns[at].order - 1
    if columns[at].order - left < SMALLEST_GAP:
        # After many moves to one place there is no number left between the two: spread all columns out again.
        for n, column in enumerate(columns, start=1):
            column.order = float(n)
        Column.objects.bulk_update(columns, ["order"])
        left = columns[at].order - 1
    return (left + columns[at].order) / 2


def _everyone(current: Write) -> list[Column]:
    """All columns, the deleted ones too, in their order."""
    return list(current.table.columns.order_by("order", "key"))


def place_of(current: Write, key: int) -> list[int | None]:
    """The keys of a column's neighbours, None at an end."""
    keys = [column.key for column in _everyone(current)]
    at = keys.index(key)
    return [keys[at - 1] if at else None, keys[at + 1] if at + 1 < len(keys) else None]


def move(current: Write, column: Column, before: int | None) -> None:
    """Put a column before another (by key), or at the end (None)."""
    was = place_of(current, column.key)
    column.order = order_before(current, before, column.key)
    column.save(update_fields=["order"])
    note(current, column, {"place": was}, {"place": place_of(current, column.key)})


def set_kind(current: Write, column: Column, form: Form) -> None:
    """Give a column another kind, without a look at its cells."""
    before = image(column)
    column.kind, column.options = form.kind, dict(form.options)
    column.save(update_fields=["kind", "options"])
    note(current, column, before, image(column))


def take_back(current: Write, last: Change) -> tuple[Blocked, list[str]]:
    """Do the inverse of a change; what of its rows was left out, and a sentence for each part of its columns that was."""
    if kept := _kind_kept(current, last):
        return Blocked(), [kept]
    if "copies" in last.detail:
        return Blocked(), take_back_columns(current, last)  # its cells stay with the column that goes
    if "converts" in last.detail:
        note_conversion(current, last.detail["converts"]["key"])
    return take_back_rows(current, last), take_back_columns(current, last)


def _kind_kept(current: Write, last: Change) -> str:
    """A sentence if a change of kind cannot be taken back, its cells included; they mean nothing in another kind."""
    if "converts" not in last.detail:
        return ""
    key = last.detail["converts"]["key"]
    column = Column.objects.filter(table=current.table, key=key).first()
    if column is None or (
        column.deleted_at is None and not _touched_later(current, last).get(key, set()) & {"column", "kind", "options"}
    ):
        return ""
    return f"The column {quoted(column.name)} keeps its kind: somebody else has changed it later."


def take_back_columns(current: Write, last: Change) -> list[str]:
    """Do the inverse of what a change did to columns; a sentence for each part that was left out."""
    entries = last.detail.get("columns", [])
    if not entries:
        return []
    touched = _touched_later(current, last)
    left: list[str] = []
    for entry in reversed(entries):
        later = touched.get(entry["key"], set())
        column = Column.objects.filter(table=current.table, key=entry["key"]).first()
        if column is None:
            continue
        if entry["before"] is None:
            sentence = _take_away(current, column, later, last)
        elif entry["after"] is None:
            sentence = _bring_back(current, column, later)
        else:
            sentence = _change_back(current, column, entry["before"], later, last)
        if sentence:
            left.append(sentence)
    return left


def _take_away(current: Write, column: Column, later: set[str], last: Change) -> str:
    if column.deleted_at is not None:
        return ""
    if later or _filled_in_later(current, column, last):
        return f"The column {quoted(column.name)} stays: somebody else has changed it later."
    before = image(column)
    column.deleted_at = timezone.now()
    column.save(update_fields=["deleted_at"])
    note(current, column, before, None)
    return ""


def _bring_back(current: Write, column: Column, later: set[str]) -> str:
    if column.deleted_at is None:
        return ""
    if later:
        return f"The column {quoted(column.name)} stays deleted: somebody else has changed it later."
    names = {c.name.casefold() for c in current.table.live_columns()}
    if column.name.casefold() in names:
        return f"The column {quoted(column.name)} stays deleted: there is another column of this name. Rename that one first."
    if len(names) >= MAX_COLUMNS:
        return f"The column {quoted(column.name)} stays deleted: a table holds at most {MAX_COLUMNS} columns."
    column.deleted_at = None
    column.save(update_fields=["deleted_at"])
    note(current, column, None, image(column))
    return ""


def _change_back(current: Write, column: Column, before: Image, later: set[str], last: Change) -> str:
    blocked = set(before) if "column" in later or column.deleted_at else set(before) & later
    if "options" in before and "kind" not in before and _filled_in_later(current, column, last):
        blocked.add("options")  # choices that are taken away may be in cells by now
    sentence = (
        f"The column {quoted(column.name)} keeps its {_words(blocked)}: somebody else has changed it later." if blocked else ""
    )
    wanted = {name: value for name, value in before.items() if name not in blocked}
    if _is_taken(current, column, wanted.get("name")):
        sentence = f"The column {quoted(column.name)} keeps its name: there is another column {quoted(wanted.pop('name'))}."
    if "place" in wanted:
        previous, following = wanted.pop("place")
        _move_back(current, column, previous, following)
    if wanted:
        was = image(column)
        for name, value in wanted.items():
            setattr(column, name, value)
        column.save(update_fields=list(wanted))
        note(current, column, was, image(column))
        if "kind" in wanted:
            converter = Converter(Form(was["kind"], was["options"]), Form(column.kind, column.options))
            convert_later(current, column.key, converter, last.version, last.detail["converts"]["rows"])
    return sentence


def _words(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


def _is_taken(current: Write, column: Column, name: str | None) -> bool:
    if name is None:
        return False
    return any(c.name.casefold() == name.casefold() and c.key != column.key for c in current.table.live_columns())


def _move_back(current: Write, column: Column, previous: int | None, following: int | None) -> None:
    """Between its former neighbours, or beside the one of them that is still there."""
    keys = [c.key for c in _everyone(current) if c.key != column.key]
    if previous in keys:
        at = keys.index(previous) + 1
        move(current, column, keys[at] if at < len(keys) else None)
    elif following is None or following in keys:
        move(current, column, following if previous is not None or following is not None else None)
    else:
        move(current, column, keys[0] if previous is None and keys else None)


def _touched_later(current: Write, last: Change) -> dict[int, set[str]]:
    """What other people have changed of columns since: {key: attributes, and "column" where it came or went}."""
    values = {"t": current.table.pk, "since": last.version, "user": current.user_id}
    touched: dict[int, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(LATER + " AND l.detail ? 'columns'", values)
        versions = [version for (version,) in cursor]
    changes = Change.objects.filter(table=current.table, version__in=versions)
    for detail in changes.values_list("detail", flat=True):
        for entry in detail["columns"]:
            names = {"column"} if entry.get("before") is None or entry.get("after") is None else set(entry["after"])
            touched.setdefault(entry["key"], set()).update(names)
    return touched


def _filled_in_later(current: Write, column: Column, last: Change) -> bool:
    """Whether somebody else has written cells of this column since."""
    if current.table.cells_version([column.key]) <= last.version and current.table.rows_version <= last.version:
        return False
    with connection.cursor() as cursor:
        cursor.execute(LATER, {"t": current.table.pk, "since": last.version, "user": current.user_id})
        versions = [version for (version,) in cursor]
        # By their numbers: told as a question of its own, PostgreSQL may read all changes of rows for it, in 18 s of a million.
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM tables_rowchange c WHERE c.table_id = %s AND c.version = ANY(%s::bigint[])
                  AND (c.after ? %s OR c.after -> 'data' ? %s)
            )
            """,
            [current.table.pk, versions, str(column.key), str(column.key)],
        )
        found: bool = cursor.fetchone()[0]
    return found
