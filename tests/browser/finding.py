"""What the tests of finding rows share: the page's link, waiting for its order, and what the database says it should show."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Page, Request, expect

from tables import schema
from tables.models import Table
from tables.query import RowQuery
from tests.browser.conftest import Grid
from tests.make import make_base, make_user
from views_app.asked import layout
from views_app.state import State

NAME, COMPANY, CITY, COUNTRY, STATUS, AMOUNT, QUANTITY, NOTES = 1, 3, 4, 5, 6, 7, 8, 10
ROWS = 2_000


def leads(rows: int = ROWS) -> Table:
    """A table of sample leads in alice's base, where bob may edit and vera look."""
    alice = make_user("alice")
    return schema.create_from_starter(make_base(alice), alice, "Leads", "leads", rows=rows)


def link(page: Page) -> dict[str, str]:
    """The parts of the page's address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


def query(table: Table, **parts: str) -> RowQuery:
    """What a link with these parts asks for, by the database."""
    table.refresh_from_db()
    return RowQuery(table, layout(State().changed(parts), list(table.live_columns())).definition)


def ids(table: Table, **parts: str) -> list[int]:
    """The rows that a link with these parts shows, in its order."""
    found = query(table, **parts)
    return found.ids(0, found.count() or 1)


def opened(grid: Grid, table: Table, **parts: str) -> Grid:
    """The table with these parts in its link."""
    grid.open(f"/t/{table.pk}/?{urlencode({'view': 0, **parts})}")
    ready(grid)
    return grid


def ready(grid: Grid, **parts: str) -> None:
    """Wait until the address has these parts, the view's order and count have come, and every row in view is here."""
    grid.wait(lambda: all(link(grid.page).get(name, "") == text for name, text in parts.items()), f"{parts} in {grid.page.url}")
    expect(grid.page.locator("data-grid[data-ready]:not([data-ordering])")).to_have_count(1)
    grid.settle()


def values(table: Table, key: int) -> dict[int, Any]:
    """What a column holds, by row id."""
    return {row.id: row.data.get(str(key)) for row in query(table).window(0, ROWS)}


def shown(grid: Grid) -> dict[int, int]:
    """The rows that are in the page: index from 0 -> id."""
    rows = grid.page.locator("data-grid .row[data-id]").evaluate_all(
        "(rows) => rows.map((row) => [row.ariaRowIndex - 2, Number(row.dataset.id)])"
    )
    return dict(rows)


def shows(grid: Grid, expected: list[int]) -> None:
    """The rows in the page are those at their places of `expected`, and there are as many in all."""
    found = shown(grid)
    assert found or not expected
    assert {index: row_id for index, row_id in found.items() if expected[index : index + 1] != [row_id]} == {}
    assert grid.page.locator("data-grid").get_attribute("aria-rowcount") == str(len(expected) + 1)


def settled(page: Page) -> None:
    """Nothing is on its way any more."""
    expect(page.locator(".tool-panel .htmx-request")).to_have_count(0)


@contextmanager
def answered(page: Page, path: str) -> Iterator[None]:
    """What is done inside asks the server for a path that ends so; waited until its answer is in the page."""
    with page.expect_response(lambda response: urlsplit(response.url).path.endswith(path)):
        yield
    settled(page)


def open_tool(page: Page, name: str) -> Any:
    """The panel of one of the toolbar's tools, opened."""
    with answered(page, f"/{name}/"):
        page.locator(f"#tool-{name}").click()
    panel = page.locator(f".tool-panel[data-tool='tool-{name}'], .{name}-panel").first
    expect(panel).to_be_visible()
    return panel


def choose(page: Page, tool: str, field: str, value: str) -> None:
    """Pick something of a field in a tool's panel."""
    with answered(page, f"/{tool}/"):
        page.locator(f"[id='{field}']").select_option(value)


def press(page: Page, tool: str, button: str) -> None:
    """Click a button of a tool's panel, by its id."""
    with answered(page, f"/{tool}/"):
        page.locator(f"[id='{button}']").click()


def fill(page: Page, tool: str, field: str, value: str) -> None:
    """Type into a field of a tool's panel."""
    with answered(page, f"/{tool}/"):
        page.locator(f"[id='{field}']").fill(value)


@contextmanager
def requests(page: Page, path: str) -> Iterator[list[dict[str, str]]]:
    """The parameters of every request for a path that ends so, as they are sent."""
    sent: list[dict[str, str]] = []

    def heard(request: Request) -> None:
        if urlsplit(request.url).path.endswith(path):
            sent.append({name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()})

    page.on("request", heard)
    yield sent
    page.remove_listener("request", heard)


def back_to_grid(grid: Grid) -> None:
    """Close what lies over the grid."""
    grid.press("Escape")
    expect(grid.page.locator(".tool-panel")).not_to_be_visible()
    grid.page.locator("data-grid").evaluate("(grid) => grid.focus()")


def go_to(grid: Grid, number: int) -> None:
    """Mod+G, and a row's number."""
    grid.press("Control+G")
    field = grid.page.get_by_label("Row number")
    field.fill(str(number))
    grid.press("Enter")
    grid.row(number)
    grid.settle()
