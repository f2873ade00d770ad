"""The toolbar as a person uses it: a filter is built, rows are sorted, columns hidden, and the address goes along."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
STATUS = {"options": [{"id": "won", "name": "Won", "color": "green"}, {"id": "lost", "name": "Lost", "color": "red"}]}
COLUMNS: Any = (("Name", "text", {}), ("Amount", "number", {}), ("Status", "select", STATUS))
ROWS = [["Ann", 1, "won"], ["Ben", 20, "lost"], ["Cas", 3, "won"], ["Dan", 40, None]]


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(columns=COLUMNS, rows=ROWS)


def part(page: Page, name: str) -> str:
    """A part of the link, as the address has it."""
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def names(grid: Grid) -> list[str]:
    """The first column of every row, once it stands still."""
    grid.settle()
    return [str(text) for text in grid.page.locator("data-grid .row[data-id] > [aria-colindex='2']").all_inner_texts()]


def shows(grid: Grid, *wanted: str) -> None:
    grid.wait(lambda: names(grid) == list(wanted), f"rows {wanted}, not {names(grid)}")


def step(grid: Grid, go: Callable[[], object]) -> None:
    """Back or forward, which loads the page anew."""
    with grid.page.expect_event("domcontentloaded"):
        go()
    grid.page.wait_for_selector("data-grid[data-ready]", state="attached")


def head(page: Page, name: str) -> Any:
    return page.locator(f"data-grid .col[data-name='{name}']")


def panel(page: Page, tool: str) -> Any:
    page.locator(f"#tool-{tool}").click()
    found = page.locator(".tool-panel:popover-open")
    found.wait_for()
    settled(page)
    return found


def settled(page: Page) -> None:
    """Nothing is on its way any more."""
    expect(page.locator(".htmx-request")).to_have_count(0)


def test_a_filter_with_a_group_is_built_by_mouse(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    found = panel(page, "filter")
    found.get_by_label("Column").select_option(label="Amount")
    settled(page)
    found.get_by_label("How Amount is compared").select_option(label=">")
    settled(page)
    found.get_by_label("Value for Amount").fill("2")
    shows(grid, "Ben", "Cas", "Dan")
    found.get_by_role("button", name="Add group").click()
    settled(page)
    inner = found.get_by_role("group", name="Group of conditions")
    inner.get_by_label("Column").select_option(label="Status")
    settled(page)
    inner.get_by_text("Won").click()
    shows(grid, "Cas")
    inner.get_by_role("button", name="Add condition").click()
    settled(page)
    inner.get_by_role("group", name="Condition").last.get_by_label("Value for Name").fill("da")
    shows(grid, "Cas", "Dan")
    assert json.loads(part(page, "filter")) == ["all", [2, ">", 2], ["any", [3, "is", "won"], [1, "contains", "da"]]]
    page.keyboard.press("Escape")
    expect(page.locator("#tool-filter")).to_be_focused()
    expect(page.locator("#tool-filter")).to_have_text("Filtered by 3 columns")
    expect(page.locator(".chip-words")).to_have_text(["Amount is more than 2", "Status is Won or Name contains “da”"])
    page.reload()
    shows(grid, "Cas", "Dan")


def test_a_filter_is_built_by_keyboard(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    page.locator("#tool-filter").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Column", exact=True)).to_be_focused()
    settled(page)
    page.keyboard.type("Amount")
    expect(page.get_by_label("How Amount is compared")).to_be_visible()
    settled(page)
    expect(page.get_by_label("Column", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("20x")
    expect(page.get_by_text("“20x” is not a number.")).to_be_visible()
    expect(page.get_by_label("Value for Amount")).to_be_focused()
    page.keyboard.press("Backspace")
    shows(grid, "Ben")
    expect(page.get_by_text("is not a number.")).to_have_count(0)
    assert page.get_by_label("Value for Amount").input_value() == "20"
    page.keyboard.press("Enter")
    settled(page)
    expect(page.get_by_label("Value for Amount")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#tool-filter")).to_be_focused()


def test_a_chip_opens_its_condition_and_takes_it_away(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.open(f'/t/{table.pk}/?filter=["all",[1,"contains","n"],[2,">",1]]').page
    shows(grid, "Ben", "Dan")
    page.get_by_role("button", name="Amount is more than 1", exact=True).click()
    expect(page.get_by_label("Value for Amount")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove the filter Name contains “n”").click()
    shows(grid, "Ben", "Cas", "Dan")
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_role("button", name="Clear all").click()
    shows(grid, "Ann", "Ben", "Cas", "Dan")
    expect(page.locator(".chips")).not_to_be_visible()
    step(grid, page.go_back)
    shows(grid, "Ben", "Cas", "Dan")
    step(grid, page.go_back)
    shows(grid, "Ben", "Dan")
    step(grid, page.go_forward)
    shows(grid, "Ben", "Cas", "Dan")


def test_what_is_typed_in_one_go_is_one_step_back(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    field = panel(page, "filter").get_by_label("Value for Name")
    for text, wanted in (("n", ("Ann", "Ben", "Dan")), ("an", ("Ann", "Dan")), ("ann", ("Ann",))):
        field.fill(text)
        shows(grid, *wanted)
    step(grid, page.go_back)
    shows(grid, "Ann", "Ben", "Cas", "Dan")
    assert part(page, "filter") == ""


def test_a_header_sorts_by_clicks_and_says_so(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    amount, status = head(page, "Amount"), head(page, "Status")
    amount.hover()
    amount.locator(".sort-mark").click()
    shows(grid, "Ann", "Cas", "Ben", "Dan")
    expect(amount).to_have_attribute("aria-sort", "ascending")
    amount.get_by_role("button", name="Sorted upwards by Amount").click()
    shows(grid, "Dan", "Ben", "Cas", "Ann")
    expect(amount).to_have_attribute("aria-sort", "descending")
    status.hover()
    status.locator(".sort-mark").click(modifiers=["Shift"])
    expect(status.locator(".sort-mark")).to_have_attribute("data-level", "2")
    assert part(page, "sort") == "-2,3"
    amount.locator(".sort-mark").click()
    assert part(page, "sort") == "3"
    shows(grid, "Ann", "Cas", "Ben", "Dan")
    assert amount.get_attribute("aria-sort") is None
    step(grid, page.go_back)
    expect(amount).to_have_attribute("aria-sort", "descending")


def test_the_sort_panel_adds_levels_and_turns_them(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    found = panel(page, "sort")
    found.get_by_role("button", name="Add sort").click()
    settled(page)
    found.get_by_label("Column").select_option(label="Status")
    settled(page)
    found.get_by_role("button", name="Add sort").click()
    settled(page)
    found.get_by_label("Direction of Name").select_option(label="Z → A")
    settled(page)
    assert part(page, "sort") == "3,-1"
    shows(grid, "Cas", "Ann", "Ben", "Dan")
    found.get_by_role("button", name="Move Name up").click()
    settled(page)
    shows(grid, "Dan", "Cas", "Ben", "Ann")


def test_the_group_panel_stays_open_while_the_page_comes_anew(open_grid: Open, table: Table) -> None:
    page = open_grid(table).page
    panel(page, "group").get_by_role("button", name="Add group").click()
    page.wait_for_url("**group=1*")
    expect(page.locator(".tool-panel:popover-open").get_by_label("Column")).to_have_value("1")
    expect(page.locator("data-grid .group")).to_have_count(4)


def test_fields_are_hidden_and_moved_when_the_panel_closes(open_grid: Open, table: Table) -> None:
    page = open_grid(table).page
    found = panel(page, "fields")
    found.get_by_label("Amount", exact=True).uncheck()
    found.get_by_label("Name", exact=True).click(force=True)
    expect(found.get_by_label("Name", exact=True)).to_be_checked()
    found.get_by_role("button", name="Move Status up").click()
    expect(found.get_by_role("button", name="Move Status up")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url("**hide=2*")
    expect(page.locator("data-grid .col .name")).to_have_text(["Name", "Status"])
    expect(page.locator("#tool-fields")).to_have_text("1 hidden field")
    panel(page, "fields").get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("data-grid .col .name")).to_have_text(["Name", "Status", "Amount"])
    url = page.url
    panel(page, "fields").get_by_role("button", name="Done").click()
    page.wait_for_timeout(300)
    assert page.url == url


def test_rows_are_as_tall_as_the_menu_says(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    page.locator("#tool-height").click()
    page.get_by_role("menuitemradio", name="Tall").click()
    page.wait_for_url("**height=tall*")
    page.locator("data-grid[data-ready]").wait_for()
    grid.settle()
    first, second = (grid.box(row, 1) for row in (1, 2))
    assert second["height"] == 88 and second["y"] - first["y"] == 88


def test_a_columns_menu_sorts_filters_by_values_and_hides(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+ArrowDown")
    page.get_by_role("menuitemradio", name="Sort 9 → 1").click()
    shows(grid, "Dan", "Ben", "Cas", "Ann")
    head(page, "Status").hover()
    head(page, "Status").get_by_role("button", name="Menu of column Status").click()
    settled(page)
    page.get_by_role("menuitem", name="Pick values…").click()
    page.get_by_role("checkbox", name="Won").check()
    shows(grid, "Cas", "Ann")
    page.get_by_role("checkbox", name="Empty").check()
    shows(grid, "Dan", "Cas", "Ann")
    page.keyboard.press("Escape")
    expect(page.locator(".tool-panel:popover-open")).to_have_count(0)
    head(page, "Status").hover()
    head(page, "Status").get_by_role("button", name="Menu of column Status").click()
    settled(page)
    page.get_by_role("menuitem", name="Chart…").click()
    page.locator(".chart-drawing").wait_for()
    page.keyboard.press("Escape")
    head(page, "Status").get_by_role("button", name="Menu of column Status").click()
    settled(page)
    page.get_by_role("menuitem", name="Hide column").click()
    expect(page.locator("data-grid .col .name")).to_have_text(["Name", "Amount"])


def test_a_cell_filters_by_mouse_and_by_keyboard(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    grid.cell(1, 3).click(button="right")
    page.get_by_role("menuitem", name="Only Won").click()
    shows(grid, "Ann", "Cas")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Only Cas")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    shows(grid, "Ann")
    page.keyboard.press("ContextMenu")
    expect(page.get_by_role("menuitem", name="Only Ann")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.type("still typed into the cell")
    page.keyboard.press("Enter")
    grid.text(1, 1, "still typed into the cell")


def test_a_key_that_comes_before_a_menu_is_painted_counts(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.page.evaluate(
        """() => {
            document.querySelector("data-grid").run("cellMenu");
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
        }"""
    )
    grid.frame()
    expect(grid.page.get_by_role("menuitem", name="Not Ann")).to_be_focused()


def test_a_cell_is_copied(context_for: Callable[..., BrowserContext], table: Table) -> None:
    page = context_for("vera", permissions=["clipboard-read", "clipboard-write"]).new_page()
    grid = Grid(page).open(f"/t/{table.pk}/")
    grid.cell(2, 3).click(button="right")
    page.get_by_role("menuitem", name="Copy cell").click()
    grid.wait(lambda: page.evaluate("navigator.clipboard.readText()") == "Lost")


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, {"width": 390, "height": 780}])
def test_every_panel_is_inside_the_window(context_for: Callable[..., BrowserContext], size: dict[str, int]) -> None:
    columns: Any = [("שם ארוך מאוד " * 8, "text", {}), *((f"Column of number {n} " * 5, "number", {}) for n in range(60))]
    table = make_table(columns=columns, rows=[["x", 1]])
    page = context_for("vera", viewport=size).new_page()
    conditions = ",".join(f'["any",["all",[{n},">",1],[{n},"between",[1,2]]]]' for n in range(2, 9))
    Grid(page).open(f'/t/{table.pk}/?filter=["all",{conditions}]&sort=1,2,3,4,5,6,7,8')
    for tool in ("fields", "filter", "group", "sort"):
        found = panel(page, tool)
        box = found.bounding_box()
        assert box["x"] >= 0 and box["y"] >= 0, tool
        assert box["x"] + box["width"] <= size["width"] + 1 and box["y"] + box["height"] <= size["height"] + 1, tool
        assert found.evaluate("(panel) => panel.scrollWidth <= panel.clientWidth"), tool
        page.keyboard.press("Escape")
        expect(found).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
