"""Advisory locks of PostgreSQL are told apart by their numbers alone: each kind needs one of its own."""

import re
from collections import defaultdict

from tests.conftest import ROOT

ROOMS = ("ai", "bases", "config", "ingest", "tables", "views_app")


def test_no_two_kinds_of_lock_share_a_number() -> None:
    found = defaultdict(list)
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for number in re.findall(r"0x726F[0-9A-F]{2}\b", path.read_text()):
                found[number].append(path.relative_to(ROOT).as_posix())
    assert len(found) >= 8 and {number: places for number, places in found.items() if len(places) > 1} == {}
