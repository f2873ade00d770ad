"""Pastes of more cells than one write takes: the same cells and misfits as a small paste, whatever happens meanwhile."""

import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tables import bulk, edits, history, schema, tasks
from tables.clipboard import even, write_tsv
from tables.columns import kind_of
from tables.edits import Allowed, large_paste, paste, picked_ids
from tables.models import Bulk, Change, Column, PastedRows, RowChange, Table
from tables.query import Definition, RowQuery, Sort
from tables.undo import IsBulk, redo, undo
from tests.conftest import ROOT, environment_of_tests
from tests.make import cells, client_of, make_table, make_user
from tests.make import text as page_of

pytestmark = pytest.mark.django_db(transaction=True)

RED = {"options": [{"id": "r", "name": "Red", "color": "red"}]}
COLUMNS = [("Name", "text", {}), ("Amount", "number", {}), ("Colour", "select", RED), ("Made", "created_time", {})]
EVERYTHING = Allowed(rows=True, columns=True, choices=True)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 7)
    monkeypatch.setattr(large_paste, "PIECE_ROWS", 4)


@pytest.fixture
def table() -> Table:
    return make_table(columns=COLUMNS, rows=[[f"Name {n}", n, "r"] for n in range(20)])


BLOCK = [
    [f"new {n}", "junk" if n % 5 == 0 else str(n), ("Red", "red", "Blue", "")[n % 4], "x", f"more {n}"][: 5 if n % 3 else 3]
    for n in range(30)
]


def begun(table: Table, block: Any = BLOCK, keys: Any = (1, 2, 3, 4), at: int = 3, most: int = 99, **allowed: bool) -> Bulk:
    ids = RowQuery(table).ids(at, most)
    return bulk.paste(table, make_user("alice"), iter(block), ids, list(keys), at, Allowed(**{"rows": True, **allowed}))


def ended(found: Bulk) -> Bulk:
    bulk.run(found.pk)
    found.refresh_from_db()
    assert not PastedRows.objects.filter(bulk=found).exists(), "what was pasted is forgotten"
    return found


def take_back(table: Table, how: Any) -> Bulk:
    with pytest.raises(IsBulk) as part:
        how(table, make_user("alice"))
    return ended(bulk.take_back(table, make_user("alice"), how.__name__, part.value.bulk))


