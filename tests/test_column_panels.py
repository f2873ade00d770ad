"""The panels of order and fields, a column's menu, values and chart, a cell's filters: what they make of the link."""

import html
import json
from typing import Any

import pytest

from tables.models import Table
from tables.query import Definition, RowQuery
from tables.query.definition import Condition, Group, read_filter
from tests.make import make_table, text
from tests.panels import COLUMNS, ROWS, ask, filter_of, seen, send
from views_app import picked
from views_app.panel_views import shortest_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(columns=COLUMNS, rows=ROWS)


# --- Sort, group, fields -------------------------------------------------------------------------------------------------


def test_levels_of_a_sort_are_added_moved_turned_and_removed(table: Table) -> None:
    form: dict[str, Any] = {"column": ["2", "1"], "direction": ["down", "up"]}
    assert seen(send(table, "sort", form)) == {"sort": "-2,1"}
    assert seen(send(table, "sort", {**form, "do": "add"})) == {"sort": "-2,1,3"}
    assert seen(send(table, "sort", {**form, "do": "down:0"})) == {"sort": "1,-2"}
    assert seen(send(table, "sort", {**form, "do": "up:1"})) == {"sort": "1,-2"}
    assert seen(send(table, "sort", {**form, "do": "remove:0"})) == {"sort": "1"}
    assert seen(send(table, "sort", {})) == {"sort": ""}
    found = text(ask(table, "sort", sort="2,4,3,5"))
    assert all(words in found for words in ("9 → 1", "old → new", "last → first", "unchecked → checked"))


def test_groups_have_at_most_three_levels(table: Table) -> None:
    form: dict[str, Any] = {"column": ["1", "2", "3"], "direction": ["up"] * 3}
    assert seen(send(table, "group", form)) == {"group": "1,2,3"}
    response = send(table, "group", {**form, "do": "add"})
    assert response.status_code == 422 and "At most 3 columns" in text(response)
    assert "Add group" not in text(ask(table, "group", group="1,2,3"))


@pytest.mark.parametrize("form", [{"column": "x", "direction": "up"}, {"do": "remove:5"}, {"do": "up:x"}])
def test_a_bad_level_is_refused(table: Table, form: dict[str, str]) -> None:
    assert send(table, "sort", form).status_code == 422
    assert seen(send(table, "sort", {"column": "99", "direction": "up"})) == {"sort": ""}


def test_fields_are_hidden_moved_and_frozen_but_the_first_is_always_there(table: Table) -> None:
    form: dict[str, Any] = {"key": ["2", "1", "3", "4", "5", "6"], "shown": ["1", "3", "4"], "stay": "2"}
    assert seen(send(table, "fields", form)) == {"hide": "5,6", "columns": "2", "frozen": "2"}
    assert seen(send(table, "fields", {**form, "stay": "1", "key": [], "shown": [str(n) for n in range(1, 7)]})) == {
        "hide": "",
        "columns": "",
        "frozen": "",
    }
    assert send(table, "fields", {**form, "stay": "many"}).status_code == 422
    assert seen(send(table, "fields", {"key": ["99", "x"], "shown": ["2"]}))["hide"] == "3,4,5,6"
    found = text(ask(table, "fields", hide="2", columns="3,1"))
    assert found.index(">Status<") < found.index(">Name<") < found.index(">Amount<")
    assert 'name="shown" value="2">' in found and 'name="shown" value="1" checked>' in found


def test_an_order_of_columns_is_written_as_short_as_it_can_be(table: Table) -> None:
    columns = list(table.live_columns())
    assert shortest_order([1, 2, 3, 4, 5, 6], columns) == []
    assert shortest_order([1, 3, 2, 4, 5, 6], columns) == [1, 3]
    assert shortest_order([6, 5, 4, 3, 2, 1], columns) == [6, 5, 4, 3, 2]


# --- A column and a cell -------------------------------------------------------------------------------------------------


def test_a_viewer_can_arrange_by_a_column_but_not_change_it(table: Table) -> None:
    found = text(ask(table, "columns/2/menu", sort="2,1", hide="3"))
    assert "Sort 1 → 9" in found and html.escape('{"sort": "1"}') in found  # what is chosen is taken back
    assert html.escape('{"hide": "3,2"}') in found and html.escape('{"group": "2"}') in found
    assert "Delete column" not in found and "Delete column" in text(ask(table, "columns/2/menu", "bob"))
    assert "Hide column" not in text(ask(table, "columns/1/menu"))
    assert "Do not group by this column" in text(ask(table, "columns/2/menu", group="2"))
    assert "Group by this column" not in text(ask(table, "columns/4/menu", group="1,2,3"))
    assert ask(table, "columns/99/menu").status_code == 404


