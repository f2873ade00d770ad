"""What the tests of the toolbar's and the columns' panels share: a table, asking for a panel, what it makes of the link."""

import json
from typing import Any

from tables.models import Table
from tests.make import client_of, text
from tests.viewing import HTMX

OPTIONS = {"options": [{"id": "won", "name": "Won", "color": "green"}, {"id": "lost", "name": "Lost & <gone>", "color": "red"}]}
COLUMNS: Any = (
    ("Name", "text", {}),
    ("Amount", "number", {}),
    ("Status", "select", OPTIONS),
    ("Day", "date", {}),
    ("Done", "checkbox", {}),
    ("Tags", "multi_select", OPTIONS),
)
ROWS: list[list[Any]] = [
    ["Ann", 1, "won", "2026-01-05", True, ["won"]],
    ["Ben", 2, "lost", "2026-02-05", None, ["won", "lost"]],
    [None, None, None, None, None, None],
]


def ask(table: Table, path: str, person: str = "vera", /, **data: Any) -> Any:
    return client_of(person).get(f"/t/{table.pk}/{path}/", data, headers=HTMX)


def send(table: Table, path: str, data: dict[str, Any], person: str = "vera") -> Any:
    return client_of(person).post(f"/t/{table.pk}/{path}/", data, headers=HTMX)


def seen(response: Any) -> dict[str, str]:
    """The parts of the link that an answer asks for."""
    assert response.status_code in (200, 204), text(response)
    parts: dict[str, str] = json.loads(response["HX-Trigger"])["grid:see"]
    return parts


def filter_of(response: Any) -> Any:
    part = seen(response)["filter"]
    return json.loads(part) if part else None


def condition(place: str, column: int, operator: str, *values: str, editor: str = "text") -> dict[str, Any]:
    fields = {"column": str(column), "operator": operator, "value": list(values), "editor": editor}
    return {f"{place}.{name}": value for name, value in fields.items()}
