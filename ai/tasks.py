"""Celery's part of AI columns: carries a run's id to the worker of the queue `ai`. All state is in PostgreSQL."""

import threading
from contextlib import suppress
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from ai import heart as heart  # connects itself to the heartbeats of the worker
from ai import runs
from ai.models import AiCell, Reservation, Run
from tables.models import Column

SLICE_SECONDS = 30.0  # of work on a run, which then lets others go first
QUIET_SECONDS = 15  # a run without a sign of life for so long is sent again
HEAD_START = 1.0  # second, of a run that had to wait: two threads of the worker take their messages in any order
# One thread of each worker process is kept for clicks on single cells: they do not wait behind runs of hours.
_WAITS = Exists(AiCell.objects.filter(run_id=OuterRef("pk"), status__in=(1, 2)))
_slots = threading.BoundedSemaphore(max(1, settings.AI_CONCURRENCY - 1))


@shared_task(ignore_result=True, reject_on_worker_lost=False)
def pump(run_id: int) -> None:
    """A slice of a run, which sends itself on."""
    from ai.pump import pump as work

    urgent = Run.objects.filter(pk=run_id, urgent=True).exists()
    if not urgent and not _slots.acquire(blocking=False):
        return  # all are taken: the next slice that ends, or the sweeper, sends it again
    try:
        more = work(run_id, SLICE_SECONDS)
    finally:
        if not urgent:
            _slots.release()
        connection.close()
    # One that found all threads taken comes first, so that long runs take turns.
    waiting = _quiet(QUIET_SECONDS).exclude(pk=run_id).values_list("pk", flat=True).first()
    if waiting:
        _send(waiting)
    if more:
        _send(run_id, HEAD_START if waiting else 0.0)


@shared_task(ignore_result=True)
def sweep_runs() -> None:
    """Send runs again whose pump was killed, that were never sent since Redis was away, or whose pause has ended."""
    for run_id in runs.resume_due():
        _send(run_id)
    for run in _quiet(QUIET_SECONDS):
        _send(run.pk)
    # Cells of a run that has ended while its pump was gone.
    ended = Run.objects.exclude(state__in=Run.OPEN).filter(_WAITS, alive_at__gt=timezone.now() - timedelta(days=7))
    for run_id in ended.values_list("pk", flat=True):
        _send(run_id)


def _quiet(seconds: int):  # type: ignore[no-untyped-def]
    """Runs with something to do that showed no sign of life; a standing run of auto-run has often nothing."""
    since = timezone.now() - timedelta(seconds=seconds)
    found = Run.objects.filter(state__in=(Run.State.PREPARING, Run.State.RUNNING), alive_at__lt=since)
    return found.exclude(Q(is_auto=True) & ~_WAITS).order_by("alive_at")


@shared_task(ignore_result=True)
def forget_answers() -> None:
    """Once a day: answers that are too old, cells of columns that are gone for good, and what was counted for each column."""
    from ai import calls, usage
    from ai.known_answers import forget_old

    forget_old()
    calls.fold(usage.today())
    Reservation.objects.filter(until__lt=timezone.now()).delete()
    AiCell.objects.exclude(column_id__in=Column.objects.values("pk")).delete()


@shared_task(ignore_result=True)
def renew_models() -> None:
    """Once a day, and when the server's key is new: which models keys may use."""
    from ai.known_models import renew

    renew()


def send(run: Run) -> None:
    """Hand a run to the workers once the transaction that began it has committed."""
    transaction.on_commit(lambda: _send(run.pk))


def send_soon(run_id: int, seconds: float) -> None:
    """The same, after a moment of quiet."""
    transaction.on_commit(lambda: _send(run_id, seconds))


def _send(run_id: int, seconds: float = 0.0) -> None:
    with suppress(OperationalError):  # Redis is away: the sweeper finds the run later
        pump.apply_async((run_id,), countdown=seconds or None)
