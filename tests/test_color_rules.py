"""Colour rules as they are seen: which rows and cells are painted, also after an edit."""

import json
import re
from typing import Any

import pytest

from tables import edits
from tables.models import Table
from tests.make import client_of, make_table, make_user, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["ann", 5], ["bob", 50], ["cid", 500], [None, None]])


def rule(color: str, condition: list[Any], column: int | None = None) -> dict[str, Any]:
    on = {"on": "row"} if column is None else {"on": "cell", "column": column}
    return {**on, "color": color, "filter": ["all", condition]}


def classes(page: str) -> list[str]:
    return re.findall(r'<div class="(row[^"]*)" role="row"', page)


def window(table: Table, *rules: dict[str, Any], **more: str) -> str:
    return text(client_of("vera").get(f"/t/{table.pk}/window/", {"start": "0", "colors": json.dumps(rules), **more}))


def test_a_row_takes_the_color_of_the_first_rule_that_it_meets(table: Table) -> None:
    page = window(table, rule("red", [2, ">", 100]), rule("green", [2, ">", 10]))
    assert classes(page) == ["row", "row k-green", "row k-red", "row"]


def test_a_cell_is_painted_by_a_rule_on_its_column_alone(table: Table) -> None:
    page = window(table, rule("blue", [1, "contains", "b"], column=2))
    assert page.count("k-blue") == 1 and '<div class="k-blue cell r" role="gridcell" aria-colindex="3">50</div>' in page


def test_rules_hold_in_every_order_and_in_the_page_itself(table: Table) -> None:
    rules = [rule("red", [2, ">", 100])]
    assert classes(window(table, *rules, sort="-2")) == ["row k-red", "row", "row", "row"]
    page = text(client_of("vera").get(f"/t/{table.pk}/", {"colors": json.dumps(rules)}))
    assert classes(page)[:4] == ["row", "row", "row k-red", "row"]


def test_an_edited_row_comes_back_with_its_color(table: Table) -> None:
    address = f"/t/{table.pk}/cell/?colors={json.dumps([rule('red', [2, '>', 100])])}"
    sent = {"row": 1, "key": 2, "v": table.version, "value": "101"}
    assert classes(text(client_of("alice").post(address, sent))) == ["row k-red"]


def test_a_row_that_was_deleted_meanwhile_has_no_color(table: Table) -> None:
    rules = [rule("red", [1, "empty"])]
    window(table, *rules, sort="2")
    client_of("vera").get(f"/t/{table.pk}/order/?sort=2")
    edits.delete_rows(table, make_user("alice"), [4])
    assert classes(window(table, *rules, sort="2"))[3] == "row gone"
