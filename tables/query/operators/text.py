"""Filters of text and its kin. Compared without case (rowan_fold); a pattern's characters mean nothing.

LIKE for all parts of a text: as fast as strpos and starts_with, two thirds of the cost of right(), and an index can serve it.
"""

from typing import LiteralString

from psycopg import sql

from tables.columns.base import SORT_PREFIX
from tables.fold import unmarked
from tables.query.operators.anything import EMPTY, NOT_EMPTY, SAME
from tables.query.operators.base import Calendar, Cell, Compile, Operator, negated
from tables.query.operators.values import LENGTH, TEXT, TEXTS, WHOLE_TEXT


def _folded(text: str) -> sql.Composable:
    # Folded by PostgreSQL, once, when it plans: by the same hand as the cells.
    return sql.SQL("rowan_fold({})").format(sql.Literal(text))


# A projection's columns take the place of the very SQL of these two: tables/query/over_projection.py.
def folded(text: sql.Composable) -> sql.Composable:
    """A text without case."""
    return sql.SQL("rowan_fold({})").format(text)


def length(text: sql.Composable) -> sql.Composable:
    """How many characters a text has."""
    return sql.SQL("length({})").format(text)


def _is(cell: Cell, value: str, calendar: Calendar) -> sql.Composable:
    exact = sql.SQL("({} = {})").format(folded(cell.text), _folded(value))
    return _indexed(cell, "=", _folded(value[:SORT_PREFIX]), exact)


def _indexed(cell: Cell, test: LiteralString, value: sql.Composable, exact: sql.Composable) -> sql.Composable:
    """The condition with one that a learned index answers before it; that one sees the beginnings of long texts only."""
    if not cell.ordered:
        return exact
    return sql.SQL("({} " + test + " {} AND {})").format(cell.sorted, value, exact)


def _like(before: LiteralString, after: LiteralString) -> Compile:
    def compile_it(cell: Cell, value: str, calendar: Calendar) -> sql.Composable:
        # No character's folded form is one of the three that are escaped, so they can be escaped before.
        pattern = _folded(before + unmarked(value) + after)
        return sql.SQL("({} LIKE {})").format(folded(cell.text), pattern)

    return compile_it


def _starts(cell: Cell, value: str, calendar: Calendar) -> sql.Composable:
    # Folding a letter may make three of it.
    beginning = _folded(unmarked(value[: SORT_PREFIX // 3]) + "%")
    return _indexed(cell, "LIKE", beginning, _like("", "%")(cell, value, calendar))


def _any_of(cell: Cell, value: tuple[str, ...], calendar: Calendar) -> sql.Composable:
    exact = sql.SQL("({} IN ({}))").format(folded(cell.text), sql.SQL(", ").join(map(_folded, value)))
    beginnings = sql.SQL("({})").format(sql.SQL(", ").join(_folded(text[:SORT_PREFIX]) for text in value))
    return _indexed(cell, "IN", beginnings, exact)


def _length(compared: LiteralString) -> Compile:
    def compile_it(cell: Cell, value: int, calendar: Calendar) -> sql.Composable:
        return sql.SQL("({} " + compared + " {})").format(length(cell.text), sql.Literal(value))

    return compile_it


_contains = _like("%", "%")

OPERATORS = (
    Operator("contains", "contains", TEXT, _contains),
    Operator("not_contains", "does not contain", TEXT, negated(_contains)),
    Operator("is", "is", WHOLE_TEXT, _is, ordered=True),
    Operator("is_not", "is not", WHOLE_TEXT, negated(_is)),
    Operator("starts", "starts with", TEXT, _starts, ordered=True),
    Operator("ends", "ends with", TEXT, _like("%", "")),
    Operator("any_of", "is any of", TEXTS, _any_of, ordered=True),
    Operator("longer", "is longer than", LENGTH, _length(">")),
    Operator("shorter", "is shorter than", LENGTH, _length("<")),
    EMPTY,
    NOT_EMPTY,
    SAME,
)
