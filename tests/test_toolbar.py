"""The toolbar, its chips and its panels: what they say and offer, and what they make of the link."""

import html
import json

import pytest

from tables import schema
from tables.models import Table
from tables.query.definition import Condition, Group
from tests.make import client_of, make_table, make_user, text
from tests.panels import COLUMNS, ROWS, ask, condition, filter_of, send
from tests.viewing import HTMX, again, make_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(columns=COLUMNS, rows=ROWS)


# --- The toolbar and the chips -------------------------------------------------------------------------------------------


def test_the_tools_say_what_they_do(table: Table) -> None:
    plain = text(ask(table, "toolbar"))
    assert all(f">{word}</span>" in plain for word in ("Fields", "Filter", "Group", "Sort", "Height"))
    link = {"filter": '["all",[1,"contains","a"],[2,">",1]]', "sort": "2,-1,3", "group": "3", "hide": "4,5", "height": "tall"}
    found = text(ask(table, "toolbar", **link))
    for words in ("Filtered by Name, Amount", "Sorted by 3 columns", "Grouped by Status", "2 hidden fields", "Tall"):
        assert f">{words}</span>" in found
    assert 'class="tool on"' in found and 'class="tool on"' not in plain


def test_each_condition_is_a_chip_that_can_be_taken_away(table: Table) -> None:
    group = '["all",[1,"contains","<b>"],["any",[3,"is","lost"],[2,"empty"]]]'
    found = text(ask(table, "toolbar", filter=group))
    assert "Name contains “&lt;b&gt;”" in found and "<b>" not in found
    assert "Status is Lost &amp; &lt;gone&gt; or Amount is empty" in found
    assert html.escape(json.dumps({"filter": '["all",["any",[3,"is","lost"],[2,"empty"]]]'})) in found
    assert html.escape(json.dumps({"filter": ""})) in found


def test_a_dead_condition_is_a_chip_that_says_why(table: Table) -> None:
    schema.delete_column(table, make_user("alice"), 2)
    found = text(ask(table, "toolbar", filter='["all",[2,">",1],[1,"is","Ann"]]'))
    assert '<s dir="auto">A deleted column</s>' in found and "A condition on a deleted column is left out." in found
    page = text(client_of("vera").get(f"/t/{table.pk}/", {"filter": '["all",[2,">",1],[1,"is","Ann"]]'}))
    assert "A condition on a deleted column is left out." in page and "Filtered by Name</span>" in page


def test_a_view_with_a_dead_condition_shows_the_rest_until_it_is_saved(table: Table) -> None:
    view = make_view(
        table, filter='["all",[2,">",1],[1,"is","Ann"]]', colors='[{"on":"row","color":"red","filter":["all",[2,">",1]]}]'
    )
    table.columns.filter(key=2).update(kind="checkbox")
    table.columns_version += 1
    table.save()
    page = text(client_of("bob").get(f"/t/{table.pk}/", {"view": view.pk}))
    assert "has no filter “&gt;”" in page and "A color rule with a condition that does not fit its column is left out." in page
    assert "Not saved" not in page
    act = client_of("bob").post(f"/t/{table.pk}/views/{view.pk}/save/", {"version": "1", "view": view.pk}, headers=HTMX)
    assert act.status_code == 200
    state = again(view).state()[0]
    assert state.filter == Group("all", (Condition(1, "is", "Ann"),)) and state.colors == ()


# --- The filter's panel --------------------------------------------------------------------------------------------------


def test_the_panel_holds_the_links_filter_and_its_form_gives_it_back(table: Table) -> None:
    part = (
        '["any",[1,"contains","x"],["all",[2,"between",[1,2]],[3,"any_of",["won","lost"]],[4,"last_n",[3,"days"]]],[5,"checked"]]'
    )
    found = text(ask(table, "filter", filter=part))
    assert 'name="f.1.2.value" value="3"' in found and ">Lost &amp; &lt;gone&gt;</span>" in found
    form = {
        "f.match": "any",
        **condition("f.0", 1, "contains", "x"),
        "f.1.match": "all",
        **condition("f.1.0", 2, "between", "1", "2", editor="two"),
        **condition("f.1.1", 3, "any_of", "won", "lost", editor="pick:3"),
        **condition("f.1.2", 4, "last_n", "3", "days", editor="span:4"),
        **condition("f.2", 5, "checked", editor=":5"),
    }
    assert filter_of(send(table, "filter", form)) == json.loads(part)


def test_a_condition_that_is_not_finished_stays_in_the_panel_and_is_not_asked(table: Table) -> None:
    form = {"f.match": "all", **condition("f.0", 1, "is", ""), **condition("f.1", 2, ">", "5")}
    response = send(table, "filter", form)
    assert filter_of(response) == ["all", [2, ">", 5]]
    assert 'name="f.0.column"' in text(response)


