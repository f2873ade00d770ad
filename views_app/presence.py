"""Who looks at a table at this moment, and at which cell: told with each poll for changes, kept in Redis for a few seconds.

Nothing of it is in the database: without Redis nobody is seen, and nothing else is missing.
"""

import json
import re
import time
from hashlib import sha256
from typing import NamedTuple

from bases.models import User
from tables.columns.base import BadValue
from tables.models import Table
from tables.query.cache import INSTALLATION, with_redis

KEPT_SECONDS = 12.0  # after the last poll of a page that is seen, which polls every 2 s, or is hidden: every 10 s
MOST_PEOPLE = 30  # told of in one answer
MOST_PAGES = 20  # of one person at one table: the one seen last longest ago makes room for another
MOST_ALL = 500  # of all people: more are not looked through, and who comes then is not noted
_PAGE = re.compile(r"[a-z0-9]{1,16}")
# Notes one page and reads all, in one way there and back. Nobody's pages can push out those of others.
_MEET = """
local all = redis.call('HGETALL', KEYS[1])
local mine = string.match(ARGV[1], '^%d+:')
local count, oldest, oldest_at, is_there = 0, nil, nil, false
for n = 1, #all, 2 do
    if all[n] == ARGV[1] then is_there = true end
    if string.sub(all[n], 1, #mine) == mine then
        local at = tonumber(string.match(all[n + 1], '^%[([%d.]+)') or 0)
        count = count + 1
        if not oldest or at < oldest_at then oldest, oldest_at = all[n], at end
    end
end
if not is_there and count >= tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], oldest)
elseif not is_there and #all / 2 >= tonumber(ARGV[4]) then
    return all
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('HGETALL', KEYS[1])
"""


class Somebody(NamedTuple):
    """Another person's page: a name, and the cell with its focus (row id and column key; 0: none)."""

    page: str
    user: int
    name: str
    row: int
    key: int


def meet(table: Table, user: User, page: str, row: int, key: int) -> list[Somebody]:
    """Note that a person's page shows this cell; who else is there, one for each person, those seen last first.

    `page` tells the pages of one person apart. Raises BadValue.
    """
    if not _PAGE.fullmatch(page):
        raise BadValue("“page” must be 1 to 16 small letters and digits.")
    name, now = f"rowan:here:{INSTALLATION}:{table.pk}", time.time()
    mine = f"{user.pk}:{page}"
    note = json.dumps([now, row, key, user.shown_name[:40]])
    args: list[str | int] = [mine, note, MOST_PAGES, MOST_ALL]
    found = with_redis(lambda client: client.register_script(_MEET)(keys=[name], args=args, client=client))
    others, old = [], []
    for field, text in _pairs(found or []):
        at, there, column, called = json.loads(text)
        if at < now - KEPT_SECONDS:
            old.append(field)
        elif int(field.partition(":")[0]) != user.pk:
            others.append((at, Somebody(field, int(field.partition(":")[0]), called, there, column)))
    if old:
        with_redis(lambda client: client.hdel(name, *old))
    latest: dict[int, Somebody] = {}
    for _, somebody in sorted(others, key=lambda each: -each[0]):
        latest.setdefault(somebody.user, somebody)
    return list(latest.values())[:MOST_PEOPLE]


def _pairs(found: list[bytes]) -> list[tuple[str, str]]:
    texts = [each.decode() for each in found]
    return list(zip(texts[::2], texts[1::2], strict=True))


def told(people: list[Somebody]) -> tuple[list[dict[str, object]], str]:
    """People as JSON, in an order of their own, and a name for just this state of them ("" for nobody)."""
    shown: list[dict[str, object]] = [
        {"user": each.user, "name": each.name, "row": each.row, "key": each.key}
        for each in sorted(people, key=lambda each: each.user)
    ]
    return shown, sha256(json.dumps(shown).encode()).hexdigest()[:12] if shown else ""
