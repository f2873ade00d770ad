"""A session that ends in the middle of an edit: nothing typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tables import edits, schema
from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import PASSWORD, cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
ROWS = [["Ann", 1], ["Bob", 2], ["Cid", 3]]


def end_session(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def log_in(page: Page, name: str = "alice") -> None:
    page.get_by_label("E-mail").first.fill(f"{name}@example.com")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_in_elsewhere(page: Page) -> None:
    """Log in in another tab."""
    other = page.context.new_page()
    other.goto("/accounts/login/")
    log_in(other)
    other.wait_for_url(lambda url: "login" not in url)


def edited_too_late(open_grid: Open, table: Table, text: str) -> Grid:
    """The table's grid, where the first cell was edited after the session had ended."""
    grid = open_grid(table)
    end_session(grid.page)
    grid.page.keyboard.type(text)
    grid.press("Enter")
    return grid


def told(page: Page) -> Any:
    return page.get_by_role("region", name="Messages").get_by_text("You have been logged out. What you typed is kept")


def test_what_was_changed_and_what_is_being_typed_go_on_after_logging_in(open_grid: Open) -> None:
    table = make_table(rows=ROWS)
    grid = edited_too_late(open_grid, table, "Anna")
    page = grid.page
    page.keyboard.type("Bobby")
    expect(told(page)).to_be_visible(timeout=8_000)
    assert page.locator(".editor-field").input_value() == "Bobby"
    # Not by the mouse, which would leave the field, and with that end the edit.
    page.get_by_role("button", name="Log in").dispatch_event("click")
    page.wait_for_url("**/accounts/login/**")
    log_in(page)
    page.wait_for_selector("data-grid[data-ready]")
    expect(page.locator(".editor-reason")).to_contain_text("You were logged out while you typed this.")
    assert page.locator(".editor-field").input_value() == "Bobby"
    grid.saved()
    assert [row[0] for row in cells(table)] == ["Anna", "Bob", "Cid"]
    grid.press("Enter")
    grid.saved()
    assert [row[0] for row in cells(table)] == ["Anna", "Bobby", "Cid"]


def test_logged_in_again_in_another_tab_the_edits_go_out_by_themselves(open_grid: Open) -> None:
    table = make_table(rows=ROWS)
    grid = edited_too_late(open_grid, table, "Anna")
    page = grid.page
    expect(told(page)).to_be_visible()
    log_in_elsewhere(page)
    expect(told(page)).to_be_hidden(timeout=8_000)
    grid.saved()
    assert cells(table)[0][0] == "Anna"


def test_somebody_else_who_logs_in_in_this_tab_gets_nothing_of_it(open_grid: Open) -> None:
    table = make_table(rows=ROWS)
    grid = edited_too_late(open_grid, table, "Anna's secret")
    page = grid.page
    page.get_by_role("button", name="Log in").click()
    log_in(page, "bob")
    page.wait_for_selector("data-grid[data-ready]")
    grid.frame()
    assert cells(table)[0][0] == "Ann"
    assert page.evaluate("sessionStorage.getItem('session:unsent')") == "[]"


def test_with_nothing_to_lose_the_log_in_page_comes_at_once(open_grid: Open) -> None:
    grid = open_grid(make_table(rows=ROWS))
    end_session(grid.page)
    grid.page.wait_for_url("**/accounts/login/**", timeout=10_000)


def test_a_row_being_edited_in_its_panel_goes_on_in_the_grid(open_grid: Open) -> None:
    table = make_table(rows=ROWS)
    grid = open_grid(table)
    page = grid.page
    grid.press("ArrowDown")
    grid.press("Space")
    page.get_by_label("Name", exact=True).fill("Bert")
    end_session(page)
    expect(told(page)).to_be_visible(timeout=8_000)
    page.get_by_role("button", name="Log in").click()
    log_in(page)
    page.wait_for_selector("data-grid[data-ready]")
    grid.saved()
    grid.wait(lambda: cells(table)[1][0] == "Bert" or page.locator(".editor-reason").count())


@pytest.mark.parametrize("what", ["row", "column"])
def test_what_was_typed_into_what_was_deleted_is_in_a_message(open_grid: Open, what: str) -> None:
    table = make_table(rows=ROWS)
    grid = open_grid(table)
    page = grid.page
    grid.press("F2")
    if what == "row":
        edits.delete_rows(table, make_user("bob"), [1])
    else:
        schema.delete_column(table, make_user("bob"), 1)
    page.keyboard.type("abel")
    grid.press("Enter")
    message = page.get_by_role("region", name="Messages")
    expect(message).to_contain_text(f"This {what} was deleted. You had typed: “Annabel”.")
    page.wait_for_timeout(3_000)
    expect(message).to_contain_text("You had typed: “Annabel”.")
