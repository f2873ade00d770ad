"""The Celery application: `celery -A config worker`."""

import logging
import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from kombu.transport import TRANSPORT_ALIASES

# Messages are JSON and come from our own Redis; a worker that runs as root, as in a container, is no news.
warnings.filterwarnings("ignore", category=SecurityWarning)

# Flower starts with the workers and asks them before they listen.
logging.getLogger("flower.inspector").setLevel(logging.ERROR)

TRANSPORT_ALIASES |= {"redis": "config.broker:Transport", "rediss": "config.broker:Transport"}

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _settings() -> dict[str, Any]:
    """What concerns Celery of Django's settings, and nothing else: Flower shows a worker's whole configuration."""
    from django.conf import settings

    return {name.removeprefix("CELERY_").lower(): getattr(settings, name) for name in dir(settings) if name.startswith("CELERY_")}


app = Celery("rowan")
app.add_defaults(_settings)
app.autodiscover_tasks()
