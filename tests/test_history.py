"""History: who changed what of a cell, a row, a table; how long it is kept."""

import ast
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tables import bulk, edits, history, keeping, schema
from tables.edits import Allowed, picked_ids
from tables.models import RUN_AI, Change, RowChange, Table
from tables.tasks import trim_history
from tables.undo import DONE_AGAIN, NOT_UNDOABLE, TAKEN_BACK, undo
from tables.writes import Gone
from tests.conftest import ROOT
from tests.make import client_of, make_table, make_user, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


def said(page: history.Page) -> list[str]:
    return [f"{entry.person} {entry.what}" for entry in page.entries]


def set_cell(table: Table, name: str, row_id: int, key: int, value: str) -> None:
    edits.set_cell(table, make_user(name), row_id, key, value, 2**40)


def test_a_cell_knows_who_changed_it_from_what_to_what(table: Table) -> None:
    set_cell(table, "alice", 1, 2, "12.5")
    set_cell(table, "bob", 1, 1, "Anna")
    set_cell(table, "bob", 1, 2, "")
    page = history.cell_history(table, 1, 2)
    assert [(entry.person, entry.cells[0].before, entry.cells[0].after) for entry in page.entries] == [
        ("Bob", "12.5", ""),
        ("Alice", "1", "12.5"),
        ("Rowan", "", "1"),
    ]


def test_a_row_knows_its_whole_life_and_names_deleted_columns(table: Table) -> None:
    bob = make_user("bob")
    set_cell(table, "alice", 1, 2, "7")
    schema.delete_column(table, bob, 2)
    edits.move_rows(table, bob, picked_ids([1], "moved"), below=2)
    edits.delete_rows(table, bob, [1])
    page = history.row_history(table, 1)
    assert said(page) == ["Bob deleted this row", "Bob moved this row", "Alice changed this row", "Rowan added this row"]
    cell = page.entries[2].cells[0]
    assert (cell.column, cell.deleted, cell.before, cell.after) == ("Amount", True, "1", "7")


def test_activity_has_one_entry_for_each_action(table: Table) -> None:
    alice = make_user("alice")
    edits.paste(table, alice, [["a", "1"], ["b", "2"]], [1, 2], picked_ids([1, 2], "pasted"), Allowed())
    schema.update_column(table, alice, 2, name="Price")
    schema.add_column(table, alice, "Note", "text", {})
    edits.delete_rows(table, alice, [1, 2])
    undo(table, alice)
    page = history.activity(table)
    assert said(page) == [
        "Alice took back a deletion of rows (2 rows)",
        "Alice deleted 2 rows",
        "Alice added the column “Note”",
        "Alice renamed the column “Amount” to “Price”",
        "Alice pasted into “Name”, “Price” in 2 rows",
        "Rowan added 2 rows",
        "Rowan added the column “Name” and added the column “Amount”",
    ]
    assert page.entries[1].undone and page.older is None


