"""A paste of more cells than one write takes, done by a Bulk (tables/bulk.py).

The pasted rows are kept beside it in pieces, in the database, since the worker may be another machine; each write reads the
ones it needs. Nothing here holds all of them in memory.
"""

import json
import struct
from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from django.db import connection

from tables.clipboard import MOST_CELLS, Block
from tables.columns import kind_of
from tables.edits.choices import FAMILIES, Missing, add_names
from tables.edits.paste import Allowed, Cut, Pasted, emptied_by, extent, past_the_end, target_columns, tell_kept, write_block
from tables.edits.report import Report
from tables.models import Bulk, Change, Column, PastedRows, RowChange, Table, columns_at
from tables.places import TooMany
from tables.steps import clear_cells
from tables.writes import Gone, Write, write

PIECE_ROWS = 5_000
PIECE_LENGTH = 500_000  # characters, about
TOUCHED = "This cell was changed while what you cut was being pasted, so it was not emptied."
STAYED = "Not all of it could be written, so what you cut is still where it was."


@dataclass
class Begun:
    """What a large paste is about to do, and what it has made: ids of rows, and what a Bulk keeps, as JSON."""

    ids: Sequence[int]
    total: int  # rows
    params: dict[str, Any]
    versions: list[int] = field(default_factory=list)
    report: Report = field(default_factory=Report)


