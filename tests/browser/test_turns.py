"""What one person does on a page reaches the server in the order in which they did it, however slow the first of it is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tables.models import Table
from tests.browser.conftest import Grid, Held
from tests.browser.test_clipboard import put, said
from tests.browser.test_logged_out import end_session, log_in_elsewhere, told
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
PASTE, CLEAR, CELL, DELETE, COPY = "/cells/paste/", "/cells/clear/", "/cell/", "/rows/delete/", "/cells/copy/"


@pytest.fixture(autouse=True)
def permitted(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


@pytest.fixture
def sent(page: Page) -> list[str]:
    """What the page has posted, and asked for to copy it, by the end of its address."""
    asked: list[str] = []

    def note(request: Request) -> None:
        path = request.url.split("?")[0]
        asked.extend(end for end in (PASTE, CLEAR, CELL, DELETE) if request.method == "POST" and path.endswith(end))
        asked.extend(end for end in (COPY,) if path.endswith(end))

    page.on("request", note)
    return asked


def things() -> Table:
    return make_table(rows=[["Ann", 1], ["Bob", 2], ["Cid", 3]])


def write(grid: Grid, text: str) -> None:
    """Type into the focused cell and stay there."""
    grid.page.keyboard.type(text)
    grid.press("Enter")
    grid.press("ArrowUp")


def pasting(grid: Grid, text: str) -> Held:
    """A paste into the focused cell, on its way until it is let go."""
    held = Held(grid, PASTE)
    put(grid, text)
    grid.press("Control+v")
    held.asked()
    return held


def test_what_is_typed_into_a_cell_that_is_being_pasted_stays(open_grid: Open, sent: list[str]) -> None:
    table = things()
    grid = open_grid(table)
    held = pasting(grid, "Dan\t40\nEve\t50")
    write(grid, "mine")
    grid.press("ArrowDown")
    grid.press("Delete")
    grid.frame()
    assert grid.cell(1, 1).inner_text() == "mine"
    assert sent == [PASTE], "the rest waits"
    held.let_go()
    grid.wait(lambda: cells(table) == [["mine", 40], [None, 50], ["Cid", 3]], "all three, in order")
    assert sent == [PASTE, CELL, CLEAR]
    grid.text(1, 1, "mine")
    grid.text(2, 1, "")
    assert grid.focused() == (2, 1), "a paste that ends late does not take the person back to it"


def test_what_is_emptied_and_typed_again_behind_a_slow_edit_ends_as_it_was_done(open_grid: Open, sent: list[str]) -> None:
    table = things()
    grid = open_grid(table)
    held = Held(grid, CELL)
    write(grid, "first")
    held.asked()
    grid.press("Delete")
    grid.press("ArrowRight")
    write(grid, "7")
    grid.press("Delete")
    write(grid, "8")
    grid.frame()
    assert sent == [CELL]
    held.let_go()
    grid.saved()
    assert cells(table)[0] == [None, 8]
    assert sent == [CELL, CLEAR, CELL, CLEAR, CELL]


def test_twenty_edits_behind_a_slow_paste_go_out_in_order(open_grid: Open, sent: list[str]) -> None:
    table = things()
    grid = open_grid(table)
    held = pasting(grid, "Dan")
    for number in range(20):
        write(grid, f"n{number}")
    grid.frame()
    assert sent == [PASTE]
    held.let_go()
    grid.saved()
    assert cells(table)[0] == ["n19", 1]
    assert sent == [PASTE, *[CELL] * 20]


@pytest.mark.parametrize("how", ["refused", "unreachable"])
def test_a_write_that_fails_lets_the_edit_behind_it_through(open_grid: Open, how: str) -> None:
    table = things()
    grid = open_grid(table)
    held = pasting(grid, "Dan\t40")
    write(grid, "mine")
    grid.frame()
    if how == "refused":
        held.asked().fulfill(status=500)
    else:
        held.asked().abort()
    grid.saved()
    assert cells(table)[0] == ["mine", 1]
    said(grid, "Something went wrong on the server" if how == "refused" else "nothing was changed")


def test_an_edit_that_fails_lets_the_write_behind_it_through(open_grid: Open, sent: list[str]) -> None:
    table = things()
    grid = open_grid(table)
    held = Held(grid, CELL)
    grid.press("ArrowRight")
    write(grid, "no number")
    held.asked()
    grid.press("ArrowDown")
    grid.press("Delete")
    grid.frame()
    assert sent == [CELL]
    held.let_go()
    grid.wait(lambda: cells(table)[1] == ["Bob", None], "the write")
    assert cells(table)[0] == ["Ann", 1]
    expect(grid.page.locator(".editor-reason")).to_contain_text("“no number” is not a number")


def test_what_is_done_without_a_network_is_done_in_order_when_it_is_back(open_grid: Open, sent: list[str]) -> None:
    table = things()
    grid = open_grid(table)
    grid.page.route("**/cell/", lambda route: route.abort())
    write(grid, "one")
    grid.press("Control+Delete")
    grid.page.get_by_text("Your edits wait here").wait_for()
    assert DELETE not in sent
    grid.page.unroute("**/cell/")
    grid.wait(lambda: cells(table) == [["Bob", 2], ["Cid", 3]], "the edit, then the deletion")
    assert sent[-2:] == [CELL, DELETE]


def test_a_write_that_finds_the_session_over_holds_nothing_up(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    page = grid.page
    held = pasting(grid, "Dan\t40")
    write(grid, "mine")
    end_session(page)
    held.let_go()
    said(grid, "You have been logged out, so nothing was changed.")
    log_in_elsewhere(page)
    expect(told(page)).to_be_hidden()
    grid.saved()
    assert cells(table)[0] == ["mine", 1]
    page.bring_to_front()
    grid.cell(2, 1).click()
    grid.press("Delete")
    grid.wait(lambda: cells(table)[1] == [None, 2], "what is done after it")


def test_what_is_typed_where_something_was_cut_stays_when_it_is_pasted(open_grid: Open) -> None:
    """The paste and the emptying of what was cut are one, even if they are two requests."""
    table = things()
    grid = open_grid(table)
    grid.press("Control+x")
    grid.page.locator(".copied-outline:not([hidden])").wait_for()
    held = Held(grid, PASTE)
    grid.press("ArrowDown")
    grid.press("Control+v")
    held.asked()
    grid.press("ArrowUp")
    write(grid, "mine")
    held.let_go()
    grid.saved()
    assert cells(table)[:2] == [["mine", 1], ["Ann", 2]]


def test_a_copy_holds_what_was_pasted_before_it(open_grid: Open, sent: list[str]) -> None:
    grid = open_grid(things())
    held = pasting(grid, "Dan\t40")
    grid.press("Control+c")
    grid.frame()
    assert sent == [PASTE]
    held.let_go()
    grid.page.locator(".copied-outline:not([hidden])").wait_for()
    assert grid.page.evaluate("() => navigator.clipboard.readText()") == "Dan"


def test_a_field_of_the_rows_panel_waits_its_turn(open_grid: Open, sent: list[str]) -> None:
    table = things()
    grid = open_grid(table)
    held = pasting(grid, "Dan\t40")
    grid.press("Space")
    name = grid.page.get_by_label("Name", exact=True)
    name.fill("mine")
    name.press("Enter")
    grid.frame()
    assert sent == [PASTE]
    held.let_go()
    grid.wait(lambda: cells(table)[0] == ["mine", 40], "the paste, then the field")
