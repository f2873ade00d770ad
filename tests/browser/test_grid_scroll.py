"""A million rows in Chromium: every one can be reached, none is skipped, nothing jumps, nothing is white."""

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import MILLION, Grid, Million

# Not transactional: the million rows stay from test to test.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

RATIOS = [1, 2]
ROW, BAR, EDGE = 32, 8_000_000, 500_000
# What is in view from the header down is rows, one under the other, numbered without a gap.
ROWS_IN_VIEW = """() => {
    const grid = document.querySelector("data-grid");
    const edge = grid.querySelector(".head").getBoundingClientRect().bottom;
    const bottom = Math.min(grid.getBoundingClientRect().bottom, innerHeight);
    return [...grid.querySelectorAll(".row")]
        .map((row) => [row.ariaRowIndex - 2, row.getBoundingClientRect()])
        .filter(([, box]) => box.bottom > edge && box.top < bottom)
        .map(([index, box]) => [index, box.top - edge, box.bottom - bottom]);
}"""


def covers_the_view(grid: Grid) -> bool:
    rows = grid.page.evaluate(ROWS_IN_VIEW)
    numbers = [index for index, _, _ in rows]
    tops = [top for _, top, _ in rows]
    return (
        tops[0] <= 0
        and (rows[-1][2] >= 0 or numbers[-1] == MILLION - 1)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and all(abs(b - a - ROW) < 0.01 for a, b in pairwise(tops))
    )


@pytest.mark.parametrize("ratio", RATIOS)
def test_mod_end_shows_the_last_row_and_its_true_content(million: Million, ratio: int) -> None:
    grid = million.grid(ratio)
    grid.press("Control+End")
    assert grid.texts(MILLION)[:2] == [str(MILLION), million.name_in(MILLION)]
    assert grid.focused() == (MILLION, 10)
    assert grid.page.evaluate("document.querySelector('data-grid .body').offsetHeight") <= 8_000_000
    box, foot = grid.row(MILLION).bounding_box(), grid.page.locator(".table-foot").bounding_box()
    assert box["y"] + box["height"] <= foot["y"]
    grid.press("Control+Home")
    assert grid.texts(1)[:2] == ["1", million.name_in(1)]
    assert grid.focused() == (1, 1)


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_bar_dragged_to_a_fraction_shows_the_row_of_that_fraction(million: Million, ratio: int) -> None:
    grid = million.grid(ratio)
    for fraction in (0.95, 0.0625, 0.5, 0.013, 0.25, 1, 0.777, 0):
        content, view = grid.page.evaluate(
            """(fraction) => {
                const grid = document.querySelector("data-grid");
                grid.scrollTop = fraction * (grid.scrollHeight - grid.clientHeight);
                return [grid.view.map.content, grid.view.map.view];
            }""",
            fraction,
        )
        top = top_at(fraction * (BAR - view), BAR - view, content - view)
        assert grid.first_row() == pytest.approx(top / ROW, abs=0.2)
        number = min(int(top / ROW) + 2, MILLION)
        assert grid.texts(number)[:2] == [str(number), million.name_in(number)]
        assert fraction == 1 or covers_the_view(grid)


def top_at(bar: float, most_bar: float, most_top: float) -> float:
    """What is above the view, in px: linear but for the 500,000 px at either end, which move 1:1."""
    if bar <= EDGE:
        return bar
    if bar >= most_bar - EDGE:
        return most_top - (most_bar - bar)
    return EDGE + (bar - EDGE) * (most_top - 2 * EDGE) / (most_bar - 2 * EDGE)


# Notes in each frame, once it is painted, the focused row that is in view.
WATCH = """() => {
    const seen = (window.seen = []);
    const grid = document.querySelector("data-grid");
    const look = () => {
        const row = document.getElementById("grid-focus")?.closest(".row");
        const box = row?.getBoundingClientRect();
        const top = grid.querySelector(".head").getBoundingClientRect().bottom;
        const isInView = box && box.top >= top - 0.01 && box.bottom <= grid.getBoundingClientRect().bottom + 0.01;
        if (isInView && seen.at(-1) !== row.ariaRowIndex - 1) seen.push(row.ariaRowIndex - 1);
        requestAnimationFrame(() => setTimeout(look));
    };
    look();
}"""
NEXT_SEEN = (
    "(before) => new Promise((done) => { const look = () => (seen.length > before ? done() : setTimeout(look)); look(); })"
)


