"""Changes of more rows than one request takes: begun from the grid, done by a worker, shown by a bar and taken back from it."""

from collections.abc import Callable
from random import Random

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from bases.progress import OPEN
from tables import bulk
from tables.clipboard import read_tsv
from tables.models import Bulk, Table
from tests.browser.conftest import Grid
from tests.make import cells, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
ROWS = 10_201


@pytest.fixture
def table() -> Table:
    columns = (("Name", "text", {}), ("N", "number", {}), ("Made", "created_time", {}))
    return make_table(columns=columns, rows=[[f"row {n}", n] for n in range(1, ROWS + 1)])


def work(grid: Grid, over: str) -> Bulk:
    """Do what was begun, as a worker does, and wait until its bar says that it is over."""
    found = Bulk.objects.filter(state__in=OPEN)
    grid.wait(found.exists, "something to do")
    job = found.get()
    bulk.run(job.pk)
    grid.page.locator(".job").get_by_text(over).last.wait_for()
    job.refresh_from_db()
    return job


def test_a_whole_column_is_emptied_and_put_back_from_its_bar(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("ArrowRight")
    grid.press("Control+Space")
    grid.press("Delete")
    job = work(grid, f"Cells cleared: {ROWS:,} rows.")
    grid.text(1, 2, "")
    assert job.total == ROWS and all(row[1] is None for row in cells(table))
    grid.page.locator(".job").get_by_role("button", name="Undo").click()
    work(grid, "Taken back")
    grid.text(1, 2, "1")
    assert cells(table)[ROWS - 1][:2] == [f"row {ROWS}", ROWS]
    grid.page.locator("data-grid").focus()
    grid.press("Control+y")
    work(grid, "Done again")
    grid.text(1, 2, "")


def put(grid: Grid, text: str) -> None:
    """Put a text on the system's clipboard."""
    grid.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    grid.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)


