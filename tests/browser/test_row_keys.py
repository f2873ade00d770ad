"""Rows by key, by menu and by dragging: new ones beside others, copies, other places; today and now."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
LETTERS = ["a", "b", "c", "d", "e", "f"]


def letters() -> Table:
    return make_table(columns=(("Name", "text", {}),), rows=[[letter] for letter in LETTERS])


def names(table: Table) -> list[str | None]:
    return [row[0] for row in cells(table)]


def drag(grid: Grid, row: int, above: int, *, dots: bool = True) -> None:
    """Drag a row by its number to above another one, without letting go."""
    grid.settle()
    box = grid.row(row).locator("> .num").bounding_box()
    to = grid.row(above).locator("> .num").bounding_box()
    assert box and to
    grid.page.mouse.move(box["x"] + (8 if dots else box["width"] - 12), box["y"] + 16)
    grid.page.mouse.down()
    grid.page.mouse.move(to["x"] + 20, to["y"] + 3, steps=5)
    grid.page.locator(".drop-line:not([hidden])").wait_for()


def test_new_rows_come_below_and_above_the_focus(open_grid: Open) -> None:
    table = letters()
    grid = open_grid(table)
    grid.press("ArrowDown")
    grid.press("Shift+Enter")
    grid.text(3, 1, "")
    assert grid.focused() == (3, 1)
    grid.page.keyboard.type("new")
    grid.press("Enter")
    grid.text(3, 1, "new")
    grid.press("Control+Home")
    grid.press("Control+Shift+Enter")
    grid.text(1, 1, "")
    grid.wait(lambda: names(table) == [None, "a", "b", "new", "c", "d", "e", "f"])
    assert grid.focused() == (1, 1)
    grid.press("Control+z")
    grid.text(1, 1, "a")


def test_in_a_sorted_view_a_new_row_stands_at_the_end(page: Page) -> None:
    table = letters()
    grid = Grid(page).open(f"/t/{table.pk}/?sort=-1")
    grid.press("Shift+Enter")
    grid.text(7, 1, "")
    assert grid.focused() == (7, 1)


def test_selected_rows_are_duplicated_and_the_copies_selected(open_grid: Open) -> None:
    table = letters()
    grid = open_grid(table)
    grid.press("ArrowDown")
    grid.press("Shift+ArrowDown")
    grid.press("Control+Shift+d")
    grid.page.locator("#toasts").get_by_text("2 rows duplicated.").wait_for()
    grid.text(4, 1, "b")
    assert names(table) == ["a", "b", "c", "b", "c", "d", "e", "f"]
    assert grid.selected() == "2 rows selected"
    assert grid.focused()[0] == 4
    grid.page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    grid.text(4, 1, "d")
    grid.wait(lambda: "selected" not in grid.selected(), "no other rows are selected in the copies' places")
    assert grid.focused()[0] == 4


def test_a_row_is_dragged_by_the_dots_beside_its_number(open_grid: Open) -> None:
    table = letters()
    grid = open_grid(table)
    drag(grid, 5, 2)
    grid.page.mouse.up()
    grid.text(2, 1, "e")
    assert names(table) == ["a", "e", "b", "c", "d", "f"]
    assert grid.selected() == "1 row selected"
    grid.page.locator("#toasts").get_by_text("1 row moved.").wait_for()
    grid.press("Control+z")
    grid.text(2, 1, "b")


def test_selected_rows_are_dragged_together_by_a_number_of_theirs(open_grid: Open) -> None:
    table = letters()
    grid = open_grid(table)
    grid.row(1).locator("> .num").click()
    grid.row(2).locator("> .num").click(modifiers=["Shift"])
    drag(grid, 2, 5, dots=False)
    grid.page.mouse.up()
    grid.text(4, 1, "b")
    assert names(table) == ["c", "d", "a", "b", "e", "f"]
    assert grid.selected() == "2 rows selected"


def test_escape_takes_a_drag_of_rows_back(open_grid: Open) -> None:
    table = letters()
    grid = open_grid(table)
    drag(grid, 5, 2)
    grid.press("Escape")
    grid.page.locator(".drop-line").wait_for(state="hidden")
    grid.page.mouse.up()
    grid.frame()
    assert names(table) == LETTERS


def test_rows_of_a_sorted_view_are_not_dragged(page: Page) -> None:
    table = letters()
    grid = Grid(page).open(f"/t/{table.pk}/?sort=-1")
    box = grid.row(1).locator("> .num").bounding_box()
    assert box
    grid.page.mouse.move(box["x"] + 8, box["y"] + 16)
    grid.page.mouse.down()
    grid.row(3).locator("> .num").hover()
    grid.page.mouse.up()
    assert grid.selected() == "3 rows selected"
    assert names(table) == LETTERS


def test_a_drag_at_the_edge_scrolls(open_grid: Open) -> None:
    table = make_table(columns=(("Name", "text", {}),), rows=[[str(n)] for n in range(1, 201)])
    grid = open_grid(table)
    drag(grid, 1, 4)
    edge = grid.page.locator("data-grid").bounding_box()
    assert edge
    grid.page.mouse.move(edge["x"] + 20, edge["y"] + edge["height"] - 4)
    grid.until("document.querySelector('data-grid').view.topRow > 30")
    grid.page.mouse.move(edge["x"] + 20, edge["y"] + edge["height"] / 2)
    grid.settle()
    grid.page.mouse.up()
    grid.page.locator("#toasts").get_by_text("1 row moved.").wait_for()
    assert 30 < names(table).index("1") < 199


def test_the_menu_of_a_cell_has_what_can_be_done_with_rows(open_grid: Open) -> None:
    table = letters()
    grid = open_grid(table)
    menu = grid.page.locator("#cell-menu")
    grid.cell(2, 1).click(button="right")
    menu.get_by_role("menuitem", name="Insert row above").click()
    grid.text(2, 1, "")
    grid.cell(3, 1).click(button="right")
    menu.get_by_role("menuitem", name="Duplicate row").click()
    grid.text(4, 1, "b")
    grid.row(1).locator("> .num").click()
    grid.row(2).locator("> .num").click(modifiers=["Shift"])
    grid.row(2).locator("> .num").click(button="right")
    assert grid.selected() == "2 rows selected"
    menu.get_by_role("menuitem", name="Delete 2 rows").click()
    grid.text(1, 1, "b")
    assert names(table) == ["b", "b", "c", "d", "e", "f"]


def test_today_and_now_come_by_key(open_grid: Open) -> None:
    columns = (("Day", "date", {}), ("Moment", "datetime", {}), ("Name", "text", {}))
    table = make_table(columns=columns, rows=[[None, None, "x"]])
    grid = open_grid(table)
    grid.press("Control+;")
    grid.press("ArrowRight")
    grid.press("Control+Shift+;")
    grid.saved()
    day, moment, _ = cells(table)[0]
    today = grid.page.evaluate("() => new Date().toLocaleDateString('sv')")
    assert day == today
    seen = datetime.fromisoformat(moment)
    assert abs(datetime.now(seen.tzinfo) - seen) < timedelta(minutes=2)
    grid.press("ArrowRight")
    grid.press("Control+;")
    grid.page.locator("#toasts").get_by_text("“Name” holds no dates.").wait_for()
