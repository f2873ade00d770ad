"""kill -9 of workers, Redis and PostgreSQL in the middle of a load, and a full disk.

After each: the table holds exactly its old rows or exactly all of them, the job says what happened, a retry works, and
nothing is left behind. The servers are the test's own: nothing else is hurt.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from bases.progress import OPEN, State
from ingest import jobs
from ingest.models import Job
from tables.models import Table
from tests.house import House
from tests.house import house as house
from tests.loads import assert_whole, left_behind
from tests.make import make_base, make_table, make_user
from tests.running import Worker, manage, start_manage, wait_until

pytestmark = pytest.mark.faults

ROWS = 200_000  # takes a worker a second or more: long enough to be killed in
MANY = 400_000  # more than a small disk holds; and to show them takes long enough to be killed in
OLD = [["Ann", 1], ["Ben", 2], ["Cem", 3]]


@pytest.fixture
def worker(house: House) -> Worker:
    """The worker of the tests before, which has outlived what they did, or the next one."""
    if house.worker is None or house.worker.process.poll() is not None:
        house.start_worker()
    assert house.worker
    return house.worker


@pytest.fixture
def table(house: House) -> Iterator[Table]:
    found = make_table(make_base(), rows=OLD)
    yield found
    Job.objects.filter(state__in=OPEN).update(state=State.FAILED)
    jobs.drop_orphans()


def begun(house: House, table: Table, rows: int = ROWS) -> Job:
    """A load in the middle: some of its rows are copied."""
    job = jobs.create_generate(table, make_user("alice"), rows, seed=1)
    house.send(job)
    wait_until(lambda: Job.objects.get(pk=job.pk).done > 0, "the load to begin")
    job.refresh_from_db()
    assert job.is_open
    return job


def ended(job: Job, seconds: float = 30) -> Job:
    wait_until(lambda: not Job.objects.get(pk=job.pk).is_open, "the load to end", seconds)
    wait_until(lambda: left_behind() == [], "the staging table to go", 5)
    job.refresh_from_db()
    return job


# --- Processes -----------------------------------------------------------------------------------------------------


def test_a_killed_process_of_a_worker_costs_nothing_but_its_part(house: House, worker: Worker, table: Table) -> None:
    job = begun(house, table)
    worker.kill_one()
    assert ended(job).state == State.DONE, job.error
    assert_whole(table, ROWS + len(OLD))


def test_a_killed_worker_is_replaced_by_the_next_one(house: House, worker: Worker, table: Table) -> None:
    job = begun(house, table)
    worker.kill()
    assert_old_rows(table)
    copied = Job.objects.get(pk=job.pk).done
    house.start_worker()
    house.sweep()
    assert ended(job).state == State.DONE, job.error
    assert job.done == ROWS > copied
    assert_whole(table, ROWS + len(OLD))


def test_a_load_that_lost_its_worker_can_be_cancelled(house: House, worker: Worker, table: Table) -> None:
    job = begun(house, table)
    worker.kill()
    jobs.cancel(job)
    house.sweep()
    assert ended(job).state == State.CANCELLED
    assert_whole(table, len(OLD))


# --- Redis ---------------------------------------------------------------------------------------------------------


def test_redis_killed_in_the_middle_costs_nothing(house: House, worker: Worker, table: Table) -> None:
    job = begun(house, table)
    house.kill_redis()
    try:
        assert ended(job).state == State.DONE, job.error
    finally:
        house.redis.start()
    assert_whole(table, ROWS + len(OLD))
    again = jobs.create_generate(table, None, 1_000, seed=2)
    house.send(again)
    assert ended(again).state == State.DONE, again.error  # the worker has found the new Redis
    assert_whole(table, ROWS + 1_000 + len(OLD))


def test_a_load_ordered_while_redis_is_away_waits_for_it(house: House, worker: Worker, table: Table) -> None:
    # One of the worker's two processes is busy; the other waits for a message from Redis (config/broker.py tells why).
    under_way = jobs.create_generate(table, None, ROWS, seed=2)
    house.run(f"from ingest.tasks import run_job; run_job.delay({under_way.pk})")
    wait_until(lambda: Job.objects.get(pk=under_way.pk).done > 0, "the load to begin")
    house.kill_redis()
    job = jobs.create_generate(table, None, 1_000, seed=1)
    try:
        house.send(job)  # no error for the person: the job is kept
        job.refresh_from_db()
        assert job.state == State.QUEUED
    finally:
        house.redis.start()
    house.sweep()
    assert ended(under_way).state == ended(job).state == State.DONE, job.error
    assert_whole(table, ROWS + 1_000 + len(OLD))


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


def test_postgresql_killed_in_the_middle_costs_only_the_parts_under_way(house: House, worker: Worker, table: Table) -> None:
    job = begun(house, table)
    house.crash()
    assert_old_rows(table)
    assert ended(job).state == State.DONE, job.error
    assert job.done == ROWS
    assert_whole(table, ROWS + len(OLD))


def test_postgresql_killed_under_manage_py_ingest_costs_only_the_parts_under_way(house: House, table: Table) -> None:
    process = start_manage("ingest", "--rows", str(ROWS), "--table", str(table.pk), environment=house.environment)
    wait_until(lambda: Job.objects.filter(table=table, done__gt=0).exists(), "the load to begin")
    house.crash()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert f'"rows": {ROWS}' in out
    assert_whole(table, ROWS + len(OLD))


def test_a_killed_connection_at_the_visible_step_shows_all_rows_or_none(house: House, worker: Worker, table: Table) -> None:
    job = begun(house, table, MANY)
    wait_until(lambda: Job.objects.get(pk=job.pk).step == "Showing the rows", "the visible step")
    house.crash()
    assert ended(job).state == State.DONE, job.error
    assert_whole(table, MANY + len(OLD))


def assert_old_rows(table: Table) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tables_row WHERE table_id = %s", [table.pk])
        assert cursor.fetchone() == (len(OLD),)


# --- A full disk ---------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(house: House) -> Iterator[Path]:
    """A file system of 48 MB on which new tables of the house are made."""
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a full disk needs a small file system, and only root may mount one")
    folder = house.postgres.home / "small"
    folder.mkdir()
    if subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], capture_output=True, check=False
    ).returncode:
        pytest.skip("a full disk needs a small file system, and this machine lets nobody mount one")
    try:
        owner = pwd.getpwnam(house.postgres.user or "root")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            cursor.execute("ALTER DATABASE rowan SET default_tablespace = small")
        connection.close()
        yield folder
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("ALTER DATABASE rowan RESET default_tablespace")
            cursor.execute("DROP TABLESPACE small")
        connection.close()
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
        folder.rmdir()


def test_a_full_disk_ends_the_load_with_a_sentence_and_a_retry_works(house: House, small_disk: Path, worker: Worker) -> None:
    table = make_table(make_base(), rows=OLD)
    job = begun(house, table, MANY)
    assert ended(job).state == State.FAILED
    assert job.error == "The disk of the database is full. No row was added; make room and try again."
    assert_whole(table, len(OLD))
    # The room is there again as soon as the load has failed: a smaller one fits, on the same disk.
    again = jobs.create_generate(table, None, 20_000, seed=1)
    house.send(again)
    assert ended(again).state == State.DONE, again.error
    assert_whole(table, 20_000 + len(OLD))
    clear(table)


def test_a_full_disk_ends_manage_py_ingest_with_a_sentence(house: House, small_disk: Path) -> None:
    table = make_table(make_base())
    done = manage("ingest", "--rows", str(MANY), "--table", str(table.pk), environment=house.environment)
    assert done.returncode == 1
    assert "The disk of the database is full." in done.stderr and "Traceback" not in done.stderr
    assert_whole(table, 0)
    clear(table)


def clear(table: Table) -> None:
    """Take the table's rows off the small disk, which is about to go."""
    from tables import indexes, partitions

    with indexes.taken_over(table.pk):
        partitions.drop(table.pk)
    table.delete()
