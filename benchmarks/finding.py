"""Sorted, filtered, searched and grouped views: the very first window, the order, any window after it, totals and groups."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from random import Random
from urllib.parse import urlencode

import redis
from django.conf import settings
from django.db import connection

from benchmarks import worker
from benchmarks.bench import TEN_MILLION, Bench
from benchmarks.operators import Asked, filters, second_table, sorts
from benchmarks.report import Figure
from benchmarks.web import Connection, Later
from benchmarks.windows import ROW_MARK, ROWS
from tables import indexes, projections
from tables.query import cache
from tables.query.aggregates import AGGREGATES, aggregates_of

FIRST_MS, WARM_MS, ORDER_MS, ANY_MS = 600.0, 100.0, 2_000.0, 50.0
TOTAL_MS, TOTAL_AGAIN_MS, GROUPS_MS = 500.0, 50.0, 600.0
HIT_RATIO = 0.8
REPEATS = 2  # of each view, each time without what is kept of it
ASKED_AGAIN_SECONDS = 0.5  # for an order that a worker makes; the grid asks every 2 s
TOO_LONG_MS = 9_500.0  # no statement of a person may take longer than 10 s
ORDERED = 20  # of the filters by each operator the order is made of every so many
Parts = Mapping[str, str]


def measure(bench: Bench) -> Iterator[Figure]:
    # Orders that take too long for a request are made by a worker: at ten million rows they do.
    with worker.running(bench, "worker") if bench.rows >= TEN_MILLION else nullcontext(), _nothing_learned():
        yield from _measure(bench)


@contextmanager
def _nothing_learned() -> Iterator[None]:
    """What people sort by is indexed, but not by a worker while it is measured how long it takes without that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [indexes.BUILD_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [indexes.BUILD_LOCK])


def _measure(bench: Bench) -> Iterator[Figure]:
    began = time.perf_counter()
    indexes.tend(bench.table.pk)
    note = f"In the background after a load; {_sizes(bench)}."
    yield Figure("indexes made", "s", [time.perf_counter() - began], note=note)
    with bench.web.connection() as line:
        keys = {column.name: column.key for column in bench.table.live_columns()}
        for what, views in _views(bench, keys).items():
            yield from _views_of(bench, line, what, [Asked(bench.table.pk, dict(parts)) for parts in views], REPEATS)
    others = second_table(bench)
    # Another connection: the web server has closed one that was quiet while a large table was made.
    with bench.web.connection() as line:
        yield from _views_of(bench, line, "sort by each other kind", sorts(others))
        yield from _operators(bench, line, filters(bench.table, others))
        yield from _totals(bench, line)
        yield from _groups(bench, line, keys)
        yield from _cache(bench, line, keys)


def _views(bench: Bench, keys: Mapping[str, int]) -> dict[str, list[Parts]]:
    def filtered(*condition: object) -> Parts:
        return {"filter": json.dumps(["all", list(condition)], separators=(",", ":"))}

    name, email, city, country, status = (keys[each] for each in ("Name", "E-mail", "City", "Country", "Status"))
    amount, quantity, signed, notes = (keys[each] for each in ("Amount", "Quantity", "Signed up", "Notes"))
    option = bench.table.live_columns().get(key=status).options["options"][0]["id"]
    search = {
        "common": "anna",
        "rare": "wohlgemut",
        "absent": "zzzqqq",
        "two letters": "ab",
        "accented": "josé",
        "a number": "555",
    }
    mixed = {**filtered(amount, ">", 100), "search": "anna", "sort": f"-{signed},{name}"}
    return {
        "sort": [*({"sort": str(key)} for key in keys.values()), {"sort": f"-{amount}"}, {"sort": f"{country},-{amount},{name}"}],
        "filter, many rows": [
            filtered(country, "is", "Germany"), filtered(amount, ">", 500), filtered(notes, "empty"),
            filtered(name, "not_contains", "a"), filtered(status, "is", option), filtered(signed, "after", "2024-01-01"),
            filtered(email, "contains", "example"),
        ],
        "filter, few rows or none": [
            filtered(city, "contains", "zzz"), filtered(email, "is", "nobody@example.com"), filtered(email, "ends", "x@y"),
            filtered(amount, "<", 0), filtered(quantity, "=", 99999), filtered(signed, "before", "1990-01-01"),
            filtered(notes, "longer", 5000),
        ],
        "search": [{"search": text} for text in search.values()],
        "search + filter + sort": [mixed],
    }  # fmt: skip


