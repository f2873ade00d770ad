"""What may still be spent, of four budgets: a run's, auto-run's of a day, a base's of a month, the server's of a month (UTC).

The first two belong to one run, whose one pump counts by itself. The other two are shared by all that runs side by side:
before calls start, their money is set aside (Reservation) under a lock, so that nobody else counts on it too; it is given
back in the very transaction that adds what they cost to the ledger. All of it is in PostgreSQL: Redis may be away. What a
killed worker has set aside is taken over by the run's next pump, or lapses.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from ai import usage
from ai.context import Context, Over
from ai.keys import Key
from ai.models import BaseAi, Reservation, Run
from ai.provider import is_demo
from ai.questions import Asking

LEASE_SECONDS = 120  # a pump renews what it has set aside twice a second; it may wait for a table's lock meanwhile
WAIT_SECONDS = 0.25  # for what others have set aside: their calls take seconds, and are written within 0.3 s
LOCK_CLASS = 0x726F7D  # advisory locks, in the order of their numbers: SERVER, or a base's id
SERVER = 0
BASE_SPENT = "The base's budget of this month is spent; its owner can raise it on the base's AI page."
SERVER_SPENT = (
    "The budget that this server has for Claude is spent for this month;"
    " a base goes on with a key of its own, which its owner can enter on the base's AI page."
)


class Left(NamedTuple):
    """What a budget leaves, in micros: below 0 where it was lowered. `told` is the sentence for whoever needs more.

    `aside` is what others have set aside: as much more is left once their calls turn out to cost nothing.
    """

    micros: int
    told: str
    aside: int


class Share(NamedTuple):
    """What a run has set aside, in micros; `spent` is the sentence where a budget has nothing for it, whatever others do."""

    micros: int
    spent: str


class _Budget(NamedTuple):
    micros: int
    told: str
    lock: int
    whose: str  # SQL on ai_usage and ai_reservation


def month_begun() -> date:
    return usage.today().replace(day=1)


def left(base_id: int, key: Key, run_id: int | None = None) -> Left | None:
    """What the budgets of this month leave beside what others than this run have set aside; None where there is none."""
    budgets = _budgets(base_id, key)
    with connection.cursor() as cursor:
        return min(_left(cursor, budgets, base_id, run_id)) if budgets else None


def is_server_spent() -> bool:
    """Whether no base can ask by the server's key any more this month."""
    budget = _server_budget()
    with connection.cursor() as cursor:
        return budget is not None and _left(cursor, [budget], 0, None)[0].micros <= 0


def reserve(run: Run, base_id: int, key: Key, costs: Callable[[], tuple[int, int, int]]) -> Share | None:
    """Set money aside for a run, in the place of what it had; None without a budget.

    `costs`, asked only where there is one: of the calls under way, with one more, with all that can start now. Where there is
    not enough for one more nothing is kept for it: two runs that each hold half of a call's money would wait for ever.
    """
    budgets = _budgets(base_id, key)
    if not budgets:
        return None
    under_way, least, most = costs()
    with _locked(budgets) as cursor:
        found = _left(cursor, budgets, base_id, run.pk)
        there = min(found).micros
        aside = max(0, min(most if there >= least else under_way, there))
        cursor.execute(
            """
            INSERT INTO ai_reservation (run_id, base_id, own_key, micros, until)
            VALUES (%s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))
            ON CONFLICT (run_id) DO UPDATE SET own_key = excluded.own_key, micros = excluded.micros, until = excluded.until
            """,
            [run.pk, base_id, key.is_own, aside, LEASE_SECONDS],
        )
    return Share(aside, next((each.told for each in found if each.micros + each.aside < least), ""))


