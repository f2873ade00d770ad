"""Bulk load: many processes COPY parts into a table nobody sees; at the end it becomes visible in one step.

`run(job_id)` is what every worker process calls, and all that a Celery task does. It may be called by any number of
processes at once, and again after any crash: each call does whatever is left.
"""

import logging
import os
import time
from array import array
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from psycopg import errors as pg
from psycopg import sql

from bases.models import User
from bases.progress import OPEN, State
from ingest import jobs
from ingest.files import add_planned_columns, plan_file, scan_file, scan_part
from ingest.models import Job, Part
from ingest.readers import BadFile
from ingest.rows import copy_part
from tables import indexes, order, partitions
from tables.edits import LAST_ROW_ID
from tables.models import POSITION_SHIFT, Table
from tables.writes import Gone, write

log = logging.getLogger(__name__)

# Rows per part: a part is lost when its process is killed, and is the step of the progress bar. Below 10,000 the
# transactions cost more than 2 %; above 50,000 the bar of a 100,000-row load jumps.
PART_ROWS = 20_000
WAIT_SECONDS = 0.05  # between looks at parts that other processes are doing
ROWS_READ = 100_000  # at once, where all of a load are looked through
LOCK_CLASS = 0x726F77  # "row": keeps Rowan's advisory locks apart from anybody else's
RECONNECT_SECONDS = 60  # how long a restarting PostgreSQL is waited for


def runners() -> int:
    """How many processes work on one load: two a core, since each waits for PostgreSQL half of its time.

    1M rows on 2 cores with 1 / 2 / 3 / 4 processes: 7.3 / 5.1 / 4.6 / 4.2 s. More only adds memory.
    """
    return min(16, 2 * (os.cpu_count() or 2))


def run(job_id: int) -> None:
    """Work on a job until it has ended. Failures for people end the job with a sentence; bugs are logged too."""
    lost_since: float | None = None
    while True:
        try:
            if not _advance(job_id):
                return
            lost_since = None
        except (OperationalError, InterfaceError) as error:
            if _is_full(error):
                jobs.end(job_id, State.FAILED, "The disk of the database is full. No row was added; make room and try again.")
                return
            lost_since = lost_since or time.monotonic()
            if time.monotonic() - lost_since > RECONNECT_SECONDS:
                raise  # the sweeper goes on with the job when the database is back
            log.warning("Job %s: the database went away, trying again: %s", job_id, error)
            connection.close()
            time.sleep(0.5)
        except Exception as error:
            _fail(job_id, error)
            return


def _fail(job_id: int, error: Exception) -> None:
    """End a job because of an error that trying again would not mend."""
    if isinstance(error, jobs.Stop):
        jobs.end(job_id, error.state, str(error))
    elif isinstance(error, BadFile):
        jobs.end(job_id, State.FAILED, str(error))
    elif isinstance(error, Gone):
        jobs.end(job_id, State.FAILED, "The table was deleted while it was being loaded. No row was added.")
    elif Job.objects.filter(pk=job_id, state__in=OPEN).exists():
        log.error("Job %s failed", job_id, exc_info=error)
        jobs.end(job_id, State.FAILED, "Something went wrong inside Rowan; the log says what. No row was added.")
    # Else another process has ended the job and taken the staging table or the file away: that is no error.


def _is_full(error: Exception) -> bool:
    return isinstance(error.__cause__, pg.DiskFull)


