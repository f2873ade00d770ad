"""Copying: a rectangle of cells as TSV and as an HTML table."""

from collections.abc import Sequence
from typing import Any

from tables.clipboard import Cell, cell_of, write_html, write_tsv
from tables.columns import kind_of
from tables.edits.picked import TooMany
from tables.models import Column
from tables.query import RowData, RowQuery

CELLS_LIMIT = 500_000
HTML_CELLS = 200_000  # above, other programs take the plain text as well, and far sooner
ROWS_READ = 10_000  # at once
MOST_BYTES = 50_000_000  # of the cells' texts; this process and the browser hold them several times over


def refuse_copy(rows: int, columns: int) -> None:
    """Raise TooMany above CELLS_LIMIT."""
    if rows * columns > CELLS_LIMIT:
        raise TooMany(f"At most {CELLS_LIMIT:,} cells can be copied at once; this is {rows * columns:,}.")


def _refuse_long(query: RowQuery, ids: Sequence[int], keys: Sequence[int]) -> None:
    """Raise TooMany above MOST_BYTES, before any of it is read."""
    size = 0
    for at in range(0, len(ids), ROWS_READ):
        size += sum(query.bytes_of(ids[at : at + ROWS_READ], keys))
        if size > MOST_BYTES:
            raise TooMany(f"At most {MOST_BYTES // 1_000_000} MB of text can be copied at once; this is more. Copy fewer cells.")


def copied(query: RowQuery, ids: Sequence[int], columns: Sequence[Column]) -> tuple[str, str]:
    """(TSV, HTML) of these rows' cells, each as an editor would show it, so that it is read back as the same value.

    Rows that are gone are left out; the HTML is "" where it would be large. Raises TooMany.
    """
    refuse_copy(len(ids), len(columns))
    keys = [column.key for column in columns]
    _refuse_long(query, ids, keys)
    block: list[tuple[Cell, ...]] = []
    for at in range(0, len(ids), ROWS_READ):
        rows = [row for row in query.cells_of(ids[at : at + ROWS_READ], keys) if row.version >= 0]
        block += zip(*(_cells(column, rows) for column in columns), strict=True)
    html = write_html(block) if len(ids) * len(columns) <= HTML_CELLS else ""
    return write_tsv([[cell.text for cell in row] for row in block]), html


_EMPTY = Cell("")


def _cells(column: Column, rows: Sequence[RowData]) -> list[Cell]:
    kind = kind_of(column.kind)
    key, options = str(column.key), column.options
    values: list[Any] = [row.data.get(key) if kind.row_field is None else getattr(row, kind.row_field) for row in rows]
    return [_EMPTY if value is None else cell_of(kind.edit_text(value, options), value, kind.family) for value in values]
