"""Whether a worker of the queue `ai` is there: it says so in Redis with each of Celery's heartbeats (every 2 s)."""

from typing import Any

from celery.signals import celeryd_after_setup, heartbeat_sent

from tables.query.cache import INSTALLATION, with_redis

NAME = f"rowan:ai:worker:{INSTALLATION}"
ALIVE_SECONDS = 20  # after the last heartbeat; a page tells of it within 30 s
QUEUE = "ai"


@heartbeat_sent.connect
def beat(sender: Any, **_: Any) -> None:
    """In the worker: `sender` is Celery's Heart."""
    if QUEUE in sender.eventer.app.amqp.queues.consume_from:
        with_redis(lambda client: client.set(NAME, 1, ex=ALIVE_SECONDS))


@celeryd_after_setup.connect
def warm_up(instance: Any, **_: Any) -> None:
    """In the worker, before a run waits for it and its threads import: the SDK takes a second. `instance` is Celery's worker."""
    if QUEUE in instance.app.amqp.queues.consume_from:
        import anthropic  # noqa: F401
        import httpx2  # noqa: F401

        from ai import pump  # noqa: F401


def is_alive() -> bool:
    """Also False where Redis is away: no run goes on without it."""
    return bool(with_redis(lambda client: client.exists(NAME)))
