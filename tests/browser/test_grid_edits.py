"""Editing in place: what is typed is shown at once, saved, taken back with a reason, and never lost."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route

from tables import edits
from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
CHOICES = {"options": [{"id": "a", "name": "Red", "color": "red"}, {"id": "b", "name": "Blue, dark", "color": "blue"}]}
KINDS = (
    ("Name", "text", {}),
    ("Amount", "number", {}),
    ("Done", "checkbox", {}),
    ("Colour", "select", CHOICES),
    ("Colours", "multi_select", CHOICES),
    ("Stars", "rating", {}),
    ("Site", "url", {}),
    ("Made", "created_time", {}),
)


def kinds() -> Table:
    return make_table(columns=KINDS, rows=[["Ann", 1234.5678, False, "a", ["a"], 2, "https://a.example/x"], ["Bob"], ["Cid"]])


def test_typing_replaces_and_enter_goes_down(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.page.keyboard.type("Zoë 👩‍👩‍👧")
    grid.press("Enter")
    grid.page.keyboard.type("Bea")
    grid.press("Tab")
    assert grid.focused() == (2, 2)
    grid.saved()
    assert [row[0] for row in cells(table)] == ["Zoë 👩‍👩‍👧", "Bea", "Cid"]
    assert grid.cell(1, 1).inner_text() == "Zoë 👩‍👩‍👧"
    assert grid.cell(1, 1).get_attribute("class") == "cell"


def test_enter_edits_what_is_there_and_escape_changes_nothing(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("Enter")
    grid.page.keyboard.type("ie")
    grid.press("Enter")
    grid.saved()
    assert cells(table)[0][0] == "Annie"
    for key in ("ArrowUp", "F2"):
        grid.press(key)
    grid.page.keyboard.type("xxx")
    grid.press("Escape")
    assert grid.cell(1, 1).inner_text() == "Annie"
    assert grid.focused() == (1, 1)
    assert cells(table)[0][0] == "Annie"


def test_a_number_is_edited_in_full_and_not_as_it_is_rounded(open_grid: Open) -> None:
    table = make_table(columns=(("Amount", "number", {"decimals": 2}),), rows=[[1234.5678]])
    grid = open_grid(table)
    assert grid.cell(1, 1).inner_text() == "1234.57"
    grid.press("Enter")
    grid.until("document.querySelector('.editor-field').value === '1234.5678'")
    grid.press("Enter")
    grid.saved()
    assert cells(table) == [[1234.5678]]


def test_a_long_text_is_fetched_whole_before_it_can_be_changed(open_grid: Open) -> None:
    long = "word " * 400
    table = make_table(columns=(("Note", "long_text", {}),), rows=[[long + "end"]])
    grid = open_grid(table)
    grid.press("Enter")
    grid.until("document.querySelector('.editor-field').value.endsWith('end')")
    grid.press("End")
    grid.page.keyboard.type("!")
    grid.press("Enter")
    grid.saved()
    assert cells(table) == [[long + "end!"]]


def test_what_does_not_fit_comes_back_with_the_reason_and_what_was_typed(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight")
    grid.page.keyboard.type("lots")
    grid.press("Enter")
    reason = grid.page.locator(".editor-reason")
    reason.wait_for()
    assert "“lots” is not a number" in reason.inner_text()
    assert grid.page.locator(".editor-field").input_value() == "lots"
    grid.press("Backspace", 4)
    grid.page.keyboard.type("7")
    grid.press("Enter")
    grid.saved()
    assert cells(table)[0][1] == 7


def test_somebody_elses_value_is_never_overwritten_unseen(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("Enter")
    bob, row = make_user("bob"), 1
    edits.set_cell(table, bob, row, 1, "Bob's", table.version)
    grid.page.keyboard.type(" mine")
    grid.press("Enter")
    reason = grid.page.locator(".editor-reason")
    reason.wait_for()
    assert "“Bob's”" in reason.inner_text()
    assert cells(table)[0][0] == "Bob's"
    grid.text(1, 1, "Bob's")
    grid.press("Enter")
    grid.saved()
    assert cells(table)[0][0] == "Ann mine"


def test_a_checkbox_is_toggled_by_space_enter_and_click(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight", 2)
    box = {"position": {"x": 18, "y": 16}}
    for toggle, checked in (
        (lambda: grid.press("Space"), True),
        (lambda: grid.press("Enter"), None),
        (lambda: grid.cell(1, 3).click(**box), True),
        (lambda: grid.cell(1, 3).click(**box), None),
    ):
        toggle()
        grid.saved()
        assert cells(table)[0][2] is checked


def test_a_select_is_picked_from_its_list_by_typing(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight", 3)
    grid.page.keyboard.type("bl")
    assert grid.page.get_by_role("option").all_inner_texts() == ["Blue, dark", "Create option\n“bl”"]
    grid.press("Enter")
    assert grid.focused() == (2, 4)
    grid.saved()
    assert cells(table)[0][3] == "b"
    grid.press("ArrowRight")
    grid.press("ArrowUp")
    grid.press("Enter")
    grid.page.keyboard.type("blue")
    grid.press("Enter")
    grid.press("Tab")
    grid.saved()
    assert cells(table)[0][4] == ["a", "b"]
    assert grid.cell(1, 5).locator(".opt").all_inner_texts() == ["Red", "Blue, dark"]


def test_a_rating_is_typed_as_a_digit(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("ArrowRight", 5)
    grid.press("4")
    grid.saved()
    assert cells(table)[0][5] == 4


def test_a_url_is_edited_with_the_scheme_its_cell_leaves_out(open_grid: Open) -> None:
    grid = open_grid(kinds())
    grid.press("ArrowRight", 6)
    grid.press("Enter")
    grid.until("document.querySelector('.editor-field').value === 'https://a.example/x'")


def test_what_rowan_fills_in_cannot_be_edited_and_says_so(open_grid: Open) -> None:
    grid = open_grid(kinds())
    grid.press("End")
    grid.press("Enter")
    assert grid.page.get_by_text("“Made” is filled in by Rowan").is_visible()
    assert grid.page.locator(".editor:not(.resting)").count() == 0
    assert grid.cell(1, 8).get_attribute("aria-readonly") == "true"


def test_nothing_is_committed_while_an_input_method_composes(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.press("F2")
    grid.page.evaluate(
        """document.querySelector(".editor-field").dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    assert grid.page.locator(".editor:not(.resting)").count() == 1
    assert cells(table)[0][0] == "Ann"


