"""What came back from Claude, and how it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from ai import budgets, cells, known_answers, runs, usage
from ai.calls import Call
from ai.cells import Answered, Back, Claimed, Failed
from ai.columns import columns_by_key
from ai.context import Context, gone
from ai.models import AiColumn
from ai.provider import is_demo
from bases.models import User
from tables.models import Change
from tables.steps import patch_rows
from tables.writes import Gone, Write, write

AUTO_ENTRY_SECONDS = 60  # what auto-run answers in so long is one entry of the table's activity,
AUTO_ENTRY_VERSIONS = 200  # looked for among so many changes


@dataclass
class Results:
    """What came back and is not written yet."""

    answers: list[Answered] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    backs: list[Back] = field(default_factory=list)
    skipped: list[Claimed] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    learned: dict[bytes, Any] = field(default_factory=dict)
    saved_calls: int = 0
    retries: int = 0
    since: float = 0.0

    @property
    def cells(self) -> list[Claimed]:
        """All cells that something came back for."""
        asked = [answer.cell for answer in self.answers] + [failed.cell for failed in self.failures]
        return asked + [back.cell for back in self.backs] + self.skipped

    def __len__(self) -> int:
        return len(self.answers) + len(self.failures) + len(self.backs) + len(self.skipped)


class Changed(Exception):
    """The column's prompt, model or kind is another one than what was asked with."""


def store(context: Context, results: Results) -> None:
    """Write results in one transaction: rows, cells, counters, ledger. Raises Gone.

    What belongs to a cell that is not as it was claimed is left out, but paid for.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    # What auto-run writes is nobody's change: nobody's undo takes it back, and nobody's redo ends with it.
    writer = None if context.run.is_auto else context.run.user
    with timezone.override(zone), transaction.atomic():
        keep_learned(context, results)  # before the table is locked: edits wait for what comes after
        changed = _store(context, results, writer)
    if changed:
        raise Changed


def _store(context: Context, results: Results, writer: User | None) -> bool:
    """Under the table's lock; whether the prompt is another one by now. Raises Gone."""
    changed = False
    claimed = results.cells
    with write(context.table.pk, writer, runs.ACTION) as current:
        ai = AiColumn.objects.filter(pk=context.run.column_id).first()
        if ai is None or context.column.key not in columns_by_key(current.table):
            raise Gone(gone(context.column))
        mine = cells.mine(context.run.column_id, context.pump, claimed)
        good = [answer for answer in results.answers if answer.cell.row_id in mine]
        backs = [back for back in results.backs if back.cell.row_id in mine]
        failures = [failed for failed in results.failures if failed.cell.row_id in mine]
        if ai.prompt_version != context.ai.prompt_version:
            # Asked with another prompt: the answers are no answers to this one.
            changed = True
            backs += [Back(answer.cell) for answer in good] + [Back(failed.cell) for failed in failures]
            good, failures = [], []
        written = _write_rows(current, context, good)
        if good:
            cells.complete(context.table.pk, context.run.column_id, context.column.key, context.ai.prompt_version, good)
        if failures:
            cells.fail(context.run.column_id, context.ai.prompt_version, failures)
        if backs:
            cells.give_back(context.run.column_id, backs)
        left = [cell.row_id for cell in results.skipped if cell.row_id in mine]
        left += [answer.cell.row_id for answer in good if answer.cell.row_id not in written]
        if left:
            cells.restore(context.run.column_id, left)
        _count(context, current.version if written else None, len(written), len(failures), results)
        keep_account(context, results)
    return changed


def keep_account(context: Context, results: Results) -> None:
    """The calls into the ledger. What the demo answers is neither paid nor worth knowing once there is a key."""
    if results.calls and not is_demo(context.key):
        usage.note(context.account, results.calls)
        budgets.settle(context.run.pk, sum(call.micros for call in results.calls))


def keep_learned(context: Context, results: Results) -> None:
    """Answers that were paid for, for whoever asks the same."""
    if results.learned and not is_demo(context.key):
        known_answers.keep(context.table.base_id, results.learned)


def _write_rows(current: Write, context: Context, good: Sequence[Answered]) -> set[int]:
    """Put answers into the rows that are still there; their ids."""
    key = str(context.column.key)
    current.detail["answers"] = context.column.key
    if context.run.bulk_id is not None:
        current.detail |= {"bulk": context.run.bulk_id, "part": True}
    if context.run.is_auto:
        current.detail |= {"auto": context.run.pk, "ai": {"key": context.column.key, "name": context.column.name}}
        if _is_told(context, current):
            current.detail["part"] = True
    patches: Mapping[int, dict[str, Any]] = {answer.cell.row_id: {key: answer.value} for answer in good}
    if not patches or not patch_rows(current, patches):
        current.is_void = True
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_id FROM tables_rowchange WHERE table_id = %s AND version = %s", [current.table.pk, current.version]
        )
        return {row_id for (row_id,) in cursor}


def _is_told(context: Context, current: Write) -> bool:
    """Whether the table's activity has an entry of this auto-run already that is so recent that no other is needed."""
    since = timezone.now() - timedelta(seconds=AUTO_ENTRY_SECONDS)
    late = Change.objects.filter(table=current.table, version__gt=current.version - AUTO_ENTRY_VERSIONS, at__gt=since)
    return late.filter(detail__auto=context.run.pk).exclude(detail__has_key="part").exists()


def _count(context: Context, version: int | None, done: int, failed: int, results: Results) -> None:
    paid = [call for call in results.calls if call.is_paid]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ai_run SET done = done + %s, failed = failed + %s, calls = calls + %s, saved_calls = saved_calls + %s,
                retries = retries + %s, tokens_in = tokens_in + %s, tokens_out = tokens_out + %s,
                spent_micros = spent_micros + %s, fruitless = 0, alive_at = now(),
                skipped = CASE WHEN state = 'cancelled' THEN greatest(0, skipped - %s) ELSE skipped END WHERE id = %s
            """,
            [
                done,
                failed,
                len(paid),
                results.saved_calls,
                results.retries,
                sum(call.tokens_in for call in paid),
                sum(call.tokens_out for call in paid),
                sum(call.micros for call in paid),
                done + failed,  # calls that were under way when it was cancelled
                context.run.pk,
            ],
        )
        if version is not None and context.run.bulk_id is not None:
            cursor.execute(
                "UPDATE tables_bulk SET done = done + %s, versions = versions || to_jsonb(%s::bigint) WHERE id = %s",
                [done, version, context.run.bulk_id],
            )
