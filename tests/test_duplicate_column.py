"""A column duplicated: its copy, its values at any size, undo in one step, and what happens to the column meanwhile."""

from typing import Any

import pytest
from django.urls import reverse

from tables import bulk, edits, schema, tasks
from tables.bulk import TooBusy
from tables.conversion.change import change_kind
from tables.duplication import duplicate
from tables.duplication.duplicate import duplicate_column
from tables.edits import Edit
from tables.history import activity, cell_history
from tables.models import Bulk, Change, Column, Table
from tables.query import RowQuery
from tables.undo import redo, undo
from tables.writes import Gone
from tests.make import cells, client_of, make_table, make_user, text

pytestmark = pytest.mark.django_db(transaction=True)

CHOICES = {"options": [{"id": "a", "name": "Red", "color": "red"}, {"id": "b", "name": "Blue", "color": "blue"}]}


@pytest.fixture
def table() -> Table:
    rows = [[f"Name {n}", None if n % 5 == 4 else n, "a" if n % 2 else "b"] for n in range(30)]
    return make_table(
        columns=[("Name", "text", {}), ("Price", "number", {"decimals": 2}), ("Colour", "select", CHOICES)], rows=rows
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicate, "ROWS_LIMIT", 10)
    monkeypatch.setattr(bulk, "BATCH_ROWS", 7)


def names(table: Table) -> list[str]:
    return [column.name for column in table.live_columns()]


def large(table: Table, key: int = 2, name: str = "alice") -> Bulk:
    _, found = duplicate_column(table, make_user(name), key)
    assert found is not None
    return found


def ended(found: Bulk) -> Bulk:
    bulk.run(found.pk)
    found.refresh_from_db()
    return found


def test_the_copy_is_like_the_column_and_undo_takes_it_away_with_its_values_in_one_step(table: Table) -> None:
    alice, before = make_user("alice"), cells(table)
    schema.update_column(table, alice, 2, description="Without tax")
    schema.set_width(table, 2, 333)
    copy, job = duplicate_column(table, alice, 2)
    assert job is None and names(table) == ["Name", "Price", "Price copy", "Colour"]
    copy.refresh_from_db()
    wanted = ("number", {"decimals": 2, "thousands": False}, "Without tax", 333)
    assert (copy.kind, {"thousands": False, **copy.options}, copy.description, copy.width) == wanted
    with_copy = [[name, price, price, colour] for name, price, colour in before]
    assert cells(table) == with_copy
    assert undo(table, alice).text == "Copy of the column removed: “Price copy”."
    assert names(table) == ["Name", "Price", "Colour"] and cells(table) == before
    assert redo(table, alice).text == "Copy of the column made again: “Price copy”."
    assert cells(table) == with_copy
    undo(table, alice)
    assert cells(table) == before
    redo(table, alice)
    assert activity(table).entries[4].what == "duplicated the column “Price” as “Price copy” with its values in 24 rows"
    assert cell_history(table, 2, copy.key).entries[0].cells[0].after == "1.00"
    assert [duplicate_column(table, alice, key)[0].name for key in (2, copy.key, 3)] == [
        "Price copy 2",
        "Price copy 3",
        "Colour copy",
    ]
    assert names(table) == ["Name", "Price", "Price copy 2", "Price copy", "Price copy 3", "Colour", "Colour copy"]
    edits.set_cell(table, alice, 1, copy.key, "99", 2**40)
    assert cells(table)[0][:5] == ["Name 0", 0, 0, 99, 0]


def test_a_copy_that_somebody_else_writes_into_stays_whole_after_undo(table: Table) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    copy, _ = duplicate_column(table, alice, 2)
    edits.set_cell(table, bob, 1, copy.key, "77", 2**40)
    assert "stays: somebody else has changed it later" in undo(table, alice).text
    assert cells(table)[0][2] == 77 and cells(table)[3][2] == 3


def test_columns_that_fill_themselves_become_plain_ones_with_their_values() -> None:
    columns = [
        ("Name", "text", {}),
        ("No", "auto_number", {}),
        ("Made", "created_time", {"format": "eu"}),
        ("Changed", "modified_time", {}),
    ]
    table = make_table(columns=columns, rows=[["Ann"], ["Bob"]])
    rows = RowQuery(table).rows_of([1, 2])
    changed = [row.modified_at.strftime("%Y-%m-%dT%H:%M:%SZ") for row in rows]
    alice = make_user("alice")
    copies = [duplicate_column(table, alice, key)[0] for key in (4, 3, 2)]
    assert [copy.kind for copy in copies] == ["datetime", "datetime", "number"] and copies[1].options["format"] == "eu"
    data = [row.data for row in RowQuery(table).rows_of([1, 2])]
    assert [each[str(copies[0].key)] for each in data] == changed
    assert [each[str(copies[1].key)] for each in data] == [row.created_at.strftime("%Y-%m-%dT%H:%M:%SZ") for row in rows]
    assert [each[str(copies[2].key)] for each in data] == [1, 2]
    edits.set_cell(table, alice, 1, copies[2].key, "8", 2**40)


