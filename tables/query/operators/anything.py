"""Filters that every column has."""

from typing import Any

from psycopg import sql

from tables.columns.base import cell_at
from tables.query.operators.base import Calendar, Cell, Operator, json_literal, negated
from tables.query.operators.values import ANYTHING, NOTHING


def is_empty(key: int) -> sql.Composable:
    """Whether the cell of the column with this key is empty. In this form, too, for tables/query/over_projection.py."""
    return sql.SQL("({} IS NULL)").format(cell_at(key).text)


def _empty(cell: Cell, value: None, calendar: Calendar) -> sql.Composable:
    return sql.SQL("FALSE") if cell.field else is_empty(cell.key)


def _same(cell: Cell, value: Any, calendar: Calendar) -> sql.Composable:
    """The very value, whatever it is: also one that another kind left behind."""
    cell_json = sql.SQL("to_jsonb({})").format(cell.field) if cell.field else cell.json
    return sql.SQL("({} = {})").format(cell_json, json_literal(value))


EMPTY = Operator("empty", "is empty", NOTHING, _empty)
NOT_EMPTY = Operator("not_empty", "is not empty", NOTHING, negated(_empty))
SAME = Operator("same", "is exactly", ANYTHING, _same, offered=False)
