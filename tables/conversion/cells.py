"""Converting cells inside a write: what a change of kind does to rows, and its undo to rows that were written since."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from tables.columns.base import cell_at
from tables.conversion.values import Converter
from tables.inverse import LATER
from tables.steps import patch_rows
from tables.writes import Write

READ_ROWS = 5_000  # at once: of long texts, more would not fit in memory
ONE_WRITE = 50_000  # cells that one write converts: about 2 s, in which nobody else can write


def candidates(table_id: int, key: int, converter: Converter) -> sql.Composable:
    """FROM ... WHERE: the rows whose cell could become something else."""
    cell = cell_at(key)
    return sql.SQL("FROM tables_row WHERE table_id = {} AND data ? {} AND {}").format(
        sql.Literal(table_id), sql.Literal(str(key)), converter.may_change(cell)
    )


def note_conversion(current: Write, key: int) -> None:
    """Say in the Change that its cells hold only while the column has this kind; rows added later have ids from `rows` on."""
    current.detail["converts"] = {"key": key, "rows": current.table.next_row_id}


def convert_cells(current: Write, key: int, converter: Converter, ids: Sequence[int], since: int | None = None) -> int:
    """Convert the column's cells of these rows; returns how many changed.

    What was written after version `since`, when the column had its new kind already, is left as it is if it fits.
    """
    rows = 0
    for at in range(0, len(ids), READ_ROWS):
        written = _read(current, key, ids[at : at + READ_ROWS])
        if since is not None:
            for row_id in _touched(current, key, list(written), since):
                if converter.fits(written[row_id]):
                    del written[row_id]
        if changed := converter.changed(written):
            rows += patch_rows(current, {row_id: {str(key): value} for row_id, value in changed.items()})
    return rows


def convert_later(current: Write, key: int, converter: Converter, since: int, first_new: int) -> int:
    """Convert what others have written into the column after version `since`, and the cells of rows from id `first_new` on.

    Undo of a change of kind does so: their values stay, in the form of the kind that the column has again. At most
    ONE_WRITE of them; others are shown as not fitting.
    """
    values = {"t": current.table.pk, "since": since, "user": current.user_id, "key": str(key), "first": first_new}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.row_id FROM tables_rowchange c WHERE c.table_id = %(t)s AND c.version IN ({LATER})
                AND (c.after ? %(key)s OR c.after -> 'data' ? %(key)s)
            UNION
            SELECT id FROM tables_row WHERE table_id = %(t)s AND id >= %(first)s AND data ? %(key)s
            LIMIT {ONE_WRITE}
            """,  # noqa: S608  constants
            values,
        )
        ids = [row_id for (row_id,) in cursor]
    return convert_cells(current, key, converter, ids) if ids else 0


def _read(current: Write, key: int, ids: Sequence[int]) -> dict[int, str]:
    """The filled cells of these rows, as JSON texts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, (data -> %(key)s)::text FROM tables_row"
            " WHERE table_id = %(t)s AND id = ANY(%(ids)s::int[]) AND data ? %(key)s",
            {"key": str(key), "t": current.table.pk, "ids": list(ids)},
        )
        found: dict[int, str] = dict(cursor.fetchall())
    return found


def _touched(current: Write, key: int, ids: Sequence[int], since: int) -> list[int]:
    """Those of these rows whose cell was written after that version."""
    values: dict[str, Any] = {"t": current.table.pk, "since": since, "key": str(key), "ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH newer AS (
                SELECT id FROM tables_row WHERE table_id = %(t)s AND id = ANY(%(ids)s::int[]) AND version > %(since)s
            )
            SELECT DISTINCT c.row_id FROM newer JOIN tables_rowchange c
                ON c.table_id = %(t)s AND c.row_id = newer.id AND c.version > %(since)s
            WHERE c.after ? %(key)s OR c.after -> 'data' ? %(key)s
            """,
            values,
        )
        return [row_id for (row_id,) in cursor]
