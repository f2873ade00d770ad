"""Rows through the API: pages of a table and of views, rows added, changed and deleted; and everything that can be wrong."""

import json
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client

from api import pages_of_rows
from tables import edits, heavy, history, schema
from tables.models import Table
from tables.query import RowQuery
from tables.undo import undo
from tables.writes import Gone
from tests.api_calls import Program
from tests.make import cells, client_of, make_table, make_user, text
from views_app.models import View

pytestmark = pytest.mark.django_db

CHOICES = {"options": [{"id": "n", "name": "New"}, {"id": "s", "name": "Smith, John"}]}
KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Name", "text", {}),
    ("Amount", "number", {}),
    ("Share", "percent", {}),
    ("Done", "checkbox", {}),
    ("Day", "date", {}),
    ("At", "datetime", {}),
    ("Status", "select", CHOICES),
    ("Tags", "multi_select", CHOICES),
    ("Number", "auto_number", {}),
    ("Made", "created_time", {}),
)
FULL = {
    "Name": "Zoë 🦊",
    "Amount": 1234.5,
    "Share": 0.12,
    "Done": True,
    "Day": "2026-01-31",
    "At": "2026-01-31T23:30:00Z",
    "Status": "New",
    "Tags": ["Smith, John", "New"],
}


@pytest.fixture
def things() -> Table:
    return make_table(rows=[[f"name {n}", n] for n in range(1, 251)])


@pytest.fixture
def typed() -> Table:
    return make_table(columns=KINDS)


@pytest.fixture
def alice() -> Program:
    return Program("alice")


def path(table: Table, more: str = "") -> str:
    return f"tables/{table.pk}/rows/{more}"


def names(answer: dict[str, Any]) -> list[Any]:
    return [row["cells"]["Name"] for row in answer["rows"]]


# --- Reading -------------------------------------------------------------------------------------------------------------


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


# --- Writing -------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_back(typed: Table, alice: Program) -> None:
    status, made = alice.post(path(typed), {"rows": [{"cells": FULL}, {"cells": {}}]})
    assert status == 201 and len(made["ids"]) == 2
    full, empty = (row["cells"] for row in alice.get(path(typed))[1]["rows"])
    assert {name: full[name] for name in FULL} == FULL
    assert full["Number"] == made["ids"][0] and full["Made"].endswith("Z")
    assert {name: value for name, value in empty.items() if value not in (None, False)}.keys() == {"Number", "Made"}
    again = {name: value for name, value in full.items() if name in FULL}
    alice.patch(path(typed), {"rows": [{"id": made["ids"][1], "cells": again}]})
    rows = cells(typed)
    assert rows[0] == rows[1]


def test_texts_are_read_as_a_person_types_them(typed: Table, alice: Program) -> None:
    typed_texts = {"Amount": "1,234.5", "Share": "12", "Done": "yes", "At": "2026-02-01 00:30", "Tags": '"Smith, John", New'}
    alice.post(path(typed), {"rows": [{"cells": {**FULL, **typed_texts}}]}, timezone="Europe/Berlin")
    assert {name: alice.get(path(typed))[1]["rows"][0]["cells"][name] for name in FULL} == FULL


def test_all_of_it_is_written_or_nothing_and_each_problem_is_told(typed: Table, alice: Program) -> None:
    rows = [{"cells": FULL}, {"cells": {"Amount": "much", "Nothing": 1}}, {"cells": {"Status": "Old", "Number": 5}}]
    status, answer = alice.post(path(typed), {"rows": rows})
    assert status == 422 and "Nothing was written" in answer["error"]
    assert [(each["row"], each["column"]) for each in answer["problems"]] == [
        (1, "Amount"),
        (1, "Nothing"),
        (2, "Status"),
        (2, "Number"),
    ]
    assert "“much” is not a number" in answer["problems"][0]["error"]
    typed.refresh_from_db()
    assert cells(typed) == [] and typed.version == make_version(typed)


def make_version(table: Table) -> int:
    """The version after the table's last change that is on record."""
    return int(table.changes.order_by("-version").values_list("version", flat=True)[0])


