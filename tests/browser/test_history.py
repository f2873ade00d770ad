"""History in the browser: of a row in its panel, of a cell from its menu, of a table from its tools."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tables import edits
from tables.history import PAGE
from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]


def table_with_a_past() -> Table:
    table = make_table(rows=[["Ann", 1], ["Bob", 2]])
    bob = make_user("bob")
    edits.set_cell(table, bob, 1, 1, "Anna", table.version)
    edits.set_cell(table, bob, 1, 2, "5", table.version)
    return table


def test_the_history_of_a_row_is_asked_for_when_it_is_opened_and_goes_on_with_the_row(open_grid: Open) -> None:
    grid = open_grid(table_with_a_past())
    page = grid.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/history/" in request.url else None)
    grid.press("Space")
    page.get_by_label("Name", exact=True).wait_for()
    assert not asked
    page.locator(".row-history summary").click()
    entries = page.locator(".row-history .history-entry")
    expect(entries).to_have_count(3)
    expect(entries.nth(0)).to_contain_text("Bob changed this row")
    expect(entries.nth(0).locator("dt")).to_have_text("Amount")
    expect(entries.nth(0).locator("del")).to_have_text("1")
    expect(entries.nth(0).locator("ins")).to_have_text("5")
    expect(entries.nth(2)).to_contain_text("added this row")
    page.get_by_label("Name", exact=True).fill("Annabel")
    grid.press("Enter")
    expect(entries).to_have_count(4)
    expect(entries.nth(0)).to_contain_text("Alice changed this row")
    expect(entries.nth(0).locator("ins")).to_have_text("Annabel")


def test_older_entries_come_below_those_that_are_there(open_grid: Open) -> None:
    table = make_table(rows=[["a", 0]])
    bob = make_user("bob")
    for n in range(PAGE + 10):
        edits.set_cell(table, bob, 1, 2, str(n + 1), 0)
    grid = open_grid(table)
    grid.press("Space")
    grid.page.locator(".row-history summary").click()
    entries = grid.page.locator(".row-history .history-entry")
    expect(entries).to_have_count(PAGE)
    grid.page.get_by_role("link", name="Older").click()
    expect(entries).to_have_count(PAGE + 11)
    expect(grid.page.get_by_role("link", name="Older")).to_have_count(0)
    expect(grid.page.locator(".row-history .history-list")).to_have_count(1)


def test_a_cells_menu_shows_its_history_alone(open_grid: Open) -> None:
    grid = open_grid(table_with_a_past())
    grid.cell(1, 1).click(button="right")
    grid.page.get_by_role("menuitem", name="History of this cell").click()
    dialog = grid.page.get_by_role("dialog", name="History of “Name” in row 1")
    expect(dialog.locator(".history-entry")).to_have_count(2)
    expect(dialog.locator("ins").first).to_have_text("Anna")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    assert grid.focused() == (1, 1)


def test_the_activity_of_a_table_is_among_its_tools(open_grid: Open) -> None:
    grid = open_grid(table_with_a_past())
    grid.page.get_by_role("button", name="Activity").click()
    dialog = grid.page.get_by_role("dialog", name="Activity in Things")
    expect(dialog.locator(".history-entry").first).to_contain_text("Bob changed “Amount” in 1 row")
