"""Moving and selecting by keyboard and mouse, as the key table in static/js/grid/keys.js promises."""

from collections.abc import Callable

import pytest

from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[[Table], Grid]
COLUMNS = tuple((f"Column {n}", "text", {}) for n in range(1, 13))


def numbered(rows: int) -> Table:
    return make_table(columns=COLUMNS, rows=[[f"{row}.{col}" for col in range(1, 13)] for row in range(1, rows + 1)])


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp"], (2, 2)),
        (["ArrowUp", "ArrowLeft"], (1, 1)),
        (["Tab", "Tab", "Shift+Tab"], (1, 2)),
        (["End", "Tab"], (2, 1)),
        (["ArrowDown", "Shift+Tab"], (1, 12)),
        (["End", "Home"], (1, 1)),
        (["Control+ArrowRight", "Control+ArrowDown"], (300, 12)),
        (["Control+End"], (300, 12)),
        (["Control+End", "Control+Home"], (1, 1)),
        (["Control+ArrowDown", "Control+ArrowUp", "Control+ArrowRight", "Control+ArrowLeft"], (1, 1)),
    ],
)
def test_a_key_moves_the_focus(open_grid: Open, keys: list[str], place: tuple[int, int]) -> None:
    grid = open_grid(numbered(300))
    for key in keys:
        grid.press(key)
    assert grid.focused() == place
    assert grid.cell(*place).inner_text() == f"{place[0]}.{place[1]}"


def test_page_keys_move_by_a_screen_and_back(open_grid: Open) -> None:
    grid = open_grid(numbered(300))
    grid.press("PageDown")
    row, _ = grid.focused()
    assert 15 <= row <= 25
    grid.press("PageUp")
    assert grid.focused() == (1, 1)
    grid.press("Alt+PageDown")
    _, column = grid.focused()
    assert 4 <= column <= 8
    grid.press("Alt+PageUp")
    assert grid.focused() == (1, 1)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (["Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight"], "3 rows × 2 columns selected"),
        (["Shift+Control+End"], "300 rows × 12 columns selected"),
        (["Shift+End"], "1 row × 12 columns selected"),
        (["Control+a"], "300 rows selected"),
        (["Shift+Space"], "1 row selected"),
        (["Shift+Space", "Shift+ArrowDown"], "2 rows selected"),
        (["Control+Space", "Shift+ArrowRight"], "2 columns selected"),
        (["Control+a", "Escape"], "Row 1 · Column 1"),
        (["Shift+ArrowDown", "ArrowDown"], "Row 3 · Column 1"),
    ],
)
def test_shift_extends_the_selection(open_grid: Open, keys: list[str], says: str) -> None:
    grid = open_grid(numbered(300))
    for key in keys:
        grid.press(key)
    assert grid.selected() == says


def test_selected_cells_say_so_to_machines(open_grid: Open) -> None:
    grid = open_grid(numbered(20))
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowDown", "Shift+ArrowRight"):
        grid.press(key)
    assert grid.focused() == (3, 3)
    selected = grid.page.locator("data-grid .cell[aria-selected='true']")
    assert selected.all_inner_texts() == ["2.2", "2.3", "3.2", "3.3"]
    assert grid.page.locator("data-grid").get_attribute("aria-activedescendant") == "grid-focus"
    assert grid.page.locator("data-grid").get_attribute("aria-rowcount") == "21"
    assert grid.page.locator("data-grid").get_attribute("aria-colcount") == "13"


def test_the_mouse_selects_by_click_shift_click_and_drag(open_grid: Open) -> None:
    grid = open_grid(numbered(50))
    grid.cell(3, 2).click()
    assert grid.focused() == (3, 2)
    grid.cell(6, 4).click(modifiers=["Shift"])
    assert grid.selected() == "4 rows × 3 columns selected"
    grid.cell(2, 1).hover()
    grid.page.mouse.down()
    grid.cell(5, 3).hover()
    grid.page.mouse.up()
    assert grid.selected() == "4 rows × 3 columns selected"
    grid.cell(4, 0).click()
    assert grid.selected() == "1 row selected"
    grid.page.get_by_role("columnheader", name="Column 2").click()
    assert grid.selected() == "1 column selected"
    grid.page.locator(".corner").click()
    assert grid.selected() == "50 rows selected"


def test_the_grid_is_one_tab_stop_and_can_be_left(open_grid: Open) -> None:
    grid = open_grid(numbered(5))
    outside = "!document.querySelector('data-grid').contains(document.activeElement)"
    grid.press("Tab")
    assert grid.focused() == (1, 2)
    grid.press("Escape")
    grid.press("Tab")
    grid.until(outside)
    grid.page.locator("data-grid").focus()
    grid.press("Escape")
    grid.press("Shift+Tab")
    grid.until(outside)


