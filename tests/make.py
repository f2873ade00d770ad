"""Makes what tests need, through the product's own functions.

The cast: alice owns, bob edits, vera views, charlie is a stranger.
"""

from collections.abc import Sequence
from typing import Any

from django.test import Client

from bases.access import create_base
from bases.models import Base, Member, Role, User
from tables import edits, schema
from tables.models import Table

PASSWORD = "correct horse battery"


def make_user(name: str) -> User:
    """A person called name@example.com who can log in with PASSWORD."""
    email = f"{name}@example.com"
    return User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, first_name=name.title())


def client_of(person: User | str) -> Client:
    """A browser without a window, signed in as a user or as name@example.com, who is made if absent."""
    client = Client()
    client.force_login(make_user(person) if isinstance(person, str) else person)
    return client


def text(response: Any) -> str:
    """An answer's page."""
    page: str = response.content.decode()
    return page


def make_base(owner: User | None = None, name: str = "Shop") -> Base:
    """A base owned by alice (or `owner`), with bob as editor and vera as viewer."""
    base = create_base(owner or make_user("alice"), name)
    Member.objects.create(base=base, user=make_user("bob"), role=Role.EDITOR)
    Member.objects.create(base=base, user=make_user("vera"), role=Role.VIEWER)
    return base


def make_table(
    base: Base | None = None,
    columns: Sequence[tuple[str, str, dict[str, Any]]] = (("Name", "text", {}), ("Amount", "number", {})),
    rows: Sequence[Sequence[Any]] | int = (),
    name: str = "Things",
) -> Table:
    """A table with these columns, and rows given as lists of stored values in column order (or a number of sample rows)."""
    table = schema.create_table(base or make_base(), name)
    made = schema.add_columns(table, None, columns)
    if isinstance(rows, int):
        documents = schema.sample_rows(table, rows)
    else:
        documents = [{str(c.key): v for c, v in zip(made, row, strict=False) if v is not None} for row in rows]
    for at in range(0, len(documents), edits.ROWS_LIMIT):
        edits.add_rows(table, None, documents[at : at + edits.ROWS_LIMIT])
    table.refresh_from_db()
    return table


def cells(table: Table) -> list[list[Any]]:
    """Every row's stored values in column order, in the table's order."""
    from tables.query import RowQuery

    keys = [str(c.key) for c in table.live_columns()]
    table.refresh_from_db()
    return [[row.data.get(k) for k in keys] for row in RowQuery(table).window(0, 2**31)]