def actions_of_the_code() -> set[str]:
    """The name of every action that any part of the code writes under."""
    found = set(bulk.WRITES) | {RUN_AI}
    for path in (path for folder in ("tables", "ingest", "views_app", "bases", "ai") for path in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "write":
                third = node.args[2]
                action = third.value if isinstance(third, ast.Constant) else names.get(ast.unparse(third))
                found |= {action} if isinstance(action, str) else set()
    return found


def test_every_action_has_its_sentences(table: Table) -> None:
    found = actions_of_the_code()
    assert {"set cells", "change kind", "load", "create table", "paste"} <= found
    for action in found:
        assert history.sentence(Change(action=action, rows=2), {}) not in (action, "changed the table"), action
        if action in NOT_UNDOABLE:
            continue
        back = history.sentence(Change(action="undo", rows=2, detail={"of": action}), {})
        assert back != "took back a change (2 rows)", action
        assert action in TAKEN_BACK and action in DONE_AGAIN, action
    assert history.sentence(Change(action="add columns", detail={}), {}) == "added columns"


def test_pages_follow_each_other(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    for n in range(7):
        set_cell(table, "alice", 1, 1, f"name {n}")
    found: list[str] = []
    before: int | None = None
    while True:
        page = history.row_history(table, 1, before)
        found += [cell.after for entry in page.entries for cell in entry.cells if cell.column == "Name"]
        if page.older is None:
            break
        before = page.older
    assert found == [*(f"name {n}" for n in reversed(range(7))), "Ann"]


def test_the_pages_show_what_is_escaped_and_as_fragments_too(table: Table) -> None:
    set_cell(table, "bob", 1, 1, "<script>alert(1)</script>")
    vera = client_of("vera")
    whole = text(vera.get(f"/t/{table.pk}/rows/1/history/?key=1"))
    assert "<!doctype html>" in whole.lower() and "&lt;script&gt;alert" in whole and "<script>alert" not in whole
    fragment = text(vera.get(f"/t/{table.pk}/activity/", headers={"HX-Request": "true"}))
    assert fragment.lstrip().startswith("<section") and "changed “Name” in 1 row" in fragment
    edits.delete_rows(table, make_user("bob"), [1])
    assert "a deleted row" in text(vera.get(f"/t/{table.pk}/rows/1/history/"))
    assert vera.get(f"/t/{table.pk}/rows/99/history/").status_code == 404
    for bad in ("x", "-1", "9" * 30):
        assert vera.get(f"/t/{table.pk}/activity/?before={bad}").status_code == 200


def test_the_activity_says_how_much_history_is_kept_since_when_and_at_most(
    table: Table, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HISTORY_ROWS = 2_000_000
    aged(table, 3)
    for n in range(4):
        set_cell(table, "alice", 1, 1, f"name {n}")
    vera, path = client_of("vera"), f"/t/{table.pk}/activity/"

    def told(query: str = "") -> str:
        return " ".join(re.sub("<[^>]+>", "", text(vera.get(path + query, headers={"HX-Request": "true"}))).split())

    rows = RowChange.objects.filter(table=table).count()
    day = (timezone.now() - timedelta(days=3)).strftime("%-d %B %Y")
    bound = "Of a table the last 2,000,000 are, and those of the last day in any case."
    assert f"{rows} changes of rows are kept here, since {day}. {bound}" in told()
    assert "kept here" not in told("?before=3")
    # Of very many changes not all are added up.
    monkeypatch.setattr(keeping, "MOST_ADDED_UP", 3)
    assert f"More than 3 changes of rows are kept here, since {day}." in told()
    RowChange.objects.filter(table=table).delete()
    assert f"No change of a row is kept here. {bound}" in told()


def aged(table: Table, days: float) -> None:
    Change.objects.filter(table=table).update(at=timezone.now() - timedelta(days=days))


def test_history_is_forgotten_after_its_days(table: Table, settings: Any) -> None:
    settings.HISTORY_DAYS = 180
    set_cell(table, "alice", 1, 1, "old")
    aged(table, 181)
    set_cell(table, "alice", 1, 1, "new")
    trim_history()
    assert [entry.cells[0].after for entry in history.row_history(table, 1).entries] == ["new"]
    assert keeping.size(table).rows == 1
    undo(table, make_user("alice"))
    with pytest.raises(Gone):
        undo(table, make_user("alice"))


def test_history_is_bounded_but_never_in_what_the_last_day_may_undo(table: Table, settings: Any) -> None:
    settings.HISTORY_ROWS = 3
    for n in range(6):
        set_cell(table, "alice", 1, 1, f"name {n}")
    trim_history()
    assert RowChange.objects.filter(table=table).count() == 8
    aged(table, 2)
    trim_history()
    assert [c.after for c in RowChange.objects.filter(table=table).order_by("version")] == [{"1": f"name {n}"} for n in (3, 4, 5)]
    assert keeping.size(table).rows == 3 and len(history.activity(table).entries) == 8
    for _ in range(3):
        undo(table, make_user("alice"))
    with pytest.raises(Gone, match="too long ago"):
        undo(table, make_user("alice"))
