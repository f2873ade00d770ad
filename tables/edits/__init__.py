"""The one door for writes to rows. Undo (tables/undo.py) uses the same steps (tables/steps.py).

Each function is one transaction (see tables/writes.py).
"""

from tables.edits.cells import CellsSet, Conflict, Edit, clear, set_cell, set_cells
from tables.edits.fill import DIRECTIONS, fill
from tables.edits.paste import Allowed, Cut, Pasted, extent, is_large, paste
from tables.edits.picked import CELLS_LIMIT, ROWS_LIMIT, Moved, Picked, picked_ids, picked_range
from tables.edits.report import Report
from tables.edits.rows import add_rows, delete_picked, delete_range, delete_rows, duplicate_rows, insert, move_rows
from tables.places import LAST_ROW_ID, TooMany
from tables.steps import Cells

__all__ = [
    "CELLS_LIMIT",
    "DIRECTIONS",
    "LAST_ROW_ID",
    "ROWS_LIMIT",
    "Allowed",
    "Cells",
    "CellsSet",
    "Conflict",
    "Cut",
    "Edit",
    "Moved",
    "Pasted",
    "Picked",
    "Report",
    "TooMany",
    "add_rows",
    "clear",
    "delete_picked",
    "delete_range",
    "delete_rows",
    "duplicate_rows",
    "extent",
    "fill",
    "insert",
    "is_large",
    "move_rows",
    "paste",
    "picked_ids",
    "picked_range",
    "set_cell",
    "set_cells",
]
