"""Jobs whose processes are killed: how often they are resumed, and what they leave in the folder for imports."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from bases.progress import State
from ingest import jobs, load
from ingest.files import folder
from ingest.models import Job, Part
from ingest.tasks import sweep
from tests.conftest import environment_of_tests
from tests.loads import ALL_AT_ONCE, assert_whole, generate
from tests.make import make_table, make_user
from tests.running import Worker, other_connection, wait_until


@pytest.fixture(autouse=True)
def quiet_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUIET_SECONDS", 0)


def prepared() -> Job:
    """A job with two parts to load."""
    job = generate(make_table(), 2_000)
    with transaction.atomic():
        load.prepare(job, [{"start": 0, "rows": 1_000}, {"start": 1_000, "rows": 1_000}])
    return job


def killed(job: Job) -> State:
    """What becomes of a job when a process has begun to work on it, and was killed."""
    jobs.pick_up(job.pk)
    sweep()
    return State(Job.objects.get(pk=job.pk).state)


@ALL_AT_ONCE
def test_a_job_that_kills_its_process_every_time_is_given_up_with_a_sentence() -> None:
    job = prepared()
    assert [killed(job) for _ in range(4)] == [State.RUNNING] * 3 + [State.FAILED]
    job.refresh_from_db()
    assert job.error.startswith("Its process was killed 4 times at the same place") and "No row was added." in job.error
    assert_whole(job.table, 0)


@ALL_AT_ONCE
def test_a_job_that_gets_on_is_resumed_as_often_as_it_takes() -> None:
    job = prepared()
    for part in Part.objects.filter(job=job):
        assert [killed(job) for _ in range(3)] == [State.RUNNING] * 3
        Part.objects.filter(pk=part.pk).update(done=True)
        assert killed(job) == State.RUNNING


@ALL_AT_ONCE
def test_a_job_that_waits_for_a_worker_is_never_given_up() -> None:
    job = generate(make_table(), 10)
    for _ in range(20):
        sweep()
    assert Job.objects.get(pk=job.pk).state == State.QUEUED
    load.run(job.pk)
    assert_whole(job.table, 10)


@ALL_AT_ONCE
def test_a_long_step_of_a_living_process_counts_as_no_kill() -> None:
    job = prepared()
    with other_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [load.LOCK_CLASS, job.pk])
        assert [killed(job) for _ in range(9)] == [State.RUNNING] * 9
    load.run(job.pk)
    assert_whole(job.table, 2_000)


@ALL_AT_ONCE
def test_a_worker_does_not_take_up_again_by_itself_what_killed_its_process(tmp_path: Path) -> None:
    job = prepared()
    worker = Worker(environment_of_tests(), tmp_path / "log")
    try:
        with other_connection() as other:
            other.execute(f"LOCK TABLE {job.staging} IN ACCESS EXCLUSIVE MODE")  # so that no part gets done
            sweep()
            wait_until(lambda: Job.objects.get(pk=job.pk).picked_up, "the worker to begin")
            for _ in range(2 * load.runners()):
                worker.kill_one()
                time.sleep(0.5)
            Job.objects.filter(pk=job.pk).update(picked_up=False)
            time.sleep(2)
            assert not Job.objects.get(pk=job.pk).picked_up
        sweep()
        wait_until(lambda: not Job.objects.get(pk=job.pk).is_open, "the resumed job to be done")
        assert_whole(job.table, 2_000)
    finally:
        worker.kill()


@ALL_AT_ONCE
def test_files_that_no_open_job_names_are_deleted_after_a_day(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    names = ("upload.csv", "copy.csv", "old.csv", "new.csv")
    for name in names:
        (folder() / name).write_text("Name\nAnn\n")
        if name != "new.csv":
            os.utime(folder() / name, (0, time.time() - 25 * 3600))
    job = jobs.create_file(make_table(), make_user("alice"), str(folder() / "upload.csv"), "upload.csv", uploaded=True)
    Job.objects.filter(pk=job.pk).update(params=job.params | {"source": {"path": str(folder() / "copy.csv"), "copied": True}})
    sweep()
    assert {path.name for path in folder().iterdir()} == {"upload.csv", "copy.csv", "new.csv"}
