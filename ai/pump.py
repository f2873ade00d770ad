"""The pump: does a run's work for a slice of time.

One pump works on one run: it holds an advisory lock that ends with its process. Killed at any moment it loses the calls that
were under way, which may be paid twice, and nothing else: an answer is written only into a cell that is still as it was
claimed, in the same transaction as the cell's state and the run's counters.
"""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from ai import cells, faults, runs
from ai.context import Context, Over, context_of
from ai.models import Run
from ai.slice import Slice
from tables.models import Bulk, Table

PREPARE_ROWS = 50_000  # marked in one transaction: 0.4 s
LOCK_CLASS = 0x726F7C  # advisory locks: one pump works on one run
MOST_FRUITLESS = 3  # times in a row that a run is begun and gets nowhere: each may pay for what its threads had asked
FAULT = (
    f"Rowan met a fault of its own here {MOST_FRUITLESS} times in a row, so the run has stopped."
    " The log of the AI worker says more. Resume tries again."
)
log = logging.getLogger(__name__)


def pump(run_id: int, seconds: float) -> bool:
    """Work on a run for a slice of time; whether there is more to do. May be called by any number of processes."""
    with _alone(run_id) as mine:
        if not mine:
            return False
        run = Run.objects.select_related("table", "column").filter(pk=run_id).first()
        if run is None:
            return False
        cells.reclaim(run)
        if not run.is_open:
            Run.objects.filter(pk=run_id).update(alive_at=timezone.now())
            cells.restore_waiting(run)
            return False
        if _got_nowhere(run):
            return False
        Run.objects.filter(pk=run_id).update(alive_at=timezone.now(), fruitless=F("fruitless") + 1)
        try:
            more = _work(run, seconds)
        except Exception as error:
            faults.note(log, f"Run {run_id} has met a fault.", error)
            with suppress(OperationalError, InterfaceError):  # the sweeper sends it again
                cells.reclaim(run)
                run.refresh_from_db()
                _got_nowhere(run)
            return False
        Run.objects.filter(pk=run_id).update(fruitless=0)
        return more


def _work(run: Run, seconds: float) -> bool:
    try:
        context = context_of(run)
        _prepare(context)
        return Slice(context, seconds).work()
    except Over as over:
        if over.state == Run.State.PAUSED:
            runs.pause(run, str(over), over.until)
        elif runs.end(run.pk, over.state, str(over)):
            cells.restore_waiting(run)
        return False


def _got_nowhere(run: Run) -> bool:
    """Whether the run was begun too often without getting anything done; then it waits for a person."""
    return run.fruitless >= MOST_FRUITLESS and runs.pause(run, FAULT)


@contextmanager
def _alone(run_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, run_id])
        mine: bool = cursor.fetchone()[0]
        try:
            yield mine
        finally:
            if mine and connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, run_id])


def _prepare(context: Context) -> None:
    """Mark the cells of a run that was begun over many rows."""
    run = context.run
    while run.state == Run.State.PREPARING:
        with transaction.atomic():
            Table.objects.select_for_update().get(pk=run.table_id)
            run = context.run = Run.objects.select_for_update().get(pk=run.pk)
            if run.state != Run.State.PREPARING:
                break
            ids = bulk_ids(run.bulk_id, run.prepared, PREPARE_ROWS)
            if ids:
                runs.prepare(run, ids, context.ai.prompt_version)
            else:
                runs.start(run)
                Bulk.objects.filter(ai_run=run).update(ids=b"")
        if run.state == Run.State.RUNNING and run.prepared > runs.AT_ONCE:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE ai_aicell")  # else a claim costs 250 ms instead of 1.3


def bulk_ids(bulk_id: int | None, first: int, most: int) -> list[int]:
    """The ids of so many of an action's rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT substr(ids, %s, %s) FROM tables_bulk WHERE id = %s", [4 * first + 1, 4 * most, bulk_id])
        found = cursor.fetchone()
    packed = bytes(found[0]) if found else b""
    return list(struct.unpack(f">{len(packed) // 4}I", packed))
