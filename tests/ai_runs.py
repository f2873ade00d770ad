"""A table of twelve rows, `name 1` to `name 12`, an AI column that sums them up, and runs that are begun and done."""

from collections import Counter
from typing import Any

import pytest

from ai import columns, runs
from ai.models import AiCell, Run
from ai.pump import pump
from bases.models import User
from tables.models import Column, Table
from tests.ai_fake import KEY
from tests.make import cells, make_table, make_user


@pytest.fixture
def table(db: None, settings: Any) -> Table:
    settings.ANTHROPIC_API_KEY = KEY
    return make_table(rows=[[f"name {n}", n] for n in range(1, 13)])


@pytest.fixture
def alice(table: Table) -> User:
    return make_user("alice")


@pytest.fixture
def summary(table: Table, alice: User) -> Column:
    made = columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    table.refresh_from_db()
    return made


def begun(table: Table, alice: User, column: Column, **settings: Any) -> Run:
    table.refresh_from_db()
    return runs.begin(table, alice, column, list(range(1, 13)), "all rows", **settings)


def pumped(run: Run, seconds: float = 20.0) -> Run:
    while pump(run.pk, seconds):
        pass
    run.refresh_from_db()
    return run


def filled(table: Table, column: Column) -> int:
    at = [each.key for each in table.live_columns()].index(column.key)
    return sum(1 for row in cells(table) if row[at])


def states(column: Column) -> Counter[int]:
    return Counter(AiCell.objects.filter(column=column).values_list("status", flat=True))
