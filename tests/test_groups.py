"""Headings of grouped views: which groups there are, how many rows each has, and that they are runs of the view's order."""

from datetime import date
from itertools import groupby
from typing import Any

import pytest
from django.utils import timezone

from tables import edits
from tables.models import Table
from tables.query import BadQuery, Condition, Definition, Group, RowQuery, Sort, aggregates, groups
from tables.query.aggregates import _scanned
from tables.query.groups import headings
from tests.make import client_of, make_table, make_user, text

pytestmark = pytest.mark.django_db

SIZES = {"options": [{"id": "s", "name": "Small", "color": "red"}, {"id": "m", "name": "Medium & more", "color": "blue"}]}
COLUMNS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Name", "text", {}),
    ("Size", "select", SIZES),
    ("Done", "checkbox", {}),
    ("Amount", "number", {}),
)


@pytest.fixture
def table() -> Table:
    rows = [
        [name, size, done, amount]
        for amount, (name, size, done) in enumerate(
            (name, size, done) for name in ("anna", "ANNA", None) for size in ("m", "s", None) for done in (True, None)
        )
    ]
    return make_table(columns=COLUMNS, rows=rows * 2)


def grouped(table: Table, *columns: int, **more: Any) -> RowQuery:
    return RowQuery(table, Definition(groups=tuple(Sort(abs(column), column < 0) for column in columns), **more))


def test_groups_come_in_the_order_of_their_sort_with_empty_ones_last(table: Table) -> None:
    found = headings(grouped(table, 2))
    assert [(heading.value, heading.rows) for heading in found] == [("s", 12), ("m", 12), (None, 12)]
    found = headings(grouped(table, -2))
    assert [heading.value for heading in found] == ["m", "s", None]


def test_texts_that_differ_in_case_alone_are_one_group(table: Table) -> None:
    assert [(heading.value, heading.rows) for heading in headings(grouped(table, 1))] == [("anna", 24), (None, 12)]


def test_each_parent_stands_before_its_children_and_has_all_their_rows(table: Table) -> None:
    found = headings(grouped(table, 2, 3, 1))
    assert [heading.level for heading in found] == [0, 1, 2, 2, 1, 2, 2] * 3
    assert len({heading.path for heading in found}) == len(found)
    for at, heading in enumerate(found):
        below = found[at + 1 :]
        children = list(below[: next((n for n, each in enumerate(below) if each.level <= heading.level), None)])
        leaves = [each.rows for each in children if each.is_leaf]
        assert heading.is_leaf is (not children) and (heading.is_leaf or sum(leaves) == heading.rows)


@pytest.mark.parametrize("columns", [(1,), (-2,), (3, 1), (2, -3, 1)])
def test_the_headings_rows_are_runs_of_the_views_order(table: Table, columns: tuple[int, ...]) -> None:
    query = grouped(table, *columns, sorts=(Sort(4, True),))
    rows = query.window(0, 100)

    def shared(row: Any) -> tuple[Any, ...]:
        return tuple(str(row.data.get(str(abs(column)))).lower() for column in columns)

    runs = [len(list(run)) for _, run in groupby(rows, key=shared)]
    assert [heading.rows for heading in headings(query) if heading.is_leaf] == runs


