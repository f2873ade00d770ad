"""Saved views: what they keep, what a link makes of them, and that nobody's work is lost."""

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tables import schema
from tables.models import Table
from tables.query.definition import Sort
from tests.make import client_of, make_table, make_user, text
from tests.viewing import ACTIONS, HTMX, act, again, current, make_view, member, tabs_named, tabs_of
from views_app import saved
from views_app.models import View
from views_app.state import State

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


# --- What a view keeps ------------------------------------------------------------------------------------------------


def test_a_view_keeps_what_is_seen_and_opens_with_it(table: Table) -> None:
    response = client_of("bob").post(
        f"/t/{table.pk}/views/new/", {"name": "  Big   ones ", "seen_by": "everybody", "sort": "-2", "hide": "1"}, headers=HTMX
    )
    view = View.objects.get()
    assert response["HX-Redirect"] == f"/t/{table.pk}/?view={view.pk}"
    assert (view.name, view.owner, view.created_by, view.version) == ("Big ones", None, make_user("bob"), 1)
    assert view.state() == (State(sort=(Sort(2, True),), hide=(1,)), [])
    html = text(client_of("vera").get(response["HX-Redirect"]))
    assert current(html) == "Big ones" and "Not saved" not in html


def test_the_dialog_holds_what_the_link_shows(table: Table) -> None:
    view = make_view(table, sort="1", height="tall")
    html = text(client_of("bob").get(f"/t/{table.pk}/views/new/?view={view.pk}&sort=&search=%22x%26", headers=HTMX))
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))
    assert hidden == {**hidden, "height": "tall", "search": "&quot;x&amp;"} and "sort" not in hidden
    assert "It keeps what you see now: search and row height." in html


def test_a_view_of_which_parts_cannot_be_read_shows_the_rest_and_tells(table: Table) -> None:
    view = make_view(table)
    junk = {"v": 1, "sort": "x;y", "hide": 7, "height": "tall", "later": "1", "filter": "[[["}
    View.objects.filter(pk=view.pk).update(config=junk)
    state, problems = again(view).state()
    assert state == State(height="tall")
    assert len(problems) == 3 and all("Open leads" in problem for problem in problems)
    page = client_of("vera").get(f"/t/{table.pk}/?view={view.pk}")
    assert page.status_code == 200 and "“x;y” is not a column to sort by" in text(page)


@pytest.mark.parametrize("config", [[], 3, "x", {}, {"v": "1"}, {"v": 99, "height": "tall"}, {"v": [1]}, {"v": {}}])
def test_any_junk_for_a_config_is_a_page_with_a_sentence(table: Table, config: Any) -> None:
    view = make_view(table)
    View.objects.filter(pk=view.pk).update(config=config)
    page = client_of("vera").get(f"/t/{table.pk}/?view={view.pk}")
    assert page.status_code == 200
    assert "another version of Rowan" in text(page) or "cannot be read" in text(page)


def test_a_deleted_column_is_left_out_of_the_view_and_is_back_with_the_column(table: Table) -> None:
    view = make_view(table, sort="2,1", widths="2:300")
    schema.delete_column(table, make_user("alice"), 2)
    html = tabs_of("bob", table, f"?view={view.pk}")
    assert "A sort by a column that was deleted is left out." in html
    assert "Not saved" not in html
    schema.restore_column(table, make_user("alice"), 2)
    assert "left out" not in tabs_of("bob", table, f"?view={view.pk}")
    assert again(view).state()[0].widths == ((2, 300),)


# --- The link -----------------------------------------------------------------------------------------------------------


def test_a_link_changes_parts_of_the_view_and_names_them(table: Table) -> None:
    view = make_view(table, sort="1", search="ann")
    html = tabs_of("bob", table, f"?view={view.pk}&sort=-2&search=&height=tall")
    assert 'data-unsaved="sort, search and row height"' in html
    assert f'href="/t/{table.pk}/?view={view.pk}">Discard' in html
    assert "Not saved" not in tabs_of("bob", table, f"?view={view.pk}&sort=1")


def test_a_part_of_a_link_that_cannot_be_read_is_told_and_the_page_is_there(table: Table) -> None:
    page = client_of("vera").get(f"/t/{table.pk}/?sort=<b>&height=tall")
    assert page.status_code == 200
    assert "“&lt;b&gt;” is not a column to sort by" in text(page) and 'data-unsaved="row height"' in text(page)
    long = client_of("vera").get(f"/t/{table.pk}/", {"search": "x" * 7_001})
    assert long.status_code == 200 and "more than a link can hold" in text(long)


@pytest.mark.parametrize("view", ["99", "-1", "abc", "9" * 30, "٣", "1.5", "\x00"])
def test_a_link_to_a_view_that_is_not_there_is_not_found(table: Table, view: str) -> None:
    for path in (f"/t/{table.pk}/", f"/t/{table.pk}/views/", f"/t/{table.pk}/views/new/"):
        response = client_of("alice").get(path, {"view": view})
        assert response.status_code == 404 and "There is no such view" in text(response)


