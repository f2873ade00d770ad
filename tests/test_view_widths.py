"""Widths as a part of a view: read within their limits, kept with the view, alive when columns are not."""

import re

import pytest

from tables import schema
from tables.models import Table
from tests.make import client_of, make_table, make_user, text
from tests.viewing import act, again, make_view, tabs_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


def shown(person: str, table: Table, link: str) -> list[int]:
    """The widths of the columns that the page shows."""
    return [int(width) for width in re.findall(r'data-width="(\d+)"', text(client_of(person).get(f"/t/{table.pk}/{link}")))]


def test_a_link_says_how_wide_columns_are_and_the_others_have_their_own(table: Table) -> None:
    own = shown("vera", table, "")
    assert shown("vera", table, "?widths=2:300") == [own[0], 300]
    assert shown("vera", table, "?widths=2:60,1:800") == [800, 60]
    assert shown("alice", table, "") == own


@pytest.mark.parametrize("widths", ["1:59", "1:801", "1:-1", "1:1e3", "1:", "1", "x:100", "1:100:200", "1:100,2:9999"])
def test_a_width_beyond_its_limits_is_told_and_the_columns_have_their_own(table: Table, widths: str) -> None:
    assert shown("vera", table, f"?widths={widths}") == shown("vera", table, "")
    assert "is not a whole number from" in tabs_of("vera", table, f"?widths={widths}")


def test_of_a_column_that_never_was_nobody_hears(table: Table) -> None:
    html = tabs_of("vera", table, "?widths=99:100")
    assert "table-note" not in html and "Not saved" not in html
    assert shown("vera", table, "?widths=99:100,2:300")[1] == 300


def test_an_unsaved_width_is_told_and_saved_with_the_view_without_touching_the_column(table: Table) -> None:
    view = make_view(table, widths="1:200")
    assert 'data-unsaved="widths"' in tabs_of("bob", table, f"?view={view.pk}&widths=1:200,2:300")
    assert act("bob", view, "save", version="1", widths="1:200,2:300,99:100").status_code == 200
    assert again(view).state()[0].widths == ((1, 200), (2, 300))
    assert shown("vera", table, f"?view={view.pk}") == [200, 300]
    assert shown("vera", table, "?view=0") == [column.width for column in table.live_columns()]


def test_a_viewer_keeps_widths_in_a_view_of_their_own(table: Table) -> None:
    view = make_view(table, owner="vera")
    assert act("vera", view, "save", version="1", widths="2:90").status_code == 200
    assert shown("vera", table, f"?view={view.pk}")[1] == 90
    assert act("vera", make_view(table), "save", version="1", widths="2:90").status_code == 403


def test_the_widths_of_a_view_outlive_a_deleted_column(table: Table) -> None:
    view = make_view(table, widths="2:300,1:90")
    schema.delete_column(table, make_user("alice"), 2)
    assert shown("bob", table, f"?view={view.pk}") == [90]
    assert "table-note" not in tabs_of("bob", table, f"?view={view.pk}")
    schema.restore_column(table, make_user("alice"), 2)
    assert shown("bob", table, f"?view={view.pk}") == [90, 300]
