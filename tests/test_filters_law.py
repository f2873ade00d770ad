"""The law of filters: SQL finds just the rows that plain Python finds, for every operator on every kind."""

from datetime import UTC, date, datetime
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables.columns import KINDS, kind_of
from tables.models import Column, Table
from tables.query.definition import Condition, Group, conditions, filter_json, read_filter
from tables.query.filters import filter_sentence, quick, resolve
from tables.query.operators import OPERATORS
from tests.filtering import Judge, ids_found, lines
from tests.make import make_table

INJECTIONS = (
    "'; DROP TABLE tables_row; --",
    "' OR '1'='1",
    '" OR ""="',
    "\\'; SELECT 1; --",
    "$$; SELECT 1; $$",
    "%s %(x)s {} {0}",
    "') OR TRUE --",
    "\\",
    "%",
    "_",
    "a_c",
    "100%",
    "^.*$",
    "[a-z]+",
    "(",
)
TEXTS = (
    *INJECTIONS,
    "Ann", "ann", "ANNA", "Łódź", "ŁÓDŹ", "straße", "STRASSE", "İstanbul", "istanbul", "Ωmega", "ωMEGA", "ς", "Σ", "👍🏽 ok",
    "👍", "שלום", "مرحبا", "日本語", "e\u0301", "é", "É", "\u202eabc", "a\nb", "abc", "aXc", "12", "true", "0", "2026-07-15",
    "today", " ", "  x ",
)  # fmt: skip
NUMBERS = (0, 1, -1, 5, 5.5, -5.5, 0.1, 0.3, 0.30000000000000004, 1e308, -1e308, 1e-307, 10**15 - 1, 999999999999999, 3, 4.5, 12)
DAYS = (
    "0001-01-01", "0001-01-02", "1969-12-31", "2024-02-29", "2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01", "2026-07-12",
    "2026-07-13", "2026-07-14", "2026-07-15", "2026-07-16", "2026-07-19", "2026-07-20", "2026-08-31", "2026-12-31", "2027-01-01",
    "9999-12-31",
)  # fmt: skip
MOMENTS = (
    "2026-07-15T00:00:00Z", "2026-07-14T23:59:59Z", "2026-07-15T22:00:00Z", "2026-07-15T21:59:59Z", "2026-07-15T04:00:00Z",
    "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-11-01T05:30:00Z",
    "2026-07-14T12:00:00Z", "2026-07-16T12:00:00Z", "2026-07-08T12:00:00Z", "2026-07-22T12:00:00Z", "2026-06-15T12:00:00Z",
    "2026-08-15T12:00:00Z", "2027-06-15T12:00:00Z", "2026-01-01T00:00:00Z", "2025-12-31T23:00:00Z", "1950-06-01T12:00:00Z",
    "2026-07-13T12:00:00Z", "2025-05-01T12:00:00Z", "2026-07-15T12:34:56Z", "2026-07-01T12:00:00Z",
)  # fmt: skip
CHOICES = KINDS["select"].options({"options": [{"id": id_, "name": name} for id_, name in zip("abcd", TEXTS, strict=False)]})
ALL_CHOICES = ("a", "b", "c", "d")
# What a column of another kind left behind.
MISFITS: tuple[Any, ...] = (
    True,
    False,
    0,
    7,
    -2.5,
    "x",
    "",
    "2026-02-31",
    "19 July",
    "call-me-no",
    "a",
    ["a"],
    ["a", 1],
    [],
    "2026-07-15",
    [7],
    "5",
)
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")]
TODAYS = (date(2026, 7, 15), date(2026, 1, 1), date(2024, 2, 29), date(2026, 12, 31), date(2026, 8, 31), date(2026, 3, 29))
PEOPLE = (1, 2, 77)

POOLS: dict[str, tuple[Any, ...]] = {
    "text": TEXTS,
    "number": NUMBERS,
    "date": DAYS,
    "datetime": MOMENTS,
    "choice": ALL_CHOICES,
    "choices": (["a"], ["b", "a"], ["a", "b"], ["c"], ["a", "b", "c", "d"], ["d", "b"]),
    "flag": (True,),
}


def make_all() -> Table:
    """A table with a column of every kind: its own values, what other kinds left, and empty cells, side by side."""
    columns = [(kind.label, key, CHOICES if "select" in key else {}) for key, kind in KINDS.items()]
    chance = Random(7)
    pools = [[None, MISFITS, POOLS[kind.family], POOLS[kind.family]] if kind.writable else [None] for kind in KINDS.values()]
    rows = [[chance.choice(pool) if (pool := chance.choice(each)) else None for each in pools] for _ in range(200)]
    # ... and every value of a kind's own at least once.
    rows += [[POOLS[kind.family][n % len(POOLS[kind.family])] for kind in KINDS.values() if kind.writable] for n in range(50)]
    table = make_table(columns=columns, rows=rows)
    with connection.cursor() as cursor:
        for n, text in enumerate(MOMENTS):
            moment = datetime.fromisoformat(text).replace(microsecond=n * 40_000)
            cursor.execute(
                "UPDATE tables_row SET created_at = %s, modified_at = %s + interval '1 day', created_by = %s, modified_by = %s"
                " WHERE table_id = %s AND id %% %s = %s",
                [moment, moment, [None, 1, 2, 3][n % 4], [1, None, 2][n % 3], table.pk, len(MOMENTS), n],
            )
    return table


