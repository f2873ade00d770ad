"""What an AI run that is under way looks like on the grid, to two people at once, and on a row's own page."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from ai import columns, runs
from ai.models import AiCell, Run, Status
from tables import edits
from tables.models import Column, Table
from tests.browser.conftest import Grid
from tests.make import make_table, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Contexts = Callable[..., BrowserContext]
# The name mark of a person and the AI state in a cell: whose pseudo-element, how wide, with which content.
DRAWN = """(cell) => ["::before", "::after"].map((which) => {
    const { content, width, height, position } = getComputedStyle(cell, which);
    return [content, parseFloat(width), parseFloat(height), position];
})"""


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2], ["Cem", 3]])


@pytest.fixture
def summary(table: Table) -> Column:
    made = columns.create(table, make_user("alice"), "Summary", "text", {}, "Sum up {Name}")
    table.refresh_from_db()
    return made


def test_a_rows_page_goes_on_hearing_of_changes_while_a_run_is_under_way(
    context_for: Contexts, table: Table, summary: Column
) -> None:
    alice = make_user("alice")
    run = runs.begin(table, alice, summary, [1, 2, 3], "some cells")
    assert run.state == Run.State.RUNNING
    page = context_for("bob").new_page()
    with page.expect_response("**/changes/**") as polled:
        page.goto(f"/t/{table.pk}/rows/1/")
    # Nothing was written: the answer names no version.
    assert polled.value.json() == {"working": [summary.key]}
    with page.expect_response("**/changes/**") as polled:
        AiCell.objects.filter(column=summary, row_id=1).update(status=Status.ERROR, error="It could not be done")
    assert "version=undefined" not in polled.value.url
    expect(page.get_by_text("It could not be done")).to_be_visible(timeout=8_000)
    edits.set_cell(table, alice, 1, 1, "Anna", 2**40)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Anna", timeout=8_000)
    AiCell.objects.filter(column=summary, row_id=1).update(error="It could not be done again")
    Run.objects.filter(pk=run.pk).update(state=Run.State.DONE)
    expect(page.get_by_text("It could not be done again")).to_be_visible(timeout=8_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_persons_name_and_the_state_of_an_ai_cell_stand_side_by_side(
    context_for: Contexts, table: Table, summary: Column, scheme: str
) -> None:
    runs.begin(table, make_user("alice"), summary, [1, 2], "some cells")
    alice, bob = (Grid(context_for(name, color_scheme=scheme).new_page()).open(f"/t/{table.pk}/") for name in ("alice", "bob"))
    bob.cell(1, 3).click()
    expect(alice.page.locator("#people button")).to_have_count(1, timeout=8_000)
    cell = alice.cell(1, 3)
    state = ['""', 12, 12, "absolute"]
    looks: list[Any] = []

    def is_drawn() -> bool:
        looks[:] = cell.evaluate(DRAWN)
        return looks[0][0] == '"Bob"' and looks[0][1] > 12 and looks[0][2:] == [13, "absolute"] and looks[1] == state

    alice.wait(is_drawn, f"bob's name on the cell beside its state, {looks}")
    name = looks[0]
    # The same state without a name, and a name without a state. A row that is drawn anew meanwhile has no style.
    nameless = alice.cell(2, 3)
    alice.wait(lambda: nameless.evaluate(DRAWN)[1] == state, "the state of the cell below")
    assert nameless.evaluate(DRAWN)[0][0] == "none"
    bob.cell(1, 1).click()
    plain = alice.cell(1, 1)
    alice.wait(lambda: plain.evaluate(DRAWN)[1] == name, "bob's name on the cell of a text")