def test_a_view_of_another_table_is_not_found(table: Table) -> None:
    other = make_table(table.base, name="Others")
    view = make_view(other)
    assert client_of("alice").get(f"/t/{table.pk}/?view={view.pk}").status_code == 404
    assert client_of("alice").post(f"/t/{table.pk}/views/{view.pk}/delete/").status_code == 404


# --- All rows, and the default view -----------------------------------------------------------------------------------


def test_a_table_opens_with_all_rows_until_a_default_is_chosen(table: Table) -> None:
    view = make_view(table, sort="2")
    assert tabs_named(tabs_of("vera", table)) == ["All rows", "Open leads"]
    assert current(text(client_of("vera").get(f"/t/{table.pk}/"))) == "All rows"
    assert act("bob", view, "default", to="default").status_code == 200
    assert client_of("vera").get(f"/t/{table.pk}/")["Location"] == f"/t/{table.pk}/?view={view.pk}"
    assert client_of("vera").get(f"/t/{table.pk}/?row=2")["Location"] == f"/t/{table.pk}/?view={view.pk}&row=2"
    assert tabs_named(tabs_of("vera", table)) == ["Open leads"]
    act("bob", view, "default", to="none")
    assert current(text(client_of("vera").get(f"/t/{table.pk}/"))) == "All rows"


def test_a_link_to_all_rows_means_the_same_when_a_view_becomes_the_default(table: Table) -> None:
    view = make_view(table, hide="1")
    before = tabs_of("vera", table, "?sort=2")
    saved.set_default(view, member(table, "alice"), True)
    for link in ("?sort=2", "?view=0&sort=2"):
        html = tabs_of("vera", table, link)
        assert current(html) == current(before) == "All rows"
        assert 'data-unsaved="sort"' in html and f'href="/t/{table.pk}/?view=0">Discard' in html


def test_a_table_has_one_default_and_it_is_shared(table: Table) -> None:
    first, second, mine = make_view(table), make_view(table, name="Second"), make_view(table, "bob", name="Mine")
    act("bob", first, "default", to="default")
    act("bob", second, "default", to="default")
    assert (again(first).is_default, again(second).is_default) == (False, True)
    refused = act("bob", mine, "default", to="default")
    assert refused.status_code == 422 and "Only a view that everybody sees" in refused.json()["error"]
    assert again(second).is_default
    with pytest.raises(IntegrityError), transaction.atomic():
        View.objects.filter(pk=first.pk).update(is_default=True)
    act("bob", second, "share", to="me")
    assert not again(second).is_default


# --- Saving -------------------------------------------------------------------------------------------------------------


def test_save_keeps_what_the_link_shows_and_the_view_shows_it(table: Table) -> None:
    view = make_view(table, sort="1", height="tall")
    response = act("bob", view, "save", version=1, sort="", search="ann")
    assert response.status_code == 200
    assert again(view).state() == (State(search="ann", height="tall"), [])
    assert again(view).version == 2
    assert f'"url": "/t/{table.pk}/?view={view.pk}"' in response["HX-Trigger"]
    assert "Not saved" not in text(response)


def test_of_two_who_save_at_once_the_second_gets_a_sentence_and_loses_nothing(table: Table) -> None:
    view = make_view(table)
    assert act("alice", view, "save", version=1, sort="1").status_code == 200
    late = act("bob", view, "save", version=1, sort="2")
    assert late.status_code == 409
    assert "was saved by somebody else meanwhile" in late.json()["error"]
    assert again(view).state()[0].sort == (Sort(1),)
    assert act("bob", view, "save", version=2, sort="2").status_code == 200


def test_a_page_of_an_older_version_is_told_and_offers_no_save(table: Table) -> None:
    view = make_view(table)
    act("alice", view, "save", version=1, search="ann")
    html = tabs_of("bob", table, f"?view={view.pk}&version=1&sort=2")
    assert "was saved by somebody else meanwhile" in html and 'data-version="1"' in html and "/save/" not in html
    assert client_of("bob").get(f"/t/{table.pk}/views/new/?view={view.pk}&version=1&sort=2").status_code == 409
    html = tabs_of("bob", table, f"?view={view.pk}&sort=2")
    assert "meanwhile" not in html and 'data-version="2"' in html and "/save/" in html
    assert 'data-version="2"' in tabs_of("bob", table, f"?view={view.pk}&version=x")


