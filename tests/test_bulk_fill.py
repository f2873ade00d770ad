"""Fills of more rows than one write takes: the same cells, and the same misfits, as the fill of a few."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables import bulk, edits, schema
from tables.columns.base import BadValue
from tables.conversion.change import change_kind
from tables.edits import picked_ids
from tables.edits.fill import plan
from tables.edits.series import continued
from tables.models import Bulk, Table
from tables.query import RowQuery
from tables.undo import IsBulk, undo
from tests.make import cells, client_of, make_table, make_user
from tests.make import text as page_of

pytestmark = pytest.mark.django_db(transaction=True)

Column = tuple[str, str, dict[str, Any]]
NAMES = {"A": "text", "B": "number", "C": "number", "Day": "date", "Made": "created_time"}
COLUMNS: list[Column] = [(name, kind, {}) for name, kind in NAMES.items()]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 7)


def make(rows: int = 20) -> Table:
    """The first and the last four rows begin series, which the others do not go on with."""

    def row(n: int) -> list[Any]:
        return [f"Item {n}", n * 5, None, f"2026-01-{n:02}"] if not 5 <= n <= rows - 4 else ["Item", 1, None, "2026-05-05"]

    return make_table(columns=COLUMNS, rows=[row(n) for n in range(1, rows + 1)])


def ended(found: Bulk) -> Bulk:
    bulk.run(found.pk)
    found.refresh_from_db()
    return found


def filled(table: Table, ids: list[int], keys: list[int], direction: str, **how: Any) -> Bulk:
    found = bulk.fill(table, make_user("alice"), plan(table, ids, 0, keys, direction, **how))
    return ended(found)


@pytest.mark.parametrize("direction", edits.DIRECTIONS)
@pytest.mark.parametrize(("source", "series"), [(1, False), (1, True), (2, True), (3, False)])
def test_in_every_direction_it_does_what_the_fill_of_a_few_does(direction: str, source: int, series: bool) -> None:
    table, alice = make(), make_user("alice")
    before, ids, keys = cells(table), RowQuery(table).ids(1, 17), [2, 3, 1, 4, 5]
    report = edits.fill(table, alice, picked_ids(ids, "filled", 0), keys, direction, source=source, series=series)[2]
    wanted = cells(table)
    if wanted != before:
        undo(table, alice)
    assert cells(table) == before
    found = filled(table, ids, keys, direction, source=source, series=series)
    assert found.state == "done" and cells(table) == wanted
    assert found.misfits == report.count and found.params["first"] in (0, source)

    def told(problem: dict[str, Any]) -> tuple[Any, ...]:
        return (problem["number"] or 0, problem["row"] or 0, problem["key"], problem["text"], problem["reason"])

    assert sorted(map(told, found.problems)) == sorted(map(told, report.problems))
    if not found.versions:
        return
    with pytest.raises(IsBulk) as part:
        undo(table, alice)
    ended(bulk.take_back(table, alice, "undo", part.value.bulk))
    assert cells(table) == before


VALUES = st.lists(st.integers(-50, 50) | st.floats(-9, 9), min_size=1, max_size=3) | st.lists(
    st.sampled_from(["Item 3", "Item 2", "x09", "a", None, "2026-01-31", "2026-02-28", "2026-01-01T10:00:00Z"]),
    min_size=1,
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=VALUES, count=st.integers(0, 30), cut=st.integers(0, 30))
def test_a_series_in_pieces_is_the_whole_series(values: list[Any], count: int, cut: int) -> None:
    whole = continued(values, count)
    cut = min(cut, count)
    assert continued(values, count, range(cut)) + continued(values, count, range(cut, count)) == whole


@pytest.mark.parametrize("values", [["0001-01-01", "9999-12-31"], ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"]])
def test_a_series_of_days_ends_where_the_calendar_does(values: list[Any]) -> None:
    assert set(continued(values, 400)) == {None}


def test_rows_that_are_deleted_meanwhile_leave_their_step_in_the_series() -> None:
    table = make()
    found = bulk.fill(table, make_user("alice"), plan(table, RowQuery(table).ids(0, 20), 0, [2], "down", source=2, series=True))
    bulk._take_step(found.pk)
    edits.delete_rows(table, make_user("bob"), [12, 13])
    ended(found)
    assert [row[1] for row in cells(table)] == [5 * n for n in range(1, 21) if n not in (12, 13)]


def test_a_column_that_changes_meanwhile_ends_it_with_a_sentence() -> None:
    table, bob = make(), make_user("bob")
    ids = RowQuery(table).ids(0, 20)
    down = bulk.fill(table, make_user("alice"), plan(table, ids, 0, [2], "down"))
    right = bulk.fill(table, make_user("alice"), plan(table, ids, 0, [1, 2, 3], "right"))
    bulk._take_step(down.pk)
    schema.delete_column(table, bob, 3)
    assert ended(right).error == "A column of the fill was deleted meanwhile."

    change_kind(table, bob, 2, "text", {})
    assert ended(down).error == "The column “B” got another kind meanwhile."


def test_too_much_to_go_on_from_and_nothing_to_write_are_sentences() -> None:
    table = make()
    ids = RowQuery(table).ids(0, 20)
    with pytest.raises(edits.TooMany, match="at most 10,000 cells; this is 10,002"):
        plan(table, ids, 0, [1, 2], "down", source=5_001)
    with pytest.raises(BadValue, match="None of these columns"):
        plan(table, ids, 0, [5], "down")


def test_in_the_browser_what_did_not_fit_is_counted_and_listed() -> None:
    table = make()
    where = {"from": "0", "to": "19", "version": str(table.version), "action": "fill"}
    bob, url = client_of("bob"), f"/t/{table.pk}/bulk/"
    answer = bob.post(f"{url}begin/", {**where, "keys": "1,2", "direction": "right"})
    assert answer.status_code == 202, page_of(answer)
    number = answer.json()["bulk"]
    bulk.run(number)
    page = page_of(bob.get(f"{url}{number}/"))
    assert "20 things did not fit." in page and "Undo" not in page, "nothing was written"
    told = client_of("vera").get(f"{url}{number}/problems/").json()
    assert told["problem_count"] == 20 and len(told["problems"]) == 20
    assert told["problems"][9]["number"] == 10 and told["problems"][9]["text"] == "Item"
