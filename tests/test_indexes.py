"""The indexes that a table gets by itself: made, used, dropped, and never left half made."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from ingest import jobs
from ingest.load import run
from tables import indexes, schema, tasks
from tables.columns import KINDS
from tables.models import Index, Table
from tables.query import Condition, Definition, Group, RowQuery
from tables.query.compiled import sort_expression
from tables.query.indexed import learnable
from tables.query.search import indexed_sql
from tests.conftest import environment_of_tests
from tests.make import make_table, make_user
from tests.test_search import ids

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_tables_count_as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "SEARCH_ROWS", 0)
    monkeypatch.setattr(indexes, "LEARN_ROWS", 0)
    monkeypatch.setattr(tasks.tend_table, "delay", indexes.tend)


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    """Somebody else's connection to the test database."""
    with psycopg.connect(environment_of_tests()["DATABASE_URL"]) as theirs:
        yield theirs


def names(table: Table) -> set[str]:
    """What the table's valid indexes are for: "search", or the key of a column, with a minus when it runs down."""
    there = indexes._there(table.pk)
    table.refresh_from_db()
    known = {each.name: each for each in indexes.wanted(table)}
    assert all(there.values()), "an index is not valid"
    return {_short(known[name]) if name in known else name for name in there}


def _short(index: indexes.Wanted) -> str:
    return "search" if index.column == Index.SEARCH else f"{'-' if index.descending else ''}{index.column}"


def plan(statement: sql.Composable) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(sql.SQL("EXPLAIN {}").format(statement))
        return "\n".join(line for (line,) in cursor)


def ordered(table: Table, key: int, direction: str) -> sql.Composable:
    column = table.live_columns().get(key=key)
    return sql.SQL("SELECT id FROM tables_row WHERE table_id = {} ORDER BY {} {} NULLS LAST, position LIMIT 100").format(
        sql.Literal(table.pk), sort_expression(column), sql.SQL(direction)
    )


def load(table: Table, rows: int) -> None:
    job = jobs.create_generate(table, make_user("alice"), rows, seed=1)
    run(job.pk)
    job.refresh_from_db()
    table.refresh_from_db()
    assert job.state == "done", job.error


def test_a_search_index_is_made_and_finds_what_reading_all_rows_finds() -> None:
    table = make_table(
        columns=[("A", "text", {}), ("B", "number", {})], rows=[["Zoë Größe", 1], ["x" * 90_000 + "grosse", 2], ["", 3]]
    )
    assert not indexes.answering(table.pk, [])[0]
    tasks.tend_tables()
    assert names(table) == {"search"} and indexes.answering(table.pk, [])[0]
    assert ids(table, "GROSSE") == [1, 2]


def test_the_index_answers_a_search_for_words_and_choices() -> None:
    table = make_table(columns=[("A", "text", {}), ("B", "select", {"options": ["Blue", "Red"]})], rows=300)
    tasks.tend_tables()
    where = indexed(table, "blu")
    assert plan(sql.SQL("SELECT id FROM tables_row WHERE {}").format(where)).count("_search") == 2


def indexed(table: Table, text: str) -> sql.Composable:
    found = indexed_sql(text, list(table.live_columns()), zone=UTC)
    assert found is not None
    return sql.SQL("table_id = {} AND {}").format(sql.Literal(table.pk), found.where)


def test_an_order_that_was_asked_for_gets_an_index_that_gives_it() -> None:
    table = make_table(rows=300)
    name, amount = (column.key for column in table.live_columns())
    tasks.learn(table, name)
    tasks.learn(table, amount, descending=True)
    assert names(table) == {"search", str(name), f"-{amount}"}
    for key, direction in ((name, "ASC"), (amount, "DESC")):
        assert "Index Scan using tables_row" in plan(ordered(table, key, direction))


@pytest.mark.parametrize(
    ("kind", "operator", "value"),
    [
        ("text", "is", "Blue 7"),
        ("text", "starts", "blue 7"),
        ("text", "any_of", ("blue 7", "red")),
        ("email", "is", "BLUE@example.com"),
        ("number", ">", 5),
        ("percent", "=", 0.5),
        ("date", "this_year", None),
    ],
)
def test_a_filter_teaches_an_index_that_then_answers_it(kind: str, operator: str, value: Any) -> None:
    table = make_table(columns=[("A", kind, {}), ("B", "text", {})], rows=300)
    column, other = table.live_columns()
    condition, without = Condition(column.key, operator, value), Condition(other.key, "contains", "x")
    query = RowQuery(table, Definition(filter=Group("all", (condition, without))))
    before = sorted(query.ids(0, 300))
    assert learnable(query.definition, query.by_key) == [(column.key, False)]
    for key, descending in learnable(query.definition, query.by_key):
        tasks.learn(table, key, descending)
    after = RowQuery(table, query.definition)
    assert "Index Cond" in plan(sql.SQL("SELECT id FROM tables_row WHERE {}").format(after.where))
    assert f"tables_row_{table.pk}_s_" in plan(sql.SQL("SELECT id FROM tables_row WHERE {}").format(after.where))
    assert sorted(after.ids(0, 300)) == before


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_can_be_learned(kind: str) -> None:
    table = make_table(columns=[("A", kind, {"options": ["a", "b"]} if "select" in kind else {})], rows=20)
    key = table.live_columns()[0].key
    tasks.learn(table, key)
    tasks.learn(table, key, descending=True)
    assert names(table) == {"search", str(key), f"-{key}"}


