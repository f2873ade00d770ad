"""Setting and clearing cells."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from bases.models import User
from tables.columns import kind_of
from tables.columns.base import BadValue, checked_text
from tables.edits.choices import FAMILIES, add_choices
from tables.edits.picked import Picked, refuse_cells
from tables.edits.report import Report, read_only
from tables.models import Change, Column, RowChange, Table, columns_at
from tables.query import RowQuery
from tables.steps import clear_cells, patch_rows
from tables.writes import Gone, write


class Conflict(Exception):
    """Somebody else changed this very cell since the person saw it."""

    def __init__(self, current: str, version: int) -> None:
        super().__init__("Somebody changed this cell meanwhile.")
        self.current = current  # as text
        self.version = version  # of the table when it was read


class Edit(NamedTuple):
    """What a person typed into a cell; `seen` is the version of the row they looked at."""

    row_id: int
    key: int
    text: str
    seen: int


@dataclass
class CellsSet:
    """What became of many edits: how many cells were written, which somebody else had changed, which could not be."""

    version: int
    cells: int = 0
    conflicts: list[dict[str, Any]] = field(default_factory=list)  # {"row", "key", "current": as text}
    report: Report = field(default_factory=Report)


def set_cell(table: Table, user: User, row_id: int, key: int, text: str, seen: int, *, create: bool = False) -> int:
    """Set one cell from what a person typed; `seen` is the version of the row they looked at.

    With `create`, names that are no choices of a select column become some. Returns the table's new version. Raises
    BadValue, Conflict, Gone.
    """
    checked_text(text)
    with write(table.pk, user, "set cells") as current:
        # Read under the lock: a column deleted a moment ago takes no value any more.
        column = _columns(current.table).get(key)
        if column is None:
            raise Gone("This column was deleted.")
        kind = kind_of(column.kind)
        if not kind.writable:
            raise BadValue(read_only(column))
        if create and kind.family in FAMILIES:
            column, _ = add_choices(current, column, [text])
        value = kind.parse(text, column.options)
        if conflicting_cells(current.table, user, [Edit(row_id, key, text, seen)]):
            now = texts_now(current.table, {key: column}, [(row_id, key)])[row_id, key]
            raise Conflict(now, current.table.version)
        if not patch_rows(current, {row_id: {str(key): value}}):
            raise Gone("This row was deleted.")
    return current.version


def set_cells(table: Table, user: User, edits: Sequence[Edit]) -> CellsSet:
    """Set many cells in one write, each as set_cell does; later edits of a cell go over earlier ones. Raises TooMany, Gone."""
    refuse_cells(len(edits), 1, "set")
    with write(table.pk, user, "set cells") as current:
        done = CellsSet(current.table.version)
        columns = _columns(current.table)
        there = RowQuery(current.table).there(edit.row_id for edit in edits)
        conflicting = conflicting_cells(current.table, user, edits)
        patches: dict[int, dict[str, Any]] = {}
        for line, edit in enumerate(edits):
            column = columns.get(edit.key)
            if column is None:
                done.report.whole("This column was deleted.")
            elif edit.row_id not in there:
                done.report.cell(line, edit.row_id, None, column, edit.text, "This row was deleted.")
            elif (edit.row_id, edit.key) not in conflicting:
                try:
                    patches.setdefault(edit.row_id, {})[str(edit.key)] = _parsed(column, edit.text)
                except BadValue as bad:
                    done.report.cell(line, edit.row_id, None, column, edit.text, str(bad))
        cells = [cell for cell in conflicting if cell[0] in there and cell[1] in columns]
        texts = texts_now(current.table, columns, cells)
        done.conflicts = [{"row": row_id, "key": key, "current": texts[row_id, key]} for row_id, key in sorted(cells)]
        patches = {row_id: patch for row_id, patch in patches.items() if patch}
        done.cells = sum(map(len, patches.values()))
        if patches:
            patch_rows(current, patches)
            done.version = current.version
        current.is_void = not patches
    return done


def clear(table: Table, user: User, picked: Picked, keys: Sequence[int]) -> tuple[int, int, Report]:
    """Empty cells of rows. Returns the table's version, in how many rows there was anything to empty, and what is read-only.

    Raises Moved, TooMany, Gone.
    """
    with write(table.pk, user, "clear cells") as current:
        report = Report()
        columns = picked_columns(current.table, keys, report)
        ids = picked.of(current)
        refuse_cells(len(ids), len(columns), "cleared")
        rows = clear_cells(current, ids, [str(column.key) for column in columns]) if columns else 0
        current.is_void = not rows
    return current.table.version, rows, report


def picked_columns(table: Table, keys: Sequence[int], report: Report) -> list[Column]:
    """Those of the columns with these keys that can be written; others are reported once each. Raises Gone if none is there."""
    columns = _columns(table)
    there = [columns[key] for key in keys if key in columns]
    if not there and keys:
        raise Gone("This column was deleted." if len(keys) == 1 else "These columns were deleted.")
    if len(there) < len(keys):
        report.whole("A column of the selection was deleted meanwhile.")
    for column in there:
        if not kind_of(column.kind).writable:
            report.column(column, read_only(column))
    return [column for column in there if kind_of(column.kind).writable]


def _columns(table: Table) -> dict[int, Column]:
    return {column.key: column for column in columns_at(table.pk, table.columns_version)}


def _parsed(column: Column, text: str) -> Any:
    kind = kind_of(column.kind)
    if not kind.writable:
        raise BadValue(read_only(column))
    return kind.parse(checked_text(text), column.options)


def conflicting_cells(table: Table, user: User | None, edits: Sequence[Edit]) -> set[tuple[int, int]]:
    """Which of these cells somebody else has changed since they were seen: {(row id, column key)}.

    One's own later edits are no conflict: a queue of edits may hold several of one cell, made on the same version.
    """
    since = min((edit.seen for edit in edits), default=0)
    if since >= table.version:
        return set()
    changed = RowChange.objects.filter(
        table=table, row_id__in={edit.row_id for edit in edits}, version__gt=since, before__isnull=False, after__isnull=False
    )
    if len(edits) == 1:
        changed = changed.filter(after__has_key=str(edits[0].key))
    found = list(changed.values_list("row_id", "version", "after"))
    if not found:
        return set()
    versions = {version for _, version, _ in found}
    others = set(Change.objects.filter(table=table, version__in=versions).exclude(user=user).values_list("version", flat=True))
    last: dict[tuple[int, str], int] = {}  # the last version at which somebody else changed a cell
    for row_id, version, after in found:
        if version in others:
            last.update({(row_id, key): max(version, last.get((row_id, key), 0)) for key in after or {}})
    return {(e.row_id, e.key) for e in edits if last.get((e.row_id, str(e.key)), 0) > e.seen}


def texts_now(table: Table, columns: dict[int, Column], cells: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """What stands in cells, as their editors would show it: {(row id, column key): text}."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, data FROM tables_row WHERE table_id = %s AND id = ANY(%s::int[])",
            [table.pk, [row_id for row_id, _ in cells]],
        )
        found = {row_id: json.loads(data) for row_id, data in cursor}
    texts = {}
    for row_id, key in cells:
        value = found.get(row_id, {}).get(str(key))
        column = columns[key]
        texts[row_id, key] = "" if value is None else kind_of(column.kind).edit_text(value, column.options)
    return texts
