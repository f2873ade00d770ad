"""How the column kinds sort, in PostgreSQL and through an index."""

import json
from random import Random
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from tables.columns import KINDS
from tables.columns.base import cell_at
from tests.test_kinds import CHOICES, IDS, MISFITS, VALUES, typed_number

SORTED: dict[str, list[Any]] = {
    "text": ["Apple", "apple pie", "Banana", "cherry", "x" * 5_000],
    "number": [-1e300, -5, -0.5, 0, 2, 10, 1e300],
    "currency": [1.5, 2, 10],
    "percent": [0.05, 0.5, 2],
    "rating": [1, 2, 5],
    "date": ["0099-01-01", "2025-12-31", "2026-01-01", "9999-12-31"],
    "datetime": ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"],
    "select": IDS,
    "multi_select": [[IDS[0]], [IDS[0], IDS[1]], [IDS[0], IDS[2]], [IDS[1]], [IDS[3], IDS[0]]],
}


def sorted_by(key: str, cells: list[Any], direction: str) -> list[Any]:
    """The cells in the order of the kind's expression, through an index made of it."""
    options = KINDS[key].options(CHOICES)
    by = KINDS[key].sort_sql(cell_at(3), options)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sort_try")
        cursor.execute("CREATE TEMP TABLE sort_try (id int, data jsonb)")
        rows = [(n, json.dumps({"3": cell} if cell is not None else {})) for n, cell in enumerate(cells)]
        cursor.executemany("INSERT INTO sort_try VALUES (%s, %s)", rows)
        cursor.execute(sql.SQL("CREATE INDEX ON sort_try (({}))").format(by))
        order = sql.SQL("SELECT id FROM sort_try ORDER BY {} {} NULLS LAST, id").format(by, sql.SQL(direction))
        cursor.execute(order)
        return [cells[row[0]] for row in cursor.fetchall()]


@pytest.mark.django_db
@pytest.mark.parametrize("key", SORTED)
def test_a_column_sorts_as_people_expect_with_empty_cells_last(key: str) -> None:
    cells = SORTED[key]
    shuffled = [None, *cells[1::2], *cells[::-2], None] if len(cells) % 2 else [None, *cells[1::2], *cells[::2], None]
    assert sorted_by(key, shuffled, "ASC") == [*cells, None, None]
    assert sorted_by(key, shuffled, "DESC") == [*cells[::-1], None, None]


@pytest.mark.django_db
def test_unchecked_comes_before_checked_and_after_it_the_other_way_round() -> None:
    assert sorted_by("checkbox", [True, None], "ASC") == [None, True]
    assert sorted_by("checkbox", [None, True], "DESC") == [True, None]


@pytest.mark.django_db
@pytest.mark.parametrize("key", VALUES)
def test_sorting_and_indexing_never_fail_on_a_value_of_another_kind(key: str) -> None:
    noise = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789é", k=90_000))  # an index compresses repeated letters
    cells = [*MISFITS, noise, ["a1"] * 1_000, IDS[0], 1, None]
    assert len(sorted_by(key, cells, "ASC")) == len(cells)


@pytest.mark.django_db
def test_reads_of_postgres_give_the_very_numbers_that_were_stored() -> None:
    numbers = [typed_number(123456789012345, e) for e in (-300, -20, -7, 0, 6, 290)]
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT %s::jsonb", [json.dumps({"1": number})])
            found = json.loads(cursor.fetchone()[0])["1"]
            assert found == number
            assert KINDS["number"].parse(KINDS["number"].edit_text(found, {}), {}) == number
