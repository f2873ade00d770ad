"""Filters of the row itself: who made or changed it, and when. In a condition its column is 0."""

from typing import LiteralString

from psycopg import sql

from tables.query.operators.base import Calendar, Cell, Compile, Operator, negated
from tables.query.operators.dates import WHENS, When, within
from tables.query.operators.values import PEOPLE


def _by(field: LiteralString) -> Compile:
    def compile_it(cell: Cell, value: tuple[int, ...], calendar: Calendar) -> sql.Composable:
        return sql.SQL("({} IN ({}))").format(sql.Identifier(field), sql.SQL(", ").join(map(sql.Literal, value)))

    return compile_it


def _when(field: LiteralString, verb: str, when: When) -> Operator:
    def compile_it(cell: Cell, value: object, calendar: Calendar) -> sql.Composable:
        return within(sql.Identifier(field), when.span(value, cell, calendar))

    return Operator(f"{verb}_{when.key}", f"was {verb} {when.words}", when.takes, compile_it)


_PAST = [when for when in WHENS if not when.key.startswith("next_")]

OPERATORS = (
    Operator("created_by", "was created by", PEOPLE, _by("created_by")),
    Operator("not_created_by", "was not created by", PEOPLE, negated(_by("created_by"))),
    *(_when("created_at", "created", when) for when in _PAST),
    Operator("changed_by", "was last changed by", PEOPLE, _by("modified_by")),
    Operator("not_changed_by", "was not last changed by", PEOPLE, negated(_by("modified_by"))),
    *(_when("modified_at", "changed", when) for when in _PAST),
)


def reads_changes(operator: str) -> bool:
    """Whether it asks for what every write to a row changes."""
    return operator.startswith(("changed_", "not_changed_"))
