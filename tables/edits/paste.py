"""Pasting a block of texts over cells, and emptying in the same write the cells that it was cut from."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from bases.models import User
from tables.clipboard import Block
from tables.columns import kind_of
from tables.columns.base import BadValue
from tables.edits.cells import Edit, conflicting_cells, texts_now
from tables.edits.choices import FAMILIES, add_choices
from tables.edits.picked import CELLS_LIMIT, ROWS_LIMIT, Picked, refuse_cells
from tables.edits.report import Report, read_only
from tables.models import MAX_COLUMNS, Column, Table, columns_at
from tables.places import TooMany
from tables.query import RowQuery
from tables.schema import free_name, insert_column
from tables.steps import insert_at_end, patch_rows
from tables.writes import Gone, Write, write

MOST_WRITTEN = 50_000_000  # characters that one write takes


@dataclass(frozen=True)
class Allowed:
    """What a paste may make beside writing cells."""

    rows: bool = False  # new rows for what goes past the last one
    columns: bool = False  # new text columns for what goes past the last one
    choices: bool = False  # new choices of select columns


@dataclass(frozen=True)
class Cut:
    """Where a block was cut from: cells that are emptied once all of it is written, as they were at version `seen`."""

    ids: Sequence[int]
    keys: Sequence[int]
    seen: int
    first: int | None = None  # the index of the first row in the view, if that is known


@dataclass
class Pasted:
    """What became of a paste: cells written, in how many rows that were there, what was made and what did not fit."""

    version: int
    rows: int = 0
    cells: int = 0
    added: list[int] = field(default_factory=list)  # ids of new rows
    columns: list[int] = field(default_factory=list)  # keys of new columns
    choices: int = 0  # new choices
    report: Report = field(default_factory=Report)
    moved: bool = False  # what was cut has been emptied
    kept: Report = field(default_factory=Report)  # but for these cells, which somebody else has changed since


CHANGED_SINCE = "Somebody else has changed this cell since you cut it, so it was not emptied."


class _Misfit(str):
    """Why a text does not fit, in the place of its value."""

    __slots__ = ()


_Written = list[tuple[int, Column, list[Any]]]  # place in the block, column, values


def paste(
    table: Table,
    user: User,
    block: Block,
    keys: Sequence[int],
    picked: Picked,
    allowed: Allowed,
    cut: Cut | None = None,
) -> Pasted:
    """Write a block of texts over the cells of these columns and rows, its upper left corner on their first ones.

    Where more rows or columns are picked than the block has, and by a whole number of times, it is repeated. What does not
    fit is reported, everything else is written. What was cut is emptied when all of it fits, where nothing has just been
    written and nobody else has changed it. Raises Moved, TooMany, Gone.
    """
    refuse_large(block)
    if cut:
        refuse_cells(len(cut.ids), len(cut.keys), "moved")
    with write(table.pk, user, "paste") as current:
        done = Pasted(current.table.version)
        ids = list(picked.of(current))
        block = _repeated(block, len(ids), len(keys))
        refuse_large(block)
        columns = target_columns(current, keys, len(block[0]), allowed, done)
        if len(block) > len(ids) and not allowed.rows:
            done.report.whole(past_the_end(len(block) - len(ids)))
            block = block[: len(ids)]
        if allowed.choices:
            columns = [make_choices(current, column, (row[n] for row in block), done) for n, column in enumerate(columns)]
        write_block(current, ids, block, columns, picked.first, done, cut)
        current.is_void = not (done.rows or done.added or current.columns_changed or done.moved)
        done.version = current.table.version if current.is_void else current.version
    return done


def refuse_large(block: Block) -> None:
    """Raise TooMany for a block above the limits of one write; tables/edits/large_paste.py takes more."""
    width = len(block[0]) if block else 0
    if not width:
        raise TooMany("There is nothing to paste.")
    if is_large(len(block), width):
        raise TooMany(
            f"At most {ROWS_LIMIT:,} rows and {CELLS_LIMIT:,} cells can be pasted in one write; this is {len(block):,} rows of"
            f" {width:,} columns, {len(block) * width:,} cells."
        )


def is_large(rows: int, columns: int) -> bool:
    """Whether so much is above the limits of one write."""
    return rows > ROWS_LIMIT or rows * columns > CELLS_LIMIT


def extent(tall: int, wide: int, rows: int, columns: int) -> tuple[int, int]:
    """How many rows and columns a block is written to where so many are picked: it is repeated if it goes into them evenly."""
    return (rows if rows > tall and rows % tall == 0 else tall), (columns if columns > wide and columns % wide == 0 else wide)


def _repeated(block: Block, rows: int, columns: int) -> Block:
    wide, tall = len(block[0]), len(block)
    rows, columns = extent(tall, wide, rows, columns)
    if rows * columns > CELLS_LIMIT:
        raise TooMany(f"At most {CELLS_LIMIT:,} cells can be pasted in one write; this is {rows * columns:,}.")
    times = (columns // wide) * (rows // tall)
    if times > 1 and sum(len(text) for row in block for text in row) * times > MOST_WRITTEN:
        raise TooMany(f"At most {MOST_WRITTEN // 1_000_000} MB can be pasted in one write; so often repeated this would be more.")
    return [row * (columns // wide) for row in block] * (rows // tall)


def past_the_end(rows: int) -> str:
    return _left_out(rows, "row")


def make_choices(current: Write, column: Column | None, texts: Iterable[str], done: Pasted) -> Column | None:
    """The column, with the choices that these texts name if it is one of choices."""
    if column is None or kind_of(column.kind).family not in FAMILIES:
        return column
    column, new = add_choices(current, column, dict.fromkeys(texts))
    done.choices += new
    return column


def target_columns(current: Write, keys: Sequence[int], width: int, allowed: Allowed, done: Pasted) -> list[Column | None]:
    """The column of each of the block's columns; None where there is none to write."""
    known = {column.key: column for column in columns_at(current.table.pk, current.table.columns_version)}
    if keys and not known.keys() & set(keys):
        raise Gone("These columns were deleted.")
    columns: list[Column | None] = []
    for key in keys[:width]:
        column = known.get(key)
        if column is None:
            done.report.whole("A column was deleted meanwhile; what was meant for it was left out.")
        elif not kind_of(column.kind).writable:
            done.report.column(column, read_only(column))
            column = None
        columns.append(column)
    missing = width - len(columns)
    if missing and allowed.columns and len(known) + missing <= MAX_COLUMNS:
        for _ in range(missing):
            name = free_name("Column", {column.name.casefold() for column in current.table.live_columns()})
            made = insert_column(current, name, "text", {})
            columns.append(made)
            done.columns.append(made.key)
    elif missing:
        why = f": a table holds at most {MAX_COLUMNS} columns" if allowed.columns else ""
        done.report.whole(_left_out(missing, "column", why))
        columns += [None] * missing
    return columns


