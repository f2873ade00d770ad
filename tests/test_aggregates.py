"""What columns add up to, against plain Python over the same cells."""

import math
import statistics
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from tables.columns import KINDS
from tables.columns.date import is_date
from tables.columns.datetime import stored_moment
from tables.models import Column, Table
from tables.query import medians, scan
from tables.query.aggregates import AGGREGATES, Unknown, aggregate, aggregates_of, per_level, values
from tables.query.compiled import sort_expression
from tests.make import make_table
from tests.test_kinds import CHOICES, MISFITS, VALUES

EVERYTHING = sql.SQL("TRUE")
pytestmark = pytest.mark.django_db


def column_of(table: Table, name: str = "It") -> Column:
    return table.live_columns().get(name=name)


def table_of(kind: str, stored: Sequence[Any]) -> tuple[Table, Column]:
    table = make_table(columns=[("It", kind, CHOICES)], rows=[[value] for value in stored])
    return table, column_of(table)


def one(table: Table, column: Column, key: str) -> Any:
    return values(EVERYTHING, table.pk, [(column, key)])[0]


def shown(table: Table, column: Column, key: str) -> str:
    return aggregate(EVERYTHING, table.pk, [(column, key)])[0].shown


def exact(number: int | float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(Decimal(repr(number)))


def same_number(found: Any, wanted: Fraction | None) -> bool:
    if wanted is None or found is None:
        return found is None and wanted is None
    difference = abs(Fraction(found) - wanted)
    return difference <= abs(wanted) / 10**9 or difference < Fraction(1, 10**320)


def expected(kind: str, stored: Sequence[Any]) -> dict[str, Any]:
    """Every aggregate of these cells in plain Python; numbers as fractions."""
    filled = [value for value in stored if value is not None]
    rows, count = len(stored), len(filled)
    found: dict[str, Any] = {"count": rows}
    if kind == "checkbox":
        checked = sum(value is True for value in stored)
        return {
            "count": rows,
            "checked": checked,
            "unchecked": rows - checked,
            "percent_checked": checked / rows if rows else None,
            "percent_unchecked": (rows - checked) / rows if rows else None,
        }
    unique = len({str(exact(v)) if type(v) in (int, float) and kind in NUMBERS else repr(v) for v in filled})
    found |= {"empty": rows - count, "filled": count, "unique": unique}
    found |= {"percent_empty": (rows - count) / rows if rows else None, "percent_filled": count / rows if rows else None}
    found["percent_unique"] = unique / count if count else None
    if kind in NUMBERS:
        found |= numbers_expected([exact(value) for value in filled if type(value) in (int, float)])
    if kind in ("date", "datetime"):
        is_one = is_date if kind == "date" else stored_moment
        days = sorted(value for value in filled if is_one(value))
        read: Any = date.fromisoformat if kind == "date" else datetime.fromisoformat
        found["earliest"], found["latest"] = (days[0], days[-1]) if days else (None, None)
        found["range_days"] = (read(days[-1]) - read(days[0])).days if days else None
    return found


NUMBERS = ("number", "currency", "percent", "rating")


def numbers_expected(numbers: list[Fraction]) -> dict[str, Any]:
    if not numbers:
        return dict.fromkeys(("sum", "average", "median", "min", "max", "range", "deviation"))
    mean = sum(numbers, Fraction(0)) / len(numbers)
    squares = sum(((number - mean) ** 2 for number in numbers), Fraction(0))
    variance = squares / (len(numbers) - 1) if len(numbers) > 1 else None
    return {
        "sum": sum(numbers, Fraction(0)),
        "average": mean,
        "median": Fraction(statistics.median(numbers)),
        "min": min(numbers),
        "max": max(numbers),
        "range": max(numbers) - min(numbers),
        "deviation": None if variance is None else root(variance),
    }


def root(number: Fraction) -> Fraction:
    """A square root to 30 digits, of numbers of any size."""
    shift = 10**430
    return Fraction(math.isqrt(number.numerator * shift**2 * number.denominator), number.denominator * shift)


def check(kind: str, stored: Sequence[Any]) -> None:
    table, column = table_of(kind, stored)
    wanted = [(column, each.key) for each in aggregates_of(column)]
    wished = expected(kind, stored)
    assert {key for _, key in wanted} == set(wished)
    for result in aggregate(EVERYTHING, table.pk, wanted):
        key, should = result.aggregate.key, wished[result.aggregate.key]
        if isinstance(should, Fraction):
            assert same_number(result.value, should), (key, result.value, float(should), stored)
        else:
            assert result.value == should, (key, stored)
        assert result.shown == "–" if result.value is None else result.shown


@pytest.mark.parametrize("kind", VALUES)
@settings(max_examples=12)
@given(data=st.data())
def test_every_aggregate_is_what_plain_python_makes_of_the_same_cells(kind: str, data: st.DataObject) -> None:
    check(kind, data.draw(st.lists(st.none() | VALUES[kind], max_size=12)))


@pytest.mark.parametrize("kind", VALUES)
def test_cells_of_another_kind_neither_fail_nor_count_as_numbers_or_days(kind: str) -> None:
    misfits = [value for value in MISFITS if value is not None]
    table, column = table_of(kind, [*misfits, "9999-99-99", "2026-06-31", "1900-02-29", "2024-02-29", "2026-01-01T25:00:00Z"])
    for result in aggregate(EVERYTHING, table.pk, [(column, each.key) for each in aggregates_of(column)]):
        assert result.shown
    if kind == "date":
        assert one(table, column, "latest") == one(table, column, "earliest") == "2024-02-29"
    if kind == "datetime":
        assert one(table, column, "latest") is None


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_table_has_no_sums_and_no_days(kind: str) -> None:
    table, column = table_of(kind, [])
    for result in aggregate(EVERYTHING, table.pk, [(column, each.key) for each in aggregates_of(column)]):
        assert (result.value, result.shown) in ((0, "0"), (None, "–"))


def test_sums_beyond_all_doubles_are_exact() -> None:
    table, column = table_of("number", [1e308] * 100 + [1])
    assert one(table, column, "sum") == 100 * 10**308 + 1
    assert shown(table, column, "sum") == "1E+310", shown(table, column, "sum")[:50]
    assert one(table, column, "deviation") > 10**306


def test_tenths_add_up_without_noise() -> None:
    table, column = table_of("number", [0.1] * 3)
    assert one(table, column, "sum") == 0.3
    assert shown(table, column, "sum") == "0.3"


def test_aggregates_are_shown_as_the_column_shows_its_cells() -> None:
    columns: list[tuple[str, str, dict[str, Any]]] = [
        ("Price", "currency", {"symbol": "€"}),
        ("Share", "percent", {}),
        ("Stars", "rating", {}),
        ("Day", "date", {"format": "eu"}),
        ("At", "datetime", {}),
    ]
    rows: list[list[Any]] = [
        [1000, 0.1, 3, "2026-12-31", "2026-12-31T23:30:00Z"],
        [500.5, 0.25, 4, "2026-01-01", None],
        [1, 1, 3, None, None],
    ]
    table = make_table(columns=columns, rows=rows)
    price, part, stars, day, moment = table.live_columns()
    wanted = [(price, "sum"), (price, "average"), (part, "average"), (stars, "average"), (day, "latest"), (day, "range_days")]
    wanted += [(moment, "latest"), (day, "percent_filled"), (moment, "percent_unique")]
    with timezone.override("Europe/Berlin"):
        found = [result.shown for result in aggregate(EVERYTHING, table.pk, wanted)]
    assert found == ["€1,501.50", "€500.50", "45%", "3.33", "31.12.2026", "364 days", "2027-01-01 00:30", "66.7%", "100%"]


def test_a_share_is_never_rounded_to_none_or_all() -> None:
    table, column = table_of("text", ["x"] + [None] * 4_999)
    assert shown(table, column, "percent_filled") == "<0.1%"
    assert shown(table, column, "percent_empty") == ">99.9%"


def test_only_the_rows_that_are_kept_count() -> None:
    table, column = table_of("number", [1, 2, 3, 4, None])
    where = sql.SQL("(data ->> '1')::numeric > 2")
    assert values(where, table.pk, [(column, "sum"), (column, "median"), (column, "unique"), (column, "count")]) == [7, 3.5, 2, 2]
    assert values(sql.SQL("FALSE"), table.pk, [(column, "sum"), (column, "median"), (column, "unique")]) == [None, None, 0]


def test_rows_have_numbers_and_times_that_can_be_aggregated() -> None:
    table = make_table(
        columns=[("No", "auto_number", {}), ("Made", "created_time", {}), ("Text", "text", {})], rows=[["a"], ["b"]]
    )
    number, made, _ = table.live_columns()
    low, high, latest, unique, days = values(
        EVERYTHING, table.pk, [(number, "min"), (number, "max"), (made, "latest"), (made, "unique"), (made, "range_days")]
    )
    assert high == low + 1
    assert stored_moment(latest)
    assert (unique, days) == (1, 0)
    assert shown(table, made, "latest")[:4] == latest[:4]


def test_what_does_not_exist_or_does_not_fit_is_refused_by_name() -> None:
    table, column = table_of("text", ["x"])
    with pytest.raises(Unknown, match="no aggregate “sums”"):
        values(EVERYTHING, table.pk, [(column, "sums")])
    with pytest.raises(Unknown, match="“It” is a column of the kind “Text”, which has no “Sum”"):
        values(EVERYTHING, table.pk, [(column, "sum")])


def test_every_aggregate_serves_some_kind_and_every_kind_has_some() -> None:
    assert {each.key for kind in KINDS for each in aggregates_of(Column(kind=kind))} == set(AGGREGATES)
    assert all(aggregates_of(Column(kind=kind)) for kind in KINDS)


@settings(max_examples=40)
@given(
    numbers=st.lists(st.integers(-4, 4) | st.floats(-4, 4).map(lambda n: round(n, 2)), min_size=1, max_size=40),
    low=st.floats(0, 1),
    high=st.floats(0, 1),
)
def test_a_median_is_exact_whatever_the_sample_says(numbers: list[float], low: float, high: float) -> None:
    table, column = table_of("number", numbers)
    wanted = Fraction(statistics.median([exact(number) for number in numbers]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(medians, "SAMPLE", scan.ROWS)
        patch.setattr(medians, "_LEAST_SAMPLE", 1)
        patch.setattr(medians, "_BETWEEN", (min(low, high), max(low, high)))
        assert same_number(one(table, column, "median"), wanted)


def test_unique_counts_one_number_in_two_forms_once_and_leaves_the_planner_as_it_was() -> None:
    table, column = table_of("number", [1, 1.0, 2, 2.50, 2.5, None, "x", "x", "1e0"])
    assert one(table, column, "unique") == 5
    settings = "SELECT current_setting('enable_hashagg'), current_setting('parallel_tuple_cost')"
    assert scan.fetch(sql.SQL(settings)) == [("on", "0.1")]


def test_groups_come_in_the_order_of_a_sort_with_their_counts_and_aggregates() -> None:
    columns: list[tuple[str, str, dict[str, Any]]] = [("City", "text", {}), ("Kind", "select", CHOICES), ("Amount", "number", {})]
    rows: list[list[Any]] = [["Oslo", "b2", 1], ["Bergen", "a1", 2], ["oslo", "a1", 3], [None, None, 4], ["Oslo", "b2", 10]]
    table = make_table(columns=columns, rows=rows)
    city, kind, amount = table.live_columns()
    wanted = [(amount, "sum"), (city, "unique"), (amount, "median")]

    def groups(*by: Column, descending: Sequence[bool] = (), limit: int = 10) -> list[tuple[Any, ...]]:
        found = per_level(EVERYTHING, table.pk, [sort_expression(column) for column in by], wanted, limit, descending)[-1]
        return [(*row.values, row.count, row.row_id, *[result.value for result in row.results]) for row in found]

    assert groups(city) == [("bergen", 1, 2, 2, 1, 2), ("oslo", 3, 1, 14, 2, 3), (None, 1, 4, 4, 0, 4)]
    assert [row[0] for row in groups(city, descending=[True])] == ["oslo", "bergen", None]
    assert [row[:3] for row in groups(city, kind, descending=[False, True])] == [
        ("bergen", 0, 1),
        ("oslo", 1, 2),
        ("oslo", 0, 1),
        (None, None, 1),
    ]
    assert len(groups(city, kind, limit=2)) == 2


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["Oslo", "oslo", "Bergen", None]),
            st.sampled_from([1, 1.0, 2.5, None, "x"]),
            st.sampled_from([0.1, 0.2, 1, 10**30, -(10**30), None, "x"]),
            st.sampled_from(["2026-01-01", "2020-12-31", None, "x"]),
            st.sampled_from([True, False, None]),
        ),
        max_size=30,
    ),
    downs=st.tuples(st.booleans(), st.booleans()),
    limit=st.integers(1, 8),
)
def test_levels_added_up_are_those_that_are_scanned_for(
    rows: list[tuple[Any, ...]], downs: tuple[bool, bool], limit: int
) -> None:
    columns = [("City", "text"), ("Size", "number"), ("Amount", "number"), ("Day", "date"), ("Done", "checkbox")]
    table = make_table(columns=[(*column, {}) for column in columns], rows=list(map(list, rows)))
    city, size, amount, day, done = table.live_columns()
    wanted = [(amount, key) for key in ("count", "filled", "sum", "average", "range", "percent_filled")]
    wanted += [(day, "earliest"), (day, "latest"), (done, "checked"), (done, "percent_unchecked")]
    by = [sort_expression(city), sort_expression(size)]
    found = per_level(EVERYTHING, table.pk, by, wanted, limit, downs)
    for depth, groups in enumerate(found, start=1):
        # With what cannot be added up beside it, each level is scanned for.
        scanned = per_level(EVERYTHING, table.pk, by[:depth], [*wanted, (amount, "deviation")], limit, downs[:depth])[-1]
        assert [(group.values, group.count, group.row_id, group.results) for group in groups] == [
            (group.values, group.count, group.row_id, group.results[:-1]) for group in scanned
        ]
    assert len(found) == 2 or len(found[-1]) == limit
