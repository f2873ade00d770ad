"""Where rows stand: row N is found without counting, and stays right through any adding and deleting."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables import edits, order
from tables.models import Block, Table
from tables.query import RowQuery
from tables.undo import undo
from tests.make import cells, make_base, make_table, make_user

pytestmark = pytest.mark.django_db


def numbered(rows: int) -> Table:
    return make_table(columns=[("N", "number", {})], rows=[[n] for n in range(rows)])


def blocks_are_exact(table: Table) -> None:
    """Every block counts the rows that really stand in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT b.first, b.rows, (SELECT count(*) FROM tables_row r WHERE r.table_id = b.table_id AND r.position >= b.first
                AND r.position < coalesce((SELECT min(n.first) FROM tables_block n
                                           WHERE n.table_id = b.table_id AND n.first > b.first), 9223372036854775807))
            FROM tables_block b WHERE b.table_id = %s
            """,
            [table.pk],
        )
        for first, counted, real in cursor.fetchall():
            assert counted == real, f"block {first}"


def test_a_window_is_the_slice_of_the_whole() -> None:
    table = numbered(3_210)
    whole = [n for (n,) in cells(table)]
    query = RowQuery(table)
    for start in (0, 1, 99, 100, 999, 1_000, 1_001, 2_500, 3_199, 3_209, 3_210, 99_999):
        assert [row.data["1"] for row in query.window(start, 100)] == whole[start : start + 100]


def test_large_blocks_are_split_and_empty_ones_go() -> None:
    table = numbered(6_000)
    blocks = Block.objects.filter(table=table)
    assert max(blocks.values_list("rows", flat=True)) <= order.BLOCK_SPLIT
    blocks_are_exact(table)
    alice = make_user("alice")
    edits.delete_rows(table, alice, list(range(1, 5_991)))
    blocks_are_exact(table)
    assert blocks.count() <= 3
    assert [n for (n,) in cells(table)] == list(range(5_990, 6_000))


def test_rows_after_deleted_ones_count_on_without_a_gap() -> None:
    table = numbered(500)
    edits.delete_rows(table, make_user("alice"), [1, 2, 100, 101, 500])
    table.refresh_from_db()
    query = RowQuery(table)
    assert query.count() == 495
    assert query.index_of(3) == 0
    assert query.index_of(102) == 97
    assert query.index_of(100) is None
    assert [row.id for row in query.window(494, 100)] == [499]


def test_an_empty_table_has_empty_windows() -> None:
    table = numbered(0)
    assert RowQuery(table).window(0, 100) == []
    assert RowQuery(table).index_of(1) is None


STEP = st.tuples(st.sampled_from(["add", "delete", "undo"]), st.integers(1, 700), st.integers(0, 10**6))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, max_size=10))
def test_any_adding_deleting_and_undoing_keeps_every_index_right(steps: list[tuple[str, int, int]]) -> None:
    base = make_base()
    alice = make_user("alice")
    table = make_table(base, columns=[("N", "number", {})], rows=[[n] for n in range(1_500)])
    model = list(range(1, 1_501))  # row ids in order
    history: list[list[int]] = []
    for action, size, at in steps:
        if action == "add":
            history.append(model[:])
            model = model + edits.add_rows(table, alice, [{"1": 0}] * size)
        elif action == "delete" and model:
            history.append(model[:])
            start = at % len(model)
            edits.delete_rows(table, alice, model[start : start + size])
            del model[start : start + size]
        elif action == "undo" and history:
            undo(table, alice)
            model = history.pop()
    table.refresh_from_db()
    query = RowQuery(table)
    assert query.ids(0, 10**6) == model
    assert table.row_count == len(model)
    blocks_are_exact(table)
    for index in range(0, len(model), 97):
        assert query.index_of(model[index]) == index
        assert query.ids(index, 5) == model[index : index + 5]
    Table.objects.filter(base=base).delete()
