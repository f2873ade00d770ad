"""The life of a job: made, claimed part by part, cancelled, failed, cleaned up.

A part is claimed by locking its row for the length of the transaction that does it. A killed process loses its
connection, so PostgreSQL gives the part back by itself: there are no leases to expire and no part can be done twice.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from psycopg import sql

from bases.models import Member, Role, User
from bases.progress import OPEN, State
from bases.quotas import hold
from ingest.files import folder, forget_file
from ingest.models import Job, Part
from tables.models import Table
from tables.schema import sample_columns

MOST_ROWS = 10_000_000  # of one "Add rows"
CANCELLED = "Cancelled. No row was added."
LOADS_AT_ONCE = 4  # open jobs of one table, and of one person: each writes its own copy of the rows until it is shown
MOST_RESUMES = 3  # of a job whose processes are killed again and again, mostly for want of memory
STRAY_SECONDS = 24 * 3600  # how long a file that no open job names is kept
QUIET_SECONDS = 15  # an open job without a sign of life for this long is sent to the workers again


class BadJob(ValueError):
    """What was asked cannot be a job; the message is a sentence for a person."""


class Stop(Exception):
    """The job must end now; the message is what its record shall say."""

    def __init__(self, state: State, sentence: str) -> None:
        super().__init__(sentence)
        self.state = state


def checked_rows(text: str | int) -> int:
    """A number of rows as a person types it. Raises BadJob with a sentence."""
    shown = str(text).strip()
    digits = shown.replace(",", "").replace("_", "").replace(" ", "").lstrip("0") or "0"
    if not digits.isascii() or not digits.isdigit():
        raise BadJob(f"“{shown[:40]}” is not a number of rows. Give a whole number from 1 to {MOST_ROWS:,}.")
    if len(digits) > 12 or not 1 <= int(digits) <= MOST_ROWS:
        raise BadJob(f"{shown[:40]} rows cannot be added at once. Give a whole number from 1 to {MOST_ROWS:,}.")
    return int(digits)


@contextmanager
def admitted(user: User, table: Table | None = None) -> Iterator[None]:
    """The transaction in which a job is made that may not be one too many. Raises BadJob."""
    with transaction.atomic():
        hold(user)
        if table:
            hold(table)
        refuse_crowd(user, table)
        yield


def refuse_crowd(user: User, table: Table | None = None) -> None:
    """Raise BadJob when so many loads of this person, or into this table, are under way that another must wait."""
    mine = Job.objects.filter(state__in=OPEN)
    if mine.filter(created_by=user).count() >= LOADS_AT_ONCE:
        raise BadJob(f"{LOADS_AT_ONCE} loads of yours are under way. Wait until one has ended, or cancel one.")
    if table and mine.filter(table=table).count() >= LOADS_AT_ONCE:
        raise BadJob(f"{LOADS_AT_ONCE} loads into this table are under way. Wait until one has ended, or cancel one.")


def create_generate(table: Table, user: User | None, rows: int, seed: int) -> Job:
    """A job that adds sample rows. Nothing runs until it is sent (ingest/tasks.py) or run (ingest/load.py)."""
    # The columns are those of this moment: one added or deleted during the load does not split it in two.
    columns = [asdict(column) for column in sample_columns(table)]
    return Job.objects.create(
        kind=Job.Kind.GENERATE,
        table=table,
        created_by=user,
        total=rows,
        params={"rows": rows, "seed": seed, "columns": columns},
    )


def create_file(table: Table, user: User | None, path: str, name: str, **options: Any) -> Job:
    """A job that imports the file at `path` (on this machine); `name` is what the person calls it."""
    return Job.objects.create(
        kind=Job.Kind.FILE, table=table, created_by=user, params={"path": path, "name": name, "options": options}
    )


def cancel(job: Job) -> None:
    """End a job that waits; ask one that runs to stop.

    Its runners notice between two parts; a job whose runners are gone is ended by the sweeper.
    """
    waiting = Job.objects.filter(pk=job.pk, state=State.QUEUED, kind=Job.Kind.GENERATE)
    if not waiting.update(state=State.CANCELLED, error=CANCELLED, cancel_asked=True, step="", finished_at=timezone.now()):
        Job.objects.filter(pk=job.pk, state__in=OPEN).update(cancel_asked=True)


def check_alive(job: Job) -> None:
    """Raise Stop when the job was cancelled, or its table deleted."""
    if job.cancel_asked:
        raise Stop(State.CANCELLED, CANCELLED)
    if not Table.objects.alive().filter(pk=job.table_id).exists():
        raise Stop(State.FAILED, "The table was deleted while it was being loaded. No row was added.")
    # Nobody has started a load of the command line's.
    editor = Member.objects.filter(base__tables=job.table_id, user=job.created_by_id, role__gte=Role.EDITOR)
    if job.created_by_id is not None and not editor.exists():
        raise Stop(State.FAILED, "Whoever started this load may not edit the base any more. No row was added.")


@contextmanager
def claim(job: Job, phase: Part.Phase) -> Iterator[Part | None]:
    """The next part that nobody else works on, locked until the block ends; None when there is none.

    The block's writes, the part's `done` and the job's counter are one transaction.
    """
    with transaction.atomic():
        part = (
            Part.objects.select_for_update(skip_locked=True).filter(job=job, phase=phase, done=False).order_by("number").first()
        )
        yield part
        if part is None:
            return
        Part.objects.filter(pk=part.pk).update(done=True, result=part.result)
        rows = part.params.get("rows", 0) if phase == Part.Phase.LOAD else 0
        Job.objects.filter(pk=job.pk).update(done=F("done") + rows, alive_at=timezone.now())


def beat(job: Job) -> None:
    """A sign of life from a process that waits while another does what takes long."""
    if timezone.now() - job.alive_at > timedelta(seconds=QUIET_SECONDS / 3):
        Job.objects.filter(pk=job.pk).update(alive_at=timezone.now())


def left(job: Job, phase: Part.Phase) -> bool:
    """Whether parts of a phase are still to be done, by this process or another."""
    return Part.objects.filter(job=job, phase=phase, done=False).exists()


def end(job_id: int, state: State, sentence: str) -> None:
    """End an open job without its rows: record why, and leave nothing behind."""
    ended = Job.objects.filter(pk=job_id, state__in=OPEN).update(state=state, error=sentence, step="", finished_at=timezone.now())
    if ended:
        clean_up(Job.objects.get(pk=job_id))


def clean_up(job: Job) -> None:
    """Drop what an ended job no longer needs: its staging table and the list of its parts."""
    _drop_unless_held(job.staging, seconds=10)
    forget_file(job)
    Part.objects.filter(job=job).delete()  # last: parts of an ended job tell the sweeper that there is more to clean up


def quiet() -> list[Job]:
    """Open jobs that have shown no sign of life: their runners were killed, or their message was lost."""
    since = timezone.now() - timedelta(seconds=QUIET_SECONDS)
    return list(Job.objects.filter(state__in=OPEN, alive_at__lt=since).order_by("pk"))


def pick_up(job_id: int) -> None:
    """Note that a process begins to work on a job."""
    Job.objects.filter(pk=job_id, state__in=OPEN).update(picked_up=True, alive_at=timezone.now())


def may_resume(job: Job) -> bool:
    """Note that a quiet job is sent again; False when it was ended, because that has not helped MOST_RESUMES times."""
    done = Part.objects.filter(job=job, done=True).count()
    # A job that nobody has picked up was not killed: it waits for a worker, however long.
    resumes = job.resumes + job.picked_up if done == job.parts_done else 0
    if resumes > MOST_RESUMES:
        why = "most likely because the machine has too little memory"
        end(job.pk, State.FAILED, f"Its process was killed {resumes} times at the same place, {why}. No row was added.")
        return False
    Job.objects.filter(pk=job.pk).update(alive_at=timezone.now(), picked_up=False, resumes=resumes, parts_done=done)
    return True


def drop_strays() -> None:
    """Delete old files that no open job names: their processes were killed before or while the job was made or ended."""
    named = set()
    for params in Job.objects.filter(state__in=OPEN, kind=Job.Kind.FILE).values_list("params", flat=True):
        named |= {Path(path).name for path in (params["path"], (params.get("source") or {}).get("path")) if path}
    for path in folder().iterdir():
        with suppress(FileNotFoundError):  # its job has just ended
            if path.name not in named and path.is_file() and time.time() - path.stat().st_mtime > STRAY_SECONDS:
                path.unlink()


def drop_orphans() -> None:
    """Drop what ended jobs have left because their process was killed: staging tables, lists of parts, files."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^tables_load_[0-9]+$'")
        names = [name for (name,) in cursor]
    open_names = {job.staging for job in Job.objects.filter(state__in=OPEN)}
    for name in names:
        if name not in open_names:
            _drop_unless_held(name)
    for job in Job.objects.filter(parts__isnull=False).exclude(state__in=OPEN).distinct():
        forget_file(job)
        Part.objects.filter(job=job).delete()


def _drop_unless_held(name: str, seconds: int = 1) -> None:
    """Drop a staging table, unless a process that is just ending still holds it: then the next sweep does."""
    with suppress(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds}s"])
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
