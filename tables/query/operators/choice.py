"""Filters of single and multi selects, by the ids of their choices."""

from psycopg import sql

from tables.query.operators.anything import EMPTY, NOT_EMPTY, SAME
from tables.query.operators.base import Calendar, Cell, Operator, json_literal, negated
from tables.query.operators.values import CHOICE, CHOICES

Ids = tuple[str, ...]


def _any_of(cell: Cell, value: Ids, calendar: Calendar) -> sql.Composable:
    # As text: half the cost of comparing jsonb.
    return sql.SQL("({} IN ({}))").format(cell.text, sql.SQL(", ").join(map(sql.Literal, value)))


def _is(cell: Cell, value: str, calendar: Calendar) -> sql.Composable:
    return _any_of(cell, (value,), calendar)


def _holds_all(cell: Cell, value: Ids, calendar: Calendar) -> sql.Composable:
    return sql.SQL("(data @> {})").format(json_literal({str(cell.key): list(value)}))


def _has(cell: Cell, value: str, calendar: Calendar) -> sql.Composable:
    return _holds_all(cell, (value,), calendar)


def _holds_any(cell: Cell, value: Ids, calendar: Calendar) -> sql.Composable:
    if len(value) == 1:
        return _holds_all(cell, value, calendar)
    # A text that equals the id would do for ?| as well: it was left behind by a single select.
    return sql.SQL("({0} ?| {1}::text[] AND jsonb_typeof({0}) = 'array')").format(cell.json, sql.Literal(list(value)))


def _holds_just(cell: Cell, value: Ids, calendar: Calendar) -> sql.Composable:
    """The same choices, in whatever order they were picked."""
    return sql.SQL("({} AND {} <@ {})").format(_holds_all(cell, value, calendar), cell.json, json_literal(value))


SINGLE = (
    Operator("is", "is", CHOICE, _is),
    Operator("is_not", "is not", CHOICE, negated(_is)),
    Operator("any_of", "is any of", CHOICES, _any_of),
    Operator("none_of", "is none of", CHOICES, negated(_any_of)),
    EMPTY,
    NOT_EMPTY,
    SAME,
)

MULTI = (
    Operator("has", "has", CHOICE, _has),
    Operator("has_not", "has not", CHOICE, negated(_has)),
    Operator("any_of", "has any of", CHOICES, _holds_any),
    Operator("none_of", "has none of", CHOICES, negated(_holds_any)),
    Operator("all_of", "has all of", CHOICES, _holds_all),
    Operator("exactly", "has exactly", CHOICES, _holds_just),
    EMPTY,
    NOT_EMPTY,
    SAME,
)
