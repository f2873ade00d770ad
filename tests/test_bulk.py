"""Actions on many rows: done once and whole however often their process is killed, shown by a bar, taken back as one."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection
from django.urls import reverse

from bases.models import Member
from bases.progress import State
from tables import bulk, edits, schema, tasks
from tables.edits.fill import plan
from tables.history import activity
from tables.models import Bulk, Change, RowChange, Table
from tables.query import RowQuery
from tables.undo import IsBulk, redo, undo
from tables.writes import Gone
from tests.conftest import ROOT, environment_of_tests
from tests.make import cells, client_of, make_table, make_user, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 7)


@pytest.fixture
def table() -> Table:
    return make_table(rows=[[f"Name {n}", n] for n in range(30)])


def all_ids(table: Table) -> list[int]:
    return RowQuery(Table.objects.get(pk=table.pk)).ids(0, 1_000)


def taken_back(table: Table, name: str, how: str) -> Bulk:
    """What a person's undo or redo of an action on many rows did."""
    user = make_user(name)
    with pytest.raises(IsBulk) as part:
        (undo if how == "undo" else redo)(table, user)
    found = bulk.take_back(table, user, how, part.value.bulk)
    bulk.run(found.pk)
    found.refresh_from_db()
    return found


def test_clear_fill_and_delete_are_done_in_batches_undone_and_done_again(table: Table) -> None:
    alice, before = make_user("alice"), cells(table)
    ids = all_ids(table)
    wanted = {
        "clear": [[None, n] for n in range(25)] + before[25:],
        "fill": [["Name 0", n] for n in range(25)] + before[25:],
        "delete": before[25:],
    }
    for begin in ("clear", "fill", "delete"):
        found = {
            "clear": lambda: bulk.clear(table, alice, ids[:25], [1]),
            "fill": lambda: bulk.fill(table, alice, plan(table, ids[:25], 0, [1], "down")),
            "delete": lambda: bulk.delete(table, alice, ids[:25]),
        }[begin]()
        bulk.run(found.pk)
        found.refresh_from_db()
        assert (found.state, found.done, len(found.versions)) == ("done", 24 if begin == "fill" else 25, 4)
        assert bytes(found.ids) == b""
        assert cells(table) == wanted[begin]
        assert taken_back(table, "alice", "undo").state == "done"
        assert cells(table) == before
        assert taken_back(table, "alice", "redo").state == "done"
        assert cells(table) == wanted[begin]
        taken_back(table, "alice", "undo")
        assert cells(table) == before
        assert sorted(all_ids(table)) == ids
    with pytest.raises(Gone, match="nothing to undo"):
        undo(table, make_user("bob"))


def test_rows_are_duplicated_and_moved_in_batches_undone_and_done_again(table: Table) -> None:
    alice, before, ids = make_user("alice"), cells(table), all_ids(table)
    picked = before[2:22]
    for begin, wanted in (
        (lambda: bulk.duplicate(table, alice, ids[2:22], ids[21]), [*before[:22], *picked, *before[22:]]),
        (lambda: bulk.duplicate(table, alice, ids[10:], ids[-1]), [*before, *before[10:]]),
        (lambda: bulk.move(table, alice, ids[2:22], above=ids[25]), [*before[:2], *before[22:25], *picked, *before[25:]]),
        (lambda: bulk.move(table, alice, ids[2:22], below=ids[29]), [*before[:2], *before[22:], *picked]),
        (lambda: bulk.move(table, alice, ids[2:22], above=ids[0]), [*picked, *before[:2], *before[22:]]),
    ):
        found = begin()
        bulk.run(found.pk)
        found.refresh_from_db()
        assert (found.state, found.done, len(found.versions)) == ("done", 20, 3), found.error
        assert cells(table) == wanted
        assert taken_back(table, "alice", "undo").state == "done"
        assert cells(table) == before
        assert taken_back(table, "alice", "redo").state == "done"
        assert cells(table) == wanted
        taken_back(table, "alice", "undo")
        assert cells(table) == before and all_ids(table) == ids


