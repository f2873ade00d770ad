"""Somebody scrolls through a sorted view while a bulk load adds rows to it: every order they are shown is of one moment."""

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.test import Client

from ingest.models import Job
from ingest.tasks import send
from tables.models import Table
from tables.query import Definition, RowQuery, Sort
from tables.query.window import UNKNOWN
from tests.conftest import environment_of_tests
from tests.loads import ALL_AT_ONCE, generate
from tests.make import client_of, make_table, text
from tests.running import Worker, wait_until

CHUNK = 100
BEFORE, LOADED = 3_000, 60_000
SORT = "-2"  # by many equal values, so that the order needs the rows' places too


@pytest.fixture(scope="module")
def worker(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    found = Worker(environment_of_tests(), tmp_path_factory.mktemp("worker") / "log")
    yield found
    found.kill()


@dataclass
class Shown:
    """One window as the browser got it."""

    start: int
    ids: list[int]
    count: int | None
    order: str
    stale: bool
    version: int


def window(client: Client, table: Table, start: int) -> Shown:
    answer = client.get(f"/t/{table.pk}/window/", {"start": str(start), "sort": SORT})
    html = text(answer)
    assert answer.status_code == 200, html
    assert 'class="row gone' not in html, "a row of the order is not there"
    facts = dict(re.findall(r' data-([a-z]+)="([^"]*)"', html[: html.index(">")]))
    ids = [int(row_id) for row_id in re.findall(r'role="row" aria-rowindex="\d+" data-id="(\d+)"', html)]
    stale = " data-stale" in html[: html.index(">")]
    return Shown(start, ids, int(facts["count"]) if facts["count"] else None, facts["order"], stale, int(facts["version"]))


@dataclass
class Reader:
    """A person who scrolls down, again and again, and asks for the order when a window is out of date, as the grid does."""

    table: Table
    until: threading.Event
    seen: list[Shown] = field(default_factory=list)
    failed: BaseException | None = None

    def __post_init__(self) -> None:
        self.client = client_of("vera")
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            start = 0
            while not self.until.is_set():
                found = window(self.client, self.table, start)
                self.seen.append(found)
                if found.stale:
                    assert self.client.get(f"/t/{self.table.pk}/order/", {"sort": SORT}).status_code == 200
                start = start + CHUNK if found.count is None or start + CHUNK < found.count else 0
        except BaseException as failed:  # told in the test's own thread
            self.failed = failed
        finally:
            connection.close()


def order_of(table: Table) -> list[int]:
    """The whole view by the database, without any snapshot."""
    return RowQuery(Table.objects.get(pk=table.pk), Definition(sorts=(Sort(2, True),)))._selected_ids(0, BEFORE + LOADED + 1)


@ALL_AT_ONCE
def test_every_order_shown_while_a_load_adds_rows_is_whole_and_the_next_one_has_them(worker: Worker) -> None:
    table = make_table(rows=[[f"Person {n}", n % 7] for n in range(BEFORE)])
    old = order_of(table)
    over = threading.Event()
    readers = [Reader(table, over) for _ in range(2)]
    try:
        wait_until(lambda: all(len(reader.seen) > 5 for reader in readers), "windows before the load")
        job = generate(table, LOADED)
        send(job)
        wait_until(lambda: not Job.objects.get(pk=job.pk).is_open, "the load")
        # Once more past the last of the old rows.
        past = (BEFORE + LOADED) // 10
        wait_until(
            lambda: all(reader.failed or reader.seen[-1].start > past for reader in readers), "windows of the new order", 60
        )
    finally:
        over.set()
        for reader in readers:
            reader.thread.join(30)
    for reader in readers:
        if reader.failed:
            raise reader.failed
    new = order_of(table)
    assert len(old) == BEFORE and len(new) == len(set(new)) == BEFORE + LOADED
    windows = [each for reader in readers for each in reader.seen]
    by_name: dict[str, list[Shown]] = defaultdict(list)
    for each in windows:
        by_name[each.order].append(each)
    named = [name for name in by_name if name != UNKNOWN]
    assert len(named) == 2, "the order before the load, and the one after it"
    for name, found in by_name.items():
        # Which of the two moments it is of is told by its count; the first rows that nobody has counted are of either.
        counts = {each.count for each in found}
        assert len(counts) == 1 or name == UNKNOWN, f"{name} has {counts} rows"
        for each in found:
            wholes = [old, new] if each.count is None else [{BEFORE: old, BEFORE + LOADED: new}[each.count]]
            assert each.ids in [whole[each.start : each.start + CHUNK] for whole in wholes], f"{name} from {each.start}"
    during = [each for each in by_name[min(named, key=lambda name: int(name.split(".")[0]))] if each.stale]
    assert during and all(each.version > table.version for each in during), "nobody was shown the order that the load outdated"
    for reader in readers:
        last = reader.seen[-1]
        assert not last.stale and last.count == BEFORE + LOADED and set(last.ids) - set(old)
    # What was served as stale is over: no window of the old order comes after one of the new.
    for reader in readers:
        versions = [int(each.order.split(".")[0]) for each in reader.seen if each.order != UNKNOWN]
        assert versions == sorted(versions)
