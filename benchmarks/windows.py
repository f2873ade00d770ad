"""Windows of 100 rows at any index: in the server, and through HTTP."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from django.test import Client

from benchmarks.bench import Bench
from benchmarks.report import Figure
from benchmarks.web import Answer

WINDOW_MS = 25.0
ROWS = 100
ROW_MARK = b' role="row" '  # once in each row's HTML
WARMED = 20  # windows before the counted ones: code, statistics and the connection's catalogue caches are loaded then


def measure(bench: Bench) -> Iterator[Figure]:
    count = bench.samples(1_000, 200)
    random = Random(1)
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(bench.user)
    yield Figure("the very first window of a process, in the server", "ms", [_window(bench, 0, partial(in_server, client))])
    yield from _anywhere(bench, "in the server", partial(in_server, client), random, count)
    with bench.web.connection() as line:
        yield Figure("the very first window through HTTP", "ms", [_window(bench, 0, line.get)])
        yield from _anywhere(bench, "through HTTP", line.get, random, count)


def _anywhere(bench: Bench, how: str, ask: Callable[[str], Answer], random: Random, count: int) -> Iterator[Figure]:
    target, last = bench.read_target(WINDOW_MS), bench.rows - ROWS
    for _ in range(WARMED):
        _window(bench, random.randint(0, last), ask)
    took = [_window(bench, random.randint(0, last), ask) for _ in range(count)]
    note = f"{WARMED} windows asked before and not counted."
    yield Figure(f"window of {ROWS} rows at a random index, {how}", "ms", took, target, "p95", note)
    for place, start in (("first", 0), ("middle", bench.rows // 2), ("last", last)):
        yield Figure(f"... the {place} one", "ms", [_window(bench, start, ask) for _ in range(count // 10)], target, "p95")


def _window(bench: Bench, start: int, ask: Callable[[str], Answer]) -> float:
    """Milliseconds of one window; an empty or another one is quick, too, so all its rows must be there."""
    took, content = ask(f"/t/{bench.table.pk}/window/?start={start}")
    if content.count(ROW_MARK) != ROWS or f'aria-rowindex="{start + ROWS + 1}"'.encode() not in content:
        raise RuntimeError(f"The window at {start:,} has {content.count(ROW_MARK)} rows instead of {ROWS}, or other ones.")
    return took


def in_server(client: Client, path: str, status: int = 200) -> Answer:
    """A request inside this process: all middleware, the view, its content. No socket."""
    began = time.perf_counter()
    response = client.get(path)
    content = response.content
    took = (time.perf_counter() - began) * 1_000
    if response.status_code != status:
        raise RuntimeError(f"{path} answered {response.status_code}: {content[:200].decode(errors='replace')}")
    return Answer(took, content)
