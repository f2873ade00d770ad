"""axe-core, which knows the rules of accessibility that a program can check, finds nothing serious on the main pages."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tables import edits
from tables.models import Table
from tests.browser.conftest import Grid
from tests.browser.test_row_edits import ANN, COLUMNS
from tests.make import make_table, make_user

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Make = Callable[..., BrowserContext]


def findings(page: Page) -> list[str]:
    """What is serious or critical: the rule and where, one line each."""
    page.wait_for_timeout(300)  # what comes in by a transition is faint for a moment
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{page.url} {each['id']} ({each['impact']}): {' '.join(map(str, node['target']))} {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.fixture
def table(db: Any) -> Table:
    table = make_table(columns=COLUMNS, rows=[ANN, ["Bob"], ["Cid"]])
    edits.set_cell(table, make_user("bob"), 1, 1, "Anna", table.version)
    return table


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_nothing_serious(context_for: Make, table: Table, scheme: str) -> None:
    page = context_for("alice", color_scheme=scheme).new_page()
    found = []
    base = table.base_id
    for path in ("/", f"/b/{base}/", f"/b/{base}/members/", "/trash/", f"/t/{table.pk}/rows/1/", f"/t/{table.pk}/activity/"):
        response = page.goto(path)
        assert response is not None and response.ok, path
        found += findings(page)
    stranger = context_for(color_scheme=scheme).new_page()
    for path in ("/accounts/login/", "/accounts/signup/"):
        stranger.goto(path)
        found += findings(stranger)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grid_has_nothing_serious_whatever_is_open(context_for: Make, table: Table, scheme: str) -> None:
    grid = Grid(context_for("alice", color_scheme=scheme).new_page()).open(f"/t/{table.pk}/")
    page = grid.page
    found = findings(page)
    grid.press("Space")
    page.get_by_label("Name", exact=True).wait_for()
    page.locator(".row-history summary").click()
    page.locator(".history-entry").first.wait_for()
    found += findings(page)
    page.get_by_role("button", name="Close").click()
    for column in (1, 5, 6, 8, 9):  # a text, a choice, choices, a day, an address
        grid.cell(1, column).click()
        grid.press("F2")
        found += findings(page)
        grid.press("Escape")
    for name in ("Activity", "Keyboard shortcuts"):
        page.get_by_role("button", name=name).click()
        page.get_by_role("dialog").wait_for()
        found += findings(page)
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
    grid.cell(1, 1).click(button="right")
    found += findings(page)
    assert not found, "\n".join(found)