def test_a_columns_values_are_listed_with_counts_and_those_picked_are_ticked(table: Table) -> None:
    found = text(ask(table, "columns/3/values", list="1", filter='["all",[3,"any_of",["lost"]],[1,"not_empty"]]'))
    assert 'value="&quot;lost&quot;" checked' in found and 'value="&quot;won&quot;">' in found and ">Empty<" not in found
    assert "Lost &amp; &lt;gone&gt;" in found
    assert ">Empty<" in text(ask(table, "columns/1/values", list="1"))
    assert ">Ann<" in text(ask(table, "columns/1/values", list="1", find="AN"))
    assert "No value has this in it." in text(ask(table, "columns/1/values", list="1", find="zz"))


@pytest.mark.parametrize(
    ("key", "picks", "wanted"),
    [
        (1, ["Ann", "Ben"], [1, "any_of", ["Ann", "Ben"]]),
        (1, ["Ann", None], ["any", [1, "any_of", ["Ann"]], [1, "empty"]]),
        (2, [1, 2], ["any", [2, "=", 1], [2, "=", 2]]),
        (3, ["won"], [3, "any_of", ["won"]]),
        (4, ["2026-01-05"], [4, "is", "2026-01-05"]),
        (5, [False], [5, "not_checked"]),
        (6, ["won"], [6, "any_of", ["won"]]),
    ],
)
def test_picked_values_are_one_condition_that_is_found_again(table: Table, key: int, picks: list[Any], wanted: list[Any]) -> None:
    form = {"pick": [json.dumps(value) for value in picks], "filter": f'["all",[1,"not_empty"],[{key},"empty"]]'}
    if key != 1:
        found = filter_of(send(table, f"columns/{key}/values", form))
        assert found == ["all", [1, "not_empty"], wanted]
        again = {"pick": [], "filter": json.dumps(found)}
        assert filter_of(send(table, f"columns/{key}/values", again)) == ["all", [1, "not_empty"]]
    else:
        assert filter_of(send(table, "columns/1/values", {"pick": form["pick"]})) in (["all", wanted], wanted)


def test_a_pick_that_cannot_be_read_is_refused(table: Table) -> None:
    for bad in ("{", "[1]", "[" * 100_000):
        response = send(table, "columns/1/values", {"pick": bad})
        assert response.status_code == 422 and "cannot be read" in text(response)
    assert send(table, "columns/1/values", {"pick": ["1"] * 1_001}).status_code == 422
    assert send(table, "columns/2/values", {"pick": '"no number"'}).status_code in (204, 422)


def test_a_column_has_a_chart(table: Table) -> None:
    assert 'hx-trigger="load"' in text(ask(table, "columns/2/chart"))
    assert "<svg" in text(ask(table, "columns/3/chart", drawn="1"))


@pytest.mark.parametrize(
    ("key", "only", "but"),
    [
        (1, [1, "same", "Ann"], [1, "is_not", "Ann"]),
        (2, [2, "=", 1], [2, "!=", 1]),
        (3, [3, "is", "won"], [3, "is_not", "won"]),
        (4, [4, "is", "2026-01-05"], ["any", [4, "before", "2026-01-05"], [4, "after", "2026-01-05"], [4, "empty"]]),
        (5, [5, "checked"], [5, "not_checked"]),
        (6, [6, "exactly", ["won"]], [6, "none_of", ["won"]]),
    ],
)
def test_a_cell_filters_by_what_it_holds(table: Table, key: int, only: list[Any], but: list[Any]) -> None:
    assert filter_of(ask(table, "quick", row=1, key=key)) == ["all", only]
    assert filter_of(ask(table, "quick", "vera", **{"row": 1, "key": key, "not": "1"})) == ["all", but]
    before = '["any",[1,"is","a"],[1,"is","b"]]'
    assert filter_of(ask(table, "quick", row=1, key=key, filter=before)) == ["all", json.loads(before), only]
    empty = [key, "not_checked"] if key == 5 else [key, "empty"]
    assert filter_of(ask(table, "quick", row=3, key=key)) == ["all", empty]


def test_a_quick_filter_keeps_just_the_rows_it_says(table: Table) -> None:
    for key in range(1, 7):
        for row_id in (1, 2, 3):
            parts = [filter_of(ask(table, "quick", "vera", **{"row": row_id, "key": key, **more})) for more in ({}, {"not": "1"})]
            ids = [{row.id for row in RowQuery(table, Definition(filter=read_filter(part))).window(0, 9)} for part in parts]
            assert row_id in ids[0] and row_id not in ids[1]


def test_a_cell_that_is_gone_is_told(table: Table) -> None:
    assert ask(table, "quick", row=99, key=1).status_code == 410
    assert ask(table, "quick", row=1, key=99).status_code == 410
    assert ask(table, "quick", row="x", key=1).status_code == 422


def test_values_of_other_conditions_are_not_taken_for_picked_ones() -> None:
    assert picked.values_in(Condition(1, "contains", "x"), 1) is None
    assert picked.values_in(Condition(2, "=", 1), 1) is None
    assert picked.values_in(Group("all", (Condition(1, "=", 1),)), 1) is None
    assert picked.values_in(Group("any", (Condition(1, "=", 1), Condition(1, "empty"))), 1) == [1, None]