def settle(run_id: int, micros: int) -> None:
    """So much of what a run has set aside is in the ledger now: in the transaction that adds it there."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ai_reservation SET micros = greatest(micros - %s, 0) WHERE run_id = %s", [micros, run_id])


def release(run_id: int) -> None:
    """Nothing of a run is under way any more."""
    Reservation.objects.filter(run_id=run_id).delete()


@contextmanager
def held(base_id: int, key: Key, micros: int) -> Iterator[str]:
    """Money for a few calls that somebody waits for, set aside meanwhile; or the sentence on why there is none."""
    budgets = _budgets(base_id, key)
    if not budgets:
        yield ""
        return
    with _locked(budgets) as cursor:
        found = min(_left(cursor, budgets, base_id, None))
        mine = None
        if max(found.micros, 0) >= micros:
            cursor.execute(
                "INSERT INTO ai_reservation (base_id, own_key, micros, until)"
                " VALUES (%s, %s, %s, clock_timestamp() + make_interval(secs => %s)) RETURNING id",
                [base_id, key.is_own, micros, LEASE_SECONDS],
            )
            (mine,) = cursor.fetchone()
    if mine is None:
        yield found.told
        return
    try:
        yield ""
    finally:
        Reservation.objects.filter(pk=mine).delete()


def _server_budget() -> _Budget | None:
    micros: int | None = settings.AI_MONTHLY_BUDGET
    return None if micros is None else _Budget(micros, SERVER_SPENT, SERVER, "NOT own_key")


def _budgets(base_id: int, key: Key) -> list[_Budget]:
    """The shared budgets that hold calls of a base by this key, in the order of their locks. Demo answers are not paid."""
    if is_demo(key):
        return []
    of_base: int | None = BaseAi.objects.filter(pk=base_id).values_list("budget_micros", flat=True).first()
    own = None if of_base is None else _Budget(of_base, BASE_SPENT, base_id, "base_id = %(base)s")
    of_server = None if key.is_own else _server_budget()
    return [budget for budget in (of_server, own) if budget]


@contextmanager
def _locked(budgets: Sequence[_Budget]) -> Iterator[CursorWrapper]:
    with transaction.atomic(), connection.cursor() as cursor:
        for budget in budgets:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, budget.lock])
        yield cursor


def _left(cursor: CursorWrapper, budgets: Sequence[_Budget], base_id: int, run_id: int | None) -> list[Left]:
    """Of each budget, in one statement: what moves from set aside to spent meanwhile counts once.

    3 ms for the server's, where 100 bases with 10 columns each have asked on every day of the month.
    """
    values = {"base": base_id, "run": run_id, "first": month_begun()}
    found = []
    for budget in budgets:
        cursor.execute(
            f"""
            SELECT (SELECT coalesce(sum(micros), 0) FROM ai_usage WHERE day >= %(first)s AND {budget.whose}),
                (SELECT coalesce(sum(micros), 0) FROM ai_reservation WHERE until > clock_timestamp()
                 AND (run_id IS NULL OR run_id IS DISTINCT FROM %(run)s) AND {budget.whose})
            """,  # noqa: S608  constants
            values,
        )
        spent, aside = map(int, cursor.fetchone())
        found.append(Left(budget.micros - spent - aside, budget.told, aside))
    return found


class Purse:
    """What one slice of a run may spend. Its numbers are micros."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._spent = self._calls = 0  # of the run, so far
        self._of_today = 0  # spent by auto-run, where it is one
        self._unwritten = self._calls_unwritten = 0  # paid, and not in the ledger yet
        self._share: Share | None = None  # of shared budgets; None: there is none
        self._not_before = 0.0

    def look(self, asking: Collection[Asking], ready: Sequence[Asking]) -> None:
        """Twice a second: what the others have left, and a sign of life. The run's counters were read just now."""
        run = self._context.run
        self._spent, self._calls = run.spent_micros + self._unwritten, run.calls + self._calls_unwritten
        if run.is_auto:
            self._of_today = usage.spent_by_auto_run_today(self._context.table.base_id, run.column_id)
        self._set_aside(asking, ready)

    def wait(self, asking: Collection[Asking], ready: Sequence[Asking]) -> float:
        """Seconds until the first of these calls, which could all start, may; 0: now. `asking` are under way.

        Raises Over where it could go over a budget. While money is only set aside, for the run's own calls under way or by
        others, it is waited for: less may be spent than was guessed.
        """
        run = self._context.run
        if run.budget_micros is None and not run.is_auto and self._share is None:
            return 0.0
        least = self._soon(asking, ready[:1])
        over = self._over_its_own(least) or self._over_shared(asking, ready, self._unwritten + least)
        if over and not asking:
            raise over
        return WAIT_SECONDS if over else max(0.0, self._not_before - time.monotonic())

    def paid(self, micros: int) -> None:
        """A call has ended."""
        self._spent, self._calls = self._spent + micros, self._calls + 1
        self._unwritten, self._calls_unwritten = self._unwritten + micros, self._calls_unwritten + 1

    def written(self) -> None:
        """All that was paid so far is in the ledger, and settled."""
        self._of_today += self._unwritten
        if self._share is not None:
            self._share = self._share._replace(micros=self._share.micros - self._unwritten)
        self._unwritten = self._calls_unwritten = 0

    def _soon(self, asking: Collection[Asking], ready: Sequence[Asking]) -> int:
        """What these calls under way and these questions will cost: the mean of the run so far, once there is one."""
        mean = self._spent / self._calls if self._calls else 0.0
        return int(sum(mean or each.guess for each in asking) + sum(max(mean, each.guess) for each in ready))

    def _over_its_own(self, least: int) -> Over | None:
        run, of_day = self._context.run, self._context.ai.auto_budget_micros
        if run.budget_micros is not None and self._spent + least > run.budget_micros:
            return Over(Run.State.PAUSED, f"The run's budget of {usage.dollars(run.budget_micros)} is spent.")
        if run.is_auto and of_day is not None and self._of_today + self._unwritten + least > of_day:
            sentence = f"Auto-run has spent its {usage.dollars(of_day)} of today; it goes on by itself at midnight UTC."
            return Over(Run.State.PAUSED, sentence, until=usage.tomorrow())
        return None

    def _over_shared(self, asking: Collection[Asking], ready: Sequence[Asking], least: int) -> Over | None:
        """Also says when to look again, where others have the money. Nothing is over by a look that is no longer true."""
        is_last = not asking and self._share is not None and self._share.spent != ""
        if self._lacks(least) and (is_last or time.monotonic() >= self._not_before):
            self._set_aside(asking, ready)
            self._not_before = time.monotonic() + WAIT_SECONDS if self._lacks(least) else 0.0
        spent = self._share.spent if self._share and self._lacks(least) else ""
        return Over(Run.State.PAUSED, spent) if spent else None

    def _lacks(self, least: int) -> bool:
        return self._share is not None and least > self._share.micros

    def _set_aside(self, asking: Collection[Asking], ready: Sequence[Asking]) -> None:
        context, soon, paid = self._context, self._soon, self._unwritten
        self._share = reserve(
            context.run,
            context.table.base_id,
            context.key,
            lambda: (paid + soon(asking, ()), paid + soon(asking, ready[:1]), paid + soon(asking, ready)),
        )
