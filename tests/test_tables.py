"""Tables and columns as people make and change them in the browser."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bases.models import Base
from tables.columns import KINDS
from tables.models import Table
from tables.starters import STARTERS
from tests.make import cells, client_of, make_base, make_table, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bob() -> Client:
    return client_of(make_user("bob"))


def text(response: Any) -> str:
    return response.content.decode()


def names(table: Table) -> list[str]:
    return [column.name for column in table.live_columns()]


def tables_in_order(base: Base) -> list[str]:
    return list(base.tables.filter(deleted_at=None).order_by("order", "pk").values_list("name", flat=True))


@pytest.mark.parametrize("starter", list(STARTERS))
def test_a_new_table_has_the_starters_columns_and_a_few_rows(bob: Client, starter: str) -> None:
    base = make_base()
    response = bob.post(f"/b/{base.pk}/tables/new/", {"name": "Mine", "starter": starter}, headers=HTMX)
    table = base.tables.get()
    assert response["HX-Redirect"] == f"/t/{table.pk}/"
    assert names(table) == [column[0] for column in STARTERS[starter].columns]
    assert table.row_count == len(cells(table)) == 10


def test_a_bad_table_is_refused_in_the_dialog(bob: Client) -> None:
    base = make_base()
    for data, sentence in (
        ({"name": " ", "starter": "blank"}, "A table needs a name."),
        ({"name": "x" * 201, "starter": "blank"}, "at most 200 characters"),
        ({"name": "Mine", "starter": "nonsense"}, "nonsense is not one of the available choices"),
    ):
        response = bob.post(f"/b/{base.pk}/tables/new/", data, headers=HTMX)
        assert response.status_code == 422 and sentence in text(response)
    assert not base.tables.exists()


def test_a_table_is_renamed(bob: Client) -> None:
    table = make_table()
    assert 'value="Things"' in text(bob.get(f"/t/{table.pk}/settings/", headers=HTMX))
    assert bob.post(f"/t/{table.pk}/settings/", {"name": " Our  things "}, headers=HTMX)["HX-Refresh"] == "true"
    assert Table.objects.get().name == "Our things"


def test_tables_are_put_in_another_order(bob: Client) -> None:
    base = make_base()
    one, two, three = (make_table(base, name=name) for name in ("one", "two", "three"))
    Table.objects.update(order=0)  # as tables of one order may be: then they stand in the order they were made
    bob.post(f"/t/{three.pk}/move/", {"to": "up"})
    assert tables_in_order(base) == ["one", "three", "two"]
    bob.post(f"/t/{one.pk}/move/", {"to": "down"})
    bob.post(f"/t/{two.pk}/move/", {"to": "down"})
    assert tables_in_order(base) == ["three", "one", "two"]


def test_a_deleted_table_comes_back_with_its_rows(bob: Client) -> None:
    table = make_table(rows=[["a", 1], ["b", 2]])
    page = bob.post(f"/t/{table.pk}/delete/", follow=True)
    assert "“Things” was moved to the trash." in text(page)
    assert bob.get(f"/t/{table.pk}/window/?start=0").status_code == 404
    assert f"Table of {table.base.name}" in text(bob.get("/trash/"))
    bob.post(f"/t/{table.pk}/restore/")
    assert cells(table) == [["a", 1], ["b", 2]]
    assert bob.get(f"/t/{table.pk}/window/?start=0").status_code == 200


def test_the_base_page_asks_as_many_queries_for_ten_tables_as_for_one(bob: Client) -> None:
    base = make_base()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert bob.get(f"/b/{base.pk}/").status_code == 200
        assert not [q for q in captured if '"tables_row"' in q["sql"]]
        return len(captured)

    make_table(base, rows=[["a", 1]])
    one = queries()
    for n in range(9):
        make_table(base, rows=[["a", 1]], name=f"Table {n}")
    assert queries() == one <= 9


def test_the_base_page_says_when_a_table_was_changed(bob: Client) -> None:
    base = make_base()
    make_table(base, rows=[["a", 1]])
    page = text(bob.get(f"/b/{base.pk}/"))
    assert "1 row<" in page and "changed now" in page


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_column_of_every_kind_is_added_by_its_dialog(bob: Client, kind: str) -> None:
    """The form sends what a browser would: every named field of the dialog as it is shown."""
    table = make_table()
    url = f"/t/{table.pk}/columns/new/"
    data = _fields(text(bob.get(url, {"kind": kind}, headers=HTMX)))
    response = bob.post(url, data | {"name": "New one"}, headers=HTMX)
    assert response.status_code == 200, text(response)
    assert response["HX-Refresh"] == "true"
    column = table.live_columns().get(name="New one")
    assert column.kind == kind
    assert column.options == KINDS[kind].options({})


def _fields(html: str) -> dict[str, Any]:
    """What a browser would send of a dialog's form."""
    from html.parser import HTMLParser

    found: dict[str, Any] = {}

    class Form(HTMLParser):
        select = ""
        in_template = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            name, value = given.get("name") or "", given.get("value") or ""
            if tag == "template":
                self.in_template = True
            if self.in_template:
                return
            if tag == "select":
                self.select = name
            if tag == "option" and self.select and ("selected" in given or self.select not in found):
                found[self.select] = value
            if tag == "input" and name and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
                found[name] = value

        def handle_endtag(self, tag: str) -> None:
            if tag == "template":
                self.in_template = False

    Form().feed(html)
    found.pop("csrfmiddlewaretoken")
    return found


