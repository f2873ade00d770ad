"""Celery's part of people: forget log-ins that have ended."""

from celery import shared_task
from django.utils import timezone

from bases.sessions import delete_expired


@shared_task
def forget_sessions() -> None:
    delete_expired(timezone.now())
