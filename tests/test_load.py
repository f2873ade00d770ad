"""Bulk loads: exactly the rows that were asked for, all at once or not at all, whatever happens meanwhile."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bases.models import Member, Role
from bases.progress import Progress, State
from ingest import jobs, load
from ingest.rows import copy_text
from ingest.tasks import sweep
from tables import edits, partitions, schema
from tables.edits import LAST_ROW_ID
from tables.models import Change, Table
from tables.query import RowQuery
from tables.undo import undo
from tests.loads import ALL_AT_ONCE, PARTS, assert_whole, generate, in_the_middle, in_threads, left_behind, loaded
from tests.make import cells, make_base, make_table, make_user


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PART_ROWS", PARTS)


def indexes(table: Table) -> dict[str, bool]:
    """The indexes of a table's partition, and whether each is valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = %s::regclass",
            [f"tables_row_{table.pk}"],
        )
        return dict(cursor.fetchall())


# --- What a load gives ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, PARTS - 1, PARTS, PARTS + 1, 2_345])
def test_a_fresh_load_adds_exactly_the_rows_asked_for(rows: int) -> None:
    table = make_table()
    before = table.version
    job = loaded(table, rows)
    assert (job.state, job.done, job.total, job.error) == (State.DONE, rows, rows, "")
    assert_whole(table, rows)
    assert RowQuery(table).ids(0, rows) == list(range(1, rows + 1))
    assert indexes(table) == {f"tables_row_{table.pk}_id": True, f"tables_row_{table.pk}_position": True}
    record = Change.objects.get(table=table, version=before + 1)
    assert table.version == before + 1
    assert (record.action, record.rows, record.user) == ("load", rows, make_user("alice"))


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [[], [["Ann", 1]]])
def test_postgresql_knows_a_loaded_table_at_once(rows: list[list[Any]]) -> None:
    """Without statistics it would guess a third of a million rows for what is a hundred, until autovacuum comes."""
    table = make_table(rows=rows)
    loaded(table, 1_000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [f"tables_row_{table.pk}"])
        assert cursor.fetchone() == (1_000 + len(rows),)


@pytest.mark.django_db
def test_rows_loaded_onto_others_come_after_them_and_leave_them_as_they_are() -> None:
    table = make_table(rows=[["Ann", 1], ["Ben", 2]])
    loaded(table, 1_000)
    loaded(table, 1_000)
    assert_whole(table, 2_002)
    assert cells(table)[:2] == [["Ann", 1], ["Ben", 2]]
    assert RowQuery(table).ids(0, 3_000) == list(range(1, 2_003))


@pytest.mark.django_db
def test_loaded_rows_say_who_loaded_them_and_when() -> None:
    for rows in ((), [["Ann", 1]]):
        table = make_table(rows=rows)
        began = timezone.now()
        loaded(table, 10)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT created_by, modified_by FROM tables_row WHERE table_id = %s AND id > %s", [table.pk, len(rows)]
            )
            alice = make_user("alice").pk
            assert cursor.fetchall() == [(alice, alice)]
        last = RowQuery(table).window(table.row_count - 1, 1)[0]
        assert (last.created_at - began).total_seconds() < 60


@pytest.mark.django_db
def test_a_row_added_after_a_load_is_not_said_to_be_the_loaders() -> None:
    table = make_table()
    loaded(table, 10)
    (row_id,) = edits.add_rows(table, None, [{"1": "Later"}])
    with connection.cursor() as cursor:
        cursor.execute("SELECT created_by, modified_by FROM tables_row WHERE table_id = %s AND id = %s", [table.pk, row_id])
        assert cursor.fetchone() == (None, None)


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_rows() -> None:
    base = make_base()
    columns: list[tuple[str, str, dict[str, Any]]] = [
        ("Name", "text", {}),
        ("E-mail", "email", {}),
        ("Amount", "number", {}),
        ("Day", "date", {}),
    ]
    found = []
    for seed in (7, 7, 8):
        table = make_table(base, columns)
        loaded(table, 1_500, seed)
        found.append(cells(table))
    assert found[0] == found[1]
    assert found[0] != found[2]


@ALL_AT_ONCE
def test_many_processes_make_the_same_rows_as_one() -> None:
    base = make_base()
    alone, together = make_table(base), make_table(base)
    loaded(alone, 4_000)
    job = generate(together, 4_000)
    for thread in in_threads(job, 4):
        thread.join(30)
    assert_whole(together, 4_000)
    assert cells(together) == cells(alone)


