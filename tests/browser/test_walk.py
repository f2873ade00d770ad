"""A person who makes a table of twenty rows with the keyboard alone, from the home page on. docs/walk.md tells it, with pictures.

The pictures are taken by this very test: `bin/screenshots` sets WALK to the folder for them.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bases.models import Base
from tables.models import Table
from tests.browser.conftest import Grid
from tests.conftest import errors_of
from tests.make import cells

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Book, author, genre, day it was read, liked.
BOOKS = [
    ("Middlemarch", "George Eliot", "Novel", "2026-01-04", True),
    ("Dune", "Frank Herbert", "Science fiction", "2026-01-19", True),
    ("Emma", "Jane Austen", "Novel", "2026-02-02", False),
    ("SPQR", "Mary Beard", "History", "2026-02-15", True),
    ("Kindred", "Octavia Butler", "Science fiction", "2026-03-01", True),
    ("Persuasion", "Jane Austen", "Novel", "2026-03-10", True),
    ("Solaris", "Stanisław Lem", "Science fiction", "2026-03-22", False),
    ("Beloved", "Toni Morrison", "Novel", "2026-04-05", True),
    ("The Histories", "Herodotus", "History", "2026-04-30", False),
    ("Ficciones", "Jorge Luis Borges", "Stories", "2026-05-11", True),
    ("Dubliners", "James Joyce", "Stories", "2026-05-20", False),
    ("Ulysses", "James Joyce", "Novel", "2026-06-16", False),
    ("Foundation", "Isaac Asimov", "Science fiction", "2026-07-02", False),
    ("Neuromancer", "William Gibson", "Science fiction", "2026-07-14", True),
    ("Silent Spring", "Rachel Carson", "Science", "2026-08-01", True),
    ("Cosmos", "Carl Sagan", "Science", "2026-08-09", True),
    ("The Waves", "Virginia Woolf", "Novel", "2026-08-23", False),
    ("Orlando", "Virginia Woolf", "Novel", "2026-09-03", True),
    ("Austerlitz", "W. G. Sebald", "Novel", "2026-09-18", True),
    ("Gilead", "Marilynne Robinson", "Novel", "2026-10-01", True),
]
NOTE_MOUSE = """(() => {
    for (const type of ["pointerdown", "mousedown", "mousemove", "wheel", "touchstart"]) {
        addEventListener(type, (event) => event.isTrusted && sessionStorage.setItem("pointed", type), true);
    }
})()"""


class Walk:
    """The keyboard, what is seen, and a camera; there is no mouse in it."""

    def __init__(self, page: Page) -> None:
        self.page, self.keyboard = page, page.keyboard
        self.folder = Path(os.environ["WALK"]) if os.environ.get("WALK") else None

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keyboard.press(key)

    def type(self, text: str, *then: str) -> None:
        self.keyboard.type(text)
        self.press(*then)

    def tab_to(self, role: str, name: str) -> None:
        """Press Tab until this has the focus, as a person does."""
        wanted = self.page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
        wanted.wait_for()
        for _ in range(60):
            if wanted.evaluate("(element) => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab never came to {name}.")

    def palette(self, text: str, first: str) -> None:
        self.press("Control+k")
        self.type(text)
        expect(self.page.get_by_role("option").first).to_contain_text(first)

    def grid(self, columns: list[str]) -> Grid:
        """The grid, once it has these columns."""
        expect(self.page.locator("data-grid[data-ready] .head .col .name")).to_have_text(columns)
        return Grid(self.page)

    def take(self, name: str) -> None:
        if self.folder:
            self.page.wait_for_timeout(300)
            self.page.screenshot(path=self.folder / f"{name}.png")


@pytest.fixture
def walk(context_for: Callable[..., BrowserContext]) -> Iterator[Walk]:
    context = context_for("alice", viewport={"width": 1320, "height": 660}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(NOTE_MOUSE)
    page = context.new_page()
    thrown = errors_of(page)
    yield Walk(page)
    assert not thrown


def test_twenty_rows_by_the_keyboard_alone(walk: Walk) -> None:
    page = walk.page
    page.goto("/")
    # A base and a table in it.
    walk.tab_to("link", "New base")
    walk.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    walk.type("Reading", "Enter")
    expect(page.get_by_role("heading", name="Reading")).to_be_visible()
    walk.tab_to("link", "New table")
    walk.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    walk.type("Books")
    walk.take("1-new-table")
    walk.press("Enter")
    grid = walk.grid(["Name", "Notes", "Status", "Date", "Done"])
    # Its sample rows go, and one undo would bring them back.
    walk.press("Control+a", "Control+Delete")
    expect(page.get_by_role("heading", name="No rows yet")).to_be_in_viewport()
    # A first row, and the columns get their names.
    walk.press("Shift+Enter", "Shift+F2")
    for name in ("Book", "Author", None, "Read on", "Liked"):
        expect(page.get_by_role("textbox", name="Name of the column")).to_be_focused()
        if name == "Read on":
            walk.take("2-names")
        walk.type(name or "", "Enter" if name == "Liked" else "Tab")
        expect(page.locator("data-grid .head .col .name").filter(has_text=name or "Status")).to_be_visible()
    add_genre(walk)
    walk.grid(["Book", "Author", "Status", "Read on", "Liked", "Genre"])
    walk.press("Home")
    for number, book in enumerate(BOOKS, start=1):
        type_row(walk, number, *book)
    walk.press("Enter")
    grid.text(20, 6, "Novel")
    fill_down(walk, grid)
    copy_a_block(walk, grid)
    clear_and_undo(walk, grid)
    table = Table.objects.get(base=Base.objects.get(name="Reading"))
    genres = {option["id"]: option["name"] for option in table.live_columns().get(name="Genre").options["options"]}
    assert list(genres.values()) == ["Novel", "Science fiction", "History", "Stories", "Science"]
    done = next(option["id"] for option in table.live_columns().get(name="Status").options["options"] if option["name"] == "Done")
    found = [[*row[:5], genres.get(row[5])] for row in cells(table)]
    assert found == [[book, author, done, day, liked or None, genre] for book, author, genre, day, liked in BOOKS]
    assert page.evaluate("() => sessionStorage.getItem('pointed')") is None, "a mouse or a finger was used"


def add_genre(walk: Walk) -> None:
    """A select column without options: they come as they are needed."""
    walk.palette("new column", "New column at the end")
    walk.take("3-palette")
    walk.press("Enter")
    expect(walk.page.get_by_role("heading", name="New column")).to_be_visible()
    expect(walk.page.get_by_label("Name", exact=True)).to_be_focused()
    walk.type("Genre", "Tab")
    select = walk.page.get_by_role("radio", name="Single select")
    for _ in range(20):
        if select.is_checked():
            break
        walk.press("ArrowDown")
    walk.press("Enter")


def type_row(walk: Walk, number: int, book: str, author: str, genre: str, day: str, liked: bool) -> None:
    """Tab from cell to cell, and behind the last one into a new row."""
    page = walk.page
    if number > 1:
        walk.press("Tab")
    walk.type(book, "Tab")
    if book == "Orlando":
        walk.press("Tab", "Tab")  # its author is copied afterwards
    else:
        walk.type(author, "Tab", "Tab")
    walk.type(day)
    if number == 4:
        expect(page.locator("data-grid .editor:not(.resting) .editor-field")).to_have_value(day)
        walk.take("4-date")
    walk.press("Tab")
    if liked:
        walk.press("Space")
    walk.press("Tab")
    walk.type(genre)
    if genre not in [book[2] for book in BOOKS[: number - 1]]:
        create = page.locator("data-grid .picker .picker-create")
        expect(create).to_have_text(f"Create option “{genre}”")
        if number == 2:
            walk.take("5-option")
        if genre == "Science":  # below “Science fiction”
            walk.press("ArrowDown")
        walk.press("Enter")


def fill_down(walk: Walk, grid: Grid) -> None:
    """All of them are done: once by hand, then down to the last row."""
    walk.press("Control+Home", "ArrowRight", "ArrowRight")
    walk.type("Don", "Tab")
    walk.press("ArrowLeft", "Control+Shift+ArrowDown", "Control+d")
    grid.text(20, 3, "Done")
    walk.take("6-fill")


def copy_a_block(walk: Walk, grid: Grid) -> None:
    """The author and what is beside it, from the row above."""
    walk.press("Control+g")
    expect(walk.page.get_by_label("Row number")).to_be_focused()
    walk.type("17", "Enter")
    walk.press("Home", "ArrowRight", "Shift+ArrowRight", "Control+c")
    walk.page.locator(".copied-outline:not([hidden])").wait_for()
    walk.press("ArrowDown", "Home", "ArrowRight", "Control+v")
    grid.text(18, 2, "Virginia Woolf")
    walk.take("7-paste")


def clear_and_undo(walk: Walk, grid: Grid) -> None:
    """A whole column emptied by mistake, and brought back."""
    walk.press("Control+Space", "Delete")
    grid.text(1, 2, "")
    walk.press("Control+z")
    grid.text(1, 2, "George Eliot")
    grid.text(20, 2, "Marilynne Robinson")
    walk.take("8-undo")
