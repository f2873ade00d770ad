"""Writing in a view that chooses or sorts rows: a row keeps its place until the person leaves it, in every open page."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tables import edits
from tables.models import Table
from tests.browser import finding
from tests.browser.conftest import Grid
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
ROWS = [["dora", 4], ["ann", 1], ["cid", 3], ["bob", 2]]


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(rows=ROWS)


def names(grid: Grid) -> list[str]:
    """The first column of the rows on the page, from the top."""
    found = grid.page.locator("data-grid .row[data-id]").evaluate_all(
        "(rows) => rows.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.children[1].textContent)"
    )
    return [str(name) for name in found]


def shows(grid: Grid, wanted: Sequence[str]) -> None:
    """Wait until these rows are on the page, in this order."""
    seen: list[str] = []

    def is_so() -> bool:
        seen[:] = names(grid)
        return seen == list(wanted)

    with suppress(AssertionError):
        grid.wait(is_so)
    assert seen == list(wanted)


def write(grid: Grid, text: str, key: str) -> None:
    """Type over the focused cell, and wait until the server has it."""
    grid.page.keyboard.type(text)
    grid.press(key)
    grid.saved()


def marked(grid: Grid, number: int, words: str) -> None:
    """The row of that number, and no other, is marked, and says why."""
    expect(grid.page.locator("data-grid .row.stray")).to_have_count(1)
    row = grid.row(number)
    expect(row).to_have_class("row stray")
    for name in ("title", "aria-description"):
        expect(row.locator(".num")).to_have_attribute(name, words)
    grounds = "(row) => [row, row.children[2]].map((each) => getComputedStyle(each).backgroundColor)"
    plain = grid.page.locator("data-grid .row[data-id]:not(.stray):not(:hover)").first
    assert row.evaluate(grounds)[0] != plain.evaluate(grounds)[0]


def unmarked(grid: Grid) -> None:
    expect(grid.page.locator("data-grid .row.stray")).to_have_count(0)
    expect(grid.page.locator("data-grid .num[aria-description]")).to_have_count(0)


def count(grid: Grid) -> str:
    return grid.page.locator("#grid-count").inner_text()


def test_an_edited_row_of_a_sorted_view_keeps_its_place_until_it_is_left(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, sort="1")
    shows(grid, ["ann", "bob", "cid", "dora"])
    write(grid, "zoe", "Tab")
    marked(grid, 1, "No longer in its place in this order: it moves when you leave it")
    grid.page.wait_for_timeout(2_500)  # the time in which others' changes would have come
    shows(grid, ["zoe", "bob", "cid", "dora"])
    assert grid.focused() == (1, 2)
    marked(grid, 1, "No longer in its place in this order: it moves when you leave it")
    grid.press("ArrowDown")
    shows(grid, ["bob", "cid", "dora", "zoe"])
    unmarked(grid)
    assert grid.focused() == (1, 2)  # still on bob's row
    assert count(grid) == "4 rows"


def test_a_row_that_no_longer_matches_stays_until_it_is_left(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, filter=json.dumps(["all", [2, ">", 1]]), sort="2")
    shows(grid, ["bob", "cid", "dora"])
    grid.press("ArrowRight")
    write(grid, "0", "ArrowRight")
    shows(grid, ["bob", "cid", "dora"])
    marked(grid, 1, "No longer matches what this view shows: it goes when you leave it")
    write(grid, "2", "ArrowRight")
    unmarked(grid)  # it does again
    write(grid, "0", "ArrowRight")
    marked(grid, 1, "No longer matches what this view shows: it goes when you leave it")
    grid.press("ArrowDown")
    unmarked(grid)
    shows(grid, ["cid", "dora"])
    assert count(grid) == "2 rows" and grid.focused()[0] == 1


def test_a_new_row_of_a_sorted_view_takes_its_place_when_it_is_left(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, sort="1")
    grid.press("Shift+Enter")
    shows(grid, ["ann", "bob", "cid", "dora", ""])
    assert grid.focused() == (5, 1) and count(grid) == "5 rows" and grid.texts(5)[0] == "5"
    write(grid, "bea", "Tab")
    write(grid, "9", "ArrowLeft")
    shows(grid, ["ann", "bob", "cid", "dora", "bea"])
    grid.press("ArrowUp")
    shows(grid, ["ann", "bea", "bob", "cid", "dora"])
    assert grid.focused() == (5, 1)  # on dora's row
    assert cells(table)[-1] == ["bea", 9]


def test_a_new_row_that_the_filter_leaves_out_is_there_until_it_is_left(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, filter=json.dumps(["all", [2, ">", 1]]))
    shows(grid, ["dora", "cid", "bob"])
    grid.press("Shift+Enter")
    shows(grid, ["dora", "cid", "bob", ""])
    write(grid, "eve", "Tab")
    shows(grid, ["dora", "cid", "bob", "eve"])
    grid.press("ArrowUp")
    shows(grid, ["dora", "cid", "bob"])
    assert count(grid) == "3 rows" and len(cells(table)) == 5


def test_deleting_in_a_filtered_view_takes_the_rows_that_are_seen(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, filter=json.dumps(["all", [2, ">", 1]]), sort="2")
    shows(grid, ["bob", "cid", "dora"])
    grid.press("Shift+ArrowDown")
    grid.press("Control+Delete")
    shows(grid, ["dora"])
    assert count(grid) == "1 row"
    assert cells(table) == [["dora", 4], ["ann", 1]]
    grid.page.get_by_role("button", name="Undo").last.click()
    shows(grid, ["bob", "cid", "dora"])
    assert count(grid) == "3 rows" and sorted(cells(table)) == sorted(ROWS)


def test_everything_of_a_view_that_is_deleted_leaves_the_rest_of_the_table(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, search="o")
    shows(grid, ["dora", "bob"])
    grid.press("Control+A")
    grid.press("Control+Delete")
    grid.page.get_by_role("heading", name="No row matches").wait_for()
    assert [row[0] for row in cells(table)] == ["ann", "cid"]


def test_two_open_pages_show_each_others_changes_in_their_own_orders(
    open_grid: Open, context_for: Callable[..., BrowserContext], table: Table
) -> None:
    up = finding.opened(open_grid(table), table, sort="2")
    down = finding.opened(Grid(context_for("bob").new_page()), table, sort="-2")
    shows(down, ["dora", "cid", "bob", "ann"])
    down.press("ArrowDown", 2)  # on bob's row
    up.press("ArrowRight")
    write(up, "9", "ArrowDown")  # ann's amount
    shows(up, ["bob", "cid", "dora", "ann"])
    shows(down, ["ann", "dora", "cid", "bob"])
    down.wait(lambda: down.focused()[0] == 4, "the focus is on bob's row still")
    down.press("Shift+Enter")
    shows(down, ["ann", "dora", "cid", "bob", ""])
    write(down, "eve", "Tab")
    write(down, "5", "ArrowLeft")
    shows(down, ["ann", "dora", "cid", "bob", "eve"])
    down.press("Control+Home")
    shows(down, ["ann", "eve", "dora", "cid", "bob"])
    shows(up, ["bob", "cid", "dora", "eve", "ann"])
    assert count(up) == count(down) == "5 rows"


def test_what_one_looks_at_stays_in_its_place_while_others_move_rows_above_it(open_grid: Open, db: Any) -> None:
    table = finding.leads()
    grid = finding.opened(open_grid(table), table, sort=str(finding.NAME))
    finding.go_to(grid, 1_000)
    before = finding.shown(grid)
    place = "() => document.getElementById('grid-focus').getBoundingClientRect().top"
    top = grid.page.evaluate(place)
    last = finding.ids(table, sort=str(finding.NAME))[-1]
    table.refresh_from_db()
    edits.set_cell(table, make_user("bob"), last, finding.NAME, "  A first one", table.version)
    grid.wait(lambda: grid.focused()[0] == 1_001, "the focused row is one further")
    finding.ready(grid)
    expected = finding.ids(table, sort=str(finding.NAME))
    finding.shows(grid, expected)
    assert expected[1_000] == before[999]
    assert grid.page.evaluate(place) == top
    expect(grid.page.locator("#grid-count")).to_have_text("2,000 rows")


def headings(grid: Grid) -> list[str]:
    """What stands in the headings of the groups, from the top."""
    return [str(text) for text in grid.page.locator("data-grid .group").all_inner_texts()]


def test_an_edit_that_goes_on_to_the_next_row_moves_the_row_it_left(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, sort="2")
    shows(grid, ["ann", "bob", "cid", "dora"])
    grid.press("ArrowRight")
    write(grid, "9", "Enter")  # ann's amount; the focus is on bob's
    shows(grid, ["bob", "cid", "dora", "ann"])
    assert grid.focused() == (1, 2)
    write(grid, "8", "Enter")  # bob's
    shows(grid, ["cid", "dora", "bob", "ann"])
    assert grid.focused() == (1, 2)
    assert sorted(cells(table)) == [["ann", 9], ["bob", 8], ["cid", 3], ["dora", 4]]


def test_what_is_being_typed_stays_over_its_row_while_others_move_it(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, sort="1")
    shows(grid, ["ann", "bob", "cid", "dora"])
    grid.press("ArrowDown")
    grid.page.keyboard.type("bo")
    edits.set_cell(table, make_user("bob"), 2, 1, "zoe", table.version)  # ann
    shows(grid, ["bob", "cid", "dora", "zoe"])
    box, cell = (grid.page.locator(name).bounding_box() for name in (".editor-field", "#grid-focus"))
    assert box and cell and abs(box["y"] - cell["y"]) <= 2
    write(grid, "x", "Tab")
    shows(grid, ["box", "cid", "dora", "zoe"])
    assert sorted(row[0] for row in cells(table)) == ["box", "cid", "dora", "zoe"]


def test_headings_of_groups_follow_what_is_written(open_grid: Open, db: Any) -> None:
    table = make_table(rows=[["ann", 1], ["ann", 2], ["bob", 3], ["bob", 4]])
    grid = finding.opened(open_grid(table), table, group="1", totals="2:sum")

    def says(*wanted: tuple[str, int, int]) -> None:
        lines = [f"Name {name} {rows} Amount · Sum {amount}" for name, rows, amount in wanted]
        grid.wait(lambda: [" ".join(text.split()) for text in headings(grid)] == lines, f"{lines}, but {headings(grid)}")

    says(("ann", 2, 3), ("bob", 2, 7))
    with finding.answered(grid.page, "/menu/"):
        grid.page.get_by_role("button", name="Amount: Sum").click()
    grid.page.get_by_role("menuitemradio", name="Largest").or_(grid.page.get_by_role("menuitemradio", name="Max")).first.click()
    grid.wait(lambda: "4" in headings(grid)[1], "the other total in the headings")
    with grid.page.expect_event("load"):  # another entry of the history is another page
        grid.page.go_back()
    finding.ready(grid, totals="2:sum")
    says(("ann", 2, 3), ("bob", 2, 7))
    grid.page.locator("data-grid").evaluate("(grid) => grid.goTo(0, 0)")
    grid.press("Control+Delete")
    says(("ann", 1, 2), ("bob", 2, 7))
    shows(grid, ["ann", "bob", "bob"])
    write(grid, "bob", "Enter")  # the last ann
    says(("bob", 3, 9))
    grid.press("Control+Z")
    says(("ann", 1, 2), ("bob", 2, 7))
    edits.set_cell(table, make_user("bob"), 4, 2, "10", table.version)
    says(("ann", 1, 2), ("bob", 2, 13))
