"""Filters of checkboxes: what is not checked, is not checked."""

from psycopg import sql

from tables.query.operators.anything import EMPTY, NOT_EMPTY, SAME
from tables.query.operators.base import Calendar, Cell, Operator, json_literal, negated
from tables.query.operators.values import NOTHING


def _checked(cell: Cell, value: None, calendar: Calendar) -> sql.Composable:
    if cell.ordered:
        return cell.sorted
    return sql.SQL("(data @> {})").format(json_literal({str(cell.key): True}))


OPERATORS = (
    Operator("checked", "is checked", NOTHING, _checked),
    Operator("not_checked", "is not checked", NOTHING, negated(_checked)),
    EMPTY,
    NOT_EMPTY,
    SAME,
)
