"""Reading rows: the window at an index, one row, the index of a row.

`RowQuery` is the one place that turns "which rows, in which order" into SQL.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from tables import order
from tables.models import Table


class RowData(NamedTuple):
    """One row as read: its id, version, times (aware, UTC) and cells by column key as text."""

    id: int
    version: int
    created_at: datetime
    modified_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class RowQuery:
    """The rows of a table in their own order."""

    table: Table

    def count(self) -> int:
        return self.table.row_count

    def window(self, start: int, size: int) -> list[RowData]:
        """The rows at indexes start .. start + size - 1; fewer at the end. One statement, so one moment in time."""
        return list(self._rows(start, size))

    def _rows(self, start: int, size: int) -> Iterator[RowData]:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH block AS (
                    SELECT first, before FROM (
                        SELECT first, sum(rows) OVER (ORDER BY first) - rows AS before FROM tables_block WHERE table_id = %(t)s
                    ) AS blocks WHERE before <= %(start)s ORDER BY first DESC LIMIT 1
                )
                SELECT id, version, created_at, modified_at, data FROM tables_row
                WHERE table_id = %(t)s AND position >= (SELECT first FROM block)
                ORDER BY position
                OFFSET (SELECT %(start)s - before FROM block) LIMIT %(size)s
                """,
                {"t": self.table.pk, "start": start, "size": size},
            )
            for row_id, version, created_at, modified_at, data in cursor:
                yield RowData(row_id, version, created_at, modified_at, json.loads(data))

    def row(self, row_id: int) -> RowData | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, version, created_at, modified_at, data FROM tables_row WHERE table_id = %s AND id = %s",
                [self.table.pk, row_id],
            )
            found = cursor.fetchone()
        return RowData(*found[:4], json.loads(found[4])) if found else None

    def index_of(self, row_id: int) -> int | None:
        """Where a row stands, counted from 0; None when there is no such row."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT position FROM tables_row WHERE table_id = %s AND id = %s", [self.table.pk, row_id])
            found = cursor.fetchone()
        return order.index_of(self.table.pk, found[0]) if found else None

    def ids(self, start: int, size: int) -> list[int]:
        """The ids of the rows at indexes start .. start + size - 1."""
        return [row.id for row in self._rows(start, size)]
