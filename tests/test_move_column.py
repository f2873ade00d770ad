"""A column put beside another one through HTTP."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from tables import undo
from tables.models import Table
from tests.make import client_of, make_table, make_user

pytestmark = pytest.mark.django_db


def names(table: Table) -> str:
    return "".join(table.live_columns().values_list("name", flat=True))


@pytest.fixture
def table(db: Any) -> Table:
    return make_table(columns=[(name, "text", {}) for name in "abcd"])


def move(table: Table, key: int, where: Mapping[str, object], person: str = "bob") -> Any:
    client: Client = client_of(person)
    return client.post(f"/t/{table.pk}/columns/{key}/move/", where)


@pytest.mark.parametrize(
    ("key", "where", "order"),
    [
        (1, {"before": 4}, "bcad"),
        (4, {"before": 1}, "dabc"),
        (1, {"after": 4}, "bcda"),
        (4, {"after": 1}, "adbc"),
        (2, {"before": 3}, "abcd"),
    ],
)
def test_a_column_is_put_beside_another_one_and_undo_puts_it_back(
    table: Table, key: int, where: dict[str, int], order: str
) -> None:
    response = move(table, key, where)
    assert response.json() == {"text": f"“{'abcd'[key - 1]}” was moved", "undo": True}
    assert names(table) == order
    undo.undo(table, make_user("bob"))
    assert names(table) == "abcd"


@pytest.mark.parametrize(("where", "status"), [({"before": 9}, 410), ({"after": 1}, 410), ({"before": "x"}, 422), ({}, 422)])
def test_what_is_no_place_is_told_and_moves_nothing(table: Table, where: dict[str, object], status: int) -> None:
    response = move(table, 1, where)
    assert response.status_code == status and response.json()["error"]
    assert names(table) == "abcd"


def test_a_viewer_moves_no_column_of_the_table(table: Table) -> None:
    assert move(table, 1, {"after": 4}, "vera").status_code == 403
    assert names(table) == "abcd"
