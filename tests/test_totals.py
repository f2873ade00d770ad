"""Totals in the grid's foot, their menu, and what a selection adds up to."""

from html import unescape

import pytest
from django.db import connection

from tables import edits
from tables.models import Table
from tables.query import RowQuery
from tables.query.aggregates import aggregates_of
from tests.make import client_of, make_table, make_user, text
from views_app import headings, total_views

pytestmark = pytest.mark.django_db

COLUMNS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("Name", "text", {}),
    ("Price", "currency", {"symbol": "€"}),
    ("Stock", "number", {}),
)


@pytest.fixture
def table() -> Table:
    return make_table(columns=COLUMNS, rows=[["a", 10, 1], ["b", 20.5, None], ["a", None, 3], [None, 1, 4]])


def get(table: Table, path: str) -> str:
    return unescape(text(client_of("vera").get(f"/t/{table.pk}/{path}")))


def test_totals_are_of_the_rows_that_the_view_shows(table: Table) -> None:
    assert "<b>€31.50</b>" in get(table, "totals/?totals=2:sum")
    page = get(table, 'totals/?totals=2:sum,1:unique&filter=["all",[1,"is","a"]]')
    assert "<b>€10.00</b>" in page and "<b>1</b>" in page


def test_totals_change_with_the_cells(table: Table) -> None:
    assert "<b>8</b>" in get(table, "totals/?totals=3:sum")
    edits.set_cell(table, make_user("alice"), 2, 3, "92", table.version)
    assert "<b>100</b>" in get(table, "totals/?totals=3:sum")
    edits.delete_rows(table, make_user("alice"), [2])
    assert "<b>8</b>" in get(table, "totals/?totals=3:sum")


def test_a_total_that_a_column_has_not_is_left_out(table: Table) -> None:
    page = get(table, "totals/?totals=1:sum,9:sum,3:nothing")
    assert page.count("total-none") == 3


def test_the_menu_says_which_totals_there_are_with_each_choice(table: Table) -> None:
    page = get(table, "totals/2/menu/?totals=3:sum,2:min")
    assert 'data-see=\'{"totals": "3:sum,2:average"}\'' in page and 'data-see=\'{"totals": "3:sum"}\'' in page
    assert page.count('aria-checked="true"') == 1
    assert client_of("vera").get(f"/t/{table.pk}/totals/99/menu/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("from=0&to=1&keys=2", "Sum €30.50 · Average €15.25 · Min €10.00 · Max €20.50"),
        ("from=0&to=3&keys=3", "Sum 8 · Average 2.67 · Min 1 · Max 4"),
        ("from=1&to=99&keys=1", "Filled 2 · Unique 2"),
        ("from=0&to=0&keys=1,2,3&sort=-2", "Filled 2"),
        ("from=0&to=1&keys=2&sort=-2", "Sum €30.50 · Average €15.25 · Min €10.00 · Max €20.50"),
        ('from=0&to=5&keys=3&filter=["all",[3,">",2]]', "Sum 7 · Average 3.5 · Min 3 · Max 4"),
        ("from=0&to=5&keys=99", ""),
    ],
)
def test_a_selection_is_added_up_in_the_order_of_the_view(table: Table, asked: str, said: str) -> None:
    vera = client_of("vera")
    parts = asked.partition("&sort" if "sort" in asked else "&filter")
    order = vera.get(f"/t/{table.pk}/order/?{''.join(parts[1:])}").json()["order"]
    answer = vera.get(f"/t/{table.pk}/selection/?{asked}&order={order}")
    assert answer.status_code == 200 and answer.json() == {"text": said}


def test_a_selection_in_another_order_is_another_sum(table: Table) -> None:
    vera = client_of("vera")
    sums = {}
    for sort in ("", "-2", "2"):
        order = vera.get(f"/t/{table.pk}/order/?sort={sort}").json()["order"]
        sums[sort] = vera.get(f"/t/{table.pk}/selection/?sort={sort}&from=0&to=0&keys=2&order={order}").json()["text"]
    assert [text[:10] for text in sums.values()] == ["Sum €10.00", "Sum €20.50", "Sum €1.00 "]
    assert vera.get(f"/t/{table.pk}/selection/?sort=2&from=0&to=0&keys=2&order=1.abcdef").json() == {"text": ""}


def test_the_latest_change_is_of_now() -> None:
    table = make_table(columns=(("Name", "text", {}), ("Changed", "modified_time", {})), rows=[["a"]])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tables_row SET modified_at = '2020-01-01' WHERE table_id = %s", [table.pk])
    assert "2020-01-01" in get(table, "totals/?totals=2:latest")
    edits.set_cell(table, make_user("alice"), 1, 1, "b", table.version)
    assert "2020-01-01" not in get(table, "totals/?totals=2:latest")