def test_a_column_is_inserted_before_another(bob: Client) -> None:
    table = make_table()
    amount = table.live_columns().get(name="Amount")
    assert f'name="before" value="{amount.key}"' in text(bob.get(f"/t/{table.pk}/columns/new/?before={amount.key}", headers=HTMX))
    bob.post(f"/t/{table.pk}/columns/new/", {"name": "Between", "kind": "text", "before": amount.key})
    assert names(table) == ["Name", "Between", "Amount"]


def test_a_select_column_gets_its_options_in_order_and_keeps_their_ids(bob: Client) -> None:
    table = make_table()
    choices = {"choice_id": ["", "", ""], "choice_name": ["New", "  ", "Done"], "choice_color": ["blue", "red", "green"]}
    bob.post(f"/t/{table.pk}/columns/new/", {"name": "Status", "kind": "select", **choices})
    column = table.live_columns().get(name="Status")
    new, done = column.options["options"]
    assert [(o["name"], o["color"]) for o in (new, done)] == [("New", "blue"), ("Done", "green")]
    edited = {
        "choice_id": [done["id"], new["id"], ""],
        "choice_name": ["Finished", "New", "Late"],
        "choice_color": ["green", "blue", "pink"],
    }
    bob.post(f"/t/{table.pk}/columns/{column.key}/", {"name": "State", "description": "Where it stands", **edited})
    column.refresh_from_db()
    assert (column.name, column.description) == ("State", "Where it stands")
    assert [o["id"] for o in column.options["options"][:2]] == [done["id"], new["id"]]
    assert [o["name"] for o in column.options["options"]] == ["Finished", "New", "Late"]


def test_a_column_shows_its_options_when_it_is_edited(bob: Client) -> None:
    table = make_table(columns=[("Price", "currency", {"symbol": "€", "decimals": 3, "thousands": False})])
    fields = _fields(text(bob.get(f"/t/{table.pk}/columns/1/", headers=HTMX)))
    assert (fields["symbol"], fields["decimals"], "thousands" in fields) == ("€", "3", False)
    bob.post(f"/t/{table.pk}/columns/1/", {"name": "Price", "symbol": "kr", "decimals": "", "thousands": "true"})
    assert table.live_columns().get().options == {"symbol": "kr", "decimals": None, "thousands": True}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "", "kind": "text"}, "A column needs a name."),
        ({"name": "amount", "kind": "text"}, "There is a column “amount” already."),
        ({"name": "X", "kind": "nonsense"}, "nonsense is not one of the available choices"),
        ({"name": "X", "kind": "number", "decimals": "11"}, "from 0 to 10"),
        ({"name": "X", "kind": "rating", "max": "many"}, "from 1 to 10"),
        ({"name": "X", "kind": "currency", "symbol": ""}, "A currency symbol has 1 to"),
        (
            {"name": "X", "kind": "select", "choice_id": ["", ""], "choice_name": ["a", "A"], "choice_color": ["red", "red"]},
            "Give each a name of its own.",
        ),
    ],
)
def test_a_bad_column_is_refused_in_the_dialog_and_keeps_what_was_typed(bob: Client, data: dict[str, Any], sentence: str) -> None:
    table = make_table()
    response = bob.post(f"/t/{table.pk}/columns/new/", data, headers=HTMX)
    assert response.status_code == 422 and sentence in text(response)
    if data["name"] == "X":
        assert 'name="name" value="X"' in text(response)
    for name in data.get("choice_name", []):
        assert f'name="choice_name" value="{name}"' in text(response)
    assert names(table) == ["Name", "Amount"]


