"""The grid in its page: what must fit does fit, and leaving or changing the page goes without a fright."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
Contexts = Callable[..., BrowserContext]
COLUMNS = tuple((f"Column {n}", "text", {}) for n in range(1, 13))
PHONE = {"width": 375, "height": 700}
# The tools that are not whole in the window, or that something covers.
HIDDEN_TOOLS = """() => [...document.querySelectorAll(".table-tools button")].filter((button) => {
    const box = button.getBoundingClientRect();
    const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return box.left < 0 || box.right > innerWidth || !button.contains(there);
}).map((button) => button.innerText)"""
PLACES = """() => {
    const [grid, field] = ["data-grid", ".editor-field"].map((name) => document.querySelector(name));
    const [outer, inner] = [grid, field].map((element) => element.getBoundingClientRect());
    return [outer.left + grid.clientWidth - inner.right, outer.top + grid.clientHeight - inner.bottom];
}"""


def wide(rows: int = 30) -> Table:
    return make_table(columns=COLUMNS, rows=[[f"{row}.{col}" for col in range(1, 13)] for row in range(1, rows + 1)])


def boxes(grid: Grid, *columns: int) -> list[Any]:
    return [grid.box(1, column) for column in columns]


def test_a_new_column_is_shown_and_told_of(open_grid: Open) -> None:
    grid = open_grid(wide())
    grid.press("End")
    grid.page.get_by_role("button", name="Add a column").click()
    grid.page.get_by_label("Name", exact=True).fill("Thirteenth")
    grid.page.get_by_role("button", name="Add column").click()
    grid.page.get_by_text("Column “Thirteenth” was added.").wait_for()
    assert grid.focused() == (1, 13)
    head = grid.page.get_by_role("columnheader", name="Thirteenth")
    view = grid.page.locator("data-grid").bounding_box()
    assert head.bounding_box()["x"] + head.bounding_box()["width"] <= view["x"] + view["width"]
    grid.page.keyboard.type("typed at once")
    grid.press("Enter")
    assert grid.cell(1, 13).inner_text() == "typed at once"
    grid.page.reload()
    assert grid.focused() == (1, 1)


@pytest.mark.parametrize("viewport", [PHONE, {"width": 800, "height": 700}])
def test_a_wide_frozen_column_leaves_room_for_the_others(context_for: Contexts, viewport: dict[str, int]) -> None:
    table = wide()
    table.columns.filter(name="Column 1").update(width=800)
    grid = Grid(context_for("alice", viewport=viewport).new_page()).open(f"/t/{table.pk}/")
    grid.settle()
    view = grid.page.locator("data-grid").bounding_box()
    number, first = boxes(grid, 0, 1)
    assert number["width"] + first["width"] <= 0.6 * view["width"]
    assert grid.page.locator(".head .col").first.bounding_box()["width"] == first["width"]
    grid.page.set_viewport_size({"width": 1900, "height": 700})
    grid.until("document.querySelector('.row .cell').offsetWidth > 700")


def test_frozen_cells_stay_while_one_scrolls_sideways_and_down(open_grid: Open) -> None:
    grid = open_grid(wide(200))
    grid.settle()
    places = boxes(grid, 0, 1)
    seventh = boxes(grid, 7)[0]["x"]
    grid.page.mouse.move(700, 400)
    grid.page.mouse.wheel(300, 0)
    grid.settle()
    assert boxes(grid, 0, 1) == places
    assert boxes(grid, 7)[0]["x"] == seventh - 300
    grid.until("!document.querySelector('data-grid').classList.contains('sideways')")
    grid.page.mouse.wheel(0, 320)
    grid.settle()
    assert grid.box(11, 1) == places[1]
    assert grid.box(11, 7)["x"] == seventh - 300
    grid.press("Control+Home")
    grid.settle()
    assert [*boxes(grid, 0, 1), boxes(grid, 7)[0]["x"]] == [*places, seventh]


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}])
def test_every_tool_can_be_reached_also_beside_a_row(context_for: Contexts, viewport: dict[str, int]) -> None:
    grid = Grid(context_for("alice", viewport=viewport).new_page()).open(f"/t/{wide().pk}/")
    assert grid.page.evaluate(HIDDEN_TOOLS) == []
    if viewport is PHONE:
        return  # there the row covers the page
    grid.press("Space")
    grid.page.locator("#panel").get_by_role("heading", name="Row 1").wait_for()
    assert grid.page.evaluate(HIDDEN_TOOLS) == []


def test_an_editor_at_the_edge_of_the_window_is_whole(open_grid: Open) -> None:
    grid = open_grid(wide())
    grid.press("ArrowRight", 5)
    grid.press("Enter")
    grid.page.keyboard.type(" and more text than fits into the cell")
    right, bottom = grid.page.evaluate(PLACES)
    assert right >= 0
    assert bottom >= 0
    grid.press("Escape")
    grid.press("Control+End")
    grid.press("Enter")
    right, bottom = grid.page.evaluate(PLACES)
    assert right >= 0
    assert bottom >= 0


def test_requests_cut_off_by_leaving_or_moving_on_are_no_errors(open_grid: Open) -> None:
    grid = open_grid(wide(2_000))
    told: list[str] = []
    grid.page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    asked: list[object] = []
    grid.page.route("**/window/**", lambda route: asked.append(route))  # an answer that never comes
    grid.page.evaluate("document.querySelector('data-grid').goTo(700, 0)")
    grid.wait(lambda: asked)
    grid.press("Control+End")
    grid.wait(lambda: len(asked) > 1)
    grid.page.goto("/")
    assert told == []


def test_rows_that_are_painted_beyond_the_view_are_asked_for_where_another_chunk_begins(open_grid: Open) -> None:
    grid = open_grid(make_table(rows=[[f"row {n}", n] for n in range(1, 400)]))
    facts = "(grid => [grid.rows.chunk, grid.view.rowsInView])(document.querySelector('data-grid'))"
    chunk, seen = grid.page.evaluate(facts)
    for over in (1, 3, 5):
        rows = 3 * chunk + seen + over  # at the end, that many rows of the last chunk's begin are above the view
        grid = open_grid(make_table(rows=[[f"row {n}", n] for n in range(1, rows + 1)]))
        grid.press("Control+End")
        grid.settle()  # fails where painted rows lack
        grid.text(rows, 1, f"row {rows}")
