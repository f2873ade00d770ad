"""Saved views in the browser: made, renamed, saved, arranged and deleted by mouse and by keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tables.models import Table
from tables.query.definition import Sort
from tests.browser.conftest import Grid
from tests.make import make_table
from tests.viewing import make_view
from views_app.models import View, config_of
from views_app.state import State

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
# As the toolbar's script does it.
CHANGE = """(query) => {
    history.pushState(null, "", location.pathname + query);
    document.dispatchEvent(new CustomEvent("grid:state"));
}"""
# As on a slow machine, where a timer may come before what the browser has still to do, such as to close a dialog.
EARLY_TIMERS = """const later = window.setTimeout;
window.setTimeout = (run, ms, ...more) => ms ? later(run, ms, ...more) : queueMicrotask(run);"""


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


def opened(grid: Grid, link: str) -> Page:
    grid.open(f"/t/{link}")
    return grid.page


def tab(page: Page, name: str) -> Any:
    return page.get_by_role("navigation", name="Views").get_by_role("link", name=name)


def tabs(page: Page) -> list[str]:
    return [str(name) for name in page.locator("#views a[id] > span:not(.unseen)").all_inner_texts()]


def choose(page: Page, item: str) -> None:
    """Something of the current tab's menu."""
    page.get_by_role("button", name="Menu of the view").click()
    page.get_by_role("menuitem", name=item).wait_for()
    page.get_by_role("menuitem", name=item).click()


def test_a_view_is_made_of_what_is_seen_by_mouse(open_grid: Open, table: Table) -> None:
    page = open_grid(table).page
    expect(tab(page, "All rows")).to_have_attribute("aria-current", "page")
    page.evaluate(CHANGE, "?sort=-2&height=tall")
    page.get_by_text("Not saved", exact=True).wait_for()
    page.get_by_role("button", name="Save as…").click()
    page.get_by_text("It keeps what you see now: sort and row height.").wait_for()
    page.get_by_label("Name", exact=True).fill("Large first")
    page.get_by_role("button", name="Create view").click()
    page.get_by_text("The view “Large first” was made.").wait_for()
    expect(tab(page, "Large first")).to_have_attribute("aria-current", "page")
    view = View.objects.get()
    assert view.state() == (State(sort=(Sort(2, True),), height="tall"), [])
    assert page.url.endswith(f"?view={view.pk}")
    assert page.get_by_text("Not saved", exact=True).count() == 0


