"""What reading gives, a row and a window of rows; and how rows are read fast."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple

UNKNOWN = "0"  # the name of an order that nobody has made a snapshot of

# Times as seconds: reading 200 of them as datetimes would take longer than all the rest of a window.
CREATED: LiteralString = "extract(epoch FROM created_at)::float8"
MODIFIED: LiteralString = "extract(epoch FROM modified_at)::float8"
# As arrays: one row of three long values is read in two thirds of the time of 100 rows.
ROWS: LiteralString = "array_agg(id), array_agg(version), '[' || string_agg(data::text, ',') || ']'"
TIMES: LiteralString = ", array_agg(" + CREATED + "), array_agg(" + MODIFIED + ")"


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
    """The rows of what PostgreSQL gave for ROWS, or for ROWS + TIMES."""
    ids, versions, documents, *moments = found
    if ids is None:
        return []
    created, modified = moments or ([None] * len(ids), [None] * len(ids))
    return list(map(RowData, ids, versions, json.loads(documents), created, modified))