def _views_of(bench: Bench, line: Connection, what: str, views: list[Asked], repeats: int = 1) -> Iterator[Figure]:
    first, order, warm, anywhere = [], [], [], []
    random = Random(2)
    for asked in views * (1 if bench.rows >= TEN_MILLION else bench.samples(repeats, 1)):
        _forget("rowan:order:*")
        first.append(_window(line, 0, asked))
        took, count = _order(line, asked)
        order.append(took)
        for _ in range(3):
            warm.append(_window(line, 0, asked))
            anywhere.append(_window(line, random.randint(0, max(0, count - ROWS)), asked))
    yield Figure(f"{what}: the very first window", "ms", first, bench.read_target(FIRST_MS), "p95", _slowest(views, first))
    yield Figure("... its order and count", "ms", order, bench.read_target(ORDER_MS), "p95", _slowest(views, order))
    yield Figure("... the first window again", "ms", warm, bench.read_target(WARM_MS), "p95")
    yield Figure("... any window then", "ms", anywhere, bench.read_target(ANY_MS), "p95")


def _operators(bench: Bench, line: Connection, views: list[Asked]) -> Iterator[Figure]:
    """The very first window of each, and some of their orders."""
    _forget("rowan:order:*")
    first = [_window(line, 0, asked) for asked in views]
    ordered = views[:: bench.samples(ORDERED, 2 * ORDERED)]
    order = [_order(line, asked)[0] for asked in ordered]
    yield Figure(
        "filter by each operator: the very first window", "ms", first, bench.read_target(FIRST_MS), "p95", _slowest(views, first)
    )
    yield Figure("... its order and count", "ms", order, bench.read_target(ORDER_MS), "p95", _slowest(ordered, order))


def _slowest(views: list[Asked], took: list[float]) -> str:
    worst = max(range(len(took)), key=took.__getitem__) % len(views)
    return f"{len(views)} views; the slowest: {json.dumps(views[worst].parts, ensure_ascii=False)}"


def _order(line: Connection, asked: Asked) -> tuple[float, int]:
    """How long it took, and how many rows it has."""
    began = time.perf_counter()
    while True:
        try:
            count: int = json.loads(line.get(f"/t/{asked.table}/order/?{urlencode(asked.parts)}").content)["count"]
            return (time.perf_counter() - began) * 1_000, count
        except Later:
            time.sleep(ASKED_AGAIN_SECONDS)


def _totals(bench: Bench, line: Connection) -> Iterator[Figure]:
    """Each aggregate of each column by itself, the first time and again."""
    first, again, slowest, refused = [], [], (0.0, ""), 0
    for column in bench.table.live_columns():
        for aggregate in aggregates_of(column):
            _forget("rowan:read:*")
            path = f"/t/{bench.table.pk}/totals/?totals={column.key}:{aggregate.key}"
            took, content = line.get(path)
            first.append(took)
            slowest = max(slowest, (took, f"{AGGREGATES[aggregate.key].label} of {column.name}"))
            if b"<b>" in content:
                again.append(line.get(path).took)
            elif took > TOO_LONG_MS:
                refused += 1
            else:
                raise RuntimeError(f"{path} has no total.")
    note = f"The slowest: {slowest[1]}." + (f" {refused} took over 10 s and were given up with a sentence." if refused else "")
    yield Figure("total of a column, the first time", "ms", first, bench.read_target(TOTAL_MS), "p95", note)
    yield Figure("... again", "ms", again, bench.read_target(TOTAL_AGAIN_MS), "p95")


