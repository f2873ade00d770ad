"""Typing ahead of a new row: what is typed before the server has answered goes into that row, and into no other."""

from collections.abc import Callable
from typing import Any

import pytest

from tables import edits
from tables.models import Table
from tests.browser.conftest import Grid, Held
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
OLD = [["Ann", 1], ["Bob", 2], ["Cid", 3]]
HOLDS = "document.querySelector('data-grid').hasAttribute('data-adding')"


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(rows=OLD)


def saved(grid: Grid, table: Table, expected: list[list[Any]]) -> None:
    grid.wait(lambda: cells(table) == expected, f"{expected} instead of {cells(table)}")


def test_what_is_typed_at_once_goes_into_the_new_row(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+ArrowDown")
    grid.press("Shift+Enter")
    grid.page.keyboard.type("Dan the 1st")
    grid.press("Tab")
    grid.page.keyboard.type("12")
    grid.press("Enter")
    saved(grid, table, [*OLD, ["Dan the 1st", 12]])
    assert grid.texts(4) == ["4", "Dan the 1st", "12"]


@pytest.mark.parametrize("slow", ["/rows/", "/window/"])
def test_on_a_slow_network_it_waits_for_the_row(open_grid: Open, table: Table, slow: str) -> None:
    grid = open_grid(table)
    grid.press("Control+ArrowDown")
    kept = Held(grid, slow)
    grid.press("Shift+Enter")
    grid.page.keyboard.type("Dam")
    grid.press("Backspace")
    grid.page.keyboard.type("n")
    kept.asked()
    grid.page.wait_for_timeout(700)
    assert grid.page.evaluate(HOLDS)
    assert grid.page.locator(".editor:not(.resting)").count() == 0
    kept.let_go()
    grid.until("document.querySelector('.editor:not(.resting) .editor-field')?.value === 'Dan'")
    grid.page.keyboard.type("iel")
    grid.press("Tab")
    assert not grid.page.evaluate(HOLDS)
    saved(grid, table, [*OLD, ["Daniel", None]])
    assert grid.focused() == (4, 2)


def test_row_after_row_can_be_typed_without_waiting(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+ArrowDown")
    kept = Held(grid, "/rows/")
    for name in ("Dan", "Eve", "Fay"):
        grid.press("Shift+Enter")
        grid.page.keyboard.type(name)
        grid.press("Enter")
    kept.let_go()
    saved(grid, table, [*OLD, ["Dan", None], ["Eve", None], ["Fay", None]])


def test_in_a_sorted_view_it_goes_into_the_new_row_too(open_grid: Open, table: Table) -> None:
    grid = open_grid(table).open(f"/t/{table.pk}/?view=0&sort=-1")
    grid.page.locator("data-grid:not([data-ordering])").wait_for()
    kept = Held(grid, "/rows/")
    grid.press("Shift+Enter")
    grid.page.keyboard.type("Zoe")
    grid.press("Enter")
    kept.let_go()
    saved(grid, table, [*OLD, ["Zoe", None]])


def test_what_an_input_method_composes_meanwhile_is_whole(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+ArrowDown")
    kept = Held(grid, "/rows/")
    devtools = grid.page.context.new_cdp_session(grid.page)
    grid.press("Shift+Enter")
    devtools.send("Input.imeSetComposition", {"text": "か", "selectionStart": 1, "selectionEnd": 1})
    devtools.send("Input.insertText", {"text": "漢"})
    devtools.send("Input.imeSetComposition", {"text": "じ", "selectionStart": 1, "selectionEnd": 1})
    kept.let_go()
    grid.page.wait_for_timeout(500)
    assert grid.page.evaluate(HOLDS)  # while it is being composed
    devtools.send("Input.insertText", {"text": "字"})
    grid.until("document.querySelector('.editor:not(.resting) .editor-field')?.value === '漢字'")
    grid.press("Enter")
    saved(grid, table, [*OLD, ["漢字", None]])


def test_the_row_is_known_by_itself_and_not_by_its_place(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+ArrowDown")
    kept = Held(grid, "/window/")
    grid.press("Shift+Enter")
    grid.page.keyboard.type("Dan")
    kept.asked()
    bob = make_user("bob")
    edits.delete_rows(table, bob, [1])
    edits.add_rows(table, bob, [{"1": "Bob's"}, {"1": "Bob's"}])
    kept.let_go()
    grid.until("document.querySelector('.editor:not(.resting) .editor-field')?.value === 'Dan'")
    grid.press("Enter")
    saved(grid, table, [*OLD[1:], ["Dan", None], ["Bob's", None], ["Bob's", None]])


def test_where_no_row_comes_what_was_typed_is_told_and_nothing_else_changes(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    kept = Held(grid, "/rows/")
    grid.press("Shift+Enter")
    grid.page.keyboard.type("Dan")
    grid.press("Enter")
    kept.asked().abort()
    grid.page.get_by_text("You had typed: “Dan”.").wait_for()
    assert not grid.page.evaluate(HOLDS)
    grid.page.keyboard.type("Al")
    grid.press("Enter")
    saved(grid, table, [["Al", 1], *OLD[1:]])


def test_who_clicks_another_cell_meanwhile_types_there(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+ArrowDown")
    kept = Held(grid, "/rows/")
    grid.press("Shift+Enter")
    kept.asked()
    grid.cell(2, 1).click()
    grid.page.keyboard.type("Bea")
    grid.press("Enter")
    kept.let_go()
    saved(grid, table, [OLD[0], ["Bea", 2], OLD[2], [None, None]])


def test_the_first_row_of_a_table_can_be_typed_at_once_after_its_button(open_grid: Open) -> None:
    table = make_table(rows=[])
    grid = open_grid(table)
    kept = Held(grid, "/rows/")
    grid.page.get_by_role("button", name="Add a row").click()
    grid.page.keyboard.type("Ann")
    grid.press("Tab")
    grid.page.keyboard.type("7")
    grid.press("Enter")
    kept.let_go()
    saved(grid, table, [["Ann", 7]])
