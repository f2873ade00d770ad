"""Dialogs: over the page they belong to, and as pages of their own."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


@pytest.fixture
def page(context_for: Callable[..., BrowserContext]) -> Page:
    return context_for("bob").new_page()


def test_cancel_closes_a_dialog_and_leaves_the_page_behind_it_as_it_was(page: Page, table: Table) -> None:
    grid = Grid(page).open(f"/t/{table.pk}/?view=0&sort=-2")
    address = page.url
    page.evaluate("() => { window.isSamePage = true; }")
    page.get_by_role("button", name="Add a column").first.click()
    page.get_by_role("heading", name="New column").wait_for()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#dialog")).not_to_be_visible()
    grid.frame()
    assert page.url == address and page.evaluate("() => window.isSamePage")


def test_cancel_leads_back_from_a_dialog_that_is_a_page(page: Page, table: Table) -> None:
    page.goto(f"/b/{table.base_id}/tables/new/")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(re.compile(f"/b/{table.base_id}/$"))


def test_a_file_is_imported_from_the_dialogs_own_page(page: Page, table: Table, settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    page.goto(f"/b/{table.base_id}/import/")
    page.locator("input[type=file]").set_input_files({"name": "people.xlsx", "mimeType": "text/csv", "buffer": b"Name\nAnn\n"})
    page.get_by_role("button", name="Import").click()
    page.get_by_text("not of a known type").wait_for()
    page.locator("input[type=file]").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": b"Name\nAnn\n"})
    page.get_by_role("button", name="Import").click()
    page.wait_for_url(re.compile(r"/t/\d+/$"))
    expect(page.get_by_role("heading", name="people")).to_be_visible()


def test_rows_are_added_from_the_dialogs_own_page(page: Page, table: Table) -> None:
    page.goto(f"/t/{table.pk}/load/")
    page.get_by_label("Number of rows").fill("none")
    page.get_by_role("button", name="Add rows").click()
    page.get_by_text("is not a number of rows").wait_for()
    page.get_by_label("Number of rows").fill("5")
    page.get_by_role("button", name="Add rows").click()
    page.wait_for_url(f"**/t/{table.pk}/")
    page.get_by_text("Adding 5 rows").wait_for()