def test_what_an_input_method_composes_into_a_closed_cell_is_whole(open_grid: Open) -> None:
    """No key comes before it, as with handwriting, dictation, emoji and most input methods."""
    table = kinds()
    grid = open_grid(table)
    devtools = grid.page.context.new_cdp_session(grid.page)
    for part in ("k", "か", "かn", "かん"):
        devtools.send("Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)})
    assert grid.page.locator(".editor-field").input_value() == "かん"
    devtools.send("Input.insertText", {"text": "漢"})
    grid.press("Enter")
    assert grid.focused() == (2, 1)
    devtools.send("Input.insertText", {"text": "👩‍👩‍👧 inserted"})
    grid.press("Enter")
    grid.saved()
    assert [row[0] for row in cells(table)] == ["漢", "👩‍👩‍👧 inserted", "Cid"]


def test_what_is_composed_where_nothing_can_be_typed_is_dropped(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    devtools = grid.page.context.new_cdp_session(grid.page)
    grid.press("End")
    devtools.send("Input.imeSetComposition", {"text": "か", "selectionStart": 1, "selectionEnd": 1})
    devtools.send("Input.insertText", {"text": "か"})
    assert grid.page.locator(".editor:not(.resting)").count() == 0
    grid.press("Home")
    grid.page.keyboard.type("x")
    grid.press("Enter")
    grid.saved()
    assert [row[0] for row in cells(table)] == ["x", "Bob", "Cid"]


def test_edits_made_without_a_network_go_out_in_order_when_it_is_back(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.page.route("**/cell/", lambda route: route.abort())
    for text in ("one", "two", "three"):
        grid.page.keyboard.type(text)
        grid.press("Enter")
    grid.press("Control+Home")
    grid.page.keyboard.type("one again")
    grid.press("Enter")
    grid.page.get_by_text("Your edits wait here").wait_for()
    assert grid.cell(1, 1).inner_text() == "one again"
    grid.page.unroute("**/cell/")
    grid.saved()
    assert [row[0] for row in cells(table)] == ["one again", "two", "three"]


def test_the_servers_older_answer_does_not_take_back_a_newer_edit(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    held: list[tuple[Route, Any]] = []
    grid.page.route("**/window/**", lambda route: held.append((route, route.fetch())))
    grid.page.evaluate("document.querySelector('data-grid').rows.refresh()")
    grid.wait(lambda: held)
    grid.page.keyboard.type("newer")
    grid.press("Enter")
    grid.saved()
    route, before = held[0]
    route.fulfill(response=before)
    grid.until("!document.querySelector('data-grid').rows.isAsking()")
    grid.frame()
    assert grid.cell(1, 1).inner_text() == "newer"


def test_a_row_is_added_deleted_and_brought_back(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    grid.page.get_by_role("button", name="Add row").first.click()
    assert grid.texts(4)[0] == "4"
    assert grid.focused() == (4, 1)
    grid.page.keyboard.type("Dan")
    grid.press("Enter")
    grid.saved()
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid", "Dan"]
    grid.cell(2, 1).click()
    grid.press("Shift+ArrowDown")
    grid.press("Control+Delete")
    grid.page.get_by_text("2 rows deleted").wait_for()
    grid.text(2, 1, "Dan")
    assert grid.texts(2)[0] == "2"
    assert grid.page.locator("#grid-count").inner_text() == "2 rows"
    grid.page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    grid.text(4, 1, "Dan")
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid", "Dan"]
    grid.press("Control+z")
    grid.text(4, 1, "")
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid", None]


def test_deleting_reaches_over_rows_that_are_not_loaded(open_grid: Open) -> None:
    table = make_table(columns=(("N", "number", {}),), rows=[[n] for n in range(1, 10_202)])
    grid = open_grid(table)
    grid.page.evaluate("document.querySelector('data-grid').goTo(99, 0)")
    grid.page.evaluate("document.querySelector('data-grid').move(10098, 0, true)")
    grid.press("Control+Delete")
    grid.page.get_by_text("10,000 rows deleted").wait_for()
    grid.until("document.getElementById('grid-count').textContent === '201 rows'")
    assert [row[0] for row in cells(table)] == [*range(1, 100), *range(10_100, 10_202)]


def test_somebody_elses_edit_and_new_rows_come_by_themselves(open_grid: Open) -> None:
    table = kinds()
    grid = open_grid(table)
    bob = make_user("bob")
    edits.set_cell(table, bob, 2, 1, "Bobby", table.version)
    grid.text(2, 1, "Bobby")
    edits.add_rows(table, bob, [{"1": "Eve"}])
    grid.until("document.getElementById('grid-count').textContent === '4 rows'")
    assert grid.texts(4)[:2] == ["4", "Eve"]


def test_a_viewer_reads_and_changes_nothing(context_for: Callable[..., BrowserContext]) -> None:
    table = kinds()
    grid = Grid(context_for("vera").new_page()).open(f"/t/{table.pk}/")
    for key in ("Enter", "x", "Control+Delete", "Shift+Enter", "Control+z"):
        grid.press(key)
    assert grid.page.locator(".editor").count() == 0
    assert grid.page.get_by_role("button", name="Add row").count() == 0
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid"]
