"""What the tests of projections share: a table that counts as large, somebody else's connection, and what is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from tables import indexes, projections, tasks
from tables.models import Table
from tables.query import Definition, RowQuery, Sort
from tests.conftest import environment_of_tests
from tests.make import make_table

COLUMNS: list[tuple[str, str, dict[str, Any]]] = [
    ("Name", "text", {}),
    ("Amount", "number", {}),
    ("City", "select", {"options": [{"id": "x", "name": "Oslo"}, {"id": "y", "name": "Bergen"}]}),
]


def small_tables_count_as_large(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PROJECTION_ROWS = 1
    monkeypatch.setattr(indexes, "SEARCH_ROWS", 0)
    monkeypatch.setattr(indexes, "LEARN_ROWS", 0)
    monkeypatch.setattr(projections, "GRACE_SECONDS", 0.01)
    monkeypatch.setattr(tasks.tend_table, "delay", indexes.tend)


def large_table() -> Table:
    return make_table(columns=COLUMNS, rows=[[f"row {n % 7}", n % 11, "xy"[n % 2]] for n in range(300)])


@contextmanager
def somebody_else() -> Iterator[psycopg.Connection]:
    """Somebody else's connection to the test database."""
    with psycopg.connect(environment_of_tests()["DATABASE_URL"]) as theirs:
        yield theirs


def by(table: Table, *sorts: Sort) -> RowQuery:
    return RowQuery(table, Definition(sorts=sorts))


def there(table: Table) -> dict[str, str]:
    """The table's projections, and "ready", "retired" or "" of each."""
    return {name: state.split(" ")[0] for name, state in projections.states(table.pk).items()}


def relations_of(table: Table) -> list[str]:
    """Everything in the database that is of the table's projections: tables, indexes, functions, triggers."""
    with connection.cursor() as cursor:
        form = rf"^tables_projection_{table.pk}_"
        cursor.execute(
            "SELECT relname::text FROM pg_class WHERE relname ~ %s UNION ALL SELECT proname::text FROM pg_proc WHERE proname ~ %s"
            " UNION ALL SELECT tgname::text FROM pg_trigger WHERE tgname ~ %s",
            [form] * 3,
        )
        return [name for (name,) in cursor]
