"""Views in another order: windows, counts and places by order snapshots."""

import random
from collections.abc import Iterator
from html import unescape
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection

from tables import edits, schema
from tables.models import Table
from tables.query import Condition, Definition, Group, RowQuery, Sort, cache, rows, snapshots
from tests.make import client_of, make_base, make_table, make_user

pytestmark = pytest.mark.django_db

COLUMNS: tuple[tuple[str, str, dict[str, Any]], ...] = (("Name", "text", {}), ("Amount", "number", {}), ("Done", "checkbox", {}))


@pytest.fixture
def table() -> Table:
    chance = random.Random(5)
    names = ["anna", "Bert", "Émile", "zoe", None, "item 2", "item 10"]
    values = [[chance.choice(names), chance.choice([None, 1, 2, 30, -5]), chance.choice([None, True])] for _ in range(400)]
    return make_table(columns=COLUMNS, rows=values)


def by(table: Table, *columns: int) -> RowQuery:
    table.refresh_from_db()
    return RowQuery(table, Definition(sorts=tuple(Sort(abs(column), column < 0) for column in columns)))


def all_cells(query: RowQuery, key: int) -> list[Any]:
    return [row.data.get(str(key)) for row in query.window(0, 1_000)]


def test_numbers_are_sorted_both_ways_with_empty_cells_last(table: Table) -> None:
    up, down = all_cells(by(table, 2), 2), all_cells(by(table, -2), 2)
    filled = sorted(value for value in up if value is not None)
    assert up == filled + [None] * (400 - len(filled))
    assert down == filled[::-1] + [None] * (400 - len(filled))


def test_rows_that_are_equal_stand_as_in_the_table(table: Table) -> None:
    ids = [row.id for row in by(table, 3).window(0, 400)]
    checked = {row.id for row in RowQuery(table).window(0, 400) if row.data.get("3")}
    assert ids == sorted(ids, key=lambda row_id: (row_id in checked, row_id))


def test_several_levels_count_from_the_first(table: Table) -> None:
    found = [(row.data.get("3"), row.data.get("2")) for row in by(table, -3, 2).window(0, 400)]
    assert found == sorted(found, key=lambda pair: (not pair[0], pair[1] is None, pair[1] or 0))


def test_windows_of_the_snapshot_are_slices_of_the_plain_order(table: Table) -> None:
    query = by(table, 1, -2)
    plain = query._selected_ids(0, 400)
    assert query.order() is not None
    for start, size in ((0, 10), (0, 400), (390, 100), (400, 10), (123, 45)):
        window = query.read(start, size)
        assert [row.id for row in window.rows] == plain[start : start + size]
        assert window.count == 400 and not window.stale


def test_a_rows_place_is_the_index_of_its_window(table: Table) -> None:
    query = by(table, 1)
    for index in (0, 17, 399):
        assert query.index_of(query.window(index, 1)[0].id) == index
    assert query.index_of(10**6) is None


def test_an_edit_of_another_column_leaves_the_snapshot_as_it_is(table: Table) -> None:
    made = by(table, 2).order()
    edits.set_cell(table, make_user("alice"), 1, 1, "other", table.version)
    assert made is not None and by(table, 2).read(0, 5).order == made.name
    assert not by(table, 2).read(0, 5).stale


def test_an_edit_of_the_sorted_column_serves_the_old_order_until_the_next_is_made(table: Table) -> None:
    last = by(table, 2).order()
    first_row = by(table, 2).window(0, 1)[0].id
    edits.set_cell(table, make_user("alice"), first_row, 2, "1000", table.version)
    window = by(table, 2).read(0, 5)
    assert window.stale and window.rows[0].id == first_row and window.rows[0].data["2"] == 1000
    fresh = by(table, 2).order()
    assert last is not None and fresh is not None and fresh.version > last.version
    assert by(table, 2).window(0, 1)[0].id != first_row


