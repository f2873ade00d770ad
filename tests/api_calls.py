"""Calls the API as a program of a person's would; and what its tests share: a table of 250 rows, alice's program."""

import json
from typing import Any

import pytest
from django.test import Client

from api import tokens
from bases.models import Base
from tables.models import Table
from tests.make import make_table, make_user


class Program:
    """`Program("alice").get("tables/1/rows/", limit=5)`: (status, what the answer's JSON says)."""

    def __init__(self, name: str, *, may_write: bool = True, base: Base | None = None) -> None:
        self.token, self.text = tokens.create(make_user(name), f"{name}'s program", may_write=may_write, base=base, days=None)
        self.headers = {"Authorization": f"Bearer {self.text}"}

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return self.call("GET", path, None, query)

    def post(self, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        return self.call("POST", path, body, query)

    def patch(self, path: str, body: Any, **query: Any) -> tuple[int, Any]:
        return self.call("PATCH", path, body, query)

    def delete(self, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        return self.call("DELETE", path, body, query)

    def call(self, method: str, path: str, body: Any, query: dict[str, Any]) -> tuple[int, Any]:
        """`body` is sent as JSON, or as it is where it is bytes."""
        sent = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        address = path if path.startswith("/") else f"/api/v1/{path}"
        answer = Client().generic(method, address, sent, "application/json", query_params=query, headers=self.headers)
        return answer.status_code, json.loads(answer.content)


@pytest.fixture
def things(db: None) -> Table:
    return make_table(rows=[[f"name {n}", n] for n in range(1, 251)])


@pytest.fixture
def alice(db: None) -> Program:
    return Program("alice")


def path(table: Table, more: str = "") -> str:
    return f"tables/{table.pk}/rows/{more}"


def names(answer: dict[str, Any]) -> list[Any]:
    return [row["cells"]["Name"] for row in answer["rows"]]