def _advance(job_id: int) -> bool:
    """Do the next piece of a job; False when the job has ended."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None or not job.is_open:
        return False
    jobs.check_alive(job)
    if job.state == State.QUEUED:
        _start(job)
    elif job.state == State.RUNNING:
        _load(job)
    else:
        _finish(job)
    return True


def _start(job: Job) -> None:
    """Find out what to load. For sample rows that is known; a file is looked at first."""
    if job.kind == Job.Kind.GENERATE:
        assert job.total is not None
        with transaction.atomic():
            if _locked(job, State.QUEUED):
                prepare(job, [{"start": at, "rows": min(PART_ROWS, job.total - at)} for at in range(0, job.total, PART_ROWS)])
        return
    if not job.params.get("scanned") and _only_runner(job, lambda: scan_file(job)):
        return
    # Parts come only after their source is known; this process may have read the job before either.
    if "source" in job.params and _work(job, Part.Phase.SCAN, scan_part):
        return
    if job.params.get("scanned") and not jobs.left(job, Part.Phase.SCAN):
        with transaction.atomic():
            if _locked(job, State.QUEUED):
                prepare(job, plan_file(job))
    else:
        time.sleep(WAIT_SECONDS)


def prepare(job: Job, parts: list[dict[str, int]]) -> None:
    """Reserve the rows' ids, make the staging table and write down the parts. Inside the caller's transaction."""
    rows = sum(part["rows"] for part in parts)
    table = Table.objects.select_for_update().get(pk=job.table_id)
    if table.next_row_id + rows - 1 > LAST_ROW_ID:
        raise jobs.Stop(State.FAILED, f"A table has {LAST_ROW_ID:,} row numbers in all; these {rows:,} rows would use more.")
    first = table.next_row_id
    Table.objects.filter(pk=table.pk).update(next_row_id=first + rows)
    partitions.create_detached(job.staging, table.pk)
    with connection.cursor() as cursor:
        author = sql.Literal(job.created_by_id)
        cursor.execute(
            sql.SQL("ALTER TABLE {} ALTER COLUMN created_by SET DEFAULT {}, ALTER COLUMN modified_by SET DEFAULT {}").format(
                sql.Identifier(job.staging), author, author
            )
        )
    Part.objects.bulk_create(
        [Part(job=job, phase=Part.Phase.LOAD, number=n, params=part) for n, part in enumerate(parts)], batch_size=1_000
    )
    Job.objects.filter(pk=job.pk).update(
        state=State.RUNNING,
        first_row_id=first,
        total=rows,
        step="Loading rows",
        started_at=job.started_at or timezone.now(),
        alive_at=timezone.now(),
    )


def _load(job: Job) -> None:
    """COPY parts until none is left; then the last process to see that makes the indexes' parts."""
    if _work(job, Part.Phase.LOAD, copy_part):
        return
    if jobs.left(job, Part.Phase.LOAD):
        _wait(job)
        return
    with transaction.atomic():
        if not _locked(job, State.RUNNING):
            return
        if not partitions.exists(job.table_id):
            Part.objects.bulk_create(
                Part(job=job, phase=Part.Phase.INDEX, number=n, params={"suffix": suffix, "column": column})
                for n, (suffix, column) in enumerate(partitions.INDEXES)
            )
        Job.objects.filter(pk=job.pk).update(state=State.FINISHING, step="Building indexes", alive_at=timezone.now())


def _finish(job: Job) -> None:
    """Build the indexes, then make the rows visible."""
    if _work(job, Part.Phase.INDEX, _build_index):
        return
    if jobs.left(job, Part.Phase.INDEX):
        _wait(job)
        return
    if not _only_runner(job, lambda: _show(job)):
        _wait(job)


def _wait(job: Job) -> None:
    """Another process does what is left; should it be killed, this one goes on with it."""
    jobs.beat(job)
    time.sleep(WAIT_SECONDS)


def _build_index(job: Job, part: Part) -> None:
    partitions.create_index(job.staging, part.params["suffix"], part.params["column"])