def test_deleted_rows_keep_their_place_as_gone_until_the_next_order(table: Table) -> None:
    ids = [row.id for row in by(table, 2).window(0, 400)]
    assert by(table, 2).order() is not None
    edits.delete_rows(table, make_user("alice"), ids[:3])
    window = by(table, 2).read(0, 5)
    assert window.stale and [row.version for row in window.rows][:3] == [-1, -1, -1]
    assert by(table, 2).count() == 397
    assert [row.id for row in by(table, 2).window(0, 400)] == ids[3:]


def test_the_first_rows_come_without_a_snapshot(table: Table) -> None:
    window = by(table, 2).read(0, 100)
    assert len(window.rows) == 100 and window.count is None and window.stale
    assert by(table, 2).read(0, 500).count == 400  # whoever sees the end has counted


def test_a_rename_or_a_width_leaves_the_snapshot_and_new_options_do_not() -> None:
    table = make_table(columns=(("Size", "select", {"options": ["S", "M"]}),), rows=0)
    size = table.live_columns().get()
    small, medium = (option["id"] for option in size.options["options"])
    edits.add_rows(table, None, [{"1": medium}, {"1": small}])
    assert all_cells(by(table, 1), 1) == [small, medium]
    made = by(table, 1).order()
    schema.update_column(table, make_user("alice"), 1, name="Sizes")
    assert made is not None and by(table, 1).read(0, 1).order == made.name
    schema.update_column(table, make_user("alice"), 1, options={"options": size.options["options"][::-1]})
    assert all_cells(by(table, 1), 1) == [medium, small]


