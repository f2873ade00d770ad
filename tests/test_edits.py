"""The one door for writes: what an edit, an addition, a deletion and an undo promise."""

import pytest

from tables import edits, schema
from tables.columns.base import BadValue
from tables.models import Change, RowChange, Table
from tables.query import RowQuery
from tables.undo import undo
from tables.writes import Gone
from tests.make import cells, make_table, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2], ["Cem", 3]])


def version(table: Table, row_id: int) -> int:
    row = RowQuery(table).row(row_id)
    assert row is not None
    return row.version


def set_cell(table: Table, name: str, row_id: int, key: int, text: str, seen: int | None = None) -> int:
    return edits.set_cell(table, make_user(name), row_id, key, text, version(table, row_id) if seen is None else seen)


def test_an_edit_is_stored_as_the_kind_reads_it(table: Table) -> None:
    set_cell(table, "alice", 2, 2, "1,234.5")
    assert cells(table)[1] == ["Ben", 1234.5]


def test_clearing_a_cell_leaves_no_key_behind(table: Table) -> None:
    set_cell(table, "alice", 2, 2, "")
    row = RowQuery(table).row(2)
    assert row is not None and row.data == {"1": "Ben"}


def test_every_write_raises_the_version_by_one_and_leaves_one_record(table: Table) -> None:
    before = table.version
    set_cell(table, "alice", 1, 1, "Anna")
    edits.add_rows(table, make_user("bob"), [{}])
    edits.delete_rows(table, make_user("alice"), [3])
    table.refresh_from_db()
    assert table.version == before + 3
    changes = Change.objects.filter(table=table, version__gt=before).order_by("version").values_list("version", "action", "rows")
    assert list(changes) == [(before + 1, "set cells", 1), (before + 2, "add rows", 1), (before + 3, "delete rows", 1)]
    record = RowChange.objects.get(table=table, version=before + 1)
    assert (record.row_id, record.before, record.after) == (1, {"1": "Ann"}, {"1": "Anna"})


def test_a_value_that_does_not_fit_changes_nothing(table: Table) -> None:
    before = table.version
    with pytest.raises(BadValue):
        set_cell(table, "alice", 1, 2, "many")
    table.refresh_from_db()
    assert table.version == before
    assert cells(table)[0] == ["Ann", 1]


def test_a_cell_somebody_else_changed_is_a_conflict_and_another_cell_is_not(table: Table) -> None:
    seen = version(table, 1)
    set_cell(table, "bob", 1, 1, "Bob was here")
    with pytest.raises(edits.Conflict) as conflict:
        set_cell(table, "alice", 1, 1, "Alice was here", seen)
    assert conflict.value.current == "Bob was here"
    set_cell(table, "alice", 1, 2, "7", seen)
    assert cells(table)[0] == ["Bob was here", 7]


def test_editing_what_is_gone_says_so(table: Table) -> None:
    seen = version(table, 3)
    edits.delete_rows(table, make_user("bob"), [3])
    with pytest.raises(Gone, match="row"):
        set_cell(table, "alice", 3, 1, "late", seen)
    schema.delete_column(table, make_user("bob"), 2)
    with pytest.raises(Gone, match="column"):
        set_cell(table, "alice", 1, 2, "9")
    table.trash()
    with pytest.raises(Gone, match="table"):
        set_cell(table, "alice", 1, 1, "late")


def test_a_column_rowan_fills_in_is_not_editable(table: Table) -> None:
    column = schema.add_column(table, make_user("alice"), "Made", "created_time", {})
    with pytest.raises(BadValue, match="Made"):
        set_cell(table, "alice", 1, column.key, "2020-01-01")


def test_undo_takes_back_the_last_change_of_that_person_only(table: Table) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    set_cell(table, "alice", 1, 1, "Anna")
    set_cell(table, "bob", 2, 1, "Benno")
    undo(table, alice)
    assert cells(table) == [["Ann", 1], ["Benno", 2], ["Cem", 3]]
    with pytest.raises(Gone):
        undo(table, alice)
    undo(table, bob)
    assert cells(table) == [["Ann", 1], ["Ben", 2], ["Cem", 3]]


