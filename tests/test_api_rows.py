"""Rows through the API: added, changed and deleted, together with people; and everything that can be wrong."""

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
from tests.api_calls import Program, path
from tests.api_calls import alice as alice
from tests.api_calls import things as things
from tests.make import cells, client_of, make_table, make_user, text

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
def typed() -> Table:
    return make_table(columns=KINDS)


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
