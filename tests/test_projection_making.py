"""Projections while they are made: what people write meanwhile, and what a killed process leaves."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from tables import edits, indexes, projection_making, projections
from tables.models import Index, Table
from tables.query import RowQuery, Sort
from tables.undo import undo
from tests.make import make_user
from tests.projecting import by, large_table, relations_of, small_tables_count_as_large, somebody_else, there
from tests.test_projections_law import held_as_it_should_be, is_projected

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    small_tables_count_as_large(monkeypatch, settings)


@pytest.fixture
def table() -> Table:
    return large_table()


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    with somebody_else() as theirs:
        yield theirs


def test_while_one_is_made_people_write(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between all steps, and at the same time: cells, new rows, deleted ones, and ones that were deleted and are back."""
    alice = make_user("alice")
    stop, wrote, failures = threading.Event(), [0], []
    expected: dict[int, int] = {}  # what one writer alone has written last

    def write() -> None:
        try:
            while not stop.is_set():
                n = wrote[0]
                now = Table.objects.get(pk=table.pk)
                edits.set_cell(now, alice, 1 + n % 200, 2, str(n), 2**62)
                expected[1 + n % 200] = n
                if n % 3 == 0:
                    now = Table.objects.get(pk=table.pk)
                    some = [(201 + (n + m) % 40, n) for m in range(20)]
                    edits.set_cells(now, alice, [edits.Edit(row, 2, str(value), 2**62) for row, value in some])
                    expected.update(some)
                if n % 5 == 0:
                    edits.add_rows(Table.objects.get(pk=table.pk), alice, [{"1": f"new {n}"}])
                if n % 7 == 0:
                    edits.delete_rows(Table.objects.get(pk=table.pk), alice, [250 + n % 40])
                if n % 14 == 0:
                    undo(Table.objects.get(pk=table.pk), alice)
                wrote[0] += 1
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    slow = projection_making._Making._run

    def slowly(self: Any, statement: Any, **more: Any) -> None:
        slow(self, statement, **more)
        if not statement.startswith("UPDATE"):
            time.sleep(0.1)

    monkeypatch.setattr(projection_making._Making, "_run", slowly)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        deadline = time.monotonic() + 30
        while "ready" not in there(table).values() and time.monotonic() < deadline:
            indexes.tend(table.pk)
    finally:
        stop.set()
        writer.join()
    assert not failures and wrote[0] > 20
    assert list(there(table).values()) == ["ready"]
    table.refresh_from_db()
    assert held_as_it_should_be(table)
    assert {row.id: row.data["2"] for row in RowQuery(table).rows_of(list(expected))} == expected, "no edit is lost"


def test_rows_deleted_while_it_is_filled_are_not_in_it(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = projection_making._Making._fill

    def and_then(self: Any) -> str:
        since = fill(self)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM tables_row WHERE table_id = %s AND id IN (5, 6)", [table.pk])
            cursor.execute("UPDATE tables_row SET position = -1 WHERE table_id = %s AND id = 7", [table.pk])
        return since

    monkeypatch.setattr(projection_making._Making, "_fill", and_then)
    indexes.tend(table.pk)
    assert list(there(table).values()) == ["ready"] and held_as_it_should_be(table)


def test_more_changes_than_it_catches_up_with_leave_none(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection_making, "MOST_CHANGED", 2)
    fill = projection_making._Making._fill

    def and_then(self: Any) -> str:
        since = fill(self)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tables_row SET position = position WHERE table_id = %s AND id < 4", [table.pk])
        return since

    monkeypatch.setattr(projection_making._Making, "_fill", and_then)
    indexes.tend(table.pk)
    assert relations_of(table) == [] and not is_projected(by(table, Sort(1)))
    monkeypatch.setattr(projection_making._Making, "_fill", fill)
    indexes.tend(table.pk)
    assert there(table) == {}, "not again within the hour"
    assert indexes.answering(table.pk, []).search, "and its indexes are made all the same"
    Index.objects.filter(table=table).delete()
    indexes.tend(table.pk)
    assert list(there(table).values()) == ["ready"]


def test_who_writes_for_long_is_waited_for_another_time(
    table: Table, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection_making, "TRIGGER_WAIT", "200ms")
    monkeypatch.setattr(projection_making, "TRIGGER_PAUSES", (0.1, 0))
    monkeypatch.setattr(indexes, "SEARCH_ROWS", 10_000)  # an index waits for such a one, too
    monkeypatch.setattr(indexes, "LEARN_ROWS", 10_000)
    other.execute("UPDATE tables_row SET position = position WHERE table_id = %s AND id = 1", [table.pk])
    indexes.tend(table.pk)
    assert not is_projected(by(table, Sort(1)))
    other.rollback()
    Index.objects.filter(table=table).delete()
    indexes.tend(table.pk)
    assert list(there(table).values()) == ["ready"] and held_as_it_should_be(table)


def test_somebodys_forgotten_transaction_makes_no_row_look_changed(
    table: Table, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun before the rows came, and is under way: the snapshot begins with it, but shows them."""
    other.execute("SELECT pg_current_xact_id()")
    edits.add_rows(table, make_user("alice"), [{"1": f"later {n}"} for n in range(50)])
    table.refresh_from_db()
    monkeypatch.setattr(projection_making, "MOST_CHANGED", 10)
    assert projection_making.make(table, lambda projection: ()) is True
    assert list(there(table).values()) == ["ready"] and held_as_it_should_be(table)


@pytest.mark.parametrize("step", ["_fill", "_begin_to_follow", "_catch_up"])
def test_one_that_a_killed_process_left_is_never_read_and_made_anew(table: Table, step: str) -> None:
    whole = getattr(projection_making._Making, step)

    def killed(self: Any, *args: Any) -> None:
        whole(self, *args)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(projection_making._Making, step, killed)
        indexes.tend(table.pk)
    assert set(there(table).values()) == {""} and not is_projected(by(table, Sort(1)))
    left = set(relations_of(table))
    indexes.tend(table.pk)
    assert list(there(table).values()) == ["ready"] and held_as_it_should_be(table) and not left & set(relations_of(table))


def test_one_that_is_passed_by_while_it_is_made_is_not_read(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    catch_up = projection_making._Making._catch_up

    def and_then(self: Any, snapshot: str) -> None:
        catch_up(self, snapshot)
        projections.retire(table.pk)

    monkeypatch.setattr(projection_making._Making, "_catch_up", and_then)
    projection_making.make(table, lambda projection: ())
    assert list(there(table).values()) == ["retired"] and not is_projected(by(table, Sort(1)))
