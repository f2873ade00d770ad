"""Celery's part of a load: to carry a job's id to the worker processes. All state is in PostgreSQL."""

import logging

from celery import shared_task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from bases.progress import State
from ingest import jobs
from ingest.load import LOCK_CLASS, run, runners
from ingest.models import Job
from tables.tasks import send_tend

log = logging.getLogger(__name__)


# A message whose process was killed is not handed out again: the processes that are left go on, and when none is left the
# sweeper resumes the job, and counts that. A load that needs too much memory would else kill processes for ever.
@shared_task(reject_on_worker_lost=False)
def run_job(job_id: int) -> None:
    """One worker process's share of a job."""
    jobs.pick_up(job_id)
    run(job_id)
    for table_id in Job.objects.filter(pk=job_id, state=State.DONE).values_list("table_id", flat=True):
        send_tend(table_id)


@shared_task
def sweep() -> None:
    """Send quiet jobs again, and drop what killed processes left behind."""
    for job in jobs.quiet():
        if job.cancel_asked:
            jobs.end(job.pk, State.CANCELLED, jobs.CANCELLED)
        elif _is_worked_on(job):
            jobs.beat(job)
        elif jobs.may_resume(job):
            send(job)
    jobs.drop_orphans()
    jobs.drop_strays()


def _is_worked_on(job: Job) -> bool:
    """Whether a living process does a step that only one may do: such a step can be long and quiet."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, job.pk])
        return not cursor.fetchone()[0]


def send(job: Job) -> None:
    """Hand a job to the worker processes once the transaction that made it has committed."""
    transaction.on_commit(lambda: _send(job.pk))


def _send(job_id: int) -> None:
    try:
        for _ in range(runners()):
            run_job.delay(job_id)
    except OperationalError:
        # Redis is away. The job is safe in PostgreSQL, and the sweeper sends it as soon as Redis is back.
        log.warning("Job %s could not be sent: no connection to Redis", job_id)
