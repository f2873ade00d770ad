"""One person's heavy reads: a few at once, so that others are answered meanwhile; what is quick is never held back."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import redis
from django.db import connection

from bases.models import User
from tables import heavy
from tables.heavy import AT_ONCE, Busy, turn
from tables.models import Table
from tables.query import cache
from tests.make import client_of, make_table, make_user, text
from tests.viewing import HTMX
from views_app import column_panels

pytestmark = pytest.mark.django_db(transaction=True)

SENTENCE = f"{AT_ONCE} of your questions to large tables are being answered."


@pytest.fixture
def table() -> Table:
    return make_table(rows=[[f"Person {n}", n % 7] for n in range(300)])


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "WAIT_SECONDS", 0.2)


@contextmanager
def all_turns_of(user: User) -> Iterator[None]:
    with ExitStack() as taken:
        for _ in range(AT_ONCE):
            taken.enter_context(turn(user.pk))
        yield


def get(person: str, path: str, **params: Any) -> Any:
    return client_of(person).get(path, params, headers=HTMX)


def heavy_reads(table: Table) -> list[tuple[str, dict[str, str]]]:
    t = f"/t/{table.pk}"
    return [
        (f"{t}/order/", {"sort": "2"}),
        (f"{t}/groups/", {"group": "2"}),
        (f"{t}/hits/", {"search": "person 1", "match": "jump"}),
        (f"{t}/totals/", {"totals": "2:sum"}),
        (f"{t}/selection/", {"from": "0", "to": "5", "keys": "2"}),
        (f"{t}/columns/2/values/", {"list": "1"}),
        (f"{t}/columns/2/chart/", {"drawn": "1"}),
        (f"{t}/window/", {"start": "0", "sort": "-1"}),  # no order of it is there
        (f"{t}/rows/5/", {"sort": "1,2"}),
    ]


def test_never_more_than_a_few_of_one_person_run_at_once_however_many_come(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = set(), []
    counted = column_panels.counted

    def slow(*args: Any) -> Any:
        running.add(threading.get_ident())
        most.append(len(running))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
        try:
            return counted(*args)
        finally:
            running.discard(threading.get_ident())

    monkeypatch.setattr(column_panels, "counted", slow)
    answers: dict[str, list[Any]] = {"bob": [], "vera": []}

    def ask(person: str, number: int) -> None:
        try:
            answers[person].append(get(person, f"/t/{table.pk}/columns/1/values/", list="1", find=f"{person} {number}"))
        finally:
            connection.close()

    for person in answers:
        make_user(person)
    threads = [threading.Thread(target=ask, args=("bob", n)) for n in range(12)]
    for thread in threads:
        thread.start()
    wait = time.monotonic() + 10
    while len(running) < AT_ONCE and time.monotonic() < wait:
        time.sleep(0.005)
    ask("vera", 0)
    for thread in threads:
        thread.join(30)
    assert max(most) <= AT_ONCE + 1, "bob's, and vera's one"
    assert [answer.status_code for answer in answers["vera"]] == [200]
    statuses = [answer.status_code for answer in answers["bob"]]
    assert statuses.count(200) >= AT_ONCE and statuses.count(429) >= 1 and set(statuses) == {200, 429}
    refused = next(answer for answer in answers["bob"] if answer.status_code == 429)
    assert refused.json()["error"].startswith(SENTENCE) and refused["Retry-After"] == "1"
    assert get("bob", f"/t/{table.pk}/columns/1/values/", list="1", find="later").status_code == 200


def test_all_heavy_reads_take_a_turn_and_give_it_back(table: Table) -> None:
    bob = make_user("bob")
    with all_turns_of(bob):
        for path, params in heavy_reads(table):
            assert get("bob", path, **params).status_code == 429, path
            assert get("vera", path, **params).status_code == 200, path
    for path, params in heavy_reads(table):
        assert get("bob", path, **params).status_code == 200, path
    # One that is refused for another reason gives its turn back, too.
    for _ in range(AT_ONCE + 1):
        assert get("bob", f"/t/{table.pk}/order/", sort="x").status_code == 422
    with all_turns_of(bob):
        pass


def test_what_is_quick_needs_no_turn(table: Table) -> None:
    assert get("vera", f"/t/{table.pk}/order/", sort="2").status_code == 200
    with all_turns_of(make_user("bob")):
        for path, params in (
            (f"/t/{table.pk}/", {}),
            (f"/t/{table.pk}/window/", {"start": "200"}),
            (f"/t/{table.pk}/window/", {"start": "200", "sort": "2"}),  # cut out of the order that vera's page has made
            (f"/t/{table.pk}/", {"view": "0", "sort": "2"}),
            (f"/t/{table.pk}/rows/5/", {"sort": "2"}),
            (f"/t/{table.pk}/changes/", {"version": "0"}),
            (f"/t/{table.pk}/toolbar/", {"sort": "2"}),
            (f"/t/{table.pk}/columns/1/values/", {}),  # the panel, before its list
            (f"/t/{table.pk}/columns/1/chart/", {}),
        ):
            assert get("bob", path, **params).status_code == 200, path


def test_a_page_says_that_it_comes_in_a_moment_and_asks_again_by_itself(table: Table) -> None:
    with all_turns_of(make_user("bob")):
        page = client_of("bob").get(f"/t/{table.pk}/?view=0&sort=-1")
    assert page.status_code == 429 and page["Refresh"] == "2" and SENTENCE in text(page)
    assert f'href="/t/{table.pk}/?view=0&amp;sort=-1"' in text(page)


def test_who_waits_gets_the_turn_that_comes_free_and_only_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "WAIT_SECONDS", 5.0)
    user = make_user("bob")
    got = threading.Event()

    def wait() -> None:
        with turn(user.pk):
            got.set()

    with all_turns_of(user):
        thread = threading.Thread(target=wait)
        thread.start()
        name = f"rowan:heavy:{cache.INSTALLATION}:{user.pk}"
        end = time.monotonic() + 5
        while not cache._client().zcard(f"{name}:waiting") and time.monotonic() < end:
            time.sleep(0.01)
        begun = time.monotonic()
        with pytest.raises(Busy, match="The next one follows"), turn(user.pk):
            pass
        assert time.monotonic() - begun < 1, "it is told at once when another one waits already"
        assert not got.is_set()
    thread.join(10)
    assert got.is_set()
    assert cache._client().zcard(name) == cache._client().zcard(f"{name}:waiting") == 0


def test_turns_of_a_killed_process_come_back_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "LONGEST_SECONDS", 4)
    user = make_user("bob")
    for number in range(AT_ONCE):
        assert heavy._take(f"rowan:heavy:{cache.INSTALLATION}:{user.pk}", f"killed {number}", AT_ONCE)
    with pytest.raises(Busy), turn(user.pk):
        pass
    monkeypatch.setattr(heavy, "WAIT_SECONDS", 10.0)
    with turn(user.pk):
        pass


def test_without_redis_everything_is_answered(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis(port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(cache, "_client", lambda: nobody)
    monkeypatch.setattr(cache, "_asleep_until", 0.0)
    with all_turns_of(make_user("bob")), all_turns_of(make_user("bob")):
        for path, params in heavy_reads(table):
            assert get("bob", path, **params).status_code == 200, path


def heavy_changes(table: Table) -> list[tuple[str, dict[str, str]]]:
    t = f"/t/{table.pk}"
    return [
        (f"{t}/cells/paste/", {"text": "<table><tr><td>x", "format": "html", "ids": "1", "keys": "1"}),
        (f"{t}/undo/", {}),
        (f"{t}/redo/", {}),
        (f"{t}/columns/1/kind/preview/", {"kind": "number"}),
        (f"{t}/columns/1/kind/", {"kind": "select", "create": "on"}),
    ]


def test_a_change_that_reads_much_takes_a_turn_before_it_does_anything(table: Table) -> None:
    bob = client_of("bob")
    with all_turns_of(make_user("bob")):
        for path, values in heavy_changes(table):
            answer = bob.post(path, values, headers=HTMX)
            assert answer.status_code == 429 and answer.json()["error"].startswith(SENTENCE), path
        assert bob.post(f"/t/{table.pk}/columns/2/kind/", {"kind": "text"}, headers=HTMX).status_code != 429
        typed = {"text": "x", "format": "tsv", "ids": "1", "keys": "1"}
        assert bob.post(f"/t/{table.pk}/cells/paste/", typed, headers=HTMX).status_code == 200
        page = bob.post(f"/t/{table.pk}/columns/1/kind/preview/", {"kind": "number"})
        assert page.status_code == 429 and "Refresh" not in page, "what was posted would be asked for without its values"
    for path, values in heavy_changes(table):
        assert bob.post(path, values, headers=HTMX).status_code not in (404, 405, 422, 429), path
    with all_turns_of(make_user("bob")):
        pass
