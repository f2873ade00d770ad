"""Fill down, right, up and left: the first cells of a rectangle go on over the rest of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from bases.models import User
from tables.columns import kind_of
from tables.columns.base import BadValue
from tables.edits.cells import picked_columns
from tables.edits.picked import Picked, refuse_cells
from tables.edits.report import Report
from tables.edits.series import continued, repeated
from tables.models import Column, Table
from tables.places import TooMany
from tables.query import RowData, RowQuery
from tables.steps import patch_rows
from tables.writes import Gone, Write, write

DIRECTIONS = ("down", "right", "up", "left")
ALONG_COLUMNS = ("down", "up")
MOST_SOURCES = 10_000  # cells that a fill of many rows goes on from: they are kept with it
MOST_SOURCE_BYTES = 5_000_000  # of these: each of its writes reads them again
MOST_BYTES = 50_000_000  # that one write reads and writes


def fill(
    table: Table, user: User, picked: Picked, keys: Sequence[int], direction: str, *, source: int = 1, series: bool = False
) -> tuple[int, int, Report]:
    """Repeat the first `source` rows (down), columns (right), or the last ones (up, left) over the rest of the rectangle.

    With `series` two or more numbers, dates, or texts with a number at their end go on in their step. Returns the table's
    version, how many rows were written, and what did not fit. Raises Moved, TooMany, Gone, BadValue.
    """
    check_direction(direction)
    with write(table.pk, user, "fill cells") as current:
        report = Report()
        columns = picked_columns(current.table, keys, report)
        query, ids = RowQuery(current.table), picked.of(current)
        refuse_cells(len(ids), len(columns), "filled")
        _refuse_long(query, ids, [column.key for column in columns], direction, max(1, source))
        rows = [row for row in query.cells_of(ids, [column.key for column in columns]) if row.version >= 0]
        if not rows:
            raise Gone("These rows were deleted already.")
        filling = Filling(report, picked.first, series, {row.id: line for line, row in enumerate(rows)})
        if direction in ALONG_COLUMNS:
            rows = rows if direction == "down" else rows[::-1]
            sources = _sources(rows[: max(1, source)], columns)
            targets = rows[max(1, source) :]
            filling.along_columns(columns, sources, targets, len(targets), range(len(targets)))
        else:
            filling.along_rows(columns if direction == "right" else columns[::-1], max(1, source), rows)
        written = patch_rows(current, filling.patches) if filling.patches else 0
        current.is_void = not written
    return current.table.version, written, report


def check_direction(direction: str) -> None:
    """Raises BadValue for what is none."""
    if direction not in DIRECTIONS:
        raise BadValue(f"A direction is one of {', '.join(DIRECTIONS)}.")


def _refuse_long(query: RowQuery, ids: Sequence[int], keys: Sequence[int], direction: str, source: int) -> None:
    """Raise TooMany above MOST_BYTES, before any of it is read."""
    each = 0
    if direction in ALONG_COLUMNS:
        sizes = query.bytes_of(ids[:source] if direction == "down" else ids[-source:], keys)
        each = sum(sizes) // max(1, len(sizes))
    if sum(weights(query, ids, keys, direction, source, each)) > MOST_BYTES:
        raise TooMany(f"At most {MOST_BYTES // 1_000_000} MB of text can be filled at once; this is more. Select fewer rows.")


def weights(query: RowQuery, ids: Sequence[int], keys: Sequence[int], direction: str, source: int, each: int) -> list[int]:
    """How many bytes a fill reads and writes of each of these rows; `each` is what it writes into one along columns."""
    read = query.bytes_of(ids, keys)
    if direction in ALONG_COLUMNS:
        return [size + each for size in read]
    first = keys[:source] if direction == "right" else keys[-source:]
    times = -(-len(keys) // max(1, len(first)))
    return [size + times * one for size, one in zip(read, query.bytes_of(ids, first), strict=True)]


def _sources(rows: Sequence[RowData], columns: Sequence[Column]) -> dict[str, list[Any]]:
    return {str(column.key): [row.data.get(str(column.key)) for row in rows] for column in columns}


# --- Of many rows, by an action of many writes (tables/bulk.py) ----------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What a fill of any number of rows does: the ids of the rows to fill, and what else a Bulk keeps, as JSON."""

    ids: Sequence[int]
    params: dict[str, Any]
    report: Report  # what could be said before it begins


