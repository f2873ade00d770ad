"""docs/api.md names every address, method, parameter and kind of the API, and no others."""

import re
from pathlib import Path

from django.urls import get_resolver

from api import ai, pages_of_rows
from api.asked_rows import ASKED
from tables.columns import KINDS
from tests.api_access import API_URLS

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
    cells = DOCS[DOCS.index("## Cells") : DOCS.index("## AI columns")].lower()
    for kind in KINDS.values():
        word = kind.label.lower().removesuffix(" time")
        assert word in cells, kind.label
