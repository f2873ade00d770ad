"""Tables, columns, rows and the record of every change.

`Row` is a table of PostgreSQL's own making (see migrations/0002_rows.py): rows are LIST-partitioned by table, and are
written only through tables/edits and ingest's COPY.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from bases.models import Base, Trashable, User
from bases.progress import OPEN, State

MAX_COLUMNS = 500
# Two neighbours are 2^32 apart, so a loaded row's position needs no look-up (id << 32), a row added later always
# comes last, and between any two there is room for 32 halvings before a block is spread out again.
POSITION_SHIFT = 32


class TableQuerySet(models.QuerySet["Table"]):
    def alive(self) -> "TableQuerySet":
        return self.filter(deleted_at=None, base__deleted_at=None)


class Table(Trashable):
    """A table: its columns, and the counters that order its writes."""

    base = models.ForeignKey(Base, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=200)
    order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    # Raised by every write transaction, which holds this row's lock until it commits: one order for all changes.
    version = models.BigIntegerField(default=0)
    columns_version = models.BigIntegerField(default=0)  # the version of the last change to columns
    rows_version = models.BigIntegerField(default=0)  # ... of the last change to which rows there are, or their order
    # {column key: the version of the last edit of its cells}; rows added or deleted are in rows_version alone.
    cells_versions = models.JSONField(default=dict)
    row_count = models.BigIntegerField(default=0)
    next_row_id = models.BigIntegerField(default=1)  # ids are handed out in blocks and never reused
    next_column_key = models.PositiveIntegerField(default=1)

    objects: ClassVar[Any] = TableQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Table":
        table = super().from_db(*args, **kwargs)
        # What is read by hand (tables/access.py, tables/writes.py) comes as text.
        if isinstance(table.__dict__.get("cells_versions"), str):
            table.cells_versions = json.loads(table.cells_versions)
        return table

    def cells_version(self, keys: Iterable[int]) -> int:
        """The version of the last edit of a cell in any of these columns."""
        return max((self.cells_versions.get(str(key), 0) for key in keys), default=0)

    def live_columns(self) -> "models.QuerySet[Column]":
        return self.columns.filter(deleted_at=None).order_by("order", "key")


class Column(models.Model):
    """A column: what its cells are. Adding, renaming and deleting one touches no row."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="columns")
    key = models.PositiveIntegerField()  # its name in the rows' JSON documents; never reused within the table
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=30)
    options = models.JSONField(default=dict, blank=True)
    order = models.FloatField(default=0)
    width = models.PositiveIntegerField(default=180)  # px
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "key"]
        constraints = [models.UniqueConstraint(fields=["table", "key"], name="one_column_per_key")]

    def __str__(self) -> str:
        return self.name


@lru_cache(maxsize=500)
def columns_at(table_id: int, columns_version: int) -> "Sequence[Column]":
    """A table's live columns as of that version, kept per process. Not to be changed; a width may be an older one."""
    return tuple(Column.objects.filter(table_id=table_id, deleted_at=None).order_by("order", "key"))


class Row(models.Model):
    """One row. Values are in `data`, keyed by column key as text; an absent key is an empty cell."""

    pk = models.CompositePrimaryKey("table_id", "id")
    table = models.ForeignKey(Table, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    id = models.IntegerField()
    position = models.BigIntegerField()
    version = models.BigIntegerField(default=0)  # the table's version when this row was last written
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    created_by = models.IntegerField(null=True)
    modified_by = models.IntegerField(null=True)
    data = models.JSONField()

    class Meta:
        managed = False
        db_table = "tables_row"


class Change(models.Model):
    """One write to one table: who did what, and when. The table's version is its number."""

    pk = models.CompositePrimaryKey("table_id", "version")
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="changes")
    version = models.BigIntegerField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=30)
    rows = models.BigIntegerField(default=0)  # how many rows it touched
    # What is not about single rows: {"cells": keys of columns whose cells were written, "columns": see column_changes.py,
    # "spread": see places.py, "of": the action that was taken back, "bulk": the Bulk that it belongs to, "part": true for all of
    # that but the first, and what a load notes}.
    detail = models.JSONField(default=dict)
    undoes = models.BigIntegerField(null=True)  # the version that this change takes back
    undone_by = models.BigIntegerField(null=True)  # the version that took this change back

    class Meta:
        indexes = [models.Index("table_id", "user_id", models.F("version").desc(), name="change_by_person")]


