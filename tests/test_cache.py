"""Results kept in Redis: found again, never stale, and not needed."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.conf import settings

from tables import edits, schema
from tables.models import Table
from tables.query import cache
from tables.query.aggregates import values
from tables.query.cache import cached, counts, reset_counts
from tables.query.compiled import ANY_WRITE
from tables.undo import undo
from tests.loads import loaded
from tests.make import make_table, make_user
from tests.test_aggregates import EVERYTHING

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_client() -> Iterator[None]:
    """Each test with a connection of its own, and counts from nothing."""
    cache._client.cache_clear()
    cache._asleep_until = 0.0
    reset_counts()
    yield
    cache._client.cache_clear()
    cache._asleep_until = 0.0


class Maker:
    """Counts how often it had to make a value."""

    def __init__(self, value: Any = None) -> None:
        self.value, self.made = value, 0

    def __call__(self) -> Any:
        self.made += 1
        return self.value


def again(table: Table) -> Table:
    return Table.objects.get(pk=table.pk)


@pytest.mark.parametrize("value", [0, None, [], {"a": [1, 2.5, "é", None]}, 10**300, "x"])
def test_a_result_is_made_once_and_found_as_it_was(value: Any) -> None:
    table, make = make_table(rows=[["a", 1]]), Maker(value)
    assert [cached(table, [1], "it", make) for _ in range(3)] == [value] * 3
    assert make.made == 1
    assert cached(table, [1], "something else", make) == value
    assert make.made == 2
    assert counts() == (2, 2)
    assert counts().ratio == 0.5


def total(table: Table) -> int:
    """The sum of the second column, through the cache, as a page would ask for it."""
    table = again(table)
    column = table.live_columns().get(key=2)
    found: list[Any] = cached(table, [2], "sum", lambda: values(EVERYTHING, table.pk, [(column, "sum")]))
    return int(found[0] or 0)


def test_no_write_leaves_a_stale_result_behind() -> None:
    alice = make_user("alice")
    table = make_table(rows=[["a", 1], ["b", 2]])
    assert total(table) == total(table) == 3
    edits.set_cell(table, alice, 1, 2, "10", again(table).version)
    assert total(table) == 12
    undo(again(table), alice)
    assert total(table) == 3
    (added,) = edits.add_rows(table, alice, [{"2": 5}])
    assert total(table) == 8
    edits.delete_rows(table, alice, [added])
    assert total(table) == 3
    undo(again(table), alice)
    assert total(table) == 8


@pytest.mark.django_db(transaction=True)
def test_a_bulk_load_leaves_no_stale_result_behind() -> None:
    table = make_table(columns=[("Name", "text", {}), ("Quantity", "number", {})], rows=[["a", 1]])
    assert total(table) == 1
    loaded(table, 500)
    column = table.live_columns().get(key=2)
    assert total(table) == values(EVERYTHING, table.pk, [(column, "sum")])[0] > 1


def test_an_edit_of_a_column_that_is_not_read_leaves_a_result_as_it_is() -> None:
    table, make = make_table(rows=[["a", 1]]), Maker(1)
    cached(again(table), [2], "it", make)
    edits.set_cell(table, make_user("alice"), 1, 1, "b", again(table).version)
    cached(again(table), [2], "it", make)
    assert make.made == 1
    cached(again(table), [1], "it", make)
    assert make.made == 2


def test_what_depends_on_every_write_is_made_anew_after_any() -> None:
    table, make = make_table(rows=[["a", 1]]), Maker(1)
    cached(again(table), [2, ANY_WRITE], "it", make)
    edits.set_cell(table, make_user("alice"), 1, 1, "b", again(table).version)
    cached(again(table), [2, ANY_WRITE], "it", make)
    assert make.made == 2


def test_a_changed_choice_leaves_no_stale_result_behind() -> None:
    options = {"options": [{"id": "a1", "name": "New"}]}
    table, make = make_table(columns=[("Kind", "select", options)], rows=[["a1"]]), Maker(1)
    cached(again(table), [1], "it", make)
    schema.update_column(table, make_user("alice"), 1, options={"options": [{"id": "a1", "name": "Old"}]})
    cached(again(table), [1], "it", make)
    assert make.made == 2


def test_tables_do_not_share_results() -> None:
    make = Maker(1)
    for _ in range(2):
        cached(make_table(rows=[["a", 1]]), [1], "it", make)
    assert make.made == 2


def test_what_is_too_large_is_made_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 100)
    table, large, small = make_table(), Maker("x" * 99), Maker("x" * 98)
    for _ in range(2):
        cached(table, [1], "large", large)
        cached(table, [1], "small", small)
    assert (large.made, small.made) == (2, 1)


def test_results_are_dropped_after_an_hour() -> None:
    table = make_table()
    cached(table, [1], "it", Maker(1))
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert 0 < client.ttl(cache._name(table, [1], "it")) <= 3_600


def test_without_redis_everything_is_made_anew(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    cache._client.cache_clear()
    table, make = make_table(), Maker(7)
    begun = time.monotonic()
    assert [cached(table, [1], "it", make) for _ in range(100)] == [7] * 100
    assert make.made == 100
    assert time.monotonic() - begun < 2
    assert counts() == (0, 0)
    reset_counts()


def test_a_redis_that_comes_back_is_used_again(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    right, table, make = settings.REDIS_URL, make_table(), Maker(7)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    cache._client.cache_clear()
    cached(table, [1], "it", make)
    settings.REDIS_URL = right
    cache._client.cache_clear()
    cache._asleep_until = time.monotonic()
    assert [cached(table, [1], "it", make) for _ in range(2)] == [7, 7]
    assert make.made == 2


def test_an_error_while_a_result_is_made_is_not_kept() -> None:
    table = make_table()

    def fail() -> Any:
        raise ZeroDivisionError

    failing: Callable[[], Any] = fail
    with pytest.raises(ZeroDivisionError):
        cached(table, [1], "it", failing)
    assert cached(table, [1], "it", Maker(1)) == 1
