"""Copy, cut and paste in the grid: what is on the clipboard then, where a paste goes, and what it says of what did not fit."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tables import copying, edits
from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
CHOICES = {"options": [{"id": "a", "name": "Red", "color": "red"}, {"id": "b", "name": "Blue", "color": "blue"}]}
KINDS = (("Name", "text", {}), ("Amount", "number", {"decimals": 2}), ("Colour", "select", CHOICES))


def things(rows: Any = (["Ann", 1.005, "a"], ["Bob", 2, "b"], ["Cid", 3])) -> Table:
    return make_table(columns=KINDS, rows=rows)


@pytest.fixture(autouse=True)
def permitted(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


def clipboard(grid: Grid, kind: str = "text/plain") -> str:
    """What is on the system's clipboard."""
    found = grid.page.evaluate(
        """async (kind) => {
            const [item] = await navigator.clipboard.read();
            return item.types.includes(kind) ? (await item.getType(kind)).text() : "";
        }""",
        kind,
    )
    return str(found)


def put(grid: Grid, text: str, html: str = "") -> None:
    """Put something on the system's clipboard, as another program does."""
    grid.page.evaluate(
        """async ([text, html]) => {
            const parts = { "text/plain": new Blob([text], { type: "text/plain" }) };
            if (html) parts["text/html"] = new Blob([html], { type: "text/html" });
            await navigator.clipboard.write([new ClipboardItem(parts)]);
        }""",
        [text, html],
    )


def said(grid: Grid, words: str) -> None:
    grid.page.locator("#toasts").get_by_text(words).first.wait_for()


def copied(grid: Grid, key: str = "Control+c") -> None:
    grid.press(key)
    grid.page.locator(".copied-outline:not([hidden])").wait_for()


def select(grid: Grid, row: int, column: int, to_row: int, to_column: int) -> None:
    grid.cell(row, column).click()
    grid.cell(to_row, to_column).click(modifiers=["Shift"])


def test_copy_puts_text_and_a_table_on_the_clipboard(open_grid: Open) -> None:
    grid = open_grid(things())
    select(grid, 1, 1, 2, 3)
    copied(grid)
    assert clipboard(grid) == "Ann\t1.005\tRed\nBob\t2\tBlue"
    html = clipboard(grid, "text/html")
    assert "<table" in html and ">Ann</td>" in html
    assert 'sdval="1.005"' in html, "the number itself, however it is shown"
    grid.press("Escape")
    grid.page.locator(".copied-outline").wait_for(state="hidden")
    assert grid.selected() == "2 rows × 3 columns selected"


def test_copy_reaches_over_rows_that_are_not_loaded(open_grid: Open) -> None:
    grid = open_grid(make_table(columns=(("N", "number", {}),), rows=[[n] for n in range(1, 3_001)]))
    grid.press("Control+Space")
    copied(grid)
    assert clipboard(grid).split("\n") == [str(n) for n in range(1, 3_001)]


