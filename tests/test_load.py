"""Bulk loads: exactly the rows that were asked for, all at once or not at all, whatever happens meanwhile."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingest import jobs, load
from ingest.models import Job, Part, State
from ingest.progress import Progress
from ingest.tasks import send, sweep
from tables import edits, partitions, schema
from tables.edits import LAST_ROW_ID
from tables.models import Change, Table
from tables.query import RowQuery
from tables.undo import undo
from tests.conftest import environment_of_tests
from tests.make import cells, make_base, make_table, make_user
from tests.running import Worker, other_connection, wait_until
from tests.test_order import blocks_are_exact

ALL_AT_ONCE = pytest.mark.django_db(transaction=True)  # several connections see each other's commits
PARTS = 400  # rows: small parts make many of them out of few rows


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PART_ROWS", PARTS)


@pytest.fixture(scope="module")
def started(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    found = Worker(environment_of_tests(), tmp_path_factory.mktemp("worker") / "log")
    yield found
    found.kill()


def generate(table: Table, rows: int, seed: int = 1, by: str = "alice") -> Job:
    return jobs.create_generate(table, make_user(by), rows, seed)


def loaded(table: Table, rows: int, seed: int = 1) -> Job:
    """A load done in this process."""
    job = generate(table, rows, seed)
    load.run(job.pk)
    job.refresh_from_db()
    table.refresh_from_db()
    return job


def left_behind() -> list[str]:
    """Staging tables, and parts of jobs that have ended."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^tables_load_'")
        names = [name for (name,) in cursor]
    return names + [f"part {part.pk}" for part in Part.objects.exclude(job__state__in=Job.OPEN)]


