"""Calls of Claude that a person waits for: each holds a thread of the web server for as long as Claude takes.

So only few are under way: one of each person, and a third of the threads over all. 30 previews of one person, while Claude
hung, had others wait for their log-in page for one to two minutes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from tables.heavy import one_of

OF_A_PERSON = 1
YOURS = "Claude is still answering what you asked before. Wait for that, or try again in a moment."
ALL = "Claude is answering others just now, and takes its time. Try again in a moment."


def of_all() -> int:
    """How many are under way over the whole server: a third of its threads, as config/gunicorn.py counts them."""
    workers = int(os.environ.get("WEB_WORKERS") or 1 + (os.cpu_count() or 1))
    return max(1, workers * int(os.environ.get("WEB_THREADS") or 3) // 3)


@contextmanager
def waiting(user_id: int) -> Iterator[None]:
    """Be the one call that this person waits for. Raises tables.heavy.Busy, which the page is told as a 429."""
    seconds = 2 * int(settings.ANTHROPIC_TIMEOUT) + 60  # the longest call, and what is around it
    with one_of(f"ai:{user_id}", OF_A_PERSON, seconds, YOURS), one_of("ai", of_all(), seconds, ALL):
        yield
