"""Keys that need a table wider than the screen, the Mac's Cmd, and text that is long, goes from right to left, or is emoji."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Contexts = Callable[..., BrowserContext]
COLUMNS, ROWS = 20, 60
HEBREW, ARABIC, EMOJI = "שלום עולם", "مرحبا بالعالم", "👩‍👩‍👧‍👦🏳️‍🌈🇨🇭"
WORD = "Donau" * 2_000
# Where the text of a cell begins and ends, in px from the cell's edges.
EDGES = """(cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const [text, box] = [range.getBoundingClientRect(), cell.getBoundingClientRect()];
    return [text.left - box.left, box.right - text.right];
}"""


@pytest.fixture
def table(db: Any) -> Table:
    columns = [(f"C{n}", "text", {}) for n in range(1, COLUMNS + 1)]
    return make_table(columns=columns, rows=[[f"{row}.{col}" for col in range(1, COLUMNS + 1)] for row in range(1, ROWS + 1)])


def test_the_selection_grows_by_rows_screens_and_to_the_ends_and_rows_are_deleted(context_for: Contexts, table: Table) -> None:
    grid = Grid(context_for("alice").new_page()).open(f"/t/{table.pk}/")
    grid.press("Control+/")
    expect(grid.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    grid.press("Escape")
    grid.cell(3, 4).click()
    grid.press("Shift+Home")
    assert grid.selected() == "1 row × 4 columns selected"
    grid.cell(3, 4).click()
    grid.press("Control+Shift+Home")
    assert grid.selected() == "3 rows × 4 columns selected"
    grid.cell(3, 2).click()
    grid.press("Shift+Alt+PageDown")
    right = grid.page.evaluate("document.querySelector('data-grid').focusCol") + 1
    assert 4 < right < COLUMNS
    assert grid.selected() == f"1 row × {right - 1} columns selected"
    grid.press("Shift+Alt+PageUp")
    left = grid.page.evaluate("document.querySelector('data-grid').focusCol") + 1
    assert left < 4
    grid.cell(2, 1).click()
    grid.press("Shift+ArrowDown")
    grid.press("Control+Backspace")
    grid.text(2, 1, "4.1")
    assert [row[0] for row in cells(table)[:3]] == ["1.1", "4.1", "5.1"]


def test_on_a_mac_cmd_does_what_ctrl_does_elsewhere(context_for: Contexts, table: Table) -> None:
    agent = (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
    )
    context = context_for("alice", user_agent=agent)
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'platform', { get: () => 'MacIntel' })")
    grid = Grid(context.new_page()).open(f"/t/{table.pk}/")
    grid.press("Meta+End")
    assert grid.focused() == (ROWS, COLUMNS)
    grid.press("Meta+Home")
    assert grid.focused() == (1, 1)
    grid.press("Control+End")  # the Mac's own, which means nothing here
    assert grid.focused() == (1, 1)
    grid.press("Meta+Shift+ArrowDown")
    assert grid.selected() == f"{ROWS} rows × 1 column selected"
    grid.press("Meta+d")
    grid.text(ROWS, 1, "1.1")
    grid.press("Meta+z")
    grid.text(ROWS, 1, f"{ROWS}.1")
    grid.press("Meta+Shift+z")
    grid.text(ROWS, 1, "1.1")
    grid.press("Meta+z")
    grid.text(ROWS, 1, f"{ROWS}.1")
    grid.cell(1, 1).click()
    grid.press("Meta+Backspace")
    grid.text(1, 1, "2.1")
    grid.press("Meta+/")
    keys = grid.page.locator("#dialog kbd")
    expect(keys.filter(has_text="⌘").first).to_be_visible()
    grid.press("Escape")
    grid.press("Meta+k")
    expect(grid.page.get_by_role("combobox")).to_be_focused()


def test_text_of_every_direction_emoji_and_a_word_of_10000_characters(context_for: Contexts, table: Table) -> None:
    grid = Grid(context_for("alice").new_page()).open(f"/t/{table.pk}/")
    texts = [HEBREW, ARABIC, EMOJI, WORD]
    height = grid.box(4, 1)["height"]
    for text in texts:
        grid.page.keyboard.insert_text(text)
        grid.press("Enter")
    grid.saved()
    assert [row[0] for row in cells(table)[:4]] == texts
    for number, text in enumerate(texts[:3], start=1):
        grid.text(number, 1, text)
    # Of a long text a cell has as much as could be seen.
    shown_word = grid.cell(4, 1).text_content().rstrip("…")
    assert len(shown_word) > 100 and WORD.startswith(shown_word)
    # From right to left at the right edge, the other way round at the left one.
    for number in (1, 2):
        left, right = grid.cell(number, 1).evaluate(EDGES)
        assert right < 14 < left, (number, left, right)
    assert grid.cell(3, 1).evaluate(EDGES)[0] < 14
    # A word that has no end makes its cell no larger, and its editor no wider than the page.
    box = grid.box(4, 1)
    assert box["height"] == height and box["width"] == grid.box(5, 1)["width"]
    grid.cell(4, 1).click()
    grid.press("F2")
    field = grid.page.locator(".editor-field")
    expect(field).to_have_value(WORD)
    shown = field.bounding_box()
    assert shown["width"] <= 1280 and shown["height"] <= 800
    grid.press("Control+End")
    grid.page.keyboard.type("!")
    grid.press("Enter")
    grid.saved()
    assert cells(table)[3][0] == f"{WORD}!"
