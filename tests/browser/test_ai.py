"""AI columns in the browser: a newcomer adds a column, tries it, sees the price, runs it. The API's fake answers."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError, connection
from playwright.sync_api import Page, expect

from ai import columns, runs
from ai.fake import Fake
from ai.models import AiCell, AiColumn, Run, Status
from ai.pump import pump
from tables import bulk
from tables.models import Bulk, Table
from tests.ai_fake import KEY
from tests.browser.conftest import Grid
from tests.make import cells, make_table, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def products(fake_api: Fake, settings: Any) -> Table:
    settings.ANTHROPIC_API_KEY = KEY
    fake_api.latency = 0.02
    shown = (("Product", "text", {}), ("Notes", "long_text", {}))
    return make_table(columns=shown, rows=[[f"Product {n}", f"Made of steel {n}"] for n in range(1, 121)], name="Products")


@pytest.fixture
def working(products: Table) -> Iterator[None]:
    """A pump for whatever run there is, as the workers have."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            with suppress(OperationalError):
                for run_id in Run.objects.filter(state__in=("preparing", "running")).values_list("pk", flat=True):
                    pump(run_id, 1.0)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(20)


def test_a_newcomer_adds_a_summary_tries_it_sees_the_price_and_runs_it(
    page: Page, open_grid: Any, products: Table, working: None
) -> None:
    grid: Grid = open_grid(products)
    page.get_by_role("button", name="New AI column…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Summary")
    prompt = dialog.get_by_label("Prompt", exact=True)
    prompt.click()
    page.keyboard.type("Summarise {")
    options = page.get_by_role("listbox", name="Columns").get_by_role("option")
    expect(options).to_have_count(2)
    expect(prompt).to_have_attribute("aria-activedescendant", "ai-names-1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(prompt).to_have_value("Summarise {Notes}")
    page.keyboard.type(" of {Prodct}")
    expect(dialog.get_by_text("Did you mean {Product}?")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Backspace")
    page.keyboard.type("uc")
    page.keyboard.press("Enter")
    expect(prompt).to_have_value("Summarise {Notes} of {Product}")
    expect(dialog.locator("#ai-problem .form-error")).to_have_count(0)
    page.keyboard.type(" {")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(options.first).not_to_be_visible()
    page.keyboard.press("Backspace")

    dialog.get_by_role("button", name="Try on 5 rows").click()
    expect(dialog.locator(".ai-answers tbody tr")).to_have_count(5)
    expect(dialog.locator(".ai-answers")).to_contain_text("Made of steel 5")
    expect(dialog.locator(".ai-estimate")).to_contain_text("for 120 cells")
    assert not AiColumn.objects.exists()

    dialog.get_by_role("button", name="Add and run…").click()
    expect(page.get_by_text("Column “Summary” was added.")).to_be_visible()
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Run “Summary”")
    sure = dialog.get_by_role("checkbox", name="Yes, compute 120 cells")
    expect(sure).to_be_visible()
    dialog.get_by_role("button", name="Run").click()
    assert not Run.objects.exists(), "the price was not agreed to"
    sure.check()
    dialog.get_by_role("button", name="Run").click()
    expect(dialog).not_to_be_visible()
    page.wait_for_selector(".ai-bar.done")
    expect(page.locator(".ai-bar")).to_contain_text("120 of 120")
    grid.text(1, 3, "Made of steel 1")
    page.locator(".ai-bar").get_by_role("button", name="Undo").click()
    expect(page.locator(".ai-bar")).to_have_count(0)


def test_a_run_that_is_begun_elsewhere_has_its_bar_and_one_that_is_cancelled_elsewhere_loses_it(
    page: Page, open_grid: Any, fake_api: Fake, products: Table, working: None
) -> None:
    alice = make_user("alice")
    made = columns.create(products, alice, "Summary", "text", {}, "Sum up {Notes}")
    products.refresh_from_db()
    fake_api.latency = 3  # so that the run is under way when its bar comes, within 2 s, and is paused
    open_grid(products)
    run = runs.begin(products, alice, made, list(range(1, 121)), "all rows")
    bar = page.locator(".ai-bar")
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Pause").click()
    expect(bar).to_contain_text("Paused by Alice.")
    runs.cancel(run)
    expect(bar).to_contain_text("Cancelled")


def test_the_menu_of_an_ai_column_runs_the_selection(page: Page, open_grid: Any, products: Table, working: None) -> None:
    columns.create(products, make_user("alice"), "Summary", "text", {}, "Sum up {Notes}")
    products.refresh_from_db()
    grid: Grid = open_grid(products)
    grid.cell(2, 1).click()
    page.keyboard.press("Shift+ArrowDown")
    page.get_by_role("button", name="Menu of column Summary").click()
    page.get_by_role("menuitem", name="Run…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("The selection: 2 rows")).to_be_checked()
    expect(dialog.get_by_text("for 2 cells")).to_be_visible()
    dialog.get_by_role("button", name="Run").click()
    page.wait_for_selector(".ai-bar.done")
    expect(page.locator(".ai-bar")).to_contain_text("2 of 2")
    grid.text(3, 3, "Made of steel 3")


def test_a_run_that_is_sent_before_its_price_waits_for_it_and_asks(
    page: Page, open_grid: Any, products: Table, working: None
) -> None:
    columns.create(products, make_user("alice"), "Summary", "text", {}, "Sum up {Notes}")
    products.refresh_from_db()
    open_grid(products)
    held: list[Any] = []
    page.route("**/ai/estimate/", lambda route: held.append(route))
    page.get_by_role("button", name="Menu of column Summary").click()
    page.get_by_role("menuitem", name="Run…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Run").click()
    page.wait_for_timeout(400)
    assert len(held) == 1 and not Run.objects.exists()
    held[0].continue_()
    sure = dialog.get_by_label("Yes, compute 120 cells")
    expect(sure).to_be_visible()
    sure.check()
    expect(sure).to_be_checked()
    page.unroute_all()
    dialog.get_by_role("button", name="Run").click()
    page.wait_for_selector(".ai-bar")
    # A cheap run needs no second click, however early the first one comes.
    page.wait_for_selector(".ai-bar.done")
    page.get_by_role("button", name="Menu of column Summary").click()
    page.get_by_role("menuitem", name="Run…").click()
    dialog.get_by_label("How many of the first rows").fill("5")
    dialog.get_by_role("button", name="Run").click()
    expect(dialog).to_be_hidden()
    assert Run.objects.latest("pk").total == 5


def test_a_newcomer_lives_with_the_answers(page: Page, open_grid: Any, fake_api: Fake, settings: Any, working: None) -> None:
    """200 rows: paused and resumed, an input edited, an answer typed over, a failed one tried again, the run taken back."""
    shown = (("Product", "text", {}), ("Notes", "long_text", {}))
    rows = [[f"Product {n}", f"Made of steel {n}"] for n in range(1, 201)]
    table = make_table(columns=shown, rows=rows, name="Shop")
    fake_api.fail("refusal", contains="steel 7<", times=1)
    columns.create(table, make_user("alice"), "Summary", "text", {}, "Sum up {Notes}")
    table.refresh_from_db()
    grid: Grid = open_grid(table)
    fake_api.latency = 0.6
    settings.AI_CALLS = 8
    page.get_by_role("button", name="Menu of column Summary").click()
    page.get_by_role("menuitem", name="Run…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox", name="Yes, compute 200 cells").check()
    dialog.get_by_role("button", name="Run").click()
    bar = page.locator(".ai-bar")
    expect(bar).to_contain_text("of 200")
    grid.wait(fake_api.asked, "the first call")
    bar.get_by_role("button", name="Pause").click()
    expect(bar.get_by_text("Paused by")).to_be_visible()
    grid.wait(lambda: not AiCell.objects.filter(status=Status.COMPUTING).exists(), "calls under way to be written")
    asked = len(fake_api.asked())
    assert 0 < asked < 200
    page.wait_for_timeout(500)
    assert len(fake_api.asked()) == asked, "a paused run asks nothing"
    fake_api.latency = 0.02
    bar.get_by_role("button", name="Resume").click()
    page.wait_for_selector(".ai-bar.done")
    expect(bar).to_contain_text("199 of 200")
    expect(bar).to_contain_text("1 failed")
    run = Run.objects.get()

    # An input is edited: its answer is stale, and computed again from the cell's menu.
    expect(grid.cell(1, 3)).to_have_text("Made of steel 1")
    grid.cell(1, 2).click()
    page.keyboard.type("Made of gold")
    page.keyboard.press("Enter")
    expect(grid.cell(1, 3)).to_have_attribute("data-ai", "stale")
    grid.cell(1, 3).click(button="right")
    menu = page.get_by_role("menu", name="Cell")
    expect(menu.get_by_text("Stale")).to_be_visible()
    menu.get_by_role("menuitem", name="Compute this cell again").click()
    expect(grid.cell(1, 3)).to_have_text("Made of gold")
    expect(grid.cell(1, 3)).not_to_have_attribute("data-ai", "stale")

    # What a person types is theirs.
    grid.cell(2, 3).click()
    page.keyboard.type("my own words")
    page.keyboard.press("Enter")
    expect(grid.cell(2, 3)).to_have_attribute("data-ai", "locked")
    grid.cell(2, 3).click(button="right")
    expect(menu.get_by_role("menuitem", name="Compute this cell")).to_have_count(0)
    page.keyboard.press("Escape")

    # A failed one says why, and is tried again by the keyboard.
    expect(grid.cell(7, 3)).to_have_attribute("data-ai", "error")
    grid.cell(7, 3).click()
    page.keyboard.press("Shift+F10")
    expect(menu.get_by_text("Claude declined to answer this.")).to_be_visible()
    retry = menu.get_by_role("menuitem", name="Retry this cell")
    for _ in range(30):
        if retry.evaluate("item => item === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(grid.cell(7, 3)).to_have_text("Made of steel 7")

    # One undo takes back the run, but for what has changed since; what was typed stays.
    bar.get_by_role("button", name="Undo").click()
    grid.wait(Bulk.objects.filter(action="undo").exists, "the undo to begin")
    bulk.run(Bulk.objects.get(action="undo").pk)
    page.locator(".job").get_by_text("Taken back").wait_for()
    expect(grid.cell(3, 3)).to_have_text("")
    kept = {n: row[2] for n, row in enumerate(cells(table), start=1) if row[2] is not None}
    assert kept == {1: "Made of gold", 2: "my own words", 7: "Made of steel 7"}
    run.refresh_from_db()
    assert (run.done, run.failed, run.total) == (199, 1, 200)


def test_the_menu_of_a_selection_runs_it_and_unlocks_what_was_typed(
    page: Page, open_grid: Any, products: Table, working: None
) -> None:
    columns.create(products, make_user("alice"), "Summary", "text", {}, "Sum up {Notes}")
    products.refresh_from_db()
    grid: Grid = open_grid(products)
    grid.cell(1, 3).click()
    page.keyboard.type("typed")
    page.keyboard.press("Enter")
    expect(grid.cell(1, 3)).to_have_attribute("data-ai", "locked")
    menu = page.get_by_role("menu", name="Cell")
    grid.cell(1, 3).click(button="right")
    menu.get_by_role("menuitem", name="Unlock").click()
    expect(grid.cell(1, 3)).not_to_have_attribute("data-ai", "locked")
    grid.cell(1, 2).click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    grid.cell(2, 3).click(button="right")
    menu.get_by_role("menuitem", name="Compute 3 cells of “Summary”…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("The selection: 3 rows")).to_be_checked()
    dialog.get_by_role("button", name="Run").click()
    page.wait_for_selector(".ai-bar.done")
    grid.text(1, 3, "Made of steel 1")
    grid.text(3, 3, "Made of steel 3")