def test_a_column_is_filled_down_and_from_one_pasted_value(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+Space")
    grid.press("Control+d")
    work(grid, "Cells filled")
    grid.text(2, 1, "row 1")
    assert {row[0] for row in cells(table)} == {"row 1"}
    put(grid, "everywhere")
    grid.press("Control+v")
    work(grid, f"Pasted: {ROWS:,} rows.")
    grid.text(1, 1, "everywhere")
    assert {row[0] for row in cells(table)} == {"everywhere"}


def test_a_whole_column_is_cut_and_moved_to_new_rows_and_brought_back(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    grid.press("Control+Space")
    grid.press("Control+x")
    grid.page.locator(".copied-outline").wait_for()
    grid.press("Control+End")
    grid.press("Home")
    grid.press("Control+v")
    job = work(grid, f"Moved: {ROWS:,} rows.")
    assert job.misfits == 0
    grid.page.locator(".copied-outline").wait_for(state="hidden")
    expect(grid.page.locator("#grid-count")).to_have_text(f"{2 * ROWS - 1:,} rows")
    names = [row[0] for row in cells(table)]
    assert names == [None] * (ROWS - 1) + [f"row {n}" for n in range(1, ROWS + 1)]
    grid.page.locator(".job").get_by_role("button", name="Undo").click()
    work(grid, "Taken back")
    assert [row[0] for row in cells(table)] == [f"row {n}" for n in range(1, ROWS + 1)]


def test_all_rows_are_filled_to_the_right_and_what_did_not_fit_is_listed(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+a")
    grid.press("Control+r")
    work(grid, f"{ROWS + 1:,} things did not fit.")
    grid.page.get_by_role("button", name="Show what did not fit").click()
    grid.page.get_by_role("heading", name=f"{ROWS + 1:,} things did not fit").wait_for()
    grid.page.get_by_text(f"And {ROWS + 1 - 1_000:,} more.").wait_for()
    grid.page.get_by_role("button", name="Row 30 · N").click()
    assert grid.focused() == (30, 2)


def test_a_large_paste_asks_what_it_may_make_and_is_done_with_a_bar(open_grid: Open) -> None:
    table = make_table(columns=(("Name", "text", {}), ("Tag", "select", {"options": []})), rows=[["old", None]] * 3)
    grid = open_grid(table)
    put(grid, "\n".join(f"new {n}\t{('Red', 'Blue')[n % 2]}\t{n}" for n in range(ROWS)))
    grid.cell(2, 1).click()
    grid.press("Control+v")
    dialog = grid.page.get_by_role("dialog")
    dialog.get_by_role("heading", name=f"Paste {ROWS:,} rows × 3 columns").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    assert not Bulk.objects.exists()
    grid.press("Control+v")
    assert dialog.get_by_label("Add the options that “Tag” has not got yet").is_checked()
    dialog.get_by_label("Add 1 column for what goes past the last one").uncheck()
    dialog.get_by_role("button", name="Paste").click()
    grid.wait(Bulk.objects.exists, "the paste to begin")
    job = work(grid, f"Pasted: {ROWS:,} rows.")
    assert job.misfits == 1 and [problem["reason"] for problem in job.problems] == [
        "1 column goes past the last column and was left out."
    ]
    expect(grid.page.locator("#grid-count")).to_have_text(f"{ROWS + 1:,} rows")  # other columns make the page load anew
    names = {each["id"]: each["name"] for each in table.columns.get(key=2).options["options"]}
    found = [(row[0], names.get(row[1])) for row in cells(table)]
    assert found == [("old", None)] + [(f"new {n}", ("Red", "Blue")[n % 2]) for n in range(ROWS)]
    grid.page.locator("data-grid").focus()
    grid.press("Control+z")
    undone = Bulk.objects.filter(action="undo")
    grid.wait(undone.exists, "the undo to begin")
    bulk.run(undone.get().pk)
    expect(grid.page.locator("#grid-count")).to_have_text("3 rows")
    assert cells(table) == [["old", None]] * 3


def test_a_dialog_that_is_shown_as_another_closes_stays(open_grid: Open) -> None:
    """The browser tells of a closed dialog later than the next key comes."""
    grid = open_grid(make_table(columns=(("Name", "text", {}),), rows=[["old"]]))
    grid.page.evaluate(
        """(text) => {
            const paste = () => {
                const clipboardData = new DataTransfer();
                clipboardData.setData("text/plain", text);
                document.querySelector("data-grid").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
            };
            paste();
            document.getElementById("dialog").close();
            paste();
        }""",
        "a\tb\n" * ROWS,
    )
    grid.page.wait_for_timeout(300)
    dialog = grid.page.get_by_role("dialog")
    dialog.get_by_label("Add 1 column for what goes past the last one").uncheck()
    dialog.get_by_role("button", name="Paste").click()
    work(grid, f"Pasted: {ROWS:,} rows.")
    assert not dialog.is_visible() and Bulk.objects.count() == 1


def test_what_is_too_large_to_paste_is_refused_by_its_limit(open_grid: Open) -> None:
    grid = open_grid(make_table(rows=[["Ann", 1]]))
    grid.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for text, words in (
        ("'\\t\\n'.repeat(2_500_001)", "At most 5,000,000 cells can be pasted at once; this is 5,000,002 cells."),
        ("'x'.repeat(50_001_000)", "At most 50 MB of text can be pasted at once; this is 51 MB."),
    ):
        grid.page.evaluate(f"() => navigator.clipboard.writeText({text})")  # made in the page: it would take long to come there
        grid.press("Control+v")
        grid.page.locator("#toasts").get_by_text(words).wait_for()
    assert not Bulk.objects.exists()


def test_the_page_counts_pasted_cells_as_the_server_reads_them(page: Page) -> None:
    source = (settings.ROOT / "static/js/grid/block.js").read_text().replace("export ", "")
    random = Random(7)
    texts = ["".join(random.choices('"\t\n\r,ab', k=random.randint(0, 14))) for _ in range(3_000)]
    page.goto("about:blank")
    found = page.evaluate(
        f"(texts) => {{ {source}\n return texts.map((text) => {{ const s = tsvSize(text); return [s.rows, s.cols]; }}); }}", texts
    )
    assert found == [[len(block), len(block[0])] for block in map(read_tsv, texts)]


def test_columns_of_rowan_are_left_out_of_what_is_emptied(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+a")
    grid.press("Delete")
    work(grid, "Cells cleared")
    grid.text(1, 1, "")
    assert [row[:2] for row in cells(table)] == [[None, None]] * ROWS


def test_all_rows_are_deleted(open_grid: Open, table: Table) -> None:
    grid = open_grid(table)
    grid.press("Control+a")
    grid.press("Control+Delete")
    work(grid, "Rows deleted")
    grid.page.get_by_role("heading", name="No rows yet").wait_for()
    assert cells(table) == []


def test_all_rows_are_duplicated_and_most_of_them_moved(open_grid: Open, table: Table) -> None:
    before = [row[0] for row in cells(table)]
    grid = open_grid(table)
    grid.press("Control+a")
    grid.press("Control+Shift+d")
    job = work(grid, f"Rows duplicated: {ROWS:,} rows.")
    expect(grid.page.locator("#grid-count")).to_have_text(f"{2 * ROWS:,} rows")
    assert job.total == ROWS and [row[0] for row in cells(table)] == before * 2
    grid.press("Control+z")
    work(grid, "Taken back")
    expect(grid.page.locator("#grid-count")).to_have_text(f"{ROWS:,} rows")
    # All but the first two, dragged above these.
    grid.press("Control+Home")
    grid.cell(3, 0).click()
    grid.press("Control+Shift+ArrowDown")
    assert grid.selected() == f"{ROWS - 2:,} rows selected"
    grid.page.evaluate("document.querySelector('data-grid').view.goTo(0)")
    grid.settle()
    start, end = grid.box(3, 0), grid.box(1, 0)
    grid.page.mouse.move(start["x"] + 30, start["y"] + 10)
    grid.page.mouse.down()
    grid.page.mouse.move(end["x"] + 30, end["y"] + 4, steps=4)
    grid.page.mouse.up()
    job = work(grid, f"Rows moved: {ROWS - 2:,} rows.")
    grid.text(1, 1, "row 3")
    assert [row[0] for row in cells(table)] == [*before[2:], *before[:2]]
    grid.press("Control+z")
    work(grid, "Taken back")
    grid.text(1, 1, "row 1")
    assert [row[0] for row in cells(table)] == before
