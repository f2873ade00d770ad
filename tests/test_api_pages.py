"""Pages of rows through the API: of a table, of views, from one to the next; and everything that cannot be asked."""

import json
from typing import Any

import pytest
from django.test import Client

from api import pages_of_rows
from tables import edits, schema
from tables.models import Table
from tests.api_calls import Program, names, path
from tests.api_calls import alice as alice
from tests.api_calls import things as things
from tests.make import cells, make_table, make_user
from views_app.models import View

pytestmark = pytest.mark.django_db


def test_a_program_finds_its_way_from_the_root_to_the_rows(things: Table, alice: Program) -> None:
    status, root = alice.get("")
    assert status == 200 and root["person"]["email"] == "alice@example.com" and root["token"]["may_write"] is True
    _, listed = alice.get(root["bases_url"])
    _, base = alice.get(listed["bases"][0]["url"])
    _, table = alice.get(base["tables"][0]["url"])
    assert table["name"] == "Things" and table["count"] == 250 and base["role"] == "owner"
    assert [(column["key"], column["name"], column["kind"]) for column in table["columns"]] == [
        (1, "Name", "text"),
        (2, "Amount", "number"),
    ]
    _, page = alice.get(table["rows_url"])
    assert len(page["rows"]) == 100 and page["count"] == 250


def test_pages_follow_each_other_to_the_last_row(things: Table, alice: Program) -> None:
    found: list[str] = []
    following = path(things)
    while following:
        _, page = alice.get(following)
        found += names(page)
        following = page["next"]
    assert found == [f"name {n}" for n in range(1, 251)]


def test_a_page_of_a_view_and_of_parts_of_a_link(things: Table, alice: Program) -> None:
    view = View.objects.create(table=things, name="Large", config={"v": 1, "filter": '["all",[2,">",240]]', "sort": "-2"})
    assert names(alice.get(path(things), view=view.pk)[1]) == [f"name {n}" for n in range(250, 240, -1)]
    assert names(alice.get(path(things), view=view.pk, sort="2")[1])[:2] == ["name 241", "name 242"]
    status, found = alice.get(path(things), search="name 24", filter='["all",[2,">",200]]', count="yes", limit=3)
    assert status == 200 and names(found) == ["name 240", "name 241", "name 242"] and found["count"] == 10
    assert names(alice.get(found["next"])[1])[0] == "name 243"


def test_a_first_page_is_as_the_rows_are_now(things: Table, alice: Program) -> None:
    asked = {"filter": '["all",[2,">",248]]', "sort": "-2", "count": "yes"}
    assert alice.get(path(things), **asked)[1]["count"] == 2
    edits.add_rows(things, None, [{"1": "new", "2": 999}])
    found = alice.get(path(things), **asked)[1]
    assert names(found) == ["new", "name 250", "name 249"] and found["count"] == 3


AMOUNTS = {"filter": '["all",[2,">",100]]', "limit": 50}


def walked(alice: Program, table: Table, handle: Any, **query: Any) -> list[str]:
    """The names of all rows on the way from page to page, with what is done to each page before the next is asked for."""
    found: list[str] = []
    following = path(table)
    while following:
        status, page = alice.get(following, **query)
        assert status == 200, page
        found, following, query = found + names(page), page["next"], {}
        handle(page)
    return found


@pytest.mark.parametrize(
    "query", [AMOUNTS, AMOUNTS | {"sort": "-2"}, {"sort": "1", "limit": 50}, {"search": "name", "limit": 50}]
)
def test_whoever_reads_and_writes_page_by_page_sees_each_row_once(things: Table, alice: Program, query: dict[str, Any]) -> None:
    def handle(page: dict[str, Any]) -> None:
        """Takes the page's rows out of the view, and adds one to its front."""
        rows = [{"id": row["id"], "cells": {"Amount": 0, "Name": "000"}} for row in page["rows"]]
        assert alice.patch(path(things), {"rows": rows})[0] == 200
        edits.add_rows(things, None, [{"1": "name 00", "2": 10_000}])

    found = walked(alice, things, handle, keep="yes", **query)
    assert sorted(found) == sorted(f"name {n}" for n in range(101 if "filter" in query else 1, 251))
    counted = make_table(rows=[[f"name {n}", n] for n in range(1, 251)], name="Counted")
    assert len(walked(alice, counted, lambda page: None, count="yes", **query)) == len(found)


