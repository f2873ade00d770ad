"""Celery's part of the trash: forget what has been in it for 30 days."""

from celery import shared_task
from django.db.models import Q

from bases.models import Base, trash_start
from tables import partitions
from tables.models import Table


@shared_task
def empty_trash() -> None:
    """Delete bases and tables whose time in the trash is over, with their rows."""
    since = trash_start()
    for table in Table.objects.filter(Q(deleted_at__lt=since) | Q(base__deleted_at__lt=since)):
        partitions.drop(table.pk)
        table.delete()
    Base.objects.filter(deleted_at__lt=since).delete()
