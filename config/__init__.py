import gc

# What is read in at a start, and most of what is made later, lives long: to look through all of it after every 700 objects more
# took 0.12 of the 0.75 s that a worker or manage.py needs to start.
gc.set_threshold(10_000, 20, 50)

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
