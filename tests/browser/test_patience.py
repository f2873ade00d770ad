"""A person who asks for too much at once is told, and gets everything a little later without doing anything."""

import re
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect

from tables import edits
from tables.heavy import AT_ONCE, turn
from tables.models import Change, Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
TELLS = re.compile("questions to large tables are being answered")


@pytest.fixture
def turns() -> ExitStack:
    """All turns of alice, taken as her requests would; `close()` gives them back."""
    taken = ExitStack()
    for _ in range(AT_ONCE):
        taken.enter_context(turn(make_user("alice").pk))
    return taken


def test_rows_counts_and_totals_come_when_there_is_room(open_grid: Open, turns: ExitStack) -> None:
    table = make_table(rows=[[f"n{number}", number] for number in range(300)])
    grid = open_grid(table)
    page = grid.page
    with turns:
        page.evaluate("() => document.querySelector('data-grid').see({ sort: '-2' })")
        page.get_by_text(TELLS).first.wait_for()
        assert page.get_by_role("alert").count() == 0
        page.evaluate("() => document.querySelector('data-grid').see({ totals: '2:sum' })")
        page.wait_for_timeout(1_500)
    grid.text(1, 1, "n299")
    expect(page.locator("#grid-count")).to_have_text("300 rows")
    expect(page.locator("#totals")).to_contain_text("44850")
    assert page.get_by_role("alert").count() == 0


def test_a_page_that_had_to_wait_opens_by_itself(page: Page, turns: ExitStack) -> None:
    table = make_table(rows=[["b", 1], ["a", 2]])
    with turns:
        page.goto(f"/t/{table.pk}/?view=0&sort=1")
        expect(page.get_by_role("heading", name="One moment")).to_be_visible()
    page.wait_for_selector("data-grid[data-ready]", state="attached")
    Grid(page).text(1, 1, "a")


def test_a_change_that_had_to_wait_is_done_once_when_there_is_room(open_grid: Open, turns: ExitStack) -> None:
    table = make_table(rows=[["b", 1], ["a", 2]])
    edits.set_cell(table, make_user("alice"), 1, 1, "new", table.version)
    grid = open_grid(table)
    with turns:
        grid.page.locator("data-grid").evaluate("(grid) => grid.focus()")
        grid.press("Control+Z")
        grid.page.get_by_text(TELLS).first.wait_for()
        assert cells(table)[0][0] == "new"
    grid.text(1, 1, "b")
    assert Change.objects.filter(table=table, action="undo").count() == 1
    assert grid.page.get_by_role("alert").count() == 0
    table.refresh_from_db()
    edits.set_cell(table, make_user("alice"), 1, 1, "newer", table.version)
    grid.text(1, 1, "newer")
