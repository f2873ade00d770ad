"""What the browser tests share: opening a table's grid, and one table of a million rows for all tests that need it."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route

from ingest import jobs
from ingest.load import run
from tables import schema
from tables.models import Table
from tables.query import RowQuery
from tests.conftest import errors_of, start_server
from tests.emptying import empty_tables
from tests.make import PASSWORD, make_base, make_user

MILLION = 1_000_000


# Eight frames on end in which nothing moved and no row was missing, and the bar stands where it belongs.
SETTLED = """() => new Promise((done, failed) => {
    const grid = document.querySelector("data-grid");
    let before, still = 0, isOver = false;
    const now = () => [grid.scrollTop, grid.scrollLeft, grid.view.top].join();
    const look = () => {
        still = now() === before && !grid.hasAttribute("data-lacking") ? still + 1 : 0;
        before = now();
        if (still === 8) done();
        else if (!isOver) requestAnimationFrame(look);
    };
    setTimeout(() => {
        isOver = true;
        const rows = [...grid.querySelectorAll(".row")].map((row) => row.ariaRowIndex + (row.dataset.id ? "" : "?")).join();
        const lacks = `${JSON.stringify(grid.view.range(0))}, bar at ${now()}`;
        failed(new Error(`Not at rest: ${lacks}; rows ${rows}; asks ${grid.requests.innerHTML}`));
    }, 20_000);
    look();
})"""
PAINTED = """() => new Promise((done, failed) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(() => failed(new Error("The page is not painted")), 20_000);
})"""
# The focused cell once the next frame is painted, as [row, column] from 1; null while it is not in the page.
FOCUSED = f"""() => ({PAINTED})().then(() => {{
    const cell = document.getElementById("grid-focus");
    return cell && [cell.closest(".row").ariaRowIndex - 1, cell.ariaColIndex - 1];
}})"""
SAVED = """() => new Promise((done, failed) => {
    document.querySelector("data-grid").editing.settled().then(done, failed);
    setTimeout(() => failed(new Error("An edit has no answer")), 20_000);
})"""
PATIENCE = 15  # seconds


@dataclass
class Grid:
    """A page with a grid, spoken to as a person would."""

    page: Page

    def press(self, keys: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(keys)

    def row(self, number: int) -> Any:
        """The row of that number (from 1), waited for until it is loaded."""
        found = self.page.locator(f"data-grid .row[data-id][aria-rowindex='{number + 1}']")
        found.wait_for()
        return found

    def texts(self, number: int) -> list[str]:
        """What the row of that number shows: its number, then its cells."""
        return [str(text) for text in self.row(number).locator("> *").all_text_contents()]

    def cell(self, number: int, column: int) -> Any:
        """A cell by row number and column number, both from 1."""
        return self.row(number).locator(f"> [aria-colindex='{column + 1}']")

    def box(self, number: int, column: int) -> dict[str, float]:
        """Where a cell is, in pixels of the page: x, y, width, height. A row that is drawn anew meanwhile is looked for again."""
        for _ in range(50):
            if found := self.cell(number, column).bounding_box():
                return dict(found)
        raise AssertionError(f"Cell {number}, {column} was never at rest")

    def focused(self) -> tuple[int, int]:
        """Row and column number (both from 1) of the focused cell, once the last key is painted and its row is here."""
        found = self.page.evaluate(FOCUSED)
        while not found:
            self.page.locator("#grid-focus").wait_for()
            found = self.page.evaluate(FOCUSED)
        return found[0], found[1]

    def first_row(self) -> float:
        """How many rows are above the view, to the fraction, as drawn."""
        self.settle()
        return float(
            self.page.evaluate(
                """() => {
                    const grid = document.querySelector("data-grid");
                    const edge = grid.querySelector(".head").getBoundingClientRect().bottom;
                    const row = grid.querySelector(".row");
                    return row.ariaRowIndex - 2 + (edge - row.getBoundingClientRect().top) / row.offsetHeight;
                }"""
            )
        )

    def settle(self) -> None:
        """Wait until scrolling has ended, the bar is where it belongs and every row in view is here."""
        self.page.evaluate(SETTLED)

    def frame(self) -> None:
        """Wait until what has happened so far is painted."""
        self.page.evaluate(PAINTED)

    def saved(self) -> None:
        """Wait until the server has answered every edit, and what it says is painted."""
        self.page.evaluate(SAVED)
        self.frame()

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true. Playwright's own wait would need eval, which the page forbids."""
        self.wait(lambda: self.page.evaluate(expression), expression)

    def wait(self, condition: Callable[[], object], what: str = "what the test waits for") -> None:
        """Wait until `condition()` is true, with the browser's events going on."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"This never came true: {what}"
            self.page.wait_for_timeout(20)

    def text(self, number: int, column: int, wanted: str) -> None:
        """Wait until a cell, by row and column number from 1, shows this text."""
        self.until(
            f"document.querySelector('data-grid').rows.row({number - 1})?.children[{column}].textContent === {json.dumps(wanted)}"
        )

    def selected(self) -> str:
        """What the footer says is selected."""
        self.frame()
        return self.page.locator("#grid-place").inner_text()

    def open(self, path: str) -> "Grid":
        self.page.goto(path)
        self.page.wait_for_selector("data-grid[data-ready]", state="attached")
        return self


class Held:
    """Requests for a path that ends so wait until they are let go."""

    def __init__(self, grid: Grid, path: str) -> None:
        self.grid, self.path = grid, path
        self.waiting: list[Route] = []
        self.is_open = False
        grid.page.route(f"**{path}*", lambda route: self._came(route))

    def _came(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.waiting.append(route)

    def asked(self) -> Route:
        self.grid.wait(lambda: self.waiting, self.path)
        return self.waiting[0]

    def let_go(self) -> None:
        self.asked()
        self.is_open = True
        for route in self.waiting:
            route.continue_()


@pytest.fixture
def open_grid(page: Page) -> Callable[[Table], Grid]:
    """`open_grid(table)`: the table's grid, as alice sees it."""
    return lambda table: Grid(page).open(f"/t/{table.pk}/")