@pytest.mark.django_db
def test_a_job_that_has_ended_is_not_done_again() -> None:
    table = make_table()
    job = loaded(table, 500)
    load.run(job.pk)
    assert_whole(table, 500)
    load.run(10**9)  # a message about a job whose table was deleted for good


@pytest.mark.django_db
def test_a_load_is_not_undone_by_undo() -> None:
    table = make_table()
    alice = make_user("alice")
    edits.add_rows(table, alice, [{"1": "Mine"}])
    loaded(table, 500)
    undo(table, alice)
    assert_whole(table, 500)


@pytest.mark.django_db
def test_documents_with_every_awkward_character_arrive_as_they_are() -> None:
    table = make_table(columns=[("Name", "text", {})])
    awkward = ["a\\b", "tab\there", "line\nbreak", 'quote"', "\\N", "\\.", "日本 🦜", "\u2028", "\x7f", "cr\r\nlf", "a\\\\t"]
    name = "tables_load_0"
    partitions.create_detached(name, table.pk)
    with connection.cursor() as cursor, cursor.copy(f"COPY {name} (id, position, data) FROM STDIN") as copy:
        copy.write(copy_text(1, [json.dumps({"1": text}, ensure_ascii=False) for text in awkward]))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT data FROM {name} ORDER BY id")
        assert [json.loads(data)["1"] for (data,) in cursor] == awkward
    partitions.drop_detached(name)


# --- While it runs -------------------------------------------------------------------------------------------------


@ALL_AT_ONCE
@pytest.mark.parametrize("there", [0, 3], ids=["fresh", "append"])
def test_two_loads_at_once_into_one_table_both_come_in_whole(there: int) -> None:
    table = make_table(rows=[[f"Old {n}", n] for n in range(there)])
    first, second = generate(table, 3_000, 1), generate(table, 2_500, 2, by="bob")
    for thread in in_threads(first) + in_threads(second):
        thread.join(30)
    for job in (first, second):
        job.refresh_from_db()
        assert job.state == State.DONE, job.error
    assert_whole(table, 5_500 + there)


@ALL_AT_ONCE
def test_nobody_sees_a_row_before_all_are_there() -> None:
    table = make_table(rows=[["Ann", 1]])
    with in_the_middle(generate(table, 2_000)):
        table.refresh_from_db()
        assert cells(table) == [["Ann", 1]]
        assert table.row_count == 1
    assert_whole(table, 2_001)


@ALL_AT_ONCE
def test_a_person_edits_adds_and_deletes_rows_during_a_load() -> None:
    table = make_table(rows=[["Ann", 1], ["Ben", 2], ["Cem", 3]])
    bob = make_user("bob")
    with in_the_middle(generate(table, 2_000)):
        edits.set_cell(table, bob, 1, 1, "Anna", 2**40)
        (added,) = edits.add_rows(table, bob, [{"1": "New"}])
        edits.delete_rows(table, bob, [2])
    assert_whole(table, 2_003)
    shown = cells(table)
    assert shown[0] == ["Anna", 1] and shown[1] == ["Cem", 3]
    index = RowQuery(table).index_of(added)
    assert index is not None and shown[index] == ["New", None]


@ALL_AT_ONCE
def test_the_first_row_added_by_hand_during_a_fresh_load_survives_it() -> None:
    table = make_table()
    bob = make_user("bob")
    with in_the_middle(generate(table, 2_000)):
        edits.add_rows(table, bob, [{"1": "By hand"}])
    assert_whole(table, 2_001)
    assert ["By hand", None] in cells(table)
    edits.delete_rows(table, bob, [1])
    assert_whole(table, 2_000)


@ALL_AT_ONCE
def test_columns_renamed_added_and_deleted_during_a_load() -> None:
    table = make_table()
    alice = make_user("alice")
    with in_the_middle(generate(table, 2_000)):
        schema.update_column(table, alice, 1, name="Renamed")
        schema.add_column(table, alice, "Late", "text", {})
        schema.delete_column(table, alice, 2)
    assert_whole(table, 2_000)
    assert [c.name for c in table.live_columns()] == ["Renamed", "Late"]
    shown = cells(table)
    # All rows are alike: each has the columns that there were when the load was ordered.
    assert all(name and late is None for name, late in shown)
    schema.restore_column(table, alice, 2)
    assert all(isinstance(row.data["2"], (int, float)) for row in RowQuery(table).window(0, 2_000) if "2" in row.data)
    assert sum("2" in row.data for row in RowQuery(table).window(0, 2_000)) > 1_000


