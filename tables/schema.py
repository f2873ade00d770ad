"""Tables and columns: create, rename, describe, move, delete. Changes of metadata only: no row is touched."""

import json
from collections.abc import Container, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from bases.models import Base, User
from tables import order
from tables.columns import KINDS, kind_of
from tables.edits import add_rows
from tables.models import MAX_COLUMNS, Column, Table
from tables.samples import Batch, SampleColumn, documents
from tables.starters import STARTERS
from tables.writes import Gone, Write, write

NAME_LENGTH = 200
DESCRIPTION_LENGTH = 2_000
STARTER_ROWS = 10
SMALLEST_GAP = 1e-6  # between the orders of two neighbours
TABLES_LIMIT = 1_000  # of one base, without those in the trash: nobody could make room there


class BadSchema(ValueError):
    """A table or column that cannot be; the message is a sentence for a person."""


def checked_name(name: str, what: str) -> str:
    """A name as stored: trimmed, not empty, at most NAME_LENGTH characters. Raises BadSchema."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise BadSchema(f"A {what} needs a name.")
    if len(name) > NAME_LENGTH:
        raise BadSchema(f"The name of a {what} has at most {NAME_LENGTH} characters; this has {len(name):,}.")
    return name


def checked_description(text: str) -> str:
    """A description as stored. Raises BadSchema."""
    text = text.replace("\x00", "").strip()
    if len(text) > DESCRIPTION_LENGTH:
        raise BadSchema(f"A description has at most {DESCRIPTION_LENGTH:,} characters; this has {len(text):,}.")
    return text


def create_table(base: Base, name: str) -> Table:
    """An empty table without columns: for imports and loads, which bring their own. Raises BadSchema."""
    with transaction.atomic():
        if base.tables.filter(deleted_at=None).count() >= TABLES_LIMIT:
            raise BadSchema(f"This base holds {TABLES_LIMIT:,} tables. Delete one first, or use another base.")
        last = base.tables.aggregate(last=Max("order"))["last"]
        table = Table.objects.create(base=base, name=checked_name(name, "table"), order=(last or 0) + 1)
        order.start(table.pk)
    return table


def create_from_starter(base: Base, user: User | None, name: str, starter: str, rows: int = STARTER_ROWS) -> Table:
    """A table with a starter's columns and a few sample rows (0 for none). Raises BadSchema."""
    if starter not in STARTERS:
        raise BadSchema(f"There is no template “{starter}”. Choose one of: {', '.join(STARTERS)}.")
    with transaction.atomic():
        table = create_table(base, name)
        add_columns(table, user, STARTERS[starter].columns)
        if rows:
            add_rows(table, user, sample_rows(table, rows))
    table.refresh_from_db()
    return table


def sample_rows(table: Table, rows: int) -> list[dict[str, Any]]:
    columns = sample_columns(table)
    return [json.loads(text) for text in documents(columns, Batch(seed=table.pk, start=0, size=rows))]


def sample_columns(table: Table) -> list[SampleColumn]:
    """The table's writable columns, as the sample generator takes them."""
    return [
        SampleColumn(key=c.key, kind=c.kind, name=c.name, options=c.options)
        for c in table.live_columns()
        if kind_of(c.kind).writable
    ]