def _left_out(count: int, word: str, why: str = "") -> str:
    words = f"1 {word} goes past the last {word} and was" if count == 1 else f"{count:,} {word}s go past the last {word} and were"
    return f"{words} left out{why}."


def write_block(
    current: Write,
    ids: Sequence[int],
    block: Block,
    columns: Sequence[Column | None],
    first: int | None,
    done: Pasted,
    cut: Cut | None = None,
) -> None:
    """Write what fits of a block to these rows, and to new ones for what is more; the first is at index `first` of the view."""
    written = [(n, column, _values(column, [row[n] for row in block])) for n, column in enumerate(columns) if column]
    lines = _documents(block, written)
    patches = {row_id: line for row_id, line in zip(ids, lines, strict=False) if line}
    misfits = len(written) * len(block) - sum(map(len, lines))
    emptied: dict[int, list[str]] = {}
    if cut and not misfits and not done.report.count and _are_there(current, ids[: len(block)]):
        emptied = emptied_by(current, cut, cut.ids, patches, done.kept)
        done.moved = current.detail["moved"] = True
    _write(current, patches, emptied, lines[len(ids) :], done)
    done.cells = sum(map(len, lines))
    if misfits:
        _report_misfits([*ids[: len(block)], *done.added], block, written, first, done)