def begin(
    bulk: Bulk,
    rows: Iterable[Sequence[str]],
    ids: Sequence[int],
    keys: Sequence[int],
    first: int,
    allowed: Allowed,
    cut: Cut | None = None,
) -> Begun:
    """Keep the rows of a pasted text, and make the columns and choices that are allowed; inside a transaction.

    `ids` are the picked rows in their order, the first at index `first` of the view. As a small paste it is repeated where it
    goes into what is picked evenly, and makes new rows behind the last. What was `cut` is emptied after the last of them. Raises
    TooMany, Gone, UnicodeDecodeError.
    """
    tall, wide, weight = _keep(bulk, rows)
    total, columns_wide = extent(tall, wide, len(ids), len(keys))
    missing = _missing(bulk, keys, wide, columns_wide) if allowed.choices else {}
    with write(bulk.table_id, bulk.user, bulk.action) as current:
        done = Pasted(current.version)
        columns = target_columns(current, keys, columns_wide, allowed, done)
        for column in columns:
            if column is not None and column.key in missing:
                add_names(current, column, missing[column.key])
        current.detail["bulk"] = bulk.pk
        current.cells_changed.update(str(column.key) for column in columns if column)  # for whoever reads the history
        current.is_void = not current.columns_changed
    begun = Begun(ids[:total], total, {"keys": [column and column.key for column in columns]}, report=done.report)
    begun.params |= {
        "tall": tall,
        "wide": wide,
        "first": first,
        "columns": done.columns,
        "weight": weight * (columns_wide // wide),
    }
    if not current.is_void:
        begun.versions.append(current.version)
    if total > len(ids) and not allowed.rows:
        done.report.whole(past_the_end(total - len(ids)))
        begun.total = len(ids)
    begun.params["pasted"] = begun.total
    if cut:
        _empty_later(begun, cut, current.version)
    return begun


def _empty_later(begun: Begun, cut: Cut, version: int) -> None:
    """The rows that are emptied come after those that are written; new ones have no number yet, and 0 stands for them."""
    begun.params["cut"] = {"keys": list(cut.keys), "seen": cut.seen, "first": cut.first, "begun": version}
    begun.ids = array("I", chain(begun.ids, repeat(0, begun.total - len(begun.ids)), cut.ids))
    begun.total += len(cut.ids)


def is_emptying(bulk: Bulk) -> bool:
    """Whether its next rows are some that it was cut from."""
    return "cut" in bulk.params and bulk.done >= bulk.params["pasted"]


def paste_part(current: Write, bulk: Bulk, ids: Sequence[int], rows: int, report: Report) -> None:
    """Write the next `rows` rows: to these that are there, and the others to new ones. Raises Gone, TooMany."""
    params = bulk.params
    known = {column.key: column for column in columns_at(current.table.pk, current.table.columns_version)}
    columns = [_writable(known.get(key)) for key in params["keys"]]
    if not any(columns):
        raise Gone("The columns were deleted.")
    lost = [key for key in params["keys"] if key and key not in known and key not in params.get("lost", [])]
    if lost:
        report.whole("A column was deleted meanwhile; what was meant for it was left out from there on.")
        bulk.params = {**params, "lost": [*params.get("lost", []), *lost]}
        bulk.save(update_fields=["params"])
    block = _block(bulk, rows, len(columns))
    write_block(current, ids, block, columns, params["first"] + bulk.done, Pasted(current.version, report=report))


def empty_part(current: Write, bulk: Bulk, ids: Sequence[int], report: Report) -> None:
    """Empty the next cells that the paste was cut from, as a small paste does: none of them if not all of it was written."""
    begins = bulk.done == bulk.params["pasted"]
    if begins and bulk.misfits:
        bulk.total = bulk.done
        bulk.params = {**bulk.params, "sentences": [*bulk.params.get("sentences", []), STAYED]}
        bulk.save(update_fields=["params"])
        return
    kept = bulk.params["cut"]
    first = None if kept["first"] is None else kept["first"] + bulk.done - bulk.params["pasted"]
    left: dict[tuple[str, ...], list[int]] = {}
    spared = _written_over(bulk, ids)
    touched = _touched(bulk, ids, spared)
    tell_kept(current.table, touched, ids, first, report, TOUCHED)
    for row_id, key in touched:
        spared[row_id] = spared.get(row_id, set()) | {str(key)}
    for row_id, keys in emptied_by(current, Cut(ids, kept["keys"], kept["seen"], first), ids, spared, report).items():
        left.setdefault(tuple(key for key in keys if key not in spared.get(row_id, ())), []).append(row_id)
    current.detail["moved"] = True
    for some, rows in left.items():
        if some:
            clear_cells(current, rows, some)
    if begins and bulk.versions:
        # History tells of the first change for all.
        for change in Change.objects.filter(table=bulk.table_id, version=bulk.versions[0]):
            change.detail["moved"] = True
            change.save(update_fields=["detail"])


def _touched(bulk: Bulk, ids: Sequence[int], written: Mapping[int, Container[str]]) -> list[tuple[int, int]]:
    """Which of these rows' cells, (row id, column key), anybody has changed since the paste began, but for itself."""
    later = RowChange.objects.filter(
        table=bulk.table_id, row_id__in=ids, version__gt=bulk.params["cut"]["begun"], before__isnull=False, after__isnull=False
    )
    changed = later.exclude(version__in=bulk.versions).values_list("row_id", "after")
    cells = {(row_id, key) for row_id, after in changed for key in bulk.params["cut"]["keys"] if str(key) in (after or ())}
    return [(row_id, key) for row_id, key in cells if str(key) not in written.get(row_id, ())]


def _written_over(bulk: Bulk, ids: Sequence[int]) -> dict[int, set[str]]:
    """Which of these rows' cells the paste has written, by row."""
    keys = {str(key) for key in bulk.params["keys"] if key} & set(map(str, bulk.params["cut"]["keys"]))
    if not keys:
        return {}
    pasted = _pasted_rows(bulk.pk, bulk.created_at, bulk.params["pasted"])
    return {row_id: keys for row_id in ids if (at := bisect_left(pasted, row_id)) < len(pasted) and pasted[at] == row_id}


@lru_cache(maxsize=1)
def _pasted_rows(bulk_id: int, made: datetime, rows: int) -> "array[int]":
    """The ids of the rows that a paste writes, sorted: asked for in each of hundreds of writes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT substr(ids, 1, %s) FROM tables_bulk WHERE id = %s", [4 * rows, bulk_id])
        packed = bytes(cursor.fetchone()[0])
    return array("I", sorted(row_id for (row_id,) in struct.iter_unpack(">I", packed)))


def _writable(column: Column | None) -> Column | None:
    return column if column is not None and kind_of(column.kind).writable else None


# --- The pieces ----------------------------------------------------------------------------------------------------------


def _keep(bulk: Bulk, rows: Iterable[Sequence[str]]) -> tuple[int, int, int]:
    """Keep all rows; how many there are, how many columns the widest has, characters of the longest. Raises TooMany."""
    tall = wide = cells = length = weight = 0
    piece: list[Sequence[str]] = []
    for row in rows:
        piece.append(row)
        tall, wide, cells = tall + 1, max(wide, len(row)), cells + len(row)
        if max(cells, tall * wide) > MOST_CELLS:
            raise TooMany(f"At most {MOST_CELLS:,} cells can be pasted at once; this text holds more. Import it as a file.")
        long = sum(map(len, row))
        length, weight = length + long, max(weight, long)
        if len(piece) >= PIECE_ROWS or length >= PIECE_LENGTH:
            _keep_piece(bulk, tall - len(piece), piece)
            piece, length = [], 0
    if piece:
        _keep_piece(bulk, tall - len(piece), piece)
    if not wide:
        raise TooMany("There is nothing to paste.")
    return tall, wide, weight


def _keep_piece(bulk: Bulk, first: int, rows: list[Sequence[str]]) -> None:
    # As bytes: what a text of PostgreSQL cannot hold is to be told of as a value that does not fit, as in a small paste.
    written = json.dumps(rows, ensure_ascii=False).encode(errors="surrogatepass")
    PastedRows.objects.create(bulk=bulk, first=first, written=written)


def _read_piece(kept: PastedRows) -> Block:
    rows: Block = json.loads(bytes(kept.written).decode(errors="surrogatepass"))
    return rows


def _pieces(bulk: Bulk) -> Iterator[Block]:
    for pk in PastedRows.objects.filter(bulk=bulk).order_by("first").values_list("pk", flat=True):
        yield _read_piece(PastedRows.objects.get(pk=pk))


def _block(bulk: Bulk, rows: int, columns: int) -> Block:
    """The next so many rows of what is pasted, repeated as often as it takes."""
    tall, wide = bulk.params["tall"], bulk.params["wide"]
    found: Block = []
    first, piece = 0, Block()
    while len(found) < rows:
        at = (bulk.done + len(found)) % tall
        if not first <= at < first + len(piece):
            kept = PastedRows.objects.filter(bulk=bulk, first__lte=at).order_by("-first")[0]
            first, piece = kept.first, _read_piece(kept)
        found += piece[at - first : at - first + rows - len(found)]
    return [[*row, *[""] * (wide - len(row))] * (columns // wide) for row in found]


def _missing(bulk: Bulk, keys: Sequence[int], wide: int, columns: int) -> dict[int, list[str]]:
    """The names in the pasted texts that are no choices of their columns yet, by column key."""
    table = Table.objects.get(pk=bulk.table_id)
    known = {column.key: column for column in columns_at(table.pk, table.columns_version)}
    wanted = [(n % wide, known[key]) for n, key in enumerate(keys[:columns]) if key in known]
    missing = [(n, Missing(column)) for n, column in wanted if kind_of(column.kind).family in FAMILIES]
    if missing:
        for block in _pieces(bulk):
            for n, names in missing:
                names.take(dict.fromkeys(row[n] for row in block if n < len(row)))
    return {names.column.key: names.found for _, names in missing}
