"""Celery's part of people: forget log-ins that have ended."""

from celery import shared_task
from django.utils import timezone

from bases.models import Session


@shared_task
def forget_sessions() -> None:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
