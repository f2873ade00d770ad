"""Columns dragged to another place by their headers, moved and frozen by their menus."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.browser.finding import link
from tests.browser.test_duplicate_column import come_again, heads
from tests.make import make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Contexts = Callable[..., BrowserContext]
LETTERS = "abcdefghijkl"
WIDTH = 150


@pytest.fixture
def table(db: Any) -> Table:
    table = make_table(columns=[(name, "text", {}) for name in LETTERS], rows=[[f"{name}1" for name in LETTERS]])
    table.columns.update(width=WIDTH)
    return table


def opened(contexts: Contexts, person: str, table: Table) -> Grid:
    return Grid(contexts(person, viewport={"width": 1100, "height": 700}).new_page()).open(f"/t/{table.pk}/?view=0")


def grab(grid: Grid, name: str) -> tuple[float, float]:
    box = grid.page.locator(f".head .col[data-name='{name}']").bounding_box()
    at = box["x"] + 70, box["y"] + 15
    grid.page.mouse.move(*at)
    grid.page.mouse.down()
    return at


def own_order(table: Table) -> str:
    return "".join(table.live_columns().values_list("name", flat=True))


def choose(grid: Grid, column: str, item: str) -> None:
    grid.page.locator(f".head .col[data-name='{column}']").hover()
    grid.page.get_by_role("button", name=f"Menu of column {column}", exact=True).click()
    grid.page.get_by_role("menuitem", name=item, exact=True).click()


def test_a_column_is_dragged_to_another_place_with_a_mark_and_undone(context_for: Contexts, table: Table) -> None:
    grid = opened(context_for, "bob", table)
    mark = grid.page.locator(".column-drop")
    x, y = grab(grid, "b")
    grid.page.mouse.move(x + 3, y)
    expect(mark).to_be_hidden()  # so little is a click
    grid.page.mouse.move(x + 2 * WIDTH + 40, y + 200, steps=4)
    expect(mark).to_be_visible()
    edge = grid.page.locator(".head .col[data-name='e']").bounding_box()["x"]
    assert abs(mark.bounding_box()["x"] + 1 - edge) <= 1
    assert mark.bounding_box()["height"] > 300
    grid.press("Escape")
    expect(mark).to_be_hidden()
    grid.page.mouse.up()
    assert own_order(table) == LETTERS and "".join(heads(grid)) == LETTERS
    assert grid.selected() == "1 column selected"
    # Again, and let go: left of the left half of a column, right of its right half.
    x, y = grab(grid, "b")
    grid.page.mouse.move(x + 2 * WIDTH + 40, y, steps=4)
    grid.page.mouse.up()
    come_again(grid, list("acdbefghijkl"))
    assert own_order(table) == "acdbefghijkl"
    assert grid.focused() == (1, 4)
    expect(grid.page.get_by_text("“b” was moved.")).to_be_visible()
    grid.press("Control+z")
    come_again(grid, list(LETTERS))
    assert own_order(table) == LETTERS


def test_a_drag_scrolls_at_the_edge_and_not_up_or_down(context_for: Contexts, table: Table) -> None:
    grid = opened(context_for, "bob", table)
    box = grid.page.locator("data-grid").bounding_box()
    x, y = grab(grid, "b")
    grid.page.mouse.move(x + 50, y)
    grid.page.mouse.move(box["x"] + box["width"] - 5, y)
    grid.until("document.querySelector('data-grid').scrollLeft > 700")
    last = grid.page.locator(".head .col[data-name='l']").bounding_box()
    grid.page.mouse.move(last["x"] + WIDTH - 40, y)
    grid.page.mouse.up()
    come_again(grid, list("acdefghijklb"))
    assert own_order(table) == "acdefghijklb"


def test_whoever_may_not_change_the_table_moves_columns_for_themselves(context_for: Contexts, table: Table) -> None:
    grid = opened(context_for, "vera", table)
    x, y = grab(grid, "c")
    grid.page.mouse.move(x - 2 * WIDTH - 20, y, steps=4)
    grid.page.mouse.up()
    come_again(grid, list("cabdefghijkl"))
    assert link(grid.page)["columns"].startswith("3,1,2")
    choose(grid, "a", "Move right")
    come_again(grid, list("cbadefghijkl"))
    assert own_order(table) == LETTERS


def test_columns_are_moved_and_frozen_by_their_menu_and_by_name(context_for: Contexts, table: Table) -> None:
    grid = opened(context_for, "bob", table)
    choose(grid, "c", "Move left")
    come_again(grid, list("acbdefghijkl"))
    assert own_order(table) == "acbdefghijkl"
    choose(grid, "c", "Freeze up to here")
    grid.wait(lambda: link(grid.page).get("frozen") == "2", "frozen in the address")
    come_again(grid, list("acbdefghijkl"))
    assert grid.page.evaluate("document.querySelector('data-grid').columns.frozen") == 2
    # There is room for four beside the others, not for eight.
    choose(grid, "g", "Freeze up to here")
    expect(grid.page.get_by_text("can stay at the left here")).to_be_visible()
    assert link(grid.page)["frozen"] == "2"
    choose(grid, "a", "Unfreeze columns")
    grid.wait(lambda: link(grid.page).get("frozen") == "0", "none is frozen")
    come_again(grid, list("acbdefghijkl"))
    grid.cell(1, 2).click()
    grid.press("Control+k")
    grid.page.keyboard.type("move the column to the right")
    grid.press("Enter")
    come_again(grid, list("abcdefghijkl"))
