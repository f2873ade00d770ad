"""The headings of a grouped view: which groups its rows form, how many rows each has, and what they add up to.

Rows are in one group when a sort by the group's column takes them for equal, so groups are runs of the view's order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tables.columns import kind_of
from tables.models import Column
from tables.query.aggregates import GroupRow, Result, Wanted, per_group
from tables.query.compiled import sort_expression
from tables.query.definition import BadQuery
from tables.query.rows import RowQuery

# More would be no overview, and each is an element of the page.
MOST_HEADINGS = 5_000


@dataclass(frozen=True, slots=True)
class Heading:
    """One group: at which level (from 0), the column and the value its rows share, how many they are, their aggregates.

    `path` names it: the same as long as its rows share the same values.
    """

    level: int
    column: Column
    value: Any  # of its first row: None where the cell is empty
    rows: int
    is_leaf: bool
    path: str
    results: Sequence[Result]


def headings(query: RowQuery, wanted: Wanted = ()) -> list[Heading]:
    """Every group of a view, parents before their children, in the view's order. Raises BadQuery when they are too many."""
    by_key = query.by_key
    sorts = [sort for sort in query.definition.groups if sort.column in by_key]
    columns = [by_key[sort.column] for sort in sorts]
    expressions = [sort_expression(column) for column in columns]
    downs = [sort.descending for sort in sorts]
    levels: list[list[GroupRow]] = []
    for depth in range(1, len(columns) + 1):
        rows = per_group(query.where, query.table.pk, expressions[:depth], wanted, MOST_HEADINGS + 1, downs[:depth])
        if sum(map(len, levels), len(rows)) > MOST_HEADINGS:
            names = ", ".join(column.name for column in columns[:depth])
            raise BadQuery(
                f"Grouping by {names} makes more than {MOST_HEADINGS:,} groups, so their headings are left out."
                " The rows are still sorted by it."
            )
        levels.append(rows)
    return _nested(levels, columns, _values(query, levels, columns))


def _values(query: RowQuery, levels: Sequence[Sequence[GroupRow]], columns: Sequence[Column]) -> dict[tuple[int, int], Any]:
    """What the cell that gives a group its name holds, by level and the id of its row."""
    found = {}
    for level, (rows, column) in enumerate(zip(levels, columns, strict=True)):
        field = kind_of(column.kind).row_field
        for row in query.shown_of([each.row_id for each in rows], column.key):
            value = getattr(row, field) if field else row.data.get(str(column.key))
            found[level, row.id] = value
    return found


def _nested(levels: Sequence[Sequence[GroupRow]], columns: Sequence[Column], values: dict[tuple[int, int], Any]) -> list[Heading]:
    """The groups of all levels as one list. Those of each level are in order, so each list is gone through once."""
    at = [0] * len(levels)
    found: list[Heading] = []

    def add(level: int, parent: tuple[Any, ...]) -> None:
        rows = levels[level]
        while at[level] < len(rows) and rows[at[level]].values[:level] == parent:
            group = rows[at[level]]
            at[level] += 1
            is_leaf = level == len(levels) - 1
            value = values.get((level, group.row_id))
            found.append(Heading(level, columns[level], value, group.count, is_leaf, _path(group), group.results))
            if not is_leaf:
                add(level + 1, group.values)

    if levels:
        add(0, ())
    return found


def _path(group: GroupRow) -> str:
    return sha256(repr(group.values).encode()).hexdigest()[:12]
