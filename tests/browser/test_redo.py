"""Undo and redo in the browser: by key, by buttons outside of the grid, and of columns, which need another page."""

from collections.abc import Callable

import pytest

from tables import edits, schema
from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]


def things() -> Table:
    return make_table(columns=(("Name", "text", {}), ("Amount", "number", {})), rows=[["Ann", 1], ["Bob", 2], ["Cid", 3]])


def columns(grid: Grid, count: int) -> None:
    """Wait for the page that has so many columns."""
    grid.page.wait_for_selector(f"data-grid[data-ready][aria-colcount='{count + 1}']")


@pytest.mark.parametrize("key", ["Control+Shift+z", "Control+y"])
def test_what_was_undone_is_done_again(open_grid: Open, key: str) -> None:
    table = things()
    grid = open_grid(table)
    grid.press("Control+Delete")
    grid.text(1, 1, "Bob")
    grid.press("Control+z")
    grid.text(1, 1, "Ann")
    grid.press(key)
    grid.page.get_by_text("Rows deleted again").wait_for()
    grid.text(1, 1, "Bob")
    assert [row[0] for row in cells(table)] == ["Bob", "Cid"]
    grid.press(key)
    grid.page.get_by_text("There is nothing to redo.").wait_for()


def test_an_undo_goes_to_the_cell_it_changed(open_grid: Open) -> None:
    table = things()
    edits.set_cell(table, make_user("alice"), 3, 2, "33", 2**40)
    grid = open_grid(table)
    grid.cell(1, 1).click()
    grid.press("Control+z")
    grid.text(3, 2, "3")
    grid.wait(lambda: grid.focused() == (3, 2), "the cursor in the cell that was changed back")


def test_the_undo_of_a_column_brings_another_page_that_says_what_was_done(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    schema.delete_column(table, make_user("alice"), table.live_columns()[1].key)
    columns(grid, 1)
    grid.press("ArrowDown")
    grid.press("Control+z")
    grid.page.get_by_text("Column restored: “").wait_for()
    columns(grid, 2)
    assert grid.texts(2)[1:] == ["Bob", "2"]
    grid.press("Control+y")
    grid.page.get_by_text("Column deleted again: “").wait_for()
    columns(grid, 1)


def test_a_button_outside_of_the_grid_undoes(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    grid.press("Control+Delete")
    grid.text(1, 1, "Bob")
    grid.page.evaluate(
        """() => {
            const button = Object.assign(document.createElement("button"), { textContent: "Undo this" });
            button.dataset.gridCommand = "undo";
            document.getElementById("jobs").append(button);
        }"""
    )
    grid.page.get_by_role("button", name="Undo this").click()
    grid.text(1, 1, "Ann")
