"""Frozen columns: as many as a person chose stay at the left of header, body and foot, and leave room for the others."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Contexts = Callable[..., BrowserContext]
COUNT = 12
COLUMNS = tuple((f"Column {n}", "text", {}) for n in range(1, COUNT + 1))
WIDTH = 100
DESKTOP = {"width": 1280, "height": 800}
# Where columns are in header, a row and the foot, and which of their right edges are drawn as the frozen ones' end.
LAID_OUT = """(number) => {
    const grid = document.querySelector("data-grid");
    const strong = getComputedStyle(grid.querySelector(".head")).borderBottomColor;
    const parts = [
        grid.querySelectorAll(".head > .col"),
        grid.querySelectorAll(`.row[aria-rowindex="${number + 1}"] > .cell`),
        document.querySelectorAll("#totals .total"),
    ].map((cells) => [...cells]);
    const left = (element) => element.getBoundingClientRect().left;
    const ends = (cell) => getComputedStyle(cell).borderRightColor === strong;
    return {
        lefts: parts.map((cells) => cells.map((cell) => Math.round(left(cell) - left(grid)))),
        ends: parts.map((cells) => cells.flatMap((cell, at) => (ends(cell) ? [at + 1] : []))),
    };
}"""
# The column that one sees in the middle of each frozen cell of a row, and the paint of the cell and of its row.
SEEN = """([number, frozen]) => {
    const row = document.querySelector(`.row[aria-rowindex="${number + 1}"]`);
    const ground = (element) => getComputedStyle(element).backgroundColor;
    return [...row.querySelectorAll(".cell")].slice(0, frozen).map((cell) => {
        const box = cell.getBoundingClientRect();
        const there = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
        return [there.closest(".cell").ariaColIndex - 1, ground(cell), ground(row)];
    });
}"""
RESTS = "!document.querySelector('data-grid').classList.contains('sideways')"


def wide(rows: int = 30) -> Table:
    table = make_table(columns=COLUMNS, rows=[[f"{row}.{col}" for col in range(1, COUNT + 1)] for row in range(1, rows + 1)])
    table.columns.update(width=WIDTH)
    return table


def opened(contexts: Contexts, table: Table, viewport: dict[str, int] = DESKTOP, **parts: str) -> Grid:
    page = contexts("alice", viewport=viewport).new_page()
    grid = Grid(page).open(f"/t/{table.pk}/?{urlencode({'view': 0, **parts})}")
    page.locator("#totals .total").first.wait_for()
    return grid


def laid_out(grid: Grid, number: int = 1) -> Any:
    return grid.page.evaluate(LAID_OUT, number)


def number_width(grid: Grid) -> float:
    return float(grid.page.locator(".head .corner").bounding_box()["width"])


def frozen(grid: Grid) -> int:
    return int(grid.page.evaluate("document.querySelector('data-grid').columns.frozen"))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_columns_stay_as_were_chosen_and_the_others_pass_under_them(context_for: Contexts, count: int) -> None:
    grid = opened(context_for, wide(200), frozen=str(count))
    number = number_width(grid)
    before = [number + WIDTH * at for at in range(COUNT)]
    assert laid_out(grid)["lefts"] == [before] * 3
    assert laid_out(grid)["ends"] == [[count] if count else []] * 3
    grid.page.mouse.move(900, 400)
    grid.page.mouse.wheel(250, 0)
    grid.settle()
    # While one scrolls sideways, and when they rest at their place.
    after = [left - (250 if at >= count else 0) for at, left in enumerate(before)]
    assert laid_out(grid)["lefts"] == [after] * 3
    grid.until(RESTS)
    assert laid_out(grid)["lefts"] == [after] * 3
    assert [column for column, _, _ in grid.page.evaluate(SEEN, [1, count])] == [*range(1, count + 1)]
    grid.page.mouse.wheel(0, 320)
    grid.settle()
    assert laid_out(grid, 20)["lefts"] == [after] * 3


def test_what_a_row_is_painted_with_its_frozen_cells_are_painted_with(context_for: Contexts) -> None:
    table = wide()
    rules = [
        {"on": "row", "color": "green", "filter": ["all", [1, "is", "3.1"]]},
        {"on": "cell", "column": 2, "color": "red", "filter": ["all", [1, "is", "4.1"]]},
    ]
    grid = opened(context_for, table, frozen="3", colors=json.dumps(rules))
    grid.page.mouse.move(900, 10)
    grounds = {}
    for number, state in ((1, "plain"), (2, "hovered"), (3, "colored"), (5, "selected")):
        if state == "hovered":
            grid.cell(number, 8).hover()
        if state == "selected":
            grid.cell(number, 8).click()  # the focused cell has a ground of its own
            grid.cell(number, 0).click()
        grid.frame()
        seen = grid.page.evaluate(SEEN, [number, 3])
        grounds[state] = {cell for _, cell, _ in seen} | {row for _, _, row in seen}
    assert all(len(each) == 1 for each in grounds.values()), grounds
    assert len(set.union(*grounds.values())) == 4, grounds
    red = grid.page.evaluate(SEEN, [4, 3])
    assert red[1][1] not in (red[0][1], red[2][1]) and red[0][1] == red[2][1]
    grid.cell(6, 2).click()
    grid.cell(7, 3).click(modifiers=["Shift"])
    grid.frame()
    (_, first, ground), (_, second, _), (_, third, _) = grid.page.evaluate(SEEN, [6, 3])
    assert first == ground != second == third


def test_rows_on_their_way_have_the_frozen_columns_of_the_others(context_for: Contexts) -> None:
    grid = opened(context_for, wide(1_000), frozen="3")
    grid.page.route("**/window/**", lambda route: None)  # an answer that never comes
    grid.press("Control+End")
    grid.press("Home")
    grid.page.wait_for_selector(".row.skeleton")
    boxes = [grid.page.locator(f".row.skeleton > {part}").first.bounding_box() for part in (".num", ".frozen-bones", ".bones")]
    left = boxes[0]["x"]
    assert [box["x"] - left for box in boxes] == [0, number_width(grid), number_width(grid) + 3 * WIDTH]
    grid.page.mouse.move(900, 400)
    grid.page.mouse.wheel(200, 0)
    grid.until(RESTS)
    assert grid.page.locator(".row.skeleton > .frozen-bones").first.bounding_box()["x"] == boxes[1]["x"]


def test_the_focus_is_never_under_the_frozen_columns(context_for: Contexts) -> None:
    grid = opened(context_for, wide(), frozen="3")
    edge = grid.page.locator("data-grid").bounding_box()["x"] + number_width(grid) + 3 * WIDTH
    grid.press("End")
    assert grid.focused() == (1, 12)
    for column in range(11, 3, -1):
        grid.press("ArrowLeft")
        assert grid.focused() == (1, column)
        assert grid.box(1, column)["x"] >= edge
    scrolled = grid.page.evaluate("document.querySelector('data-grid').scrollLeft")
    grid.press("ArrowLeft", 3)
    assert grid.focused() == (1, 1)
    assert grid.page.evaluate("document.querySelector('data-grid').scrollLeft") == scrolled
    grid.press("End")
    grid.press("Alt+PageUp")
    assert grid.box(*grid.focused())["x"] >= edge
    grid.press("Control+Home")
    grid.press("ArrowRight", 4)
    grid.page.keyboard.type("typed")
    field = grid.page.locator(".editor-field").bounding_box()
    assert abs(field["x"] - grid.box(1, 5)["x"]) <= 2


@pytest.mark.parametrize(("width", "most"), [(375, 1), (600, 2), (1280, 5)])
def test_however_many_are_chosen_the_others_have_room(context_for: Contexts, width: int, most: int) -> None:
    grid = opened(context_for, wide(), {"width": width, "height": 700}, frozen="20")
    view = grid.page.evaluate("document.querySelector('data-grid').clientWidth")
    covered = number_width(grid) + frozen(grid) * WIDTH
    assert frozen(grid) == most
    assert covered <= 0.6 * view and view - covered >= 200
    assert covered + WIDTH > min(0.6 * view, view - 200)
    grid.press("End")
    last = grid.box(1, COUNT)
    edge = grid.page.locator("data-grid").bounding_box()["x"]
    assert edge + covered <= last["x"] and last["x"] + last["width"] <= edge + view
    grid.page.set_viewport_size({"width": 1900, "height": 700})
    grid.wait(lambda: frozen(grid) > most or most == 12)
    assert laid_out(grid)["ends"] == [[frozen(grid)]] * 3


def test_a_frozen_column_goes_on_to_stay_while_it_is_made_wider(context_for: Contexts) -> None:
    table = wide()
    grid = opened(context_for, table, {"width": 900, "height": 700}, frozen="3")
    view = grid.page.evaluate("document.querySelector('data-grid').clientWidth")
    head = grid.page.locator(".head .col").nth(1).bounding_box()
    right = head["x"] + head["width"]
    grid.page.mouse.move(right + 2, head["y"] + 10)  # the half of the grip that lies over the next column
    grid.page.mouse.down()
    grid.page.mouse.move(right + 500, head["y"] + 10, steps=5)
    grid.page.mouse.up()
    assert frozen(grid) == 3
    assert grid.box(1, 2)["width"] == int(0.6 * view) - number_width(grid) - 2 * WIDTH


def test_of_a_wide_table_all_frozen_columns_stay_in_the_page(context_for: Contexts) -> None:
    columns = tuple((f"C{n}", "text", {}) for n in range(1, 101))
    table = make_table(columns=columns, rows=[[f"{row}.{col}" for col in range(1, 101)] for row in range(1, 41)])
    table.columns.update(width=WIDTH)
    for count in (0, 2):
        grid = opened(context_for, table, frozen=str(count))
        grid.press("End")
        assert grid.focused() == (1, 100)
        heads = grid.page.locator(".head .col")
        for column in (*range(1, count + 1), 98, 100):
            cell = grid.cell(1, column)
            assert cell.inner_text() == f"1.{column}"
            assert cell.bounding_box()["x"] == heads.nth(column - 1).bounding_box()["x"]
        assert grid.row(1).locator("> *").count() < 40


def test_where_fewer_have_room_than_were_chosen_the_fields_say_so(context_for: Contexts) -> None:
    grid = opened(context_for, wide(), frozen="8")
    page = grid.page
    page.locator("#tool-fields").click()
    room = page.get_by_text("There is room for 5 of the 8 frozen fields here.")
    room.wait_for()
    page.get_by_role("checkbox", name="Column 2", exact=True).uncheck()
    page.get_by_label("Columns that stay at the left").select_option("5")
    expect(room).to_have_count(0)
    expect(page.locator("[data-room]")).to_be_hidden()