@dataclass
class Million:
    """A table of a million sample rows on a live server."""

    url: str
    table_id: int
    session: str
    browser: Browser
    blocker: Any
    thrown: list[list[str]] = field(default_factory=list)

    def grid(self, ratio: float = 1, **options: Any) -> Grid:
        context = self.context(ratio, **options)
        page = context.new_page()
        self.thrown.append(errors_of(page))
        return Grid(page).open(f"/t/{self.table_id}/")

    def context(self, ratio: float, **options: Any) -> BrowserContext:
        made = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": ratio, "base_url": self.url, **options}
        context = self.browser.new_context(**made)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": self.session, "url": self.url}])
        return context

    def name_in(self, number: int) -> str:
        """What the first column of row `number` (from 1) holds, by the database."""
        with self.blocker.unblock():
            table = Table.objects.get(pk=self.table_id)
            first = table.live_columns().first()
            (found,) = RowQuery(table).window(number - 1, 1)
            return str(found.data.get(str(first.key), ""))


@pytest.fixture(scope="module")
def million_rows(django_db_setup: None, django_db_blocker: Any, chromium: Browser) -> Iterator[Million]:
    """One million sample rows, loaded once for a module: 5 to 10 s."""
    with django_db_blocker.unblock():
        alice = make_user("alice")
        base = make_base(alice)
        table = schema.create_from_starter(base, alice, "Leads", "leads", rows=0)
        run(jobs.create_generate(table, alice, MILLION, seed=1).pk)
        table.refresh_from_db()
        assert table.row_count == MILLION
        client = Client()
        assert client.login(email="alice@example.com", password=PASSWORD)
        server = start_server()
    yield Million(server.url, table.pk, client.cookies[settings.SESSION_COOKIE_NAME].value, chromium, django_db_blocker)
    server.stop()
    with django_db_blocker.unblock():
        empty_tables()


@pytest.fixture
def million(million_rows: Million) -> Iterator[Million]:
    """The million rows, for one test; its pages are closed, since each holds connections of the database."""
    yield million_rows
    thrown = [error for errors in million_rows.thrown for error in errors]
    million_rows.thrown.clear()
    for context in million_rows.browser.contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert not thrown, "The page's script threw."


@pytest.fixture
def scroll_map(chromium: Browser) -> Iterator[Callable[[str], Any]]:
    """`scroll_map(js)`: evaluate an expression with the functions of scroll.js in scope."""
    source = (settings.ROOT / "static/js/grid/scroll.js").read_text()
    plain = re.sub(r"^export ", "", source, flags=re.MULTILINE)
    page = chromium.new_page()
    yield lambda expression: page.evaluate(f"() => {{ {plain}\n return ({expression})() }}")
    page.close()
