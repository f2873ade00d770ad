"""Undo and redo: per person, across any number of steps, never over somebody else's later change."""

import pytest

from tables import edits, schema
from tables.models import Table
from tables.undo import redo, undo
from tables.writes import Gone
from tests.make import cells, make_table, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2], ["Cem", 3]])


def set_cell(table: Table, name: str, row_id: int, key: int, text: str) -> None:
    edits.set_cell(table, make_user(name), row_id, key, text, 2**40)


def names(table: Table) -> list[str]:
    return [column.name for column in table.live_columns()]


def test_redo_does_again_what_undo_took_back_step_by_step(table: Table) -> None:
    alice = make_user("alice")
    for text in ("one", "two", "three"):
        set_cell(table, "alice", 1, 1, text)
    for step, expected in (
        (undo, "two"),
        (undo, "one"),
        (redo, "two"),
        (redo, "three"),
        (undo, "two"),
        (undo, "one"),
        (undo, "Ann"),
    ):
        step(table, alice)
        assert cells(table)[0][0] == expected
    with pytest.raises(Gone, match="nothing to undo"):
        undo(table, alice)
    for expected in ("one", "two", "three"):
        redo(table, alice)
        assert cells(table)[0][0] == expected
    with pytest.raises(Gone, match="nothing to redo"):
        redo(table, alice)


def test_a_new_change_ends_redo_and_another_persons_does_not(table: Table) -> None:
    alice = make_user("alice")
    set_cell(table, "alice", 1, 1, "Anna")
    undo(table, alice)
    set_cell(table, "bob", 2, 1, "Benno")
    redo(table, alice)
    undo(table, alice)
    set_cell(table, "alice", 3, 1, "Cemal")
    with pytest.raises(Gone, match="nothing to redo"):
        redo(table, alice)
    assert cells(table) == [["Ann", 1], ["Benno", 2], ["Cemal", 3]]


def test_what_somebody_else_changed_after_an_undo_is_not_done_again(table: Table) -> None:
    alice = make_user("alice")
    set_cell(table, "alice", 1, 1, "Anna")
    undo(table, alice)
    set_cell(table, "bob", 1, 1, "Bob was here")
    done = redo(table, alice)
    assert done.text == "Nothing was changed. Row 1 was left as it is: somebody else has changed it later."
    assert cells(table)[0][0] == "Bob was here"


def test_somebody_elses_change_that_they_took_back_themselves_is_in_nobodys_way(table: Table) -> None:
    set_cell(table, "alice", 1, 1, "Anna")
    set_cell(table, "bob", 1, 1, "Bob was here")
    undo(table, make_user("bob"))
    assert undo(table, make_user("alice")).skipped == []
    assert cells(table)[0][0] == "Ann"


def test_deleted_rows_come_back_and_are_deleted_again(table: Table) -> None:
    alice = make_user("alice")
    edits.delete_rows(table, alice, [1, 2])
    assert undo(table, alice).text == "Deleted rows restored (2 rows)."
    assert redo(table, alice).text == "Rows deleted again (2 rows)."
    assert cells(table) == [["Cem", 3]]
    undo(table, alice)
    assert cells(table) == [["Ann", 1], ["Ben", 2], ["Cem", 3]]


def test_columns_are_undone_with_their_values(table: Table) -> None:
    alice = make_user("alice")
    schema.delete_column(table, alice, 2)
    schema.update_column(table, alice, 1, name="Person", description="Who")
    made = schema.add_column(table, alice, "Note", "text", {}, before=1)
    schema.move_column(table, alice, made.key, None)
    before = [(names(table), cells(table))]
    for expected in (["Note", "Person"], ["Person"], ["Name"], ["Name", "Amount"]):
        assert undo(table, alice).columns_changed
        assert names(table) == expected
        before.append((expected, cells(table)))
    assert cells(table) == [["Ann", 1], ["Ben", 2], ["Cem", 3]]
    for expected_names, expected_cells in reversed(before[:-1]):
        redo(table, alice)
        assert (names(table), cells(table)) == (expected_names, expected_cells)
    assert table.live_columns().get(key=1).description == "Who"


def test_a_column_that_somebody_else_renamed_or_filled_in_stays(table: Table) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    schema.update_column(table, alice, 1, name="Person", description="Who")
    schema.update_column(table, bob, 1, name="Human")
    done = undo(table, alice)
    assert done.text == "Column changed back. The column “Human” keeps its name: somebody else has changed it later."
    column = table.live_columns().get(key=1)
    assert (column.name, column.description) == ("Human", "")
    made = schema.add_column(table, alice, "Note", "text", {})
    set_cell(table, "bob", 1, made.key, "mine")
    assert "“Note” stays" in undo(table, alice).text
    assert cells(table)[0] == ["Ann", 1, "mine"]


def test_a_deleted_column_whose_name_is_taken_stays_away_and_says_why(table: Table) -> None:
    alice = make_user("alice")
    schema.delete_column(table, alice, 2)
    schema.add_column(table, make_user("bob"), "Amount", "text", {})
    assert "another column of this name" in undo(table, alice).text
    assert names(table) == ["Name", "Amount"]


def test_making_a_table_cannot_be_undone(table: Table) -> None:
    alice = make_user("alice")
    made = schema.create_from_starter(table.base, alice, "Leads", "leads", rows=5)
    assert Table.objects.get(pk=made.pk).row_count == 5
    with pytest.raises(Gone):
        undo(made, alice)
