"""docs/api.md names every address, method, parameter and kind of the API, and no others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver

from ai import columns
from api import ai, door, pages_of_rows
from api.asked_rows import ASKED
from tables.columns import KINDS
from tests.api_access import API_URLS
from tests.api_calls import Program
from tests.make import make_table, make_user
from views_app.models import View

DOCS = (Path(__file__).resolve().parent.parent / "docs" / "api.md").read_text()
WORDS = {"base_id": "BASE", "table_id": "TABLE", "row_id": "ROW", "key": "KEY", "run_id": "RUN"}


def addresses() -> set[tuple[str, str]]:
    """(method, address) of the table of addresses, as the URLs have them."""
    found = set()
    for methods, address in re.findall(r"^\| ([A-Z, ]+) `(/[^`?]*)[^`]*` \|", DOCS, re.MULTILINE):
        found |= {(method, address) for method in methods.split(", ")}
    return found


def test_every_address_is_told_and_no_other() -> None:
    told = set()
    for name, call in API_URLS.items():
        if not call.methods:
            continue
        route = next(iter(get_resolver().reverse_dict.getlist(name)))[0][0][0]
        address = re.sub(r"%\((\w+)\)s", lambda part: WORDS[part[1]], route).removeprefix("api/v1")
        told |= {(method, address) for method in call.methods}
    assert addresses() == told


def test_every_parameter_is_told() -> None:
    for name in (
        *ASKED,
        *pages_of_rows.PAGE,
        "timezone",
        *ai.TERMS,
        "sure",
        "before",
        "id",
        "version",
        "cells",
        "create_choices",
    ):
        assert f"`{name}`" in DOCS or f'"{name}"' in DOCS, name
    assert f"at most {pages_of_rows.MOST_ROWS:,}" in DOCS


def test_every_kind_is_told() -> None:
    lines = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", DOCS[DOCS.index("## Cells") : DOCS.index("## AI columns")], re.MULTILINE)
    told = {kind.strip().lower() for line in lines[1:] for kind in re.split("[,;]", line)}
    assert told == {kind.label.lower() for kind in KINDS.values()}


def test_every_code_of_an_error_is_told() -> None:
    table = DOCS[DOCS.index("| status | `code` |") : DOCS.index("## Measured")]
    named = {"no_token", "bad_method", "too_long", "fault"} | {code for _, _, code in door._REFUSALS}
    assert set(re.findall(r"`([a-z_]+)`", table)) - {"code", "problems", "sure"} == named
    assert all(str(status) in table for _, status, _ in door._REFUSALS)


def example(what: str) -> Any:
    found = re.search(rf"^{what}:\n\n```json\n(.*?)```", DOCS, re.MULTILINE | re.DOTALL)
    assert found
    return json.loads(found[1])


def shape(answer: Any) -> Any:
    """Which names an answer has, down to the first item of each list; not those of cells."""
    if isinstance(answer, dict):
        return {name: shape(value) if name not in ("cells", "options") else None for name, value in answer.items()}
    return [shape(answer[0])] if isinstance(answer, list) and answer and isinstance(answer[0], dict) else None


@pytest.mark.django_db
def test_the_answers_are_as_they_are_told() -> None:
    table = make_table(rows=[["one", 1]])
    summary = columns.create(table, make_user("alice"), "Summary", "text", {}, "Sum up {Name}")
    View.objects.create(table=table, name="Open", config={"v": 1})
    alice, place = Program("alice"), f"tables/{table.pk}/"
    told = alice.get(place)[1]
    told["columns"] = [column for column in told["columns"] if column["ai"]]
    assert shape(told) == shape(example("A table"))
    assert shape(alice.get(f"{place}rows/")[1]) == shape(example("A page"))
    assert shape(alice.post(f"{place}rows/", {"rows": [{"cells": {"Amount": "much"}}]})[1]) == shape(example("An error"))
    for what, address in (("An estimate", "estimate/"), ("A run", "run/")):
        answer = alice.post(f"{place}columns/{summary.key}/ai/{address}", {"scope": "all"})[1]
        assert shape(answer) == shape(example(what))


def test_nothing_is_left_to_be_filled_in() -> None:
    assert not re.findall(r"^[A-Z]+$", DOCS, re.MULTILINE)