def test_totals_that_read_all_rows_by_themselves_are_only_so_many(table: Table) -> None:
    columns: list[tuple[str, str, dict[str, object]]] = [(f"c{n}", "text", {}) for n in range(20)]
    wide = make_table(table.base, columns=columns, rows=[["a"] * 20], name="Wide")
    page = get(wide, "totals/?totals=" + ",".join(f"{n}:unique" for n in range(1, 21)))
    assert page.count("<b>1</b>") == 10


@pytest.mark.parametrize("asked", ["", "from=0", "from=-1&to=2&keys=1", "from=0&to=1&keys=x", f"from=0&to=1&keys={'1,' * 25}"])
def test_a_selection_that_cannot_be_is_refused(table: Table, asked: str) -> None:
    answer = client_of("vera").get(f"/t/{table.pk}/selection/?{asked}")
    assert answer.status_code == 422 or asked.startswith("from=0&to=1&keys=1,")


def test_one_column_of_a_selection_has_all_that_it_adds_up_to(table: Table) -> None:
    vera = client_of("vera")
    said = vera.get(f"/t/{table.pk}/selection/?from=0&to=2&keys=3&all=1").json()
    assert said["text"] == "Stock"
    assert [label for label, _ in said["all"]] == [each.label for each in aggregates_of(table.live_columns().get(key=3))]
    assert dict(said["all"]) | {"Count": "3", "Filled": "2", "Unique": "2", "Median": "2", "Percent empty": "33.3%"} == dict(
        said["all"]
    )
    assert "all" not in vera.get(f"/t/{table.pk}/selection/?from=0&to=2&keys=2,3&all=1").json()


def test_a_selection_has_as_many_columns_as_a_table(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    columns: list[tuple[str, str, dict[str, object]]] = [(f"c{n}", "text", {}) for n in range(120)]
    wide = make_table(table.base, columns=columns, rows=[["a"] * 120, ["b"] * 60], name="Wide")
    keys = ",".join(map(str, range(1, 121)))
    vera = client_of("vera")
    assert vera.get(f"/t/{wide.pk}/selection/?from=0&to=1&keys={keys}").json() == {"text": "Filled 180"}
    monkeypatch.setattr(total_views, "MOST_CELLS", 200)
    assert vera.get(f"/t/{wide.pk}/selection/?from=0&to=0&keys={keys}").json() == {"text": "Filled 120"}
    assert vera.get(f"/t/{wide.pk}/selection/?from=0&to=9&keys={keys}").json() == {"text": "More than 200 cells"}


@pytest.mark.parametrize(
    "parts", ["sort=-2", "sort=1,-2", 'filter=["all",[2,"not_empty"]]', 'sort=2&filter=["all",[2,"not_empty"]]']
)
def test_rows_too_many_to_be_named_are_the_same_rows(table: Table, monkeypatch: pytest.MonkeyPatch, parts: str) -> None:
    vera = client_of("vera")
    order = vera.get(f"/t/{table.pk}/order/?{parts}").json()["order"]
    asked = f"/t/{table.pk}/selection/?{parts}&from=1&to=2&keys=2"
    named = vera.get(f"{asked}&order={order}").json()["text"]
    monkeypatch.setattr(total_views, "MOST_NAMED", 1)
    # As if it had not been asked before: what is kept has the selection's own name.
    monkeypatch.setattr(RowQuery, "cached", lambda query, what, reads, make: make())
    assert named.startswith("Sum €") and vera.get(f"{asked}&order={order}").json()["text"] == named
    assert vera.get(f"{asked}&order=1.abcdef").json() == {"text": ""}
    edits.set_cell(table, make_user("alice"), 1, 2, "99", table.version)
    assert vera.get(f"{asked}&order={order}").json() == {"text": ""}, "the browser shows an older order"


def test_groups_have_the_totals_that_sort_within_each_of_them_as_long_as_they_end_in_time(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "groups/?group=1&totals=2:median,3:unique,1:count"
    page = get(table, asked)
    assert "Price · Median <b>€5.00</b>" not in page and "Price · Median <b>€10.00</b>" in page
    assert page.count("Stock · Unique <b>") == 3
    monkeypatch.setattr(headings, "MOST_SLOW_ROWS", 4)
    page = get(table, asked)
    assert page.count("Median") == 3 and "Unique" not in page and page.count("Name · Count") == 3
    monkeypatch.setattr(headings, "MOST_SLOW_ROWS", 3)
    assert "Median" not in get(table, asked)
