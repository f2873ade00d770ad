"""What Prometheus is told of AI: calls, money, runs. From PostgreSQL, so that it is the same whichever process is asked.

Labels are few, whatever people do: the models whose price is known, the outcomes of ai/failures.py, and the bases with the
largest numbers. Nothing here holds a key, a text or a person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.db import connection
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from ai import budgets, heart, prices
from ai.calls import BOUNDS
from ai.failures import ANSWERED
from ai.models import Run

MOST_BASES = 50  # that are told apart; the rest is one
OTHERS = "other"
_STATES = (Run.State.PREPARING, Run.State.RUNNING, Run.State.PAUSED)
# What was folded, and what is not yet: all there ever was, from a few hundred rows.
_CALLS = """
    SELECT model, outcome, bucket, sum(calls), sum(retries), sum(milliseconds), sum(tokens_in), sum(tokens_out), sum(micros)
    FROM (SELECT * FROM ai_callcount WHERE base_id IS NULL UNION ALL SELECT * FROM ai_callcount WHERE column_id IS NOT NULL) c
    GROUP BY model, outcome, bucket
"""


def ai_metrics() -> Iterator[Metric]:
    yield from _calls()
    yield from _money()
    yield from _runs()


def _calls() -> Iterator[Metric]:
    calls = CounterMetricFamily("rowan_ai_calls", "Calls of Claude, by what they came to", labels=["model", "outcome"])
    retries = CounterMetricFamily("rowan_ai_retries", "Calls that were to be made once more", labels=["model"])
    tokens = CounterMetricFamily("rowan_ai_tokens", "Tokens that were paid for", labels=["model", "direction"])
    spent = CounterMetricFamily("rowan_ai_spent_dollars", "What calls have cost, by Rowan's list of prices", labels=["model"])
    took = HistogramMetricFamily("rowan_ai_call_seconds", "How long calls took", labels=["model", "outcome"])
    by_outcome: Counter[tuple[str, str]] = Counter()
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    buckets: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    milliseconds: Counter[tuple[str, str]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(_CALLS)
        for named, outcome, bucket, *numbers in cursor:
            count, again, milli, tokens_in, tokens_out, micros = map(int, numbers)
            model = named if prices.micros(named, 0, 0) is not None else OTHERS
            kind = (model, "answered" if outcome == ANSWERED else "failed")
            by_outcome[model, outcome] += count
            sums[model].update({"again": again, "in": tokens_in, "out": tokens_out, "micros": micros})
            buckets[kind][bucket] += count
            milliseconds[kind] += milli
    for (model, outcome), count in sorted(by_outcome.items()):
        calls.add_metric([model, outcome], count)
    for model, sum_ in sorted(sums.items()):
        retries.add_metric([model], sum_["again"])
        tokens.add_metric([model, "in"], sum_["in"])
        tokens.add_metric([model, "out"], sum_["out"])
        spent.add_metric([model], sum_["micros"] / 1_000_000)
    for kind, counted in sorted(buckets.items()):
        took.add_metric(list(kind), _cumulative(counted), sum_value=milliseconds[kind] / 1_000)
    yield from (calls, retries, tokens, spent, took)


def _cumulative(counted: Mapping[int, int]) -> list[tuple[str, float]]:
    """Prometheus counts in each bucket all that are below its bound."""
    found, passed = [], 0
    for bucket, bound in enumerate([*map(str, BOUNDS), "+Inf"]):
        passed += counted.get(bucket, 0)
        found.append((bound, float(passed)))
    return found


def _money() -> Iterator[Metric]:
    month = GaugeMetricFamily("rowan_ai_month_spent_dollars", "Spent in this month (UTC), by base", labels=["base"])
    server = GaugeMetricFamily("rowan_ai_server_month_spent_dollars", "Of that, by the key that the server has for all bases")
    by_base: Counter[int] = Counter()
    of_server = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT base_id, own_key, sum(micros) FROM ai_usage WHERE day >= %s GROUP BY base_id, own_key",
            [budgets.month_begun()],
        )
        for base_id, own_key, micros in cursor:
            by_base[base_id] += int(micros)
            of_server += 0 if own_key else int(micros)
    for base, micros in _largest(by_base):
        month.add_metric([base], micros / 1_000_000)
    server.add_metric([], of_server / 1_000_000)
    yield from (month, server)
    if settings.AI_MONTHLY_BUDGET is not None:
        dollars = settings.AI_MONTHLY_BUDGET / 1_000_000
        yield GaugeMetricFamily("rowan_ai_server_month_budget_dollars", "AI_MONTHLY_BUDGET", dollars)


def _runs() -> Iterator[Metric]:
    runs = GaugeMetricFamily("rowan_ai_runs", "Runs that have not ended", labels=["state"])
    waiting = GaugeMetricFamily("rowan_ai_cells_waiting", "Cells of these runs that are not done, by base", labels=["base"])
    states: Counter[str] = Counter()
    cells: Counter[int] = Counter()
    # By the runs' counters. Standing runs of auto-run count a cell each time it is edited, so they are no measure.
    opened = Run.objects.filter(state__in=_STATES).values_list("table__base_id", "state", "is_auto", "total", "done", "failed")
    for base_id, state, is_auto, total, done, failed in opened:
        states[state] += 1
        cells[base_id] += 0 if is_auto else max(0, total - done - failed)
    for each in _STATES:
        runs.add_metric([each.value], states[each.value])
    for base, count in _largest(cells):
        waiting.add_metric([base], count)
    yield from (runs, waiting)
    yield GaugeMetricFamily("rowan_ai_worker_up", "Whether a worker of the queue ai is there", int(heart.is_alive()))


def _largest(by_base: Counter[int]) -> Iterator[tuple[str, int]]:
    """The bases with the largest numbers, and the sum of all others."""
    ordered = by_base.most_common()
    yield from ((str(base_id), number) for base_id, number in ordered[:MOST_BASES])
    if len(ordered) > MOST_BASES:
        yield OTHERS, sum(number for _, number in ordered[MOST_BASES:])
