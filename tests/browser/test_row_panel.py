"""The row's panel in a view that is filtered and sorted: on to the next rows, out to their page, and back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tables import edits
from tables.models import Table
from tests.browser import finding
from tests.browser.conftest import Grid
from tests.browser.finding import AMOUNT, COUNTRY, QUANTITY
from tests.make import make_user
from tests.viewing import make_view

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]


@pytest.fixture
def table(db: Any) -> Table:
    return finding.leads(300)


def test_from_the_panel_to_the_page_and_back_to_the_same_view_at_that_row(open_grid: Open, table: Table) -> None:
    parts = {"filter": f'["all",[{COUNTRY},"filled"],[{AMOUNT},">",100]]', "sort": f"-{AMOUNT}"}
    view = make_view(table, name="Large", **parts)
    # Beside what is saved: another order.
    seen = {"view": str(view.pk), "sort": f"{QUANTITY},-{AMOUNT}"}
    expected = finding.ids(table, **{**parts, "sort": seen["sort"]})
    assert expected[:10] != finding.ids(table, **parts)[:10]
    grid = open_grid(table)
    page = grid.page
    finding.opened(grid, table, **seen)
    grid.press("ArrowDown", 3)
    grid.press("Space")
    row = page.locator("#panel .row-panel")
    title = page.locator("#row-title")
    expect(row).to_have_attribute("data-row", str(expected[3]))
    for place in (4, 5):
        # By keyboard, which keeps its place.
        page.get_by_role("link", name="Next row").press("Enter")
        expect(row).to_have_attribute("data-row", str(expected[place]))
        expect(page.get_by_role("link", name="Next row")).to_be_focused()
        expect(title).to_have_text(f"Row {place + 1} of {len(expected)}")
    page.get_by_role("link", name="Previous row").click()
    expect(row).to_have_attribute("data-row", str(expected[4]))
    page.get_by_role("link", name="Open as a page").click()
    page.wait_for_url(f"**/rows/{expected[4]}/*")
    expect(title).to_have_text(f"Row 5 of {len(expected)}")
    page.get_by_role("link", name="Next row").click()
    page.wait_for_url(f"**/rows/{expected[5]}/*")
    page.get_by_role("link", name="Show in Leads").click()
    finding.ready(grid, **seen)
    assert finding.link(page) == {**seen, "row": str(expected[5])}
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name="Large")
    expect(tab).to_have_attribute("aria-current", "page")
    assert grid.focused() == (6, 1)
    finding.shows(grid, expected)


def test_a_row_that_leaves_the_view_while_its_panel_is_open_says_so_and_shows_its_fields(open_grid: Open, table: Table) -> None:
    parts = {"filter": f'["all",[{AMOUNT},">",0]]', "sort": str(AMOUNT)}
    expected = finding.ids(table, **parts)
    grid = finding.opened(open_grid(table), table, **parts)
    page = grid.page
    grid.press("Space")
    expect(page.locator("#row-title")).to_have_text(f"Row 1 of {len(expected)}")
    edits.set_cell(table, make_user("bob"), expected[1], AMOUNT, "-5", table.version)
    page.locator(f"#panel [href*='/rows/{expected[1]}/']").click()
    expect(page.locator("#row-title")).to_have_text("A row that is not shown")
    expect(page.locator("#panel")).to_contain_text("the filter or the search leaves it out")
    expect(page.get_by_label("Amount", exact=True)).to_have_value("-5")
    page.get_by_role("link", name="Show it among all rows").click()
    finding.ready(grid, view="0", row=str(expected[1]))
    assert grid.focused()[0] == expected[1]


def test_beside_the_panel_the_tables_tools_stand_on_one_line(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Space")
    grid.page.locator("#panel .row-panel").wait_for()
    tools = grid.page.get_by_role("group", name="Tools of this table").get_by_role("button")
    assert len({round(box["y"]) for each in tools.all() if (box := each.bounding_box())}) == 1
    expect(grid.page.get_by_role("button", name="Go to row…")).to_be_visible()


def test_a_row_is_opened_by_a_click_beside_its_number(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    number = grid.row(3).locator("> .num")
    number.hover()
    mark = "number => [getComputedStyle(number, '::after').content, getComputedStyle(number, '::after').left]"
    assert number.evaluate(mark) == ['"⤢"', "18px"]
    number.click(position={"x": 26, "y": 12})
    expect(grid.page.locator("#panel .row-panel")).to_have_attribute("data-row", "3")
    grid.page.get_by_role("button", name="Close").last.click()
    number.click()  # in the middle: as everywhere, it selects the row
    assert grid.page.locator("#panel .row-panel").count() == 0
    expect(grid.row(3)).to_have_attribute("aria-selected", "true")
