"""Cut and paste: one change that writes here and empties there, whatever overlaps, but not what somebody else has changed."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from tables import bulk, edits, schema, tasks
from tables.clipboard import Block
from tables.edits import Allowed, Cut, Pasted, TooMany, cuts, large_paste, picked_ids
from tables.history import activity
from tables.models import Bulk, Change, Table
from tables.query import cache
from tables.undo import IsBulk, redo, undo
from tests.make import cells, client_of, make_table, make_user
from tests.make import text as page_of
from views_app.clipboard_views import FORGOTTEN

WIDTH, HEIGHT = 4, 5


def lettered() -> Table:
    columns: list[tuple[str, str, dict[str, Any]]] = [(name, "text", {}) for name in "ABCD"]
    return make_table(columns=columns, rows=[[f"{name}{n}" for name in "ABCD"] for n in range(1, HEIGHT + 1)])


def moved(table: Table, source: tuple[range, range], target: tuple[range, range], name: str = "alice", **more: Any) -> Pasted:
    """Cut the rows and columns (ids and keys) of `source` and paste them over those of `target`."""
    table.refresh_from_db()
    rows, keys = source
    block: Block = more.get("block") or [[cells(table)[row - 1][key - 1] or "" for key in keys] for row in rows]
    cut = Cut(list(rows), list(keys), more.get("seen", table.version), 0)
    picked = picked_ids(list(target[0]), "pasted")
    return edits.paste(table, make_user(name), block, list(target[1]), picked, Allowed(rows=True), cut)


@pytest.mark.django_db
def test_it_is_one_change_with_one_undo_and_one_entry() -> None:
    table, alice = lettered(), make_user("alice")
    before, changes = cells(table), Change.objects.filter(table=table).count()
    done = moved(table, (range(1, 3), range(1, 3)), (range(4, 6), range(3, 5)))
    assert (done.moved, done.cells, done.kept.count) == (True, 4, 0)
    after = cells(table)
    assert after[0] == [None, None, "C1", "D1"] and after[4] == ["A5", "B5", "A2", "B2"]
    assert Change.objects.filter(table=table).count() == changes + 1
    assert activity(table).entries[0].what == "moved cells of “A”, “B”, “C” and 1 more columns in 4 rows"
    undo(table, alice)
    assert cells(table) == before
    redo(table, alice)
    assert cells(table) == after


class Law(TransactionTestCase):
    @settings(max_examples=40)
    @given(data=st.data())
    def test_whatever_overlaps_the_target_wins_and_undo_brings_all_back(self, data: st.DataObject) -> None:
        table = lettered()
        before = cells(table)
        top, left = data.draw(st.integers(1, HEIGHT)), data.draw(st.integers(1, WIDTH))
        tall, wide = data.draw(st.integers(1, HEIGHT - top + 1)), data.draw(st.integers(1, WIDTH - left + 1))
        source = range(top, top + tall), range(left, left + wide)
        to, at = data.draw(st.integers(1, HEIGHT)), data.draw(st.integers(1, WIDTH - wide + 1))
        target = range(to, min(to + tall, HEIGHT + 1)), range(at, at + wide)
        wanted = [list(row) for row in before] + [[None] * WIDTH for _ in range(to + tall - 1 - HEIGHT)]
        for row in source[0]:
            for key in source[1]:
                wanted[row - 1][key - 1] = None
        for n in range(tall):
            for m in range(wide):
                wanted[to - 1 + n][at - 1 + m] = before[top - 1 + n][left - 1 + m]
        assert moved(table, source, target).moved
        assert cells(table) == wanted
        undo(table, make_user("alice"))
        assert cells(table) == before


@pytest.mark.django_db
def test_what_somebody_else_changed_since_the_cut_stays_and_is_named() -> None:
    table, bob = lettered(), make_user("bob")
    seen = table.version
    edits.set_cell(table, bob, 1, 1, "Bob's", seen)
    edits.set_cell(table, bob, 3, 1, "Bob's too", seen)  # which the paste writes over
    edits.set_cell(table, make_user("alice"), 2, 1, "my own", seen)
    edits.delete_rows(table, bob, [5])
    done = moved(table, (range(1, 4), range(1, 2)), (range(3, 5), range(1, 2)), seen=seen, block=[["A1"], ["A2"], ["A3"]])
    assert [row[0] for row in cells(table)] == ["Bob's", None, "A1", "A2", "A3"]
    (problem,) = done.kept.problems
    assert (problem["number"], problem["column"], problem["text"]) == (1, "A", "Bob's") and "since you cut it" in problem[
        "reason"
    ]
    undo(table, make_user("alice"))
    assert [row[0] for row in cells(table)] == ["Bob's", "my own", "Bob's too", "A4"]


@pytest.mark.django_db
def test_nothing_is_emptied_unless_all_of_it_was_written() -> None:
    table = make_table(rows=[["Ann", 1], ["Bob", 2], ["Cid", 3]])
    done = moved(table, (range(1, 3), range(1, 2)), (range(1, 3), range(2, 3)))
    assert (done.moved, done.report.count, done.cells) == (False, 2, 0) and cells(table) == [["Ann", 1], ["Bob", 2], ["Cid", 3]]
    edits.delete_rows(table, make_user("bob"), [3])
    done = moved(table, (range(1, 3), range(1, 2)), (range(2, 4), range(1, 2)))
    assert not done.moved and done.report.problems[0]["reason"] == "1 row was deleted meanwhile; nothing was written there."
    assert cells(table) == [["Ann", 1], ["Ann", 2]]
    schema.delete_column(table, make_user("bob"), 1)
    done = moved(table, (range(1, 2), range(2, 3)), (range(2, 3), range(2, 3)), block=[["7"]])
    assert done.moved and cells(table) == [[None], [7]]
    with pytest.raises(TooMany):
        edits.paste(table, make_user("bob"), [["1"]], [2], picked_ids([1], "pasted"), Allowed(), Cut(range(9_000), range(30), 1))


@pytest.mark.django_db
def test_through_http_it_is_told_in_a_sentence() -> None:
    table, bob = lettered(), client_of("bob")
    copied = bob.get(f"/t/{table.pk}/cells/copy/", {"ids": "1,2", "keys": "1", "cut": "1"}).json()
    assert copied["ids"] == [1, 2] and copied["version"] == table.version
    edits.set_cell(table, make_user("alice"), 2, 1, "Alice's", 2**40)
    cut = {"cut_ids": "1,2", "cut_keys": "1", "cut_version": copied["version"], "cut_at": 0}
    url, where = f"/t/{table.pk}/cells/paste/", {"ids": "3,4", "keys": "2", "text": copied["text"]}
    answer = bob.post(url, {**where, **cut}).json()
    assert answer["text"] == "2 cells moved; 1 cell that somebody else has changed since you cut stayed as well"
    assert (answer["moved"], answer["problem_count"], answer["problems"][0]["number"]) == (True, 1, 2)
    assert [row[:2] for row in cells(table)[:4]] == [[None, "B1"], ["Alice's", "B2"], ["A3", "A1"], ["A4", "A2"]]
    gone = bob.post(url, {**where, **cut, "ids": "99", "text": "x"}).json()
    assert gone["text"].endswith("; what you cut is still where it was") and gone["moved"] is False
    assert bob.post(url, {**where, **cut, "cut_version": "x"}).status_code == 422
    assert bob.post(url, {**where, **cut, "cut_ids": "1,x"}).status_code == 422


# --- More than one write takes -------------------------------------------------------------------------------------------


def moved_by_a_worker(table: Table, block: Block, target: tuple[range, range], cut: Cut) -> Bulk:
    rows, keys = target
    return ran(bulk.paste(table, make_user("alice"), block, list(rows), list(keys), 0, Allowed(rows=True), cut))


def ran(found: Bulk) -> Bulk:
    bulk.run(found.pk)
    found.refresh_from_db()
    return found


def take_back(table: Table, how: Any) -> Bulk:
    with pytest.raises(IsBulk) as part:
        how(table, make_user("alice"))
    return ran(bulk.take_back(table, make_user("alice"), how.__name__, part.value.bulk))


class LargeLaw(TransactionTestCase):
    @settings(max_examples=25)
    @given(data=st.data())
    def test_a_large_cut_ends_as_a_small_one_does_and_is_taken_back_as_one(self, data: st.DataObject) -> None:
        small, large = lettered(), lettered()
        before = cells(large)
        top, left = data.draw(st.integers(1, HEIGHT)), data.draw(st.integers(1, WIDTH))
        tall, wide = data.draw(st.integers(1, HEIGHT - top + 1)), data.draw(st.integers(1, WIDTH - left + 1))
        source = range(top, top + tall), range(left, left + wide)
        to, at = data.draw(st.integers(1, HEIGHT)), data.draw(st.integers(1, WIDTH - wide + 1))
        target = range(to, min(to + tall, HEIGHT + 1)), range(at, at + wide)
        block = [[before[row - 1][key - 1] or "" for key in source[1]] for row in source[0]]
        assert moved(small, source, target).moved
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bulk, "BATCH_ROWS", data.draw(st.integers(1, 4)))
            cut = Cut(list(source[0]), list(source[1]), large.version, top - 1)
            done = moved_by_a_worker(large, block, target, cut)
            assert (done.state, done.done, done.total, done.misfits) == ("done", 2 * tall, 2 * tall, 0)
            assert cells(large) == cells(small)
            assert activity(large).entries[0].what.startswith("moved cells of ")
            take_back(large, undo)
            assert cells(large) == before
            take_back(large, redo)
            assert cells(large) == cells(small)


@pytest.mark.django_db(transaction=True)
def test_a_large_cut_leaves_what_somebody_else_changed_also_while_it_is_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 2)
    table, bob = lettered(), make_user("bob")
    cut = Cut([1, 2, 3], [1], table.version, 0)
    found = bulk.paste(table, make_user("alice"), [["A1"], ["A2"], ["A3"]], [3, 4, 5], [2], 2, Allowed(), cut)
    bulk._take_step(found.pk)
    edits.set_cell(table, bob, 3, 1, "Bob's", 2**40)
    edits.delete_rows(table, bob, [1])
    assert ran(found).state == "done"
    assert [row[:2] for row in cells(table)] == [[None, "B2"], ["Bob's", "A1"], ["A4", "A2"], ["A5", "A3"]]
    (problem,) = found.problems
    assert (problem["number"], problem["column"], problem["text"]) == (3, "A", "Bob's")
    assert problem["reason"] == large_paste.TOUCHED


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_large_cut_is_emptied_unless_all_of_it_was_written_or_when_it_is_cancelled() -> None:
    table = make_table(rows=[["Ann", 1], ["Bob", 2], ["7", 3]])
    done = moved_by_a_worker(table, [["Ann"], ["7"]], (range(2, 4), range(2, 3)), Cut([1, 3], [1], table.version, 0))
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "7"] and cells(table)[2][1] == 7
    assert (done.state, done.misfits, done.done, done.params["sentences"]) == ("done", 1, 2, [large_paste.STAYED])
    found = bulk.paste(table, make_user("alice"), [["x"], ["y"]], [2, 3], [1], 0, Allowed(), Cut([1], [1], table.version, 0))
    bulk._take_step(found.pk)
    bulk.cancel(found)
    assert ran(found).state == "cancelled" and [row[0] for row in cells(table)] == ["Ann", "x", "y"]


@pytest.mark.django_db(transaction=True)
def test_through_http_a_large_cut_is_named_by_what_the_server_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_bulk, "delay", sent.append)
    table, bob = lettered(), client_of("bob")
    monkeypatch.setattr(import_module("tables.edits.paste"), "ROWS_LIMIT", 3)
    url = f"/t/{table.pk}/cells/copy/"
    copied = bob.get(url, {"from": "0", "to": "3", "version": str(table.version), "keys": "1", "cut": "1"})
    name, text = copied["Rowan-Cut"], copied.json()["text"]
    assert name and "ids" not in copied.json() and text == "A1\nA2\nA3\nA4"
    where: dict[str, Any] = {
        "from": 1,
        "to": 4,
        "version": table.version,
        "keys": "2",
        "text": text,
        "cut_keys": "1",
        "cut_at": 0,
    }
    answer = bob.post(f"/t/{table.pk}/cells/paste/", {**where, "cut": name})
    assert (answer.status_code, answer.json()["text"]) == (202, "4 rows: under way.")
    ran(Bulk.objects.get(pk=sent[0]))
    assert [row[:2] for row in cells(table)] == [[None, "B1"], [None, "A1"], [None, "A2"], [None, "A3"], ["A5", "A4"]]
    assert "Moved: 4 rows." in page_of(bob.get(f"/t/{table.pk}/bulk/{sent[0]}/"))
    # Nobody else's, of no other table, and not when it is forgotten: then what was cut stays, which is said.
    table.refresh_from_db()
    where["version"] = table.version
    again = bob.get(url, {"from": "0", "to": "3", "version": str(table.version), "keys": "1", "cut": "1"})["Rowan-Cut"]
    for client, token in ((client_of("alice"), again), (bob, "0" * 16), (bob, "x" * 999), (bob, name)):
        answer = client.post(f"/t/{table.pk}/cells/paste/", {**where, "cut": token})
        assert answer.json()["note"] == FORGOTTEN
    assert cuts.find(table, make_user("bob"), "\ud800", [1], 0) is None
    assert cuts.find(make_table(rows=[]), make_user("bob"), name, [1], 0) is None
    too_wide = {**where, "cut": again, "cut_keys": "1,2,3,4"}
    monkeypatch.setattr(import_module("tables.copying"), "CELLS_LIMIT", 15)
    assert "At most 15 cells" in bob.post(f"/t/{table.pk}/cells/paste/", too_wide).json()["error"]
    few = bob.post(f"/t/{table.pk}/cells/paste/", {"ids": "5", "keys": "2", "text": "x", "cut": "0" * 16, "cut_keys": "1"})
    assert few.json()["text"] == "1 cell pasted; what you cut is still where it was"


@pytest.mark.django_db(transaction=True)
def test_what_its_own_author_types_while_it_is_moved_stays_too_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 2)
    table = lettered()
    cut = Cut([1, 2, 3], [1, 2], table.version, 0)
    found = bulk.paste(table, make_user("alice"), [["x", "y"]] * 3, [2, 3, 4], [2, 3], 1, Allowed(), cut)
    bulk._take_step(found.pk)
    edits.set_cell(table, make_user("alice"), 3, 1, "typed meanwhile", 2**40)
    assert ran(found).state == "done"
    assert [row[:3] for row in cells(table)[:4]] == [
        [None, None, "C1"],
        [None, "x", "y"],
        ["typed meanwhile", "x", "y"],
        ["A4", "x", "y"],
    ]
    (problem,) = found.problems
    assert (problem["number"], problem["text"], problem["reason"]) == (3, "typed meanwhile", large_paste.TOUCHED)


@pytest.mark.django_db
def test_what_is_emptied_is_bounded_by_its_own_columns_and_an_older_paste_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_CELLS", 4)
    table = lettered()
    found = bulk.paste(table, make_user("alice"), [["x"]], [5], [1], 0, Allowed(), Cut([1, 2, 3], [1, 2, 3, 4], table.version, 0))
    bulk._take_step(found.pk)
    found.refresh_from_db()
    assert len(bulk._batch(found).ids) == 1
    before = bulk.paste(table, make_user("alice"), [["old"]], [5], [1], 0, Allowed())
    del before.params["pasted"]
    before.save()
    assert ran(before).state == "done" and cells(table)[4][0] == "old"


@pytest.mark.django_db
def test_without_redis_so_much_is_copied_and_not_cut(settings: Any) -> None:
    table, right = lettered(), settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    cache._client.cache_clear()
    try:
        assert cuts.keep(table, make_user("bob"), [1, 2]) == ""
        assert cuts.find(table, make_user("bob"), "", [1], 0) is None
    finally:
        settings.REDIS_URL = right
        cache._client.cache_clear()
        cache._asleep_until = 0.0


@pytest.mark.django_db
def test_an_action_on_no_rows_ends_at_once() -> None:
    table, alice = lettered(), make_user("alice")
    for found in (bulk.delete(table, alice, []), bulk.paste(table, alice, [["x"]], [], [1], 0, Allowed())):
        assert (ran(found).state, found.total, found.done) == ("done", 0, 0)
