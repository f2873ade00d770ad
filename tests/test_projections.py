"""Projections: who gets one, kept in step by whoever writes, retired, dropped, and never read when they should not be."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from psycopg import sql

from ingest import jobs
from ingest.load import run
from tables import bulk, edits, indexes, partitions, projection_making, projections, schema, tasks
from tables.models import Index, Table
from tables.query import Condition, Definition, Group, RowQuery, Sort
from tables.query.chosen import Chosen
from tests.make import make_user
from tests.projecting import by, large_table, relations_of, small_tables_count_as_large, somebody_else, there
from tests.test_projections_law import held_as_it_should_be, ids, is_projected, without

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    small_tables_count_as_large(monkeypatch, settings)


@pytest.fixture
def table() -> Table:
    return large_table()


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    with somebody_else() as theirs:
        yield theirs


def test_a_large_table_gets_one_and_a_small_one_none(table: Table, settings: Any) -> None:
    settings.PROJECTION_ROWS = 300
    indexes.tend(table.pk)
    assert there(table) == {} and not is_projected(by(table, Sort(1))) and table.pk not in indexes.untended()
    settings.PROJECTION_ROWS = 299
    assert indexes.untended() == [table.pk]
    tasks.tend_tables()
    assert list(there(table).values()) == ["ready"] and indexes.untended() == []
    query = by(table, Sort(1), Sort(2, descending=True))
    assert is_projected(query) and ids(query) == without(query, ids)
    settings.PROJECTION_ROWS = 599
    assert is_projected(query) and indexes.untended() == [], "a table that shrinks and grows keeps its own"
    settings.PROJECTION_ROWS = 600
    assert not is_projected(query)
    tasks.tend_tables()
    assert relations_of(table) == []
    settings.PROJECTION_ROWS = 0
    tasks.tend_tables()
    assert relations_of(table) == []


def test_orders_are_indexed_before_anybody_asks_and_read_from_the_index_alone(table: Table, settings: Any) -> None:
    indexes.tend(table.pk)
    assert set(indexes._there(table.pk)) == {indexes.search_name(table.pk)}, "not unless somebody wants that"
    settings.ORDERS_AHEAD = 8
    indexes.tend(table.pk)
    names = [name for name in indexes._there(table.pk) if name.startswith("tables_projection_")]
    assert len(names) == 3 and indexes.answering(table.pk, list(table.live_columns())).of_projection == {1, 2, 3}
    rows, (where, order) = by(table, Sort(2))._source
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(sql.SQL("EXPLAIN SELECT id FROM {} WHERE {} ORDER BY {}").format(rows, where, order))
        plan = "\n".join(line for (line,) in cursor)
    assert "Index Only Scan using tables_projection_" in plan and "Sort" not in plan


def test_what_people_sort_by_takes_the_place_of_what_nobody_does(table: Table, settings: Any) -> None:
    settings.LEARNED_INDEXES = settings.ORDERS_AHEAD = 2
    indexes.tend(table.pk)
    assert [each.column for each in indexes.wanted(table) if each.column] == [2, 1]
    tasks.learn(table, 1, descending=True)
    wanted = [(each.column, each.descending) for each in indexes.wanted(table) if each.column]
    assert wanted == [(1, True), (2, False)]
    assert {each.name for each in indexes.wanted(table)} == set(indexes._there(table.pk))


def test_an_edit_moves_its_row_at_once(table: Table) -> None:
    indexes.tend(table.pk)
    first = by(table, Sort(2)).ids(0, 1)
    edits.set_cell(table, make_user("alice"), 300, 2, "-5", table.version)
    table.refresh_from_db()
    assert by(table, Sort(2)).ids(0, 2) == [300, *first] and held_as_it_should_be(table)
    edits.delete_rows(table, make_user("alice"), [300])
    table.refresh_from_db()
    assert by(table, Sort(2)).ids(0, 1) == first and held_as_it_should_be(table)


def test_new_choices_are_read_from_the_rows_until_it_is_made_anew(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    indexes.tend(table.pk)
    options = {"options": [{"id": "y", "name": "Bergen"}, {"id": "x", "name": "Oslo"}]}
    schema.update_column(table, make_user("alice"), 3, options=options)
    table.refresh_from_db()
    query = by(table, Sort(3))
    assert not is_projected(query) and ids(query) == without(query, ids) and ids(query)[0] == 2
    assert is_projected(by(table, Sort(1)))
    before = there(table)
    tasks.tend_tables()
    assert there(table) == before, "a table that somebody is building is not projected at every turn"
    monkeypatch.setattr(projections, "REMAKE_SECONDS", 0)
    tasks.tend_tables()
    assert len(there(table)) == 1 and there(table) != before
    monkeypatch.setattr(projections, "REMAKE_SECONDS", 600)
    assert is_projected(query) and ids(query)[0] == 2 and indexes.untended() == []


def test_a_new_column_is_read_from_the_rows(table: Table) -> None:
    indexes.tend(table.pk)
    schema.add_column(table, make_user("alice"), "New", "text", {})
    table.refresh_from_db()
    edits.set_cell(table, make_user("alice"), 9, 4, "zoe", table.version)
    table.refresh_from_db()
    query = by(table, Sort(4))
    assert not is_projected(query) and query.ids(0, 1) == [9]


def test_what_a_choice_is_called_is_no_sql(table: Table) -> None:
    options = {"options": [{"id": "x", "name": "$rowan$"}, {"id": "y", "name": "'; DROP TABLE tables_row; --"}]}
    schema.update_column(table, make_user("alice"), 3, options=options)
    schema.add_column(table, make_user("alice"), "$$ ' \" %s {}", "select", options)
    table.refresh_from_db()
    indexes.tend(table.pk)
    edits.set_cell(table, make_user("alice"), 1, 3, "'; DROP TABLE tables_row; --", table.version)
    table.refresh_from_db()
    assert held_as_it_should_be(table) and is_projected(by(table, Sort(3)))


def test_a_small_load_goes_into_it_and_before_a_large_one_it_is_passed_by(table: Table) -> None:
    indexes.tend(table.pk)
    load(table, 10)
    assert list(there(table).values()) == ["ready"] and held_as_it_should_be(table)
    load(table, 100)
    assert list(there(table).values()) == ["retired"]
    query = by(table, Sort(1))
    assert not is_projected(query) and len(ids(query)) == 410
    indexes.tend(table.pk)
    assert list(there(table).values()) == ["ready"] and held_as_it_should_be(table) and is_projected(query)


def load(table: Table, rows: int) -> None:
    job = jobs.create_generate(table, make_user("alice"), rows, seed=1)
    run(job.pk)
    table.refresh_from_db()


def test_a_column_that_is_cleared_by_a_worker_is_cleared_in_it(table: Table) -> None:
    indexes.tend(table.pk)
    made = bulk.clear(table, make_user("alice"), RowQuery(table).ids(0, 300), [2])
    bulk.run(made.pk)
    table.refresh_from_db()
    query = RowQuery(table, Definition(filter=Group("all", (Condition(2, "not_empty"),))))
    assert query.count() == 0
    indexes.tend(table.pk)
    assert held_as_it_should_be(table) and is_projected(query) and query.count() == 0


@pytest.mark.parametrize("how", ["retired", "dropped"])
def test_a_statement_that_comes_too_late_is_asked_of_the_rows(table: Table, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has found the projection; then that is retired, rows are written without its trigger, and it may be gone."""
    indexes.tend(table.pk)
    query = by(table, Sort(2))
    made = Chosen._source.fget  # type: ignore[attr-defined]
    found: list[bool] = []

    def late(self: Chosen) -> Any:
        source = made(self)
        found.append(b"tables_projection" in source.rows.as_bytes(None))
        if found == [True]:
            projections.retire(table.pk)
            edits.set_cell(table, make_user("alice"), 300, 2, "-9", table.version)
            if how == "dropped":
                assert projection_making.drop_one(table)
        return source

    monkeypatch.setattr(Chosen, "_source", property(late))
    assert query._selected_ids(0, 1) == [300] and found == [True, False]


