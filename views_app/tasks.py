"""Celery's part of saved views: forget those that were deleted 30 days ago."""

from celery import shared_task

from bases.models import trash_start
from views_app.models import View


@shared_task
def forget_views() -> None:
    View.objects.filter(deleted_at__lt=trash_start()).delete()