@pytest.mark.parametrize(
    "allowed", [{}, {"rows": False}, {"columns": True}, {"choices": True}, {"columns": True, "choices": True}], ids=str
)
def test_it_does_what_a_small_paste_does_and_is_taken_back_as_one(table: Table, allowed: dict[str, bool]) -> None:
    alice, before = make_user("alice"), cells(table)
    rows = picked_ids(RowQuery(table).ids(3, 99), "pasted", 3)
    small = paste(table, alice, even(BLOCK), [1, 2, 3, 4], rows, Allowed(**{"rows": True, **allowed}))
    wanted = shown(table)
    undo(table, alice)
    assert cells(table) == before
    found = ended(begun(table, **allowed))
    assert (found.state, found.done, found.total) == ("done", *([17] * 2 if allowed == {"rows": False} else [30] * 2))
    assert shown(table) == wanted

    def told(problems: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return sorted((each["number"] or 0, each["column"], each["text"], each["reason"]) for each in problems)

    assert found.misfits == small.report.count and told(found.problems) == told(small.report.problems)
    take_back(table, undo)
    assert cells(table) == before
    take_back(table, redo)
    assert shown(table) == wanted
    take_back(table, undo)
    assert cells(table) == before


def shown(table: Table) -> list[list[str]]:
    """The cells as texts: choices that are made a second time have other ids. Moments are left out."""
    columns = [column for column in table.live_columns() if column.kind != "created_time"]
    table.refresh_from_db()
    rows = RowQuery(table).window(0, 10**6)
    return [[text_of(column, row.data.get(str(column.key))) for column in columns] for row in rows]


def text_of(column: Column, value: Any) -> str:
    return "" if value is None else kind_of(column.kind).text(value, column.options)


def test_history_has_one_entry_for_it_and_the_bar_counts_what_did_not_fit(table: Table) -> None:
    number = len(history.activity(table).entries)
    found = ended(begun(table))
    entries = history.activity(table).entries
    assert len(entries) == number + 1
    assert (entries[0].rows, entries[0].what) == (30, "pasted into “Name”, “Amount”, “Colour” in 30 rows")
    page = page_of(client_of("bob").get(f"/t/{table.pk}/bulk/{found.pk}/"))
    assert "Pasted: 30 rows." in page and f"{found.misfits} things did not fit." in page
    bars = f"/t/{table.pk}/bulk/"
    assert f"{found.misfits} things did not fit." in page_of(client_of("alice").get(bars)), "on a page that comes later, too"
    assert "did not fit" not in page_of(client_of("bob").get(bars)), "which is alice's alone to know"
    take_back(table, undo)
    assert "did not fit" not in page_of(client_of("alice").get(bars))


@pytest.mark.parametrize(
    ("block", "keys", "most"),
    [([["x"]], [1], 16), ([["a", "1"], ["b", "2"]], [1, 2], 16), ([[f"{n}"] for n in range(8)], [1, 2], 16), ([["x"]], [1], 17)],
)
def test_it_is_repeated_over_what_is_picked_where_it_goes_into_it_evenly(table: Table, block: Any, keys: Any, most: int) -> None:
    ids = RowQuery(table).ids(2, most)
    paste(table, make_user("alice"), block, keys, picked_ids(ids, "pasted"), Allowed())
    wanted = cells(table)
    undo(table, make_user("alice"))
    ended(begun(table, block, keys, at=2, most=most))
    assert cells(table) == wanted


def test_killed_at_any_moment_it_goes_on_where_it_was() -> None:
    table = make_table(rows=[["old", 1]] * 20)
    block = [[f"new {n}", str(n)] for n in range(600)]
    found = bulk.paste(table, make_user("alice"), block, RowQuery(table).ids(0, 99), [1, 2], 0, EVERYTHING)
    code = f"import django; django.setup(); from tables import bulk; bulk.BATCH_ROWS = 5; bulk.run({found.pk})"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment_of_tests()})
    end = time.monotonic() + 30
    while Bulk.objects.get(pk=found.pk).done < 50 and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found.refresh_from_db()
    assert 50 <= found.done < 600 and found.state == "running"
    assert len(cells(table)) == max(20, found.done), "what is noted as done is done, and nothing more"
    end = time.monotonic() + 30
    while found.state == "running" and time.monotonic() < end:
        bulk.run(found.pk)  # nothing, until PostgreSQL has noticed that the other process is gone
        found.refresh_from_db()
    assert (found.state, found.done) == ("done", 600)
    assert cells(table) == [[f"new {n}", n] for n in range(600)]
    take_back(table, undo)
    assert cells(table) == [["old", 1]] * 20


def test_cancelled_half_way_it_keeps_what_is_done_and_undo_takes_that_back(table: Table) -> None:
    before = cells(table)
    found = begun(table, choices=True, columns=True)
    bulk._take_step(found.pk)
    bulk._take_step(found.pk)
    bulk.cancel(found)
    assert (ended(found).state, found.done) == ("cancelled", 14)
    assert cells(table)[16][0] == "new 13" and cells(table)[17][0] == "Name 17"
    take_back(table, undo)
    assert cells(table) == before and len(table.live_columns()) == 4


def test_what_is_deleted_meanwhile_is_named(table: Table) -> None:
    found, bob = begun(table), make_user("bob")
    bulk._take_step(found.pk)
    edits.delete_rows(table, bob, [15, 16])
    schema.delete_column(table, bob, 2)
    ended(found)
    reasons = [problem["reason"] for problem in found.problems]
    assert "2 rows were deleted meanwhile; nothing was written there." in reasons
    assert reasons.count("A column was deleted meanwhile; what was meant for it was left out from there on.") == 1
    assert found.state == "done" and cells(table)[-1][0] == "new 29"
    for key in (1, 3, 4):
        schema.delete_column(table, bob, key)
    assert ended(begun(table, at=0, columns=True, keys=[])).state == "done"
    last = begun(table, keys=[table.live_columns()[0].key], at=0)
    schema.delete_column(table, bob, table.live_columns()[0].key)
    assert ended(last).error == "The columns were deleted."