def test_a_deleted_column_comes_back_with_its_cells(bob: Client) -> None:
    table = make_table(rows=[["a", 1]])
    key = table.live_columns().get(name="Amount").key
    assert bob.post(f"/t/{table.pk}/columns/{key}/delete/", headers=HTMX)["HX-Refresh"] == "true"
    assert names(table) == ["Name"]
    # The page that is loaded anew offers the way back.
    page = text(bob.get(f"/b/{table.base_id}/"))
    assert "Column “Amount” was deleted." in page and f"/t/{table.pk}/columns/{key}/restore/" in page
    bob.post(f"/t/{table.pk}/columns/{key}/restore/")
    assert cells(table) == [["a", 1]]


def test_a_column_cannot_come_back_under_a_name_that_is_taken(bob: Client) -> None:
    table = make_table()
    key = table.live_columns().get(name="Amount").key
    bob.post(f"/t/{table.pk}/columns/{key}/delete/")
    bob.post(f"/t/{table.pk}/columns/new/", {"name": "Amount", "kind": "text"})
    bob.post(f"/t/{table.pk}/columns/{key}/restore/")
    assert "There is a column “Amount” already." in text(bob.get(f"/b/{table.base_id}/"))
    assert names(table) == ["Name", "Amount"]


def test_the_menu_of_a_column_offers_what_it_can_do(bob: Client) -> None:
    table = make_table(columns=[(name, "text", {}) for name in "abc"])
    first, _, last = (text(bob.get(f"/t/{table.pk}/columns/{c.key}/menu/", headers=HTMX)) for c in table.live_columns())
    assert "Move right" in first and "Move left" not in first
    assert "Move left" in last and "Move right" not in last
    assert bob.get(f"/t/{table.pk}/columns/1/menu/", headers=HTMX)["HX-Retarget"] == "#menu"


def test_a_width_is_kept_within_its_limits(bob: Client) -> None:
    table = make_table()
    for sent, kept in (("300", 300), ("5", 60), ("5000", 800)):
        assert bob.post(f"/t/{table.pk}/columns/1/width/", {"width": sent}).status_code == 204
        assert table.live_columns().get(key=1).width == kept
    for nonsense in ("", "-5", "1.5", "wide", "١٢٣", "9" * 30):
        assert bob.post(f"/t/{table.pk}/columns/1/width/", {"width": nonsense}).status_code == 422
    assert table.live_columns().get(key=1).width == 800


def test_a_viewer_is_offered_nothing_that_only_editors_may_do() -> None:
    table = make_table()
    page = text(client_of(make_user("vera")).get(f"/b/{table.base_id}/"))
    for offer in ("New table", "Rename", "Move to the trash", "Import a file"):
        assert offer not in page


def test_changing_columns_is_quick_at_any_size(bob: Client) -> None:
    """No row is touched: the work of a column's change does not depend on how many rows there are."""
    table = make_table(rows=[["a", 1]])
    with CaptureQueriesContext(connection) as captured:
        bob.post(f"/t/{table.pk}/columns/new/", {"name": "New", "kind": "text"})
        bob.post(f"/t/{table.pk}/columns/1/", {"name": "Renamed"})
        bob.post(f"/t/{table.pk}/columns/1/move/", {"to": "right"})
        bob.post(f"/t/{table.pk}/columns/1/delete/")
    assert not [q["sql"] for q in captured if "tables_row" in q["sql"] and "tables_rowchange" not in q["sql"]]
