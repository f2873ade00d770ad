"""Who is told of whom: members who look at the same table now, and nobody else."""

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tables.models import Table
from tables.query import cache
from tests.make import client_of, make_base, make_table, make_user
from views_app import presence

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


def poll(client: Client, table: Table, page: str = "a1", **more: str | int) -> Any:
    table.refresh_from_db()
    answer = client.get(reverse("changes", args=[table.pk]), {"version": str(table.version), "page": page, **more})
    return answer.json() if answer.status_code == 200 else answer.status_code


def test_two_people_see_each_others_cells_until_one_of_them_leaves(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = client_of("alice"), client_of("bob")
    assert poll(alice, table, row=1, key=1) == 204
    met = poll(bob, table, row=2, key=2)
    assert isinstance(met, dict)
    assert met["people"] == [{"user": make_user("alice").pk, "name": "Alice", "row": 1, "key": 1}]
    assert poll(bob, table, row=2, key=2, who=met["who"]) == 204
    seen = poll(alice, table, row=1, key=1)
    assert isinstance(seen, dict) and [each["name"] for each in seen["people"]] == ["Bob"]
    assert isinstance(poll(bob, table, row=1, key=2, who=met["who"]), int)
    moved = poll(alice, table, row=1, key=1, who=seen["who"])
    assert isinstance(moved, dict) and moved["people"][0]["row"] == 1
    later = time.time() + presence.KEPT_SECONDS + 1
    monkeypatch.setattr(presence.time, "time", lambda: later)
    assert poll(alice, table, row=1, key=1, who=moved["who"]) == {"people": [], "who": ""}


def test_one_person_with_two_pages_is_one_person_and_does_not_see_themselves(table: Table) -> None:
    alice, bob = client_of("alice"), client_of("bob")
    assert poll(alice, table, "one", row=1, key=1) == 204
    assert poll(alice, table, "two", row=2, key=1) == 204
    met = poll(bob, table)
    assert isinstance(met, dict) and [(each["name"], each["row"]) for each in met["people"]] == [("Alice", 2)]


def test_other_tables_have_other_people_and_bad_names_of_pages_are_refused(table: Table) -> None:
    other = make_table(base=make_base(make_user("dora"), "Other"))
    poll(client_of("dora"), other, row=1)
    alice = client_of("alice")
    assert poll(alice, table) == 204
    for page in ("", "A", "x" * 17, "a b", "é"):
        answer = alice.get(reverse("changes", args=[table.pk]), {"version": str(table.version), "page": page})
        assert answer.status_code == 422


def test_without_redis_nobody_is_seen_and_the_poll_answers(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    poll(client_of("alice"), table, row=1, key=1)
    monkeypatch.setattr(cache, "_asleep_until", time.monotonic() + 60)
    assert poll(client_of("bob"), table) == 204


def test_news_come_with_the_people(table: Table) -> None:
    alice, bob = client_of("alice"), client_of("bob")
    poll(alice, table, row=1, key=1)
    answer = bob.get(reverse("changes", args=[table.pk]), {"version": "0", "page": "b"}).json()
    assert answer["version"] == table.version and answer["people"][0]["name"] == "Alice"


def test_the_many_pages_of_one_person_make_room_for_one_another_and_not_for_others(table: Table) -> None:
    alice, bob, vera = make_user("alice"), make_user("bob"), make_user("vera")
    presence.meet(table, alice, "a1", 1, 1)
    for number in range(600):
        presence.meet(table, vera, f"v{number}", 2, 1)
    met = presence.meet(table, bob, "b1", 3, 1)
    assert [(each.name, each.page.partition(":")[2]) for each in met] == [("Vera", "v599"), ("Alice", "a1")]
    assert cache._client().hlen(f"rowan:here:{cache.INSTALLATION}:{table.pk}") == presence.MOST_PAGES + 2
    presence.meet(table, vera, "v599", 1, 1)
    assert presence.meet(table, bob, "b1", 3, 1)[0].row == 1, "a page that is there already is only noted anew"


def test_where_very_many_pages_are_open_those_that_are_there_stay(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob, vera = make_user("alice"), make_user("bob"), make_user("vera")
    monkeypatch.setattr(presence, "MOST_ALL", 2)
    presence.meet(table, alice, "a1", 1, 1)
    presence.meet(table, vera, "v1", 2, 1)
    assert len(presence.meet(table, bob, "b1", 3, 1)) == 2
    assert [each.name for each in presence.meet(table, alice, "a1", 1, 2)] == ["Vera"]
