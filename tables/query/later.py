"""Orders that take longer to make than a person waits: a worker process goes on, and the browser asks again until it is there.

What stands in Redis for such an order is when it was handed on, until a worker begins, and then MAKING. Nobody waits for it
in a thread of the web server meanwhile.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import tzinfo
from typing import Any

from celery import current_app
from django.db import OperationalError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError as Unreachable
from psycopg.errors import QueryCanceled

from tables.query.cache import with_redis
from tables.query.definition import Definition
from tables.query.snapshots import MAKING_SECONDS, WAIT_SECONDS, NotMade, TooManyMade, check_failed, once

TASK = "tables.tasks.make_order"
BEGIN_SECONDS = 30  # in which a worker must have begun: loads may have all of them
MOST_SECONDS = MAKING_SECONDS + 2 * WAIT_SECONDS + BEGIN_SECONDS  # after that it is forgotten, as when the worker was killed
_MAKING = b"making"


class StillMaking(NotMade):
    """A worker process is at it."""

    def __init__(self) -> None:
        super().__init__("This view is still being put in order. It is shown when that is done.")


class _OutOfTime(NotMade):
    """The web server may not go on with it."""


def make_in_time(
    key: str, make: Callable[[float], None], is_made: Callable[[], bool], hand_on: Callable[[], None], takes_long: bool = False
) -> None:
    """Make an order, or wait for another's; `make` is told for how many seconds it may work. Raises NotMade.

    In the web server that takes as long as any other statement of a person's may, and then it is handed on; at once where that
    is known not to be enough.
    """
    most: int = connection.statement_seconds  # type: ignore[attr-defined]  # config/postgresql
    if not most:
        return once(key, lambda: make(MAKING_SECONDS), is_made)
    check(key)
    if takes_long:
        return hand_on()
    end = time.monotonic() + most

    def make_until() -> None:
        try:
            make(max(0.1, end - time.monotonic()))
        except OperationalError as stopped:
            if isinstance(stopped.__cause__, QueryCanceled):
                raise _OutOfTime from None
            raise

    try:
        return once(key, make_until, is_made, most)
    except (_OutOfTime, TooManyMade):
        return hand_on()


def check(key: str) -> None:
    """Raises StillMaking where a worker is at this order, and NotMade where it has failed or none has begun with it in time."""
    check_failed(key)
    found = with_redis(lambda client: client.get(_name(key)))
    if found is None:
        return
    if found != _MAKING and time.time() - float(found) > BEGIN_SECONDS:
        raise NotMade(
            "This view takes long to put in order, and no worker process was free to do it."
            " Narrow the filter, sort by less, or try again in a few minutes."
        )
    raise StillMaking


def hand_on(key: str, table_id: int, definition: Definition, zone: tzinfo) -> None:
    """Let a worker process make an order. Raises StillMaking, or NotMade where there is no way to one."""
    first = with_redis(lambda client: client.set(_name(key), f"{time.time():.3f}", ex=MOST_SECONDS, nx=True))
    if first:
        try:
            current_app.send_task(TASK, [table_id, definition.as_json(), str(zone), key])
        except Unreachable:
            forget(key)
            raise NotMade("This view takes too long to put in order now. Narrow the filter, or sort by less.") from None
    raise StillMaking


def begun(key: str) -> None:
    with_redis(lambda client: client.set(_name(key), _MAKING, ex=MOST_SECONDS))


def forget(key: str) -> None:
    with_redis(lambda client: client.delete(_name(key)))


def make(table_id: int, raw: dict[str, Any], zone: str, key: str) -> None:
    """What the worker does: make the order as the person's time zone has it. That it failed is told to who asks for it."""
    from tables.models import Table
    from tables.query.rows import RowQuery

    begun(key)
    try:
        table = Table.objects.alive().filter(pk=table_id).first()
        # Too long, or too many at once: the next who asks hears it, by snapshots.check_failed or by waiting in turn.
        with timezone.override(zone), suppress(NotMade):
            if table:
                RowQuery(table, Definition.from_json(raw)).order()
    finally:
        forget(key)


def _name(key: str) -> str:
    return f"rowan:order:{key}:later"
