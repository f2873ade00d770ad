"""Celery's part of a load: to carry a job's id to the worker processes. All state is in PostgreSQL."""

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from ingest import jobs
from ingest.load import run, runners
from ingest.models import Job, State

log = logging.getLogger(__name__)


@shared_task
def run_job(job_id: int) -> None:
    """One worker process's share of a job."""
    run(job_id)


@shared_task
def sweep() -> None:
    """Send quiet jobs again, and drop what killed processes left behind."""
    for job in jobs.quiet():
        if job.cancel_asked:
            jobs.end(job.pk, State.CANCELLED, "Cancelled. No row was added.")
        else:
            Job.objects.filter(pk=job.pk).update(alive_at=timezone.now())
            send(job)
    jobs.drop_orphans()


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