def add_columns(table: Table, user: User | None, columns: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[Column]:
    """Add columns (name, kind, options) after the last one. Raises BadSchema, BadOptions, Gone."""
    with write(table.pk, user, "add columns") as current:
        return [_insert_column(current, name, kind, options, None) for name, kind, options in columns]


def add_column(
    table: Table, user: User | None, name: str, kind: str, options: Mapping[str, Any], before: int | None = None
) -> Column:
    """Add one column, before the column with key `before` or at the end. Raises BadSchema, BadOptions, Gone."""
    with write(table.pk, user, "add columns") as current:
        return _insert_column(current, name, kind, options, before)


def reserve_keys(table: Table, count: int) -> int:
    """Keep the next `count` column keys for columns that will be added with the rows of a load; the first of them."""
    with transaction.atomic():
        locked = Table.objects.select_for_update().get(pk=table.pk)
        Table.objects.filter(pk=table.pk).update(next_column_key=locked.next_column_key + count)
    first: int = locked.next_column_key
    return first


def add_reserved_column(current: Write, key: int, name: str, kind: str, options: Mapping[str, Any]) -> Column:
    """Add a column by the key that reserve_keys() kept for it; a name taken meanwhile gets a number. Raises BadSchema."""
    taken = {column.name.casefold() for column in current.table.live_columns()}
    return _insert_column(current, free_name(name, taken), kind, options, None, key)


def free_name(name: str, taken: Container[str]) -> str:
    """The name, with a number behind it while it is among the casefolded names that are taken: Price, Price 2, Price 3."""
    free, copy = name, 2
    while free.casefold() in taken:
        suffix = f" {copy}"
        free, copy = name[: NAME_LENGTH - len(suffix)] + suffix, copy + 1
    return free


def _insert_column(
    current: Write, name: str, kind: str, options: Mapping[str, Any], before: int | None, reserved: int | None = None
) -> Column:
    table = current.table
    if kind not in KINDS:
        raise BadSchema(f"There is no kind of column called “{kind}”.")
    columns = list(table.live_columns())
    if len(columns) >= MAX_COLUMNS:
        raise BadSchema(f"A table holds at most {MAX_COLUMNS} columns.")
    name = checked_name(name, "column")
    _refuse_same_name(columns, name, None)
    column = Column.objects.create(
        table=table,
        key=table.next_column_key if reserved is None else reserved,
        name=name,
        kind=kind,
        options=kind_of(kind).options(options),
        order=_order_before(columns, before),
        width=kind_of(kind).width,
    )
    table.next_column_key += reserved is None
    current.columns_changed = True
    current.detail.setdefault("columns", []).append({"key": column.key, "name": name})
    return column


def _refuse_same_name(columns: Sequence[Column], name: str, key: int | None) -> None:
    """Two columns of one name could not be told apart in a file, a filter or a prompt."""
    if any(c.name.casefold() == name.casefold() and c.key != key for c in columns):
        raise BadSchema(f"There is a column “{name}” already.")


def _order_before(columns: Sequence[Column], before: int | None) -> float:
    """A place before the column with that key, or after the last one."""
    if not columns:
        return 1.0
    at = next((i for i, c in enumerate(columns) if c.key == before), None)
    if at is None:
        return columns[-1].order + 1
    left = columns[at - 1].order if at else columns[at].order - 1
    if columns[at].order - left < SMALLEST_GAP:
        # After many moves to one place there is no number left between the two: spread all columns out again.
        for n, column in enumerate(columns, start=1):
            column.order = float(n)
        Column.objects.bulk_update(columns, ["order"])
        left = columns[at].order - 1
    return (left + columns[at].order) / 2


def _column(current: Write, key: int) -> Column:
    column = current.table.live_columns().filter(key=key).first()
    if column is None:
        raise Gone("This column was deleted.")
    return column


def update_column(
    table: Table,
    user: User,
    key: int,
    *,
    name: str | None = None,
    description: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Column:
    """Rename, describe or set the options of a column; None leaves a thing as it is. Raises BadSchema, BadOptions, Gone."""
    with write(table.pk, user, "change column") as current:
        column = _column(current, key)
        current.detail = {
            "key": key,
            "before": {"name": column.name, "description": column.description, "options": column.options},
        }
        if name is not None:
            column.name = checked_name(name, "column")
            _refuse_same_name(list(current.table.live_columns()), column.name, key)
        if description is not None:
            column.description = checked_description(description)
        if options is not None:
            column.options = kind_of(column.kind).options(options)
        column.save(update_fields=["name", "description", "options"])
        current.columns_changed = True
    return column


def move_column(table: Table, user: User, key: int, before: int | None) -> None:
    """Put a column before another (by key), or at the end (None). Raises Gone."""
    with write(table.pk, user, "move column") as current:
        column = _column(current, key)
        others = [c for c in current.table.live_columns() if c.key != key]
        column.order = _order_before(others, before)
        column.save(update_fields=["order"])
        current.detail = {"key": key}
        current.columns_changed = True


def delete_column(table: Table, user: User, key: int) -> None:
    """Take a column away. Its cells stay in the rows, unseen, so it can be restored."""
    with write(table.pk, user, "delete column") as current:
        column = _column(current, key)
        column.deleted_at = timezone.now()
        column.save(update_fields=["deleted_at"])
        current.detail = {"key": key, "name": column.name}
        current.columns_changed = True


def restore_column(table: Table, user: User, key: int) -> None:
    """Bring a deleted column back with its cells. Raises Gone, and BadSchema when its name is taken."""
    with write(table.pk, user, "restore column") as current:
        column = Column.objects.filter(table=table, key=key).exclude(deleted_at=None).first()
        if column is None:
            raise Gone("There is no such column to restore.")
        _refuse_same_name(list(current.table.live_columns()), column.name, key)
        column.deleted_at = None
        column.save(update_fields=["deleted_at"])
        current.detail = {"key": key}
        current.columns_changed = True


def set_width(table: Table, key: int, width: int) -> None:
    """Keep a column's width in px; how a table looks is no change to it, so no version is raised."""
    Column.objects.filter(table=table, key=key, deleted_at=None).update(width=max(60, min(800, width)))
