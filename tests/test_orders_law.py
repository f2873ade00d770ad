"""The law of windows: whatever is filtered, searched, sorted and grouped by, a window anywhere is a slice of the plain SQL."""

import random
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tables.columns import kind_of
from tables.columns.base import cell_at
from tables.models import Table
from tables.query import Condition, Definition, Group, RowQuery, Sort, rows
from tables.query.filters import filter_sql
from tables.query.groups import headings
from tables.query.search import search_sql
from tests.make import make_table

pytestmark = pytest.mark.django_db

OPTIONS = {"options": [{"id": key, "name": name} for key, name in (("x", "Berlin"), ("y", "Łódź"), ("z", "item 2"))]}
COLUMNS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Name", "text", {}),
    ("Amount", "number", {}),
    ("Done", "checkbox", {}),
    ("City", "select", OPTIONS),
    ("Day", "date", {}),
    ("Tags", "multi_select", OPTIONS),
    ("Made", "created_time", {}),
    ("No", "auto_number", {}),
)
ROWS = 900
NAMES = ("anna", "ANNA", "Émile", "emile", "zoe", "item 2", "item 10", "", None)
DAYS = ("2024-02-29", "2026-01-01", "2026-07-15", None)


@pytest.fixture
def table() -> Table:
    chance = random.Random(11)
    values = [
        [
            chance.choice(NAMES) or None,
            chance.choice([None, 1, 2, 2.5, -5, 10**15]),
            chance.choice([None, True]),
            chance.choice(["x", "y", "z", None]),
            chance.choice(DAYS),
            chance.choice([["x"], ["y", "x"], None]),
        ]
        for _ in range(ROWS)
    ]
    return make_table(columns=COLUMNS, rows=values)


CONDITIONS = st.sampled_from(
    [
        Condition(1, "contains", "a"), Condition(1, "is", "anna"), Condition(1, "not_empty"), Condition(1, "longer", 4),
        Condition(2, ">", 1), Condition(2, "between", (-5, 2)), Condition(2, "empty"), Condition(3, "checked"),
        Condition(4, "any_of", ("x", "y")), Condition(4, "not_empty"), Condition(5, "before", "2026-02-01"),
        Condition(6, "any_of", ("y",)), Condition(6, "empty"),
    ]
)  # fmt: skip
FILTERS = st.recursive(
    st.builds(Group, st.sampled_from(["all", "any"]), st.lists(CONDITIONS, min_size=1, max_size=3).map(tuple)),
    lambda inner: st.builds(
        Group, st.sampled_from(["all", "any"]), st.lists(inner | CONDITIONS, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=4,
)


def sorts(most: int) -> st.SearchStrategy[tuple[Sort, ...]]:
    levels = st.builds(Sort, st.integers(1, len(COLUMNS)), st.booleans())
    return st.lists(levels, max_size=most, unique_by=lambda sort: sort.column).map(tuple)


DEFINITIONS = st.builds(
    Definition,
    filter=st.none() | FILTERS,
    sorts=sorts(4),
    groups=sorts(2),
    search=st.sampled_from(["", "", "an", "emile", "é", "2", "berl", "zzz"]),
    searched=st.just((1, 2, 4, 5)),
    accents=st.booleans(),
)
WINDOWS = st.lists(st.tuples(st.integers(0, ROWS + 5), st.integers(1, 150)), min_size=1, max_size=4)


def plainly(table: Table, definition: Definition) -> list[int]:
    """The view's ids by one statement, put together here: no index, no walk, no snapshot, no blocks."""
    columns = {column.key: column for column in table.live_columns()}
    zone, today = timezone.get_current_timezone(), timezone.localdate()
    parts: list[sql.Composable] = [sql.SQL("table_id = {}").format(sql.Literal(table.pk))]
    if definition.filter:
        parts.append(filter_sql(definition.filter, columns, zone=zone, today=today))
    if definition.search:
        chosen = [columns[key] for key in definition.searched]
        found = search_sql(definition.search, chosen, zone=zone, accents=definition.accents)
        parts.append(found or sql.SQL("FALSE"))
    levels, seen = [], set()
    for sort in (*definition.groups, *definition.sorts):
        if sort.column not in seen:
            column = columns[sort.column]
            expression = kind_of(column.kind).sort_sql(cell_at(column.key), column.options)
            levels.append(sql.SQL("{} {} NULLS LAST").format(expression, sql.SQL("DESC" if sort.descending else "ASC")))
            seen.add(sort.column)
    statement = sql.SQL("SELECT id FROM tables_row WHERE {} ORDER BY {}").format(
        sql.SQL(" AND ").join(parts), sql.SQL(", ").join([*levels, sql.SQL("position")])
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row_id for (row_id,) in cursor.fetchall()]


def test_windows_of_any_view_anywhere_are_slices_of_the_plain_sql(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    # So that short tables go every way that long ones do.
    monkeypatch.setattr(rows, "WALK_ROWS", 100)
    monkeypatch.setattr(rows, "LONG_WALK_ROWS", 300)
    monkeypatch.setattr(rows, "FIRST_ROWS", 250)

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(definition=DEFINITIONS, windows=WINDOWS, ordered=st.booleans())
    def check(definition: Definition, windows: list[tuple[int, int]], ordered: bool) -> None:
        query = RowQuery(table, definition)
        expected = plainly(table, definition)
        if ordered:
            assert query.count() == len(expected)
        for start, size in windows:
            window = query.read(start, size)
            assert [row.id for row in window.rows] == expected[start : start + size]
            assert window.count in (None, len(expected))
            assert query.ids(start, size) == expected[start : start + size]
        if expected:
            at = windows[0][0] % len(expected)
            assert query.index_of(expected[at]) == at
        assert query.count() == len(expected)
        if definition.groups:
            assert sum(heading.rows for heading in headings(query) if heading.is_leaf) == len(expected)

    check()
