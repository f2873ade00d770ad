"""A look at an AI column before it is saved: the first rows answered, and what a run over all of them would take.

The calls are paid, so they are in the ledger and obey the month's budget; what they answer is known to the run that follows.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import connection

from ai import answers, budgets, estimate, known_answers, prices, questions, usage
from ai.answering import Answering
from ai.calls import Call
from ai.estimate import Estimate
from ai.failures import ANSWERED, Again, Failure
from ai.keys import Key
from ai.models import AiColumn
from ai.provider import Question, Reply, ask, is_demo
from ai.rate import Gate
from tables.columns import BadValue, kind_of
from tables.models import Column
from tables.query import RowData
from tables.query.cache import INSTALLATION, with_redis

ROWS = 5
SECONDS = 30.0
PER_MINUTE = 1_000.0  # requests of a key of the first tier
SECONDS_A_CALL = 2.0
KEPT_SECONDS = 3_600  # what the answers of a preview took, for the estimate of the run that follows
LATE = f"No answer came within {SECONDS:.0f} seconds."
BLANK = "Skipped: the cells that the prompt reads are empty."


@dataclass(frozen=True)
class Draft:
    """A column that need not be saved, with its prompt stored by keys (ai/prompts.py)."""

    ai: AiColumn
    column: Column
    columns: Sequence[Column]  # the table's
    model: str  # that is asked


@dataclass(frozen=True)
class Answer:
    """What came for one row: `html` as its kind shows it, or `error`, a sentence."""

    row: RowData
    html: str = ""
    error: str = ""
    tokens: int = 0
    micros: int = 0
    is_known: bool = False  # from an identical earlier question


@dataclass(frozen=True)
class Preview:
    """`problem` is a sentence on why nothing was asked."""

    answers: Sequence[Answer] = ()
    estimate: Estimate | None = None
    problem: str = ""

    @property
    def micros(self) -> int:
        return sum(each.micros for each in self.answers)


def sampled(draft: Draft, rows: Sequence[RowData]) -> list[Question | None]:
    """What would be asked for these rows; None for one whose inputs are blank."""
    columns = list(draft.columns)
    return [questions.question(draft.ai, draft.column, columns, questions.document(row, columns), draft.model) for row in rows]


def estimated(draft: Draft, rows: Sequence[RowData], cells: int, known: Sequence[tuple[Question, Reply]] = ()) -> Estimate:
    """What a run over `cells` cells would take, judged by these rows of it."""
    asked = sampled(draft, rows)
    per_minute = min(PER_MINUTE, settings.AI_CALLS * 60 / SECONDS_A_CALL)
    return estimate.estimate(cells, asked, draft.column.kind, lambda i, o: prices.charged(draft.model, i, o), per_minute, known)


def asked_before(draft: Draft, rows: Sequence[RowData], base_id: int, key: Key | None) -> list[tuple[Question, Reply]]:
    """What a preview has asked of these rows within the hour, and what it took: a run is estimated by the same tokens."""
    asked = [question for question in sampled(draft, rows) if question]
    if not asked:
        return []
    names = [_tokens_of(base_id, key, question) for question in asked]
    kept: list[bytes | None] = with_redis(lambda client: client.mget(names)) or []
    return [(q, Reply(None, "", *map(int, took.split()))) for q, took in zip(asked, kept, strict=False) if took]


def _keep_tokens(base_id: int, key: Key, paid: Sequence[tuple[Question, Reply]]) -> None:
    def keep(client: Any) -> None:
        with client.pipeline(transaction=False) as pipe:
            for question, reply in paid:
                pipe.set(_tokens_of(base_id, key, question), f"{reply.tokens_in} {reply.tokens_out}", ex=KEPT_SECONDS)
            pipe.execute()

    if paid:
        with_redis(keep)


def _tokens_of(base_id: int, key: Key | None, question: Question) -> str:
    who = "demo" if is_demo(key) else "claude"
    return f"rowan:ai:tokens:{INSTALLATION}:{base_id}:{who}:{questions.fingerprint(question).hex()}"


def preview(draft: Draft, rows: Sequence[RowData], cells: int, answering: Answering, base_id: int) -> Preview:
    """Ask for the first ROWS of these rows, side by side, in at most SECONDS. Raises prompts.BadPrompt."""
    judged = estimated(draft, rows, cells)
    if answering.key is None:
        return Preview(estimate=judged, problem=answering.problem)
    if lacking := answers.lacking(draft.column.kind, draft.column.options):
        return Preview(problem=lacking)
    first = rows[:ROWS]
    asked = sampled(draft, first)
    questions_ = [question for question in asked if question]
    with budgets.held(base_id, answering.key, sum(map(questions.guess, questions_))) as refusal:
        if refusal:
            return Preview(estimate=judged, problem=refusal)
        outcomes = _ask(draft, questions_, answering.key, base_id)
    told = [_answer(draft, row, question, outcomes) for row, question in zip(first, asked, strict=True)]
    replies = [(question, outcomes.get(questions.fingerprint(question))) for question in questions_]
    paid = [(question, reply) for question, reply in replies if isinstance(reply, Reply) and reply.tokens_in > 0]
    _keep_tokens(base_id, answering.key, paid)
    return Preview(told, estimated(draft, rows, cells, paid or asked_before(draft, first, base_id, answering.key)))


def _ask(draft: Draft, asked: Sequence[Question], key: Key, base_id: int) -> dict[bytes, Reply | Failure]:
    """What came of each question, by its fingerprint; the same one is asked once. What has not come in time is left out."""
    by_name = {questions.fingerprint(question): question for question in asked}
    known = known_answers.find(base_id, list(by_name))
    outcomes: dict[bytes, Reply | Failure] = {name: Reply(value, "", 0, 0) for name, value in known.items()}
    account = usage.Account(base_id, draft.column.pk or 0, draft.column.name, key.is_own)
    pool = ThreadPoolExecutor(ROWS, thread_name_prefix="ai-preview")
    until = time.monotonic() + SECONDS
    calls = {pool.submit(_one, key, by_name[name], until): name for name in by_name if name not in known}
    ended, late = wait(calls, timeout=SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    for call in late:
        # Whoever waited has gone, but what comes is paid all the same.
        if not is_demo(key):
            call.add_done_callback(lambda done: _note_late(draft, done, account))
    for call in ended:
        outcomes[calls[call]] = _outcome(call)
    if is_demo(key):  # neither paid nor worth knowing once there is a key
        return outcomes
    replies = {name: outcome for name, outcome in outcomes.items() if name not in known}
    _note(draft, list(replies.values()), account)
    known_answers.keep(base_id, {name: reply.value for name, reply in replies.items() if isinstance(reply, Reply)})
    return outcomes


def _one(key: str, question: Question, until: float) -> Reply:
    """One call, once the gate lets it through. In a thread of its own: touches no database."""
    gate = Gate(key, question.model)
    while (seconds := gate.wait(urgent=True)) > 0:
        if time.monotonic() + seconds > until:
            raise Again(
                f"Claude takes no more requests of this key at the moment. Try again in {max(1, round(seconds))} s.",
                "rate_limited",
            )
        time.sleep(min(seconds, 1.0))
    return ask(key, question, gate=gate)


def _outcome(call: "Future[Reply]") -> Reply | Failure:
    try:
        return call.result()
    except Failure as failure:
        return failure


def _note(draft: Draft, outcomes: Sequence[Reply | Failure], account: usage.Account) -> None:
    made = [_made(draft, each) for each in outcomes if each.took]  # others were not let through
    if made:
        usage.note(account, made)


def _note_late(draft: Draft, call: "Future[Reply]", account: usage.Account) -> None:
    if call.cancelled():
        return
    try:
        _note(draft, [_outcome(call)], account)
    finally:
        connection.close()


def _made(draft: Draft, outcome: Reply | Failure) -> Call:
    came_to = outcome.reason if isinstance(outcome, Failure) else ANSWERED
    return Call(draft.model, came_to, outcome.took, outcome.tokens_in, outcome.tokens_out, _price(draft, outcome))


def _price(draft: Draft, outcome: Reply | Failure) -> int:
    named = outcome.model if isinstance(outcome, Reply) else ""
    found = prices.micros(named, outcome.tokens_in, outcome.tokens_out) if named else None
    return found if found is not None else prices.charged(draft.model, outcome.tokens_in, outcome.tokens_out)


def _answer(draft: Draft, row: RowData, question: Question | None, outcomes: dict[bytes, Reply | Failure]) -> Answer:
    if question is None:
        return Answer(row, error=BLANK)
    outcome = outcomes.get(questions.fingerprint(question))
    if outcome is None:
        return Answer(row, error=LATE)
    told = Answer(row, tokens=outcome.tokens_in + outcome.tokens_out, micros=_price(draft, outcome))
    if isinstance(outcome, Failure):
        return replace(told, error=str(outcome))
    try:
        value = answers.stored(draft.column.kind, draft.column.options, outcome.value)
    except BadValue as bad:
        return replace(told, error=str(bad))
    html = "" if value is None else kind_of(draft.column.kind).full_html(value, draft.column.options)
    return replace(told, html=html, is_known=not outcome.model)
