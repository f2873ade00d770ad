"""What each action on many rows does in one of its writes (tables/bulk.py): to the next of its rows, by their ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tables.conversion.cells import convert_cells, note_conversion
from tables.conversion.values import Converter, Form
from tables.duplication.cells import columns_of, copy_cells, note_copy
from tables.edits.fill import fill_part
from tables.edits.large_paste import empty_part, is_emptying, paste_part
from tables.edits.large_rows import duplicate_part, move_part
from tables.edits.report import Report
from tables.models import Bulk, columns_at
from tables.steps import clear_cells, remove_rows
from tables.writes import Gone, Write


@dataclass
class Batch:
    """What one write is about."""

    ids: Sequence[int]  # of the rows that are there
    rows: int  # and with the new ones
    report: Report  # of what cannot be done


def _clear(current: Write, bulk: Bulk, batch: Batch) -> None:
    clear_cells(current, batch.ids, [str(key) for key in _living(current, bulk.params["keys"])])


def _fill(current: Write, bulk: Bulk, batch: Batch) -> None:
    fill_part(current, bulk.params, batch.ids, bulk.done, bulk.total, batch.report)


def _paste(current: Write, bulk: Bulk, batch: Batch) -> None:
    if is_emptying(bulk):
        empty_part(current, bulk, batch.ids, batch.report)
    else:
        paste_part(current, bulk, batch.ids, batch.rows, batch.report)


def _convert(current: Write, bulk: Bulk, batch: Batch) -> None:
    """Convert cells to the kind that the column got in the Bulk's first write (tables/conversion/change.py). Raises Gone."""
    key, so_far = bulk.params["key"], f"Stopped after {bulk.done:,} of {bulk.total:,} rows:"
    column = next((each for each in columns_at(current.table.pk, current.table.columns_version) if each.key == key), None)
    if column is None:
        raise Gone(f"{so_far} the column was deleted.")
    if column.kind != bulk.params["kind"]:
        raise Gone(f"{so_far} the column got another kind meanwhile.")
    converter = Converter(Form(*bulk.params["old"]), Form(column.kind, column.options))
    note_conversion(current, key)
    convert_cells(current, key, converter, batch.ids, since=bulk.versions[0])


def _duplicate(current: Write, bulk: Bulk, batch: Batch) -> None:
    """Copy cells into the column that the Bulk's first write made (tables/duplication/duplicate.py). Raises Gone."""
    source, copy = columns_of(current, bulk.params, f"Stopped after {bulk.done:,} of {bulk.total:,} rows:")
    note_copy(current, source.key, copy.key)
    copy_cells(current, source, copy.key, batch.ids)


def _living(current: Write, keys: Any) -> list[int]:
    """Those of the columns that are still there. Raises Gone when none is."""
    there = {column.key for column in columns_at(current.table.pk, current.table.columns_version)}
    living = [key for key in keys if key in there]
    if not living:
        raise Gone("The columns were deleted.")
    return living


WRITES: dict[str, Callable[[Write, Bulk, Batch], object]] = {
    "clear cells": _clear,
    "fill cells": _fill,
    "paste": _paste,
    "duplicate rows": lambda current, bulk, batch: duplicate_part(current, bulk, batch.ids),
    "move rows": lambda current, bulk, batch: move_part(current, bulk, batch.ids),
    "delete rows": lambda current, bulk, batch: remove_rows(current, batch.ids),
    "change kind": _convert,
    "duplicate column": _duplicate,
}
