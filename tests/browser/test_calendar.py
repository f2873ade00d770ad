"""The calendar of date columns: walked through by keys, followed by what is typed, picked from by the mouse."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]


def days(form: str = "iso", first: str | None = "2026-11-21") -> Table:
    columns = (("Day", "date", {"format": form}), ("At", "datetime", {"format": form, "clock": 24}))
    return make_table(columns=columns, rows=[[first, "2026-11-21T14:30:00Z"], [], []])


def value(grid: Grid) -> str:
    return grid.page.locator(".editor-field").input_value()


def calendar(grid: Grid) -> Any:
    return grid.page.get_by_role("dialog", name="Calendar of")


def test_keys_walk_by_day_week_month_and_year_and_enter_takes(open_grid: Open) -> None:
    table = days()
    grid = open_grid(table)
    grid.press("F2")
    expect(calendar(grid)).to_be_visible()
    expect(calendar(grid).locator("[aria-selected=true]")).to_have_text("21")
    for key, day in (
        ("ArrowRight", "2026-11-22"),
        ("ArrowDown", "2026-11-29"),
        ("ArrowUp", "2026-11-22"),
        ("ArrowLeft", "2026-11-21"),
        ("PageDown", "2026-12-21"),
        ("PageUp", "2026-11-21"),
        ("Shift+PageDown", "2027-11-21"),
        ("Shift+PageUp", "2026-11-21"),
    ):
        grid.press(key)
        assert value(grid) == day
        marked = grid.page.locator(".editor-field").get_attribute("aria-activedescendant")
        expect(grid.page.locator(f"#{marked}")).to_have_attribute("aria-selected", "true")
    assert "Saturday, 21 November 2026" in (calendar(grid).locator("[aria-selected=true]").get_attribute("aria-label") or "")
    grid.press("ArrowDown")
    grid.press("Enter")
    assert grid.focused() == (2, 1)
    grid.saved()
    assert cells(table)[0][0] == "2026-11-28"
    expect(calendar(grid)).to_have_count(0)


def test_months_of_other_lengths_and_the_ends_of_the_calendar_hold(open_grid: Open) -> None:
    grid = open_grid(days(first="2028-02-29"))
    grid.press("Enter")
    grid.press("Shift+PageDown")
    assert value(grid) == "2029-02-28"
    grid.page.locator(".editor-field").fill("9999-12-31")
    for key in ("ArrowDown", "PageDown", "Shift+PageDown"):
        grid.press(key)
        assert value(grid) == "9999-12-31"
    grid.page.locator(".editor-field").fill("0001-01-01")
    for key in ("ArrowUp", "PageUp", "Shift+PageUp"):
        grid.press(key)
        assert value(grid) == "0001-01-01"
    grid.press("Escape")
    assert grid.cell(1, 1).inner_text() == "2028-02-29"


@pytest.mark.parametrize(("locale", "heads", "home"), [("en-US", "Su", "2026-11-15"), ("de-DE", "Mo", "2026-11-16")])
def test_weeks_start_as_the_persons_own_do(
    context_for: Callable[..., BrowserContext], locale: str, heads: str, home: str
) -> None:
    table = days()
    grid = Grid(context_for("alice", locale=locale).new_page()).open(f"/t/{table.pk}/")
    grid.press("Enter")
    assert calendar(grid).locator("th").first.inner_text() == heads
    grid.press("Home")
    assert value(grid) == home
    grid.press("End")
    assert value(grid) == str(date.fromisoformat(home) + timedelta(days=6))


def test_what_is_typed_goes_into_the_field_and_the_calendar_follows(open_grid: Open) -> None:
    table = days("eu")
    grid = open_grid(table)
    grid.press("F2")
    grid.page.keyboard.type("03.04.2019")
    expect(calendar(grid).locator(".calendar-title")).to_have_text("April 2019")
    expect(calendar(grid).locator("[aria-selected=true]")).to_have_text("3")
    # The arrows are the text's again.
    grid.press("ArrowLeft")
    grid.press("Backspace")
    grid.page.keyboard.type("2")
    assert value(grid) == "03.04.2029"
    expect(calendar(grid).locator(".calendar-title")).to_have_text("April 2029")
    grid.press("Enter")
    grid.saved()
    assert cells(table)[0][0] == "2029-04-03"
    # Just typing opens no calendar: who knows the day is not to be bothered.
    grid.page.keyboard.type("31 Feb")
    expect(calendar(grid)).to_have_count(0)
    grid.page.get_by_role("button", name="Show the calendar").click()
    expect(calendar(grid)).to_be_visible()
    assert value(grid) == "31 Feb"
    grid.page.keyboard.type(" 2026")
    grid.press("Enter")
    expect(grid.page.locator(".editor-reason")).to_contain_text("“31 Feb 2026” is not a day of the calendar.")


def test_the_mouse_picks_today_clears_and_turns_months(open_grid: Open) -> None:
    table = days()
    grid = open_grid(table)
    grid.press("F2")
    grid.page.get_by_role("button", name="Next month").click()
    expect(calendar(grid).locator(".calendar-title")).to_have_text("December 2026")
    assert value(grid) == "2026-11-21"
    calendar(grid).get_by_role("gridcell", name="Thursday, 24 December 2026").click()
    grid.saved()
    assert cells(table)[0][0] == "2026-12-24"
    grid.press("F2")
    expect(calendar(grid).locator("[aria-selected=true]")).to_have_count(0)
    calendar(grid).get_by_role("button", name="Today").click()
    grid.saved()
    assert abs(date.fromisoformat(cells(table)[1][0]) - date.today()) <= timedelta(days=1)
    grid.press("ArrowUp", 2)
    grid.press("F2")
    calendar(grid).get_by_role("button", name="Clear").click()
    grid.saved()
    assert cells(table)[0][0] is None


def test_a_moment_has_its_time_beside_the_day(context_for: Callable[..., BrowserContext]) -> None:
    table = days()
    page: Page = context_for("alice", timezone_id="UTC").new_page()
    grid = Grid(page).open(f"/t/{table.pk}/")
    grid.press("ArrowRight")
    grid.press("F2")
    assert value(grid) == "2026-11-21 14:30"
    grid.press("ArrowRight")
    assert value(grid) == "2026-11-22 14:30"
    page.get_by_label("Time", exact=True).fill("09:05")
    assert value(grid) == "2026-11-22 09:05"
    expect(calendar(grid)).to_be_visible()
    calendar(grid).get_by_role("gridcell", name="Monday, 23 November 2026").click()
    page.get_by_label("Time", exact=True).press("Enter")
    grid.saved()
    assert cells(table)[0][1] == "2026-11-23T09:05:00Z"


def test_at_the_foot_of_the_window_the_calendar_is_above(open_grid: Open) -> None:
    table = make_table(columns=(("Day", "date", {}),), rows=[["2026-11-21"]] * 60)
    grid = open_grid(table)
    grid.press("ArrowDown", 30)
    grid.press("F2")
    box, field = calendar(grid).bounding_box(), grid.page.locator(".editor-field").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= field["y"]
