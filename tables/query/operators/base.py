"""What an operator is, and what it sees of the column it asks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import Kind, Options, cell_at

if TYPE_CHECKING:
    from tables.query.operators.values import Takes

ROW = "row"  # the family of conditions on the row itself


@dataclass(frozen=True)
class Calendar:
    """Where and when a filter is asked: a person's time zone and the day it is there."""

    zone: tzinfo
    today: date


@dataclass(frozen=True)
class Cell:
    """What a condition is about: a column's cell, or, without a kind, the row itself."""

    key: int
    name: str
    kind: Kind | None = None
    options: Options = field(default_factory=dict)
    ordered: bool = False  # `sorted` stands in an index or a projection: conditions are asked so that it can answer
    people: Mapping[int, str] | None = None  # names, for sentences about the row

    @property
    def family(self) -> str:
        return self.kind.family if self.kind else ROW

    @property
    def field(self) -> sql.Composable | None:
        """The row's own field where the column shows one; such a cell is never empty."""
        return sql.Identifier(self.kind.row_field) if self.kind and self.kind.row_field else None

    @property
    def json(self) -> sql.Composable:
        return cell_at(self.key).value

    @property
    def text(self) -> sql.Composable:
        """The cell as text; NULL when it is empty."""
        return cell_at(self.key).text

    @property
    def sorted(self) -> sql.Composable:
        """What the column is sorted by, which is what a learned index holds, and a projection."""
        assert self.kind is not None
        return self.kind.sort_sql(cell_at(self.key), self.options)


Compile = Callable[[Cell, Any, Calendar], sql.Composable]


@dataclass(frozen=True)
class Operator:
    """One way to ask: `label` in a picker, `words` in a sentence between the column's name and the value."""

    key: str
    label: str
    takes: "Takes"
    sql: Compile  # a boolean; NULL does not match
    words: str = ""
    offered: bool = True  # False: it comes from a quick filter alone
    ordered: bool = False  # an index by the column's order answers it

    @property
    def saying(self) -> str:
        return self.words or self.label


def negated(compile_it: Compile) -> Compile:
    """All rows that the other does not match, those with empty cells too."""
    return lambda cell, value, calendar: sql.SQL("({} IS NOT TRUE)").format(compile_it(cell, value, calendar))


def json_literal(value: Any) -> sql.Composable:
    """A JSON value as jsonb."""
    value = list(value) if isinstance(value, tuple) else value
    return sql.SQL("{}::jsonb").format(sql.Literal(json.dumps(value)))