def plan(
    table: Table,
    ids: Sequence[int],
    first: int,
    keys: Sequence[int],
    direction: str,
    *,
    source: int = 1,
    series: bool = False,
) -> Plan:
    """As `fill`, of rows in the order in which they are shown, the first at index `first`. Raises TooMany, Gone, BadValue."""
    check_direction(direction)
    source, report = max(1, source), Report()
    columns = picked_columns(table, keys, report)
    if not columns:
        raise BadValue("None of these columns can be edited.")
    params: dict[str, Any] = {"keys": [column.key for column in columns], "direction": direction, "series": series}
    params |= {"kinds": {str(column.key): column.kind for column in columns}, "first": first}
    if direction not in ALONG_COLUMNS:
        return Plan(ids, {**params, "source": source}, report)
    if source * len(columns) > MOST_SOURCES:
        raise TooMany(
            f"So many rows can be filled from at most {MOST_SOURCES:,} cells; this is {source * len(columns):,}."
            " Select fewer rows to go on from."
        )
    ids = list(ids if direction == "down" else reversed(ids))
    if sum(RowQuery(table).bytes_of(ids[:source], params["keys"])) > MOST_SOURCE_BYTES:
        raise TooMany(
            f"So many rows can be filled from at most {MOST_SOURCE_BYTES // 1_000_000} MB of text; this is more."
            " Select fewer rows or columns to go on from."
        )
    rows = [row for row in RowQuery(table).cells_of(ids[:source], params["keys"]) if row.version >= 0]
    if not rows:
        raise Gone("The rows to fill from were deleted.")
    if direction == "down":
        params["first"] = first + source
    return Plan(ids[source:], {**params, "sources": _sources(rows, columns)}, report)


def light(table: Table, params: Mapping[str, Any], ids: Sequence[int], most: int) -> Sequence[int]:
    """The first of the rows of a plan that one write of about `most` bytes can fill: at least one."""
    source, each = params.get("source", 1), params.get("weight", 0)
    sizes = accumulate(weights(RowQuery(table), ids, params["keys"], params["direction"], source, each))
    return ids[: max(1, sum(size <= most for size in sizes))]


def fill_part(current: Write, params: Mapping[str, Any], ids: Sequence[int], start: int, total: int, report: Report) -> None:
    """Fill the rows of a plan from number `start` on, of `total` in all. Raises Gone."""
    columns = picked_columns(current.table, params["keys"], Report())
    for column in columns:
        if column.kind != params["kinds"][str(column.key)]:
            raise Gone(f"The column “{column.name}” got another kind meanwhile.")
    direction = params["direction"]
    lines = {row_id: total - 1 - n if direction == "up" else n for n, row_id in enumerate(ids, start)}
    filling = Filling(report, params["first"], params["series"], lines)
    rows = RowQuery(current.table).cells_of(ids, params["keys"])
    if direction in ALONG_COLUMNS:
        filling.along_columns(columns, params["sources"], rows, total, range(start, start + len(rows)))
    else:
        if [column.key for column in columns] != params["keys"]:
            raise Gone("A column of the fill was deleted meanwhile.")
        filling.along_rows(columns if direction == "right" else columns[::-1], params["source"], rows)
    if filling.patches:
        patch_rows(current, filling.patches)


@dataclass
class Filling:
    """The cells that a fill writes."""

    report: Report
    first: int | None  # index of the row of line 0 in the view
    series: bool
    lines: Mapping[int, int]  # {row id: which of the rows it is, from 0}
    patches: dict[int, dict[str, Any]] = field(default_factory=dict)
    read: dict[tuple[int, int, str], Any] = field(default_factory=dict)  # what a text of one column is in another

    def along_columns(
        self, columns: Sequence[Column], sources: Mapping[str, list[Any]], rows: Sequence[RowData], count: int, wanted: range
    ) -> None:
        """Fill these rows, which are number `wanted` of `count` in all; those that are gone count, too."""
        for column in columns:
            for row, value in zip(rows, self._next(sources[str(column.key)], count, wanted), strict=True):
                self._set(row, column, column, value)

    def along_rows(self, columns: Sequence[Column], source: int, rows: Sequence[RowData]) -> None:
        """Fill these rows from their own first columns."""
        sources, targets = columns[:source], columns[source:]
        if not targets:
            return
        one_kind = len({column.kind for column in columns}) == 1
        for row in rows:
            values = [row.data.get(str(column.key)) for column in sources]
            every = range(len(targets))
            found = self._next(values, len(targets), every) if one_kind else repeated(values, every)
            for n, (column, value) in enumerate(zip(targets, found, strict=True)):
                self._set(row, column, sources[n % len(sources)], value)

    def _next(self, values: list[Any], count: int, wanted: range) -> list[Any]:
        return continued(values, count, wanted) if self.series else repeated(values, wanted)

    def _set(self, row: RowData, column: Column, source: Column, value: Any) -> None:
        """Write a value that stood, or would stand, in the column `source`."""
        if row.version < 0:
            return
        kind = kind_of(column.kind)
        if value is not None and (source is not column or self.series):
            text = kind_of(source.kind).edit_text(value, source.options)
            known = (source.key, column.key, text)
            if known not in self.read:
                try:
                    self.read[known] = kind.parse(text, column.options)
                except BadValue as bad:
                    self.read[known] = bad
            value = self.read[known]
            if isinstance(value, BadValue):
                self.report.cell(self.lines[row.id], row.id, self.first, column, text, str(value))
                return
        if row.data.get(str(column.key)) != value:
            self.patches.setdefault(row.id, {})[str(column.key)] = value