@pytest.mark.usefixtures("small")
def test_many_values_are_copied_in_batches_as_one_entry_and_undone_in_one_step(table: Table) -> None:
    alice, before, entries = make_user("alice"), cells(table), len(activity(table).entries)
    found = large(table)
    assert (found.total, names(table)) == (24, ["Name", "Price", "Price copy", "Colour"])
    assert bulk._take_step(found.pk)
    with pytest.raises(Gone, match="still under way"):
        undo(table, alice)
    assert (ended(found).state, found.done, len(found.versions)) == ("done", 24, 5)
    with_copy = [[name, price, price, colour] for name, price, colour in before]
    assert cells(table) == with_copy
    found_entries = activity(table).entries
    assert len(found_entries) == entries + 1
    assert found_entries[0].what == "duplicated the column “Price” as “Price copy” with its values in 24 rows"
    undo(table, alice)
    assert cells(table) == before
    assert Change.objects.filter(table=table, version__in=found.versions, undone_by=None).count() == 0
    redo(table, alice)
    assert cells(table) == with_copy
    undo(table, alice)
    assert cells(table) == before
    with pytest.raises(Gone, match="nothing to undo"):
        undo(table, alice)


@pytest.mark.usefixtures("small")
def test_what_happens_to_the_columns_meanwhile_ends_it_with_a_sentence(table: Table) -> None:
    alice, bob = make_user("alice"), make_user("bob")

    def after_one_step(happens: Any) -> str:
        found = large(table, 1)
        bulk._take_step(found.pk)
        happens(found.params["to"])
        assert ended(found).state == "failed"
        assert cells(table)[0][1] == "Name 0" or Column.objects.get(table=table, key=found.params["to"]).deleted_at
        return found.error

    assert after_one_step(lambda copy: change_kind(table, bob, 1, "long_text", {})) == (
        "Stopped after 7 of 30 rows: “Name” got another kind meanwhile."
    )
    assert after_one_step(lambda copy: change_kind(table, bob, copy, "text", {})) == (
        "Stopped after 7 of 30 rows: “Name copy 2” got another kind meanwhile."
    )
    assert (
        after_one_step(lambda copy: schema.delete_column(table, bob, copy)) == "Stopped after 7 of 30 rows: the copy was deleted."
    )
    found = large(table, 1)
    bulk._take_step(found.pk)
    schema.delete_column(table, bob, 1)
    assert ended(found).error == "Stopped after 7 of 30 rows: the column was deleted. “Name copy 3” keeps what was copied before."
    assert undo(table, alice).text.startswith("Copy of the column removed")
    assert "Name copy 3" not in names(table)


@pytest.mark.usefixtures("small")
def test_values_written_into_the_copy_meanwhile_and_new_options_are_kept(table: Table) -> None:
    bob = make_user("bob")
    found = large(table, 3)
    bulk._take_step(found.pk)
    edits.set_cell(table, bob, 20, found.params["to"], "Blue", 2**40)
    edits.set_cell(table, bob, 21, 3, "Green", 2**40, create=True)
    assert ended(found).state == "done"
    copy = Column.objects.get(table=table, key=found.params["to"])
    assert [choice["name"] for choice in copy.options["options"]] == ["Red", "Blue", "Green"]
    values = cells(table)
    assert values[19][2:] == ["a", "b"]
    green = copy.options["options"][2]["id"]
    assert values[20][2:] == [green, green]
    assert edits.set_cells(table, bob, [Edit(1, 3, "Green", 2**40)]).cells == 1


@pytest.mark.usefixtures("small")
def test_in_the_browser_it_is_one_post_and_a_bar(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_bulk, "delay", sent.append)
    client = client_of("bob")
    answer = client.post(reverse("duplicate_column", args=[table.pk, 2]))
    assert answer.json()["text"] == "“Price” was duplicated; its 24 values are copied in the background"
    bar = reverse("bulk_bar", args=[table.pk, sent[0]])
    assert "Copying a column" in text(client.get(reverse("table_bulks", args=[table.pk])))
    bulk.run(sent[0])
    assert "Column copied: 24 rows." in text(client.get(bar)) and 'data-grid-command="undo"' in text(client.get(bar))
    for _ in range(bulk.MOST_OPEN):
        duplicate_column(table, make_user("bob"), 2)
    assert len(names(table)) == 8
    with pytest.raises(TooBusy):
        duplicate_column(table, make_user("bob"), 2)
    assert client.post(reverse("duplicate_column", args=[table.pk, 2])).status_code == 422 and len(names(table)) == 8
    assert client.post(reverse("duplicate_column", args=[table.pk, 99])).status_code == 404
