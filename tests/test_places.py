"""Rows that come back where others stand by now get the next free places, and soon."""

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tables import edits, places
from tables.models import Table
from tables.query import RowQuery
from tables.undo import redo, undo
from tests.make import make_table, make_user
from tests.test_order import blocks_are_exact

pytestmark = pytest.mark.django_db


@given(
    there=st.sets(st.integers(0, 400), max_size=120),
    wanted=st.lists(st.integers(0, 400), min_size=1, max_size=120),
    blocks=st.lists(st.tuples(st.integers(0, 380), st.integers(1, 60)), max_size=4),
)
def test_each_gets_the_first_free_place_from_its_own_on(
    there: set[int], wanted: list[int], blocks: list[tuple[int, int]]
) -> None:
    taken = there.union(*(range(first, first + size) for first, size in blocks))
    asked = dict(enumerate(wanted))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "_taken", lambda table_id, ranges, of: {at for at in taken if within(at, ranges)})
        found = places.apart(1, asked)
    last = -1
    for row_id, at in sorted(asked.items(), key=lambda each: each[1]):
        last = next(free for free in range(max(at, last + 1), 10_000) if free not in taken)
        assert found[row_id] == last


def within(at: int, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= at < end for first, end in ranges)


def narrow(table: Table, rows: int) -> int:
    """A row with hardly more than `rows` free positions below it: single rows were inserted there again and again."""
    alice = make_user("alice")
    while True:
        table.refresh_from_db()
        (first, second) = RowQuery(table).ids(0, 2)
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(position) - min(position) FROM tables_row WHERE id = ANY(%s)", [[first, second]])
            gap = cursor.fetchone()[0]
        if gap <= 2 * rows + 2:
            return first
        edits.insert(table, alice, [{}], below=first)


@pytest.mark.parametrize("size", [2_000, 10_000])
def test_an_undo_that_meets_as_many_other_rows_takes_few_queries(size: int) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    table = make_table(rows=[["first", 1], ["last", 2]])
    first = narrow(table, size)
    bobs = edits.insert(table, bob, [{"1": "bob"}] * size, below=first)
    edits.delete_rows(table, bob, bobs)
    edits.insert(table, alice, [{"1": "alice"}] * size, below=first)
    with CaptureQueriesContext(connection) as asked:
        undo(table, bob)
    assert len(asked) < 60, "not one for each row that it meets"
    table.refresh_from_db()
    rows = RowQuery(table).window(0, 3 * size)
    assert len(rows) == table.row_count and rows[0].id == first and rows[-1].data["1"] == "last"
    assert [row.id for row in rows if row.data.get("1") == "bob"] == bobs, "in their order"
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM tables_row WHERE table_id = %s ORDER BY position", [table.pk])
        positions = [at for (at,) in cursor]
    assert all(one < next_one for one, next_one in pairwise(positions))
    blocks_are_exact(table)
    with CaptureQueriesContext(connection) as asked:
        redo(table, bob)
    assert len(asked) < 60
