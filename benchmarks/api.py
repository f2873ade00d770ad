"""The REST API through HTTP: pages of rows, one row, cells and rows written."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

from api import tokens
from benchmarks.bench import Bench
from benchmarks.report import Figure
from benchmarks.web import Connection

API_MS = 100.0  # of any call; at ten million rows twice as long for those that read
ROWS, MANY = 100, 1_000
WARMED = 10


class Caller:
    """Calls about the bench's table; each tells its milliseconds and what the answer says."""

    def __init__(self, bench: Bench, line: Connection, token: str) -> None:
        self.table, self.line, self.token = bench.table, line, token

    def __call__(self, method: str, path: str = "rows/", body: object = None, **query: Any) -> tuple[float, Any]:
        text = None if body is None else json.dumps(body)
        address = f"/api/v1/tables/{self.table.pk}/{path}?{urlencode(query)}"
        answer = self.line.call(method, address, text, self.token)
        return answer.took, json.loads(answer.content)

    def page(self, limit: int = ROWS, **query: Any) -> float:
        took, page = self("GET", limit=limit, **query)
        if len(page["rows"]) != limit:
            raise RuntimeError(f"A page has {len(page['rows'])} rows instead of {limit}.")
        return took


def measure(bench: Bench) -> Iterator[Figure]:
    _, text = tokens.create(bench.user, "Bench", may_write=True, base=bench.table.base, days=1)
    with bench.web.connection() as line:
        call = Caller(bench, line, text)
        yield from _reads(bench, call)
        yield from _writes(bench, call)


def _reads(bench: Bench, call: Caller) -> Iterator[Figure]:
    random, count, target = Random(7), bench.samples(200, 40), bench.read_target(API_MS)
    last = bench.rows - MANY

    def at_random() -> int:
        return random.randint(0, last)

    for _ in range(WARMED):
        call.page(offset=at_random())
    pages = [call.page(offset=at_random()) for _ in range(count)]
    yield Figure(f"API: {ROWS} rows at a random offset", "ms", pages, target, "p95")
    yield Figure(f"... {MANY:,} rows", "ms", [call.page(MANY, offset=at_random()) for _ in range(count // 4)], target, "p95")
    keys = {column.name: column.key for column in bench.table.live_columns()}
    view: dict[str, Any] = {"filter": json.dumps(["all", [keys["Amount"], ">", 500]]), "sort": f"-{keys['Signed up']}"}
    took, page = call("GET", count="yes", **view)
    yield Figure("... the first page of a filtered and sorted view, with its count, the first time", "ms", [took])
    ends = page["count"] - ROWS
    yield Figure(
        "... any page of it then", "ms", [call.page(offset=random.randint(0, ends), **view) for _ in range(count)], target, "p95"
    )
    rows = [call("GET", f"rows/{random.randint(1, bench.rows)}/")[0] for _ in range(count)]
    yield Figure("... one row by its id", "ms", rows, target, "p95")


def _writes(bench: Bench, call: Caller) -> Iterator[Figure]:
    random, count = Random(8), bench.samples(100, 20)
    cells = {"Company": "By a program", "Quantity": 7}
    changed = [call("PATCH", f"rows/{random.randint(1, bench.rows)}/", {"cells": cells})[0] for _ in range(count)]
    yield Figure("... two cells of a row", "ms", changed[WARMED:], API_MS, "p95")
    batches = [
        call("PATCH", body={"rows": [{"id": row, "cells": cells} for row in random.sample(range(1, bench.rows), ROWS)]})[0]
        for _ in range(count // 4)
    ]
    yield Figure(f"... two cells of {ROWS} rows in one call", "ms", batches, API_MS, "p95")
    added, made = [], []
    for _ in range(count // 4):
        took, answer = call("POST", body={"rows": [{"cells": cells}] * ROWS})
        added.append(took)
        made.append(answer["ids"])
    yield Figure(f"... {ROWS} new rows in one call", "ms", added, API_MS, "p95")
    deleted = [call("DELETE", body={"ids": ids})[0] for ids in made]
    yield Figure(f"... {ROWS} rows deleted in one call", "ms", deleted, API_MS, "p95")
