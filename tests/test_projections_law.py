"""The law of projections: whatever is asked, one answers as the rows do; whatever is written, it holds what they do."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tables import partitions, projection_making, projections
from tables.columns import BadValue, Kind, kind_of
from tables.models import Table
from tables.query import Condition, Definition, Group, RowQuery, Sort, over_projection, scan
from tables.query.aggregates import aggregate, aggregates_of, per_level
from tables.query.compiled import sort_expression
from tables.query.distinct import counted
from tables.query.distribution import distribution
from tables.query.operators import OPERATORS
from tables.query.rows import RowQuery as Rows
from tables.schema import BadSchema
from tables.undo import redo, undo
from tables.writes import Gone
from tests.make import make_base, make_table, make_user
from tests.test_filters_law import MOMENTS, POOLS, ZONES, filter_on, make_all, values_of
from tests.test_undo_law import CHOICES as UNDO_CHOICES
from tests.test_undo_law import STEP, act

pytestmark = pytest.mark.django_db

LONG = (
    "ß" * 299,
    "ß" * 300,
    "ß" * 301,
    "anna " * 70,
    "anna " * 70 + "zoe",
    "x" * 32_766,
    "x" * 32_767,
    "x" * 32_768,
    "ZOE" * 20_000,
)
LENGTHS = (0, 299, 300, 301, 32_765, 32_766, 32_767, 32_768, 59_999, 60_000)


def project(table: Table) -> None:
    assert projection_making.make(table, lambda projection: ()) is True
    assert not projections.superfluous(table) and not projections.is_due(table)


def without(query: Rows, make: Any) -> Any:
    """What the rows themselves give."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projections, "find", lambda table_id: None)
        patch.setattr(over_projection, "find", lambda table_id: None)
        return make(RowQuery(query.table, query.definition))


def ids(query: Rows) -> list[int]:
    return query._selected_ids(0, 10_000)


def is_projected(query: Rows) -> bool:
    return b"tables_projection" in query._source.rows.as_bytes(None)


@pytest.fixture
def table(settings: Any) -> Table:
    """A column of every kind with its own values, misfits and empty cells, and texts longer than what is held of them."""
    settings.PROJECTION_ROWS = 1
    made = make_all()
    with connection.cursor() as cursor:
        for n, text in enumerate(LONG):
            keys = [str(c.key) for c in made.live_columns() if kind_of(c.kind).writable and kind_of(c.kind).family != "choices"]
            cursor.execute(
                "UPDATE tables_row SET data = data || (SELECT jsonb_object_agg(k, %s::text) FROM unnest(%s::text[]) AS k)"
                " WHERE table_id = %s AND id = %s",
                [text, keys, made.pk, n + 5],
            )
    project(made)
    return made


def test_filters_find_what_they_find_in_the_rows(table: Table) -> None:
    keys = {0: "row", **{column.key: kind_of(column.kind).family for column in table.live_columns()}}
    served = 0

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(filter_on(keys), st.sampled_from(ZONES))
    def law(group: Group, zone: ZoneInfo) -> None:
        nonlocal served
        with timezone.override(zone):
            query = RowQuery(table, Definition(filter=group))
            assert ids(query) == without(query, ids), group
            served += is_projected(query)

    law()
    assert served > 100


def should_be_held(kind: Kind, operator: str) -> bool:
    """Whether a projection answers it: not of lists of choices, and not whether it is the very value, of whatever kind."""
    if kind.key == "long_text":
        return operator in ("longer", "shorter", "empty", "not_empty")
    if kind.row_field or kind.family == "flag":
        return operator in ("checked", "not_checked") or (kind.row_field is not None and operator != "same")
    return kind.family != "choices" and operator != "same"


@pytest.mark.parametrize("family", [family for family in OPERATORS if family != "row"])
def test_every_operator_is_answered_and_rightly(table: Table, family: str) -> None:
    for column in table.live_columns():
        kind = kind_of(column.kind)
        for operator in OPERATORS[family].values() if kind.family == family else ():
            values = values_of(operator.takes.key, MOMENTS if family == "datetime" else POOLS[family])
            if operator.takes.key == "text":
                values |= st.sampled_from([text[:9_000] for text in LONG])
            if operator.takes.key == "length":
                values = st.sampled_from(LENGTHS)

            @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
            @given(values)
            def law(value: Any) -> None:
                query = RowQuery(table, Definition(filter=Group("all", (Condition(column.key, operator.key, value),))))  # noqa: B023
                assert ids(query) == without(query, ids), (kind.key, operator.key, value)  # noqa: B023
                assert is_projected(query) or not should_be_held(kind, operator.key), (kind.key, operator.key)  # noqa: B023

            law()


