"""What reading gives, a row and a window of rows; and how rows are read fast."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple

from tables.columns.base import SHOWN_LIMIT
from tables.columns.url import MOST_URL

UNKNOWN = "0"  # the name of an order that nobody has made a snapshot of

# Times as seconds: reading 200 of them as datetimes would take longer than all the rest of a window.
CREATED: LiteralString = "extract(epoch FROM created_at)::float8"
MODIFIED: LiteralString = "extract(epoch FROM modified_at)::float8"
TIMES: LiteralString = ", array_agg(" + CREATED + "), array_agg(" + MODIFIED + ")"

# What is read of a row's cells. WHOLE: everything. SHOWN: of a long text what the grid shows and one sign more, which tells
# that there is more (an address is shown as a link, which needs all of it): 91 rows of 31 cells of 100 kB are 0.9 MB instead
# of 282. Asked is only where PostgreSQL stores a row compressed or elsewhere, from about 2 kB on: for others that takes
# 0.05 ms of 100 rows, to look into each would take 0.25.
WHOLE: LiteralString = "data::text"
LARGE: LiteralString = "(pg_column_compression(data) IS NOT NULL OR pg_column_size(data) > 2048)"
_LINK = "left(value #>> '{}', 8) ~* '^(https?://|mailto:)'"
_SIGNS = f"CASE WHEN {_LINK} THEN {MOST_URL + 1} ELSE {SHOWN_LIMIT + 1} END"
_SHORT = (
    f"CASE WHEN jsonb_typeof(value) = 'string' AND pg_column_size(value) > {SHOWN_LIMIT}"
    f" THEN to_jsonb(left(value #>> '{{}}', {_SIGNS})) ELSE value END"
)
_ALL_SHORT = f"SELECT json_object_agg(key, {_SHORT})::text FROM jsonb_each(data)"  # noqa: S608  constants
SHOWN = f"CASE WHEN {LARGE} THEN ({_ALL_SHORT}) ELSE {WHOLE} END"


def cells_of(keys: Collection[int], value: str = "value") -> str:
    """Of large rows only the cells of these columns."""
    wanted = ", ".join(f"'{key:d}'" for key in keys) or "NULL"
    some = f"SELECT json_object_agg(key, {value})::text FROM jsonb_each(data) WHERE key IN ({wanted})"  # noqa: S608  numbers
    return f"CASE WHEN {LARGE} THEN coalesce(({some}), '{{}}') ELSE {WHOLE} END"


def shown_of(key: int) -> str:
    """Of large rows only this column's cell, as the grid shows it."""
    return cells_of([key], _SHORT)


def bytes_of(keys: Collection[int]) -> str:
    """How many bytes the cells of these columns take as text. A large row is unpacked once for all of them."""
    wanted = ", ".join(f"'{key:d}'" for key in keys) or "NULL"
    large = f"SELECT sum(octet_length(value)) FROM jsonb_each_text(data) WHERE key IN ({wanted})"  # noqa: S608  numbers
    small = " + ".join(f"coalesce(octet_length(data ->> '{key:d}'), 0)" for key in keys) or "0"
    return f"CASE WHEN {LARGE} THEN ({large}) ELSE {small} END"


def columns_read(cells: str, times: bool) -> str:
    """The select list for row_data: ids, versions, cells and times of some rows."""
    # As arrays: one row of three long values is read in two thirds of the time of 100 rows.
    return f"array_agg(id), array_agg(version), '[' || string_agg({cells}, ',') || ']'" + (TIMES if times else "")


class RowData(NamedTuple):
    """One row as read: its id, version, cells by column key as text, and times (seconds since 1970; None if not read).

    Version -1: it was in the order that is shown, and has been deleted since.
    """

    id: int
    version: int
    data: dict[str, Any]
    created: float | None
    modified: float | None

    @property
    def created_at(self) -> datetime:
        assert self.created is not None
        return datetime.fromtimestamp(self.created, UTC)

    @property
    def modified_at(self) -> datetime:
        assert self.modified is not None
        return datetime.fromtimestamp(self.modified, UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows of a view; `count` of all of them is None while nobody has counted.

    `order` names the order that the rows' indexes belong to: windows of different orders do not fit together. "" is the
    table's own, UNKNOWN that of first rows that were read without a snapshot. It is `stale` when rows may have come, gone
    or moved in it since.
    """

    rows: list[RowData]
    count: int | None
    order: str
    stale: bool = False


def row_data(found: tuple[Any, ...]) -> list[RowData]:
    """The rows of what PostgreSQL gave for columns_read."""
    ids, versions, documents, *moments = found
    if ids is None:
        return []
    created, modified = moments or ([None] * len(ids), [None] * len(ids))
    return list(map(RowData, ids, versions, json.loads(documents), created, modified))