def test_rows_that_come_go_and_move_between_the_writes_of_a_duplication_do_not_stop_it(table: Table) -> None:
    alice, bob, ids = make_user("alice"), make_user("bob"), all_ids(table)
    found = bulk.duplicate(table, alice, ids[:21], ids[20])
    assert bulk._take_step(found.pk)
    found.refresh_from_db()
    # One lands on the very place of a copy that is still to come, its source or not; others go.
    start, step = found.params["room"]
    with connection.cursor() as cursor:
        moved = [(start + step * 9, ids[8]), (start + step * 10, ids[25])]
        cursor.executemany(
            "UPDATE tables_row SET position = %s WHERE table_id = %s AND id = %s", [(at, table.pk, i) for at, i in moved]
        )
    edits.delete_rows(table, bob, [ids[9], ids[20]])
    bulk.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.done) == ("done", 21)
    names = [name for name, _ in cells(table)]
    assert sorted(names) == sorted(
        [f"Name {n}" for n in range(30) if n not in (9, 20)] + [f"Name {n}" for n in range(20) if n != 9]
    )
    # What it was to stand beside is gone before the first write: copies come last, a move ends with a sentence.
    ids = all_ids(table)
    copy, move = bulk.duplicate(table, alice, ids[:8], ids[7]), bulk.move(table, alice, ids[:7], below=ids[7])
    edits.delete_rows(table, bob, [ids[7]])
    for each in (copy, move):
        bulk.run(each.pk)
        each.refresh_from_db()
    assert copy.state == "done" and cells(table)[-7:] == cells(table)[:7]
    assert move.state == "failed" and "was deleted" in move.error


def test_what_somebody_else_changed_meanwhile_is_left_and_counted(table: Table) -> None:
    found = bulk.clear(table, make_user("alice"), all_ids(table), [1, 2])
    bulk.run(found.pk)
    edits.set_cell(table, make_user("bob"), 3, 1, "Bob's", 2**40)
    back = taken_back(table, "alice", "undo")
    assert back.params["left"] == 1
    assert cells(table)[2] == ["Bob's", 2] and cells(table)[3] == ["Name 3", 3]


def test_killed_between_any_two_writes_no_row_is_done_twice(table: Table) -> None:
    found = bulk.delete(table, make_user("alice"), all_ids(table)[:25])
    assert bulk._take_step(found.pk) and bulk._take_step(found.pk)
    assert len(cells(table)) == 30 - 14
    bulk.run(found.pk)
    assert len(cells(table)) == 5
    assert RowChange.objects.filter(table=table, after__isnull=True).values("row_id").distinct().count() == 25
    assert Change.objects.filter(table=table, action="delete rows").count() == 4


def test_kill_9_in_the_middle_and_a_sweep_later_all_is_done() -> None:
    table = make_table(rows=3_000)
    found = bulk.clear(table, make_user("alice"), all_ids_of(table), [1])
    code = f"import django; django.setup(); from tables import bulk; bulk.BATCH_ROWS = 10; bulk.run({found.pk})"
    environment = {**os.environ, **environment_of_tests()}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)
    end = time.monotonic() + 30
    while Bulk.objects.get(pk=found.pk).done < 300 and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found.refresh_from_db()
    assert 300 <= found.done < 3_000 and found.state == "running"
    Bulk.objects.filter(pk=found.pk).update(alive_at="2026-01-01T00:00:00Z")
    assert wait_quiet() == [found.pk]
    bulk.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.done) == ("done", 3_000)
    assert all(name is None for name, *_ in cells(table))
    assert RowChange.objects.filter(table=table, after__has_key="1", before__isnull=False).count() <= 3_000


def all_ids_of(table: Table) -> list[int]:
    return RowQuery(Table.objects.get(pk=table.pk)).ids(0, 10_000)