def test_copy_of_many_cells_comes_in_pieces_whole_or_not_at_all(open_grid: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{n}\n" if n == 8_999 else f"x{n}" for n in range(9_000)]
    table = make_table(columns=[(f"C{n}", "text", {}) for n in range(60)], rows=[[name] for name in names])
    monkeypatch.setattr(copying, "ROWS_READ", 1_000)
    grid = open_grid(table)
    grid.press("Control+a")
    copied(grid)
    text = clipboard(grid)
    assert text == "\n".join([f"{name}" + "\t" * 59 for name in names[:-1]] + ['"8999\n"' + "\t" * 59])
    # What is too long by its text, by its cells, or breaks off, leaves the clipboard as it was.
    monkeypatch.setattr(copying, "BYTES_LIMIT", 100_000)
    grid.press("Control+c")
    said(grid, "MB of text can be copied at once. Select less, or export the table.")
    monkeypatch.setattr(copying, "END", "")
    monkeypatch.setattr(copying, "BYTES_LIMIT", 50_000_000)
    grid.press("Control+c")
    said(grid, "The copy broke off, so nothing was copied. Try again.")
    monkeypatch.setattr(copying, "CELLS_LIMIT", 500_000)
    grid.press("Control+c")
    said(grid, "At most 500,000 cells can be copied at once; this is 540,000.")
    assert clipboard(grid) == text


def test_copy_works_where_the_new_clipboard_is_closed(open_grid: Open) -> None:
    """As on a page that comes by http from another machine."""
    grid = open_grid(things())
    grid.page.evaluate("() => Object.defineProperty(window, 'ClipboardItem', { value: undefined, configurable: true })")
    select(grid, 1, 1, 2, 2)
    copied(grid)
    assert grid.page.evaluate("() => navigator.clipboard.readText()") == "Ann\t1.005\nBob\t2"
    grid.cell(3, 1).click()
    grid.press("Control+v")
    grid.text(4, 2, "2.00")


def test_a_pasted_block_is_written_selected_and_undone(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, "Dan\t40\nEve\t50\r\n")
    grid.cell(2, 1).click()
    grid.press("Control+v")
    grid.text(2, 1, "Dan")
    grid.text(3, 2, "50.00")
    assert grid.selected() == "2 rows × 2 columns selected"
    assert cells(table) == [["Ann", 1.005, "a"], ["Dan", 40, "b"], ["Eve", 50, None]]
    said(grid, "4 cells pasted.")
    grid.page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    grid.text(2, 1, "Bob")
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid"]


def test_the_table_on_the_clipboard_is_preferred_and_shift_takes_the_text(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    html = '<table><tr><td>Rich</td><td x:num="1.23456">1.23</td></tr></table>'
    put(grid, "plain\t7", html)
    grid.press("Control+v")
    grid.text(1, 1, "Rich")
    assert cells(table)[0][1] == 1.23456
    grid.cell(2, 1).click()
    grid.press("Control+Shift+v")
    grid.text(2, 1, "plain")
    assert cells(table)[1][1] == 7


def test_formulas_markup_and_quotes_stay_text(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, '=1+1\n"<script>alert(1)</script>\t""said"""\n"two\nlines"\n')
    grid.press("Control+v")
    grid.text(1, 1, "=1+1")
    assert [row[0] for row in cells(table)] == ["=1+1", '<script>alert(1)</script>\t"said"', "two\nlines"]


def test_one_value_fills_a_larger_selection(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, "same")
    select(grid, 1, 1, 3, 1)
    grid.press("Control+v")
    grid.text(3, 1, "same")
    assert [row[0] for row in cells(table)] == ["same"] * 3


def test_rows_past_the_end_are_made(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, "\n".join(f"new {n}\t{n}" for n in range(4)))
    grid.cell(3, 1).click()
    grid.press("Control+v")
    grid.text(6, 1, "new 3")
    said(grid, "8 cells pasted, 3 rows added.")
    assert grid.page.locator("#grid-count").inner_text() == "6 rows"
    assert grid.selected() == "4 rows × 2 columns selected"
    assert [row[0] for row in cells(table)][2:] == ["new 0", "new 1", "new 2", "new 3"]


def test_columns_past_the_last_one_are_made_when_asked(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, "Red\tx\ty\nBlue\tz\t")
    grid.cell(2, 3).click()
    grid.press("Control+v")
    panel = grid.page.locator("#panel")
    panel.get_by_text("2 columns go past the last column").wait_for()
    panel.get_by_role("button", name="Add 2 columns").click()
    grid.page.wait_for_selector("data-grid[data-ready][aria-colcount='6']")
    said(grid, "6 cells pasted.")
    assert grid.texts(2)[1:] == ["Bob", "2.00", "Red", "x", "y"]
    assert grid.selected() == "2 rows × 3 columns selected"
    grid.page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    grid.page.wait_for_selector("data-grid[data-ready][aria-colcount='4']")
    assert cells(table) == [["Ann", 1.005, "a"], ["Bob", 2, "b"], ["Cid", 3, None]]


def test_what_does_not_fit_is_listed_and_unknown_options_can_be_added(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, "many\tGreen\n5\tRed\n")
    grid.cell(1, 2).click()
    grid.press("Control+v")
    panel = grid.page.locator("#panel")
    panel.get_by_role("heading", name="2 things did not fit").wait_for()
    entries = panel.get_by_role("listitem").all_inner_texts()
    assert "Row 1 · Amount" in entries[0] and "many" in entries[0] and "not a number" in entries[0]
    assert "Row 1 · Colour" in entries[1] and "Green" in entries[1]
    panel.get_by_role("button", name="Row 1 · Colour").click()
    assert grid.focused() == (1, 3)
    panel.get_by_role("button", name="Add options").click()
    panel.get_by_role("heading", name="1 thing did not fit").wait_for()
    assert cells(table)[1][1:] == [5, "a"]
    assert cells(table)[0][2] not in (None, "a", "b")
    panel.get_by_role("button", name="Close the list").click()
    assert panel.inner_text() == ""


def test_what_was_cut_is_emptied_when_it_is_pasted(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    select(grid, 1, 1, 2, 1)
    copied(grid, "Control+x")
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid"]
    grid.cell(2, 1).click()
    grid.press("Control+v")
    grid.text(3, 1, "Bob")
    grid.text(1, 1, "")
    assert [row[0] for row in cells(table)] == [None, "Ann", "Bob"]
    grid.page.locator(".copied-outline").wait_for(state="hidden")
    grid.press("Control+z")  # one step takes back both
    grid.text(3, 1, "Cid")
    grid.text(1, 1, "Ann")
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid"]


def test_what_was_cut_and_changed_by_somebody_else_meanwhile_is_left_and_listed(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    select(grid, 1, 1, 2, 1)
    copied(grid, "Control+x")
    edits.set_cell(table, make_user("bob"), 2, 1, "Bob's", 2**40)
    grid.cell(3, 1).click()
    grid.press("Control+v")
    said(grid, "2 cells moved, 1 row added; 1 cell that somebody else has changed since you cut stayed as well.")
    grid.page.locator("#panel").get_by_text("since you cut it, so it was not emptied").wait_for()
    grid.text(1, 1, "")
    assert [row[0] for row in cells(table)] == [None, "Bob's", "Ann", "Bob"]


def test_what_was_cut_stays_where_not_all_of_it_fits(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    select(grid, 1, 1, 2, 1)
    copied(grid, "Control+x")
    grid.cell(1, 2).click()
    grid.press("Control+v")
    grid.page.locator("#panel").get_by_role("heading", name="2 things did not fit").wait_for()
    said(grid, "what you cut is still where it was")
    assert [row[:2] for row in cells(table)] == [["Ann", 1.005], ["Bob", 2], ["Cid", 3]]


def test_escape_forgets_what_was_cut(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    copied(grid, "Control+x")
    grid.press("Escape")
    grid.cell(3, 1).click()
    grid.press("Control+v")
    grid.text(3, 1, "Ann")
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Ann"]


def test_a_large_paste_goes_as_a_file(open_grid: Open) -> None:
    table = make_table(columns=(("A", "text", {}), ("B", "text", {})), rows=[])
    grid = open_grid(table)
    put(grid, "\n".join(f"{n} {'x' * 200}\t{n}" for n in range(6_000)))
    grid.press("Control+v")
    grid.until("document.getElementById('grid-count').textContent === '6,000 rows'")
    assert cells(table)[5_999][1] == "5999"


def test_a_paste_in_a_filtered_view_shows_at_once_and_keeps_its_place(page: Page) -> None:
    table = things()
    grid = Grid(page).open(f"/t/{table.pk}/?sort=-1")
    put(grid, "Aaa")
    grid.press("Control+v")
    grid.text(1, 1, "Aaa")
    assert grid.focused() == (1, 1)


def test_a_viewer_copies_and_pastes_nothing(context_for: Callable[..., BrowserContext]) -> None:
    table = things()
    context = context_for("vera")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    grid = Grid(context.new_page()).open(f"/t/{table.pk}/")
    copied(grid)
    assert clipboard(grid) == "Ann"
    grid.press("ArrowDown")
    grid.press("Control+v")
    said(grid, "You may look at this table, but not change it.")
    for key in ("Delete", "Control+d", "Control+x"):
        grid.press(key)
    assert [row[0] for row in cells(table)] == ["Ann", "Bob", "Cid"]


def test_text_in_the_editor_is_copied_and_pasted_by_the_browser(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, "ie")
    grid.press("Enter")
    grid.press("Control+v")
    grid.press("Enter")
    grid.text(1, 1, "Annie")


def test_rows_that_were_deleted_meanwhile_are_named(open_grid: Open) -> None:
    table = things()
    grid = open_grid(table)
    put(grid, "x\ny")
    grid.page.route("**/changes/**", lambda route: route.abort())
    edits.delete_rows(table, make_user("bob"), [2])
    grid.press("Control+v")
    grid.page.locator("#panel").get_by_text("deleted meanwhile").wait_for()
    assert [row[0] for row in cells(table)] == ["x", "Cid"]