def assert_whole(table: Table, rows: int) -> None:
    """The table holds exactly this many rows, each where its index says, and nothing else is left of any load."""
    table.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT id) FROM tables_row WHERE table_id = %s", [table.pk])
        assert cursor.fetchone() == (rows, rows)
    assert table.row_count == rows
    query = RowQuery(table)
    ids = query.ids(0, rows + 1)
    assert len(ids) == rows and len(set(ids)) == rows
    for index in (0, rows // 2, rows - 1) if rows else ():
        assert query.index_of(ids[index]) == index
    blocks_are_exact(table)
    assert left_behind() == []


def indexes(table: Table) -> dict[str, bool]:
    """The indexes of a table's partition, and whether each is valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = %s::regclass",
            [f"tables_row_{table.pk}"],
        )
        return dict(cursor.fetchall())


def in_threads(job: Job, count: int = 2) -> list[threading.Thread]:
    """Start runners of a job as worker processes do, each with a connection of its own."""

    def one() -> None:
        try:
            load.run(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


@contextmanager
def in_the_middle(job: Job) -> Iterator[None]:
    """Hold a load when all its parts but one are done; at the end let it go on, and wait until it has ended.

    The part is held as another worker process would: by the lock of its row.
    """
    assert job.total is not None
    parts = [{"start": at, "rows": min(PARTS, job.total - at)} for at in range(0, job.total, PARTS)]
    with transaction.atomic():
        load.prepare(job, parts)
    with other_connection() as other:
        last = Part.objects.filter(job=job).latest("number")
        other.execute("SELECT 1 FROM ingest_part WHERE id = %s FOR UPDATE", [last.pk])
        threads = in_threads(job)
        wait_until(lambda: Part.objects.filter(job=job, done=False).count() == 1, "all parts but one")
        yield
        job.refresh_from_db()
        assert job.is_open, "the load was not held"
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    job.refresh_from_db()


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
def test_the_same_seed_gives_the_same_rows_however_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    base = make_base()
    columns: list[tuple[str, str, dict[str, Any]]] = [
        ("Name", "text", {}),
        ("E-mail", "email", {}),
        ("Amount", "number", {}),
        ("Day", "date", {}),
    ]
    found = []
    for parts, seed in ((PARTS, 7), (PARTS, 7), (PARTS, 8)):
        monkeypatch.setattr(load, "PART_ROWS", parts)
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


# --- The page ------------------------------------------------------------------------------------------------------


def browser(name: str) -> Client:
    client = Client()
    client.force_login(make_user(name))
    return client


BAD_COUNTS = ["0", "-1", "1.5", "1000000000000", "abc", "", "1e6", "10,000,001", "٣", "0x10", "1" * 5_000, "NaN", "\x00"]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", BAD_COUNTS, ids=range(len(BAD_COUNTS)))
def test_a_bad_count_gets_a_sentence_in_the_dialog_and_makes_no_job(rows: str) -> None:
    table = make_table()
    response = browser("bob").post(reverse("load", args=[table.pk]), {"rows": rows})
    assert response.status_code == 422
    html = response.content.decode()
    assert "Give a whole number from 1 to 10,000,000." in html and len(html) < 500
    assert not Job.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", ["-1", "1.5", "abc", "9" * 19])
def test_a_bad_seed_gets_a_sentence_and_makes_no_job(seed: str) -> None:
    table = make_table()
    response = browser("bob").post(reverse("load", args=[table.pk]), {"rows": "10", "seed": seed})
    assert response.status_code == 422 and "is not a seed" in response.content.decode()
    assert not Job.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "rows"), [("1", 1), (" 100,000 ", 100_000), ("10 000", 10_000), ("1_000", 1_000), ("0010", 10)]
)
def test_counts_are_read_as_people_write_them(typed: str, rows: int) -> None:
    assert jobs.checked_rows(typed) == rows


@pytest.mark.django_db
def test_a_fifth_load_into_one_table_at_once_is_refused_with_a_sentence() -> None:
    table, other = make_table(), make_table(make_base(name="Other"))
    client = browser("bob")
    for _ in range(4):
        assert client.post(reverse("load", args=[table.pk]), {"rows": "10"}).status_code == 200
    refused = client.post(reverse("load", args=[table.pk]), {"rows": "10"})
    assert refused.status_code == 422 and "4 loads into this table are under way" in refused.content.decode()
    assert client.post(reverse("load", args=[other.pk]), {"rows": "10"}).status_code == 200


@pytest.mark.django_db
def test_a_viewer_sees_the_bar_and_a_stranger_nothing() -> None:
    table = make_table()
    job = generate(table, 500)
    steps = [reverse(f"{what}_job", args=[job.pk]) for what in ("cancel", "retry", "dismiss")]
    vera, charlie = browser("vera"), browser("charlie")
    shown = vera.get(reverse("table_jobs", args=[table.pk])).content.decode()
    assert "Adding 500 rows" in shown
    assert vera.get(reverse("job", args=[job.pk])).status_code == 200
    for url in [reverse("load", args=[table.pk]), *steps]:
        assert vera.post(url, {"rows": "10"}).status_code == 403
        assert charlie.post(url, {"rows": "10"}).status_code == 404
        assert Client().post(url, {"rows": "10"}).status_code == 302
    for url in (reverse("table_jobs", args=[table.pk]), reverse("job", args=[job.pk])):
        assert charlie.get(url).status_code == 404
    job.refresh_from_db()
    assert (job.state, job.cancel_asked, job.dismissed) == (State.QUEUED, False, False)
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_a_failed_load_is_shown_with_its_reason_and_tried_again_with_the_same_rows() -> None:
    base = make_base()
    table, same = make_table(base), make_table(base)
    job = generate(table, 500, seed=5)
    jobs.end(job.pk, State.FAILED, "The disk of the database is full.")
    bob = browser("bob")
    assert "The disk of the database is full." in bob.get(reverse("table_jobs", args=[table.pk])).content.decode()
    assert bob.post(reverse("retry_job", args=[job.pk])).status_code == 200
    again = Job.objects.latest("pk")
    assert again.created_by == make_user("bob")
    load.run(again.pk)
    loaded(same, 500, seed=5)
    assert_whole(table, 500)
    assert cells(table) == cells(same)
    refused = bob.post(reverse("retry_job", args=[again.pk]))
    assert refused.status_code == 200 or refused.status_code == 422
    bob.post(reverse("dismiss_job", args=[job.pk]))
    assert "disk" not in bob.get(reverse("table_jobs", args=[table.pk])).content.decode()


@pytest.mark.django_db
def test_a_running_load_is_neither_tried_again_nor_dismissed() -> None:
    table = make_table()
    job = generate(table, 500)
    bob = browser("bob")
    assert bob.post(reverse("retry_job", args=[job.pk])).status_code == 422
    bob.post(reverse("dismiss_job", args=[job.pk]))
    job.refresh_from_db()
    assert not job.dismissed and Job.objects.count() == 1


# --- Workers and the sweeper ---------------------------------------------------------------------------------------


@ALL_AT_ONCE
def test_a_load_ordered_in_the_page_is_done_by_the_worker_and_the_bar_says_so(started: Worker) -> None:
    table = make_table()
    bob = browser("bob")
    assert bob.post(reverse("load", args=[table.pk]), {"rows": "50,000", "seed": "3"}).status_code == 200
    job = Job.objects.get()
    wait_until(lambda: not Job.objects.get(pk=job.pk).is_open, "the worker to load the rows")
    response = bob.get(reverse("job", args=[job.pk]))
    assert "50,000 rows added" in response.content.decode()
    assert response["HX-Trigger"] == "grid:refresh"
    send(job)  # a message that arrives twice
    quick = generate(table, 1)
    send(quick)
    wait_until(lambda: not Job.objects.get(pk=quick.pk).is_open, "the worker to load one more")
    assert_whole(table, 50_001)


@ALL_AT_ONCE
def test_cancel_in_the_page_stops_the_worker(started: Worker) -> None:
    table = make_table()
    bob = browser("bob")
    bob.post(reverse("load", args=[table.pk]), {"rows": "5,000,000"})
    job = Job.objects.get()
    wait_until(lambda: Job.objects.get(pk=job.pk).done > 0, "the load to begin")
    assert "Cancelling" in bob.post(reverse("cancel_job", args=[job.pk])).content.decode()
    wait_until(lambda: not Job.objects.get(pk=job.pk).is_open, "the load to end", 5)
    wait_until(lambda: left_behind() == [], "the staging table to go", 5)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert_whole(table, 0)


@ALL_AT_ONCE
def test_a_job_whose_message_was_lost_is_sent_again_by_the_sweeper(started: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table()
    job = generate(table, 1_000)  # never sent
    sweep()
    monkeypatch.setattr(jobs, "QUIET_SECONDS", 0)
    sweep()
    wait_until(lambda: not Job.objects.get(pk=job.pk).is_open, "the job to be done")
    assert_whole(table, 1_000)


@ALL_AT_ONCE
def test_a_job_that_just_showed_a_sign_of_life_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table()
    job = generate(table, 1_000)
    assert jobs.quiet() == []
    monkeypatch.setattr(jobs, "QUIET_SECONDS", 0)
    assert jobs.quiet() == [job]


@ALL_AT_ONCE
def test_a_cancelled_job_that_nobody_runs_is_ended_by_the_sweeper(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table()
    job = generate(table, 1_000)
    with transaction.atomic():
        load.prepare(job, [{"start": 0, "rows": 1_000}])
    jobs.cancel(job)
    monkeypatch.setattr(jobs, "QUIET_SECONDS", 0)
    sweep()
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert_whole(table, 0)


@ALL_AT_ONCE
def test_the_sweeper_drops_what_ended_jobs_left_and_nothing_of_open_ones() -> None:
    table = make_table()
    ended, still_open = generate(table, 1_000), generate(table, 1_000)
    for job in (ended, still_open):
        with transaction.atomic():
            load.prepare(job, [{"start": 0, "rows": 1_000}])
    Job.objects.filter(pk=ended.pk).update(state=State.FAILED)  # killed before it cleaned up
    sweep()
    assert left_behind() == [still_open.staging]
    load.run(still_open.pk)
    assert_whole(table, 1_000)


@ALL_AT_ONCE
def test_the_sweeper_does_not_wait_for_a_staging_table_that_is_still_held() -> None:
    table = make_table()
    held, free = generate(table, 1_000), generate(table, 1_000)
    for job in (held, free):
        with transaction.atomic():
            load.prepare(job, [{"start": 0, "rows": 1_000}])
        Job.objects.filter(pk=job.pk).update(state=State.FAILED)
    with other_connection() as other:
        other.execute(f"LOCK TABLE {held.staging} IN ROW EXCLUSIVE MODE")
        sweep()
        assert left_behind() == [held.staging]
    sweep()
    assert left_behind() == []


@ALL_AT_ONCE
def test_a_process_that_loses_its_staging_table_to_a_cancel_makes_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    table = make_table()
    job = generate(table, 1_000)
    with transaction.atomic():
        load.prepare(job, [{"start": 0, "rows": 1_000}])
    with other_connection() as other:
        other.execute(f"LOCK TABLE {job.staging} IN ACCESS EXCLUSIVE MODE")
        threads = in_threads(job, 1)
        wait_until(_copy_waits, "the COPY to wait")
        Job.objects.filter(pk=job.pk).update(state=State.CANCELLED, error="Cancelled. No row was added.")
        other.execute(f"DROP TABLE {job.staging}")
    for thread in threads:
        thread.join(30)
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def _copy_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%'")
        return bool(cursor.fetchone()[0])


@ALL_AT_ONCE
def test_a_lost_connection_in_the_middle_of_a_part_costs_only_that_part() -> None:
    table = make_table()
    job = generate(table, 40_000)
    threads = in_threads(job)
    killed = 0
    while any(thread.is_alive() for thread in threads):
        if killed < 3:
            killed += _kill_copies()
    for thread in threads:
        thread.join(30)
    assert killed >= 1
    job.refresh_from_db()
    assert job.state == State.DONE, job.error
    assert job.done == 40_000
    assert_whole(table, 40_000)


def _kill_copies() -> int:
    """End the connections that are in a COPY, as an administrator or a network would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE 'COPY%' AND state = 'active'"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_documents_with_every_awkward_character_arrive_as_they_are() -> None:
    from ingest.rows import copy_text

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