def test_too_many_groups_are_told_by_name(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_HEADINGS", 17)
    with pytest.raises(BadQuery, match="Grouping by Amount makes more than 17 groups"):
        headings(grouped(table, 4))
    answer = client_of("alice").get(f"/t/{table.pk}/groups/?group=4")
    assert answer.status_code == 200 and "data-note" in text(answer)


def test_a_heading_shows_its_value_escaped_its_rows_and_its_totals(table: Table) -> None:
    page = text(client_of("alice").get(f"/t/{table.pk}/groups/?group=2&totals=4:sum"))
    assert page.count('class="group l0"') == 3 and "Medium &amp; more" in page and "Small" in page
    assert 'data-rows="12"' in page and "Amount · Sum <b>" in page


def test_a_table_without_rows_has_no_headings() -> None:
    table = make_table(columns=COLUMNS)
    assert headings(grouped(table, 2)) == []


def again(query: RowQuery) -> RowQuery:
    """The same view as somebody asks for it now."""
    return RowQuery(Table.objects.get(pk=query.table.pk), query.definition)


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Has an entry for each time that groups are read from all rows."""
    seen: list[int] = []

    def counting(*args: Any, **more: Any) -> Any:
        seen.append(1)
        return _scanned(*args, **more)

    monkeypatch.setattr(aggregates, "_scanned", counting)
    return seen


def test_headings_are_read_again_after_an_edit_of_what_they_read_and_only_then(table: Table, scans: list[int]) -> None:
    amount, name = table.live_columns().get(key=4), table.live_columns().get(key=1)
    query, wanted = grouped(table, 2, sorts=(Sort(1),)), [(amount, "sum")]
    first = headings(query, wanted)
    assert headings(again(query), wanted) == first and len(scans) == 1
    # Of another column, though the view is sorted by it.
    edits.set_cell(table, make_user("alice"), 1, name.key, "zoe", again(query).table.version)
    assert headings(again(query), wanted) == first and len(scans) == 1
    # Of an aggregated column.
    edits.set_cell(table, make_user("alice"), 1, amount.key, "1000", again(query).table.version)
    assert headings(again(query), wanted)[1].results[0].value == first[1].results[0].value + 1000 and len(scans) == 2
    # Of the group's column.
    edits.set_cell(table, make_user("alice"), 1, 2, "Small", again(query).table.version)
    assert [each.rows for each in headings(again(query), wanted)] == [13, 11, 12] and len(scans) == 3
    edits.delete_rows(table, make_user("alice"), [1])
    assert [each.rows for each in headings(again(query), wanted)] == [12, 11, 12] and len(scans) == 4


def test_headings_of_another_view_are_others(table: Table, scans: list[int]) -> None:
    amount = table.live_columns().get(key=4)
    for query, wanted in (
        (grouped(table, 2), []),
        (grouped(table, -2), []),
        (grouped(table, 2), [(amount, "sum")]),
        (grouped(table, 2, filter=Group("all", (Condition(4, ">", 3),))), []),
    ):
        found = headings(query, wanted)
        assert headings(query, wanted) == found
    assert len(scans) == 4


def test_headings_of_today_are_those_of_the_persons_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept for one time zone or day, they are not shown in another."""
    moments = ["2026-03-01T12:00:00Z", "2026-03-01T23:30:00Z", "2026-03-02T12:00:00Z"]
    table = make_table(columns=(("Size", "select", SIZES), ("At", "datetime", {})), rows=[["s", moment] for moment in moments])
    query = grouped(table, 1, filter=Group("all", (Condition(2, "this_day"),)))

    def rows(zone: str, day: int) -> int:
        monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 3, day))
        with timezone.override(zone):
            return sum(heading.rows for heading in headings(again(query)))

    assert [rows("UTC", 1), rows("Europe/Berlin", 1), rows("UTC", 2), rows("Europe/Berlin", 2)] == [2, 1, 1, 2]
    assert [rows("UTC", 1), rows("Europe/Berlin", 2)] == [2, 2]


def test_a_group_by_a_time_is_the_same_when_it_is_found_again() -> None:
    table = make_table(columns=(("Made", "created_time", {}), ("Changed", "modified_time", {})), rows=[[], []])
    for column in (1, 2):
        query = grouped(table, column)
        first = headings(query)
        assert first[0].value == headings(query)[0].value and first[0].value.tzinfo is not None


def test_too_many_groups_are_not_counted_again(table: Table, scans: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_HEADINGS", 17)
    for _ in range(2):
        with pytest.raises(BadQuery, match="Grouping by Amount makes more than 17 groups"):
            headings(grouped(table, 4))
    assert len(scans) == 1
