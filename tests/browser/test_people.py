"""Two people in one table at once: each sees where the other is."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from bases.models import User
from tables.models import Table
from tests.browser.conftest import Grid
from tests.make import make_table, make_user


def test_each_sees_the_others_cell_and_name_and_goes_there(
    context_for: Callable[..., BrowserContext], transactional_db: None
) -> None:
    table: Table = make_table(rows=[[f"Name {n}", n] for n in range(300)])
    User.objects.filter(pk=make_user("bob").pk).update(first_name='Bob "; } * {')
    alice, bob = (Grid(context_for(name).new_page()).open(f"/t/{table.pk}/") for name in ("alice", "bob"))
    bob.press("ArrowDown", 3)
    bob.press("ArrowRight")
    face = alice.page.locator("#people button")
    expect(face).to_have_text("B", timeout=8_000)
    assert (face.get_attribute("aria-label") or "").startswith('Bob "; } * { is here')
    mark = "el => getComputedStyle(el, '::after').content + getComputedStyle(el).outlineStyle"
    alice.page.wait_for_selector("data-grid .row[data-id='4'] > .cell[aria-colindex='3']")
    deadline = 40
    while deadline and "solid" not in alice.cell(4, 2).evaluate(mark):
        alice.page.wait_for_timeout(200)
        deadline -= 1
    assert alice.cell(4, 2).evaluate(mark) == r'"Bob \"; } * {"solid'
    assert "none" in alice.cell(3, 2).evaluate(mark)
    face.click()
    assert alice.focused() == (4, 2)
    bob.press("Control+End")
    alice.page.wait_for_timeout(4_500)
    face.click()
    alice.page.wait_for_url("**row=300**")
    alice.page.wait_for_selector("data-grid[data-ready]")
    assert alice.focused()[0] == 300
    bob.page.context.close()
    expect(alice.page.locator("#people")).to_be_hidden(timeout=20_000)