def test_a_bad_value_is_told_beside_its_field_and_nothing_that_is_typed_is_swapped_away(table: Table) -> None:
    form = {"f.match": "all", **condition("f.0", 2, ">", "x<5"), **condition("f.1", 1, "is", "Ann"), "do": "typed"}
    response = send(table, "filter", form)
    assert filter_of(response) == ["all", [1, "is", "Ann"]]
    found = text(response)
    assert 'id="f-0-problem" role="alert" hx-swap-oob="true">“Amount is more than …”: “x&lt;5” is not a number' in found
    assert 'id="f-1-problem" role="alert" hx-swap-oob="true"></p>' in found and "<input" not in found


def test_another_column_keeps_the_operator_and_the_text_that_fit(table: Table) -> None:
    found = text(send(table, "filter", {**condition("f.0", 3, "is", "Ann"), "f.match": "all"}))
    assert '<option value="is" selected>is</option>' in found and 'value="Ann"' not in found
    found = text(send(table, "filter", {**condition("f.0", 2, "contains", "7"), "f.match": "all"}))
    assert '<option value="=" selected>' in found and 'value="7"' in found


def test_buttons_add_and_remove_conditions_and_groups(table: Table) -> None:
    form = {"f.match": "all", **condition("f.0", 1, "is", "Ann"), **condition("f.1", 2, "=", "1")}
    assert 'name="f.2.column"' in text(send(table, "filter", {**form, "do": "add:f"}))
    assert 'name="f.2.0.column"' in text(send(table, "filter", {**form, "do": "group:f"}))
    assert filter_of(send(table, "filter", {**form, "do": "remove:f.0"})) == ["all", [2, "=", 1]]
    for wrong in ("remove:f.7", "add:f.0", "add:g", "remove:f", "add:f.9.9"):
        response = send(table, "filter", {**form, "do": wrong})
        assert response.status_code == 422 and "not there any more" in text(response)


def test_limits_are_told_by_name(table: Table) -> None:
    full = {"f.match": "all"}
    for n in range(100):
        full |= condition(f"f.{n}", 2, "=", "1")
    assert "A filter has at most 100 conditions." in text(send(table, "filter", full))
    response = send(table, "filter", {**full, "do": "add:f"})
    assert response.status_code == 422 and "at most 100 conditions" in text(response)
    deep = {f"f{'.0' * n}.match": "all" for n in range(6)}
    response = send(table, "filter", deep)
    assert response.status_code == 422 and "at most 5 levels deep" in text(response)
    long = {"f.match": "all", **condition("f.0", 1, "is", "x" * 7_000)}
    response = send(table, "filter", long)
    assert response.status_code == 422 and "more than a link can hold" in text(response)


@pytest.mark.parametrize(
    "form",
    [
        {"f.0.column": "99"},
        {"f.0.column": "x"},
        {"f.0.kept": "{"},
        {"f.0.kept": '["all"]'},
        {"f.0.kept": "[" * 100_000},
        {"f.0.column": "1", "f.0.operator": "is", "f.0.value": "a\0b", "f.match": "\0"},
        {"f.0.0.0.0.0.0.0.column": "1"},
        {"f.1.match": "all", "do": "remove:" + "9" * 5_000},
    ],
)
def test_a_form_that_cannot_be_is_refused_with_a_sentence(table: Table, form: dict[str, str]) -> None:
    response = send(table, "filter", form)
    assert response.status_code == 200 or (response.status_code == 422 and json.loads(text(response))["error"].endswith("."))


def test_a_dead_condition_in_the_panel_can_be_kept_or_removed(table: Table) -> None:
    schema.delete_column(table, make_user("alice"), 2)
    found = text(ask(table, "filter", filter='["all",[2,">",1]]'))
    assert 'name="f.0.kept" value="[2, &quot;&gt;&quot;, 1]"' in found and "A condition on a deleted column is left out." in found
    form = {"f.match": "all", "f.0.kept": '[2, ">", 1]', **condition("f.1", 1, "is", "Ann")}
    assert filter_of(send(table, "filter", form)) == ["all", [2, ">", 1], [1, "is", "Ann"]]
    assert filter_of(send(table, "filter", {**form, "do": "remove:f.0"})) == ["all", [1, "is", "Ann"]]


def test_a_panel_opened_from_a_column_begins_a_condition_on_it(table: Table) -> None:
    found = text(ask(table, "filter", column="3", filter='["any",[1,"is","a"],[1,"is","b"]]'))
    assert 'name="f.0.1.column"' in found and 'name="f.1.column"' in found
    assert 'name="f.0.column"' in text(ask(table, "filter", column="99"))


def test_a_stranger_sees_no_panel(table: Table) -> None:
    for path in (
        "toolbar",
        "filter",
        "sort",
        "group",
        "fields",
        "quick",
        "columns/1/menu",
        "columns/1/values",
        "columns/1/chart",
    ):
        assert ask(table, path, "charlie").status_code == 404
