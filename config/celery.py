"""The Celery application: `celery -A config worker`."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from kombu.transport import TRANSPORT_ALIASES

# Messages are JSON and come from our own Redis; a worker that runs as root, as in a container, is no news.
warnings.filterwarnings("ignore", category=SecurityWarning)

TRANSPORT_ALIASES |= {"redis": "config.broker:Transport", "rediss": "config.broker:Transport"}

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("rowan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
