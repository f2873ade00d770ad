"""Dragging the edge of a column: in a saved view, and for viewers, the width is the view's, and unsaved at first."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.browser.finding import link, requests
from tests.make import make_table
from tests.viewing import again, make_view

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Contexts = Callable[..., BrowserContext]


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


def opened(contexts: Contexts, person: str, table: Table, view: object) -> Grid:
    grid = Grid(contexts(person).new_page()).open(f"/t/{table.pk}/?view={view}")
    grid.page.evaluate("window.isSamePage = true")
    return grid


def widths(grid: Grid) -> list[float]:
    return [grid.box(1, column)["width"] for column in (1, 2)]


def drag(grid: Grid, column: int, by: int) -> None:
    box = grid.page.locator(".head .col").nth(column - 1).bounding_box()
    edge = box["x"] + box["width"]
    grid.page.mouse.move(edge - 1, box["y"] + 10)
    grid.page.mouse.down()
    grid.page.mouse.move(edge - 1 + by, box["y"] + 10, steps=3)
    grid.page.mouse.up()


def owns(table: Table) -> list[int]:
    return list(table.live_columns().values_list("width", flat=True))


def test_in_a_saved_view_a_width_is_a_change_of_the_view(context_for: Contexts, table: Table) -> None:
    view, own = make_view(table), owns(table)
    grid = opened(context_for, "bob", table, view.pk)
    with requests(grid.page, "/width/") as sent:
        before = grid.page.evaluate("history.length")
        drag(grid, 2, 50)
        grid.page.get_by_text("Not saved", exact=True).wait_for()
        drag(grid, 1, -20)
        grid.wait(lambda: link(grid.page).get("widths") == f"2:{own[1] + 50},1:{own[0] - 20}")
    assert sent == [] and owns(table) == own
    assert grid.page.evaluate("window.isSamePage && history.length") == before
    grid.page.reload()
    assert widths(grid) == [own[0] - 20, own[1] + 50]
    grid.page.get_by_role("button", name="Save", exact=True).click()
    grid.page.get_by_text("The view “Open leads” was saved.").wait_for()
    assert again(view).state()[0].widths == ((2, own[1] + 50), (1, own[0] - 20))
    grid.wait(lambda: link(grid.page) == {"view": str(view.pk)})
    # As it was saved is no change.
    drag(grid, 1, 30)
    grid.page.get_by_text("Not saved", exact=True).wait_for()
    drag(grid, 1, -30)
    expect(grid.page.get_by_text("Not saved", exact=True)).to_have_count(0)
    assert link(grid.page) == {"view": str(view.pk)}


def test_a_double_click_fits_the_column_of_the_view(context_for: Contexts, table: Table) -> None:
    view, own = make_view(table), owns(table)
    grid = opened(context_for, "bob", table, view.pk)
    grid.page.locator(".head .grip").first.dblclick()
    grid.wait(lambda: "widths" in link(grid.page))
    assert widths(grid)[0] < own[0] and owns(table) == own
    with grid.page.expect_navigation():
        grid.page.get_by_role("link", name="Discard").click()
    assert link(grid.page) == {"view": str(view.pk)}
    assert widths(grid) == own


def test_a_viewer_changes_widths_for_nobody_else(context_for: Contexts, table: Table) -> None:
    own = owns(table)
    grid = opened(context_for, "vera", table, 0)
    drag(grid, 2, 40)
    grid.wait(lambda: link(grid.page) == {"view": "0", "widths": f"2:{own[1] + 40}"})
    grid.page.reload()
    assert widths(grid) == [own[0], own[1] + 40]
    other = opened(context_for, "bob", table, 0)
    other.settle()
    assert widths(other) == own == owns(table)


def test_in_the_table_as_it_is_an_editor_changes_the_column_itself(context_for: Contexts, table: Table) -> None:
    own = owns(table)
    grid = opened(context_for, "bob", table, f"0&widths=1:300,2:{own[1] + 5}")
    with grid.page.expect_response("**/columns/2/width/"):
        drag(grid, 2, 40)
    assert owns(table) == [own[0], own[1] + 45]
    # What the link said of it does not hide that.
    assert link(grid.page)["widths"] == "1:300"
    grid.page.reload()
    assert widths(grid) == [300, own[1] + 45]


def test_a_width_that_no_link_could_hold_is_told_and_nothing_is_lost(context_for: Contexts, table: Table) -> None:
    view = make_view(table)
    grid = opened(context_for, "bob", table, f"{view.pk}&search=ann&hide=")
    # Much that came with the link but was not sent by the toolbar, which would have said so.
    grid.page.evaluate("history.replaceState(null, '', location.search + '&filter=' + 'x'.repeat(7000))")
    before = grid.page.url
    drag(grid, 2, 40)
    grid.page.get_by_text("This is more than a link can hold").wait_for()
    assert grid.page.url == before
