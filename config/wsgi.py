import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

from config.postgresql.base import DatabaseWrapper

STATEMENT_SECONDS = 10

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# A person's query ends after this, with a sentence (config/limits.py). Workers may take longer.
DatabaseWrapper.statement_seconds = STATEMENT_SECONDS

# Reads the URLs and all that they lead to now, once, before gunicorn forks; else each process does at its first request (54 ms
# instead of 28).
resolve("/")