def _groups(bench: Bench, line: Connection, keys: Mapping[str, int]) -> Iterator[Figure]:
    took = []
    for _ in range(bench.samples(5, 2)):
        _forget("rowan:*")
        took.append(line.get(f"/t/{bench.table.pk}/groups/?group={keys['City']}").took)
    found = line.get(f"/t/{bench.table.pk}/groups/?group={keys['City']}").content.count(b'class="group ')
    yield Figure(f"group by a column with {found} values", "ms", took, bench.read_target(GROUPS_MS), "median")
    again = [line.get(f"/t/{bench.table.pk}/groups/?group={keys['City']}").took for _ in range(3)]
    yield Figure("... again", "ms", again, bench.read_target(TOTAL_AGAIN_MS), "median")
    took = []
    for _ in range(bench.samples(3, 1)):
        _forget("rowan:*")
        path = f"/t/{bench.table.pk}/groups/?group={keys['Country']},{keys['Status']}&totals={keys['Amount']}:sum"
        took.append(line.get(path).took)
    yield Figure("group by two columns, with a sum", "ms", took, bench.read_target(GROUPS_MS), "median")


def _cache(bench: Bench, line: Connection, keys: Mapping[str, int]) -> Iterator[Figure]:
    """Reads as 20 people make them who look at 10 views, some more often than others."""
    random = Random(3)
    _forget("rowan:*")
    cache.reset_counts()
    views = [{"sort": str(key), "totals": f"{keys['Amount']}:sum"} for key in keys.values()][:10]
    for _ in range(bench.samples(300, 100)):
        parts = views[min(int(random.expovariate(0.5)), len(views) - 1)]
        start, totals = random.randint(0, 20) * ROWS, f"/t/{bench.table.pk}/totals/?{urlencode(parts)}"
        _patiently(partial(_window, line, start, Asked(bench.table.pk, parts)))
        _patiently(partial(line.get, totals))
    counts = cache.counts()
    yield Figure("reads that were not kept in Redis", "%", [100 * (1 - counts.ratio)], 100 * (1 - HIT_RATIO),
                 note=f"{counts.hits:,} of {counts.hits + counts.misses:,} were: windows by their order, totals.")  # fmt: skip


def _patiently(ask: Callable[[], object]) -> None:
    """Ask until there is an answer, as a page does."""
    while True:
        try:
            ask()
            return
        except Later:
            time.sleep(ASKED_AGAIN_SECONDS)


def _window(line: Connection, start: int, asked: Asked) -> float:
    took, content = line.get(f"/t/{asked.table}/window/?start={start}&{urlencode(asked.parts)}")
    is_whole = "sort" in asked.parts and "search" not in asked.parts
    if b'class="chunk"' not in content or (start == 0 and is_whole and content.count(ROW_MARK) != ROWS):
        raise RuntimeError(f"The window at {start:,} of {asked} is no window, or lacks rows.")
    return took


def _forget(pattern: str) -> None:
    """Drop what is kept in Redis under such names."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    for name in client.scan_iter(pattern, count=1_000):
        client.delete(name)


def _sizes(bench: Bench) -> str:
    """How large what was made beside the rows is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(to_regclass(%s))", [indexes.search_name(bench.table.pk)])
        search = cursor.fetchone()[0] or 0
        projection = projections.find(bench.table.pk)
        if projection is None:
            return f"the search index has {search / 2**20:,.0f} MB"
        cursor.execute("SELECT pg_relation_size(to_regclass(%s)), pg_indexes_size(to_regclass(%s))", [projection.name] * 2)
        rows, orders = cursor.fetchone()
    sizes = (search / 2**20, rows / 2**20, orders / 2**20)
    return "the search index has {:,.0f} MB, the projection {:,.0f}, its indexes {:,.0f}".format(*sizes)
