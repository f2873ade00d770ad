import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Reads the URLs and all that they lead to now, once, before gunicorn forks; else each process does at its first request (50 ms).
from django.urls import resolve  # noqa: E402

resolve("/")