def test_only_the_indexes_used_last_are_kept() -> None:
    table = make_table(columns=[(f"C{n}", "number", {}) for n in range(10)], rows=20)
    keys = [column.key for column in table.live_columns()]
    for key in keys:
        indexes.note_use(table, key)
        table.indexes.filter(column=key).update(last_used=timezone.now() - timedelta(hours=20 - key))
    tasks.tend_tables()
    assert names(table) == {"search", *map(str, keys[2:])}
    assert indexes.note_use(table, keys[0]) is False
    tasks.tend_tables()
    assert names(table) == {"search", str(keys[0]), *map(str, keys[3:])}


def test_use_is_noted_once_a_minute() -> None:
    table = make_table(rows=5)
    key = table.live_columns()[0].key
    assert indexes.note_use(table, key) is True
    first = table.indexes.get().last_used
    assert indexes.note_use(table, key) is False
    assert table.indexes.get().last_used == first


def test_an_index_goes_when_its_column_is_deleted_and_changes_with_its_options() -> None:
    table = make_table(columns=[("A", "select", {"options": ["x", "y"]}), ("B", "text", {})], rows=20)
    first, second = table.live_columns()
    tasks.learn(table, first.key)
    tasks.learn(table, second.key)
    before = set(indexes._there(table.pk))
    schema.update_column(table, make_user("alice"), first.key, options={"options": list(reversed(first.options["options"]))})
    schema.delete_column(table, make_user("alice"), second.key)
    tasks.tend_tables()
    assert names(table) == {"search", str(first.key)}
    assert len(before & set(indexes._there(table.pk))) == 1  # the search index
    assert indexes.untended() == []


def killed_build(table: Table, other: psycopg.Connection, kill: Callable[[int], None]) -> None:
    """A build that waits for an open transaction is stopped half-way."""
    other.execute("SELECT count(*) FROM tables_row WHERE table_id = %s", [table.pk])  # its snapshot stays open

    def build() -> None:
        with suppress(Exception):
            indexes.tend(table.pk)
        connection.close()

    builder = threading.Thread(target=build)
    builder.start()
    wait_for = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            cursor.execute(wait_for)
            if found := cursor.fetchone():
                break
            time.sleep(0.02)
        assert found, "no build was under way"
        assert not indexes.answering(table.pk, [])[0]
        kill(found[0])
    builder.join(20)
    other.rollback()


def test_a_killed_build_leaves_no_invalid_index_after_the_next_sweep(other: psycopg.Connection) -> None:
    table = make_table(rows=300)

    def kill(pid: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    killed_build(table, other, kill)
    assert list(indexes._there(table.pk).values()) == [False]
    tasks.tend_tables()
    assert names(table) == {"search"}


def test_a_large_load_stops_a_build_and_the_index_is_made_after_it(
    other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_table(rows=30)
    monkeypatch.setattr(indexes, "LOAD_WAIT", "100ms")  # for the other's transaction, in vain

    def load_meanwhile(pid: int) -> None:
        with indexes.set_aside(table, 200), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%' AND state = 'active'")
            assert cursor.fetchone() == (0,)

    killed_build(table, other, load_meanwhile)
    tasks.tend_tables()
    assert names(table) == {"search"}


def test_indexes_are_valid_after_a_load_large_or_small() -> None:
    table = schema.create_from_starter(make_table().base, None, "Leads", "leads", rows=0)
    load(table, 1_000)
    for key in (1, 7):
        tasks.learn(table, key)
    assert names(table) == {"search", "1", "7"}
    for rows, kept in ((40, {"search", "1", "7"}), (100, {"1", "7"}), (400, set())):
        load(table, rows)
        assert names(table) == kept
        tasks.tend_tables()
        assert names(table) == {"search", "1", "7"}


def test_no_index_is_built_while_much_is_loaded() -> None:
    table = make_table(rows=10)

    def tend() -> None:
        tasks.tend_tables()
        connection.close()

    with indexes.set_aside(table, 10):
        other_process = threading.Thread(target=tend)
        other_process.start()
        other_process.join(20)
        assert names(table) == set()
    tasks.tend_tables()
    assert names(table) == {"search"}


def test_a_build_that_fails_is_noted_and_not_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table(rows=10)
    monkeypatch.setattr(indexes, "sort_expression", lambda column: sql.SQL("(1 / (id - 5))"))
    tasks.learn(table, 1)
    assert names(table) == {"search"} and table.indexes.get().failed_at
    assert indexes.untended() == []
    monkeypatch.undo()
    monkeypatch.setattr(indexes, "SEARCH_ROWS", 0)
    monkeypatch.setattr(indexes, "LEARN_ROWS", 0)
    table.indexes.update(failed_at=timezone.now() - timedelta(seconds=indexes.RETRY_SECONDS + 1))
    tasks.tend_tables()
    assert names(table) == {"search", "1"}


def test_tables_that_are_deleted_or_empty_or_unknown_are_no_trouble() -> None:
    empty, deleted = make_table(rows=0), make_table(rows=5)
    Table.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    indexes.tend(empty.pk)
    indexes.tend(deleted.pk)
    indexes.tend(999_999)
    assert indexes._there(deleted.pk) == {} and indexes.untended() == []


def test_rows_that_wait_in_an_index_are_found_and_sorted_in() -> None:
    table = make_table(columns=[("A", "text", {})], rows=[["first"]])
    tasks.tend_tables()
    load(table, 1)
    with connection.cursor() as cursor:
        cursor.execute('UPDATE tables_row SET data = \'{"1": "second"}\' WHERE table_id = %s AND id = 1', [table.pk])
    assert ids(table, "second") == [1]
    indexes.tidy()
    assert ids(table, "second") == [1]


def test_without_trigrams_no_search_index_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "_has_trigrams", lambda: False)
    table = make_table(rows=5)
    tasks.tend_tables()
    assert names(table) == set() and not indexes.answering(table.pk, [])[0]
