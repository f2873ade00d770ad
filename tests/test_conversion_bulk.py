"""Changing the kind of a column of many cells: one action in the background, whatever happens meanwhile."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tables import bulk, edits, schema
from tables.conversion import change as conversion_change
from tables.conversion.change import change_kind
from tables.models import Bulk, Table
from tables.undo import IsBulk, redo, undo
from tests.converting import column_of, one_column, whole
from tests.make import cells, client_of, make_user, text

ALL_AT_ONCE = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 7)
    monkeypatch.setattr(conversion_change, "ONE_WRITE", 10)


def begun(table: Table, kind: str = "number", options: dict[str, Any] | None = None, name: str = "alice") -> Bulk:
    found = change_kind(table, make_user(name), 1, kind, options or {})[1]
    assert found is not None
    return found


def ended(found: Bulk) -> Bulk:
    bulk.run(found.pk)
    found.refresh_from_db()
    return found


def taken_back(table: Table, how: str) -> Bulk:
    """What alice's undo or redo of a large change did."""
    with pytest.raises(IsBulk) as part:
        (undo if how == "undo" else redo)(table, make_user("alice"))
    return ended(bulk.take_back(table, make_user("alice"), how, part.value.bulk))


def texts(rows: int = 30) -> list[Any]:
    return [None if n % 10 == 9 else "junk" if n % 5 == 0 else str(n) for n in range(rows)]


@ALL_AT_ONCE
def test_a_large_change_is_one_action_undone_and_done_again(small_writes: None) -> None:
    table = one_column("text", texts())
    before = whole(table)
    found = begun(table)
    assert (found.total, found.done, len(found.versions)) == (27, 0, 1)
    assert column_of(table).kind == "number"
    assert (ended(found).state, found.done, len(found.versions)) == ("done", 27, 5)
    after = whole(table)
    assert [row[0] for row in cells(table)][:6] == ["junk", 1, 2, 3, 4, "junk"]
    assert taken_back(table, "undo").state == "done"
    assert whole(table) == before
    assert taken_back(table, "redo").state == "done"
    assert whole(table) == after
    taken_back(table, "undo")
    assert whole(table) == before


@ALL_AT_ONCE
def test_what_is_written_meanwhile_is_not_converted_a_second_time(small_writes: None) -> None:
    table, bob = one_column("text", ["50" for _ in range(20)]), make_user("bob")
    found = begun(table, "percent")
    bulk._take_step(found.pk)
    edits.set_cell(table, bob, 20, 1, "50%", 2**40)
    edits.set_cell(table, bob, 19, 2, "another column", 2**40)
    ended(found)
    assert [row[0] for row in cells(table)] == [0.5] * 20
    back = taken_back(table, "undo")
    assert back.params.get("left", 0) == 0
    assert [row[0] for row in cells(table)] == ["50"] * 19 + ["50%"]


@ALL_AT_ONCE
@pytest.mark.parametrize("by", ["alice", "bob"])
def test_a_column_that_gets_another_kind_meanwhile_ends_it(small_writes: None, by: str) -> None:
    table = one_column("text", texts())
    before = whole(table)
    first = begun(table)
    bulk._take_step(first.pk)
    second = begun(table, "long_text", name=by)
    assert ended(first).state == "failed"
    assert first.error == "Stopped after 7 of 27 rows: the column got another kind meanwhile."
    assert ended(second).state == "done"
    assert [row[0] for row in cells(table)] == [row[0] for row in before[1]]
    if by == "alice":
        taken_back(table, "undo")
        assert column_of(table).kind == "number"
        taken_back(table, "undo")
        assert whole(table) == before
    else:
        kept = taken_back(table, "undo")
        assert kept.params["sentences"] == ["The column “What” keeps its kind: somebody else has changed it later."]
        assert column_of(table).kind == "long_text"


@ALL_AT_ONCE
def test_a_column_or_a_table_deleted_meanwhile_ends_it(small_writes: None) -> None:
    table, alice = one_column("text", texts()), make_user("alice")
    before = whole(table)
    found = begun(table)
    bulk._take_step(found.pk)
    schema.delete_column(table, alice, 1)
    assert ended(found).error == "Stopped after 7 of 27 rows: the column was deleted."
    undo(table, alice)
    taken_back(table, "undo")
    assert whole(table) == before
    found = begun(table)
    bulk._take_step(found.pk)
    table.trash()
    assert ended(found).error == "This table was deleted."


@ALL_AT_ONCE
def test_moments_are_read_in_the_time_zone_of_whoever_began_it(small_writes: None) -> None:
    table = one_column("text", ["2026-07-15 08:30"] * 11)
    with timezone.override(ZoneInfo("Europe/Berlin")):
        found = begun(table, "datetime")
    ended(found)
    assert {row[0] for row in cells(table)} == {"2026-07-15T06:30:00Z"}


@ALL_AT_ONCE
def test_what_is_not_converted_yet_is_shown_as_what_it_was_both_ways(small_writes: None) -> None:
    table, vera = one_column("date", ["2026-04-03"] * 19 + ["junk"], {"format": "eu"}), client_of("vera")
    url = f"/t/{table.pk}/window/?start=0"

    def shown() -> tuple[int, int, int]:
        """How many cells of the column are converted, on their way, and do not fit."""
        page = text(vera.get(url))
        waiting = page.count('class="converting" title="This value is being converted">03.04.2026<')
        return page.count("/2026<"), waiting, page.count('class="bad"')

    options = {"format": "eu", "clock": "24"}
    found = change_kind(table, make_user("alice"), 1, "checkbox", options)[1]
    assert found is not None
    assert shown() == (0, 19, 1), "“junk” did not fit before, either"
    assert "being converted" in text(vera.get(f"/t/{table.pk}/rows/1/"))
    ended(found)
    assert shown() == (0, 0, 20), "nothing converts, and nothing is waited for any more"
    undo_all = taken_back(table, "undo")
    assert undo_all.state == "done" and shown()[2] == 1


@ALL_AT_ONCE
def test_while_a_change_of_kind_is_taken_back_no_cell_is_shown_as_an_error(small_writes: None) -> None:
    table, vera = one_column("text", [str(n) for n in range(20)]), client_of("vera")
    ended(begun(table, "number"))
    with pytest.raises(IsBulk) as part:
        undo(table, make_user("alice"))
    found = bulk.take_back(table, make_user("alice"), "undo", part.value.bulk)
    seen = set()
    while bulk._take_step(found.pk):
        page = text(vera.get(f"/t/{table.pk}/window/?start=0"))
        assert 'class="bad"' not in page
        seen.add(page.count('class="converting"'))
    assert seen == {6, 13, 20, 0}
    assert column_of(table).kind == "text"
