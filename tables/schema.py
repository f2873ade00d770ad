"""Tables and columns: create, rename, describe, move, delete. Changes of metadata only: no row is touched."""

import json
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from bases.models import Base, User
from bases.quotas import hold
from tables import order
from tables.column_changes import image, move, note, order_before
from tables.columns import KINDS, kind_of
from tables.models import MAX_COLUMNS, Column, Table
from tables.samples import Batch, SampleColumn, documents
from tables.starters import STARTERS
from tables.steps import insert_at_end
from tables.writes import Gone, Write, write

NAME_LENGTH = 200
DESCRIPTION_LENGTH = 2_000
STARTER_ROWS = 10
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
        _refuse_full(base)
        last = base.tables.aggregate(last=Max("order"))["last"]
        table = Table.objects.create(base=base, name=checked_name(name, "table"), order=(last or 0) + 1)
        order.start(table.pk)
    return table


def _refuse_full(base: Base) -> None:
    """Raise BadSchema when there is no room for one more table; else nobody takes it until the transaction ends."""
    hold(base)
    if base.tables.filter(deleted_at=None).count() >= TABLES_LIMIT:
        raise BadSchema(f"This base holds {TABLES_LIMIT:,} tables. Delete one first, or use another base.")


@transaction.atomic
def restore_table(table: Table) -> None:
    """Bring a table back from the trash. Raises BadSchema."""
    _refuse_full(table.base)
    table.restore()


def create_from_starter(base: Base, user: User | None, name: str, starter: str, rows: int = STARTER_ROWS) -> Table:
    """A table with a starter's columns and a few sample rows (0 for none). Raises BadSchema."""
    if starter not in STARTERS:
        raise BadSchema(f"There is no template “{starter}”. Choose one of: {', '.join(STARTERS)}.")
    with transaction.atomic():
        table = create_table(base, name)
        with write(table.pk, user, "create table") as current:
            for column in STARTERS[starter].columns:
                insert_column(current, *column)
            if rows:
                insert_at_end(current, sample_rows(table, rows))
    table.refresh_from_db()
    return table


def sample_rows(table: Table, rows: int) -> list[dict[str, Any]]:
    columns = sample_columns(table)
    return [json.loads(text) for text in documents(columns, Batch(seed=table.pk, start=0, size=rows))]


# Columns that something other than a person fills, by key: no sample stands for what it computes. Whoever computes adds to
# it (ai/apps.py), since tables knows nothing of them.
COMPUTED: list[Callable[[Table], Collection[int]]] = []


def sample_columns(table: Table) -> list[SampleColumn]:
    """The table's columns that people fill, as the sample generator takes them."""
    computed = {key for keys in COMPUTED for key in keys(table)}
    return [
        SampleColumn(key=c.key, kind=c.kind, name=c.name, options=c.options)
        for c in table.live_columns()
        if kind_of(c.kind).writable and c.key not in computed
    ]


def add_columns(table: Table, user: User | None, columns: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[Column]:
    """Add columns (name, kind, options) after the last one. Raises BadSchema, BadOptions, Gone."""
    with write(table.pk, user, "add columns") as current:
        return [insert_column(current, name, kind, options) for name, kind, options in columns]


def add_column(
    table: Table, user: User | None, name: str, kind: str, options: Mapping[str, Any], before: int | None = None
) -> Column:
    """Add one column, before the column with key `before` or at the end. Raises BadSchema, BadOptions, Gone."""
    with write(table.pk, user, "add columns") as current:
        return insert_column(current, name, kind, options, before)


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
    return insert_column(current, free_name(name, taken), kind, options, reserved=key)


def free_name(name: str, taken: Container[str]) -> str:
    """The name, with a number behind it while it is among the casefolded names that are taken: Price, Price 2, Price 3."""
    free, copy = name, 2
    while free.casefold() in taken:
        suffix = f" {copy}"
        free, copy = name[: NAME_LENGTH - len(suffix)] + suffix, copy + 1
    return free


def insert_column(
    current: Write,
    name: str,
    kind: str,
    options: Mapping[str, Any],
    before: int | None = None,
    reserved: int | None = None,
    *,
    description: str = "",
    width: int | None = None,
) -> Column:
    """The step inside a write: a new column before the one with key `before`, or at the end. Raises BadSchema, BadOptions."""
    table = current.table
    if kind not in KINDS:
        raise BadSchema(f"There is no kind of column called “{kind}”.")
    columns = list(table.live_columns())
    _refuse_many(columns)
    name = checked_name(name, "column")
    _refuse_same_name(columns, name, None)
    column = Column.objects.create(
        table=table,
        key=table.next_column_key if reserved is None else reserved,
        name=name,
        description=description,
        kind=kind,
        options=kind_of(kind).options(options),
        order=order_before(current, before),
        width=kind_of(kind).width if width is None else width,
    )
    table.next_column_key += reserved is None
    note(current, column, None, image(column))
    return column


def _refuse_many(columns: Sequence[Column]) -> None:
    if len(columns) >= MAX_COLUMNS:
        raise BadSchema(f"A table holds at most {MAX_COLUMNS} columns.")


def _refuse_same_name(columns: Sequence[Column], name: str, key: int | None) -> None:
    """Two columns of one name could not be told apart in a file, a filter or a prompt."""
    if any(c.name.casefold() == name.casefold() and c.key != key for c in columns):
        raise BadSchema(f"There is a column “{name}” already.")


def living_column(table: Table, key: int) -> Column:
    """The table's column with that key. Raises Gone."""
    column: Column | None = table.live_columns().filter(key=key).first()
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
        column = living_column(current.table, key)
        before = image(column)
        if name is not None:
            column.name = checked_name(name, "column")
            _refuse_same_name(list(current.table.live_columns()), column.name, key)
        if description is not None:
            column.description = checked_description(description)
        if options is not None:
            column.options = kind_of(column.kind).options(options)
        column.save(update_fields=["name", "description", "options"])
        note(current, column, before, image(column))
    return column


def move_column(table: Table, user: User, key: int, before: int | None) -> None:
    """Put a column before another (by key), or at the end (None). Raises Gone."""
    with write(table.pk, user, "move column") as current:
        move(current, living_column(current.table, key), before)


def delete_column(table: Table, user: User, key: int) -> None:
    """Take a column away. Its cells stay in the rows, unseen, so it can be restored."""
    with write(table.pk, user, "delete column") as current:
        column = living_column(current.table, key)
        column.deleted_at = timezone.now()
        column.save(update_fields=["deleted_at"])
        note(current, column, image(column), None)


def restore_column(table: Table, user: User, key: int) -> None:
    """Bring a deleted column back with its cells. Raises Gone, and BadSchema when there is no room or its name is taken."""
    with write(table.pk, user, "restore column") as current:
        column = Column.objects.filter(table=table, key=key).exclude(deleted_at=None).first()
        if column is None:
            raise Gone("There is no such column to restore.")
        others = list(current.table.live_columns())
        _refuse_many(others)
        try:
            _refuse_same_name(others, column.name, key)
        except BadSchema as bad:
            raise BadSchema(f"{bad} Rename it, then restore the deleted one.") from None
        column.deleted_at = None
        column.save(update_fields=["deleted_at"])
        note(current, column, None, image(column))


def set_width(table: Table, key: int, width: int) -> None:
    """Keep a column's width in px; how a table looks is no change to it, so no version is raised."""
    Column.objects.filter(table=table, key=key, deleted_at=None).update(width=max(60, min(800, width)))
