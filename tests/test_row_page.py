"""A row's panel and page: they walk through the rows as the person sees them, and a row that is left out can still be read."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tables import edits, schema
from tables.models import Table
from tests.make import client_of, make_table, make_user, text
from tests.viewing import HTMX, make_view
from views_app.models import View

pytestmark = pytest.mark.django_db

# Amounts 9 to 0, so that sorted by amount the rows stand the other way round; the even ones have a name.
ROWS = [[f"Person {n}" if n % 2 == 0 else "", 9 - n] for n in range(10)]
PARTS = {"filter": '["all",[1,"contains","person"]]', "sort": "2"}
IDS = [9, 7, 5, 3, 1]  # that these parts show, in their order


@pytest.fixture
def table() -> Table:
    return make_table(rows=ROWS)


@pytest.fixture
def view(table: Table) -> View:
    return make_view(table, **PARTS)


def page(table: Table, row: int, person: str = "vera", **params: Any) -> str:
    return unescape(text(client_of(person).get(f"/t/{table.pk}/rows/{row}/", params)))


def panel(table: Table, row: int, address: str, **params: Any) -> str:
    """What the grid gets that has this address."""
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{address}"}
    return unescape(text(client_of("vera").get(f"/t/{table.pk}/rows/{row}/", params, headers=headers)))


def target(html: str, label: str) -> tuple[str, dict[str, str]]:
    """Where the link of that name goes: path and parameters."""
    found = re.search(rf'href="([^"]*)" aria-label="{label}"', html) or re.search(rf'href="([^"]*)">← {label}', html)
    assert found, f"no {label} in {html}"
    url = urlsplit(found[1])
    return url.path, dict(parse_qsl(url.query, keep_blank_values=True))


def test_a_link_with_parts_walks_in_their_order_and_takes_them_along(table: Table) -> None:
    html = page(table, 5, **PARTS)
    assert "Row 3 <" in html and "of 5" in html
    assert target(html, "Previous row") == (f"/t/{table.pk}/rows/7/", PARTS)
    assert target(html, "Next row") == (f"/t/{table.pk}/rows/3/", PARTS)
    assert target(html, "Show in Things") == (f"/t/{table.pk}/", {**PARTS, "row": "5"})


def test_from_the_first_row_to_the_last_there_are_all_rows_of_the_view_and_no_others(table: Table, view: View) -> None:
    walked, params = [9], {"view": str(view.pk)}
    assert 'aria-label="Previous row"' not in page(table, 9, **params)
    while 'aria-label="Next row"' in (html := page(table, walked[-1], **params)):
        path, params = target(html, "Next row")
        walked.append(int(path.split("/")[-2]))
    assert walked == IDS and params == {"view": str(view.pk)}


def test_the_view_and_what_is_not_saved_of_it_both_count(table: Table, view: View) -> None:
    changed = {"view": str(view.pk), "sort": "-2"}
    assert target(page(table, 5, **changed), "Next row") == (f"/t/{table.pk}/rows/7/", changed)
    without = {"view": str(view.pk), "filter": ""}
    assert target(page(table, 5, **without), "Next row") == (f"/t/{table.pk}/rows/4/", without)


def test_the_panel_belongs_to_the_address_of_the_grid_that_asks(table: Table, view: View) -> None:
    address = {"view": str(view.pk), "sort": "-2"}
    html = panel(table, 5, f"/t/{table.pk}/?{urlencode({**address, 'row': 9})}", **{**PARTS, "sort": "-2"})
    assert target(html, "Next row") == (f"/t/{table.pk}/rows/7/", address)
    assert target(html, "Open as a page") == (f"/t/{table.pk}/rows/5/", address)
    elsewhere = panel(table, 5, "/somewhere/?sort=-2", **PARTS)
    assert target(elsewhere, "Next row") == (f"/t/{table.pk}/rows/3/", PARTS)


def test_all_rows_stay_all_rows_where_a_view_is_the_default(table: Table, view: View) -> None:
    View.objects.filter(pk=view.pk).update(is_default=True)
    assert target(panel(table, 5, f"/t/{table.pk}/?view=0"), "Next row") == (f"/t/{table.pk}/rows/6/", {"view": "0"})
    # As the table's own bare address does, a row's opens in the default view, by its name.
    assert target(page(table, 5), "Next row") == (f"/t/{table.pk}/rows/3/", {"view": str(view.pk)})


def test_a_row_that_the_filter_leaves_out_says_so_and_can_be_read(table: Table, view: View) -> None:
    for html in (page(table, 4, view=view.pk), panel(table, 4, f"/t/{table.pk}/?view={view.pk}")):
        assert "None" not in html and "not among those of the view “Open leads”" in html
        assert "Amount" in html and '<dd dir="auto">6</dd>' in html
        assert 'aria-label="Next row"' not in html and f"/t/{table.pk}/?view=0&row=4" in html
    assert target(page(table, 4, view=view.pk), "Back to Things") == (f"/t/{table.pk}/", {"view": str(view.pk)})


def test_a_row_that_was_changed_since_says_so(table: Table, view: View) -> None:
    assert "Row 3 <" in page(table, 5, view=view.pk)
    edits.set_cell(table, make_user("bob"), 5, 1, "somebody", table.version)
    html = page(table, 5, view=view.pk)
    assert "not among those of the view" in html and "somebody" in html
    assert target(page(table, 7, view=view.pk), "Next row")[0] == f"/t/{table.pk}/rows/3/"


def test_the_table_opened_at_a_row_that_is_left_out_says_so_and_at_one_that_is_gone_too(table: Table, view: View) -> None:
    def opened(row: int) -> str:
        return text(client_of("vera").get(f"/t/{table.pk}/", {"view": view.pk, "row": row}))

    assert "the filter or the search leaves it out" in opened(4)
    assert "may have been deleted" in opened(99) and "leaves it out" not in opened(99)
    assert "table-note" not in opened(5)


def test_a_part_that_cannot_be_read_or_a_column_that_is_gone_is_told_on_the_page(table: Table) -> None:
    html = page(table, 5, filter="[", sort="2")
    assert "cannot be read" in html and target(html, "Next row")[0] == f"/t/{table.pk}/rows/4/"
    schema.delete_column(table, make_user("alice"), 2)
    assert "column that was deleted is left out" in page(table, 5, sort="2")


def test_a_view_that_the_person_cannot_see_is_not_found(table: Table) -> None:
    own = make_view(table, "bob", name="Bob's own", **PARTS)
    assert client_of("vera").get(f"/t/{table.pk}/rows/5/", {"view": own.pk}).status_code == 404
    assert "Row 3 <" in page(table, 5, "bob", view=own.pk)
