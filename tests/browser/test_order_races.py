"""What others write while a view's order is on its way: no row twice, none missing, nothing deleted that was not selected."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from tables import edits
from tables.models import Table
from tables.query import Definition, RowQuery, Sort
from tests.browser.conftest import Grid
from tests.make import make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ORDER = re.compile(r"/order/")
SORTED = "?view=0&sort=2"


def numbered(rows: int) -> Table:
    return make_table(rows=[[f"n{number}", number] for number in range(rows)])


def first_names(table: Table, count: int) -> list[str]:
    table.refresh_from_db()
    return [row.data["1"] for row in RowQuery(table, Definition(sorts=(Sort(2),))).window(0, count)]


def held(page: Page) -> Callable[[], None]:
    """Holds the first answer of /order/ back, as the server gave it, until what is returned is called."""
    kept = []

    def hold(route: Route) -> None:
        if kept:
            route.continue_()
        else:
            kept.append((route, route.fetch()))

    def let_go() -> None:
        route, answer = kept[0]
        route.fulfill(response=answer)

    page.route(ORDER, hold)
    return let_go


def test_news_that_comes_while_the_order_is_under_way_is_not_lost(page: Page) -> None:
    table = numbered(3_000)
    let_go = held(page)
    grid = Grid(page).open(f"/t/{table.pk}/{SORTED}")
    page.wait_for_timeout(500)
    edits.delete_rows(table, make_user("bob"), [1, 2, 3])
    page.wait_for_timeout(2_500)
    let_go()
    grid.wait(lambda: grid.texts(1)[1] == "n3", "the rows that are left")
    grid.wait(lambda: page.locator("#grid-count").inner_text() == "2,997 rows", "their count")


def test_rows_of_two_moments_never_stand_together(page: Page) -> None:
    table = numbered(3_000)
    waiting: list[Route] = []
    page.route(ORDER, lambda route: waiting.append(route) if not waiting else route.continue_())
    grid = Grid(page).open(f"/t/{table.pk}/{SORTED}")
    grid.wait(lambda: bool(waiting), "the question for the order")
    edits.set_cell(table, make_user("bob"), 3_000, 2, "-1", table.version)  # the last row becomes the first
    waiting[0].continue_()
    page.locator("data-grid:not([data-ordering])").wait_for()
    names = first_names(table, 120)
    grid.wait(lambda: [grid.texts(number)[1] for number in (1, 2, 10)] == [names[0], names[1], names[9]], "the order of now")
    page.evaluate("() => document.querySelector('data-grid').goTo(100, 0)")
    grid.settle()
    grid.wait(lambda: [grid.texts(number)[1] for number in (99, 100, 101, 102)] == names[98:102], "rows of one order")


def test_a_range_that_is_deleted_while_a_new_order_is_under_way_is_the_one_that_was_seen(page: Page) -> None:
    table = numbered(1_000)
    grid = Grid(page).open(f"/t/{table.pk}/{SORTED}")
    page.locator("data-grid:not([data-ordering])").wait_for()
    page.route(ORDER, lambda route: None)
    edits.set_cell(table, make_user("bob"), 1, 2, "5000", table.version)  # the first row becomes the last
    page.wait_for_timeout(3_000)
    page.evaluate(
        """() => {
            const grid = document.querySelector("data-grid");
            grid.select({ anchor: { row: 0, col: 0 }, focus: { row: 600, col: 0 }, span: "cells" }, { show: false });
            grid.run("deleteRows");
        }"""
    )
    grid.wait(lambda: RowQuery(Table.objects.get(pk=table.pk)).count() < 1_000, "the deletion")
    left = {row.id for row in RowQuery(Table.objects.get(pk=table.pk)).window(0, 1_000)}
    assert left == set(range(602, 1_001))


def test_a_stream_of_edits_does_not_make_the_browser_ask_for_the_order_all_the_time(page: Page) -> None:
    table = numbered(3_000)
    Grid(page).open(f"/t/{table.pk}/{SORTED}")
    page.locator("data-grid:not([data-ordering])").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(re.sub(r".*/t/\d+|\?.*", "", request.url)))
    bob = make_user("bob")
    for turn in range(60):
        table.refresh_from_db()
        edits.set_cell(table, bob, 5 + turn % 7, 2, str(turn), table.version)
        page.wait_for_timeout(70)
    assert Counter(asked)["/order/"] <= 4
