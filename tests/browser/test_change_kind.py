"""Changing a column's kind as a person does: the preview before, what does not fit marked after, and Ctrl+Z."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tables.models import Column, Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
VALUES = ["12", "1,5", "junk", None, "1,234", "12"]


def texts() -> Table:
    return make_table(columns=[("Amount", "text", {}), ("Note", "text", {})], rows=[[value, "n"] for value in VALUES])


def open_dialog(grid: Grid) -> None:
    """By the column's menu."""
    grid.page.locator("data-grid .head .col").first.hover()
    grid.page.get_by_role("button", name="Menu of column Amount").click()
    grid.page.get_by_role("menuitem", name="Change kind…").click()
    expect(grid.page.get_by_role("heading", name="Change kind of “Amount”")).to_be_visible()


def test_a_text_becomes_a_number_what_does_not_fit_is_told_marked_and_undone(open_grid: Open) -> None:
    table = texts()
    grid = open_grid(table)
    open_dialog(grid)
    dialog = grid.page.locator("#dialog")
    dialog.get_by_label("Number", exact=True).check()
    expect(dialog.locator(".kind-summary")).to_have_text("3 of 5 filled cells convert, 2 do not fit.")
    expect(dialog.locator(".kind-misfits tbody tr")).to_have_count(2)
    expect(dialog.locator(".kind-misfits")).to_contain_text("“junk” is not a number.")
    expect(dialog.locator(".kind-busy")).not_to_be_visible()
    dialog.get_by_label("Decimals").select_option("2")
    expect(dialog.locator(".kind-examples")).to_contain_text("“12” becomes “12.00”")
    with grid.page.expect_navigation():
        dialog.get_by_role("button", name="Change kind", exact=True).click()
    grid.page.wait_for_selector("data-grid[data-ready]", state="attached")
    assert [row[0] for row in cells(table)] == [12, "1,5", "junk", None, 1234, 12]
    assert [grid.cell(number, 1).inner_text() for number in (1, 2, 3, 5)] == ["12.00", "1,5", "junk", "1234.00"]
    expect(grid.page.locator("data-grid .row .bad")).to_have_text(["1,5", "junk"])
    grid.page.locator("data-grid").evaluate("(grid) => grid.focus()")
    grid.press("Control+Z")
    grid.wait(lambda: Column.objects.get(table=table, key=1).kind == "text")
    expect(grid.page.locator("data-grid .row .bad")).to_have_count(0)
    assert [row[0] for row in cells(table)] == VALUES


def test_the_edit_dialog_leads_there_and_options_are_made_from_the_values(open_grid: Open) -> None:
    table = texts()
    grid = open_grid(table)
    grid.page.goto(f"/t/{table.pk}/columns/1/")
    grid.page.get_by_role("link", name="Change kind…").click()
    dialog = grid.page.locator("form.dialog-form")
    dialog.get_by_label("Single select").check()
    expect(dialog.get_by_label("Create options from the values")).to_be_checked()
    expect(dialog.locator(".kind-summary")).to_have_text("All 5 filled cells convert.")
    dialog.get_by_label("Create options from the values").uncheck()
    expect(dialog.locator(".kind-summary")).to_have_text("0 of 5 filled cells convert, 5 do not fit.")
    dialog.get_by_role("button", name="Add option").click()
    dialog.get_by_label("Name of the option").fill("JUNK")
    expect(dialog.locator(".kind-summary")).to_have_text("1 of 5 filled cells convert, 4 do not fit.")
    dialog.get_by_role("button", name="Remove this option").click()
    expect(dialog.locator(".kind-summary")).to_have_text("0 of 5 filled cells convert, 5 do not fit.")
    dialog.get_by_label("Create options from the values").check()
    dialog.get_by_role("button", name="Change kind", exact=True).click()
    grid.wait(lambda: Column.objects.get(table=table, key=1).kind == "select")
    column = Column.objects.get(table=table, key=1)
    assert sorted(choice["name"] for choice in column.options["options"]) == ["1,234", "1,5", "12", "junk"]


def test_without_script_it_works_at_its_own_address(context_for: Callable[..., object]) -> None:
    table = texts()
    page = context_for("alice", java_script_enabled=False).new_page()  # type: ignore[attr-defined]
    page.goto(f"/t/{table.pk}/columns/1/kind/")
    page.get_by_label("Number", exact=True).check()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".kind-summary")).to_have_text("3 of 5 filled cells convert, 2 do not fit.")
    page.get_by_role("button", name="Change kind", exact=True).click()
    page.wait_for_url(f"**/t/{table.pk}/**")
    assert Column.objects.get(table=table, key=1).kind == "number"


@pytest.mark.parametrize("width", [1280, 400])
def test_the_dialog_as_a_person_sees_it(open_grid: Open, width: int) -> None:
    """Its actions stay in view, and nothing is wider than it."""
    table = texts()
    grid = open_grid(table)
    grid.page.set_viewport_size({"width": width, "height": 700})
    grid.page.goto(f"/t/{table.pk}/")
    open_dialog(grid)
    dialog = grid.page.locator("#dialog")
    dialog.get_by_label("Number", exact=True).check()
    expect(dialog.locator(".kind-misfits")).to_be_attached()
    expect(dialog.get_by_role("button", name="Change kind", exact=True)).to_be_in_viewport()
    assert dialog.evaluate("(d) => [...d.children].every((c) => c.scrollWidth <= c.clientWidth)")
