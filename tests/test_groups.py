"""Headings of grouped views: which groups there are, how many rows each has, and that they are runs of the view's order."""

from itertools import groupby
from typing import Any

import pytest

from tables.models import Table
from tables.query import BadQuery, Definition, RowQuery, Sort, groups
from tables.query.groups import headings
from tests.make import client_of, make_table, text

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
