"""The write transaction: every change to a table's rows or columns goes through `write`.

It locks the table's row, so that all writes to one table have one order; raises the table's version; and leaves one
Change record, which history, undo, live updates and audit all read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from bases.models import User
from tables.models import Change, Table


class Gone(Exception):
    """The table, row or column is not there any more; the message is a sentence for a person."""


@dataclass
class Write:
    """One write in progress. Callers fill in what it did; `write` stores it."""

    table: Table  # locked; its counters may be changed
    version: int  # the version this write makes
    user: User | None
    rows: int = 0
    detail: dict[str, Any] = field(default_factory=dict)
    undoes: int | None = None
    rows_changed: bool = False  # rows were added, removed or moved
    columns_changed: bool = False

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None


@contextmanager
def write(table_id: int, user: User | None, action: str) -> Iterator[Write]:
    """Lock the table, let the caller write, store the Change and raise the version. Raises Gone."""
    with transaction.atomic():
        try:
            table = Table.objects.alive().select_for_update(of=("self",)).get(pk=table_id)
        except Table.DoesNotExist:
            raise Gone("This table was deleted.") from None
        current = Write(table, table.version + 1, user)
        yield current
        _store(current, action)


def _store(current: Write, action: str) -> None:
    table = current.table
    table.version = current.version
    if current.rows_changed:
        table.rows_version = current.version
    if current.columns_changed:
        table.columns_version = current.version
    table.save(
        update_fields=["version", "rows_version", "columns_version", "row_count", "next_row_id", "next_column_key"]
    )
    Change.objects.create(
        table=table,
        version=current.version,
        user=current.user,
        at=timezone.now(),
        action=action,
        rows=current.rows,
        detail=current.detail,
        undoes=current.undoes,
    )