def test_cells_that_nothing_can_hold_are_misfits_of_a_large_paste_too(table: Table) -> None:
    hopeless = ["a\x00b", "half \ud83d", "x" * 5_000_000, "é" * 50_001]
    block = [[value, "1"] for value in hopeless] + [["good", value] for value in hopeless] + [["good", "2"]] * 9
    found = ended(begun(table, block, keys=[1, 2], at=0))
    assert found.state == "done" and found.misfits == 8
    assert [row[0] for row in cells(table)[:5]] == ["Name 0", "Name 1", "Name 2", "Name 3", "good"]
    reasons = {problem["number"]: problem["reason"] for problem in found.problems}
    assert reasons[1] == "Text cannot hold a NUL character."
    assert reasons[2] == "Text holds half of a character (a lone surrogate)."
    assert reasons[3] == "Text of 5,000,000 bytes is too long: a cell holds at most 100,000 bytes."
    assert "100,002 bytes is too long" in reasons[4] and "is not a number" in reasons[5]
    assert max(len(problem["text"]) for problem in found.problems) < 110


def test_only_the_first_misfits_are_listed_and_all_are_counted(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_LISTED", 10)
    found = ended(begun(table, [["x"]] * 30, keys=[2], at=0))
    assert found.misfits == 30 and [problem["number"] for problem in found.problems] == list(range(1, 11))
    assert found.versions and RowChange.objects.filter(version__in=found.versions).count() == 10, "the new rows, empty"


def test_what_was_kept_for_a_paste_that_is_given_up_is_swept_away(table: Table) -> None:
    living, lost = begun(table), begun(table)
    Bulk.objects.filter(pk=lost.pk).update(state="failed")
    tasks.sweep_bulks()
    assert set(PastedRows.objects.values_list("bulk", flat=True)) == {living.pk}


# --- Through HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(tasks.run_bulk, "delay", found.append)
    return found


def post(table: Table, block: Any, link: str = "", **data: Any) -> Any:
    file = SimpleUploadedFile("text", write_tsv(block).encode())
    where = {"from": 0, "to": 19, "version": table.version, "keys": "1,2", "rows": 1, **data}
    return client_of("bob").post(f"/t/{table.pk}/cells/paste/?{link}", {**where, "text": file})


def test_a_paste_above_the_limits_of_a_write_goes_to_a_worker(
    table: Table, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    block = [[f"cell “{n}”", str(n)] for n in range(10_001)]
    answer = post(table, block)
    assert (answer.status_code, answer.json()) == (202, {"bulk": sent[0], "text": "10,001 rows: under way."})
    monkeypatch.setattr(bulk, "BATCH_ROWS", 5_000)
    found = ended(Bulk.objects.get(pk=sent[0]))
    assert found.state == "done" and [row[:2] for row in cells(table)] == [[name, int(n)] for name, n in block]


def test_few_cells_over_many_rows_go_to_a_worker_and_few_over_few_do_not(table: Table, sent: list[int]) -> None:
    edits.add_rows(table, make_user("alice"), [{}] * 10_000)
    table.refresh_from_db()
    assert post(table, [["x", "1"]], to=10_009).status_code == 202
    assert post(table, [["x", "1"]]).status_code == 200 and len(sent) == 1


def test_in_a_sorted_view_rows_are_those_that_were_seen(table: Table, sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("tables.edits.paste"), "ROWS_LIMIT", 3)
    _, order = RowQuery(table, Definition(sorts=(Sort(2, True),))).standing()
    where = {"from": 2, "to": 6, "order": order}
    assert post(table, [["x"]], link="sort=-2", keys="1", **where).status_code == 202
    ended(Bulk.objects.get(pk=sent[0]))
    assert [n for n, row in enumerate(cells(table)) if row[0] == "x"] == [13, 14, 15, 16, 17]
    assert post(table, [["x"]], link="sort=-2", keys="1", **{**where, "order": "1.abcdef"}).status_code == 409


def test_a_text_that_is_none_leaves_nothing_behind(table: Table, sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_paste, "PIECE_ROWS", 5_000)
    text = (b"x" * 300 + b"\n") * 12_000 + b"\xff\xfe"
    where = {"from": 0, "to": 19, "version": table.version, "keys": "1", "rows": 1, "text": SimpleUploadedFile("text", text)}
    answer = client_of("bob").post(f"/t/{table.pk}/cells/paste/", where)
    assert answer.status_code == 422 and "not UTF-8" in answer.json()["error"]
    assert not sent and not Bulk.objects.exists() and not PastedRows.objects.exists()
    assert Change.objects.filter(table=table, action="paste").count() == 0
