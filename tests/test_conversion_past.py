"""Values from before a change of kind: what undo brings back fits the column of now, and history shows what was seen then."""

from typing import Any

import pytest

from tables import bulk, edits, history, schema
from tables.conversion import change as conversion_change
from tables.conversion.change import change_kind
from tables.edits import picked_ids
from tables.models import Change, Table
from tables.query import RowQuery
from tables.undo import IsBulk, redo, undo
from tests.converting import COLOURS, column_of, one_column, whole
from tests.make import cells, make_user


def first(table: Table) -> list[Any]:
    return [row[0] for row in cells(table)]


def changes_of(table: Table, row_id: int) -> list[tuple[str, str]]:
    """What the history of a row's first cell says, the newest first."""
    page = history.cell_history(table, row_id, 1)
    return [(cell.before, cell.after) for entry in page.entries for cell in entry.cells]


@pytest.mark.django_db
def test_deleted_rows_come_back_with_values_of_the_kind_that_the_column_has_now() -> None:
    table, alice, bob = one_column("text", ["12", "1,5", " ", "7", None]), make_user("alice"), make_user("bob")
    edits.delete_rows(table, alice, [1, 2, 3, 5])
    change_kind(table, bob, 1, "number", {})
    change_kind(table, bob, 1, "percent", {})
    undo(table, alice)
    assert cells(table) == [[12, "n"], ["1,5", "n"], [None, "n"], [7, "n"], [None, "n"]]
    assert "1" not in table_row(table, 3), "an empty cell is none"
    redo(table, alice)
    assert first(table) == [7]
    undo(table, alice)
    assert first(table) == [12, "1,5", None, 7, None]


def table_row(table: Table, row_id: int) -> Any:
    found = RowQuery(table).row(row_id)
    assert found is not None
    return found.data


@pytest.mark.django_db
def test_cleared_cells_come_back_with_values_of_the_kind_that_the_column_has_now() -> None:
    table, alice, bob = one_column("select", ["r", "b", "r"], COLOURS), make_user("alice"), make_user("bob")
    edits.clear(table, alice, picked_ids([1, 2], "cleared"), [1, 2])
    change_kind(table, bob, 1, "text", {})
    edits.set_cell(table, bob, 2, 1, "Bob's", 2**40)
    assert "Row 2 was left as it is" in undo(table, alice).text
    assert cells(table) == [["Red", "n"], ["Bob's", "n"], ["Red", "n"]]


@pytest.mark.django_db
def test_a_kind_that_came_and_went_converts_nothing() -> None:
    table, alice, bob = one_column("date", ["2026-04-03"], {"format": "us"}), make_user("alice"), make_user("bob")
    edits.delete_rows(table, alice, [1])
    change_kind(table, bob, 1, "text", {})
    undo(table, bob)
    undo(table, alice)
    assert first(table) == ["2026-04-03"]


@pytest.mark.django_db
def test_history_shows_values_by_the_kind_that_the_column_had_then() -> None:
    table, alice = one_column("select", ["r"], COLOURS), make_user("alice")
    edits.set_cell(table, alice, 1, 1, "Blue, dark", 2**40)
    change_kind(table, alice, 1, "text", {})
    edits.set_cell(table, alice, 1, 1, "0.5 %", 2**40)
    change_kind(table, alice, 1, "percent", {"decimals": "2"})
    undo(table, alice)
    redo(table, alice)
    schema.delete_column(table, alice, 1)
    assert changes_of(table, 1) == [
        ("0.5 %", "0.50%"),
        ("0.50%", "0.5 %"),
        ("0.5 %", "0.50%"),
        ("Blue, dark", "0.5 %"),
        ("Red", "Blue, dark"),
        ("", "Red"),
    ]


@pytest.mark.django_db
def test_a_value_of_a_kind_that_nobody_knows_any_more_is_shown_as_it_is_stored() -> None:
    table, alice = one_column("number", [1]), make_user("alice")
    change_kind(table, alice, 1, "text", {})
    change = Change.objects.get(table=table, version=table.version + 1)
    change.detail["columns"][0]["before"]["kind"] = "abacus"
    Change.objects.filter(table=table, version=change.version).update(detail=change.detail)
    assert changes_of(table, 1)[-1] == ("", "1")


@pytest.mark.django_db(transaction=True)
def test_of_a_large_change_every_part_is_shown_by_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 4)
    monkeypatch.setattr(conversion_change, "ONE_WRITE", 5)
    table, alice = one_column("select", ["r"] * 10, COLOURS), make_user("alice")
    before = whole(table)
    found = change_kind(table, alice, 1, "text", {})[1]
    assert found is not None
    bulk.run(found.pk)
    for how in (undo, redo, undo):
        with pytest.raises(IsBulk) as part:
            how(table, alice)
        bulk.run(bulk.take_back(table, alice, how.__name__, part.value.bulk).pk)
    assert whole(table) == before and column_of(table).kind == "select"
    for row_id in (1, 6, 10):
        assert changes_of(table, row_id) == [("", "Red")], "the same words before and after are no change to whoever reads them"
    edits.set_cell(table, alice, 10, 1, "Blue, dark", 2**40)
    assert changes_of(table, 10) == [("Red", "Blue, dark"), ("", "Red")]