@ALL_AT_ONCE
@pytest.mark.parametrize("what", ["table", "base"])
def test_a_table_deleted_while_it_loads_keeps_its_rows_and_gets_no_others(what: str) -> None:
    table = make_table(rows=[["Ann", 1]])
    job = generate(table, 2_000)
    with in_the_middle(job):
        (table if what == "table" else table.base).trash()
    assert job.state == State.FAILED
    assert "table was deleted" in job.error and "No row" in job.error
    (table if what == "table" else table.base).restore()
    assert_whole(table, 1)


@ALL_AT_ONCE
def test_a_load_of_somebody_who_may_not_edit_any_more_adds_nothing() -> None:
    table, bob = make_table(rows=[["Ann", 1]]), make_user("bob")
    for change in ("made a viewer", "removed"):
        Member.objects.update_or_create(base=table.base, user=bob, defaults={"role": Role.EDITOR})
        job = jobs.create_generate(table, bob, 2_000, seed=1)
        with in_the_middle(job):
            if change == "removed":
                Member.objects.filter(user=bob, base=table.base).delete()
            else:
                Member.objects.filter(user=bob, base=table.base).update(role=Role.VIEWER)
        assert job.state == State.FAILED and "may not edit" in job.error and "No row" in job.error
        assert_whole(table, 1)


@ALL_AT_ONCE
def test_a_table_deleted_for_good_while_it_loads_leaves_nothing() -> None:
    table = make_table()
    job = generate(table, 2_000)
    with transaction.atomic():
        load.prepare(job, [{"start": 0, "rows": 2_000}])
    Table.objects.filter(pk=table.pk).delete()
    load.run(job.pk)
    sweep()
    assert left_behind() == []


@ALL_AT_ONCE
@pytest.mark.parametrize("there", [0, 1], ids=["fresh", "append"])
def test_a_cancelled_load_adds_no_row_and_the_next_one_works(there: int) -> None:
    table = make_table(rows=[["Ann", 1]] * there)
    job = generate(table, 2_000)
    with in_the_middle(job):
        jobs.cancel(job)
    assert job.state == State.CANCELLED
    assert "No row" in job.error
    assert_whole(table, there)
    loaded(table, 1_000)
    assert_whole(table, 1_000 + there)


@pytest.mark.django_db
def test_a_load_cancelled_before_it_starts_never_starts() -> None:
    table = make_table()
    job = generate(table, 2_000)
    jobs.cancel(job)
    load.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == (State.CANCELLED, 0)
    assert_whole(table, 0)


@pytest.mark.django_db
def test_cancelling_what_has_ended_changes_nothing() -> None:
    table = make_table()
    job = loaded(table, 500)
    jobs.cancel(job)
    load.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.cancel_asked) == (State.DONE, False)
    assert_whole(table, 500)


@ALL_AT_ONCE
def test_progress_is_counted_in_rows_and_says_how_long_it_will_take() -> None:
    table = make_table()
    job = generate(table, 2_000)
    waiting = Progress.of(job)
    assert (waiting.percent, waiting.rate, waiting.time_left) == (0, None, "")
    with in_the_middle(job):
        job.refresh_from_db()
        running = Progress.of(job)
        assert job.done == 1_600 and running.percent == 80
        assert running.rate is not None and running.rate > 0
        assert running.seconds_left is not None and "left" in running.time_left
    done = Progress.of(job)
    assert (done.percent, done.time_left, job.done) == (100, "", 2_000)
    assert done.rate is not None and job.started_at and job.finished_at and job.finished_at >= job.started_at


@pytest.mark.django_db
def test_a_table_out_of_row_numbers_says_so_and_changes_nothing() -> None:
    table = make_table(rows=[["Ann", 1]])
    Table.objects.filter(pk=table.pk).update(next_row_id=LAST_ROW_ID - 98)
    job = loaded(table, 100)
    assert job.state == State.FAILED and "2,147,483,647" in job.error
    assert_whole(table, 1)
    assert table.next_row_id == LAST_ROW_ID - 98
    assert loaded(table, 99).state == State.DONE
    assert_whole(table, 100)