class RowChange(models.Model):
    """What one change did to one row: only the keys it touched, and for an added or deleted row all of it."""

    pk = models.CompositePrimaryKey("table_id", "version", "row_id")
    # Not checked by the database: whoever writes holds the table's lock, and a million checks were 4 s of the 15 of an action.
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    version = models.BigIntegerField()
    row_id = models.IntegerField()
    # {"3": "old"}; null in a key's place: the cell was empty; null: the row was not there; {"position": N}: it was moved.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index("table_id", "row_id", "version", name="change_by_row")]


RUN_AI = "run AI"  # the action of a Bulk that ai/pump.py works on; here it is one entry of history, and one step of undo


class BulkQuerySet(models.QuerySet["Bulk"]):
    def light(self) -> "BulkQuerySet":
        """Without what may be megabytes."""
        return self.defer("ids", "problems")


class Bulk(models.Model):
    """One action on more rows than one write should hold: many writes, made one after the other by a worker process.

    Each of its Changes names it in `detail`, so history shows one entry, and undo takes all of it back.
    """

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="bulks")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=30)  # as in Change
    params = models.JSONField(default=dict)  # see tables/bulk_writes.py
    ids = models.BinaryField(default=b"")  # of the rows, in order: 4 bytes each
    versions = models.JSONField(default=list)  # of its Changes
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    total = models.BigIntegerField()  # rows
    done = models.BigIntegerField(default=0)
    misfits = models.BigIntegerField(default=0)  # how much could not be done
    problems = models.JSONField(default=list)  # the first of that, as in tables/edits/report.py
    error = models.TextField(blank=True, default="")  # a sentence for people
    cancel_asked = models.BooleanField(default=False)
    dismissed = models.BooleanField(default=False)  # somebody has read how it ended
    resumes = models.PositiveSmallIntegerField(default=0)  # how often its process was lost with no write in between
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(default=timezone.now)  # its last write

    objects: ClassVar[Any] = BulkQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("table_id", models.F("id").desc(), name="bulks_of_a_table")]

    def __str__(self) -> str:
        return f"{self.action} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class PastedRows(models.Model):
    """A piece of what is pasted by a Bulk, until that has ended (tables/edits/large_paste.py)."""

    bulk = models.ForeignKey(Bulk, on_delete=models.CASCADE, related_name="pasted")
    first = models.PositiveIntegerField()  # which row of the pasted text is its first, from 0
    written = models.BinaryField()  # JSON: [[text, ...], ...], rows as long as they are

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulk", "first"], name="one_piece_per_place")]


class Block(models.Model):
    """How many rows stand from `first` (a position) up to the next block: finds row N of a table without counting.

    About 1,000 rows each, kept exact by every write that adds, moves or deletes rows.
    """

    pk = models.CompositePrimaryKey("table_id", "first")
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="+")
    first = models.BigIntegerField()
    rows = models.IntegerField()

    class Meta:
        db_table = "tables_block"


class Index(models.Model):
    """An index that a table should have beside its own two: see tables/indexes.py. Whether it is there PostgreSQL knows."""

    # In the column's place; columns are numbered from 1. The last stands for no index, but its failures are noted here, too.
    SEARCH: ClassVar[int] = 0
    PROJECTION: ClassVar[int] = 2**31 - 1

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="indexes")
    column = models.PositiveIntegerField()
    descending = models.BooleanField(default=False)
    last_used = models.DateTimeField()
    failed_at = models.DateTimeField(null=True)  # the last try to build it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["table", "column", "descending"], name="one_index_per_order")]
