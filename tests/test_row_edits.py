"""Rows inserted, duplicated and moved: where they stand then, at any number of repetitions, and how that is undone."""

import pytest

from tables import edits, places
from tables.edits import picked_ids, picked_range
from tables.models import Change, Table
from tables.query import RowQuery
from tables.undo import redo, undo
from tables.writes import Gone
from tests.make import cells, make_table, make_user
from tests.test_order import blocks_are_exact

pytestmark = pytest.mark.django_db


def lettered(letters: str) -> Table:
    return make_table(columns=[("L", "text", {})], rows=[[letter] for letter in letters])


def read(table: Table) -> str:
    return "".join(letter or "_" for (letter,) in cells(table))


def test_rows_are_inserted_above_and_below_any_row() -> None:
    table, alice = lettered("abc"), make_user("alice")
    edits.insert(table, alice, [{"1": "1"}, {"1": "2"}], above=1)
    edits.insert(table, alice, [{"1": "3"}], above=1)
    edits.insert(table, alice, [{"1": "4"}, {"1": "5"}], below=2)
    edits.insert(table, alice, [{"1": "6"}], below=3)
    edits.add_rows(table, alice, [{"1": "7"}])
    assert read(table) == "123ab45c67"
    blocks_are_exact(table)
    for expected in ("123ab45c6", "123ab45c", "123abc", "12abc", "abc"):
        undo(table, alice)
        assert read(table) == expected
    for _ in range(5):
        redo(table, alice)
    assert read(table) == "123ab45c67"
    with pytest.raises(Gone):
        edits.insert(table, alice, [{}], above=99)


def test_copies_stand_below_the_block_in_its_order() -> None:
    table, alice = lettered("abcd"), make_user("alice")
    ids = edits.duplicate_rows(table, alice, picked_ids([3, 2], "duplicated"))
    assert read(table) == "abccbd"
    assert len(ids) == 2 and table.row_count == 6
    undo(table, alice)
    table.refresh_from_db()
    edits.duplicate_rows(table, alice, picked_range(RowQuery(table), 1, 2, "", table.version, "duplicated"))
    assert read(table) == "abcbcd"
    undo(table, alice)
    assert read(table) == "abcd"


@pytest.mark.parametrize(
    ("ids", "where", "expected"),
    [
        ([1], {"below": 3}, "bcade"),
        ([5], {"above": 1}, "eabcd"),
        ([2, 4], {"above": 1}, "bdace"),
        ([1, 3], {"below": 5}, "bdeac"),
        ([2, 3], {"above": 3}, "abcde"),
        ([2, 3], {"below": 2}, "abcde"),
        ([3, 2], {"below": 2}, "acbde"),
        ([1, 2, 3, 4, 5], {"below": 3}, "abcde"),
        ([5, 4, 3, 2, 1], {"above": 3}, "edcba"),
    ],
)
def test_rows_are_moved_to_where_they_were_dropped(ids: list[int], where: dict[str, int], expected: str) -> None:
    table, alice = lettered("abcde"), make_user("alice")
    edits.move_rows(table, alice, picked_ids(ids, "moved"), **where)
    assert read(table) == expected
    blocks_are_exact(table)
    undo(table, alice)
    assert read(table) == "abcde"
    redo(table, alice)
    assert read(table) == expected
    edits.add_rows(table, alice, [{"1": "z"}])
    assert read(table) == expected + "z"


def test_any_number_of_rows_goes_between_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SPREAD_ROWS", 4)
    table, alice = lettered("ab"), make_user("alice")
    order = [1, 2]
    for turn in range(90):
        anchor = order[turn % 3 if turn % 3 < len(order) else 0]
        made = edits.insert(table, alice, [{}] * (1 if turn % 7 else 500), below=anchor)
        at = order.index(anchor) + 1
        order[at:at] = made
    table.refresh_from_db()
    assert RowQuery(table).ids(0, 10**6) == order
    assert Change.objects.filter(table=table, detail__has_key="spread").exists()
    blocks_are_exact(table)
    for _ in range(90):
        undo(table, alice)
    assert read(table) == "ab"
    blocks_are_exact(table)
    for _ in range(90):
        redo(table, alice)
    table.refresh_from_db()
    assert RowQuery(table).ids(0, 10**6) == order
    blocks_are_exact(table)


def test_a_row_deleted_before_its_neighbours_were_spread_out_comes_back_to_its_place() -> None:
    table, alice, bob = lettered("ab"), make_user("alice"), make_user("bob")
    (middle,) = edits.insert(table, alice, [{"1": "m"}], below=1)
    edits.delete_rows(table, alice, [middle])
    order = [1, 2]
    for _ in range(40):
        order[1:1] = edits.insert(table, bob, [{}], below=1)
    assert Change.objects.filter(table=table, detail__has_key="spread").exists()
    undo(table, alice)
    table.refresh_from_db()
    # Bob's first row took its place: it stands right behind that one.
    assert RowQuery(table).ids(0, 100) == [*order[:-1], middle, 2]
    blocks_are_exact(table)


def test_rows_picked_by_index_are_those_that_were_seen() -> None:
    table, alice = lettered("abc"), make_user("alice")
    seen = table.version
    edits.insert(table, make_user("bob"), [{}], above=1)
    with pytest.raises(edits.Moved):
        edits.duplicate_rows(table, alice, picked_range(RowQuery(table), 0, 0, "", seen, "duplicated"))
    assert read(table) == "_abc"