def test_new_choices_are_made_only_when_asked_for(typed: Table, alice: Program) -> None:
    row = {"cells": {"Status": "Old", "Tags": ["New", "  a  b ", "c, d"]}}
    assert alice.post(path(typed), {"rows": [row]})[0] == 422
    assert alice.post(path(typed), {"rows": [row], "create_choices": True})[0] == 201
    found = alice.get(path(typed))[1]["rows"][0]["cells"]
    assert found["Status"] == "Old" and found["Tags"] == ["New", "a b", "c, d"]


def test_a_row_that_has_changed_since_is_not_overwritten(things: Table, alice: Program) -> None:
    _, row = alice.get(path(things, "1/"))
    edits.set_cell(things, make_user("bob"), 1, 1, "bob's", row["version"])
    change = {"cells": {"Name": "alice's"}, "version": row["version"]}
    status, answer = alice.patch(path(things, "1/"), change)
    assert status == 409 and answer["ids"] == [1]
    status, answer = alice.patch(path(things), {"rows": [{"id": 2, "cells": {"Name": "x"}}, {"id": 1, **change}]})
    assert status == 409 and cells(things)[:2] == [["bob's", 1], ["name 2", 2]]
    status, answer = alice.patch(path(things, "1/"), {"cells": {"Name": "alice's", "Amount": None}})
    assert status == 200 and answer["cells"] == {"Name": "alice's", "Amount": None}


def test_rows_that_are_not_there_are_named(things: Table, alice: Program) -> None:
    status, answer = alice.patch(path(things), {"rows": [{"id": 1, "cells": {"Name": "x"}}, {"id": 9_999, "cells": {}}]})
    assert status == 422 and answer["problems"][0]["row"] == 9_999 and cells(things)[0] == ["name 1", 1]
    assert alice.get(path(things, "9999/"))[0] == 404
    assert alice.patch(path(things, "9999/"), {"cells": {"Name": "x"}})[0] == 404
    assert alice.delete(path(things, "9999/"))[0] == 404
    assert alice.get(path(things, f"{2**40}/"))[0] == 404


