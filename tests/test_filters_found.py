"""Filters in the database: which rows they find, whatever the text, the kind, the day and the calendar; and by which plan."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from tables.columns import KINDS
from tables.models import Column, Table
from tables.query.compiled import sort_expression
from tables.query.definition import BadQuery, Condition, Group
from tables.query.filters import filter_sql, quick
from tables.query.operators import OPERATORS
from tests.filtering import ids_found
from tests.make import make_table
from tests.test_filters import CHOICES, MINUTES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_utc() -> Iterator[None]:
    with timezone.override(UTC):
        yield


def names(table: Table, group: Group, **more: Any) -> list[str]:
    """The first cells of the rows found, sorted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, data ->> '1' FROM tables_row WHERE table_id = %s", [table.pk])
        first = dict(cursor.fetchall())
    return sorted(first[id_] for id_ in ids_found(table, group, **more))


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "'", '"', "''", "\\%", ".*", "^a", "[a]", "(", "$1", "{}", "%s", "a\nb", "👍", "שלום"]
)
def test_no_character_of_a_text_means_anything_but_itself(text: str) -> None:
    table = make_table(
        columns=[("Name", "text", {})], rows=[[f"x{text}y"], [f"{text}y"], [f"x{text}"], [text], ["xay"], ["a"], ["b"]]
    )
    for operator, wanted in [
        ("contains", [f"x{text}y", f"{text}y", f"x{text}", text]),
        ("starts", [f"{text}y", text]),
        ("ends", [f"x{text}", text]),
        ("is", [text]),
        ("same", [text]),
    ]:
        assert names(table, Group("all", (Condition(1, operator, text),))) == sorted(wanted), operator
    assert names(table, Group("all", (Condition(1, "any_of", ("a", text)),))) == sorted({"a", text})


def test_case_is_nothing_to_filters_of_text_but_to_same() -> None:
    table = make_table(columns=[("Name", "text", {})], rows=[["Oslo"], ["OSLO"], ["Bergen"], [None]])
    assert len(ids_found(table, Group("all", (Condition(1, "is", "oSLO"),)))) == 2
    assert len(ids_found(table, Group("all", (Condition(1, "is_not", "oSLO"),)))) == 2
    assert len(ids_found(table, Group("all", (quick(table.columns.get(), "Oslo"),)))) == 1
    assert len(ids_found(table, Group("all", (quick(table.columns.get(), None),)))) == 1


def test_a_long_text_is_found_and_a_hundred_conditions_are_asked() -> None:
    long = "ab%_\\'" * 1_666
    table = make_table(columns=[("Name", "text", {})], rows=[["x" + long], ["y"]])
    assert len(ids_found(table, Group("all", (Condition(1, "contains", long),)))) == 1
    group = Group("any", tuple(Condition(1, "any_of", tuple(f"{n} {m}" for m in range(10))) for n in range(99)))
    group = Group("any", (*group.items, Condition(1, "any_of", ("Y", *(f"n{n}" for n in range(999))))))
    assert names(table, group) == ["y"]


def test_a_filter_under_which_a_column_changed_its_kind_still_answers() -> None:
    table = make_table(
        columns=[("Name", "text", {}), ("What", "text", {})], rows=[["a", "12"], ["b", "x"], ["c", 12], ["d", None]]
    )
    column = table.columns.get(key=2)
    for kind in {kind.family: kind.key for kind in KINDS.values() if kind.writable}.values():
        column.kind, column.options = kind, KINDS[kind].options(CHOICES if "select" in kind else {})
        column.save()
        for operator in OPERATORS[KINDS[kind].family].values():
            for value in ("x", 12, None, ("a", "b"), (1, 2), "2026-01-01", (7, "days")):
                ids_found(table, Group("all", (Condition(2, operator.key, value),)))
    column.kind = "number"
    column.save()
    assert names(table, Group("all", (Condition(2, ">", 1),))) == ["c"]
    assert names(table, Group("all", (Condition(2, "!=", 12),))) == ["a", "b", "d"]
    assert names(table, Group("all", (quick(column, "12"),))) == ["a"]