@pytest.mark.parametrize(("ratio", "start"), [(1, 1), (2, 437_211)])
def test_holding_arrow_down_shows_every_row_in_order(million: Million, ratio: int, start: int) -> None:
    grid = million.grid(ratio)
    grid.page.evaluate(f"document.querySelector('data-grid').goTo({start - 1}, 0)")
    grid.settle()
    grid.page.evaluate(WATCH)
    for pressed in range(500):
        grid.page.keyboard.down("ArrowDown")  # again and again without letting go: the key repeats
        grid.page.evaluate(NEXT_SEEN, pressed + 1)
    assert grid.page.evaluate("seen") == list(range(start, start + 501))
    assert covers_the_view(grid)


@pytest.mark.parametrize("ratio", RATIOS)
def test_ten_wheel_notches_in_the_middle_move_exactly_a_thousand_pixels(million: Million, ratio: int) -> None:
    grid = million.grid(ratio)
    grid.page.evaluate("document.querySelector('data-grid').goTo(500000, 0)")
    grid.page.mouse.move(700, 400)
    before = grid.first_row()
    for _ in range(10):
        grid.page.mouse.wheel(0, 100)
        grid.page.wait_for_timeout(60)
    assert (grid.first_row() - before) * ROW == pytest.approx(1_000, abs=0.01)
    for _ in range(10):
        grid.page.mouse.wheel(0, -100)
        assert covers_the_view(grid)
    assert grid.first_row() == pytest.approx(before, abs=0.001)


def test_a_wheel_alone_reaches_the_last_row(million: Million) -> None:
    grid = million.grid()
    grid.page.evaluate("document.querySelector('data-grid').goTo(999800, 0)")
    grid.page.mouse.move(700, 400)
    for _ in range(70):
        grid.page.mouse.wheel(0, 120)
        grid.page.wait_for_timeout(10)
    assert grid.texts(MILLION)[0] == str(MILLION)


def test_rows_on_their_way_are_skeletons_and_never_white(million: Million) -> None:
    grid = million.grid()
    grid.page.route("**/window/**", lambda route: None)  # an answer that never comes
    grid.press("Control+End")
    grid.page.wait_for_selector(".row.skeleton")
    assert covers_the_view(grid)
    assert grid.page.locator(".row.skeleton").last.locator(".num").inner_text() == str(MILLION)
    assert grid.page.locator(".row.skeleton .frozen-bones").first.is_visible()


def test_a_dragged_bar_asks_only_where_it_starts_and_rests(million: Million) -> None:
    grid = million.grid()
    grid.settle()
    asked: list[str] = []
    grid.page.on("request", lambda request: asked.append(request.url) if "/window/" in request.url else None)
    rests = grid.page.evaluate(
        """async () => {
            const grid = document.querySelector("data-grid");
            let rests = 2;
            for (let at = 1, before = performance.now(); at <= 30; at += 1) {
                grid.scrollTop = at * 200_000;
                await new Promise(requestAnimationFrame);
                if (performance.now() - before > 40) rests += 1; // a busy machine: this was a rest
                before = performance.now();
            }
            return rests;
        }"""
    )
    grid.settle()
    assert 1 <= len(asked) <= 3 * rests
    assert covers_the_view(grid)


def test_requests_for_rows_left_behind_are_cancelled(million: Million) -> None:
    grid = million.grid()
    grid.settle()
    held: list[Route] = []
    grid.page.route("**/window/?start=500000", lambda route: held.append(route))
    cancelled: list[str] = []
    grid.page.on("requestfailed", lambda request: cancelled.append(request.url))
    grid.page.evaluate("document.querySelector('data-grid').goTo(500000, 0)")
    grid.wait(lambda: held)
    grid.press("Control+End")
    assert grid.texts(MILLION)[0] == str(MILLION)
    grid.wait(lambda: cancelled)
    assert any("start=500000" in url for url in cancelled)


def test_a_window_that_fails_says_so_and_comes_after_a_retry(million: Million) -> None:
    grid = million.grid()
    grid.settle()
    tries: list[str] = []

    def fail(route: Route) -> None:
        tries.append(route.request.url)
        route.abort()

    grid.page.route("**/window/**", fail)
    grid.press("Control+End")
    grid.page.get_by_text("Could not load.").first.wait_for()
    grid.wait(lambda: len(set(tries)) * 3 <= len(tries))  # the next try of its own comes after 5 s
    grid.page.unroute("**/window/**")
    grid.page.get_by_role("button", name="Retry").first.click()
    assert grid.texts(MILLION)[1] == million.name_in(MILLION)
    assert grid.page.get_by_text("Could not load.").count() == 0