def test_rows_are_deleted(things: Table, alice: Program) -> None:
    assert alice.delete(path(things), {"ids": [1, 2, 9_999]})[1]["deleted"] == 2
    assert alice.delete(path(things, "3/"))[0] == 200
    assert cells(things)[0] == ["name 4", 4]
    bodies: list[dict[str, Any]] = [{}, {"ids": []}, {"ids": "1"}, {"ids": ["x"]}, {"ids": list(range(1, 1_002))}]
    for bad in bodies:
        assert alice.delete(path(things), bad)[0] == 400
    assert len(cells(things)) == 247


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff", "no JSON"),
        (b'{"rows": [{"cells": {"Amount": NaN}}]}', "NaN"),
        (b"[]", "no JSON object"),
        (b'{"rows": [], "rows": []}', "twice"),
        ({}, "1 to 1,000"),
        ({"rows": []}, "1 to 1,000"),
        ({"rows": [{"cells": {}}] * 1_001}, "1 to 1,000"),
        ({"rows": [5]}, "Row 0"),
        ({"rows": [{"cells": {}}, {"cells": []}]}, "Row 1"),
        ({"rows": [{"cells": {}, "colour": "red"}]}, "Row 0"),
        ({"rows": [{"cells": {}}], "typecast": True}, "typecast"),
        ({"rows": [{"cells": {}}], "create_choices": "perhaps"}, "create_choices"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_reason(things: Table, alice: Program, body: Any, says: str) -> None:
    status, answer = alice.post(path(things), body)
    assert status == 400 and says in answer["error"]
    things.refresh_from_db()
    assert things.row_count == 250


def test_signs_that_nobody_can_store_are_told_by_row_and_column(things: Table, alice: Program) -> None:
    for bad in ("a\x00b", "\ud800", "x" * 100_001):
        status, answer = alice.post(path(things), json.dumps({"rows": [{"cells": {"Name": bad}}]}).encode())
        assert status == 422 and answer["problems"][0]["column"] == "Name"


@pytest.mark.parametrize("deep", [b"[" * 600 + b"]" * 600, b'{"a":' * 600 + b"1" + b"}" * 600])
def test_what_is_no_value_of_a_cell_is_told_however_deep_it_is(typed: Table, alice: Program, deep: bytes) -> None:
    for name in FULL:
        for more in (b"", b', "create_choices": true'):
            status, answer = alice.post(path(typed), b'{"rows": [{"cells": {"%s": %s}}]%s}' % (name.encode(), deep, more))
            assert status == 422 and len(answer["problems"][0]["error"]) < 200, name


def test_new_choices_that_differ_in_case_alone_are_one(typed: Table, alice: Program) -> None:
    rows = [{"cells": {"Tags": ["Red", "red"], "Status": "Blue"}}, {"cells": {"Tags": ["RED"], "Status": "blue"}}]
    assert alice.post(path(typed), {"rows": rows, "create_choices": True})[0] == 201
    found = [row["cells"] for row in alice.get(path(typed))[1]["rows"]]
    assert [(row["Tags"], row["Status"]) for row in found] == [(["Red"], "Blue")] * 2


def test_a_body_of_unknown_length_is_refused(things: Table, alice: Program) -> None:
    answer = Client().generic(
        "POST", f"/api/v1/{path(things)}", b"", "application/json", headers={**alice.headers, "Transfer-Encoding": "chunked"}
    )
    assert answer.status_code == 411 and "Content-Length" in answer.json()["error"]


def test_what_another_kind_left_in_a_cell_is_sent_as_it_is(things: Table, alice: Program) -> None:
    edits.add_rows(things, None, [{"2": "no number"}])
    last = alice.get(path(things), offset=250)[1]["rows"][0]
    assert last["cells"] == {"Name": None, "Amount": "no number"}


def test_a_fault_of_rowans_own_is_told_in_json(things: Table, alice: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_of_rows, "load_table", None)
    status, answer = alice.get(path(things))
    assert status == 500 and answer["code"] == "fault" and "NoneType" not in answer["error"]


def test_who_asks_too_much_at_once_is_told_when_to_come_again(things: Table, alice: Program) -> None:
    with ExitStack() as stack:
        for _ in range(heavy.AT_ONCE):
            stack.enter_context(heavy.turn(alice.token.user_id))
        answer = Client().get(f"/api/v1/{path(things)}", {"sort": "-2"}, headers=alice.headers)
    assert answer.status_code == 429 and answer.json()["code"] == "busy" and answer["Retry-After"] == "2"
    assert alice.get(path(things), sort="-2")[0] == 200


def test_a_request_that_is_too_large_is_told_in_json(things: Table, alice: Program) -> None:
    status, answer = alice.post(path(things), b" " * (5 * 1024 * 1024 + 1))
    assert status == 413 and "too large" in answer["error"]


def test_a_body_that_is_no_json_by_its_type(things: Table, alice: Program) -> None:
    answer = Client().post(f"/api/v1/{path(things)}", {"rows": "1"}, headers=alice.headers)
    assert answer.status_code == 400 and "application/json" in answer.json()["error"]


# --- Together with people --------------------------------------------------------------------------------------------------


def test_what_a_program_does_is_in_the_history_and_not_under_ctrl_z(things: Table, alice: Program) -> None:
    person = make_user("alice")
    edits.set_cell(things, person, 1, 1, "typed", 2**40)
    alice.patch(path(things, "2/"), {"cells": {"Name": "by program"}})
    page = text(client_of("alice").get(f"/t/{things.pk}/activity/"))
    assert "API: alice&#x27;s program" in page
    assert history.activity(things).entries[0].person == "Alice (API: alice's program)"
    undo(things, person)
    assert [row[0] for row in cells(things)[:2]] == ["name 1", "by program"]
    with pytest.raises(Gone):
        undo(things, person)


def test_a_grid_that_is_open_learns_of_it(things: Table, alice: Program) -> None:
    version = things.version
    alice.patch(path(things, "2/"), {"cells": {"Name": "by program"}})
    changed = client_of("bob").get(f"/t/{things.pk}/changes/", {"version": version})
    assert changed.status_code == 200 and "2" in changed.content.decode()


def test_a_column_that_was_deleted_or_renamed_is_told(things: Table, alice: Program) -> None:
    schema.delete_column(things, make_user("alice"), 2)
    status, answer = alice.patch(path(things, "1/"), {"cells": {"Amount": 5}})
    assert status == 422 and "There is no column “Amount”" in answer["problems"][0]["error"]
    things.refresh_from_db()
    assert RowQuery(things).row(1).data["2"] == 1  # type: ignore[union-attr]
