"""AI columns through the API: priced, run, watched, paused, resumed, cancelled, tried again and taken back."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ai import columns, runs
from ai.fake import Fake
from ai.models import Run
from bases.models import User
from tables import edits, history, schema
from tables.bulk import run as work_on
from tables.models import Bulk, Column, Table
from tables.undo import redo, undo
from tests.ai_runs import alice as alice
from tests.ai_runs import begun, filled, pumped
from tests.ai_runs import summary as summary
from tests.ai_runs import table as table
from tests.api_calls import Program
from tests.make import cells
from views_app.models import View

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(alice: User) -> Program:
    return Program("alice")


def place(table: Table, column: Column, more: str) -> str:
    return f"tables/{table.pk}/columns/{column.key}/ai/{more}/"


def run_of(told: dict[str, Any]) -> Run:
    return Run.objects.get(pk=told["id"])


def test_a_table_tells_its_ai_columns_and_where_to_run_them(table: Table, summary: Column, program: Program) -> None:
    _, told = program.get(f"tables/{table.pk}/")
    ai = next(column["ai"] for column in told["columns"] if column["name"] == "Summary")
    assert ai["prompt"] == "Sum up {Name}" and ai["auto_run"] is False
    assert program.post(ai["estimate_url"], {"scope": "all"})[0] == 200
    assert next(column["ai"] for column in told["columns"] if column["name"] == "Name") is None


def test_a_run_is_priced_begun_watched_and_taken_back(fake_api: Fake, table: Table, summary: Column, program: Program) -> None:
    status, price = program.post(place(table, summary, "estimate"), {"scope": "all"})
    assert status == 200 and price["cells"] == price["calls"] == 12 and 0 < price["dollars"] < 0.01 and price["problem"] is None
    assert not Run.objects.exists()
    status, told = program.post(place(table, summary, "run"), {"scope": "all"})
    assert status == 201 and told["state"] == "running" and told["total"] == 12
    pumped(run_of(told))
    _, told = program.get(told["url"])
    assert told["state"] == "done" and told["done"] == 12 and told["spent_dollars"] > 0 and filled(table, summary) == 12
    _, listed = program.get(f"tables/{table.pk}/ai/runs/")
    assert [each["id"] for each in listed["runs"]] == [told["id"]] and listed["next"] is None
    assert told["undo"] is None and program.post(f"{told['url']}undo/")[1]["undo"] == "queued"
    work_on(Bulk.objects.exclude(state="done").latest("pk").pk)
    assert program.get(told["url"])[1]["undo"] == program.get(f"tables/{table.pk}/ai/runs/")[1]["runs"][0]["undo"] == "done"
    assert filled(table, summary) == 0
    assert program.post(f"{told['url']}undo/")[0] == 422


@pytest.mark.parametrize(
    ("body", "query", "cells"),
    [
        ({"scope": "all"}, {}, 12),
        ({"scope": "all", "only": "empty"}, {}, 12),
        ({"scope": "selection", "ids": [3, 1, 3, 9_999]}, {}, 2),
        ({"scope": "first", "first": 5}, {"sort": "-2"}, 5),
        ({"scope": "view"}, {"filter": '["all",[2,">",9]]'}, 3),
        ({"scope": "view"}, {"search": "name 1"}, 4),
        ({"scope": "all", "only": "failed"}, {}, 0),
    ],
)
def test_the_rows_of_a_run_are_those_that_were_named(
    table: Table, summary: Column, program: Program, body: dict[str, Any], query: dict[str, str], cells: int
) -> None:
    status, price = program.post(place(table, summary, "estimate"), body, **query)
    assert status == 200 and price["cells"] == cells


def test_what_costs_much_asks_to_be_sure(table: Table, summary: Column, program: Program) -> None:
    edits.add_rows(table, None, [{"1": f"more {n}"} for n in range(100)])
    status, answer = program.post(place(table, summary, "run"), {"scope": "all"})
    assert status == 422 and "Confirm first that 112 cells" in answer["error"] and not Run.objects.exists()
    assert '"sure": true' in answer["error"]
    assert program.post(place(table, summary, "run"), {"scope": "all", "sure": True})[0] == 201


def test_a_run_is_paused_resumed_with_a_budget_and_cancelled(
    fake_api: Fake, table: Table, summary: Column, alice: User, program: Program
) -> None:
    url = f"tables/{table.pk}/ai/runs/{begun(table, alice, summary, budget_micros=1).pk}/"
    assert program.post(f"{url}pause/")[1]["state"] == "paused"
    Run.objects.update(spent_micros=500_000)
    assert "spent as much" in program.post(f"{url}resume/", {"budget": 0.25})[1]["error"]
    status, told = program.post(f"{url}resume/", {"budget": "2.50"})
    assert status == 200 and told["state"] == "running" and told["budget_dollars"] == 2.5
    assert program.post(f"{url}pause/")[1]["state"] == program.post(f"{url}pause/")[1]["state"] == "paused"
    assert "Cancel it first" in program.post(f"{url}undo/")[1]["error"]
    assert program.post(f"{url}cancel/")[1]["state"] == program.post(f"{url}cancel/")[1]["state"] == "cancelled"
    for doing in ("pause", "resume"):
        status, answer = program.post(f"{url}{doing}/")
        assert status == 422 and answer["error"] == "The run has ended: it is cancelled."
    assert program.post(f"{url}retry/")[0] == 422


def test_what_failed_is_tried_again(fake_api: Fake, table: Table, summary: Column, alice: User, program: Program) -> None:
    fake_api.fail("refusal", contains="name 3<", times=1)
    run = pumped(begun(table, alice, summary))
    assert run.failed == 1
    status, told = program.post(f"tables/{table.pk}/ai/runs/{run.pk}/retry/")
    assert status == 201 and told["total"] == 1
    assert pumped(run_of(told)).done == 1 and filled(table, summary) == 12


@pytest.mark.parametrize(
    ("body", "query", "status", "says"),
    [
        ({}, {}, 400, "selection, first, view, all"),
        ({"scope": "some"}, {}, 400, "selection, first, view, all"),
        ({"ids": [1]}, {}, 400, "scope"),
        ({"scope": "all", "ids": [1]}, {}, 400, "selection"),
        ({"scope": "view", "first": 1}, {"search": "name"}, 400, "first"),
        ({"scope": "view"}, {}, 400, "needs a view"),
        ({"scope": "view"}, {"sort": "-2"}, 400, "needs a view"),
        ({"scope": "view"}, {"search": "\x00"}, 400, "search"),
        ({"scope": "view"}, {"view": ""}, 400, "empty"),
        ({"scope": "all", "only": "old"}, {}, 400, "empty, failed, stale"),
        ({"scope": "selection"}, {}, 400, "ids"),
        ({"scope": "selection", "ids": ["x"]}, {}, 400, "ids"),
        ({"scope": "selection", "ids": [1] * 10_001}, {}, 400, "10,000"),
        ({"scope": "first"}, {}, 400, "first"),
        ({"scope": "all"}, {"sort": "-2"}, 400, "scope"),
        ({"scope": "all", "budget": [1]}, {}, 400, "budget"),
        ({"scope": "all", "budget": -1}, {}, 422, "budget"),
        ({"scope": "all", "budget": True}, {}, 400, "budget"),
        ({"scope": "all", "overwrite": "perhaps"}, {}, 400, "overwrite"),
        ({"scope": "all", "model": "x"}, {}, 400, "model"),
        ({"scope": "all", "only": "failed"}, {}, 422, "None of these rows"),
        ({"scope": "selection", "ids": [9_999]}, {}, 422, "No row fits"),
    ],
)
def test_a_run_that_cannot_be_is_refused_with_a_reason(
    table: Table, summary: Column, program: Program, body: dict[str, Any], query: dict[str, str], status: int, says: str
) -> None:
    got, answer = program.post(place(table, summary, "run"), body, **query)
    assert (got, says in answer["error"]) == (status, True), answer
    assert not Run.objects.exists()


def test_a_view_that_has_lost_its_filter_is_not_all_rows(table: Table, summary: Column, alice: User, program: Program) -> None:
    column = schema.add_column(table, alice, "Tmp", "text", {})
    config = {"v": 1, "filter": json.dumps(["all", [column.key, "is", "x"]])}
    view = View.objects.create(table=table, name="Some", config=config)
    assert program.post(place(table, summary, "estimate"), {"scope": "view"}, view=view.pk)[1]["cells"] == 0
    schema.delete_column(table, alice, column.key)
    for what in ("estimate", "run"):
        status, answer = program.post(place(table, summary, what), {"scope": "view"}, view=view.pk)
        assert status == 400 and "has lost a part of its filter" in answer["error"]
    assert not Run.objects.exists()


def test_a_retry_asks_to_be_sure_like_any_other(
    fake_api: Fake, table: Table, summary: Column, alice: User, program: Program
) -> None:
    edits.add_rows(table, None, [{"1": f"more {n}"} for n in range(100)])
    fake_api.fail("refusal")
    table.refresh_from_db()
    run = pumped(runs.begin(table, alice, summary, list(range(1, 113)), "all rows"))
    url = f"tables/{table.pk}/ai/runs/{run.pk}/"
    assert run.failed == 112
    status, answer = program.post(f"{url}retry/")
    assert status == 422 and answer["code"] == "unsure"
    _, errors = program.get(f"{url}errors/")
    assert len(errors["errors"]) == 112 and errors["next"] is None and errors["errors"][0]["id"] == 1
    assert errors["errors"][0]["error"] and len(program.get(f"{url}errors/", after=100)[1]["errors"]) == 12
    assert program.post(f"{url}retry/", {"sure": True})[1]["total"] == 112


def test_a_programs_runs_are_in_the_history_and_not_under_ctrl_z(
    fake_api: Fake, table: Table, summary: Column, alice: User, program: Program
) -> None:
    edits.set_cell(table, alice, 1, 2, "99", 2**40)
    pumped(run_of(program.post(place(table, summary, "run"), {"scope": "all"})[1]))
    assert history.activity(table).entries[0].person == "Alice (API: alice's program)"
    undo(table, alice)
    assert cells(table)[0][1] == 1 and filled(table, summary) == 12
    told = program.get(f"tables/{table.pk}/ai/runs/")[1]["runs"][0]
    program.post(f"{told['url']}undo/")
    work_on(Bulk.objects.exclude(state="done").latest("pk").pk)
    assert filled(table, summary) == 0
    redo(table, alice)
    assert cells(table)[0][1] == 99 and filled(table, summary) == 0, "what was redone is the person's own undo"


def test_an_estimate_says_whether_it_must_be_confirmed_and_why_there_is_nothing(
    table: Table, summary: Column, program: Program
) -> None:
    _, price = program.post(place(table, summary, "estimate"), {"scope": "all"})
    assert price["needs_sure"] is False and price["why_none"] is None
    _, price = program.post(place(table, summary, "estimate"), {"scope": "all", "only": "failed"})
    assert price["cells"] == 0 and "failed" in price["why_none"]


def test_an_ordinary_column_and_one_that_is_not_there(table: Table, summary: Column, program: Program) -> None:
    assert program.post(f"tables/{table.pk}/columns/1/ai/run/", {"scope": "all"})[0] == 422
    assert program.post(f"tables/{table.pk}/columns/99/ai/run/", {"scope": "all"})[0] == 404


def test_a_standing_run_waits_for_its_own_day(table: Table, summary: Column, alice: User, program: Program) -> None:
    ai = columns.change(table, alice, summary.key, "Sum up {Name}", auto_run=True)
    run = runs.standing(ai)
    runs.pause(run, "The budget of a day is spent.", until=timezone.now() + timedelta(days=1))
    status, answer = program.post(f"tables/{table.pk}/ai/runs/{run.pk}/resume/")
    assert status == 422 and "Auto-run goes on by itself" in answer["error"]