def test_a_sort_by_a_deleted_column_is_left_out(table: Table) -> None:
    schema.delete_column(table, make_user("alice"), 2)
    assert [row.id for row in by(table, 2, 1).window(0, 400)] == [row.id for row in by(table, 1).window(0, 400)]


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    nobody = redis.Redis(port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(cache, "_client", lambda: nobody)
    monkeypatch.setattr(cache, "_asleep_until", 0.0)
    yield


@pytest.mark.usefixtures("no_redis")
def test_without_redis_every_answer_is_the_same(table: Table) -> None:
    query = by(table, 1, -2)
    plain = query._selected_ids(0, 400)
    assert [row.id for row in query.window(350, 100)] == plain[350:]
    assert query.count() == 400
    assert query.ids(10, 5) == plain[10:15]
    assert query.index_of(plain[7]) == 7


def searching(table: Table, text: str) -> RowQuery:
    table.refresh_from_db()
    return RowQuery(table, Definition(search=text, searched=(1,)))


# Of 400 rows about 115 hold "item".
@pytest.mark.parametrize(
    ("text", "longest", "looks_at_all"),
    [("item", 400, False), ("item", 40, True), ("nobody", 400, True)],
)
def test_what_a_short_walk_promises_a_longer_one_brings(
    table: Table, monkeypatch: pytest.MonkeyPatch, text: str, longest: int, looks_at_all: bool
) -> None:
    monkeypatch.setattr(rows, "WALK_ROWS", 40)
    monkeypatch.setattr(rows, "LONG_WALK_ROWS", longest)
    asked: list[int] = []
    whole = rows.RowQuery._selected_ids

    def look_at_all(query: RowQuery, start: int, size: int) -> list[int]:
        asked.append(size)
        return whole(query, start, size)

    monkeypatch.setattr(rows.RowQuery, "_selected_ids", look_at_all)
    assert [row.id for row in searching(table, text).window(0, 60)] == whole(searching(table, text), 0, 60)
    assert bool(asked) is looks_at_all


def test_the_browser_gets_a_window_and_then_the_order(table: Table) -> None:
    alice = client_of("alice")
    page = alice.get(f"/t/{table.pk}/window/", {"start": "0", "sort": "-2"}).content.decode()
    assert 'data-count=""' in page and "data-stale" in page
    answer = alice.get(f"/t/{table.pk}/order/", {"sort": "-2", "row": "1"}).json()
    assert answer["count"] == 400 and answer["order"] and 0 <= answer["row"] < 400
    page = alice.get(f"/t/{table.pk}/window/", {"start": "300", "sort": "-2"}).content.decode()
    assert f'data-count="400" data-version="{table.version}"' in page and f'data-order="{answer["order"]}">' in page


@pytest.mark.parametrize("part", ["sort=x", "sort=3;4", "filter=[", 'filter=["xor"]', "height=huge", "hide=-1", "frozen=99"])
def test_a_link_that_cannot_be_read_is_refused_by_a_sentence(table: Table, part: str) -> None:
    alice = client_of("alice")
    answer = alice.get(f"/t/{table.pk}/window/?start=0&{part}")
    assert answer.status_code == 422 and answer.json()["error"].endswith(".")
    page = alice.get(f"/t/{table.pk}/?{part}")
    assert page.status_code == 200 and str(answer.json()["error"])[:20] in unescape(page.content.decode())


def test_two_tables_of_the_same_columns_have_orders_of_their_own() -> None:
    base = make_base()
    one = make_table(base, rows=[["b", 1], ["a", 2]], name="One")
    two = make_table(base, rows=[["x", 1]], name="Two")
    assert by(one, 1).count() == 2 and by(two, 1).count() == 1


def test_an_order_is_named_by_the_day_too(table: Table) -> None:
    """Two days' rows of "changed today" must never stand together."""

    def today(day: str) -> RowQuery:
        condition = Condition(0, "created_on_or_after", day)
        return RowQuery(table, Definition(filter=Group("all", (condition,))))

    first, second = today("2020-01-01").order(), today("2020-01-02").order()
    assert first is not None and second is not None and first.version == second.version and first.name != second.name
    assert today("2020-01-02").is_stale(first.name) and not today("2020-01-01").is_stale(first.name)


def test_what_is_deleted_by_its_place_is_what_was_shown_or_nothing(table: Table) -> None:
    bob = client_of("bob")
    made = by(table, 2).order()
    assert made is not None
    ids = by(table, 2).ids(0, 3)
    edits.set_cell(table, make_user("alice"), ids[0], 2, "1000", table.version)
    table.refresh_from_db()
    sent = {"from": 0, "to": 2, "version": table.version, "order": made.name}
    answer = bob.post(f"/t/{table.pk}/rows/delete/?sort=2", sent)
    assert answer.status_code == 200 and {row.id for row in RowQuery(table).window(0, 400)}.isdisjoint(ids)
    again = bob.post(f"/t/{table.pk}/rows/delete/?sort=2", sent)
    assert again.status_code == 409 and "Look again" in again.json()["error"]
    for order in ("", "0", "nonsense"):
        refused = bob.post(f"/t/{table.pk}/rows/delete/?sort=2", {**sent, "order": order})
        assert refused.status_code == 409


def test_a_view_that_could_not_be_put_in_order_is_not_tried_by_everybody_after_another(table: Table) -> None:
    def fail() -> None:
        raise RuntimeError("no")

    query = by(table, 1)
    with pytest.raises(RuntimeError):
        snapshots.once(query._key, fail, lambda: False)
    # Somebody else holds the lock meanwhile: whoever waits is told, and does not wait.
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [snapshots._ONE_LOCK, int(query._key[-8:], 16) - 2**31])
        with pytest.raises(snapshots.NotMade, match="took too long"):
            snapshots.once(query._key, fail, lambda: False)


def test_not_more_snapshots_are_made_at_once_than_there_are_makers(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", 0.2)
    with psycopg.connect(**connection.get_connection_params()) as other:
        for number in range(snapshots.MAKERS):
            other.execute("SELECT pg_advisory_lock(%s, %s)", [snapshots._MAKER_LOCK, number])
        answer = client_of("alice").get(f"/t/{table.pk}/order/?sort=1", headers={"HX-Request": "true"})
        assert answer.status_code == 503 and "Too many views" in answer.json()["error"]
    assert client_of("alice").get(f"/t/{table.pk}/order/?sort=1").json()["count"] == 400
