"""Going from hit to hit of a search: numbers, places in the view, the column that holds the text."""

import pytest

from tables.models import Table
from tests.make import client_of, make_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    rows: list[list[object]] = [["Zoë", 1], ["Bob", 2], ["Élan", 33], ["bob", 4], ["x", 333], [None, 5]]
    return make_table(rows=rows)


def hit(table: Table, search: str, number: str = "0", **parts: str) -> dict[str, object]:
    asked = {"search": search, "match": "jump", "number": number, **parts}
    found: dict[str, object] = client_of("vera").get(f"/t/{table.pk}/hits/", asked).json()
    return found


def test_hits_are_numbered_in_the_order_of_the_view_and_go_round(table: Table) -> None:
    assert hit(table, "BOB") == {"total": 2, "number": 0, "index": 1, "column": 1}
    assert hit(table, "bob", "1") == {"total": 2, "number": 1, "index": 3, "column": 1}
    assert hit(table, "bob", "2") == {"total": 2, "number": 0, "index": 1, "column": 1}
    assert hit(table, "bob", "-1") == {"total": 2, "number": 1, "index": 3, "column": 1}
    assert hit(table, "bob", sort="-2")["index"] == 3  # 333, 33, 5, 4: bob


def test_the_column_is_the_first_that_holds_the_text(table: Table) -> None:
    assert hit(table, "elan")["column"] == 1
    assert hit(table, "33")["column"] == 2
    assert hit(table, "33", "1", sort="-2") == {"total": 2, "number": 1, "index": 1, "column": 2}


def test_hidden_columns_are_not_searched(table: Table) -> None:
    assert hit(table, "33", hide="2") == {"total": 0, "number": 0, "index": None, "column": None}


def test_a_search_goes_through_the_filtered_rows_alone(table: Table) -> None:
    assert hit(table, "bob", filter='["all",[2,">",3]]') == {"total": 1, "number": 0, "index": 1, "column": 1}


@pytest.mark.parametrize("search", ["", "  ", "\x00", "%", "_", "\\", "'; DROP TABLE tables_row; --", "(", "x" * 1000, "👩‍👩‍👧"])
def test_whatever_is_searched_for_is_only_letters(table: Table, search: str) -> None:
    assert hit(table, search)["total"] == 0


def test_what_is_too_long_or_no_number_is_refused(table: Table) -> None:
    for asked in ({"search": "x" * 1001}, {"search": "x", "number": "one"}, {"search": "x", "number": "--1"}):
        answer = client_of("vera").get(f"/t/{table.pk}/hits/", asked)
        assert answer.status_code == 422 and answer.json()["error"]