def values_of(takes: str, pool: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """The values that an operator may be given."""
    texts = st.sampled_from(TEXTS) | st.sampled_from(TEXTS).flatmap(lambda t: st.integers(0, len(t) - 1).map(lambda n: t[n:]))
    texts |= st.sampled_from(TEXTS).filter(lambda t: len(t) > 1).map(lambda t: t[: len(t) // 2])
    days = st.sampled_from((*DAYS[2:-1], "yesterday", "today", "tomorrow"))
    days |= st.sampled_from(MOMENTS) if pool is MOMENTS else st.nothing()
    numbers = st.sampled_from(NUMBERS)
    choices = st.sampled_from(ALL_CHOICES)
    return {
        "nothing": st.none(),
        "text": texts,
        "whole text": texts,
        "texts": st.lists(texts, min_size=1, max_size=12).map(tuple),
        "length": st.integers(0, 12),
        "number": numbers,
        "two numbers": st.tuples(numbers, numbers),
        "day": days,
        "two days": st.tuples(days, days),
        "count and unit": st.tuples(st.sampled_from((1, 2, 7, 14, 30, 200)), st.sampled_from(("days", "weeks", "months"))),
        "choice": choices,
        "choices": st.lists(choices, min_size=1, max_size=4, unique=True).map(tuple),
        "people": st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True).map(tuple),
        "anything": st.sampled_from([value for value in (*pool, *MISFITS) if value is not None]).map(
            lambda value: tuple(value) if isinstance(value, list) else value
        ),
    }[takes]


@st.composite
def condition_on(draw: st.DrawFn, keys: dict[int, str]) -> Condition:
    """A condition on one of these columns: {key: family}."""
    key, operator = draw(st.sampled_from([(key, op) for key, family in keys.items() for op in OPERATORS[family].values()]))
    family = keys[key]
    pool = MOMENTS if family == "row" else POOLS[family]
    return Condition(key, operator.key, draw(values_of(operator.takes.key, pool)))


def filter_on(keys: dict[int, str]) -> st.SearchStrategy[Group]:
    leaf: st.SearchStrategy[Any] = condition_on(keys)
    groups = st.recursive(
        leaf,
        lambda inner: st.builds(Group, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        max_leaves=6,
    )
    return groups.map(lambda item: item if isinstance(item, Group) else Group("all", (item,)))


@cache
def fold(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rowan_fold(%s)", [text])
        folded: str = cursor.fetchone()[0]
    return folded


def columns_of(table: Table) -> dict[int, Column]:
    return {column.key: column for column in table.live_columns()}


@pytest.mark.django_db
def test_sql_finds_the_rows_that_plain_python_finds() -> None:
    table = make_all()
    columns, all_lines = columns_of(table), lines(table)
    keys = {0: "row", **{key: kind_of(column.kind).family for key, column in columns.items()}}
    asked: set[tuple[str, str]] = set()

    @settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(filter_on(keys), st.sampled_from(ZONES), st.sampled_from(TODAYS), st.sets(st.sampled_from(list(columns)), max_size=8))
    def law(group: Group, zone: ZoneInfo, today: date, indexed: set[int]) -> None:
        group = read_filter(filter_json(group))
        assert resolve(group, columns) == (group, [])
        judge = Judge(columns, zone, today, fold)
        wanted = {line.id for line in all_lines if judge.matches(group, line)}
        assert ids_found(table, group, zone, today, ordered=indexed) == wanted, filter_sentence(group, columns)
        asked.update((keys[condition.column], condition.operator) for condition in conditions(group))

    law()
    every = {(family, key) for family, operators in OPERATORS.items() for key in operators}
    assert len(asked) > 0.75 * len(every)  # all of them are in the next test


@pytest.mark.django_db
@pytest.mark.parametrize("family", OPERATORS)
def test_every_operator_finds_what_plain_python_finds_on_every_kind(family: str) -> None:
    table = make_all()
    columns, all_lines = columns_of(table), lines(table)
    keys = [0] if family == "row" else [key for key, column in columns.items() if kind_of(column.kind).family == family]
    judge = Judge(columns, ZONES[1], TODAYS[0], fold)
    for key in keys:
        for operator in OPERATORS[family].values():
            found = set()

            @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
            @given(values_of(operator.takes.key, MOMENTS if family == "row" else POOLS[family]))
            def law(value: Any) -> None:
                condition = Condition(key, operator.key, value)  # noqa: B023
                wanted = {line.id for line in all_lines if judge.holds(condition, line)}
                for indexed in (set(), {key}):  # noqa: B023
                    found_ids = ids_found(table, Group("all", (condition,)), ZONES[1], TODAYS[0], ordered=indexed)
                    assert found_ids == wanted, (condition, indexed)
                found.update(wanted)  # noqa: B023

            law()
            kind = columns[key].kind if key else "row"
            assert found or kind in ("auto_number", "checkbox", "created_time", "modified_time"), (
                f"{kind} {operator.key} never held"
            )


@pytest.mark.django_db
def test_a_quick_filter_holds_for_just_the_rows_with_that_value() -> None:
    table = make_all()
    columns, all_lines = columns_of(table), lines(table)
    for key, column in columns.items():
        field = kind_of(column.kind).row_field
        held = [getattr(line, field) if field else line.data.get(str(key)) for line in all_lines]
        for value in {repr(value): value for value in held}.values():
            condition = quick(column, value)
            group = Group("all", (condition,))
            assert resolve(group, columns) == (group, [])
            wanted = {line.id for line, other in zip(all_lines, held, strict=True) if is_one(other, value, condition.operator)}
            assert ids_found(table, group, UTC) == wanted, (column.kind, value)


def is_one(cell: Any, value: Any, operator: str) -> bool:
    """Whether a cell holds what a quick filter was made of: times to the second, choices in whatever order."""
    if isinstance(cell, datetime):
        return bool(cell.replace(microsecond=0) == value.replace(microsecond=0))
    if operator == "exactly" and isinstance(cell, list):
        return {repr(item) for item in cell} == {repr(item) for item in value}
    return type(cell) is type(value) and bool(cell == value)
