import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Reads the URLs and all that they lead to now, once, before gunicorn forks; else each process does at its first request (54 ms
# instead of 28).
resolve("/")
