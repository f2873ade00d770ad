"""The one renderer of rows: a window's HTML as joined, escaped strings.

Cells are rendered by their kind's own `html`. Django's templates would cost 50 ms for 1,000 cells, this about 1 ms
(docs/measured.md); everything around the rows is templates.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any, NamedTuple

from tables.columns import kind_of
from tables.columns.base import SHOWN_LIMIT, Kind
from tables.models import Column, Table, columns_at
from tables.query import RowData

# A chunk is what one request brings. 100 rows of 10 columns parse in 2.7 ms in the browser; wide tables get fewer
# rows, so that a chunk never holds more than about 3,000 cells.
CHUNK_ROWS = 100
CHUNK_CELLS = 3_000
CHUNK_LEAST = 10
FIRST_COLUMN = 2  # aria-colindex; the row's number is 1


def chunk_rows(columns: int) -> int:
    """How many rows a chunk of a table with this many columns holds."""
    if columns * CHUNK_ROWS <= CHUNK_CELLS:
        return CHUNK_ROWS
    return max(CHUNK_LEAST, CHUNK_CELLS // columns // 10 * 10)


class CellRenderer(NamedTuple):
    """How one column's cells are written: where the value is, the opening tag, the kind that writes what is inside."""

    key: str
    row_field: str | None
    tag: str  # the end of the cell before, and everything of the opening tag but its end
    kind: Kind
    options: dict[str, Any]


@lru_cache(maxsize=500)
def renderers_of(table_id: int, columns_version: int) -> list[CellRenderer]:
    """How the table's cells are written. Kept per process, since columns change rarely and windows are asked for all the time."""
    return cell_renderers(columns_at(table_id, columns_version))


def cell_renderers(columns: Sequence[Column]) -> list[CellRenderer]:
    return [_cell_renderer(column, kind_of(column.kind), index) for index, column in enumerate(columns, FIRST_COLUMN)]


def _cell_renderer(column: Column, kind: Kind, index: int) -> CellRenderer:
    css = "cell r" if kind.align == "right" else "cell"
    read_only = "" if kind.writable else ' aria-readonly="true"'
    # The first cell follows the row's number, whose element is closed.
    end = "" if index == FIRST_COLUMN else "</div>"
    tag = f'{end}<div class="{css}" role="gridcell" aria-colindex="{index}"{read_only}'
    return CellRenderer(str(column.key), kind.row_field, tag, kind, column.options)


def rows_html(renderers: Sequence[CellRenderer], rows: Sequence[RowData], start: int) -> str:
    """The rows' elements; `start` is the index of the first one, from 0."""
    # Column by column, then all pieces joined at once: half the time of going from cell to cell.
    pieces: list[Iterable[str]] = [_heads(rows, start)]
    for renderer in renderers:
        pieces += _column_pieces(renderer, rows)
    pieces.append(repeat("</div></div>" if renderers else "</div>", len(rows)))
    return "".join(chain.from_iterable(zip(*pieces, strict=True)))


def _heads(rows: Sequence[RowData], start: int) -> list[str]:
    """The beginning of each row. Its index counts the header, as ARIA wants it."""
    return [
        f'<div class="row" role="row" aria-rowindex="{number + 1}" data-id="{row.id}" data-v="{row.version}">'
        f'<div class="num" role="rowheader" aria-colindex="1">{number}</div>'
        for number, row in enumerate(rows, start=start + 1)
    ]


def _column_pieces(renderer: CellRenderer, rows: Sequence[RowData]) -> tuple[Iterable[str], Iterable[str]]:
    """One column's cells in two pieces: the tag, which ends the cell before, and what is inside."""
    key, row_field, tag, kind, options = renderer
    values = [row.data.get(key) for row in rows] if row_field is None else [getattr(row, row_field) for row in rows]
    htmls = kind.htmls(values, options)
    if max(map(len, htmls), default=0) <= SHOWN_LIMIT:
        return repeat(f"{tag}>", len(rows)), htmls
    long = [type(value) is str and len(value) > SHOWN_LIMIT for value in values]
    return [f"{tag} data-cut>" if is_long else f"{tag}>" for is_long in long], htmls


def shows_times(renderers: Sequence[CellRenderer]) -> bool:
    """Whether a column shows when its row was made or changed, so that these moments must be read."""
    return any(renderer.row_field in ("created_at", "modified_at") for renderer in renderers)


def chunk_html(table: Table, renderers: Sequence[CellRenderer], rows: Sequence[RowData], start: int) -> str:
    """A chunk as the grid takes it: the rows, and what the table is like at this moment."""
    return (
        f'<div class="chunk" data-start="{start}" data-count="{table.row_count}" data-version="{table.version}"'
        f' data-columns-version="{table.columns_version}">{rows_html(renderers, rows, start)}</div>'
    )


def row_fields(columns: Sequence[Column], row: RowData) -> list[dict[str, Any]]:
    """Every field of one row, large: for the row page. `html` is escaped by the kind."""
    fields = []
    for column in columns:
        kind = kind_of(column.kind)
        value = row.data.get(str(column.key)) if kind.row_field is None else getattr(row, kind.row_field)
        html = "" if value is None else kind.full_html(value, column.options)
        fields.append({"column": column, "kind": kind, "html": html})
    return fields
