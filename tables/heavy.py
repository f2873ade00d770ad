"""Heavy reads: what looks at every row of a table. One person may have a few under way, so that others find a free thread.

A turn is an entry of a sorted set in Redis with the time when it ends at the latest: a killed process's turns come back by
themselves. Without Redis there is no limit, and every answer is the same.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from tables.query.cache import INSTALLATION, with_redis

AT_ONCE = 4  # of one person; a page asks for its order, totals, headings and rows at once
WAITING = 1  # of one person: who waits holds a thread, too, and a small machine has six (config/gunicorn.py)
WAIT_SECONDS = 1.0
LOOK_SECONDS = 0.02
LONGEST_SECONDS = 100  # of a turn: some statements of 10 s each (config/wsgi.py)
# One way there and back, 0.1 ms: by the clock of Redis, and in one step.
_TAKE = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class Busy(Exception):
    """The person has too many heavy reads under way; the message is a sentence for them."""


@contextmanager
def turn(user_id: int) -> Iterator[None]:
    """Be one of the person's heavy reads for the block, after a short wait if need be. Raises Busy."""
    name, token = f"rowan:heavy:{INSTALLATION}:{user_id}", token_hex(8)
    if not _take(name, token, AT_ONCE) and not _wait(name, token):
        raise Busy(f"{AT_ONCE} of your questions to large tables are being answered. The next one follows when one is done.")
    try:
        yield
    finally:
        _give_back(name, token)


@contextmanager
def one_of(name: str, most: int, seconds: int, sentence: str) -> Iterator[None]:
    """Be one of so many that do something at once, of at most so many seconds each, for the block. Raises Busy at once."""
    full, token = f"rowan:heavy:{INSTALLATION}:{name}", token_hex(8)
    if not _take(full, token, most, seconds):
        raise Busy(sentence)
    try:
        yield
    finally:
        _give_back(full, token)


def _wait(name: str, token: str) -> bool:
    """Whether a turn came free in time. Only few wait: the others are told to come again."""
    queue = f"{name}:waiting"
    if not _take(queue, token, WAITING):
        return False
    try:
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
            if _take(name, token, AT_ONCE):
                return True
        return False
    finally:
        _give_back(queue, token)


def _take(name: str, token: str, most: int, seconds: int | None = None) -> bool:
    arguments: list[str | int] = [token, most, LONGEST_SECONDS if seconds is None else seconds]
    taken = with_redis(lambda client: client.register_script(_TAKE)(keys=[name], args=arguments, client=client))
    return taken != 0  # None: there is no Redis to say no


def _give_back(name: str, token: str) -> None:
    with_redis(lambda client: client.zrem(name, token))
