"""Results of reads, kept in Redis by what was asked and the versions of what it reads: found again, and never stale.

A write raises the version of the columns whose cells it wrote, or of the rows it added, deleted or moved (tables/writes.py),
so what was kept before it has another name from then on, and Redis drops it after a while. Without Redis everything is
read anew: slower, never wrong.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple, TypeVar

import redis
from django.conf import settings

from tables.models import Table
from tables.query.compiled import ANY_WRITE

T = TypeVar("T")

KEPT_SECONDS = 3_600
MOST_BYTES = 1_000_000  # of one result as JSON: a window of 100 wide rows has 100 kB; what is larger would push out many others
REST_SECONDS = 2  # after Redis did not answer: until then nobody waits for it again
COUNTS = "rowan:reads"
# Looks a result up and counts hit or miss, in one way there and back: 0.1 ms.
_LOOK_UP = """
local found = redis.call('GET', KEYS[1])
redis.call('HINCRBY', KEYS[2], found and 'hits' or 'misses', 1)
return found
"""
_asleep_until = 0.0
# Two installations that share a Redis may have tables of the same number, and of the same moment where one was copied.
INSTALLATION = hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()[:16]


class Counts(NamedTuple):
    """How many reads found their result, and how many had to make it, since `reset_counts`."""

    hits: int
    misses: int

    @property
    def ratio(self) -> float:
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 0.0


def cached(table: Table, reads: Iterable[int], what: str, make: Callable[[], T]) -> T:
    """What `make` gives, or gave for the same question while nothing that it reads has changed.

    `reads` are the keys of the columns whose cells count (ANY_WRITE where every write does); `what` says everything else that
    the result depends on: the SQL, and a time zone or a day where they matter. The value is JSON: lists, not tuples. The
    table is as its row was read before `make` reads the rows, so what is kept can be newer than its version says, never older.
    """
    name = _name(table, reads, what)
    found = _ask(name)
    if found is not None:
        value: T = json.loads(found)
        return value
    made = make()
    _keep(name, made)
    return made


def _name(table: Table, reads: Iterable[int], what: str) -> str:
    keys = set(reads)
    cells = table.version if ANY_WRITE in keys else table.cells_version(keys)
    # Options and names of columns are in what is asked and shown; they change rarely. The time tells a table from one of
    # the same number in another database that uses this Redis.
    known = (INSTALLATION, table.pk, table.created_at.isoformat(), table.columns_version, max(cells, table.rows_version), what)
    return "rowan:read:" + hashlib.sha256(json.dumps(known).encode()).hexdigest()


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=0.5)


def _ask(name: str) -> bytes | None:
    found: bytes | None = with_redis(lambda client: client.register_script(_LOOK_UP)(keys=[name, COUNTS], client=client))
    return found


def _keep(name: str, value: Any) -> None:
    text = json.dumps(value, separators=(",", ":"))
    if len(text) <= MOST_BYTES:
        with_redis(lambda client: client.set(name, text, ex=KEPT_SECONDS))


def counts() -> Counts:
    """Hits and misses of all processes; both 0 without Redis."""
    hits, misses = with_redis(lambda client: client.hmget(COUNTS, "hits", "misses")) or (0, 0)
    return Counts(int(hits or 0), int(misses or 0))


def reset_counts() -> None:
    with_redis(lambda client: client.delete(COUNTS))


def with_redis(do: Callable[[redis.Redis], Any]) -> Any:
    """What Redis answers; None when it does not, and for a short while after that."""
    global _asleep_until
    if time.monotonic() < _asleep_until:
        return None
    try:
        return do(_client())
    except redis.RedisError:
        _asleep_until = time.monotonic() + REST_SECONDS
        return None
