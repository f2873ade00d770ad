"""A column's distribution: round bins, the calendar's units, the most frequent values, and their drawing."""

import re
import xml.etree.ElementTree as ET
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables.query import distribution as module
from tables.query.distribution import MOST_BINS, Bar, Distribution, distribution, round_step
from tables.query.scan import ROWS
from tests.make import make_table
from tests.test_aggregates import EVERYTHING, table_of
from tests.test_kinds import MISFITS, VALUES
from views_app.charts import chart

pytestmark = pytest.mark.django_db


def bars(kind: str, stored: list[Any], zone: str = "UTC") -> list[tuple[str, int]]:
    table, column = table_of(kind, stored)
    return [(bar.label, bar.count) for bar in distribution(EVERYTHING, table.pk, column, ZoneInfo(zone)).bars]


def test_few_whole_numbers_have_a_bin_each() -> None:
    assert bars("rating", [1, 5, 5, None, 3]) == [("1", 1), ("2", 0), ("3", 1), ("4", 0), ("5", 2)]


def test_numbers_are_cut_at_round_ones_and_the_greatest_is_in_the_last_bin() -> None:
    found = bars("number", [0, 1.5, 50, 99, 100])
    assert found[0] == ("0 to 5", 2)
    assert found[-1] == ("95 to 100", 2)
    assert len(found) == 20


def test_a_few_numbers_far_away_do_not_squeeze_all_others_into_one_bin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLE", ROWS)
    found = bars("number", [n / 10 for n in range(1000)] + [10**6, -(10**6)])
    assert found[0] == ("less than 0", 1)
    assert found[-1] == ("100 and more", 1)
    assert len(found) == 22
    assert all(count == 50 for _, count in found[1:-1])


def test_a_single_number_is_one_bin() -> None:
    assert bars("currency", [7, 7]) == [("$7.00", 2)]
    assert sum(count for _, count in bars("number", [0.123, 0.123])) == 2


@given(
    least=st.integers(-(10**20), 10**20) | st.floats(-1e300, 1e300, allow_subnormal=False),
    most=st.integers(-(10**20), 10**20) | st.floats(-1e300, 1e300, allow_subnormal=False),
)
def test_steps_are_round_and_few(least: float, most: float) -> None:
    step = round_step(min(least, most), max(least, most))
    assert step.as_tuple().digits in ((1,), (2,), (5,), (1, 0))
    if least != most:
        assert abs(most - least) / float(step) <= MOST_BINS * 1.001


@settings(max_examples=30)
@given(numbers=st.lists(VALUES["number"], min_size=1, max_size=10))
def test_every_number_is_in_a_bin(numbers: list[float]) -> None:
    found = bars("number", numbers)
    assert sum(count for _, count in found) == len(numbers)
    assert len(found) <= MOST_BINS + 2


@pytest.mark.parametrize(
    ("days", "first", "last", "count"),
    [
        (["2026-01-30", "2026-02-02"], "2026-01-30", "2026-02-02", 4),
        (["2026-01-01", "2026-04-01"], "Week of 2025-12-29", "Week of 2026-03-30", 14),
        (["2025-11-15", "2026-10-01"], "Nov 2025", "Oct 2026", 12),
        (["2020-02-29", "2026-10-01"], "Q1 2020", "Q4 2026", 28),
        (["1990-01-01", "2026-10-01"], "1990", "2026", 37),
        (["0001-01-01", "9999-12-31"], "1 to 499", "9500 to 9999", 20),
        (["2026-02-31", "2026-01-01"], "2026-01-01", "2026-01-01", 1),
    ],
)
def test_days_are_counted_by_the_unit_that_fits_their_range(days: list[str], first: str, last: str, count: int) -> None:
    found = bars("date", days)
    assert (found[0][0], found[-1][0], len(found)) == (first, last, count)


def test_a_moment_counts_on_the_day_of_the_person_s_time_zone() -> None:
    moments = ["2026-01-01T18:20:00Z", "2026-01-01T18:40:00Z"]
    assert bars("datetime", moments) == [("2026-01-01", 2)]
    assert bars("datetime", moments, "Asia/Kolkata") == [("2026-01-01", 1), ("2026-01-02", 1)]
    assert bars("datetime", moments, "Asia/Tokyo") == [("2026-01-02", 2)]
    assert bars("datetime", ["0001-01-01T00:00:00Z"], "America/New_York")[0][1] == 1


def test_other_columns_show_their_most_frequent_values_and_say_what_they_leave_out() -> None:
    table, column = table_of("text", [f"v{n}" for n in range(15)] + ["v3", None])
    found = distribution(EVERYTHING, table.pk, column)
    assert found.bars[0] == Bar("v3", 2)
    assert len(found.bars) == 12
    assert found.note == "3 other values are not shown. 1 cell is empty."
    table, column = table_of("select", ["b2", "b2", "a1"])
    assert distribution(EVERYTHING, table.pk, column).bars == (Bar("Smith, John", 2, "green"), Bar("New", 1, "blue"))
    assert bars("checkbox", [True, None, None]) == [("Checked", 1), ("Unchecked", 2)]
    assert bars("multi_select", [["a1", "b2"], ["b2"]]) == [("Smith, John", 2), ("New", 1)]


@pytest.mark.parametrize("kind", VALUES)
def test_a_drawing_is_well_formed_and_free_of_styles_and_scripts_whatever_the_cells_hold(kind: str) -> None:
    table, column = table_of(kind, [*MISFITS, '"><script>alert(1)</script>'])
    drawing = chart(distribution(EVERYTHING, table.pk, column), '<b>"It"</b>')
    ET.fromstring(drawing)
    assert not re.search(r"<script|style=|<b>| on\w+=", drawing)


def test_a_drawing_says_in_words_what_it_shows() -> None:
    found = Distribution((Bar("Oslo", 1200), Bar("Bergen & co", 3)), is_range=False, note="1 cell is empty.")
    figure = ET.fromstring(chart(found, "City"))
    svg = figure[0]
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "City: Oslo: 1,200; Bergen & co: 3."
    assert figure[1].text == "1 cell is empty."
    assert "holds no values" in chart(Distribution((), is_range=True), "City")


def test_times_of_rows_are_drawn_too() -> None:
    table = make_table(columns=[("At", "created_time", {}), ("No", "auto_number", {}), ("Text", "text", {})], rows=[["a"], ["b"]])
    at, number, _ = table.live_columns()
    assert [bar.count for bar in distribution(EVERYTHING, table.pk, at).bars] == [2]
    assert sum(bar.count for bar in distribution(EVERYTHING, table.pk, number).bars) == 2
