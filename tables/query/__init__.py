"""Reading rows: `RowQuery` turns "which rows, in which order" into SQL, for the grid and for everything else."""

from tables.query.definition import EVERYTHING, BadQuery, Condition, Definition, Group, Sort
from tables.query.rows import RowQuery
from tables.query.window import RowData, Window

__all__ = ["EVERYTHING", "BadQuery", "Condition", "Definition", "Group", "RowData", "RowQuery", "Sort", "Window"]