def test_two_loads_at_once_retire_it_together(table: Table) -> None:
    indexes.tend(table.pk)
    failures: list[Exception] = []

    def retire() -> None:
        try:
            projections.retire(table.pk)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=retire) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failures and list(there(table).values()) == ["retired"]
    projections.drop_relations(next(iter(there(table))) + "0")  # what is gone already is no error


def test_one_that_somebody_keeps_from_being_dropped_costs_nothing_meanwhile(
    table: Table, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes.tend(table.pk)
    projections.retire(table.pk)
    other.execute("SELECT count(*) FROM tables_row WHERE table_id = %s", [table.pk])  # as pg_dump does for hours
    assert not projection_making.drop_one(table)
    assert list(there(table).values()) == ["held"] and projections.superfluous(table) == []
    edits.set_cell(table, make_user("alice"), 1, 2, "5", table.version)
    other.rollback()
    monkeypatch.setattr(projections, "DROP_AGAIN_SECONDS", 0)
    assert projection_making.drop_one(table) and relations_of(table) == []


def test_with_its_table_it_goes_for_good(table: Table) -> None:
    indexes.tend(table.pk)
    assert relations_of(table)
    Table.objects.filter(pk=table.pk).update(deleted_at=timezone.now() - timedelta(days=40))
    tasks.empty_trash()
    assert relations_of(table) == [] and not partitions.exists(table.pk)


def test_a_table_that_shrank_has_none_any_more(table: Table, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    indexes.tend(table.pk)
    settings.PROJECTION_ROWS = 600
    monkeypatch.setattr(indexes, "SEARCH_ROWS", 10_000)
    Index.objects.all().delete()
    tasks.tend_tables()
    assert relations_of(table) == []


def test_a_filter_that_it_does_not_hold_is_asked_of_the_rows_as_ever(table: Table) -> None:
    def where(*conditions: Condition) -> str:
        query = RowQuery(table, Definition(filter=Group("all", conditions)))
        return query._all_where.as_string(connection.connection)

    before = where(Condition(2, "!=", 5), Condition(0, "changed_by", (1,)))
    indexes.tend(table.pk)
    assert where(Condition(2, "!=", 5), Condition(0, "changed_by", (1,))) == before
    assert "jsonpath" in before and "jsonpath" not in where(Condition(2, "!=", 5))