def test_without_keep_a_view_that_has_changed_between_two_pages_is_told_and_none_is_lost(things: Table, alice: Program) -> None:
    page = alice.get(path(things), **AMOUNTS)[1]
    edits.set_cell(things, make_user("bob"), 1, 1, "of no matter", 2**40)  # not among what the view reads
    page = alice.get(page["next"])[1]
    assert names(page)[0] == "name 151"
    edits.set_cell(things, make_user("bob"), 200, 2, "5", 2**40)
    assert names(alice.get(page["next"])[1])[0] == "name 201", "its order is kept since the second page"
    first = alice.get(path(things), filter='["all",[2,">",102]]', limit=50)[1]
    edits.set_cell(things, make_user("bob"), 201, 2, "5", 2**40)
    status, answer = alice.get(first["next"])
    assert status == 410 and "keep=yes" in answer["error"] and answer["code"] == "gone"


def test_in_the_tables_own_order_rows_that_go_meanwhile_do_not_matter(things: Table, alice: Program) -> None:
    def handle(page: dict[str, Any]) -> None:
        assert alice.delete(path(things), {"ids": [row["id"] for row in page["rows"]]})[0] == 200

    assert walked(alice, things, handle, limit=40) == [f"name {n}" for n in range(1, 251)]
    assert cells(things) == []


@pytest.mark.parametrize("after", ["", "5", "p", "p5x", "o1", "o1.2.3", "v-1.2", "p" + "9" * 30, "о1.2", "p٥"])
def test_a_place_that_no_page_has_named_is_refused(things: Table, alice: Program, after: str) -> None:
    assert alice.get(path(things), after=after)[0] == 400
    assert alice.get(path(things), after="p1", offset=5)[0] == 400


def test_an_order_that_is_not_kept_any_more_is_told(things: Table, alice: Program) -> None:
    assert alice.get(path(things), after="o100.1", sort="-2")[0] == 410
    page = alice.get(path(things), sort="-2", keep="yes", limit=10)[1]
    assert Program("bob").get(page["next"])[0] == 410, "somebody else's"


def test_places_far_away_are_empty_pages(things: Table, alice: Program) -> None:
    for query in ({"offset": 10**9}, {"after": "p9223372036854775807"}, {"offset": 10**9, "sort": "2"}):
        assert alice.get(path(things), **query)[1]["rows"] == []
    assert names(alice.get(path(things), after="p-9223372036854775808")[1])[0] == "name 1"


def test_a_sort_takes_the_place_of_a_views_groups(alice: Program) -> None:
    table = make_table(rows=[[f"name {n % 2}", n] for n in range(6)])
    view = View.objects.create(table=table, name="Grouped", config={"v": 1, "group": "1"})
    amounts = [row["cells"]["Amount"] for row in alice.get(path(table), view=view.pk, sort="-2")[1]["rows"]]
    assert amounts == [5, 4, 3, 2, 1, 0]


def test_a_view_that_has_lost_its_filter_gives_no_rows_instead_of_all(things: Table, alice: Program) -> None:
    column = schema.add_column(things, make_user("alice"), "Gone", "text", {})
    config = {"v": 1, "filter": json.dumps(["all", [column.key, "is", "x"]])}
    lost = View.objects.create(table=things, name="Lost", config=config)
    assert alice.get(path(things), view=lost.pk)[1]["rows"] == []
    schema.delete_column(things, make_user("alice"), column.key)
    status, answer = alice.get(path(things), view=lost.pk)
    assert status == 400 and "“Lost” has lost a part of its filter" in answer["error"]
    assert alice.get(path(things), view=lost.pk, filter='["all",[2,">",249]]')[1]["rows"]
    unreadable: list[Any] = [{"v": 99}, {"v": 1, "filter": "["}, {"v": 1, "filter": 5}]
    for each in unreadable:
        unread = View.objects.create(table=things, name="Unread", config=each)
        assert alice.get(path(things), view=unread.pk)[0] == 400


