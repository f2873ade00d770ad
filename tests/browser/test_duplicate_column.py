"""A column duplicated by keyboard: from its menu and from the palette, taken back and done again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def heads(grid: Grid) -> list[str]:
    return [name or "" for name in grid.page.locator("data-grid .head .col .name").all_text_contents()]


def come_again(grid: Grid, names: list[str]) -> None:
    """Other columns are another page."""
    expect(grid.page.locator("data-grid .head .col .name")).to_have_text(names)
    grid.page.wait_for_selector("data-grid[data-ready]", state="attached")


def test_a_column_is_duplicated_by_keys_undone_and_done_again(open_grid: Callable[[Table], Grid]) -> None:
    table = make_table(rows=[["Ann", 1], ["Bob", 2]])
    grid = open_grid(table)
    grid.press("ArrowDown")
    grid.press("Control+k")
    grid.page.keyboard.type("duplicate the col")
    grid.press("Enter")
    come_again(grid, ["Name", "Name copy", "Amount"])
    assert grid.focused() == (2, 2)
    assert cells(table) == [["Ann", "Ann", 1], ["Bob", "Bob", 2]]
    expect(grid.page.get_by_text("“Name” was duplicated.")).to_be_visible()
    grid.press("Control+z")
    come_again(grid, ["Name", "Amount"])
    grid.press("Control+y")
    come_again(grid, ["Name", "Name copy", "Amount"])
    assert cells(table) == [["Ann", "Ann", 1], ["Bob", "Bob", 2]]
    grid.press("End")
    grid.press("Alt+ArrowDown")
    item = grid.page.get_by_role("menuitem", name="Duplicate", exact=True)
    expect(item).to_be_visible()
    while not item.evaluate("(item) => item === document.activeElement"):
        grid.press("ArrowDown")
    grid.press("Enter")
    come_again(grid, ["Name", "Name copy", "Amount", "Amount copy"])
    assert cells(table) == [["Ann", "Ann", 1, 1], ["Bob", "Bob", 2, 2]]
    grid.page.keyboard.type("7")
    grid.press("Enter")
    grid.text(2, 4, "7")
