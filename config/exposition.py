"""What Prometheus is told of the server: loads, actions on many rows, messages that wait, kept reads; and of AI."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ai.metrics import ai_metrics
from bases.progress import OPEN, State
from ingest.models import Job
from tables.models import RUN_AI, Bulk
from tables.query.cache import counts, with_redis

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
QUEUES = ("celery", "ai")


def exposition() -> bytes:
    """All numbers, as they are now, in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Rowan())
    return generate_latest(registry)


class _Rowan(Collector):
    def collect(self) -> Iterator[Metric]:
        yield _jobs()
        yield _bulks()
        yield _queues()
        yield _reads()
        yield from ai_metrics()


def _jobs() -> Metric:
    jobs = GaugeMetricFamily("rowan_jobs", "Loads and imports, by state", labels=["state"])
    found = Counter(dict(Job.objects.values_list("state").annotate(Count("pk"))))
    for state in State:
        jobs.add_metric([state.value], found[state.value])
    return jobs


def _bulks() -> Metric:
    bulks = GaugeMetricFamily("rowan_bulks", "Actions on many rows that have not ended, by state", labels=["state"])
    under_way = Bulk.objects.filter(state__in=OPEN).exclude(action=RUN_AI)  # those are rowan_ai_runs
    found = Counter(dict(under_way.values_list("state").annotate(Count("pk"))))
    for state in OPEN:
        bulks.add_metric([state.value], found[state.value])
    return bulks


def _queues() -> Metric:
    queued = GaugeMetricFamily("rowan_queue_messages", "Messages that no worker has taken yet", labels=["queue"])
    lengths = with_redis(lambda client: [client.llen(queue) for queue in QUEUES])
    for queue, length in zip(QUEUES, lengths or (), strict=False):  # none where Redis is away
        queued.add_metric([queue], length)
    return queued


def _reads() -> Metric:
    reads = CounterMetricFamily("rowan_reads", "Reads whose result was kept, and those that had to be made", labels=["found"])
    hits, misses = counts()
    reads.add_metric(["kept"], hits)
    reads.add_metric(["made"], misses)
    return reads
