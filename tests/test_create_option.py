"""An edit of a select cell that makes the option it needs: one step, one entry of the history, one undo."""

from typing import Any

import pytest

from tables import edits, schema
from tables.columns.base import BadValue
from tables.models import Change, Column, Table
from tables.undo import undo
from tables.writes import write
from tests.make import cells, client_of, make_table, make_user, text

pytestmark = pytest.mark.django_db

CHOICES = {"options": [{"id": "a", "name": "Red", "color": "red"}]}


@pytest.fixture
def table() -> Table:
    return make_table(columns=(("One", "select", CHOICES), ("Many", "multi_select", CHOICES)), rows=[["a", ["a"]]])


def names(table: Table, key: int) -> list[str]:
    return [option["name"] for option in Column.objects.get(table=table, key=key).options["options"]]


def post(table: Table, person: str = "bob", **values: Any) -> Any:
    return client_of(person).post(f"/t/{table.pk}/cell/", {"row": 1, "key": 1, "v": table.version, **values})


def test_an_option_is_made_with_the_cell_that_holds_it_and_undone_with_it(table: Table) -> None:
    bob, before = make_user("bob"), table.version
    edits.set_cell(table, bob, 1, 1, "Deep green", before, create=True)
    assert names(table, 1) == ["Red", "Deep green"]
    assert Change.objects.filter(table=table, version__gt=before).count() == 1
    undo(table, bob)
    assert names(table, 1) == ["Red"] and cells(table)[0][0] == "a"


def test_of_many_names_only_those_that_are_new_are_made(table: Table) -> None:
    edits.set_cell(table, make_user("bob"), 1, 2, 'red, "Blue, dark", Green', table.version, create=True)
    assert names(table, 2) == ["Red", "Blue, dark", "Green"]
    assert len(cells(table)[0][1]) == 3


def test_nothing_is_made_unasked_or_where_the_edit_fails(table: Table) -> None:
    bob = make_user("bob")
    with pytest.raises(BadValue, match="“Blue” is not among the choices"):
        edits.set_cell(table, bob, 1, 1, "Blue", table.version)
    with pytest.raises(edits.Conflict):
        edits.set_cell(table, make_user("alice"), 1, 1, "", table.version)
        edits.set_cell(table, bob, 1, 1, "Blue", 0, create=True)
    assert names(table, 1) == ["Red"]


def test_the_answer_shows_the_new_option_and_tells_the_columns_options(table: Table) -> None:
    answer = text(post(table, value="Blue", create="1"))
    assert 'class="opt c-green">Blue</span>' in answer
    assert '<script id="made-option" type="application/json">' in answer and f'"before": {table.columns_version}' in answer
    assert "made-option" not in text(post(table, value="Blue", create="1"))


def test_a_refusal_tells_what_the_column_is_like_now(table: Table) -> None:
    schema.update_column(table, make_user("alice"), 1, options={"options": ["Other"]})
    answer = post(table, value="Red", kind="select")
    assert answer.status_code == 422
    assert [option["name"] for option in answer.json()["options"]["options"]] == ["Other"]
    with write(table.pk, make_user("alice"), "change column") as current:
        Column.objects.filter(table=table, key=1).update(kind="number", options={})
        current.columns_changed = True
    answer = post(table, value="Red", kind="select").json()
    assert answer["kind"] == "number" and "a column of the kind Number meanwhile. “Red” is not a number." in answer["error"]


def test_viewers_and_strangers_make_no_options(table: Table) -> None:
    assert post(table, "vera", value="Blue", create="1").status_code == 403
    assert post(table, "charlie", value="Blue", create="1").status_code == 404
    assert names(table, 1) == ["Red"]
