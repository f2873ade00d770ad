"""The one renderer of rows: a window's HTML as joined, escaped strings.

Cells are rendered by their kind's own `html`. Django's templates would cost 50 ms for 1,000 cells, this about 1 ms
(docs/measured.md); everything around the rows is templates.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

from tables.columns import kind_of
from tables.columns.base import MISFIT, SHOWN_LIMIT, Kind
from tables.conversion.meanwhile import Meanwhile, converting
from tables.models import Column, Table
from tables.query import RowData, Window

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
    kind: Kind | Meanwhile
    options: dict[str, Any]


def cell_renderers(columns: Sequence[Column]) -> list[CellRenderer]:
    return [_cell_renderer(column, kind_of(column.kind), index) for index, column in enumerate(columns, FIRST_COLUMN)]


def _cell_renderer(column: Column, kind: Kind, index: int) -> CellRenderer:
    css = "cell r" if kind.align == "right" else "cell"
    read_only = "" if kind.writable else ' aria-readonly="true"'
    # The first cell follows the row's number, whose element is closed.
    end = "" if index == FIRST_COLUMN else "</div>"
    tag = f'{end}<div class="{css}" role="gridcell" aria-colindex="{index}"{read_only}'
    return CellRenderer(str(column.key), kind.row_field, tag, kind, column.options)


class Looks(NamedTuple):
    """How some rows look beside their values, each list with an item for each row.

    What colour rules say: a colour or "" for the row, and for the cells of columns that have rules. What AI columns say of
    their cells: attributes, as HTML, or "".
    """

    rows: Sequence[str]
    cells: Mapping[str, Sequence[str]]  # by column key as text
    states: Mapping[str, Sequence[str]] = {}  # by column key as text


PLAIN = Looks((), {})


def rows_html(table: Table, renderers: Sequence[CellRenderer], rows: Sequence[RowData], start: int, looks: Looks = PLAIN) -> str:
    """The rows' elements; `start` is the index of the first one, from 0."""
    html = _rows_html(renderers, rows, start, looks)
    # Asked only where a value does not fit: nearly never, and then it takes 0.3 ms.
    other = converting(table.pk) if MISFIT in html else {}
    if not other:
        return html
    meanwhile = [
        each._replace(kind=Meanwhile(each.kind, other[int(each.key)])) if int(each.key) in other else each for each in renderers
    ]
    return _rows_html(meanwhile, rows, start, looks)


def _rows_html(renderers: Sequence[CellRenderer], rows: Sequence[RowData], start: int, looks: Looks) -> str:
    # Column by column, then all pieces joined at once: half the time of going from cell to cell.
    pieces: list[Iterable[str]] = [_heads(rows, start, looks.rows)]
    for renderer in renderers:
        pieces += _column_pieces(renderer, rows, looks.cells.get(renderer.key), looks.states.get(renderer.key))
    pieces.append(repeat("</div></div>" if renderers else "</div>", len(rows)))
    return "".join(chain.from_iterable(zip(*pieces, strict=True)))


def _heads(rows: Sequence[RowData], start: int, colors: Sequence[str]) -> list[str]:
    """The beginning of each row. Its index counts the header, as ARIA wants it."""
    classes = [f" k-{color}" if color else "" for color in colors] or repeat("")
    return [
        f'<div class="row{css}{" gone" if row.version < 0 else ""}" role="row" aria-rowindex="{number + 1}" data-id="{row.id}"'
        f' data-v="{row.version}">'
        f'<div class="num" role="rowheader" aria-colindex="1">{number}</div>'
        for number, (row, css) in enumerate(zip(rows, classes, strict=False), start=start + 1)
    ]


def _column_pieces(
    renderer: CellRenderer, rows: Sequence[RowData], colors: Sequence[str] | None, states: Sequence[str] | None
) -> tuple[Iterable[str], Iterable[str]]:
    """One column's cells in two pieces: the tag, which ends the cell before, and what is inside."""
    key, row_field, tag, kind, options = renderer
    values = [row.data.get(key) for row in rows] if row_field is None else [getattr(row, row_field) for row in rows]
    htmls = kind.htmls(values, options)
    if states:
        tags = [
            (tag.replace('class="', f'class="k-{color} ', 1) if color else tag) + state
            for color, state in zip(colors or repeat(""), states, strict=False)
        ]
    elif colors:
        colored = {color: tag.replace('class="', f'class="k-{color} ', 1) if color else tag for color in set(colors)}
        tags = [colored[color] for color in colors]
    elif max(map(len, htmls), default=0) <= SHOWN_LIMIT:
        return repeat(f"{tag}>", len(rows)), htmls
    else:
        tags = [tag] * len(rows)
    long = [type(value) is str and len(value) > SHOWN_LIMIT for value in values]
    return [f"{tag} data-cut>" if is_long else f"{tag}>" for tag, is_long in zip(tags, long, strict=True)], htmls


def shows_times(renderers: Sequence[CellRenderer]) -> bool:
    """Whether a column shows when its row was made or changed, so that these moments must be read."""
    return any(renderer.row_field in ("created_at", "modified_at") for renderer in renderers)


def chunk_html(table: Table, renderers: Sequence[CellRenderer], window: Window, start: int, looks: Looks = PLAIN) -> str:
    """A chunk as the grid takes it: the rows, and what the view and the table are like at this moment.

    data-count is empty while nobody has counted the view's rows.
    """
    count = "" if window.count is None else window.count
    return (
        f'<div class="chunk" data-start="{start}" data-count="{count}" data-version="{table.version}"'
        f' data-columns-version="{table.columns_version}" data-order="{window.order}"{" data-stale" if window.stale else ""}>'
        f"{rows_html(table, renderers, window.rows, start, looks)}</div>"
    )