def test_saving_at_the_same_moment_lets_one_through(table: Table) -> None:
    view = make_view(table)
    stale = again(view)  # loaded before the other's save, as a request that waits for its lock has
    saved.save(view, member(table, "alice"), State(sort=(Sort(1),)), 1)
    with pytest.raises(saved.Overtaken):
        saved.save(stale, member(table, "bob"), State(sort=(Sort(2),)), 1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"version": "x"}, "“version” must be a whole number"),
        ({}, "“version” must be a whole number"),
        ({"version": "9" * 20}, "“version” must be a whole number"),
        ({"version": "1", "sort": "x"}, "“x” is not a column to sort by"),
        ({"version": "1", "filter": '["all",[1,"is",{}]]'}, "A condition's value is a text"),
        ({"version": "1", "filter": '["all"' + ',[1,"is","' + "x" * 9_000 + '"]' * 12 + "]"}, "cannot be read"),
    ],
)
def test_what_cannot_be_saved_is_refused_by_name(table: Table, data: dict[str, str], sentence: str) -> None:
    view = make_view(table)
    refused = act("bob", view, "save", **data)
    assert refused.status_code == 422 and sentence in refused.json()["error"]
    assert again(view).version == 1


def test_a_view_has_a_largest_size(table: Table) -> None:
    view = make_view(table)
    huge = '["all",' + ",".join(['[1,"is","' + "x" * 9_000 + '"]'] * 12) + "]"
    refused = act("bob", view, "save", version=1, filter=huge)
    assert refused.status_code == 422 and "more than a link can hold" in refused.json()["error"]
    new = client_of("bob").post(f"/t/{table.pk}/views/new/", {"name": "x", "seen_by": "me", "filter": huge}, headers=HTMX)
    assert new.status_code == 422 and "more than a link can hold" in text(new)


# --- Names and limits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("  ", "A view needs a name."), ("x" * 101, "at most 100 characters"), ("a\x00b", "Null characters are not allowed")],
)
def test_a_bad_name_is_refused_in_the_dialog(table: Table, name: str, sentence: str) -> None:
    view = make_view(table)
    made = client_of("bob").post(f"/t/{table.pk}/views/new/", {"name": name, "seen_by": "me", "sort": "1"}, headers=HTMX)
    assert made.status_code == 422 and sentence in text(made) and 'name="sort" value="1"' in text(made)
    renamed = act("bob", view, "rename", name=name)
    assert renamed.status_code == 422 and sentence in text(renamed)
    assert [each.name for each in View.objects.all()] == ["Open leads"]


def test_names_are_shown_as_text(table: Table) -> None:
    view = make_view(table, name='<b>"x"</b>')
    html = tabs_of("vera", table, f"?view={view.pk}")
    assert "<b>" not in html and "&lt;b&gt;&quot;x&quot;&lt;/b&gt;" in html


def test_a_view_is_renamed(table: Table) -> None:
    view = make_view(table)
    response = act("bob", view, "rename", name="Won leads", sort="1")
    assert again(view).name == "Won leads" and again(view).version == 1
    assert response["HX-Retarget"] == "#views"
    assert current(text(response)) == "Won leads" and 'data-unsaved="sort"' in text(response)


def test_a_table_has_at_most_200_shared_views_and_everybody_200_of_their_own(table: Table) -> None:
    View.objects.bulk_create([View(table=table, name=str(n), config={"v": 1}) for n in range(saved.VIEWS_LIMIT)])
    with pytest.raises(saved.BadView, match="This table has 200 views"):
        make_view(table)
    mine = make_view(table, "bob")
    refused = act("bob", mine, "share", to="everybody")
    assert refused.status_code == 422 and "This table has 200 views" in refused.json()["error"]
    View.objects.bulk_create([View(table=table, name="x", owner=make_user("bob"), config={"v": 1}) for _ in range(199)])
    refused = act("bob", mine, "duplicate")
    assert refused.status_code == 422 and "You have 200 views of this table" in refused.json()["error"]
    assert make_view(table, "vera")


# --- The page --------------------------------------------------------------------------------------------------------


def test_a_browser_without_htmx_is_sent_back_to_the_table(table: Table) -> None:
    view = make_view(table)
    browser: Client = client_of("bob")
    for action, data in ACTIONS:
        response = browser.post(f"/t/{table.pk}/views/{view.pk}/{action}/", {**data, "to": "everybody"})
        at = f"/t/{table.pk}/" if action == "delete" else f"/t/{table.pk}/?view={view.pk}"
        assert (response.status_code, response["Location"]) == (302, at), action
    assert "<html" in text(browser.get(f"/t/{table.pk}/views/new/"))


def test_the_tabs_take_the_same_few_queries_for_any_number_of_views(table: Table, django_assert_num_queries: Any) -> None:
    browser = client_of("bob")
    view = make_view(table)
    browser.get(f"/t/{table.pk}/views/?view={view.pk}")
    with django_assert_num_queries(4):  # session, table, view, all views
        browser.get(f"/t/{table.pk}/views/?view={view.pk}")
    for n in range(20):
        make_view(table, name=str(n))
    with django_assert_num_queries(4):
        browser.get(f"/t/{table.pk}/views/?view={view.pk}")
