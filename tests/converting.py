"""What the tests of changing a column's kind share: a table of one column to change, and all of it to compare."""

from typing import Any

from tables.models import Column, Table
from tests.make import cells, make_table

COLOURS = {"options": [{"id": "r", "name": "Red", "color": "red"}, {"id": "b", "name": "Blue, dark", "color": "blue"}]}


def column_of(table: Table, key: int = 1) -> Column:
    return table.columns.get(key=key)


def one_column(kind: str, values: list[Any], options: dict[str, Any] | None = None) -> Table:
    return make_table(columns=[("What", kind, options or {}), ("Note", "text", {})], rows=[[value, "n"] for value in values])


def whole(table: Table) -> list[Any]:
    """Everything of a table that a change of kind and its undo could touch, but for versions and times."""
    columns = [(c.key, c.name, c.kind, c.options, c.deleted_at) for c in table.columns.order_by("key")]
    return [columns, cells(table)]
