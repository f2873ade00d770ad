"""Runs: begun, paused, resumed, cancelled, ended. The pump (ai/pump.py) does their work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from ai import cells
from ai.columns import BadAi, load
from ai.models import AiCell, AiColumn, Run, Status
from ai.progress import may_undo
from bases.models import Base, Member, User
from bases.progress import State as BulkState
from bases.quotas import hold
from tables import bulk
from tables.models import RUN_AI, Bulk, Column, Table
from tables.writes import write

ACTION = RUN_AI
AT_ONCE = 1_000  # rows that are marked while the person waits; of more, the pump marks them
MOST_OPEN = 20  # runs of one base
# One that was paused while its cells were being marked has not started, and goes on with that.
_STATE = Case(When(started_at=None, then=Value(Run.State.PREPARING)), default=Value(Run.State.RUNNING))
_GOES_ON = {"state": _STATE, "reason": "", "paused_until": None, "fruitless": 0}


def begin(table: Table, user: User, column: Column, ids: Sequence[int], scope: str, *, token: str = "", **settings: Any) -> Run:
    """A run of an AI column for these rows' cells. Nothing is asked until it is sent (ai/tasks.py).

    `token` names the token of a program that begins it. `settings`: only ("failed", "stale"), budget_micros, fresh, overwrite.
    Raises BadAi, Gone.
    """
    ai = load(column)
    if not ids:
        raise BadAi("There is no cell to run: no row fits.")
    with transaction.atomic(), _place(table.base), write(table.pk, user, ACTION) as current:
        entry = Bulk.objects.create(
            table=table,
            user=user,
            action=ACTION,
            ids=bulk.pack(ids),
            total=len(ids),
            state=BulkState.RUNNING,
            dismissed=True,  # ai has a bar of its own
            versions=[current.version],
        )
        run = Run.objects.create(
            table=table,
            column=column,
            user=user,
            bulk=entry,
            scope=scope[:200],
            urgent=len(ids) <= cells.URGENT_CELLS,
            **settings,
        )
        current.detail |= {"bulk": entry.pk, "ai": {"key": column.key, "name": column.name}}
        current.detail |= {"token": token} if token else {}
        if len(ids) <= AT_ONCE:
            prepare(run, ids, ai.prompt_version)
            start(run)
    return run


def failed_rows(run: Run) -> list[int]:
    """The rows of a run's cells that failed and have not been computed since."""
    failed = AiCell.objects.filter(column_id=run.column_id, run_id=run.pk, status=Status.ERROR).order_by("seq")
    return list(failed.values_list("row_id", flat=True))


@contextmanager
def _place(base: Base) -> Iterator[None]:
    """Room for one more run of a base, within a transaction. Raises BadAi."""
    hold(base)
    if Run.objects.filter(table__base=base, state__in=Run.OPEN, is_auto=False).count() >= MOST_OPEN:
        raise BadAi(f"{MOST_OPEN} runs are under way in this base. Wait until one has ended, or cancel one.")
    yield


def prepare(run: Run, ids: Sequence[int], prompt_version: int) -> None:
    """Mark the next of its rows' cells; in the same transaction, how far it is."""
    run.total += cells.enqueue(run, ids, run.prepared, prompt_version)
    run.prepared += len(ids)
    run.fruitless, run.alive_at = 0, timezone.now()
    run.save(update_fields=["total", "prepared", "fruitless", "alive_at"])


def start(run: Run) -> None:
    """All its cells are marked."""
    run.state = Run.State.RUNNING
    run.started_at = timezone.now()
    run.save(update_fields=["state", "started_at"])


def pause(run: Run, reason: str = "", until: datetime | None = None) -> bool:
    """Ask nothing more until it is resumed, by itself at `until`; calls that are under way are still written.

    False where it runs no more.
    """
    running = Run.objects.filter(pk=run.pk, state__in=(Run.State.PREPARING, Run.State.RUNNING))
    return bool(running.update(state=Run.State.PAUSED, reason=reason, paused_until=until))


def resume(run: Run, budget_micros: int | None = None) -> bool:
    """Go on with a paused run, which is then to be sent; with another budget where one is given."""
    changes: dict[str, Any] = {"budget_micros": budget_micros} if budget_micros is not None else {}
    return bool(Run.objects.filter(pk=run.pk, state=Run.State.PAUSED).update(**_GOES_ON, **changes, alive_at=timezone.now()))


def resume_by_hand(run: Run, budget_micros: int | None) -> bool:
    """The same for somebody who has paused it, or has another budget for it. Raises BadAi with a sentence."""
    if run.paused_until:
        raise BadAi("Auto-run goes on by itself, or at once when its budget of a day is raised.")
    if budget_micros is not None and budget_micros <= run.spent_micros:
        raise BadAi("The run has spent as much as that already. Enter more, or cancel it.")
    return resume(run, budget_micros)


def take_back(run: Run, member: Member, token: str = "") -> Bulk:
    """Undo all that it has written, but for cells that somebody has changed since; to be sent. Raises BadAi, Gone, TooBusy."""
    if run.is_open:
        raise BadAi("The run is not over. Cancel it first, or wait until it has ended.")
    if run.bulk is None or not may_undo(run, member):
        raise BadAi("This run cannot be taken back: it is not yours, or nothing of it stands.")
    return bulk.take_back(run.table, member.user, "undo", run.bulk, token)


def resume_due() -> list[int]:
    """The runs whose pause has ended; they are to be sent."""
    due = Run.objects.filter(state=Run.State.PAUSED, paused_until__lte=timezone.now()).order_by("pk")
    return [run.pk for run in due if resume(run)]


def cancel(run: Run) -> bool:
    """End it; cells that still wait are what they were before. It is to be sent once more: its pump tidies up."""
    return end(run.pk, Run.State.CANCELLED, "")


def end(run_id: int, state: Run.State, reason: str) -> bool:
    """The run is over. False where it was already."""
    with transaction.atomic():
        now = timezone.now()
        ended = Run.objects.filter(pk=run_id, state__in=Run.OPEN).update(
            state=state, reason=reason, finished_at=now, skipped=F("total") - F("done") - F("failed"), alive_at=now
        )
        if ended:
            Bulk.objects.filter(ai_run=run_id).update(state=BulkState.DONE, finished_at=now, ids=b"")
    return bool(ended)


def standing(ai: AiColumn) -> Run:
    """The run that cells of a column with auto-run wait in, made if absent."""
    found = Run.objects.filter(column=ai.column, is_auto=True, state__in=Run.OPEN).first()
    return found or Run.objects.create(
        table=ai.column.table,
        column=ai.column,
        user=ai.auto_user,
        scope="cells whose inputs were edited",
        state=Run.State.RUNNING,
        started_at=timezone.now(),
        is_auto=True,
    )


def auto_pause(column: Column) -> Run | None:
    """The standing run of a column while it waits for another day."""
    return Run.objects.filter(column=column, is_auto=True, state=Run.State.PAUSED, paused_until__isnull=False).first()
