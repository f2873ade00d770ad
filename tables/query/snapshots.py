"""Order snapshots: the ids of all rows of a view, in its order, kept in Redis so that any window of it is a slice.

One string for each: 8 bytes with the table's version when it was read, then 4 bytes for each id, all big-endian. It is
found by the SQL that makes it, so people who look at the same rows share it. It is fresh while nothing it read has been
written since. A stale one is still served, until somebody has made the next. 1,000,000 rows: 4 MB; see
docs/measured.md for times.
"""

import os
import struct
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tables.query.cache import COUNTS, with_redis

KEPT_SECONDS = 900  # since it was last used; a full Redis drops the least used ones first
# The longest that one may take a worker process: ten million rows, sorted by a text, while others do the same. In the web
# server it is as long as any statement of a person's (config/wsgi.py), and a worker goes on (tables/query/later.py).
MAKING_SECONDS = 60
WAIT_SECONDS = 20  # the longest that a worker waits for another's
FAILED_SECONDS = 10  # after one could not be made nobody tries again; whoever waits for it in the browser asks within 2
MAKERS = max(2, os.cpu_count() or 1)  # made at the same time, each on all cores: more would only take longer together
ID = 4
_HEADER = struct.Struct(">q")
_ONE_LOCK, _MAKER_LOCK = 0x726F7A, 0x726F7B  # advisory locks: of one snapshot, and of one of the MAKERS


class NotMade(Exception):
    """A view could not be put in order now; the message is a sentence for a person."""


class TooManyMade(NotMade):
    """There was no turn in time."""

    def __init__(self) -> None:
        super().__init__("Too many views are being put in order at once. Wait a moment and try again.")


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a snapshot: its ids, how many rows the whole has, the version of the table it was read at."""

    ids: list[int]
    count: int
    version: int
    name: str  # what the browser knows this order by


def name_of(key: str, version: int) -> str:
    """Orders of one version can differ: by the day, for a filter that says "today"."""
    return f"{version}.{key[-6:]}"


def find(key: str, start: int, size: int) -> Slice | None:
    """The ids at indexes start .. start + size - 1; None when there is no snapshot, or no Redis."""
    first = _HEADER.size + ID * start

    def look(client: Any) -> list[Any]:
        with client.pipeline(transaction=True) as pipe:
            pipe.getrange(_name(key), 0, _HEADER.size - 1)
            pipe.strlen(_name(key))
            # One id more than none, and cut off here, where nothing is asked for: Redis knows no empty range.
            pipe.getrange(_name(key), first, first + ID * max(1, size) - 1)
            pipe.expire(_name(key), KEPT_SECONDS)
            if size:
                pipe.hincrby(COUNTS, "hits", 1)
            found: list[Any] = pipe.execute()
        return found

    found = with_redis(look)
    if found is None:
        return None
    header, length, part = found[:3]
    if len(header) < _HEADER.size:
        if size:
            with_redis(_count_miss)
        return None
    version = _HEADER.unpack(header)[0]
    return Slice(unpacked(part)[:size], (length - _HEADER.size) // ID, version, name_of(key, version))


def _count_miss(client: Any) -> None:
    """What was counted as a hit above was none."""
    client.hincrby(COUNTS, "hits", -1)
    client.hincrby(COUNTS, "misses", 1)


def can_keep() -> bool:
    """Whether there is a Redis that could keep one."""
    return with_redis(lambda client: client.ping()) is not None


def whole(key: str) -> bytes | None:
    """All ids, packed; None when there is no snapshot."""
    found = with_redis(lambda client: client.get(_name(key)))
    return found[_HEADER.size :] if isinstance(found, bytes) else None


def keep(key: str, version: int, packed: bytes) -> None:
    """Keep a snapshot that was read at this version of the table."""
    with_redis(lambda client: client.set(_name(key), _HEADER.pack(version) + packed, ex=KEPT_SECONDS))


def put_aside(key: str, other: str) -> None:
    """Keep a snapshot under another key, too, where no newer one takes its place."""

    def copy(client: Any) -> None:
        client.copy(_name(key), _name(other), replace=True)  # within Redis: 4 MB of a million rows
        client.expire(_name(other), KEPT_SECONDS)

    with_redis(copy)


def unpacked(packed: bytes) -> list[int]:
    ids = array("i", packed)
    ids.byteswap()
    return ids.tolist()


def packed(ids: Sequence[int]) -> bytes:
    numbers = array("i", ids)
    numbers.byteswap()
    return numbers.tobytes()


def place(packed: bytes, row_id: int) -> int | None:
    """The index of an id among packed ones."""
    wanted, at = row_id.to_bytes(ID, "big"), -1
    while (at := packed.find(wanted, at + 1)) >= 0:
        if at % ID == 0:
            return at // ID
    return None


def once(key: str, make: Callable[[], None], is_made: Callable[[], bool], wait_seconds: float | None = None) -> None:
    """Make a snapshot, unless somebody else is making it: then wait for theirs, for a while. Raises NotMade.

    The locks are PostgreSQL's, so a killed maker's are free at once. Where `make` raises NotMade, that is no failure for others,
    who may have more time.
    """
    end = time.monotonic() + (WAIT_SECONDS if wait_seconds is None else wait_seconds)
    number = int(key[-8:], 16) - 2**31
    with _locked(lambda: (_try_lock(_ONE_LOCK, number), number), _ONE_LOCK, lambda: is_made() or _has_failed(key), end) as mine:
        if not mine:
            check_failed(key)
            return
        if is_made():
            return
        with _locked(_try_maker, _MAKER_LOCK, lambda: False, end):
            try:
                make()
            except NotMade:
                raise
            except Exception:
                with_redis(lambda client: client.set(f"{_name(key)}:failed", "1", ex=FAILED_SECONDS))
                raise


def check_failed(key: str) -> None:
    """Raises NotMade where the order could not be made a moment ago."""
    if _has_failed(key):
        raise NotMade("This view could not be put in order: that took too long. Narrow the filter, or sort by less.")


@contextmanager
def _locked(take: Callable[[], tuple[bool, int]], kind: int, stop: Callable[[], bool], end: float) -> Iterator[bool]:
    """Hold an advisory lock of this session for the block; False when `stop` held before it was to be had. Raises NotMade."""
    while True:
        mine, number = take()
        if mine:
            break
        if stop():
            yield False
            return
        if time.monotonic() > end:
            raise TooManyMade
        time.sleep(0.02)
    try:
        yield True
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, number])


def _try_lock(kind: int, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, number])
        mine: bool = cursor.fetchone()[0]
    return mine


def _try_maker() -> tuple[bool, int]:
    """One of the MAKERS' locks."""
    for number in range(MAKERS):
        if _try_lock(_MAKER_LOCK, number):
            return True, number
    return False, 0


def _has_failed(key: str) -> bool:
    return bool(with_redis(lambda client: client.exists(f"{_name(key)}:failed")))


def _name(key: str) -> str:
    return f"rowan:order:{key}"
