"""The Celery application: `celery -A config worker`."""

import logging
import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning

# Messages are JSON and come from our own Redis; a worker that runs as root, as in a container, is no news.
warnings.filterwarnings("ignore", category=SecurityWarning)

# Flower starts with the workers and asks them before they listen.
logging.getLogger("flower.inspector").setLevel(logging.ERROR)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("rowan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
