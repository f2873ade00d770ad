"""History: what was done to one cell, one row, a table; read from the changes that undo and live updates use too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from tables.columns import kind_of
from tables.columns.base import cut, plain
from tables.conversion.past import Past
from tables.conversion.values import Form
from tables.models import Bulk, Change, Column, RowChange, Table

PAGE = 50  # entries


@dataclass(frozen=True)
class CellChange:
    """One cell of a row: from what to what, as text as the column showed it; "" is empty."""

    column: str
    deleted: bool  # the column is
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One change: who did what and when; `cells` are of one row."""

    version: int
    at: datetime
    person: str
    what: str  # a sentence without its subject: changed Name in 3 rows
    rows: int
    undone: bool  # it was taken back
    cells: tuple[CellChange, ...] = ()


@dataclass(frozen=True)
class Page:
    """Entries, the newest first; `older` is the version before which the next page begins, None at the end."""

    entries: list[Entry]
    older: int | None


def activity(table: Table, before: int | None = None) -> Page:
    """What happened to a table, before a version; all writes of a bulk action are one entry, where its first one stands."""
    found = Change.objects.filter(table=table).exclude(detail__has_key="part")
    found = found if before is None else found.filter(version__lt=before)
    changes = list(found.select_related("user").order_by("-version")[: PAGE + 1])
    bulks = {change.detail["bulk"] for change in changes if "bulk" in change.detail}
    done = dict(Bulk.objects.filter(pk__in=bulks).values_list("pk", "done"))
    for change in changes:
        change.rows = done.get(change.detail.get("bulk"), change.rows)
    columns = _columns(table)
    return Page([_entry(change, columns) for change in changes[:PAGE]], _older(changes))


def row_history(table: Table, row_id: int, before: int | None = None) -> Page:
    """What happened to a row, deleted ones too, before a version."""
    return _of_row(table, row_id, None, before)


def cell_history(table: Table, row_id: int, key: int, before: int | None = None) -> Page:
    """What happened to one cell, before a version."""
    return _of_row(table, row_id, str(key), before)


def _of_row(table: Table, row_id: int, key: str | None, before: int | None) -> Page:
    found = RowChange.objects.filter(table=table, row_id=row_id)
    if before is not None:
        found = found.filter(version__lt=before)
    if key is not None:
        found = found.filter(
            Q(before__has_key=key) | Q(after__has_key=key) | Q(before__data__has_key=key) | Q(after__data__has_key=key)
        )
    changes = list(found.order_by("-version")[: PAGE + 1])
    versions = [change.version for change in changes[:PAGE]]
    known = {c.version: c for c in Change.objects.filter(table=table, version__in=versions).select_related("user")}
    columns, past = _columns(table), Past(table)
    entries = [
        _entry(known[change.version], columns, _cells(change, known[change.version], columns, past, key), _what_with(change))
        for change in changes[:PAGE]
        if change.version in known
    ]
    return Page(entries, _older(changes))


def _older(found: Sequence[Change] | Sequence[RowChange]) -> int | None:
    return found[PAGE - 1].version if len(found) > PAGE else None


def _columns(table: Table) -> dict[str, Column]:
    """All columns that there ever were."""
    return {str(column.key): column for column in table.columns.all()}


def _entry(change: Change, columns: Mapping[str, Column], cells: tuple[CellChange, ...] = (), what: str = "") -> Entry:
    person = change.user.shown_name if change.user else "Rowan"
    if "token" in change.detail:
        person = f"{person} (API: {change.detail['token']})"
    undone = change.undone_by is not None and change.action != "undo"
    return Entry(change.version, change.at, person, what or sentence(change, columns), change.rows, undone, cells)


def _what_with(change: RowChange) -> str:
    """What was done to one row."""
    if change.before is None:
        return "added this row"
    if change.after is None:
        return "deleted this row"
    return "moved this row" if "position" in change.after else "changed this row"


def _cells(
    change: RowChange, whole: Change, columns: Mapping[str, Column], past: Past, key: str | None
) -> tuple[CellChange, ...]:
    """The cells of a row that a change touched, each value as its column showed it then."""
    before, after = _values(change.before), _values(change.after)
    keys = [each for each in columns if each in before or each in after] if key is None else [key]
    found = []
    for each in keys:
        column = columns.get(each)
        if column is None:
            continue
        forms = past.around(column.key, whole)
        texts = [_text(form, image.get(each)) for form, image in zip(forms, (before, after), strict=True)]
        if texts[0] != texts[1]:
            found.append(CellChange(column.name, column.deleted_at is not None, *texts))
    return tuple(found)


