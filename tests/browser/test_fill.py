"""Emptying and filling cells: by keys, and by the square at the selection's corner."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
NUMBERS = tuple((name, "number", {}) for name in ("A", "B", "C", "D"))


def numbers() -> Table:
    return make_table(columns=NUMBERS, rows=[[10 * row + col for col in range(1, 5)] for row in range(1, 7)])


def select(grid: Grid, row: int, column: int, to_row: int, to_column: int) -> None:
    grid.cell(row, column).click()
    grid.cell(to_row, to_column).click(modifiers=["Shift"])


def drag_handle(grid: Grid, target: Any) -> None:
    grid.page.locator(".fill-handle").hover()
    grid.page.mouse.down()
    target.hover()
    grid.page.locator(".fill-outline:not([hidden])").wait_for()


@pytest.mark.parametrize("key", ["Delete", "Backspace"])
def test_a_key_empties_the_selection_at_once_and_undo_puts_it_back(open_grid: Open, key: str) -> None:
    table = numbers()
    grid = open_grid(table)
    select(grid, 2, 2, 3, 3)
    grid.press(key)
    grid.frame()
    assert grid.cell(3, 3).inner_text() == ""
    grid.page.locator("#toasts").get_by_text("Cells of 2 rows cleared.").wait_for()
    assert cells(table)[1:3] == [[21, None, None, 24], [31, None, None, 34]]
    assert grid.selected() == "2 rows × 2 columns selected"
    grid.page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    grid.text(3, 3, "33")
    assert cells(table)[1] == [21, 22, 23, 24]


def test_what_could_not_be_emptied_comes_back(open_grid: Open) -> None:
    table = numbers()
    grid = open_grid(table)
    grid.page.route("**/cells/clear/**", lambda route: route.abort())
    grid.press("Delete")
    grid.page.locator("#toasts").get_by_text("Rowan cannot be reached").wait_for()
    grid.text(1, 1, "11")


def test_a_whole_column_is_emptied_without_loading_it(open_grid: Open) -> None:
    table = make_table(columns=NUMBERS, rows=[[row, row] for row in range(3_000)])
    grid = open_grid(table)
    grid.press("ArrowRight")
    grid.press("Control+Space")
    grid.press("Delete")
    grid.page.locator("#toasts").get_by_text("Cells of 3,000 rows cleared.").wait_for()
    assert all(row[1] is None for row in cells(table))


def test_fill_down_and_right_by_key(open_grid: Open) -> None:
    table = numbers()
    grid = open_grid(table)
    select(grid, 1, 1, 3, 2)
    grid.press("Control+d")
    grid.text(3, 2, "12")
    assert [row[:2] for row in cells(table)[:4]] == [[11, 12], [11, 12], [11, 12], [41, 42]]
    select(grid, 5, 1, 5, 3)
    grid.press("Control+r")
    grid.text(5, 3, "51")
    assert cells(table)[4] == [51, 51, 51, 54]
    grid.cell(6, 4).click()
    grid.press("Control+d")
    grid.text(6, 4, "54")
    grid.press("Control+r")
    grid.text(6, 4, "63")


def test_the_handle_goes_on_with_a_series_downwards(open_grid: Open) -> None:
    table = make_table(columns=NUMBERS, rows=[[1, 5], [2, 5]] + [[None] * 2] * 4)
    grid = open_grid(table)
    select(grid, 1, 1, 2, 2)
    drag_handle(grid, grid.cell(5, 2))
    grid.page.mouse.up()
    grid.text(5, 1, "5")
    assert [row[:2] for row in cells(table)] == [[1, 5], [2, 5], [3, 5], [4, 5], [5, 5], [None, None]]
    assert grid.selected() == "5 rows × 2 columns selected"
    grid.page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    grid.text(5, 1, "")


@pytest.mark.parametrize(
    ("start", "target"),
    [((4, 2), (2, 2)), ((4, 2), (4, 4)), ((4, 3), (4, 1))],
    ids=["up", "right", "left"],
)
def test_the_handle_fills_the_other_ways(open_grid: Open, start: tuple[int, int], target: tuple[int, int]) -> None:
    table = numbers()
    grid = open_grid(table)
    grid.cell(*start).click()
    drag_handle(grid, grid.cell(*target))
    grid.page.mouse.up()
    value = str(10 * start[0] + start[1])
    grid.text(*target, value)
    first, last = sorted([start[1], target[1]])
    assert [row[start[1] - 1] for row in cells(table)[target[0] - 1 : start[0]]] == [int(value)] * (start[0] - target[0] + 1)
    assert cells(table)[start[0] - 1][first - 1 : last] == [int(value)] * (last - first + 1)


def test_escape_takes_a_drag_of_the_handle_back(open_grid: Open) -> None:
    table = numbers()
    grid = open_grid(table)
    before = cells(table)
    grid.cell(1, 1).click()
    drag_handle(grid, grid.cell(4, 1))
    grid.press("Escape")
    grid.page.locator(".fill-outline").wait_for(state="hidden")
    grid.page.mouse.up()
    grid.frame()
    assert cells(table) == before
    assert grid.focused() == (1, 1)


def test_in_a_sorted_view_filled_rows_keep_their_places(page: Page) -> None:
    table = numbers()
    grid = Grid(page).open(f"/t/{table.pk}/?sort=-1")
    assert grid.texts(1)[1] == "61"
    select(grid, 1, 1, 3, 1)
    grid.press("Control+d")
    grid.text(3, 1, "61")
    assert grid.texts(2)[2] == "52"
    assert grid.texts(3)[2] == "42"
