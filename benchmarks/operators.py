"""A sort by each kind of column and a filter by each operator of the operator table, with values that keep many rows and few.

The Leads have columns of eight kinds; a second table of as many rows has the others.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.bench import Bench
from benchmarks.ingesting import ingest
from tables import indexes, schema
from tables.columns import kind_of
from tables.models import Column, Table
from tables.query.definition import Group, read_filter
from tables.query.filters import resolve
from tables.query.operators import OPERATORS, ROW, Operator
from tables.starters import STARTERS
from tables.writes import write

_STATUS = next(options for name, _, options in STARTERS["leads"].columns if name == "Status")
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("Done", "checkbox", {}), ("Tags", "multi_select", _STATUS), ("Share", "percent", {}), ("Website", "url", {}),
    ("Phone", "phone", {}), ("Rating", "rating", {}), ("Seen at", "datetime", {}), ("No", "auto_number", {}),
    ("Made", "created_time", {}), ("Changed", "modified_time", {}),
]  # fmt: skip
# The column by which each family's operators are asked: those of Leads, then those of the second table.
LEADS = {"text": "Country", "number": "Amount", "date": "Signed up", "choice": "Status"}
OTHERS = {"datetime": "Seen at", "choices": "Tags", "flag": "Done"}
# What is asked for, by what an operator takes: a value that keeps many rows, and one that keeps few or none. An operator that
# says the opposite keeps few by the first, and many by the second.
VALUES: dict[str, tuple[Any, Any]] = {
    "text": ("an", "zzzqqq"),
    "whole text": ("Germany", "Nowhere"),
    "texts": (["Germany", "France", "Italy"], ["Nowhere", "Nobody"]),
    "length": (5, 5_000),
    "number": (500, 0),
    "two numbers": ([100, 900], [-5, 0]),
    "day": ("2024-06-01", "1990-01-01"),
    "two days": (["2023-01-01", "2025-01-01"], ["1990-01-01", "1990-12-31"]),
    "count and unit": ([24, "months"], [3, "days"]),
    "choice": ("s1", "s5"),  # one that no row has would be none of the column's
    "choices": (["s1", "s2"], ["s1", "s2", "s3", "s4", "s5"]),
    "people": ([1], [999_999]),
}


class Asked(NamedTuple):
    """A view of a table, by the part of a link that asks for it."""

    table: int
    parts: dict[str, str]


def second_table(bench: Bench) -> Table:
    """As many rows as the Leads, of the kinds that these have not."""
    table = schema.create_table(bench.table.base, "Kinds")
    with write(table.pk, bench.user, "create table") as current:
        for column in KINDS:
            schema.insert_column(current, *column)
    ingest("--rows", bench.rows, "--table", table.pk)
    indexes.tend(table.pk)
    table.refresh_from_db()
    return table


def sorts(table: Table) -> list[Asked]:
    """By each of its kinds, upwards."""
    by_kind = {column.kind: column.key for column in reversed(list(table.live_columns()))}
    return [Asked(table.pk, {"sort": str(key)}) for key in by_kind.values()]


def filters(leads: Table, others: Table) -> list[Asked]:
    """By each operator of each family, with each of its values."""
    found: list[Asked] = []
    for table, columns in ((leads, LEADS), (others, OTHERS)):
        by_name = {column.name: column for column in table.live_columns()}
        for family, name in columns.items():
            assert kind_of(by_name[name].kind).family == family
            for operator in OPERATORS[family].values():
                found += _asked(table, by_name[name], operator)
    for operator in OPERATORS[ROW].values():
        found += _asked(leads, None, operator)
    return found


def _asked(table: Table, column: Column | None, operator: Operator) -> Iterator[Asked]:
    if not operator.offered:
        return
    key = column.key if column else 0
    values: tuple[Any, ...] = (None,) if operator.takes.key == "nothing" else VALUES[operator.takes.key]
    for value in values:
        condition = [key, operator.key] if value is None else [key, operator.key, value]
        wanted = ["all", condition]
        # One that is left out would be measured as all rows.
        left, problems = resolve(read_filter(wanted), {column.key: column} if column else {})
        if problems or left == Group("all"):
            raise RuntimeError(f"{condition} cannot be asked: {' '.join(problems)}")
        yield Asked(table.pk, {"filter": json.dumps(wanted, separators=(",", ":"))})