def _values(image: dict[str, Any] | None) -> dict[str, Any]:
    """The cells in what a RowChange says of a row."""
    return (image or {}).get("data", image or {})


def _text(form: Form | None, value: Any) -> str:
    if value is None:
        return ""
    return cut(plain(value) if form is None else kind_of(form.kind).text(value, form.options))


# --- Sentences -----------------------------------------------------------------------------------------------------------

_DID = {
    "set cells": "changed {cells}",
    "clear cells": "cleared {cells}",
    "paste": "pasted into {cells}",
    "fill cells": "filled {cells}",
    "add rows": "added {rows}",
    "duplicate rows": "duplicated {rows}",
    "delete rows": "deleted {rows}",
    "move rows": "moved {rows}",
    "load": "loaded {rows}",
    "create table": "made the table",
}
_OF = {
    "set cells": "an edit",
    "clear cells": "a clearing of cells",
    "paste": "a paste",
    "fill cells": "a fill",
    "add rows": "an addition of rows",
    "duplicate rows": "a duplication",
    "delete rows": "a deletion of rows",
    "move rows": "a move of rows",
    "add columns": "a new column",
    "change column": "a change of a column",
    "change kind": "a change of a column's kind",
    "duplicate column": "a copy of a column",
    "run AI": "a run of an AI column",
    "move column": "a move of a column",
    "delete column": "the deletion of a column",
    "restore column": "the restoring of a column",
}
# Of a change that does not say which columns it was about, as those of long ago.
_BARE = {
    "add columns": "added columns",
    "change column": "changed a column",
    "change kind": "changed the kind of a column",
    "duplicate column": "duplicated a column",
    "move column": "moved a column",
    "delete column": "deleted a column",
    "restore column": "restored a column",
    "change prompt": "changed what fills a column",
    "run AI": "ran an AI column",
}
NAMED = 3  # columns named one by one


def sentence(change: Change, columns: Mapping[str, Column]) -> str:
    """What a change did, without who did it."""
    rows = "1 row" if change.rows == 1 else f"{change.rows:,} rows"
    if change.action in ("undo", "redo"):
        what = _OF.get(change.detail.get("of", ""), "a change")
        done = f"took back {what}" if change.action == "undo" else f"did {what} again"
        return f"{done} ({rows})" if change.rows else done
    if "moved" in change.detail:
        return f"moved cells of {_named(change, columns)} in {rows}"
    if change.action in _DID:
        return _DID[change.action].format(rows=rows, cells=f"{_named(change, columns)} in {rows}")
    if "ai" in change.detail:
        return _ai_sentence(change, rows)
    if "copies" in change.detail:
        return _copy_sentence(change, columns, rows)
    touched = [_column_sentence(each, columns) for each in change.detail.get("columns", []) if "before" in each]
    return " and ".join(touched[:NAMED]) or _BARE.get(change.action, "changed the table")


def _named(change: Change, columns: Mapping[str, Column]) -> str:
    names = [f"“{columns[key].name}”" for key in change.detail.get("cells", []) if key in columns]
    if not names:
        return "cells"
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more columns"


def _copy_sentence(change: Change, columns: Mapping[str, Column], rows: str) -> str:
    source, copy = (columns.get(str(change.detail["copies"][name])) for name in ("from", "to"))
    names = [f"“{column.name}”" if column else "a column" for column in (source, copy)]
    return f"duplicated the column {names[0]} as {names[1]}" + (f" with its values in {rows}" if change.rows else "")


def _ai_sentence(change: Change, rows: str) -> str:
    name = f"“{change.detail['ai']['name']}”"
    if "auto" in change.detail:
        return f"answered {name} by auto-run"  # more such writes may follow, which have no entry of their own
    return f"ran the AI column {name} ({rows})" if change.action == "run AI" else f"changed what fills the column {name}"


def _column_sentence(entry: Mapping[str, Any], columns: Mapping[str, Column]) -> str:
    before, after, name = entry["before"], entry["after"], entry["name"]
    if before is None:
        return f"added the column “{name}”"
    if after is None:
        return f"deleted the column “{name}”"
    if "name" in after:
        return f"renamed the column “{before['name']}” to “{after['name']}”"
    if "place" in after:
        return f"moved the column “{name}”"
    return f"changed {' and '.join(sorted(after))} of the column “{name}”"
