"""How calls of Claude went: how many, what they came to, how often again, how long they took. Counted in PostgreSQL.

Counts are added up in the batches in which results are written, so that a call costs no write of its own. Times are counted
in buckets with fixed bounds: sums over days, columns and processes are exact, and any share of them can be told afterwards.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Sum

from ai.failures import ANSWERED, REASONS
from ai.models import CallCount

# Upper bounds in seconds, and one bucket more for what took longer. Short answers of Haiku take 0.5 to 3 s, so there they lie
# close together; 90 and 180 are ANTHROPIC_TIMEOUT and twice that, the longest a call can take.
BOUNDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 90.0, 180.0)
FOLD_DAYS = 2  # columns' counts of so many days stay: a transaction that began before midnight may still add to yesterday's
KEPT_DAYS = 760  # of a base's days: the AI page shows 24 months
_NUMBERS = ("calls", "retries", "milliseconds", "tokens_in", "tokens_out", "micros")
_KEY = "base_id, day, column_id, model, outcome, bucket"


class Call(NamedTuple):
    """One call that was made. `outcome` is failures.ANSWERED or of failures.REASONS; `took` is in seconds."""

    model: str
    outcome: str
    took: float
    tokens_in: int = 0
    tokens_out: int = 0
    micros: int = 0
    again: bool = False  # it is to be made once more

    @property
    def is_paid(self) -> bool:
        return bool(self.tokens_in or self.tokens_out)


def count(base_id: int, column_id: int, day: date, calls: Iterable[Call]) -> None:
    """Add calls to what is counted of a column on a day: one statement."""
    sums: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0] * len(_NUMBERS))
    for call in calls:
        numbers = (1, int(call.again), round(call.took * 1_000), call.tokens_in, call.tokens_out, call.micros)
        entry = sums[call.model, call.outcome, bisect_left(BOUNDS, call.took)]
        for at, number in enumerate(numbers):
            entry[at] += number
    if not sums:
        return
    rows = [(*key, *numbers) for key, numbers in sorted(sums.items())]  # in one order: two never wait for each other crosswise
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO ai_callcount AS c ({_KEY}, {", ".join(_NUMBERS)})
            SELECT %s, %s, %s, * FROM unnest(%s::text[], %s::text[], %s::int[], {", ".join(["%s::bigint[]"] * len(_NUMBERS))})
            ON CONFLICT ({_KEY}) DO UPDATE SET {_ADDED}
            """,  # noqa: S608  names of our own
            [base_id, day, column_id, *map(list, zip(*rows, strict=True))],
        )


_ADDED = ", ".join(f"{name} = c.{name} + excluded.{name}" for name in _NUMBERS)


def fold(today: date) -> None:
    """Once a day: counts of columns become counts of their base's day and of all there ever was; very old days go."""
    summed = ", ".join(f"sum({name})" for name in _NUMBERS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH gone AS (DELETE FROM ai_callcount WHERE column_id IS NOT NULL AND day <= %s RETURNING *)
            INSERT INTO ai_callcount AS c ({_KEY}, {", ".join(_NUMBERS)})
            SELECT base_id, day, NULL, model, outcome, bucket, {summed} FROM gone
            GROUP BY GROUPING SETS ((base_id, day, model, outcome, bucket), (model, outcome, bucket))
            ON CONFLICT ({_KEY}) DO UPDATE SET {_ADDED}
            """,  # noqa: S608  names of our own
            [today - timedelta(days=FOLD_DAYS)],
        )
    CallCount.objects.filter(base__isnull=False, column_id=None, day__lt=today - timedelta(days=KEPT_DAYS)).delete()


# --- What is shown -------------------------------------------------------------------------------------------------------


@dataclass
class Went:
    """How some calls went."""

    calls: int = 0
    failed: int = 0
    retries: int = 0
    answered: Counter[int] = field(default_factory=Counter)  # calls by bucket
    milliseconds: int = 0  # of those

    def add(self, outcome: str, bucket: int, calls: int, retries: int, milliseconds: int) -> None:
        self.calls += calls
        self.retries += retries
        if outcome == ANSWERED:
            self.answered[bucket] += calls
            self.milliseconds += milliseconds
        else:
            self.failed += calls

    @property
    def mean(self) -> float | None:
        """Seconds that those took which were answered."""
        answered = self.answered.total()
        return self.milliseconds / 1_000 / answered if answered else None

    @property
    def p95(self) -> float | None:
        """Seconds in which 95 of 100 were answered; within a bucket as if they were spread evenly, as Prometheus does."""
        return share(self.answered, 0.95)


def share(buckets: Counter[int], part: float) -> float | None:
    """The seconds that this part of the calls did not exceed; for the last bucket, which has no end, those it begins at."""
    wanted, passed = part * buckets.total(), 0
    for bucket, calls in sorted(buckets.items()):
        if calls and passed + calls >= wanted:
            low = BOUNDS[bucket - 1] if bucket else 0.0
            return low + (BOUNDS[bucket] - low) * (wanted - passed) / calls if bucket < len(BOUNDS) else low
        passed += calls
    return None


@dataclass(frozen=True)
class Month:
    """`reasons`: (sentence, calls), the most frequent first."""

    total: Went
    days: Sequence[tuple[date, Went]]  # the latest first
    models: Sequence[tuple[str, Went]]  # the most used first
    reasons: Sequence[tuple[str, int]]


def month(base_id: int, first: date, after: date) -> Month:
    """How a base's calls went from `first` to before `after`."""
    total = Went()
    days: dict[date, Went] = defaultdict(Went)
    models: dict[str, Went] = defaultdict(Went)
    reasons: Counter[str] = Counter()
    counted = CallCount.objects.filter(base=base_id, day__gte=first, day__lt=after)
    found: Any = counted.values_list("day", "model", "outcome", "bucket")
    for day, model, *went in found.annotate(Sum("calls"), Sum("retries"), Sum("milliseconds")):
        for each in (total, days[day], models[model]):
            each.add(*went)
        outcome, _, calls, *_ = went
        if outcome != ANSWERED:
            reasons[REASONS.get(outcome, outcome)] += calls
    return Month(
        total,
        sorted(days.items(), reverse=True),
        sorted(models.items(), key=lambda item: (-item[1].calls, item[0])),
        reasons.most_common(),
    )