def test_a_page_is_as_large_as_what_is_sent_and_not_as_what_is_stored(alice: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = make_table(columns=[(f"{n} " + "🦊" * 190, "text", {}) for n in range(20)], rows=[["x"] for _ in range(20)])
    monkeypatch.setattr(pages_of_rows, "MOST_BYTES", 50_000)
    answer = Client().get(f"/api/v1/{path(wide)}", headers=alice.headers)
    assert len(answer.content) < 60_000 and len(answer.json()["rows"]) == 3
    assert len(walked_ids(alice, wide)) == 20


def walked_ids(alice: Program, table: Table) -> set[int]:
    found: set[int] = set()
    following = path(table)
    while following:
        _, page = alice.get(following)
        found |= {row["id"] for row in page["rows"]}
        following = page["next"]
    return found


def test_columns_are_named_by_name_or_by_key_and_can_be_chosen(things: Table, alice: Program) -> None:
    _, page = alice.get(path(things), columns="2", by="key", limit=1)
    assert page["rows"][0]["cells"] == {"2": 1}
    _, row = alice.get(path(things, "1/"), columns="1")
    assert row["cells"] == {"Name": "name 1"} and row["id"] == 1 and row["version"] > 0 and row["created"].endswith("Z")


def test_a_page_of_large_cells_ends_sooner(alice: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table(columns=[("Name", "long_text", {})], rows=[[f"{n} " + "é" * 400] for n in range(10)])
    monkeypatch.setattr(pages_of_rows, "MOST_BYTES", 2_000)
    found: list[str] = []
    following, pages = path(table), 0
    while following:
        _, page = alice.get(following)
        found, following, pages = found + names(page), page["next"], pages + 1
    assert pages == 5 and len(found) == 10 and all(len(name) == 402 for name in found)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"limt": "5"}, "limt"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "1,000"),
        ({"limit": "1e3"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "9" * 30}, "offset"),
        ({"filter": "["}, '["all",[3,"contains","x"]]'),
        ({"filter": "Amount>3"}, "no JSON"),
        ({"filter": '["all",["Amount",">",3]]'}, "a column by its key"),
        ({"filter": '["all",[99,"is","x"]]'}, "no column with the key 99"),
        ({"filter": '["all",[2,"contains","x"]]'}, "Amount"),
        ({"filter": '["all",[2,">","much"]]'}, "cannot be asked. “much” is no number."),
        ({"sort": "99"}, "99"),
        ({"sort": "Name"}, "Name"),
        ({"search": "x" * 1_001}, "1,000"),
        ({"view": "1; DROP TABLE"}, "view"),
        ({"columns": "1,99"}, "99"),
        ({"by": "id"}, "key"),
        ({"count": "perhaps"}, "count"),
        ({"timezone": "Mars/Olympus"}, "Mars"),
        ({"view": ""}, "empty"),
        ({"filter": ""}, "empty"),
        ({"sort": ""}, "empty"),
        ({"search": ""}, "empty"),
        ({"search": "\x00"}, "nothing to search for"),
        ({"columns": ""}, "key"),
        ({"keep": "perhaps"}, "keep"),
        ({"limit": ["1", "2"]}, "twice"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(things: Table, alice: Program, query: dict[str, str], says: str) -> None:
    status, answer = alice.get(path(things), **query)
    assert status == 400 and says in answer["error"]


def test_a_view_that_is_somebodys_own_is_not_there(things: Table, alice: Program) -> None:
    view = View.objects.create(table=things, name="Mine", owner=make_user("bob"), config={"v": 1})
    assert alice.get(path(things), view=view.pk)[0] == 404