def test_a_day_is_the_persons_own() -> None:
    table = make_table(columns=[("Name", "text", {}), ("At", "datetime", {})], rows=[["late", "2026-07-14T22:30:00Z"]])
    today = Group("all", (Condition(2, "this_day"),))
    assert names(table, today, zone=ZoneInfo("Europe/Berlin"), today=date(2026, 7, 15)) == ["late"]
    assert names(table, today, zone=ZoneInfo("UTC"), today=date(2026, 7, 15)) == []


def test_the_ends_of_the_calendar_are_days_like_others() -> None:
    moments = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00Z"]
    table = make_table(
        columns=[("Name", "text", {}), ("Day", "date", {}), ("At", "datetime", {})], rows=[[m[:4], m[:10], m] for m in moments]
    )
    ends = [
        Group("all", (Condition(key, operator, value),))
        for key in (2, 3)
        for operator, value in [
            ("is", "9999-12-31"), ("is", "0001-01-01"), ("before", "0001-01-01"), ("after", "9999-12-31"), ("next_day", None),
            ("last_year", None), ("next_n", (9999, "months")), ("last_n", (9999, "weeks")), ("on_or_before", "tomorrow"),
        ]
    ]  # fmt: skip
    for zone in ("UTC", "Pacific/Auckland", "America/New_York"):
        for today in (date.min, date.max, date(2026, 1, 1)):
            for group in ends:
                ids_found(table, group, zone=ZoneInfo(zone), today=today)
        day = Group("all", (Condition(2, "on_or_after", "9999-12-31"),))
        assert names(table, day, zone=ZoneInfo(zone)) == ["9999"]
        moment = Group("all", (Condition(3, "on_or_after", moments[1]),))
        assert names(table, moment, zone=ZoneInfo(zone)) == ["9999"]


def test_only_this_refuses_what_no_condition_can_name() -> None:
    table = make_table(columns=[("Name", "text", {})], rows=[["a"]])
    column = table.columns.get()
    for value in ("x" * 10_001, {"a": 1}, [["a"]], [None]):
        with pytest.raises(BadQuery, match="“Name” holds cannot be filtered for"):
            quick(column, value)
    created = Column(key=7, name="Made", kind="created_time", options={})
    assert quick(created, datetime(2026, 7, 15, 12, 30, 0, 5, UTC)) == Condition(7, "is", MINUTES)
    word = Column(key=7, name="Day", kind="date", options={})
    assert quick(word, "today").operator == "same" and quick(word, "2026-07-15").operator == "is"


def test_the_functions_of_folding_are_inlined_and_run_in_parallel() -> None:
    table = make_table(columns=[("Name", "text", {}), ("N", "number", {})], rows=[["a", 1]])
    columns = {column.key: column for column in table.live_columns()}
    group = Group("all", (Condition(1, "contains", "X"), Condition(2, ">", 5), Condition(0, "changed_by", (1,))))
    compiled = filter_sql(group, columns, zone=UTC, today=date(2026, 7, 15)).as_string()
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0"
        )
        cursor.execute(f"EXPLAIN (COSTS off) SELECT count(*) FROM tables_row WHERE table_id = {table.pk} AND {compiled}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "rowan_fold" not in plan and "Parallel Seq Scan" in plan and "'%x%'" in plan


@pytest.mark.parametrize(("kind", "operator", "value"), [("number", ">", 5), ("percent", "=", 0.5), ("date", "this_year", None)])
def test_a_learned_index_serves_a_filter_that_is_told_of_it(kind: str, operator: str, value: Any) -> None:
    table = make_table(columns=[("Name", "text", {}), ("What", kind, {})], rows=[["a"]])
    column = table.columns.get(key=2)
    group = Group("all", (Condition(2, operator, value),))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX learned ON tables_row_{table.pk} (({sort_expression(column).as_string()}))")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        compiled = filter_sql(group, {2: column}, zone=UTC, today=date(2026, 7, 15), ordered={2}).as_string()
        cursor.execute(f"EXPLAIN (COSTS off) SELECT id FROM tables_row WHERE table_id = {table.pk} AND {compiled}")
        assert "Index Scan using learned" in "\n".join(row[0] for row in cursor.fetchall())
