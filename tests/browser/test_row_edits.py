"""A row edited in its panel and on its page: saved field by field, by the rules of the grid, and nothing typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tables import edits
from tables.models import Column, Table
from tests.browser.conftest import Grid
from tests.browser.test_grid_edits import CHOICES
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
COLUMNS = (
    ("Name", "text", {}),
    ("Note", "long_text", {}),
    ("Amount", "number", {"decimals": 2}),
    ("Done", "checkbox", {}),
    ("Colour", "select", CHOICES),
    ("Colours", "multi_select", CHOICES),
    ("Stars", "rating", {}),
    ("Day", "date", {"format": "long"}),
    ("Site", "url", {}),
    ("Changed", "modified_time", {}),
)
ANN = ["Ann", "one\ntwo", 1234.5678, None, "a", ["a"], 2, "2026-11-21", "https://a.example/x"]


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(columns=COLUMNS, rows=[ANN, ["Bob"], ["Cid"]])


def opened(open_grid: Open, table: Table) -> Grid:
    grid = open_grid(table)
    grid.press("Space")
    expect(grid.page.locator("#panel .row-panel")).to_be_visible()
    return grid


def field(page: Page, name: str) -> Any:
    return page.locator(f".row-field[data-name='{name}']")


def saved(page: Page, name: str) -> None:
    expect(field(page, name).locator(".row-state")).to_have_text("Saved")


def test_every_kind_is_edited_in_the_panel_and_the_grids_row_shows_it_at_once(open_grid: Open, table: Table) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    page.get_by_label("Name", exact=True).fill("Anna")
    page.get_by_label("Name", exact=True).press("Enter")
    saved(page, "Name")
    grid.text(1, 1, "Anna")
    page.get_by_label("Note", exact=True).fill("one\ntwo\nthree")
    # Left, not sent by Enter, which is a new line here.
    page.get_by_label("Amount", exact=True).focus()
    saved(page, "Note")
    assert page.get_by_label("Amount", exact=True).input_value() == "1234.5678"
    page.get_by_label("Amount", exact=True).fill("2,000.5")
    page.get_by_label("Done", exact=True).check()
    saved(page, "Amount")
    saved(page, "Done")
    expect(page.get_by_label("Amount", exact=True)).to_have_value("2000.5")
    page.get_by_label("Colour", exact=True).select_option("Blue, dark")
    saved(page, "Colour")
    field(page, "Colours").get_by_label("Blue, dark").check()
    saved(page, "Colours")
    field(page, "Stars").locator("label").nth(3).click()
    saved(page, "Stars")
    page.get_by_label("Site", exact=True).fill("b.example")
    page.get_by_label("Site", exact=True).press("Enter")
    saved(page, "Site")
    expect(page.get_by_label("Site", exact=True)).to_have_value("https://b.example")
    expect(field(page, "Site").get_by_role("link")).to_have_attribute("href", "https://b.example")
    assert cells(table)[0][:9] == ["Anna", "one\ntwo\nthree", 2000.5, True, "b", ["a", "b"], 4, "2026-11-21", "https://b.example"]
    grid.text(1, 3, "2000.50")
    expect(grid.cell(1, 5).locator(".opt")).to_have_text("Blue, dark")
    field(page, "Stars").get_by_role("button", name="Clear").click()
    saved(page, "Stars")
    assert cells(table)[0][6] is None


def test_a_day_is_picked_from_the_calendar_and_typed(open_grid: Open, table: Table) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    page.get_by_role("button", name="Show the calendar of Day").click()
    calendar = page.get_by_role("dialog", name="Calendar of Day")
    grid.press("ArrowDown")
    assert page.get_by_label("Day", exact=True).input_value() == "28 Nov 2026"
    grid.press("Escape")
    expect(calendar).to_have_count(0)
    grid.press("Escape")
    expect(page.get_by_label("Day", exact=True)).to_have_value("21 Nov 2026")
    grid.press("Alt+ArrowDown")
    calendar.get_by_role("gridcell", name="Wednesday, 25 November 2026").click()
    saved(page, "Day")
    assert cells(table)[0][7] == "2026-11-25"
    page.get_by_label("Day", exact=True).fill("31 Feb 2026")
    grid.press("Enter")
    expect(field(page, "Day").locator(".row-state")).to_have_text("“31 Feb 2026” is not a day of the calendar.")
    expect(page.get_by_label("Day", exact=True)).to_have_value("31 Feb 2026")


def test_what_does_not_fit_stays_in_its_field_with_the_reason_until_it_does(open_grid: Open, table: Table) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    amount = page.get_by_label("Amount", exact=True)
    amount.fill("lots")
    grid.press("Tab")
    state = field(page, "Amount").locator(".row-state")
    expect(state).to_contain_text("“lots” is not a number")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_value("lots")
    amount.fill("7")
    grid.press("Enter")
    saved(page, "Amount")
    assert cells(table)[0][2] == 7
    # Esc takes back what was typed, and only then closes the panel.
    amount.fill("8")
    grid.press("Escape")
    expect(amount).to_have_value("7")
    grid.press("Escape")
    expect(page.locator("#panel .row-panel")).to_have_count(0)
    assert cells(table)[0][2] == 7


@pytest.mark.parametrize(("choice", "expected"), [("Keep mine", "Mine"), ("Take theirs", "Bob's")])
def test_of_two_values_the_person_picks_one(open_grid: Open, table: Table, choice: str, expected: str) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    name = page.get_by_label("Name", exact=True)
    name.fill("Mine")
    edits.set_cell(table, make_user("bob"), 1, 1, "Bob's", table.version)
    page.wait_for_timeout(2_500)  # news of it does not touch what is being typed
    expect(name).to_have_value("Mine")
    grid.press("Enter")
    state = field(page, "Name").locator(".row-state")
    expect(state).to_contain_text("It now holds “Bob's”; you entered “Mine”.")
    assert cells(table)[0][0] == "Bob's"
    page.get_by_role("button", name=choice).click()
    grid.text(1, 1, expected)
    expect(page.get_by_label("Name", exact=True)).to_have_value(expected)
    assert cells(table)[0][0] == expected


def test_somebody_elses_change_comes_into_the_panel_and_the_page_by_itself(
    context_for: Callable[..., BrowserContext], table: Table
) -> None:
    pages = [context_for("alice").new_page(), context_for("alice").new_page()]
    grid = Grid(pages[0]).open(f"/t/{table.pk}/")
    grid.press("Space")
    pages[1].goto(f"/t/{table.pk}/rows/1/")
    for page in pages:
        page.get_by_label("Note", exact=True).fill("I am typing")
    bob = make_user("bob")
    edits.set_cell(table, bob, 1, 1, "By Bob", table.version)
    edits.set_cell(table, bob, 1, 4, "true", table.version)
    for page in pages:
        expect(page.get_by_label("Name", exact=True)).to_have_value("By Bob", timeout=8_000)
        expect(page.get_by_label("Done", exact=True)).to_be_checked()
        expect(page.get_by_label("Note", exact=True)).to_have_value("I am typing")
        expect(page.get_by_label("Note", exact=True)).to_be_focused()
    # Another cell of the row is no conflict.
    pages[1].get_by_label("Name", exact=True).focus()
    saved(pages[1], "Note")
    assert cells(table)[0][:2] == ["By Bob", "I am typing"]


def test_an_edit_in_the_grid_is_in_the_panel_beside_it(open_grid: Open, table: Table) -> None:
    grid = opened(open_grid, table)
    grid.cell(1, 1).click()
    grid.page.keyboard.type("From the grid")
    grid.press("Enter")
    expect(grid.page.get_by_label("Name", exact=True)).to_have_value("From the grid")


def test_on_to_the_next_row_what_was_typed_is_saved_and_what_failed_is_told(open_grid: Open, table: Table) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    page.get_by_label("Name", exact=True).fill("Ann B.")
    page.get_by_role("link", name="Next row").click()
    expect(page.locator("#panel .row-panel")).to_have_attribute("data-row", "2")
    grid.text(1, 1, "Ann B.")
    page.get_by_label("Amount", exact=True).fill("many")
    page.get_by_role("link", name="Next row").click()
    expect(page.locator("#panel .row-panel")).to_have_attribute("data-row", "3")
    message = page.get_by_role("region", name="Messages")
    expect(message).to_contain_text("Row 2, “Amount”: “many” is not a number")
    expect(message).to_contain_text("You had entered: “many”.")
    assert [row[0] for row in cells(table)] == ["Ann B.", "Bob", "Cid"]


def test_without_a_network_a_change_waits_and_goes_out_when_it_is_back(open_grid: Open, table: Table) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    page.route("**/cell/**", lambda route: route.abort())
    page.get_by_label("Name", exact=True).fill("Later")
    grid.press("Enter")
    expect(field(page, "Name").locator(".row-state")).to_contain_text("Rowan cannot be reached.")
    page.unroute("**/cell/**")
    saved(page, "Name")
    assert cells(table)[0][0] == "Later"


def test_a_row_that_is_deleted_under_its_panel_says_so_and_keeps_what_was_typed(open_grid: Open, table: Table) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    page.get_by_label("Note", exact=True).fill("a long thought")
    edits.delete_rows(table, make_user("bob"), [1])
    expect(page.locator("#panel .row-gone")).to_contain_text("This row was deleted.", timeout=8_000)
    expect(page.get_by_label("Note", exact=True)).to_have_value("a long thought")


def test_a_viewer_reads_a_row_and_finds_nothing_to_change(context_for: Callable[..., BrowserContext], table: Table) -> None:
    page = context_for("vera").new_page()
    grid = Grid(page).open(f"/t/{table.pk}/")
    grid.press("Space")
    expect(page.locator("#panel .row-fields")).to_contain_text("1234.57")
    assert page.locator("#panel").locator("input, select, textarea").count() == 0


@pytest.mark.parametrize("place", ["panel", "page"])
def test_options_are_found_and_made_below_a_field_by_keys(open_grid: Open, table: Table, place: str) -> None:
    grid = opened(open_grid, table)
    page = grid.page
    if place == "page":
        page.get_by_role("link", name="Open as a page").click()
        page.wait_for_url("**/rows/1/**")
    opener = page.get_by_role("button", name="Find or add an option of Colour", exact=True)
    opener.press("Enter")
    box = page.get_by_role("combobox", name="Find or add an option of Colour", exact=True)
    expect(box).to_be_focused()
    page.keyboard.type("deep")
    expect(page.locator(".row-picker").get_by_role("option")).to_have_text(["Create option “deep”"])
    page.keyboard.type(" green")
    grid.press("Enter")
    saved(page, "Colour")
    expect(page.get_by_label("Colour", exact=True)).to_have_value("deep green")
    expect(opener).to_be_focused()
    first = options_of(table, 5)
    assert first[-1] == "deep green" and cells(table)[0][4] == Column.objects.get(table=table, key=5).options["options"][-1]["id"]
    opener = page.get_by_role("button", name="Find or add an option of Colours", exact=True)
    for typed in ("blu", "Violet"):  # one that is there, one that is not
        opener.press("Enter")
        page.keyboard.type(typed)
        grid.press("Enter")
        saved(page, "Colours")
        expect(opener).to_be_focused()
    expect(field(page, "Colours").locator("input:checked")).to_have_count(3)
    opener.press("Enter")
    grid.press("Escape")
    expect(page.locator(".row-picker")).to_have_count(0)
    expect(opener).to_be_focused()
    assert options_of(table, 6) == [*first[:-1], "Violet"] and len(cells(table)[0][5]) == 3
    if place == "panel":
        grid.press("Escape")
        expect(page.locator("#panel .row-panel")).to_have_count(0)
        expect(grid.cell(1, 5).locator(".opt")).to_have_text("deep green")
        grid.press("ArrowDown")
        grid.press("Home")
        grid.press("ArrowRight", 4)
        grid.press("Enter")
        expect(
            page.locator("data-grid .picker").get_by_role("option", name="deep green")
        ).to_be_visible()  # without the page coming anew
        grid.press("Escape")
        with page.expect_navigation():  # other options are another page
            grid.press("Control+z")
        assert options_of(table, 6) == first[:-1] and len(cells(table)[0][5]) == 2


def options_of(table: Table, key: int) -> list[str]:
    return [option["name"] for option in Column.objects.get(table=table, key=key).options["options"]]
