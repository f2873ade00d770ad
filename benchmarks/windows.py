"""Windows of 100 rows at any index: in the server, and through HTTP."""

import time
from collections.abc import Callable, Iterator
from random import Random

from django.test import Client

from benchmarks.bench import Bench
from benchmarks.report import Figure

WINDOW_MS = 25.0
ROWS = 100
WARMED = 20  # windows before the counted ones: code, statistics and the connection's catalogue caches are loaded then


def measure(bench: Bench) -> Iterator[Figure]:
    count = bench.samples(1_000, 200)
    target = bench.read_target(WINDOW_MS)
    random = Random(1)
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(bench.user, "django.contrib.auth.backends.ModelBackend")
    yield Figure("the very first window of a process, in the server", "ms", [in_server(client, window(bench, 0))])
    yield from _anywhere(bench, "in the server", lambda path: in_server(client, path), random, count, target)
    with bench.web.connection() as line:
        yield Figure("the very first window through HTTP", "ms", [line.get(window(bench, 0))])
        yield from _anywhere(bench, "through HTTP", line.get, random, count, target)


def _anywhere(
    bench: Bench, how: str, ask: Callable[[str], float], random: Random, count: int, target: float
) -> Iterator[Figure]:
    last = bench.rows - ROWS
    for _ in range(WARMED):
        ask(window(bench, random.randint(0, last)))
    took = [ask(window(bench, random.randint(0, last))) for _ in range(count)]
    note = f"{WARMED} windows asked before and not counted."
    yield Figure(f"window of {ROWS} rows at a random index, {how}", "ms", took, target, "p95", note)
    for place, start in (("first", 0), ("middle", bench.rows // 2), ("last", last)):
        yield Figure(f"... the {place} one", "ms", [ask(window(bench, start)) for _ in range(count // 10)], target, "p95")


def window(bench: Bench, start: int) -> str:
    return f"/t/{bench.table.pk}/window/?start={start}"


def in_server(client: Client, path: str, status: int = 200) -> float:
    """Milliseconds of a request inside this process: all middleware, the view, its content. No socket."""
    began = time.perf_counter()
    response = client.get(path)
    content = response.content
    took = (time.perf_counter() - began) * 1_000
    if response.status_code != status:
        raise RuntimeError(f"{path} answered {response.status_code}: {content[:200].decode(errors='replace')}")
    return took