def _show(job: Job) -> None:
    """The one visible step: attach the loaded table as the partition, or insert its rows into the one there is."""
    Job.objects.filter(pk=job.pk, state__in=OPEN).update(step="Showing the rows", alive_at=timezone.now())
    assert job.first_row_id is not None and job.total is not None
    with indexes.set_aside(job.table, job.total), transaction.atomic():
        attach = not partitions.exists(job.table_id)
        if not attach:
            # Before the table is locked: this can take long, the rows are unseen until commit, and edits go on.
            _insert(job)
        with write(job.table_id, job.created_by, "load") as current:
            if not _locked(job, State.FINISHING):
                raise jobs.Stop(State.FAILED, "The job ended before its rows could be shown.")
            jobs.check_alive(Job.objects.get(pk=job.pk))
            if attach and partitions.exists(job.table_id):
                _insert(job)  # somebody added the first row by hand while the indexes were built
            elif attach:
                _drop_defaults(job)
                partitions.attach(job.staging, job.table_id)
            _count_rows(job.table_id, job.first_row_id, job.total)
            current.table.row_count += job.total
            current.rows, current.rows_changed = job.total, True
            current.detail = {"job": job.pk, "first": job.first_row_id, "kind": job.kind}
            add_planned_columns(job, current)
            Job.objects.filter(pk=job.pk).update(state=State.DONE, step="", finished_at=timezone.now())
    jobs.clean_up(job)
    partitions.analyze(job.table_id)


def untouched_rows(job: Job, user: User) -> "tuple[array[int], int]":
    """The ids of a load's rows in which nobody but this person has written since, and how many others are there."""
    found, others = array("I"), 0
    if job.state != State.DONE or job.first_row_id is None or not job.total:
        return found, others
    end = job.first_row_id + job.total
    with connection.cursor() as cursor:
        for first in range(job.first_row_id, end, ROWS_READ):
            cursor.execute(
                "SELECT id, version = 0 OR modified_by = %s FROM tables_row"
                " WHERE table_id = %s AND id >= %s AND id < %s ORDER BY id",
                [user.pk, job.table_id, first, min(end, first + ROWS_READ)],
            )
            rows = cursor.fetchall()
            found.extend(row_id for row_id, is_own in rows if is_own)
            others += sum(1 for _, is_own in rows if not is_own)
    return found, others


def _count_rows(table_id: int, first: int, rows: int) -> None:
    """Give the shown rows blocks of their own.

    Rows that people added during the load stand after them but are counted in the block before them: they move along.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.position FROM tables_row r WHERE r.table_id = %(t)s AND r.position >= %(end)s
            AND r.position < coalesce(
                (SELECT min(b.first) FROM tables_block b WHERE b.table_id = %(t)s AND b.first >= %(end)s), %(most)s)
            """,
            {"t": table_id, "end": (first + rows) << POSITION_SHIFT, "most": 2**63 - 1},
        )
        later = [position for (position,) in cursor]
    order.count_changes(table_id, later, -1)
    order.extend(table_id, first, rows)
    order.count_changes(table_id, later, 1)


def _insert(job: Job) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "INSERT INTO {} (table_id, id, position, version, created_at, modified_at, created_by, modified_by, data)"
                " SELECT table_id, id, position, version, created_at, modified_at, created_by, modified_by, data FROM {}"
                " ORDER BY id"
            ).format(partitions.partition(job.table_id), sql.Identifier(job.staging))
        )


def _drop_defaults(job: Job) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("ALTER TABLE {} ALTER COLUMN created_by DROP DEFAULT, ALTER COLUMN modified_by DROP DEFAULT").format(
                sql.Identifier(job.staging)
            )
        )


def _work(job: Job, phase: Part.Phase, do: Callable[[Job, Part], None]) -> bool:
    """Do one part of a phase, if there is one for this process."""
    with jobs.claim(job, phase) as part:
        if part is not None:
            do(job, part)
    return part is not None


def _locked(job: Job, state: State) -> bool:
    """Lock the job's row, and tell whether it is still in that state: two processes never take the same step."""
    return Job.objects.select_for_update().get(pk=job.pk).state == state


def _only_runner(job: Job, do: Callable[[], None]) -> bool:
    """Do something that takes long and only one process may do; False when another does it. A killed one lets go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, job.pk])
        mine: bool = cursor.fetchone()[0]
        if not mine:
            return False
        try:
            job.refresh_from_db()
            if not job.is_open:
                return True
            do()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, job.pk])
    return True
