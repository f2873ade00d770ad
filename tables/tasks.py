"""Celery's part of tables: forget what has been in the trash for 30 days, trim history, tend to indexes, make orders."""

from contextlib import suppress
from typing import Any

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from kombu.exceptions import OperationalError

from bases.models import Base, trash_start
from tables import bulk, indexes, keeping, partitions, projections
from tables.models import Bulk, Table
from tables.query import later


@shared_task
def empty_trash() -> None:
    """Delete bases and tables whose time in the trash is over, with their rows."""
    since = trash_start()
    for table in Table.objects.filter(Q(deleted_at__lt=since) | Q(base__deleted_at__lt=since)):
        # A build that is under way and the drop would wait for each other.
        with indexes.taken_over(table.pk):
            partitions.drop(table.pk)  # and the trigger with it
            projections.drop(table.pk)
        table.delete()
    Base.objects.filter(deleted_at__lt=since).delete()


@shared_task
def tend_table(table_id: int) -> None:
    """Make and drop a table's indexes."""
    indexes.tend(table_id)


@shared_task
def tend_tables() -> None:
    """The same for every table that needs it: after loads by the command line, changed columns, killed builds."""
    indexes.tidy()
    for table_id in indexes.untended():
        indexes.tend(table_id)


@shared_task
def make_order(table_id: int, definition: dict[str, Any], zone: str, key: str) -> None:
    """Put a view in order that takes longer than a person waits."""
    later.make(table_id, definition, zone, key)


@shared_task
def trim_history() -> None:
    """Forget the history that is too old, or too much."""
    for table in Table.objects.all():
        keeping.trim(table)


def send_tend(table_id: int) -> None:
    """Let the worker processes tend to a table soon."""
    with suppress(OperationalError):  # Redis is away: tend_tables finds the table later
        tend_table.delay(table_id)


@shared_task
def run_bulk(bulk_id: int) -> None:
    """Work on an action on many rows until it has ended."""
    bulk.run(bulk_id)
    for table_id in Bulk.objects.filter(pk=bulk_id).values_list("table_id", flat=True):
        send_tend(table_id)


@shared_task
def sweep_bulks() -> None:
    """Send those again whose process was killed, or that were never sent since Redis was away."""
    for bulk_id in bulk.quiet():
        run_bulk.delay(bulk_id)
    bulk.forget_pasted()


def send_bulk(found: Bulk) -> None:
    """Hand an action on many rows to the worker processes once the transaction that made it has committed."""

    def send() -> None:
        with suppress(OperationalError):  # Redis is away: sweep_bulks finds it later
            run_bulk.delay(found.pk)

    transaction.on_commit(send)


def learn(table: Table, column: int, descending: bool = False) -> None:
    """Note that rows were asked for in a column's order, and have an index made for it if there is none yet."""
    if indexes.note_use(table, column, descending):
        send_tend(table.pk)