def test_a_view_is_made_renamed_saved_and_deleted_by_keyboard(open_grid: Open, table: Table, page: Page) -> None:
    page.add_init_script(EARLY_TIMERS)
    open_grid(table)
    page.get_by_role("button", name="New view").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="New view").wait_for()
    page.keyboard.type("First")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?view=*")
    menu = page.get_by_role("button", name="Menu of the view First")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename…")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Rename view").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.type("Second")
    page.keyboard.press("Enter")
    expect(tab(page, "Second")).to_have_attribute("aria-current", "page")
    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.locator("#views :focus")).to_have_count(1)
    page.evaluate(CHANGE, f"{page.evaluate('location.search')}&search=ann")
    save = page.get_by_role("button", name="Save", exact=True)
    save.focus()
    page.keyboard.press("Enter")
    page.get_by_text("The view “Second” was saved.").wait_for()
    expect(save).to_have_count(0)
    assert View.objects.get().state()[0] == State(search="ann")
    assert page.evaluate("location.search") == f"?view={View.objects.get().pk}"
    expect(tab(page, "Second")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename…")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.get_by_text("The view “Second” was deleted.").wait_for()
    assert tabs(page) == ["All rows"]
    page.get_by_role("button", name="Undo").last.click()
    page.get_by_text("The view “Second” is back.").wait_for()
    expect(tab(page, "Second")).to_have_attribute("aria-current", "page")


def test_unsaved_changes_survive_back_forward_and_whatever_is_done_to_the_view(open_grid: Open, table: Table) -> None:
    view = make_view(table, sort="1")
    make_view(table, name="Other")
    page = opened(open_grid(table), f"{table.pk}/?view={view.pk}")
    page.evaluate(CHANGE, f"?view={view.pk}&sort=2")
    page.get_by_title("Not saved: sort").wait_for()
    choose(page, "Lock")
    page.get_by_text("The view “Open leads” is locked.").wait_for()
    assert page.get_by_role("button", name="Save", exact=True).count() == 0
    choose(page, "Move right")
    expect(page.locator("#views a[id] > span:not(.unseen)")).to_have_text(["All rows", "Other", "Open leads"])
    page.get_by_title("Not saved: sort").wait_for()
    tab(page, "Other").click()
    page.wait_for_url(f"**/?view={view.pk + 1}")
    page.go_back()
    page.get_by_title("Not saved: sort").wait_for()
    page.get_by_role("link", name="Discard").click()
    page.wait_for_url(f"**/?view={view.pk}")
    assert page.get_by_title("Not saved: sort").count() == 0


def test_a_link_with_a_part_that_cannot_be_read_says_so_and_the_rest_works(open_grid: Open) -> None:
    table = make_table(rows=[[f"Name {n}", n] for n in range(1, 1_001)])
    page = opened(open_grid(table), f"{table.pk}/?view=0&sort=-2&group=nonsense&row=3")
    page.get_by_text("nonsense").first.wait_for()
    grid = Grid(page)
    assert page.evaluate("location.search") == "?view=0&sort=-2&row=3"
    grid.press("Control+End")  # rows that have to be asked for
    grid.text(1_000, 1, "Name 1")


def test_a_save_that_comes_second_says_so_and_what_is_seen_stays(open_grid: Open, table: Table) -> None:
    view = make_view(table)
    page = opened(open_grid(table), f"{table.pk}/?view={view.pk}")
    page.evaluate(CHANGE, f"?view={view.pk}&sort=2")
    page.get_by_title("Not saved: sort").wait_for()
    View.objects.filter(pk=view.pk).update(version=2, config=config_of(State(search="ann")))
    for name in ("Save", "Save as…"):
        page.get_by_role("button", name=name, exact=True).click()
        toast = page.get_by_role("alert").get_by_text("was saved by somebody else meanwhile")
        toast.wait_for()
        page.get_by_role("button", name="Close this message").click()
    page.evaluate(CHANGE, f"?view={view.pk}&sort=-2")
    page.get_by_role("link", name="Reload").click()
    page.get_by_title("Not saved: sort").wait_for()
    assert page.evaluate("location.search") == f"?view={view.pk}&sort=-2"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The view “Open leads” was saved.").wait_for()
    assert View.objects.get().state()[0] == State(search="ann", sort=(Sort(2, True),))


def test_many_views_scroll_and_the_current_one_is_in_sight(context_for: Callable[..., BrowserContext], table: Table) -> None:
    views = [make_view(table, name=f"A view of number {n}") for n in range(30)]
    for viewport in ({"width": 375, "height": 700}, {"width": 1280, "height": 800}):
        page = opened(Grid(context_for("alice", viewport=viewport).new_page()), f"{table.pk}/?view={views[20].pk}")
        expect(tab(page, "A view of number 20")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="New view")).to_be_in_viewport(ratio=1)
        page.locator("#views nav").hover()
        page.mouse.wheel(0, -5_000)
        expect(tab(page, "All rows")).to_be_in_viewport(ratio=1)
        page.evaluate(CHANGE, f"?view={views[20].pk}&sort=1")
        for name in ("Save", "Save as…"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
        expect(tab(page, "A view of number 20")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_personal_view_is_not_among_another_members_tabs(context_for: Callable[..., BrowserContext], table: Table) -> None:
    make_view(table, "bob", name="Bob's own")
    make_view(table, name="For all")
    bob, vera = (opened(Grid(context_for(name).new_page()), f"{table.pk}/") for name in ("bob", "vera"))
    assert tabs(bob) == ["All rows", "For all", "Bob's own"]
    assert tabs(vera) == ["All rows", "For all"]


def test_the_share_dialog_copies_the_link_to_what_is_seen(
    open_grid: Open, context_for: Callable[..., BrowserContext], table: Table
) -> None:
    page = opened(open_grid(table), f"{table.pk}/?view=0&sort=-2")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share what you see")
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.get_by_role("status")).to_have_text("The link is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == dialog.get_by_label("Link to exactly this view").input_value()
    theirs = Grid(context_for("vera").new_page()).open(copied)
    assert theirs.texts(1)[1] == "Ben"
    dialog.get_by_role("link", name="Close").click()
    expect(dialog).not_to_be_visible()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("dialog")).to_contain_text("Import")
