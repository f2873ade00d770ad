"""A slice of a run's work: cells claimed, asked for in threads that never touch the database, and written in batches."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Event
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from ai import budgets, cells, faults, known_answers, questions, runs, scopes
from ai.cells import Back, Claimed
from ai.context import Context, Over, situation
from ai.failures import FAULT, Blocked, Failure, Hold
from ai.models import Run
from ai.outcomes import ATTEMPTS, Outcomes
from ai.provider import Question, Reply, ask
from ai.questions import Asking
from ai.results import Changed, Results, keep_account, keep_learned, store
from tables.query import RowData, RowQuery
from tables.writes import Gone

BATCH = 50  # results that are written at once,
BATCH_SECONDS = 0.3  # or those of so long
UPSTREAM_SECONDS = 2.0  # a cell whose input is itself being computed waits for so long
# Questions that wait in the pool, to each thread, so that threads go on while a batch is written (30 to 60 ms). Of the rate that
# 32 calls could have, cells come at 91 % with 0, at 95 % with 0.25, at 94 % with 0.5; a killed worker pays for 8 calls more.
AHEAD = 0.25
NOTHING = Question("", "", "", {})  # of a cell whose own cannot be made
log = logging.getLogger(__name__)


class Slice(Outcomes):
    """One slice of a run's work."""

    def __init__(self, context: Context, seconds: float) -> None:
        super().__init__(context)
        self.until = time.monotonic() + seconds
        self.threads = min(settings.AI_CALLS, 4) if context.run.urgent else settings.AI_CALLS
        self.most = self.threads if context.run.urgent else self.threads + int(self.threads * AHEAD)
        self.asking: dict[Future[Reply | None], Asking] = {}  # under way, or ahead of the pool's threads
        self.ended: SimpleQueue[Future[Reply | None]] = SimpleQueue()
        self.halt = Event()  # a call was told that no more are taken: those that have not begun do not begin
        self.may_ask = True
        self.not_before = 0.0
        self.looked = 0.0  # when the run's state was read last

    def work(self) -> bool:
        """Until the slice or the run is over; whether there is more to do."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="ai-call") as pool:
            try:
                while self._goes_on():
                    self._look()
                    self._claim()
                    self._submit(pool)
                    self._collect()
                    self._flush(all_of_it=not self.asking and not self.ready)
            except Exception:
                self._rescue()
                raise
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        self._give_back()
        self._flush(all_of_it=True)
        budgets.release(self.context.run.pk)
        if self.over:
            raise self.over
        return self._rest()

    # --- What the slice does, again and again ----------------------------------------------------------------------------

    def _goes_on(self) -> bool:
        if self.over is not None:
            self.may_ask = False
        if time.monotonic() > self.until:
            self.may_ask = False
        if self.may_ask:
            return bool(self.asking or self.ready or not self._is_dry())
        self._withdraw()
        return bool(self.asking)

    def _is_dry(self) -> bool:
        """Whether no cell is due soon."""
        due = cells.next_due(self.context.run.pk)
        if due is None:
            return True
        seconds = (due - timezone.now()).total_seconds()
        if seconds > 0:
            time.sleep(min(seconds, 0.2, max(0.0, self.until - time.monotonic())))
        return False

    def _look(self) -> None:
        """Twice a second: is the run still to be worked on, and is there money left?"""
        now = time.monotonic()
        if now - self.looked < 0.5:
            return
        self.looked = now
        run = self.context.run
        run.refresh_from_db(fields=["state", "spent_micros", "budget_micros", "done", "calls"])
        if run.state != Run.State.RUNNING:
            self.may_ask = False
            return
        Run.objects.filter(pk=run.pk).update(alive_at=timezone.now())
        if situation(run) != self.context.situation:
            self.until, self.may_ask = 0.0, False  # the next slice knows what it means
            return
        self.purse.look(self.asking.values(), self._startable())

    def _claim(self) -> None:
        room = self.most + BATCH // 2 - len(self.asking) - len(self.ready)
        if not self.may_ask or self.over or room < self.threads // 2 or time.monotonic() < self.not_before:
            return
        claimed = cells.claim(self.context.run.pk, self.context.pump, room)
        if claimed:
            self._take(claimed)

    def _take(self, claimed: Sequence[Claimed]) -> None:
        """Make questions of cells; those that need none have their result at once."""
        context = self.context
        busy = cells.busy_rows(context.upstream, [cell.row_id for cell in claimed])
        rows = {row.id: row for row in RowQuery(context.table).rows_of([cell.row_id for cell in claimed])}
        if len(busy) == len(claimed):  # all of them wait for another column: so will the next ones
            self.not_before = time.monotonic() + UPSTREAM_SECONDS
        met = self._met(claimed)
        asked: dict[bytes, Asking] = {}
        for cell in claimed:
            row = rows[cell.row_id]
            if cell.row_id in busy:
                self._add(self.results.backs, Back(cell, UPSTREAM_SECONDS))
                continue
            try:
                question = None if row.version < 0 or cell.row_id not in met else self._question(row)
            except Exception as error:
                faults.note(log, f"A question of run {context.run.pk} cannot be made.", error)
                self._again(Asking(NOTHING, b"", [cell]), FAULT, 2.0 ** (cell.attempts - 1), ATTEMPTS)
                continue
            if question is None:
                self._add(self.results.skipped, cell)
                continue
            question = replace(question, max_tokens=question.max_tokens * 2 ** min(cell.attempts - 1, 2))
            name = questions.fingerprint(question)
            same = self.by_question.get(name) or asked.get(name)
            if same:
                same.cells.append(cell)
                self.results.saved_calls += 1
            else:
                asked[name] = Asking(question, name, [cell])
        found = {} if context.run.fresh else known_answers.find(context.table.base_id, list(asked)) | self.results.learned
        for name, asking in asked.items():
            # An answer that did not do before is not taken again.
            if name in found and all(cell.attempts == 1 for cell in asking.cells):
                self._answered(asking, Reply(found[name], context.model, 0, 0), is_known=True)
            else:
                self.by_question[name] = asking
                self.ready.append(asking)

    def _met(self, claimed: Sequence[Claimed]) -> set[int]:
        """The rows for which "only run if" holds now: auto-run and a click take rows without a look at it."""
        with timezone.override(ZoneInfo(settings.TIME_ZONE)):
            ids = [cell.row_id for cell in claimed]
            return set(scopes.rows_of_ids(self.context.table, ids, self.context.ai, self.context.column, ""))

    def _question(self, row: RowData) -> Question | None:
        context = self.context
        columns = list(context.columns.values())
        return questions.question(context.ai, context.column, columns, questions.document(row, columns), context.model)

    def _submit(self, pool: ThreadPoolExecutor) -> None:
        if self.halt.is_set():
            self._withdraw()
            self.halt.clear()
        while self.ready and len(self.asking) < self.most and self.may_ask and self.over is None:
            try:
                seconds = self.purse.wait(self.asking.values(), self._startable())
            except Over as over:
                self.over = over
                return
            seconds = seconds or self.context.gate.wait(urgent=self.context.run.urgent)
            if seconds > 0:
                self.not_before = time.monotonic() + min(seconds, 1.0)
                return
            asking = self.ready.pop(0)
            future = pool.submit(self._ask, asking.question)
            self.asking[future] = asking
            future.add_done_callback(self.ended.put)
            self.context.gate.ahead = max(0, len(self.asking) - self.threads)

    def _ask(self, question: Question) -> Reply | None:
        """In a thread: one call; None where it is not made."""
        if self.halt.is_set():
            self.context.gate.give_back()
            return None
        try:
            return ask(self.context.key, question, gate=self.context.gate)
        except (Hold, Blocked):
            self.halt.set()
            raise

    def _withdraw(self) -> None:
        """Take back the questions that no thread has begun."""
        for future in list(self.asking):
            if future.cancel():
                self.context.gate.give_back()
                self._unasked(self._popped(future))

    def _popped(self, future: "Future[Reply | None]") -> Asking:
        asking = self.asking.pop(future)
        self.by_question.pop(asking.fingerprint, None)
        self.context.gate.ahead = max(0, len(self.asking) - self.threads)
        return asking

    def _startable(self) -> list[Asking]:
        """Those that can be asked next."""
        return self.ready[: max(0, self.most - len(self.asking))]

    def _collect(self) -> None:
        """Wait a moment for calls to end, and sort out what came back."""
        if not self.asking:
            time.sleep(max(0.0, min(self.not_before - time.monotonic(), 0.2, self.until - time.monotonic())))
            return
        for future in self._ended():
            self._sort(future)

    def _ended(self) -> list["Future[Reply | None]"]:
        """The calls that have ended, after a short wait for the first. Not by wait(), which looks at all that are under way."""
        found: list[Future[Reply | None]] = []
        try:
            found.append(self.ended.get(timeout=0.05))
            while True:
                found.append(self.ended.get_nowait())
        except Empty:
            return [future for future in found if future in self.asking]  # others were withdrawn

    # --- What came back --------------------------------------------------------------------------------------------------

    def _sort(self, future: "Future[Reply | None]") -> None:
        asking = self._popped(future)
        try:
            reply = future.result()
        except Failure as failure:
            self._failed(asking, failure)
        else:
            if reply is None:
                self._unasked(asking)
            else:
                self._answered(asking, reply)

    # --- Writing ---------------------------------------------------------------------------------------------------------

    def _give_back(self) -> None:
        """Cells that were claimed and not asked for."""
        for asking in (*self.ready, *self.asking.values()):
            self._unasked(asking)
        self.ready, self.asking = [], {}

    def _flush(self, *, all_of_it: bool) -> None:
        results = self.results
        if not len(results) and not results.calls:
            return
        if not all_of_it and len(results) < BATCH and time.monotonic() - results.since < BATCH_SECONDS:
            return
        self.results = Results()
        try:
            store(self.context, results)
        except Gone as gone:
            self.over = Over(Run.State.FAILED, str(gone))
            keep_account(self.context, results)  # it was paid all the same
            keep_learned(self.context, results)
        except Changed:
            self.until = 0.0  # the next slice knows of it
        except Exception:
            self.results = results  # not written, and not lost: see _rescue
            raise
        self.purse.written()

    def _rescue(self) -> None:
        """After a fault: what was paid is in the ledger all the same, and the next try need not pay for it again."""
        try:
            self._withdraw()
            ended, _ = wait(self.asking, timeout=settings.ANTHROPIC_TIMEOUT)
            for future in ended:
                self._sort(future)
            if connection.connection is None or connection.connection.closed:  # PostgreSQL was restarted
                connection.close()  # the next statement opens a new one
            with transaction.atomic():
                keep_account(self.context, self.results)
            with transaction.atomic():
                keep_learned(self.context, self.results)
        except Exception as error:
            faults.note(log, f"What run {self.context.run.pk} has paid for could not be kept.", error)

    def _rest(self) -> bool:
        """Whether cells of the run still wait; if none does the run is done."""
        run = self.context.run
        run.refresh_from_db(fields=["state"])
        if run.state == Run.State.CANCELLED:
            cells.restore_waiting(run)
        if run.state != Run.State.RUNNING:
            return False
        if cells.next_due(run.pk) is not None:
            return True
        if not run.is_auto and not cells.has_busy(run.pk):
            runs.end(run.pk, Run.State.DONE, "")
        return False
