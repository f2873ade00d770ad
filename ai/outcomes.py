"""What came back for each question, and what becomes of its cells: an answer, another try, or an error."""

import logging
import random
import time
from typing import Any

from ai import answers, faults, prices
from ai.budgets import Purse
from ai.calls import Call
from ai.cells import Answered, Back, Failed
from ai.context import Context, Over
from ai.failures import ANSWERED, FAULT, Again, BadAnswer, Blocked, Failure, Hold, Refused
from ai.models import Run
from ai.provider import Reply
from ai.questions import Asking
from ai.results import Results
from tables.columns import BadValue

ATTEMPTS = 3
log = logging.getLogger(__name__)


class Outcomes:
    """The results of a slice (ai/slice.py) that are not written yet. Not for threads."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.purse = Purse(context)
        self.results = Results()
        self.over: Over | None = None
        self.by_question: dict[bytes, Asking] = {}  # those under way
        self.ready: list[Asking] = []  # claimed, and waiting for the gate

    def _add(self, where: list[Any], result: Any) -> None:
        if not len(self.results):
            self.results.since = time.monotonic()
        where.append(result)

    def _answered(self, asking: Asking, reply: Reply, *, is_known: bool = False) -> None:
        try:
            value = self._value(reply)
        except BadValue as bad:
            if is_known:  # the column's options have changed since
                self.by_question[asking.fingerprint] = asking
                self.ready.append(asking)
                return
            again = self._again(asking, str(bad), seconds=0.0, attempts=2)
            self._made("unfit", reply.model, reply.took, reply.tokens_in, reply.tokens_out, again=again)
            return
        micros = 0 if is_known else self._made(ANSWERED, reply.model, reply.took, reply.tokens_in, reply.tokens_out)
        if is_known:
            self.results.saved_calls += len(asking.cells)
        else:
            self.results.learned[asking.fingerprint] = reply.value
        for n, cell in enumerate(asking.cells):
            paid = (reply.tokens_in, reply.tokens_out, micros) if n == 0 else (0, 0, 0)
            self._add(self.results.answers, Answered(cell, value, reply.model, *paid))

    def _value(self, reply: Reply) -> Any:
        """An answer as its row holds it. Raises BadValue."""
        try:
            return answers.stored(self.context.column.kind, self.context.column.options, reply.value)
        except BadValue:
            raise
        except Exception as error:
            faults.note(log, f"An answer of run {self.context.run.pk} cannot be read.", error)
        raise BadValue(FAULT)

    def _made(self, outcome: str, model: str, took: float, tokens_in: int, tokens_out: int, *, again: bool = False) -> int:
        """Count a call; what it cost."""
        named = model if prices.micros(model, 0, 0) is not None else self.context.model
        micros = prices.charged(named, tokens_in, tokens_out)
        call = Call(self.context.model, outcome, took, tokens_in, tokens_out, micros, again)
        self.results.calls.append(call)
        if call.is_paid:
            self.purse.paid(micros)
        return micros

    def _failed(self, asking: Asking, failure: Failure) -> None:
        again = False
        if isinstance(failure, Hold):
            self._unasked(asking)
        elif isinstance(failure, Blocked):
            self.over = self.over or Over(Run.State.PAUSED, str(failure))
            self._unasked(asking)
        elif isinstance(failure, Again):
            tries = min(cell.attempts for cell in asking.cells)
            again = self._again(asking, str(failure), 2 ** (tries - 1) * random.uniform(0.5, 1.5), ATTEMPTS)
        elif isinstance(failure, BadAnswer):
            again = self._again(asking, str(failure), 0.0, attempts=2)
        else:
            assert isinstance(failure, Refused)
            for cell in asking.cells:
                self._add(self.results.failures, Failed(cell, str(failure)))
        self._made(failure.reason, "", failure.took, failure.tokens_in, failure.tokens_out, again=again)

    def _unasked(self, asking: Asking) -> None:
        for cell in asking.cells:
            self._add(self.results.backs, Back(cell))

    def _again(self, asking: Asking, sentence: str, seconds: float, attempts: int) -> bool:
        """Try once more, or leave the cells in error after so many attempts; whether any is tried."""
        tried = [cell for cell in asking.cells if cell.attempts < attempts]
        self.results.retries += len(tried)
        for cell in asking.cells:
            if cell in tried:
                self._add(self.results.backs, Back(cell, seconds, costs=True))
            else:
                self._add(self.results.failures, Failed(cell, sentence))
        return bool(tried)
