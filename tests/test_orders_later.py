"""Orders that take longer than a person waits: a worker process goes on, and no thread of the web server is held meanwhile."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client
from psycopg import sql

from config.postgresql.base import DatabaseWrapper
from tables.models import Table
from tables.query import Condition, Definition, Group, RowQuery, Sort, cache, later, rows
from tests.conftest import environment_of_tests
from tests.make import client_of, make_table, text
from tests.running import Worker, wait_until
from tests.viewing import HTMX

pytestmark = pytest.mark.django_db(transaction=True)
SORT = "2"


@pytest.fixture
def table() -> Table:
    return make_table(rows=[[f"Person {n}", n % 7] for n in range(400)])


@pytest.fixture
def client(table: Table) -> Client:
    return client_of("vera")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A web server where to read all rows takes 4 s, and a statement may take 1."""

    def where(query: RowQuery) -> sql.Composable:
        return sql.SQL("{} AND pg_sleep(0.01) IS NOT NULL").format(query._where)

    monkeypatch.setattr(RowQuery, "_all_where", property(where))
    monkeypatch.setattr(DatabaseWrapper, "statement_seconds", 1)


def order(client: Client, table: Table) -> Any:
    return client.get(f"/t/{table.pk}/order/", {"sort": SORT}, headers=HTMX)


def key_of(table: Table) -> str:
    return RowQuery(table, Definition(sorts=(Sort(int(SORT)),)))._key


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    found = Worker(environment_of_tests(), tmp_path / "log")
    yield found
    found.kill()


@pytest.mark.usefixtures("slow")
def test_a_worker_goes_on_with_what_takes_too_long_and_the_next_who_ask_find_it(
    table: Table, client: Client, worker: Worker
) -> None:
    begun = time.monotonic()
    answer = order(client, table)
    assert answer.status_code == 202 and "still being put in order" in answer.json()["making"]
    assert time.monotonic() - begun < 3
    wait_until(lambda: order(client, table).status_code != 202, "the worker to make it")
    assert order(client, table).json()["count"] == 400
    assert client.get(f"/t/{table.pk}/window/", {"start": "300", "sort": SORT}, headers=HTMX).status_code == 200


@pytest.mark.parametrize(("parts", "at_once"), [({"sort": "2,1"}, True), ({"search": "on 7"}, True), ({"sort": "2"}, False)])
def test_what_is_known_to_take_long_is_handed_on_at_once(
    table: Table, client: Client, monkeypatch: pytest.MonkeyPatch, parts: dict[str, str], at_once: bool
) -> None:
    monkeypatch.setattr(rows, "LONG_ROWS", 399)
    monkeypatch.setattr(DatabaseWrapper, "statement_seconds", 10)
    answer = client.get(f"/t/{table.pk}/order/", parts, headers=HTMX)
    assert answer.status_code == (202 if at_once else 200)
    monkeypatch.setattr(rows, "LONG_ROWS", 400)
    if at_once:
        cache.with_redis(lambda client: client.flushdb())
    assert client.get(f"/t/{table.pk}/order/", parts, headers=HTMX).status_code == 200


@pytest.mark.usefixtures("slow")
def test_nobody_waits_for_a_worker_and_where_none_begins_a_sentence_says_so(
    table: Table, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert order(client, table).status_code == 202
    for _ in range(3):
        begun = time.monotonic()
        assert order(client, table).status_code == 202
        assert time.monotonic() - begun < 0.7
    window = client.get(f"/t/{table.pk}/window/", {"start": "2000", "sort": SORT}, headers=HTMX)
    assert window.status_code == 503 and "still being put in order" in window.json()["error"]
    page = client.get(f"/t/{table.pk}/", {"view": "0", "sort": SORT, "row": "5"})
    assert page.status_code == 429 and page["Refresh"] and "still being put in order" in text(page)
    monkeypatch.setattr(later, "BEGIN_SECONDS", 0)
    answer = order(client, table)
    assert answer.status_code == 503 and "no worker process was free" in answer.json()["error"]


@pytest.mark.usefixtures("slow")
def test_what_a_worker_could_not_make_ends_with_a_sentence(table: Table, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert order(client, table).status_code == 202
    with monkeypatch.context() as worker:
        worker.setattr(DatabaseWrapper, "statement_seconds", 0)
        worker.setattr(later, "MAKING_SECONDS", 0.2)
        with pytest.raises(Exception, match="statement timeout"):
            later.make(table.pk, Definition(sorts=(Sort(int(SORT)),)).as_json(), "UTC", key_of(table))
    answer = order(client, table)
    assert answer.status_code == 503 and "took too long" in answer.json()["error"]


@pytest.mark.usefixtures("slow")
def test_a_worker_that_was_killed_is_forgotten_after_a_while(
    table: Table, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "MOST_SECONDS", 2)
    later.begun(key_of(table))
    assert order(client, table).status_code == 202
    assert not cache._client().exists(f"rowan:order:{key_of(table)}")
    time.sleep(2.1)
    monkeypatch.undo()
    assert order(client, table).json()["count"] == 400


def test_without_redis_an_order_is_not_made_for_nothing(table: Table, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis(port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(cache, "_client", lambda: nobody)
    monkeypatch.setattr(cache, "_asleep_until", 0.0)
    monkeypatch.setattr(DatabaseWrapper, "statement_seconds", 1)
    monkeypatch.setattr(RowQuery, "_make_snapshot", lambda *_: pytest.fail("nobody could keep it"))
    assert order(client, table).json() == {"count": 400, "order": "0", "version": table.version, "row": None}


def test_a_definition_is_the_same_in_the_other_process() -> None:
    condition = Condition(1, "any_of", ("a", "b"))
    whole = Definition(
        filter=Group("any", (condition, Group("all", (Condition(2, ">", 1.5), Condition(3, "empty"))))),
        sorts=(Sort(1), Sort(2, True)),
        groups=(Sort(3, True),),
        search="é",
        searched=(1, 2),
        accents=True,
    )
    for definition in (whole, Definition()):
        assert Definition.from_json(definition.as_json()) == definition
