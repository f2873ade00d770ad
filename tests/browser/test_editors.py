"""An editor for each kind: choices and new ones, chips, numbers as people write them, long texts, stars, addresses that open."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tables import schema
from tables.models import Column, Table
from tables.writes import write
from tests.browser.conftest import Grid
from tests.browser.test_grid_edits import CHOICES, kinds
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
COLOUR, COLOURS = 4, 5


def options_of(table: Table, key: int) -> list[str]:
    return [option["name"] for option in Column.objects.get(table=table, key=key).options["options"]]


def stays(grid: Grid) -> None:
    """Mark the page, to see that it is not loaded anew."""
    grid.page.evaluate("window.isSame = true")


def stayed(grid: Grid) -> bool:
    return bool(grid.page.evaluate("window.isSame === true"))


def test_a_new_option_is_made_by_the_edit_that_needs_it_and_undone_with_it(
    context_for: Callable[..., BrowserContext], transactional_db: None
) -> None:
    table = kinds()
    alice, bob = (Grid(context_for(name).new_page()).open(f"/t/{table.pk}/") for name in ("alice", "bob"))
    stays(alice)
    alice.press("ArrowRight", 3)
    alice.page.keyboard.type("Deep  green")
    create = alice.page.get_by_role("option", name="Create option “Deep green”")
    expect(create).to_have_class("picker-create marked")
    alice.press("Enter")
    alice.saved()
    assert options_of(table, COLOUR) == ["Red", "Blue, dark", "Deep green"]
    expect(alice.cell(1, 4).locator(".opt")).to_have_text("Deep green")
    expect(bob.cell(1, 4).locator(".opt")).to_have_text("Deep green", timeout=10_000)
    # Known in one's own page without loading it anew, and in the other's too.
    alice.press("Enter")
    alice.page.keyboard.type("deep")
    assert alice.page.get_by_role("option").all_inner_texts()[0] == "Deep green"
    alice.press("Escape")
    alice.page.wait_for_timeout(2_500)
    assert stayed(alice)
    alice.press("Control+z")
    expect(alice.cell(1, 4).locator(".opt")).to_have_text("Red")
    assert options_of(table, COLOUR) == ["Red", "Blue, dark"]


def test_tab_takes_what_was_found_and_makes_nothing_new(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight", 3)
    grid.page.keyboard.type("blu")
    grid.press("Tab")
    grid.saved()
    assert cells(table)[0][3] == "b"
    grid.press("ArrowLeft")
    grid.page.keyboard.type("Blur")
    grid.press("Tab")
    expect(grid.page.locator(".editor-reason")).to_contain_text("“Blur” is not among the choices")
    assert options_of(table, COLOUR) == ["Red", "Blue, dark"]


def test_many_choices_are_chips_that_backspace_and_a_click_take_away(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight", 4)
    grid.press("F2")
    chips = grid.page.locator(".editor-chips .opt")
    expect(chips).to_have_text(["Red×"])
    grid.page.keyboard.type("blue")
    grid.press("Enter")
    grid.page.keyboard.type("New, one")
    grid.press("Enter")
    expect(chips).to_have_text(["Red×", "Blue, dark×", "New, one×"])
    grid.page.get_by_role("button", name="Remove Red").click()
    expect(chips).to_have_text(["Blue, dark×", "New, one×"])
    grid.press("Tab")
    grid.saved()
    assert options_of(table, COLOURS) == ["Red", "Blue, dark", "New, one"]
    assert grid.cell(1, 5).locator(".opt").all_inner_texts() == ["Blue, dark", "New, one"]
    grid.press("ArrowLeft")
    grid.press("F2")
    grid.press("Backspace")
    expect(chips).to_have_text(["Blue, dark×"])
    grid.press("Backspace")
    grid.press("Tab")
    grid.saved()
    assert cells(table)[0][4] is None


def test_a_name_that_is_no_choice_among_many_comes_back_beside_those_that_are(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight", 4)
    grid.press("F2")
    grid.page.keyboard.type("blue")
    grid.press("Enter")
    grid.page.keyboard.type("Grin")
    grid.press("Tab")
    expect(grid.page.locator(".editor-reason")).to_contain_text("“Grin” is not among the choices")
    expect(grid.page.locator(".editor-chips .opt")).to_have_text(["Red×", "Blue, dark×"])
    assert grid.page.locator(".editor-field").input_value() == "Grin"
    grid.press("Enter")
    grid.press("Tab")
    grid.saved()
    assert options_of(table, COLOURS) == ["Red", "Blue, dark", "Grin"]


def test_an_option_deleted_while_somebody_picks_it_is_named_and_can_be_made_again(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight", 3)
    grid.press("Enter")
    schema.update_column(table, make_user("bob"), COLOUR, options={"options": CHOICES["options"][:1]})
    grid.page.keyboard.type("blue, dark")
    grid.press("Enter")
    reason = grid.page.locator(".editor-reason")
    expect(reason).to_contain_text("“Blue, dark” is no longer among the options of “Colour”")
    grid.page.get_by_role("option", name="Create option “Blue, dark”").click()
    for _ in range(100):  # the page may load itself anew, since the column's options are others now
        if options_of(table, COLOUR) == ["Red", "Blue, dark"]:
            break
        grid.page.wait_for_timeout(100)
    assert options_of(table, COLOUR) == ["Red", "Blue, dark"]
    assert cells(table)[0][3] != "b"


NUMBERS = {
    "1,234.5": 1234.5,
    "12%": 0.12,
    "(5)": -5,
    "1e3": 1000,
    "$7": 7,
    "1" * 40: "more than 15 significant digits",
    "NaN": "“NaN” is not a number",
    "1e400": "too large or too small a number",
    "1,2,3": "“1,2,3” is not a number",
}


def test_numbers_are_taken_as_people_write_them_and_others_are_told_why_not(open_grid: Open) -> None:
    table = make_table(columns=(("N", "number", {}),), rows=[[0]] * len(NUMBERS))
    grid = open_grid(table)
    for place, (written, expected) in enumerate(NUMBERS.items()):
        grid.page.keyboard.type(written)
        grid.press("Enter")
        if isinstance(expected, str):
            expect(grid.page.locator(".editor-reason")).to_contain_text(expected)
            assert grid.page.locator(".editor-field").input_value() == written
            grid.press("Escape")
            grid.press("ArrowDown")
        else:
            grid.saved()
            assert cells(table)[place][0] == expected


def test_a_long_text_grows_with_its_lines_up_to_a_part_of_the_view(open_grid: Open) -> None:
    table = make_table(columns=(("Note", "long_text", {}), ("Name", "text", {})), rows=[["one"], ["x"]])
    grid = open_grid(table)
    grid.press("F2")
    field = grid.page.locator(".editor-field")
    before = field.bounding_box()["height"]
    for key in ("Shift+Enter", "Alt+Enter"):
        grid.press(key)
        grid.page.keyboard.type("more")
    assert field.bounding_box()["height"] > before + 30
    for _ in range(40):
        grid.press("Shift+Enter")
    assert field.bounding_box()["height"] <= 0.4 * 800 + 1
    grid.page.keyboard.type("end")
    grid.press("Enter")
    grid.saved()
    assert cells(table)[0][0] == "one\nmore\nmore" + "\n" * 40 + "end"
    # In a line of text Shift+Enter goes up, as it does after every other edit.
    grid.press("Tab")
    grid.page.keyboard.type("up")
    grid.press("Shift+Enter")
    assert grid.focused() == (1, 2)


def test_stars_are_given_and_taken_back_by_a_click(open_grid: Open) -> None:
    table = make_table(columns=(("Name", "text", {}), ("Stars", "rating", {"max": 5})), rows=[["a", 2], ["b"]])
    grid = open_grid(table)
    grid.settle()
    star = grid.cell(1, 2).locator(".stars").bounding_box()["width"] / 5

    def place(number: int) -> Any:
        return {"x": 10 + (number - 0.5) * star, "y": 15}

    for row, number, expected in ((1, 4, 4), (1, 4, None), (2, 3, 3)):
        grid.page.wait_for_timeout(600)  # or the next one would be a double click
        grid.cell(row, 2).click(position=place(number))
        grid.saved()
        assert cells(table)[row - 1][1] == expected
    # A double click is one choice, and then an edit.
    grid.cell(1, 2).dblclick(position=place(2))
    expect(grid.page.locator(".editor:not(.resting)")).to_have_count(1)
    grid.press("Escape")
    grid.saved()
    assert cells(table)[0][1] == 2


def test_addresses_open_from_the_cell_and_from_the_editor(open_grid: Open, live_server: Any) -> None:
    columns = (("Site", "url", {}), ("Mail", "email", {}), ("Phone", "phone", {}))
    there = f"{live_server.url}/static/logo.svg"
    table = make_table(columns=columns, rows=[[there, "ann@example.com", "+1 (202) 555-0143"]])
    grid = open_grid(table)
    context = grid.page.context
    with context.expect_page() as opened:
        grid.cell(1, 1).locator("a").click(modifiers=["ControlOrMeta"])
    assert opened.value.url == there
    opened.value.close()
    grid.press("F2")
    link = grid.page.locator(".editor-open")
    expect(link).to_have_attribute("href", there)
    with context.expect_page() as opened:
        grid.press("Control+Enter")
    opened.value.close()
    expect(grid.page.locator(".editor:not(.resting)")).to_have_count(1)
    for text, href in (("javascript:alert(1)", None), ("b.example/y?z=1", "https://b.example/y?z=1")):
        grid.page.locator(".editor-field").fill(text)
        expect(link).to_have_count(1)
        assert link.get_attribute("href") == href
        assert link.is_visible() == (href is not None)
    grid.press("Escape")
    for href in ("mailto:ann@example.com", "tel:+12025550143"):
        grid.press("ArrowRight")
        grid.press("F2")
        expect(link).to_have_attribute("href", href)
        grid.press("Escape")


def test_what_was_typed_for_a_kind_that_has_changed_is_kept_in_a_message(open_grid: Open) -> None:
    table = make_table(columns=(("Name", "text", {}),), rows=[["a"]])
    grid = open_grid(table)
    grid.press("F2")
    with write(table.pk, make_user("bob"), "change column") as current:
        Column.objects.filter(table=table).update(kind="number")
        current.columns_changed = True
    grid.page.keyboard.type("bc")
    grid.press("Enter")
    message = grid.page.get_by_role("region", name="Messages")
    expect(message).to_contain_text("Somebody has made “Name” a column of the kind Number meanwhile. “abc” is not a number.")
    expect(message).to_contain_text("You had typed: “abc”.")
    expect(grid.page.locator("[data-kind=number]")).to_have_count(1, timeout=10_000)
    expect(message).to_contain_text("You had typed: “abc”.")
