"""The panel of colour rules: what it shows, what its form does, and what it refuses."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tables import schema
from tables.models import Table
from tests.make import client_of, make_base, make_table, make_user, text
from tests.viewing import HTMX, make_view
from views_app.colors import MOST_COLORS
from views_app.state import State

pytestmark = pytest.mark.django_db

COLUMNS: tuple[tuple[str, str, dict[str, Any]], ...] = (("Name", "text", {}), ("Amount", "number", {}), ("Signed up", "date", {}))
RED = {"on": "row", "color": "red", "filter": ["all", [2, ">", 100]]}
GREEN = {"on": "cell", "column": 1, "color": "green", "filter": ["any", [1, "contains", "a"], [1, "empty"]]}


@pytest.fixture
def table() -> Table:
    return make_table(make_base(), COLUMNS, [["ann", 5], ["bob", 500]])


def panel(table: Table, *rules: dict[str, Any], person: str = "vera", **link: str) -> str:
    return text(client_of(person).get(f"/t/{table.pk}/color/", {"colors": json.dumps(rules), **link}, headers=HTMX))


def post(table: Table, do: str = "typed", person: str = "vera", **fields: Any) -> Any:
    """What the form sends; `r0__on` stands for r0.on."""
    sent = {name.replace("__", "."): value for name, value in fields.items()}
    return client_of(person).post(f"/t/{table.pk}/color/", {"do": do, **sent}, headers=HTMX)


def seen(response: Any) -> Any:
    assert response.status_code == 200, text(response)
    told = json.loads(response["HX-Trigger"])["grid:see"]["colors"]
    return json.loads(told) if told else []


def fields(page: str) -> dict[str, str]:
    """What a form's fields hold, as the browser would send them."""
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ("radio" not in tag or " checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return {name.replace(".", "__"): unescape(value) for name, value in found.items()}


def test_the_panel_shows_the_links_rules_and_its_form_says_the_same(table: Table) -> None:
    page = panel(table, RED, GREEN)
    assert page.count('class="color-rule"') == 2
    assert "takes the color of the first rule that holds" in page
    assert seen(post(table, **fields(page))) == [RED, GREEN]


def test_a_saved_views_rules_are_in_its_panel_and_the_toolbar_counts_them(table: Table) -> None:
    view = make_view(table, colors=json.dumps([RED, GREEN]))
    client = client_of("vera")
    assert 'value="red" aria-label="Red" checked' in text(client.get(f"/t/{table.pk}/color/", {"view": view.pk}))
    assert "2 color rules" in text(client.get(f"/t/{table.pk}/toolbar/", {"view": view.pk}))
    assert "1 color rule<" in text(client.get(f"/t/{table.pk}/?view={view.pk}&colors={json.dumps([RED])}"))


def test_it_opens_with_a_rule_to_finish_that_colors_nothing_yet(table: Table) -> None:
    page = panel(table)
    assert page.count('class="color-rule"') == 1 and 'id="r0-on"' in page
    assert seen(post(table, **fields(page))) == []
    assert seen(post(table, **{**fields(page), "r0f__0__value": "ann"})) == [
        {"on": "row", "color": "blue", "filter": ["all", [1, "contains", "ann"]]}
    ]


def test_a_rule_without_any_condition_colors_everything(table: Table) -> None:
    page = panel(table, {"on": "cell", "column": 2, "color": "lime", "filter": ["all"]})
    assert "everything has this color" in page
    assert seen(post(table, **fields(page))) == [{"on": "cell", "column": 2, "color": "lime", "filter": ["all"]}]


def test_rules_are_added_moved_and_removed(table: Table) -> None:
    form = fields(panel(table, RED, GREEN))
    assert seen(post(table, "down:r0", **form)) == [GREEN, RED]
    assert seen(post(table, "up:r1", **form)) == [GREEN, RED]
    assert seen(post(table, "up:r0", **form)) == [RED, GREEN]
    assert seen(post(table, "down:r1", **form)) == [RED, GREEN]
    assert seen(post(table, "drop:r0", **form)) == [GREEN]
    more = text(post(table, "rule", **form))
    assert more.count('class="color-rule"') == 3
    assert 'id="r2-on" name="r2.on"' in more and "autofocus" in more
    none = text(post(table, "drop:r0", **fields(panel(table, RED))))
    assert "color-rule-head" not in none and re.search(r'id="color-add"[^>]* autofocus', none)


def test_conditions_and_groups_of_a_rule_are_changed_as_in_a_filter(table: Table) -> None:
    form = fields(panel(table, RED, GREEN))
    page = text(post(table, "add:r1f", **form))
    assert re.search(r'id="r1f-2-column"[^>]* autofocus', page)
    assert seen(post(table, **{**fields(page), "r1f__2__value": "z"})) == [
        RED,
        {**GREEN, "filter": ["any", [1, "contains", "a"], [1, "empty"], [1, "contains", "z"]]},
    ]
    page = text(post(table, "group:r0f", **form))
    assert seen(post(table, **{**fields(page), "r0f__1__0__value": "z"}))[0]["filter"] == [
        "all",
        [2, ">", 100],
        ["any", [1, "contains", "z"]],
    ]
    assert seen(post(table, "remove:r1f.0", **form))[1]["filter"] == ["any", [1, "empty"]]


def test_a_value_that_cannot_be_read_is_told_beside_its_own_field(table: Table) -> None:
    form = fields(panel(table, GREEN, RED))
    answer = post(table, **{**form, "r1f__0__value": "lots"})
    assert seen(answer) == [GREEN]
    assert re.search(r'id="r1f-0-problem"[^>]*>[^<]*“lots”', text(answer))


def test_a_rule_about_a_deleted_column_is_shown_as_such_and_stays_until_it_is_taken_away(table: Table) -> None:
    schema.delete_column(table, make_user("alice"), 1)
    table.refresh_from_db()
    page = panel(table, GREEN, RED)
    assert "a deleted column" in page and "Its column was deleted" in page
    client = client_of("vera")
    form = fields(page)
    assert seen(post(table, **form)) == [GREEN, RED]
    assert seen(post(table, "drop:r0", **form)) == [RED]
    # Neither its row nor its cell is colored by what is left of it: in the page nor in a window.
    dead = {"on": "row", "color": "pink", "filter": ["all", [1, "contains", "ann"]]}
    for path in (f"/t/{table.pk}/", f"/t/{table.pk}/window/"):
        assert "k-pink" not in text(client.get(path, {"start": "0", "colors": json.dumps([dead])}))


@pytest.mark.parametrize(
    ("do", "changes", "sentence"),
    [
        ("typed", {"r0__color": "ultraviolet"}, "“ultraviolet” is no color of a rule"),
        ("typed", {"r0__color": ""}, "is no color of a rule"),
        ("typed", {"r0__on": "everything"}, "neither that it colors rows nor a column"),
        ("typed", {"r0__on": "0"}, "is not the key of a column to color"),
        ("typed", {"r0__on": "9" * 40}, "neither that it colors rows nor a column"),
        ("typed", {"r0f__0__column": "77"}, "This column was deleted"),
        ("typed", {"r0f__0__column": "x"}, "names no column"),
        ("typed", {"r0f__0__kept": "["}, "cannot be read"),
        ("drop:r7", {}, "This rule is not there any more"),
        ("up:", {}, "This rule is not there any more"),
        ("add:f", {}, "This rule is not there any more"),
        ("add:r0f.5", {}, "This group is not there any more"),
        ("add:r0", {}, "This group is not there any more"),
        ("remove:r0f.9", {}, "This condition is not there any more"),
        ("typed", {"r0f__0__0__0__0__0__0__column": "1"}, ""),
        (
            "typed",
            {"r0f__0__column": "1", "r0f__0__operator": "is", "r0f__0__editor": "text", "r0f__0__value": "1" * 7_500},
            "more than a link can hold",
        ),
    ],
)
def test_what_the_form_would_not_send_is_refused_with_a_sentence(
    table: Table, do: str, changes: dict[str, str], sentence: str
) -> None:
    answer = post(table, do, **{**fields(panel(table, RED)), **changes})
    if sentence:
        assert answer.status_code == 422 and sentence in answer.json()["error"]
    else:
        assert answer.status_code in (200, 422)


def test_more_rules_than_a_view_may_have_are_refused_by_name(table: Table) -> None:
    page = panel(table, *[RED] * MOST_COLORS)
    assert 'id="color-add"' not in page and "at most 20 color rules" in page
    form = fields(page)
    assert post(table, "rule", **form).json() == {"error": "A view has at most 20 color rules."}
    more = post(table, **form, r20__on="row", r20__color="red")
    assert more.status_code == 422 and more.json() == {"error": "A view has at most 20 color rules; this has 21."}


def test_names_and_values_are_shown_as_text(table: Table) -> None:
    evil = '"><script>x</script>'
    column = schema.add_column(table, None, evil, "text", {})
    table.refresh_from_db()
    page = panel(table, {"on": "cell", "column": column.key, "color": "red", "filter": ["all", [column.key, "is", evil]]})
    assert "<script" not in page and "&lt;script&gt;" in page


def test_every_member_may_color_for_themselves_and_nothing_is_saved_by_it(table: Table) -> None:
    view = make_view(table)
    for person in ("vera", "bob", "alice"):
        assert seen(post(table, person=person, view=str(view.pk), **fields(panel(table, RED)))) == [RED]
    view.refresh_from_db()
    assert view.state()[0] == State()
    assert client_of("charlie").get(f"/t/{table.pk}/color/").status_code == 404
    assert Client().get(f"/t/{table.pk}/color/").status_code == 302
