"""Groups that are closed: their rows are not asked for, and a link and a saved view keep them closed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tables.models import Table
from tables.query.groups import headings
from tests.browser import finding
from tests.browser.conftest import Grid
from tests.browser.finding import NAME, STATUS
from tests.make import make_table
from tests.viewing import make_view

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
CLOSED = "data-grid .group:has([aria-expanded='false'])"


@pytest.fixture
def table(db: Any) -> Table:
    return finding.leads()


def test_the_rows_of_closed_groups_are_not_asked_for(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, group=str(STATUS), sort=str(NAME))
    expected = finding.ids(table, group=str(STATUS), sort=str(NAME))
    groups = grid.page.locator("data-grid .group")
    count = len(set(finding.values(table, STATUS).values()))
    grid.press("Alt+Shift+ArrowUp")
    expect(groups.locator("[aria-expanded='false']")).to_have_count(count)
    sizes = groups.evaluate_all("(groups) => groups.map((group) => Number(group.dataset.rows))")
    assert sum(sizes) == len(expected) == finding.ROWS
    assert grid.page.locator("data-grid .row[data-id]").count() == 0
    with finding.requests(grid.page, "/window/") as windows:
        grid.page.reload()
        finding.ready(grid)
        expect(groups.locator("[aria-expanded='false']")).to_have_count(count)
        assert windows == [], windows
        first = sum(sizes[:3])
        groups.nth(3).click()
        grid.row(first + 1)
        grid.press("Control+End")
        grid.settle()
        finding.shows(grid, expected)
        asked = {int(window["start"]) for window in windows}
    assert asked and all(first - 100 < start < first + sizes[3] for start in asked)
    assert all(first <= index < first + sizes[3] for index in finding.shown(grid))


def closed_groups(grid: Grid) -> list[str]:
    """The names of the closed groups in the page."""
    return [str(name) for name in grid.page.locator(CLOSED).evaluate_all("(all) => all.map((each) => each.dataset.name)")]


def test_a_link_shows_another_member_the_same_groups_closed(
    open_grid: Open, context_for: Callable[..., BrowserContext], table: Table
) -> None:
    grid = finding.opened(open_grid(table), table, group=str(STATUS))
    groups = grid.page.locator("data-grid .group")
    grid.press("Alt+Shift+ArrowUp")
    finding.ready(grid, closed="all")
    sizes = groups.evaluate_all("(groups) => groups.map((group) => Number(group.dataset.rows))")
    # The last one, so that its rows push no heading out of the page.
    groups.last.click()
    grid.wait(lambda: finding.link(grid.page)["closed"].startswith("all,"))
    before = closed_groups(grid)
    assert len(before) == len(sizes) - 1 > 2
    theirs = Grid(context_for("bob").new_page())
    with finding.requests(theirs.page, "/window/") as windows:
        theirs.open(grid.page.url)
        finding.ready(theirs)
        expect(theirs.page.locator(CLOSED)).to_have_count(len(before))
    assert closed_groups(theirs) == before
    assert all(int(window["start"]) > sum(sizes[:-1]) - 100 for window in windows)
    # Theirs to close and open; other groups begin open.
    theirs.page.locator("data-grid .group").last.click()
    finding.ready(theirs, closed="all")
    theirs.page.reload()
    finding.ready(theirs)
    expect(theirs.page.locator(CLOSED)).to_have_count(len(sizes))
    theirs.page.evaluate("document.querySelector('data-grid').see({group: '5'})")
    finding.ready(theirs, group="5", closed="")
    expect(theirs.page.locator(CLOSED)).to_have_count(0)


def test_a_saved_view_keeps_its_closed_groups_and_more_than_a_link_holds_are_refused(open_grid: Open, db: Any) -> None:
    table = make_table(columns=(("Number", "number", {}),), rows=[[number] for number in range(450)])
    first = make_view(table, group="1")
    grid = open_grid(table)
    grid.open(f"/t/{table.pk}/?view={first.pk}")
    finding.ready(grid)
    grid.page.locator("data-grid .group").nth(2).click()
    grid.page.get_by_text("Not saved", exact=True).wait_for()
    grid.page.get_by_role("button", name="Save", exact=True).click()
    grid.wait(lambda: "closed" not in finding.link(grid.page), "the view has it")
    grid.page.reload()
    finding.ready(grid)
    expect(grid.page.locator(CLOSED)).to_have_count(1)
    many = ",".join(sorted(heading.path for heading in headings(finding.query(table, group="1"))[10:210]))
    grid.open(f"/t/{table.pk}/?view={first.pk}&closed={many}")
    finding.ready(grid)
    grid.page.locator("data-grid .group").nth(0).click()
    grid.page.get_by_text("cannot be closed one by one").wait_for()
    assert finding.link(grid.page)["closed"] == many
    assert grid.page.locator("data-grid .group [aria-expanded]").first.get_attribute("aria-expanded") == "true"