def test_undo_of_a_deletion_brings_rows_back_whole_and_in_place(table: Table) -> None:
    before = RowQuery(table).window(0, 10)
    edits.delete_rows(table, make_user("alice"), [1, 2])
    assert cells(table) == [["Cem", 3]]
    done = undo(table, make_user("alice"))
    assert done.rows == 2
    after = RowQuery(table).window(0, 10)
    assert [(r.id, r.data, r.created_at) for r in after] == [(r.id, r.data, r.created_at) for r in before]


def test_undo_of_an_addition_removes_the_rows(table: Table) -> None:
    edits.add_rows(table, make_user("alice"), [{"1": "New"}])
    undo(table, make_user("alice"))
    assert len(cells(table)) == 3


def test_an_edit_by_bob_is_never_undone_by_alices_undo(table: Table) -> None:
    set_cell(table, "alice", 1, 1, "Anna")
    set_cell(table, "bob", 1, 1, "Bob was here")
    done = undo(table, make_user("alice"))
    assert done.skipped == [1] and "somebody else" in done.text
    assert cells(table)[0] == ["Bob was here", 1]


def test_a_row_alice_added_and_bob_filled_in_survives_alices_undo(table: Table) -> None:
    (row_id,) = edits.add_rows(table, make_user("alice"), [{}])
    set_cell(table, "bob", row_id, 1, "Filled in")
    assert undo(table, make_user("alice")).skipped == [row_id]
    assert cells(table)[3] == ["Filled in", None]


def test_undo_of_several_own_edits_of_one_cell_goes_back_step_by_step(table: Table) -> None:
    for text in ("one", "two", "three"):
        set_cell(table, "alice", 1, 1, text)
    for expected in ("two", "one", "Ann"):
        undo(table, make_user("alice"))
        assert cells(table)[0][0] == expected


def test_too_many_rows_at_once_are_refused_by_name(table: Table) -> None:
    with pytest.raises(edits.TooMany, match="10,000"):
        edits.delete_rows(table, make_user("alice"), list(range(10_001)))
    assert len(cells(table)) == 3


def test_columns_are_metadata_and_touch_no_row(table: Table) -> None:
    alice = make_user("alice")
    versions = [r.version for r in RowQuery(table).window(0, 10)]
    column = schema.add_column(table, alice, "Note", "text", {}, before=1)
    assert [c.name for c in table.live_columns()] == ["Note", "Name", "Amount"]
    schema.update_column(table, alice, column.key, name="Notes", description="Anything")
    schema.move_column(table, alice, column.key, None)
    assert [c.name for c in table.live_columns()] == ["Name", "Amount", "Notes"]
    schema.delete_column(table, alice, 1)
    assert cells(table) == [[1, None], [2, None], [3, None]]
    schema.restore_column(table, alice, 1)
    assert cells(table)[0] == ["Ann", 1, None]
    assert [r.version for r in RowQuery(table).window(0, 10)] == versions


def test_two_columns_cannot_have_one_name(table: Table) -> None:
    with pytest.raises(schema.BadSchema, match="amount"):
        schema.add_column(table, make_user("alice"), "amount", "number", {})


def test_a_column_can_be_moved_between_two_others_for_ever(table: Table) -> None:
    alice = make_user("alice")
    third = schema.add_column(table, alice, "C", "text", {})
    for turn in range(80):
        schema.move_column(table, alice, third.key if turn % 2 else 2, third.key if turn % 2 == 0 else 2)
        names = [c.name for c in table.live_columns()]
        assert names == (["Name", "C", "Amount"] if turn % 2 else ["Name", "Amount", "C"])


def test_queued_edits_of_one_person_do_not_hide_somebody_elses(table: Table) -> None:
    seen = version(table, 1)
    set_cell(table, "alice", 1, 1, "Alice one", seen)
    set_cell(table, "alice", 1, 1, "Alice two", seen)
    set_cell(table, "bob", 1, 1, "Bob", version(table, 1))
    with pytest.raises(edits.Conflict):
        set_cell(table, "alice", 1, 1, "Alice three", seen)
    assert cells(table)[0][0] == "Bob"


def test_a_range_is_deleted_as_it_was_seen_or_not_at_all(table: Table) -> None:
    seen = table.version
    edits.delete_rows(table, make_user("bob"), [1])
    with pytest.raises(edits.Moved):
        edits.delete_range(table, make_user("alice"), 0, 1, seen)
    count, now = edits.delete_range(table, make_user("alice"), 0, 0, seen + 1)
    assert count == 1 and now.row_count == 1 and cells(table) == [["Cem", 3]]
