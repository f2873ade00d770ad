"""axe-core, which knows the rules of accessibility that a program can check, finds nothing serious on the main pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import BrowserContext, Page

from ai import columns, runs
from ai.models import AiCell, Run, Status
from bases import invites
from bases.models import Role
from tables import edits
from tables.models import Table
from tests.browser.conftest import Grid
from tests.browser.test_row_edits import ANN, COLUMNS
from tests.make import make_table, make_user

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Make = Callable[..., BrowserContext]


# In the dark only colours are others.
DARK = {"runOnly": ["color-contrast", "link-in-text-block"]}
LIGHT = {"resultTypes": ["violations"]}


def findings(page: Page, scheme: str = "light", within: str | None = None) -> list[str]:
    """What is serious or critical, in the page or in a part of it: the rule and where, one line each."""
    page.wait_for_timeout(300)  # what comes in by a transition is faint for a moment
    found = axe.Axe().run(page, within, DARK if scheme == "dark" else LIGHT).response["violations"]
    return [
        f"{page.url} {within or ''} {each['id']} ({each['impact']}): {' '.join(map(str, node['target']))} {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.fixture
def table(db: Any) -> Table:
    table = make_table(columns=COLUMNS, rows=[ANN, ["Bob"], ["Cid"]])
    edits.set_cell(table, make_user("bob"), 1, 1, "Anna", table.version)
    return table


def with_ai(table: Table) -> Run:
    """A run that is under way, of an AI column that is made here; one of its cells has failed."""
    alice = make_user("alice")
    made = columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    table.refresh_from_db()
    run = runs.begin(table, alice, made, [1, 2, 3], "all rows")
    AiCell.objects.filter(column=made, row_id=1).update(status=Status.ERROR, error="The answer was refused.")
    return run


def errors_found(page: Page, table: Table, scheme: str) -> list[str]:
    """The pages of errors: two as the server answers, the others as it would."""
    found = []
    response = page.goto("/t/999999/")
    assert response is not None and response.status == 404
    found += findings(page, scheme)
    for name in ("400", "403", "403_csrf", "429", "500", "503", "busy"):
        page.set_content(render_to_string(f"{name}.html"))
        page.get_by_role("heading", level=1).wait_for()
        found += [f"{name}: {each}" for each in findings(page, scheme)]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_nothing_serious(context_for: Make, table: Table, scheme: str) -> None:
    page = context_for("alice", color_scheme=scheme).new_page()
    found = []
    base = table.base_id
    ai = f"/t/{table.pk}/ai/"
    run = f"{ai}runs/{with_ai(table).pk}/"
    own = ["/", f"/b/{base}/", f"/b/{base}/members/", "/trash/", f"/t/{table.pk}/rows/1/", f"/t/{table.pk}/activity/"]
    for path in (*own, f"/b/{base}/ai/", ai, run, "/accounts/password/change/", "/accounts/logout/"):
        response = page.goto(path)
        assert response is not None and response.ok, path
        found += findings(page, scheme)
    found += errors_found(page, table, scheme)
    stranger = context_for(color_scheme=scheme).new_page()
    invite = invites.invite(table.base, make_user("alice"), "new@example.com", Role.VIEWER)
    passwords = ("/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/password/reset/key/1-x/")
    for path in ("/accounts/login/", "/accounts/signup/", *passwords, f"/invites/{invite.pk}/{invites.link_key(invite)}/"):
        stranger.goto(path)
        found += findings(stranger, scheme)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grid_has_nothing_serious_whatever_is_open(context_for: Make, table: Table, scheme: str) -> None:
    grid = Grid(context_for("alice", color_scheme=scheme).new_page()).open(f"/t/{table.pk}/")
    page = grid.page
    found = findings(page, scheme)
    grid.press("Space")
    page.get_by_label("Name", exact=True).wait_for()
    page.locator(".row-history summary").click()
    page.locator(".history-entry").first.wait_for()
    found += findings(page, scheme)
    page.get_by_role("button", name="Close").click()
    for column in (1, 5, 6, 8, 9):  # a text, a choice, choices, a day, an address
        grid.cell(1, column).click()
        grid.press("F2")
        found += findings(page, scheme)
        grid.press("Escape")
    for name in ("Activity", "Keyboard shortcuts"):
        page.get_by_role("button", name=name).click()
        page.get_by_role("dialog").wait_for()
        found += findings(page, scheme)
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
    grid.cell(1, 1).click(button="right")
    found += findings(page, scheme)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_panels_and_dialogs_have_nothing_serious(context_for: Make, table: Table, scheme: str) -> None:
    with_ai(table)
    key = table.live_columns().get(name="Summary").key
    own, base = f"/t/{table.pk}/", f"/b/{table.base_id}/"
    grid = Grid(context_for("alice", color_scheme=scheme).new_page()).open(own)
    page = grid.page
    found = []
    panels = ("filter/", "sort/", "group/", "fields/", "color/", "columns/5/menu/", "columns/5/values/", "columns/3/chart/")
    for path in panels:
        page.evaluate("(url) => htmx.ajax('GET', url, '#menu')", own + path)
        page.locator("#menu .menu:popover-open").wait_for()
        page.locator("#menu .htmx-request").wait_for(state="detached")
        found += findings(page, scheme, "#menu")
        page.evaluate("document.querySelector('#menu .menu').hidePopover()")
    dialogs = ["columns/new/", "columns/1/", "columns/5/", "columns/1/kind/", "load/", "ai/new/", f"columns/{key}/ai/"]
    paths = [own + path for path in (*dialogs, f"columns/{key}/ai/run/", "views/new/", "settings/")]
    for path in (*paths, f"{base}import/", f"{base}tables/new/", f"{base}settings/"):
        page.evaluate("(url) => htmx.ajax('GET', url, '#dialog')", path)
        page.locator("#dialog[open] form").first.wait_for()
        found += findings(page, scheme, "#dialog")
        page.evaluate("document.getElementById('dialog').close()")
    page.locator("#dialog[open]").wait_for(state="detached")
    page.locator("data-grid").focus()
    grid.press("Control+k")
    page.get_by_role("combobox").wait_for()
    found += findings(page, scheme, "#dialog")
    grid.press("Escape")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", `${"x\\t".repeat(20)}\\n`.repeat(10_002));
            document.querySelector("data-grid").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: 1 }));
        }"""
    )
    page.get_by_role("button", name="Paste", exact=True).wait_for()
    found += findings(page, scheme, "#dialog")
    assert not found, "\n".join(found)
