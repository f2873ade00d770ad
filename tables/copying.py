"""Copying: a rectangle of cells as TSV and as an HTML table."""

from collections.abc import Iterator, Sequence
from typing import Any

from tables.clipboard import Cell, cell_of, write_html, write_tsv
from tables.columns import kind_of
from tables.edits.picked import TooMany
from tables.models import Column
from tables.query import RowData, RowQuery

CELLS_LIMIT = 5_000_000  # as much as can be pasted
BYTES_LIMIT = 50_000_000  # of their texts; this process and the browser hold them several times over
WHOLE_CELLS = 500_000  # above, the text goes out piece by piece: this many are 5 MB and 1 s
END = "\0"  # no cell holds it; what follows it says why the text is not whole
HTML_CELLS = 200_000  # above, other programs take the plain text as well, and far sooner
ROWS_READ = 10_000  # at once
BYTES_READ = 8_000_000  # at once: a cell can have 100 kB


def refuse_copy(rows: int, columns: int) -> None:
    """Raise TooMany above CELLS_LIMIT."""
    if rows * columns > CELLS_LIMIT:
        raise TooMany(f"At most {CELLS_LIMIT:,} cells can be copied at once; this is {rows * columns:,}.")


def _refuse_long(query: RowQuery, ids: Sequence[int], keys: Sequence[int]) -> None:
    """Raise TooMany above BYTES_LIMIT, before any of it is read."""
    size = 0
    for at in range(0, len(ids), ROWS_READ):
        size += sum(query.bytes_of(ids[at : at + ROWS_READ], keys))
        if size > BYTES_LIMIT:
            raise TooMany(f"At most {BYTES_LIMIT // 1_000_000} MB of text can be copied at once; this is more. Copy fewer cells.")


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


def streamed(query: RowQuery, ids: Sequence[int], columns: Sequence[Column]) -> Iterator[str]:
    """The same TSV in pieces, then END; a sentence after that says that it was too long. Raises TooMany before the first."""
    refuse_copy(len(ids), len(columns))
    return _pieces(query, ids, columns)


def _pieces(query: RowQuery, ids: Sequence[int], columns: Sequence[Column]) -> Iterator[str]:
    size, before = 0, None
    keys = [column.key for column in columns]
    for some in _batches(query, ids, keys):
        rows = [row for row in query.cells_of(some, keys) if row.version >= 0]
        if not rows:
            continue
        block = [[cell.text for cell in row] for row in zip(*(_cells(column, rows) for column in columns), strict=True)]
        # write_tsv ends a last line without a character, as the next piece does anyway.
        piece = ("" if before is None or before == [""] else "\n") + write_tsv(block)
        before = block[-1]
        size += len(piece.encode())
        if size > BYTES_LIMIT:
            yield f"{END}At most {BYTES_LIMIT // 1_000_000} MB of text can be copied at once. Select less, or export the table."
            return
        yield piece
    yield END


def _batches(query: RowQuery, ids: Sequence[int], keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in runs of at most ROWS_READ, whose cells have BYTES_READ, or one row's."""
    for at in range(0, len(ids), ROWS_READ):
        some = ids[at : at + ROWS_READ]
        begin = size = 0
        for n, row_size in enumerate(query.bytes_of(some, keys)):
            if size + row_size > BYTES_READ and n > begin:
                yield some[begin:n]
                begin, size = n, 0
            size += row_size
        yield some[begin:]


_EMPTY = Cell("")


def _cells(column: Column, rows: Sequence[RowData]) -> list[Cell]:
    kind = kind_of(column.kind)
    key, options = str(column.key), column.options
    values: list[Any] = [row.data.get(key) if kind.row_field is None else getattr(row, kind.row_field) for row in rows]
    return [_EMPTY if value is None else cell_of(kind.edit_text(value, options), value, kind.family) for value in values]
