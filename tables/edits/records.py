"""Rows as programs write them: values in JSON by column, all of them or none.

A person's paste writes what fits and reports the rest; a program that sends a thousand rows needs to know that they are in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bases.models import User
from tables.columns import kind_of
from tables.columns.base import BadValue, quoted
from tables.columns.multi_select import new_names
from tables.edits.choices import FAMILIES, add_choices, add_names
from tables.edits.report import read_only
from tables.models import Column, Table, columns_at
from tables.query import RowQuery
from tables.steps import Cells, insert_at_end, patch_rows, remove_rows
from tables.writes import Write, write

MOST_RECORDS = 1_000  # of one write
MOST_PROBLEMS = 100  # that are told


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell or row; `row` is its id, or where it stands in what was sent, counted from 0."""

    row: int
    column: str
    error: str


class BadRecords(ValueError):
    """Nothing was written; each problem is a sentence about one cell or row."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"Nothing was written: {problems[0].error}")
        self.problems = list(problems)


class Conflicting(Exception):
    """Nothing was written: these rows have changed since the versions that the program has seen."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__("Nothing was written: rows have changed since. Read them again.")
        self.ids = list(ids)


@dataclass(frozen=True)
class Writer:
    """A program that writes: its token's name, for the history; how it names columns; whether new choices are made."""

    token: str
    names: Callable[[Column], str] = lambda column: column.name
    create_choices: bool = False


def add_records(table: Table, user: User, records: Sequence[Mapping[str, Any]], writer: Writer) -> tuple[list[int], int]:
    """New rows at the end, from {column: value} each. Returns their ids and the table's version. Raises BadRecords, Gone."""
    with write(table.pk, user, "add rows") as current:
        current.detail["token"] = writer.token
        patches = _read(current, list(enumerate(records)), writer)
        return insert_at_end(current, patches), current.version


def change_records(
    table: Table, user: User, records: Mapping[int, Mapping[str, Any]], writer: Writer, seen: Mapping[int, int]
) -> int:
    """Set cells of rows: {row id: {column: value}}; `seen` are the versions of those rows that must not have changed since.

    Returns the table's version. Raises BadRecords, Conflicting, Gone.
    """
    with write(table.pk, user, "set cells") as current:
        current.detail["token"] = writer.token
        there = {row.id: row.version for row in RowQuery(current.table).cells_of(list(records), ()) if row.version >= 0}
        if gone := [row_id for row_id in records if row_id not in there]:
            raise BadRecords([Problem(row_id, "", f"There is no row {row_id}.") for row_id in gone[:MOST_PROBLEMS]])
        if late := [row_id for row_id, version in seen.items() if there[row_id] != version]:
            raise Conflicting(late)
        patches = dict(zip(records, _read(current, list(records.items()), writer), strict=True))
        patches = {row_id: patch for row_id, patch in patches.items() if patch}
        if patches:
            patch_rows(current, patches)
        current.is_void = not patches and not current.columns_changed
    return current.table.version


def remove_records(table: Table, user: User, ids: Sequence[int], writer: Writer) -> tuple[int, int]:
    """Delete rows; those that are gone already do not matter. Returns how many, and the table's version. Raises Gone."""
    with write(table.pk, user, "delete rows") as current:
        current.detail["token"] = writer.token
        removed = remove_rows(current, ids)
        current.is_void = not removed
    return removed, current.table.version


def _read(current: Write, records: Sequence[tuple[int, Mapping[str, Any]]], writer: Writer) -> list[Cells]:
    """What is to be written of each record. Raises BadRecords."""
    # Read under the lock: a column deleted a moment ago takes no value any more.
    columns = {writer.names(column): column for column in columns_at(current.table.pk, current.table.columns_version)}
    if writer.create_choices:
        columns = {name: _with_choices(current, name, column, records) for name, column in columns.items()}
    problems: list[Problem] = []
    patches: list[Cells] = []
    for row, record in records:
        patch = {}
        for name, given in record.items():
            try:
                column = _column(columns, name)
                patch[str(column.key)] = _value(column, given)
            except BadValue as bad:
                problems.append(Problem(row, name, str(bad)))
        patches.append(patch)
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise BadRecords(problems[:MOST_PROBLEMS])
    return patches


def _column(columns: Mapping[str, Column], name: str) -> Column:
    if name not in columns:
        raise BadValue(f"There is no column {quoted(name)}.")
    return columns[name]


def _value(column: Column, given: Any) -> Any:
    kind = kind_of(column.kind)
    if not kind.writable:
        raise BadValue(read_only(column))
    return kind.from_json(given, column.options)


def _with_choices(current: Write, name: str, column: Column, records: Sequence[tuple[int, Mapping[str, Any]]]) -> Column:
    """A select column with a choice for every name that the records give it."""
    if kind_of(column.kind).family not in FAMILIES:
        return column
    given = [record[name] for _, record in records if name in record]
    column, _ = add_choices(current, column, [text for text in given if isinstance(text, str)])
    listed = [item for items in given if isinstance(items, list) for item in items if isinstance(item, str)]
    column, _ = add_names(current, column, [name for each in listed for name in new_names(each, several=False)])
    return column