def wait_quiet() -> list[int]:
    """PostgreSQL notices within moments that a killed process is gone, and lets go of its lock."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if found := bulk.quiet():
            return found
        time.sleep(0.05)
    return []


def test_one_that_loses_its_process_again_and_again_is_given_up(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "QUIET_SECONDS", -1)
    found = bulk.delete(table, make_user("alice"), all_ids(table))
    assert [bulk.quiet() for _ in range(4)] == [[found.pk]] * 3 + [[]]
    found.refresh_from_db()
    assert found.state == "failed" and "its process ended 4 times" in found.error


def test_cancelled_half_way_it_stops_says_so_and_can_be_undone(table: Table) -> None:
    before = cells(table)
    found = bulk.clear(table, make_user("alice"), all_ids(table), [1])
    bulk._take_step(found.pk)
    bulk.cancel(found)
    bulk.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.error) == ("cancelled", "Cancelled after 7 of 30 rows.")
    taken_back(table, "alice", "undo")
    assert cells(table) == before


def test_who_is_no_editor_any_more_changes_nothing_more(table: Table) -> None:
    found = bulk.clear(table, make_user("bob"), all_ids(table), [1])
    bulk._take_step(found.pk)
    Member.objects.filter(base=table.base, user=make_user("bob")).update(role=10)
    bulk.run(found.pk)
    found.refresh_from_db()
    assert found.state == "failed" and found.done == 7 and "may not change" in found.error


def test_a_column_and_a_table_deleted_meanwhile_end_it_with_a_sentence(table: Table) -> None:
    found = bulk.clear(table, make_user("alice"), all_ids(table), [1])
    bulk._take_step(found.pk)
    schema.delete_column(table, make_user("alice"), 1)
    bulk.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.error) == ("failed", "The columns were deleted.")
    found = bulk.delete(table, make_user("alice"), all_ids(table))
    table.trash()
    bulk.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.error) == ("failed", "This table was deleted.")


def test_what_is_under_way_cannot_be_undone_and_one_person_has_few_at_once(table: Table) -> None:
    alice = make_user("alice")
    found = bulk.clear(table, alice, all_ids(table), [1])
    bulk._take_step(found.pk)
    with pytest.raises(IsBulk) as part:
        undo(table, alice)
    with pytest.raises(Gone, match="still under way"):
        bulk.take_back(table, alice, "undo", part.value.bulk)
    for _ in range(bulk.MOST_OPEN - 1):
        bulk.clear(table, alice, all_ids(table), [1])
    with pytest.raises(bulk.TooBusy, match="4 actions of yours"):
        bulk.clear(table, alice, all_ids(table), [1])
    bulk.clear(table, make_user("bob"), all_ids(table), [1])


def test_in_the_browser_it_is_begun_watched_cancelled_and_undone(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_bulk, "delay", sent.append)
    alice, before = client_of("alice"), cells(table)
    where = {"from": "0", "to": "29", "version": str(table.version)}
    answer = alice.post(reverse("begin_bulk", args=[table.pk]), {**where, "action": "fill", "keys": "2", "direction": "across"})
    assert answer.status_code == 422 and "A direction is one of" in answer.json()["error"]
    answer = alice.post(reverse("begin_bulk", args=[table.pk]), {**where, "action": "clear", "keys": "1,2"})
    assert answer.status_code == 202 and sent == [answer.json()["bulk"]]
    bar = reverse("bulk_bar", args=[table.pk, sent[0]])
    assert "Waiting for a worker" in text(alice.get(bar)) and "Clearing cells" in text(
        alice.get(reverse("table_bulks", args=[table.pk]))
    )
    bulk._take_step(sent[0])
    assert "7 of 30 rows" in text(alice.get(bar))
    assert "Cancelling" in text(alice.post(reverse("cancel_bulk", args=[table.pk, sent[0]])))
    bulk.run(sent[0])
    page = alice.get(bar)
    assert "Cancelled after 7 of 30 rows." in text(page) and page["HX-Trigger"] == "grid:refresh"
    answer = alice.post(reverse("undo", args=[table.pk]))
    assert answer.status_code == 202 and len(sent) == 2
    bulk.run(sent[1])
    assert "Taken back: 7 rows." in text(alice.get(reverse("bulk_bar", args=[table.pk, sent[1]])))
    assert cells(table) == before
    table.refresh_from_db()
    edits.delete_rows(table, make_user("bob"), [5])
    answer = alice.post(reverse("begin_bulk", args=[table.pk]), {**where, "action": "delete"})
    assert answer.status_code == 409 and "added or deleted meanwhile" in answer.json()["error"]


def test_the_search_index_is_set_aside_meanwhile_and_made_again(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    from tables import indexes

    monkeypatch.setattr(indexes, "SEARCH_ROWS", 0)
    indexes.tend(table.pk)
    assert indexes.answering(table.pk, [])[0]
    found = bulk.clear(table, make_user("alice"), all_ids(table), [1])
    monkeypatch.setattr(tasks.tend_table, "delay", lambda table_id: None)
    tasks.run_bulk(found.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [indexes.search_name(table.pk)])
        assert cursor.fetchone() == (None,)
    indexes.tend(table.pk)
    assert indexes.answering(table.pk, [])[0]
    assert found.state == State.QUEUED


def test_in_the_tables_activity_it_is_one_entry_with_all_its_rows(table: Table) -> None:
    before = len(activity(table).entries)
    found = bulk.clear(table, make_user("alice"), all_ids(table), [1])
    assert bulk._take_step(found.pk)
    assert [(entry.rows, entry.what) for entry in activity(table).entries[:1]] == [(7, "cleared “Name” in 7 rows")]
    edits.set_cell(table, make_user("bob"), 30, 2, "7", 2**40)
    bulk.run(found.pk)
    assert [entry.rows for entry in activity(table).entries[:2]] == [1, 30], "it stands where it began"
    taken_back(table, "alice", "undo")
    entries = activity(table).entries
    assert len(entries) == before + 3
    assert [(entry.rows, entry.what, entry.undone) for entry in (entries[0], entries[2])] == [
        (30, "took back a clearing of cells (30 rows)", False),
        (30, "cleared “Name” in 30 rows", True),
    ]
