"""Loads and the processes that do them: a real Celery worker, the sweeper, lost connections."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.urls import reverse

from bases.progress import State
from ingest import jobs, load
from ingest.models import Job
from ingest.tasks import send, sweep
from tests.conftest import environment_of_tests
from tests.loads import ALL_AT_ONCE, PARTS, assert_whole, generate, in_threads, left_behind
from tests.make import client_of, make_table
from tests.running import Worker, other_connection, wait_until


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PART_ROWS", PARTS)


@pytest.fixture(scope="module")
def started(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    found = Worker(environment_of_tests(), tmp_path_factory.mktemp("worker") / "log")
    yield found
    found.kill()


@ALL_AT_ONCE
def test_a_load_ordered_in_the_page_is_done_by_the_worker_and_the_bar_says_so(started: Worker) -> None:
    table = make_table()
    bob = client_of("bob")
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
    bob = client_of("bob")
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
