"""A column renamed in its header: taken, left, refused, undone, and what else shows its name."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tables import schema
from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]


def names(table: Table) -> list[str]:
    return [column.name for column in table.live_columns()]


def test_enter_takes_a_name_tab_goes_on_escape_leaves_it_and_undo_brings_it_back(open_grid: Open) -> None:
    table = make_table(rows=[["Ann", 1], ["Bob", 2]])
    grid = open_grid(table)
    field = grid.page.get_by_role("textbox", name="Name of the column")
    grid.press("Shift+F2")
    expect(field).to_be_focused()
    grid.page.keyboard.type("Person")
    grid.press("Tab")
    expect(field).to_have_value("Amount")
    grid.page.keyboard.type("person")
    grid.press("Enter")
    expect(grid.page.locator("#toasts")).to_contain_text("There is a column “person” already.")
    expect(field).to_have_value("person")
    grid.press("Escape")
    expect(field).to_have_count(0)
    assert names(table) == ["Person", "Amount"] and grid.focused() == (1, 2)
    grid.page.evaluate("() => (window.samePage = true)")
    grid.page.get_by_text("Amount", exact=True).first.dblclick()
    expect(field).to_be_focused()
    grid.page.keyboard.type("Age")
    grid.press("Enter")
    expect(grid.page.get_by_role("button", name="Menu of column Age")).to_be_attached()
    grid.press("Control+Home")
    grid.press("ArrowRight")
    expect(grid.page.locator("#grid-place")).to_have_text("Row 1 · Age")
    grid.press("ArrowLeft")
    grid.page.keyboard.type("Anna")  # the page is the same, and the cell takes what is typed
    grid.press("Enter")
    grid.wait(lambda: cells(table)[0][0] == "Anna")
    assert names(table) == ["Person", "Age"] and grid.page.evaluate("() => window.samePage")
    grid.press("Control+z")
    grid.text(1, 1, "Ann")
    grid.press("Control+z")
    expect(grid.page.locator("data-grid[data-ready] .head .col .name")).to_have_text(["Person", "Amount"])


def test_what_others_did_to_columns_meanwhile_is_seen_after_a_rename(open_grid: Open) -> None:
    table = make_table(rows=[["Ann", 1]])
    grid = open_grid(table)
    grid.page.route("**/changes/**", lambda route: route.abort())
    schema.add_column(table, make_user("bob"), "Bob's", "text", {})
    grid.press("Shift+F2")
    grid.page.keyboard.type("Person")
    grid.press("Enter")
    expect(grid.page.locator("data-grid[data-ready] .head .col .name")).to_have_text(["Person", "Amount", "Bob's"])


def test_tab_behind_the_last_cell_makes_a_row_for_those_who_may(open_grid: Open) -> None:
    table = make_table(rows=[["Ann", 1]])
    grid = open_grid(table)
    grid.press("Control+End")
    grid.press("Tab")
    grid.page.keyboard.type("Bob")
    grid.press("Tab")
    grid.page.keyboard.type("2")
    grid.press("Tab")
    grid.page.keyboard.type("Cid")
    grid.press("Enter")
    grid.text(3, 1, "Cid")
    grid.wait(lambda: cells(table) == [["Ann", 1], ["Bob", 2], ["Cid", None]])