def test_orders_are_those_of_the_rows(table: Table) -> None:
    columns = list(table.live_columns())

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(columns), st.booleans()), min_size=1, max_size=3))
    def law(levels: list[Any]) -> None:
        query = RowQuery(table, Definition(sorts=tuple(Sort(column.key, down) for column, down in levels)))
        assert is_projected(query)
        all_ids = without(query, ids)
        assert ids(query) == all_ids
        assert query._selected_ids(0, 7) == all_ids[:7] and query._selected_ids(40, 100) == all_ids[40:140]
        query._make_snapshot(5)

    law()


def served(patch: pytest.MonkeyPatch) -> list[bool]:
    """Of each statement over all rows from now on, whether it is read from the projection."""
    found: list[bool] = []

    def noted(table_id: int, parts: Any) -> Any:
        answer = over_projection.over_projection(table_id, parts)
        found.append(answer is not None)
        return answer

    patch.setattr(scan, "over_projection", noted)
    return found


def test_totals_are_those_of_the_rows(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    query = RowQuery(table)
    found = served(monkeypatch)
    for column in table.live_columns():
        kind = kind_of(column.kind)
        for each in aggregates_of(column):
            wanted = [(column, each.key)]

            def total(query: Rows, wanted: Any = wanted) -> Any:
                return [result.value for result in aggregate(query.where, query.table.pk, wanted)]

            found.clear()
            made = total(query)
            # Different texts and lists are told apart as they were typed, and lists are not held.
            is_held = kind.family != "choices" and not (kind.family == "text" and "unique" in each.measures)
            assert all(found) == is_held or each.key == "count", (kind.key, each.key)
            assert made == without(query, total), (kind.key, each.key)


def test_charts_and_lists_of_values_are_those_of_the_rows(table: Table) -> None:
    query = RowQuery(table)
    for column in table.live_columns():

        def chart(query: Rows, column: Any = column) -> Any:
            return distribution(query.where, query.table.pk, column)

        def values(query: Rows, column: Any = column) -> Any:
            return counted(query.where, query.table.pk, column), counted(query.where, query.table.pk, column, "a")

        assert chart(query) == without(query, chart), column.kind
        assert values(query) == without(query, values), column.kind


def test_groups_are_those_of_the_rows(table: Table) -> None:
    chance = Random(3)
    columns = list(table.live_columns())
    for column in columns:
        other = chance.choice(columns)
        amount = next(c for c in columns if c.kind == "number")

        def groups(query: Rows, by: Any = (column, other), amount: Any = amount) -> Any:
            levels = per_level(
                query.where, query.table.pk, [sort_expression(c) for c in by], [(amount, "sum"), (amount, "filled")], 5_000
            )
            return [[(g.values, g.count, g.row_id, [r.value for r in g.results]) for g in level] for level in levels]

        query = RowQuery(table)
        assert groups(query) == without(query, groups), (column.kind, other.kind)


def held_as_it_should_be(table: Table, expected: int = 3) -> bool:
    """Whether a table's projection holds what is made of its rows now, at least of columns with keys up to `expected`."""
    found = projections.find(table.pk)
    assert found is not None
    columns = [c for c in table.live_columns() if projections.is_held(found, c)]
    assert {c.key for c in columns} >= {c.key for c in table.live_columns() if c.key <= expected}
    values = projections.values_of(columns)
    names = sql.SQL(", ").join(sql.Identifier(each.name) for each in values)
    of_rows = sql.SQL(", ").join(each.expression for each in values)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY id").format(names, sql.Identifier(found.name)))
        there = cursor.fetchall()
        cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY id").format(of_rows, partitions.partition(table.pk)))
        return bool(there == cursor.fetchall())


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=1, max_size=15), backs=st.integers(0, 8), agains=st.integers(0, 4))
def test_whatever_is_written_and_taken_back_is_held(steps: list[Any], backs: int, agains: int) -> None:
    base, alice = make_base(), make_user("alice")
    columns = [("Name", "text", {}), ("Amount", "number", {}), ("Color", "select", UNDO_CHOICES), ("Day", "date", {})]
    table = make_table(base, columns=columns, rows=[[f"row {n}", n, "a1", None] for n in range(6)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.PROJECTION_ROWS", 1)
        project(table)
        turns: list[Callable[[], Any]] = [partial(act, table, alice, step) for step in steps]
        turns += [lambda: undo(table, alice)] * backs + [lambda: redo(table, alice)] * agains
        for turn in turns:
            with suppress(Gone, BadValue, BadSchema):
                turn()
            table.refresh_from_db()
            assert held_as_it_should_be(table, expected=2)  # a paste may add a choice