def _values(column: Column, texts: list[str]) -> list[Any]:
    """What each text is in this column, a _Misfit where it is nothing."""
    kind = kind_of(column.kind)
    known: dict[str, Any] = {}
    for text in dict.fromkeys(texts):
        try:
            known[text] = kind.parse(text, column.options)
        except BadValue as bad:
            known[text] = _Misfit(bad)
    return [known[text] for text in texts]


def _documents(block: Block, written: _Written) -> list[dict[str, Any]]:
    """What of each row of the block fits: {"3": value}."""
    keys = [str(column.key) for _, column, _ in written]
    lines: list[Any] = list(zip(*(values for _, _, values in written), strict=True)) if written else [()] * len(block)
    return [{key: value for key, value in zip(keys, values, strict=True) if type(value) is not _Misfit} for values in lines]


def _write(
    current: Write,
    patches: dict[int, dict[str, Any]],
    emptied: dict[int, list[str]],
    added: list[dict[str, Any]],
    done: Pasted,
) -> None:
    """Write over rows, add others, and empty cells, {row id: keys}, that are not written over."""
    both = {row_id: {**dict.fromkeys(keys), **patches.get(row_id, {})} for row_id, keys in emptied.items()}
    written = patch_rows(current, {**patches, **both}) if patches or both else 0
    done.rows = written - len(both.keys() - patches.keys())
    if done.rows < len(patches):
        _report_gone(current, list(patches), done)
    if added:
        done.added = insert_at_end(current, added)


def emptied_by(
    current: Write, cut: Cut, rows: Sequence[int], written: Mapping[int, Container[str]], kept: Report
) -> dict[int, list[str]]:
    """The cells to empty, {row id: keys}, of those of these rows that are there, and but for what the paste has `written`.

    What somebody else has changed since stays, and is told in `kept`; the first of `rows` is at index `cut.first`.
    """
    columns = {column.key: column for column in columns_at(current.table.pk, current.table.columns_version)}
    keys = [key for key in cut.keys if key in columns and kind_of(columns[key].kind).writable]
    ids = _there(current, rows)
    edits = [Edit(row_id, key, "", cut.seen) for row_id in ids for key in keys if str(key) not in written.get(row_id, ())]
    changed = conflicting_cells(current.table, current.user, edits)
    tell_kept(current.table, changed, rows, cut.first, kept, CHANGED_SINCE)
    left = {row_id: [str(key) for key in keys if (row_id, key) not in changed] for row_id in ids}
    return {row_id: emptied for row_id, emptied in left.items() if emptied}


def tell_kept(
    table: Table, cells: Collection[tuple[int, int]], rows: Sequence[int], first: int | None, kept: Report, reason: str
) -> None:
    """Report cells, (row id, column key), that are not emptied, in the order of `rows`, whose first is at index `first`."""
    if not cells:
        return
    columns = {column.key: column for column in columns_at(table.pk, table.columns_version)}
    lines, order = ({each: place for place, each in enumerate(all_of_it)} for all_of_it in (rows, columns))
    there = sorted((cell for cell in cells if cell[1] in columns), key=lambda cell: (lines[cell[0]], order[cell[1]]))
    texts = texts_now(table, columns, there)
    for row_id, key in there:
        kept.cell(lines[row_id], row_id, first, columns[key], texts[row_id, key], reason)


def _there(current: Write, ids: Sequence[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM tables_row WHERE table_id = %s AND id = ANY(%s::int[])", [current.table.pk, list(ids)])
        return [row_id for (row_id,) in cursor]


def _are_there(current: Write, ids: Sequence[int]) -> bool:
    return len(_there(current, ids)) == len(set(ids))


def _report_misfits(ids: list[int], block: Block, written: _Written, first: int | None, done: Pasted) -> None:
    for place, column, values in written:
        for line, value in enumerate(values):
            if type(value) is _Misfit:
                done.report.cell(line, ids[line], first, column, block[line][place], str(value))


def _report_gone(current: Write, ids: list[int], done: Pasted) -> None:
    there = RowQuery(current.table).there(ids)
    gone = len(set(ids) - there)
    done.report.whole(f"{gone:,} row{' was' if gone == 1 else 's were'} deleted meanwhile; nothing was written there.")