def test_a_window_that_fails_is_asked_for_again_by_itself(million: Million) -> None:
    grid = million.grid()
    grid.settle()
    tries: list[str] = []

    def fail_twice(route: Route) -> Any:
        tries.append(route.request.url)
        return route.fulfill(status=500, body="broken") if len(tries) <= 2 else route.continue_()

    grid.page.route("**/window/**", fail_twice)
    grid.press("Control+End")
    assert grid.texts(MILLION)[0] == str(MILLION)
    assert len(tries) > 2


def test_the_page_keeps_a_bounded_number_of_rows(million: Million) -> None:
    grid = million.grid()
    grid.page.evaluate(
        """async () => {
            const grid = document.querySelector("data-grid");
            for (let at = 0; at < 70; at += 1) {
                grid.goTo(at * 10_000, 0);
                while (!grid.rows.row(at * 10_000)) await new Promise((resolve) => setTimeout(resolve, 5));
            }
        }"""
    )
    grid.settle()
    here = grid.page.evaluate(
        "Array.from({ length: 70 }, (_, at) => document.querySelector('data-grid').rows.row(at * 10_000)).filter(Boolean).length"
    )
    assert 10 <= here <= 60
    assert grid.page.locator("data-grid .row").count() < 60


def test_a_link_to_a_row_opens_the_page_at_it(million: Million) -> None:
    grid = million.grid()
    grid.open(f"/t/{million.table_id}/?row=654321")
    assert grid.focused() == (654_321, 1)
    assert grid.texts(654_321)[1] == million.name_in(654_321)
    assert covers_the_view(grid)


def test_go_to_row_takes_a_number_as_people_write_it(million: Million) -> None:
    grid = million.grid()
    grid.press("Control+g")
    grid.page.get_by_label("Row number").fill("750,000")
    grid.press("Enter")
    assert grid.focused() == (750_000, 1)
    grid.press("Control+g")
    for wrong in ("0", "1000001", "12x", ""):
        grid.page.get_by_label("Row number").fill(wrong)
        grid.press("Enter")
        assert grid.page.get_by_role("alert").get_by_text("from 1 to 1,000,000").is_visible()
    grid.press("Escape")
    assert grid.focused() == (750_000, 1)


def test_typing_brings_back_the_cell_that_was_scrolled_out_of_view(million: Million) -> None:
    grid = million.grid()
    grid.press("ArrowDown", 2)
    grid.page.evaluate("document.querySelector('data-grid').scrollTop = 4_000_000")
    grid.settle()
    assert grid.first_row() > 400_000
    grid.page.keyboard.type("xyz")
    grid.settle()
    assert grid.first_row() == pytest.approx(2, abs=2)
    assert grid.page.locator(".editor-field").input_value() == "xyz"
    grid.press("Escape")
    assert grid.focused() == (3, 1)


def test_the_header_and_the_frozen_column_stay(million: Million) -> None:
    grid = million.grid()
    grid.press("End")
    grid.settle()
    number, first = grid.box(1, 0), grid.box(1, 1)
    head = grid.page.locator(".head .col").first.bounding_box()
    left = grid.page.locator("data-grid").bounding_box()["x"]
    assert number["x"] == left
    assert first["x"] == head["x"] == number["x"] + number["width"]
    last, last_head = grid.box(1, 10), grid.page.locator(".head .col").last.bounding_box()
    assert last["x"] == last_head["x"]
    assert last["x"] + last["width"] <= left + grid.page.locator("data-grid").bounding_box()["width"]


def test_a_finger_scrolls_selects_and_opens_a_row_on_a_phone(million: Million) -> None:
    grid = million.grid(2, viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True)
    assert grid.page.evaluate("document.documentElement.scrollWidth") <= 375
    cell = grid.cell(3, 1)
    cell.tap()
    assert grid.focused() == (3, 1)
    cell.tap()
    grid.page.locator("#panel").get_by_role("heading", name="Row 3").wait_for()
    grid.page.get_by_role("button", name="Close").tap()
    assert grid.page.locator("#panel").inner_text() == ""
