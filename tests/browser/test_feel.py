"""What a person feels of the grid: a key is painted in the next frame, edits stay in order, unsent ones hold the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Dialog, expect

from tables.models import RowChange, Table
from tests.browser.conftest import Grid, Held
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Contexts = Callable[..., BrowserContext]
EDITS = 40
# For each later press of Enter: what the edited cell shows in the frame after the key, and whether that was the very next frame.
# A second callback's beginning is what the first frame has painted.
WATCH = """() => {
    window.seen = [];
    addEventListener("keydown", ({ key }) => {
        if (key !== "Enter") return;
        const [row, col] = [document.querySelector("data-grid").focusRow, document.querySelector("data-grid").focusCol];
        const pressed = performance.now();
        requestAnimationFrame(() => requestAnimationFrame(() => {
            const cell = document.querySelector(`.row[aria-rowindex="${row + 2}"] > [aria-colindex="${col + 2}"]`);
            window.seen.push([cell.textContent, Math.round(performance.now() - pressed)]);
        }));
    }, true);
}"""


def test_edits_are_painted_at_once_sent_in_order_and_hold_the_page_until_they_are(
    context_for: Contexts, transactional_db: None
) -> None:
    table: Table = make_table(rows=[["Ann", 1], ["Bob", 2], ["Cid", 3]])
    grid = Grid(context_for("alice").new_page()).open(f"/t/{table.pk}/")
    page = grid.page
    page.evaluate(WATCH)
    held = Held(grid, "/cell/")
    # Up and down between two cells, faster than anybody types; nobody answers meanwhile.
    for number in range(EDITS):
        page.keyboard.type(f"{number}")
        grid.press("Shift+Enter" if number % 2 else "Enter")
    grid.wait(lambda: page.evaluate("window.seen.length") == EDITS, "all frames")
    seen = page.evaluate("window.seen")
    # On a busy machine two keys can come within one frame: then it shows the later value of the same cell.
    shown = [int(text) for text, _ in seen]
    assert all(text >= number and text % 2 == number % 2 for number, text in enumerate(shown)) and shown[-1] == EDITS - 1
    assert cells(table)[:2] == [["Ann", 1], ["Bob", 2]]
    assert [grid.texts(number)[1] for number in (1, 2)] == ["38", "39"]
    # The page is not left while they wait.
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("location.reload()")
    grid.wait(lambda: asked, "the browser asks")
    assert asked == ["beforeunload"]
    assert page.evaluate("window.seen.length") == EDITS
    held.let_go()
    grid.saved()
    assert cells(table) == [["38", 1], ["39", 2], ["Cid", 3]]
    written = RowChange.objects.filter(table=table, before__isnull=False).order_by("version").values_list("after", flat=True)
    assert list(written) == [{"1": str(number)} for number in range(EDITS)]
    # What is being typed holds it, too; an empty line does not.
    page.reload()
    page.wait_for_selector("data-grid[data-ready]", state="attached")
    assert asked == ["beforeunload"]


def test_two_tabs_of_one_person_and_another_one_share_a_table_and_undo_never_takes_from_others(
    context_for: Contexts, transactional_db: None
) -> None:
    table: Table = make_table(rows=[["Ann", 1], ["Ben", 2], ["Cem", 3]])
    path, alices = f"/t/{table.pk}/", context_for("alice")
    one, two, bob = (Grid(context.new_page()).open(path) for context in (alices, alices, context_for("bob")))
    one.cell(1, 1).click()
    one.page.keyboard.type("Anna")
    one.press("Enter")
    for grid in (two, bob):
        grid.text(1, 1, "Anna")
    # The second tab undoes what the first one did: they are one person.
    two.press("Control+z")
    for grid in (one, two, bob):
        grid.text(1, 1, "Ann")
    assert cells(table)[0] == ["Ann", 1]
    two.press("Control+y")
    for grid in (one, bob):
        grid.text(1, 1, "Anna")
    # The same cell in both tabs, one after the other: no conflict with oneself.
    two.cell(1, 1).click()
    two.page.keyboard.type("Annabel")
    two.press("Enter")
    one.text(1, 1, "Annabel")
    # Bob changes that cell after her: her undo leaves it, and says where.
    bob.text(1, 1, "Annabel")
    bob.cell(1, 1).click()
    bob.page.keyboard.type("Bobbed")
    bob.press("Enter")
    one.text(1, 1, "Bobbed")
    one.press("Control+z")
    told = "Nothing was changed. Row 1 was left as it is: somebody else has changed it later."
    expect(one.page.get_by_text(told)).to_be_visible()
    for grid in (one, two, bob):
        grid.text(1, 1, "Bobbed")
    assert cells(table)[0] == ["Bobbed", 1]
    # His own undo brings back what she had written.
    bob.press("Control+z")
    for grid in (one, bob):
        grid.text(1, 1, "Annabel")
