"""The command palette: commands, tables, views and columns by name, from the keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_base, make_table
from tests.viewing import make_view

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]


def opened(grid: Grid, text: str = "") -> None:
    grid.press("Control+k")
    grid.page.get_by_role("combobox", name="Command, table, view or column").wait_for()
    grid.page.keyboard.type(text)


def options(grid: Grid) -> list[str]:
    return [" ".join(text.split()) for text in grid.page.get_by_role("option").locator(".palette-name").all_inner_texts()]


def test_it_lists_every_command_and_runs_the_one_that_is_chosen(open_grid: Open) -> None:
    table = make_table(rows=[["Ann", 1], ["Bob", 2]])
    grid = open_grid(table)
    opened(grid)
    says = grid.page.evaluate(
        """async () => {
            const url = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/grid/keys.js")).name;
            return (await import(url)).KEYS.filter(({ command }) => command !== "palette").map((key) => key.says);
        }"""
    )
    assert sorted(options(grid)[: len(says)]) == sorted(says)
    assert options(grid)[0] == "Edit the cell; just typing replaces it"
    grid.page.keyboard.type("delete sel")
    assert options(grid)[0] == "Delete the selected rows"
    grid.press("Enter")
    grid.text(1, 1, "Bob")
    assert len(cells(table)) == 1
    assert grid.page.get_by_role("dialog").count() == 0


def test_letters_in_their_order_are_enough_and_arrows_go_round(open_grid: Open) -> None:
    grid = open_grid(make_table(rows=[["Ann", 1]]))
    opened(grid, "gtrow")
    assert "Go to a row by its number" in options(grid)
    for _ in "gtrow":
        grid.press("Backspace")
    field = grid.page.get_by_role("combobox", name="Command")
    first = field.get_attribute("aria-activedescendant")
    grid.press("ArrowUp")
    last = field.get_attribute("aria-activedescendant")
    assert last != first
    grid.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == first
    expect(grid.page.locator(f"#{first}")).to_have_attribute("aria-selected", "true")
    grid.page.keyboard.type("zzzz")
    grid.page.get_by_text("Nothing is called so.").wait_for()
    assert field.get_attribute("aria-activedescendant") is None
    grid.press("Escape")
    grid.press("ArrowRight")
    assert grid.focused() == (1, 2)
    grid.page.get_by_role("searchbox").or_(grid.page.locator("#grid-search input")).first.focus()
    opened(grid, "column")


def test_columns_tables_and_views_are_gone_to(open_grid: Open) -> None:
    base = make_base()
    other = make_table(base, name="Planets")
    table = make_table(base, columns=[(f"Column {n}", "text", {}) for n in range(1, 30)], rows=[["x"]])
    view = make_view(table, name="Nearby")
    grid = open_grid(table)
    opened(grid, "column 28")
    grid.press("Enter")
    assert grid.focused() == (1, 28)
    opened(grid, "nearby")
    grid.press("Enter")
    grid.page.wait_for_url(f"**/t/{table.pk}/?view={view.pk}")
    grid.page.wait_for_selector("data-grid[data-ready]")
    opened(grid, "planets")
    grid.press("Enter")
    grid.page.wait_for_url(f"**/t/{other.pk}/")