def test_the_help_lists_every_key_of_the_table(open_grid: Open) -> None:
    grid = open_grid(numbered(3))
    grid.press("F1")
    told = grid.page.locator("#dialog dd").all_inner_texts()
    says, unknown = grid.page.evaluate(
        """async () => {
            const find = (name) => [...performance.getEntriesByType("resource")].find(({ name: url }) => url.endsWith(name)).name;
            const { KEYS } = await import(find("/grid/keys.js"));
            const { COMMANDS } = await import(find("/grid/commands.js"));
            const told = KEYS.filter((key) => key.key).map((key) => key.says);
            return [told, KEYS.filter((key) => !COMMANDS[key.command]).map((key) => key.key)];
        }"""
    )
    assert [text.removesuffix(" ⇧") for text in told] == says
    assert unknown == []


# The contract of the grid: what each key does is in keys.js.
PROMISED = """
    ArrowUp ArrowDown ArrowLeft ArrowRight Tab Shift+Tab Enter F2 Escape Space Delete Backspace ContextMenu F1
    Control+ArrowUp Control+ArrowDown Control+ArrowLeft Control+ArrowRight Home End Control+Home Control+End
    PageUp PageDown Alt+PageUp Alt+PageDown Control+a Shift+Space Control+Space Shift+F10
    Shift+ArrowUp Shift+ArrowDown Shift+ArrowLeft Shift+ArrowRight Shift+Control+ArrowUp Shift+Control+ArrowDown
    Shift+Control+ArrowLeft Shift+Control+ArrowRight Shift+Home Shift+End Shift+Control+Home Shift+Control+End
    Shift+PageUp Shift+PageDown Shift+Alt+PageUp Shift+Alt+PageDown
    Control+c Control+x Control+v Control+Shift+V Control+d Control+r Control+z Control+Shift+Z Control+y
    Shift+Enter Control+Shift+Enter Control+Shift+D Control+Delete Control+f Control+g Control+; Control+Shift+: Control+Shift+;
    Control+k Control+/
"""


def test_every_key_that_is_promised_is_a_command_and_is_told(open_grid: Open) -> None:
    grid = open_grid(numbered(1))
    lacking = grid.page.evaluate(
        """async (promised) => {
            const url = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/grid/keys.js")).name;
            const { KEYS, commandOf } = await import(url);
            const told = new Set(KEYS.filter(({ key }) => key).map(({ command }) => command));
            const commandOfKeys = (keys) => {
                const parts = keys.split("+");
                const key = parts.pop();
                const has = (name) => parts.includes(name);
                const held = { ctrlKey: has("Control"), shiftKey: has("Shift"), altKey: has("Alt") };
                return commandOf(new KeyboardEvent("keydown", { key: key === "Space" ? " " : key, ...held }))?.command;
            };
            return promised.filter((keys) => !told.has(commandOfKeys(keys)));
        }""",
        PROMISED.split(),
    )
    assert lacking == []


def test_space_opens_the_row_beside_the_grid_and_escape_gives_the_focus_back(open_grid: Open) -> None:
    grid = open_grid(numbered(5))
    grid.press("ArrowDown")
    grid.press("Space")
    grid.page.locator("#panel").get_by_role("heading", name="Row 2").wait_for()
    grid.press("Escape")
    assert grid.page.locator("#panel").inner_text() == ""
    assert grid.focused() == (2, 1)


def test_a_column_is_made_wider_by_its_edge_and_keeps_its_width(open_grid: Open) -> None:
    table = numbered(5)
    grid = open_grid(table)
    box = grid.page.locator(".head .col").first.bounding_box()
    with grid.page.expect_response("**/columns/1/width/") as kept:
        grid.page.mouse.move(box["x"] + box["width"], box["y"] + 10)
        grid.page.mouse.down()
        grid.page.mouse.move(box["x"] + box["width"] + 70, box["y"] + 10, steps=4)
        grid.page.mouse.up()
    assert kept.value.status == 204
    assert grid.box(1, 1)["width"] == box["width"] + 70
    grid.open(f"/t/{table.pk}/")
    assert grid.box(1, 1)["width"] == box["width"] + 70
    grid.page.locator(".head .grip").first.dblclick()
    assert grid.box(1, 1)["width"] < box["width"]


def test_of_500_columns_only_those_in_view_are_in_the_page(open_grid: Open) -> None:
    columns = tuple((f"C{n}", "text", {}) for n in range(1, 501))
    grid = open_grid(make_table(columns=columns, rows=[[f"{row}.{col}" for col in range(1, 501)] for row in range(1, 41)]))
    grid.press("Control+End")
    assert grid.focused() == (40, 500)
    assert grid.cell(40, 500).inner_text() == "40.500"
    assert grid.box(40, 500)["x"] == grid.page.locator(".head .col").last.bounding_box()["x"]
    assert grid.row(40).locator("> *").count() < 40
    grid.press("Home")
    assert grid.focused() == (40, 1)
    assert grid.cell(40, 3).inner_text() == "40.3"
    assert grid.box(40, 3)["x"] == grid.page.locator(".head .col").nth(2).bounding_box()["x"]


def test_an_empty_table_says_what_to_do_next(open_grid: Open) -> None:
    grid = open_grid(make_table(rows=[]))
    assert grid.page.get_by_role("heading", name="No rows yet").is_visible()
    grid.page.get_by_role("button", name="Add a row").click()
    assert grid.texts(1) == ["1", "", ""]
    assert grid.focused() == (1, 1)
    assert grid.page.locator("#grid-count").inner_text() == "1 row"
