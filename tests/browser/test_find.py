"""Finding rows as a person does: filter, sort, group, hide, colour, save, share; search; totals; back and forward."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tables.models import Table
from tests.browser import finding
from tests.browser.conftest import Grid, Held
from tests.browser.finding import AMOUNT, CITY, COUNTRY, NAME, NOTES, QUANTITY, STATUS
from views_app.models import View

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]


@pytest.fixture
def table(db: Any) -> Table:
    return finding.leads()


def build_filter(grid: Grid, country: str) -> None:
    """(country is this, or the city starts so) and (amount above 300, or quantity below 20)."""
    page = grid.page
    finding.open_tool(page, "filter")
    for button in ("f-group", "f-group", "f-0-remove", "f-0-add", "f-1-add"):
        finding.press(page, "filter", button)
    for field, value in (
        ("f-0-0-column", str(COUNTRY)),
        ("f-0-0-operator", "is"),
        ("f-0-1-column", str(CITY)),
        ("f-0-1-operator", "starts"),
        ("f-1-0-column", str(AMOUNT)),
        ("f-1-0-operator", ">"),
        ("f-1-1-column", str(QUANTITY)),
        ("f-1-1-operator", "<"),
    ):
        finding.choose(page, "filter", field, value)
    for field, value in (("f-0-0", country), ("f-0-1", "s"), ("f-1-0", "300"), ("f-1-1", "20")):
        finding.fill(page, "filter", f"{field}-value-0", value)


def test_what_one_person_builds_and_saves_another_sees_the_same(
    open_grid: Open, context_for: Callable[..., BrowserContext], table: Table
) -> None:
    grid = open_grid(table)
    page = grid.page
    country = finding.values(table, COUNTRY)[1]
    build_filter(grid, country)
    rows = ["all", ["any", [COUNTRY, "is", country], [CITY, "starts", "s"]], ["any", [AMOUNT, ">", 300], [QUANTITY, "<", 20]]]
    parts = {"filter": json.dumps(rows, separators=(",", ":"))}
    finding.ready(grid)
    assert json.loads(finding.link(page)["filter"]) == rows
    finding.shows(grid, finding.ids(table, **parts))
    finding.back_to_grid(grid)

    # Sorted by a click on a header, then by one level more in the panel.
    head = page.locator(f"data-grid .col[data-key='{AMOUNT}']")
    for direction in ("ascending", "descending"):
        head.hover()
        head.locator(".sort-mark").click()
        expect(head).to_have_attribute("aria-sort", direction)
    finding.open_tool(page, "sort")
    finding.press(page, "sort", "sort-add")
    finding.choose(page, "sort", "sort-column-1", str(NAME))
    finding.ready(grid, sort=f"-{AMOUNT},{NAME}")
    parts["sort"] = f"-{AMOUNT},{NAME}"
    finding.shows(grid, finding.ids(table, **parts))
    finding.back_to_grid(grid)

    # Grouped: the page comes anew, and with it the panel that was open.
    finding.open_tool(page, "group")
    with page.expect_navigation():
        page.locator("#group-add").click()
    expect(page.locator("#group-column-0")).to_be_visible()
    finding.settled(page)
    with page.expect_navigation():
        page.locator("#group-column-0").select_option(str(STATUS))
    parts["group"] = str(STATUS)
    finding.ready(grid, group=parts["group"], sort=parts["sort"])
    finding.back_to_grid(grid)
    page.goto(f"{page.url}&hide={NOTES}")
    finding.ready(grid, hide=str(NOTES))
    parts["hide"] = str(NOTES)

    finding.open_tool(page, "color")
    page.get_by_role("radio", name="Red").check()
    finding.choose(page, "color", "r0f-0-column", str(AMOUNT))
    finding.choose(page, "color", "r0f-0-operator", ">")
    finding.fill(page, "color", "r0f-0-value-0", "900")
    grid.wait(lambda: "colors" in finding.link(page), "the rule is in the link")
    expect(page.locator("#tool-color")).to_have_text("1 color rule")
    finding.back_to_grid(grid)

    page.get_by_role("button", name="Save as…").click()
    page.get_by_label("Name", exact=True).fill("Worth a call")
    finding.settled(page)
    page.get_by_role("button", name="Create view").click()
    page.get_by_text("The view “Worth a call” was made.").wait_for()
    finding.ready(grid)
    view = View.objects.get()
    assert finding.link(page) == {"view": str(view.pk)} and not view.is_personal

    # Bob follows the link.
    theirs = Grid(context_for("bob").new_page()).open(page.url)
    expected = finding.ids(table, **parts)
    for each in (grid, theirs):
        finding.ready(each)
        finding.shows(each, expected)
        assert each.page.locator(f"data-grid .col[data-key='{NOTES}']").count() == 0
        middle = len(expected) // 2
        finding.go_to(each, middle)
        assert each.focused()[0] == middle
        finding.shows(each, expected)
        colored(each, finding.values(table, AMOUNT), 900)
        each.press("Control+End")
        each.row(len(expected))
        each.settle()
        finding.shows(each, expected)
    assert finding.shown(grid) == finding.shown(theirs)


def colored(grid: Grid, amounts: dict[int, Any], least: int) -> None:
    """Those rows of the page are red whose amount is above `least`, and no other."""
    red = grid.page.locator("data-grid .row.k-red").evaluate_all("(rows) => rows.map((row) => Number(row.dataset.id))")
    assert sorted(red) == sorted(row_id for row_id in finding.shown(grid).values() if (amounts[row_id] or 0) > least)


def test_a_color_changes_what_rows_look_like_and_nothing_else(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, sort=f"-{AMOUNT}")
    finding.go_to(grid, 1_000)
    amounts, before = finding.values(table, AMOUNT), finding.shown(grid)
    top = grid.page.evaluate("document.querySelector('data-grid').view.top")
    with finding.requests(grid.page, "/order/") as orders:
        finding.open_tool(grid.page, "color")
        grid.page.get_by_role("radio", name="Red").check()
        finding.choose(grid.page, "color", "r0f-0-column", str(AMOUNT))
        finding.choose(grid.page, "color", "r0f-0-operator", ">")
        middle = sorted(amounts[row_id] or 0 for row_id in before.values())[len(before) // 2]
        finding.fill(grid.page, "color", "r0f-0-value-0", str(middle))
        grid.page.locator("data-grid .row.k-red").first.wait_for(state="attached")
        grid.settle()
        colored(grid, amounts, middle)
        finding.press(grid.page, "color", "r0-drop")
        expect(grid.page.locator("data-grid .row.k-red")).to_have_count(0)
    assert orders == []
    assert grid.page.evaluate("document.querySelector('data-grid').view.top") == top
    assert finding.shown(grid) == before and grid.focused()[0] == 1_000
    assert "colors" not in finding.link(grid.page)


def test_a_search_shows_only_its_hits_or_goes_from_one_to_the_next(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, sort=str(NAME))
    page = grid.page
    word = str(finding.values(table, CITY)[1])[:4].upper()
    hits = finding.ids(table, sort=str(NAME), search=word)
    grid.press("Control+F")
    expect(page.locator(".search-field")).to_be_focused()
    page.keyboard.type(word)
    finding.ready(grid, search=word)
    finding.shows(grid, hits)
    expect(page.locator(".search-hits")).to_have_text(f"{len(hits):,}")
    assert page.evaluate("CSS.highlights.get('found').size") >= len(finding.shown(grid))

    page.locator(".search-mode").click()
    finding.ready(grid, match="jump")
    everything = finding.ids(table, sort=str(NAME))
    assert 2 < len(hits) < finding.ROWS
    page.locator(".search-field").focus()

    def at(number: int) -> None:
        expect(page.locator(".search-hits")).to_have_text(f"{number:,} of {len(hits):,}")
        grid.wait(lambda: grid.focused()[0] - 1 == everything.index(hits[number - 1]), f"hit {number}")
        finding.shows(grid, everything)

    at(1)
    for keys, number in (
        ("Enter", 2),
        ("Enter", 3),
        ("Shift+Enter", 2),
        ("Shift+Enter", 1),
        ("Shift+Enter", len(hits)),
        ("Enter", 1),
    ):
        grid.press(keys)
        at(number)
    page.get_by_role("button", name="Next hit").click()
    at(2)
    page.get_by_role("button", name="Clear the search").click()
    finding.ready(grid, search="")
    assert page.locator(".search-hits").inner_text() == ""
    finding.shows(grid, everything)


def test_a_hit_that_is_known_before_the_rows_are_counted_is_gone_to(open_grid: Open, table: Table) -> None:
    grid = finding.opened(open_grid(table), table, sort=str(NAME))
    everything = finding.ids(table, sort=str(NAME))
    names = finding.values(table, NAME)
    word = next(names[row_id] for row_id in everything[1_500:] if list(names.values()).count(names[row_id]) == 1)
    at = next(index for index, row_id in enumerate(everything) if names[row_id] == word)
    grid.press("Control+F")
    grid.page.keyboard.type(word)
    finding.ready(grid, search=word)
    rows = Held(grid, "/window/")
    with grid.page.expect_response("**/hits/*"):
        grid.page.locator(".search-mode").click()
    grid.page.wait_for_timeout(300)
    rows.let_go()
    grid.wait(lambda: grid.focused()[0] - 1 == at, "the hit")
    assert grid.texts(at + 1)[1] == word


def test_the_foot_adds_up_what_the_filter_leaves_and_what_is_selected(open_grid: Open, table: Table) -> None:
    every = sorted(value for value in finding.values(table, QUANTITY).values() if value is not None)
    limit = every[len(every) // 3]
    chosen = json.dumps(["all", [QUANTITY, ">", limit]])
    grid = finding.opened(open_grid(table), table, filter=chosen)
    page = grid.page
    quantities = [value for value in every if value > limit]
    with finding.answered(page, "/menu/"):
        page.get_by_role("button", name="Summarise Quantity").click()
    page.get_by_role("menuitemradio", name="Sum", exact=True).click()
    expect(page.get_by_role("button", name=f"Quantity: Sum {sum(quantities):,}")).to_be_visible()
    filtered = finding.query(table, filter=chosen).window(0, 3)
    head = page.locator(f"data-grid .col[data-key='{QUANTITY}']")
    column = int(head.get_attribute("aria-colindex") or 0) - 1
    grid.cell(1, column).click()
    grid.press("Shift+ArrowDown", 2)
    picked = sum(row.data[str(QUANTITY)] for row in filtered)
    expect(page.locator("#grid-sums")).to_contain_text(f"Sum {picked:,}")
    least = sorted(quantities)[len(quantities) // 2]
    finding.open_tool(page, "filter")
    finding.fill(page, "filter", "f-0-value-0", str(least))
    more = [value for value in quantities if value > least]
    expect(page.get_by_role("button", name=f"Quantity: Sum {sum(more):,}")).to_be_visible()


def test_where_no_row_matches_the_page_says_so_and_shows_the_way_back(open_grid: Open, table: Table) -> None:
    quantities = sorted(value for value in finding.values(table, QUANTITY).values() if value is not None)
    only = json.dumps(["all", [QUANTITY, ">", quantities[-20]]], separators=(",", ":"))  # a few rows, whatever the samples are
    assert finding.ids(table, filter=only)
    grid = finding.opened(open_grid(table), table, filter=only, search="zzzqqq")
    page = grid.page
    page.get_by_role("heading", name="No row matches").wait_for()
    page.get_by_role("button", name="Clear the search").last.click()
    finding.ready(grid, search="", filter=only)
    finding.shows(grid, finding.ids(table, filter=only))
    expect(page.get_by_role("heading", name="No row matches")).not_to_be_visible()
    page.locator(".search-field").fill("zzzqqq")
    page.get_by_role("heading", name="No row matches").wait_for()
    page.get_by_role("button", name="Show all rows").click()
    finding.ready(grid, search="", filter="")
    finding.shows(grid, finding.ids(table))
    assert page.locator(".search-field").input_value() == ""
    assert page.locator("#chips .chip").count() == 0


def test_back_and_forward_show_what_was_seen(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    page = grid.page
    head = page.locator(f"data-grid .col[data-key='{AMOUNT}']")
    head.hover()
    head.locator(".sort-mark").click()
    finding.ready(grid, sort=str(AMOUNT))
    page.locator(".search-field").fill("an")
    finding.ready(grid, search="an")
    for step, parts in (
        (page.go_back, {"sort": str(AMOUNT), "search": ""}),
        (page.go_back, {"sort": "", "search": ""}),
        (page.go_forward, {"sort": str(AMOUNT), "search": ""}),
        (page.go_forward, {"sort": str(AMOUNT), "search": "an"}),
    ):
        # The page of another entry of the history comes anew.
        with page.expect_event("load"):
            step()
        finding.ready(grid, **parts)
        finding.shows(grid, finding.ids(table, **parts))
        assert page.locator(".search-field").input_value() == parts["search"]


def test_the_focus_stays_where_one_has_gone_while_the_order_was_on_its_way(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    held: list[Route] = []
    is_held = True
    grid.page.route("**/order/**", lambda route: held.append(route) if is_held else route.continue_())
    grid.open(f"/t/{table.pk}/?view=0&sort={NAME}")
    grid.row(1)
    grid.wait(lambda: held, "the order is asked for")
    grid.page.evaluate("document.querySelector('data-grid').goTo(90, 0)")
    is_held = False
    for route in held:
        route.continue_()
    finding.ready(grid)
    assert grid.focused()[0] == 91
    finding.shows(grid, finding.ids(table, sort=str(NAME)))


def test_an_order_that_a_worker_makes_is_asked_for_again_until_it_is_there_or_has_failed(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    making = {"making": "This view is still being put in order. It is shown when that is done."}
    answers = [(202, making), (202, making), (503, {"error": "This view could not be put in order."}), (202, making)]
    page = grid.page
    page.route("**/order/**", lambda route: say(route, answers.pop(0)) if answers else route.continue_())

    def say(route: Route, answer: tuple[int, Any]) -> None:
        route.fulfill(status=answer[0], json=answer[1])

    grid.open(f"/t/{table.pk}/?view=0&sort={NAME}")
    expect(page.locator("#grid-count")).to_contain_text("still being put in order")
    grid.row(1)
    page.get_by_text("This view could not be put in order.").wait_for()
    grid.open(f"/t/{table.pk}/?view=0&sort={NAME}")
    finding.ready(grid)
    expect(page.locator("#grid-count")).to_contain_text(f"{finding.ROWS:,} rows")
    finding.shows(grid, finding.ids(table, sort=str(NAME)))
    assert not answers
