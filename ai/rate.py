"""How many calls may start: one gate per key and model, shared by all processes, in Redis and by the clock of Redis.

A token bucket at the rate that the API tells in its headers, corrected by what it says remains; a hold that a 429 sets for
every worker; few calls in flight until the first response; a breaker for a service that is down. Without Redis each process
has a slower bucket of its own. A gate waits for nobody: it says how long to wait. Keys are known by a hash only.
"""

import hashlib
import math
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from tables.query.cache import INSTALLATION, with_redis

BURST_SECONDS = 5  # of calls that may start at once; the API may enforce a limit a minute over shorter times
LEAST_BURST = 4
SLOW = 4  # calls in flight until the first response tells the limit; a click may be one more
SLOW_LOOK_SECONDS = 0.1
BREAKER_SECONDS = 30
LAST = 20  # calls that the breaker looks at: more than half failed opens it
SPARE = 0.1  # of the tokens a minute: below that, runs wait until so much is there again; clicks do not
HOLD_SECONDS = 10.0  # after a 429 that does not say how long
LONGEST_HOLD = 3_600.0
LOST_SECONDS = 300  # a call in flight whose worker was killed; above the longest time-out there is
KEPT_SECONDS = 3_600  # then what was learned is forgotten, and begins slowly again
EARLY_SECONDS = 0.25  # a call may leave so long after it took its token, and be counted later than another
ALONE_SHARE = 0.5  # of the limit for a process that cannot see what the others do
ALONE_PER_MINUTE = 120  # before it knows a limit

# KEYS: state, flying (calls in flight by the time they started). Numbers leave as text: Redis would cut them to whole ones.
# A clock that is set back can lengthen no hold and fills no bucket.
_COMMON = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function get(name) return tonumber(redis.call('HGET', KEYS[1], name) or '') end
local function set(name, value) redis.call('HSET', KEYS[1], name, string.format('%.6f', value)) end
local function left(name)
  local till, most = get(name) or 0, get(name .. '_for') or 0
  if till - now > most then set(name, now + most) return most end
  return till - now
end
local function hold(name, seconds)
  set(name, now + seconds)
  set(name .. '_for', seconds)
end
local function burst(limit) return math.max(least, limit / 60 * seconds) end
local function filled(limit)
  local passed = math.max(0, now - (get('at') or now))
  return math.min(burst(limit), (get('tokens') or burst(limit)) + passed * limit / 60)
end
local function keep(tokens)
  set('tokens', tokens)
  set('at', now)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.6f', now - lost))
redis.call('ZREMRANGEBYSCORE', KEYS[2], string.format('%.6f', now + 1), '+inf')
"""
_NUMBERS = f"""
local least, seconds, lost, slow, last, early = {LEAST_BURST}, {BURST_SECONDS}, {LOST_SECONDS}, {SLOW}, {LAST}, {EARLY_SECONDS}
"""
# ARGV: urgent. Takes a token, or answers how long to wait. Runs leave a token or two in the bucket for a click.
_WAIT = f"""{_NUMBERS}{_COMMON}
local urgent = ARGV[1] == '1'
local wait = left('hold')
if not urgent then wait = math.max(wait, left('spare')) end
if wait > 0 then return string.format('%.6f', wait) end
if not get('known') and redis.call('ZCARD', KEYS[2]) >= slow + (urgent and 1 or 0) then return '{SLOW_LOOK_SECONDS}' end
local limit = get('limit')
if limit then
  local tokens = filled(limit)
  local need = urgent and 1 or (limit < 60 and 2 or 3)
  if tokens < need then
    keep(tokens)
    return string.format('%.6f', (need - tokens) * 60 / limit)
  end
  keep(tokens - 1)
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('ZADD', KEYS[2], string.format('%.6f', now), seq)
redis.call('EXPIRE', KEYS[1], {KEPT_SECONDS})
redis.call('EXPIRE', KEYS[2], {LOST_SECONDS})
return '0'
"""
# ARGV: ended, seconds since it began ('': unknown), limit, remaining, hold, spare, ok; '' where there is nothing to tell; ahead.
# What remains was counted when the call came in: calls that started after it come off, and those that have their token and
# not begun. A late, older response can make the bucket emptier than it is, never fuller.
_TELL = f"""{_NUMBERS}{_COMMON}
local elapsed, limit, remaining = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local held, spare, ok, ahead = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local began = string.format('%.6f', now - (elapsed or 0))
if ARGV[1] == '1' then
  local mine = redis.call('ZREVRANGEBYSCORE', KEYS[2], began, '-inf', 'LIMIT', 0, 1)[1]
  if mine then redis.call('ZREM', KEYS[2], mine) else redis.call('ZPOPMIN', KEYS[2]) end
end
if limit then
  local since = elapsed and string.format('%.6f', now - elapsed - early) or '-inf'
  local after = redis.call('ZCOUNT', KEYS[2], since, '+inf')
  set('limit', limit)
  keep(remaining and math.min(filled(limit), remaining - after - ahead) or filled(limit))
end
if ok == '1' or (limit and ok == '') then redis.call('HSET', KEYS[1], 'known', 1) end
if spare then hold('spare', spare) end
if held and not get('limit') then redis.call('HDEL', KEYS[1], 'known') end
if ok ~= '' then
  local seen = string.sub((redis.call('HGET', KEYS[1], 'seen') or '') .. ok, -last)
  local _, failed = string.gsub(seen, '0', '')
  if failed > last / 2 then
    held, seen = math.max(held or 0, {BREAKER_SECONDS}), ''
    redis.call('HDEL', KEYS[1], 'known')
  end
  redis.call('HSET', KEYS[1], 'seen', seen)
end
if held and held > left('hold') then hold('hold', held) end
redis.call('EXPIRE', KEYS[1], {KEPT_SECONDS})
return '1'
"""
# A token that was taken and not used.
_GIVE_BACK = f"""{_NUMBERS}{_COMMON}
redis.call('ZPOPMAX', KEYS[2])
if get('tokens') then set('tokens', math.min(get('tokens') + 1, burst(get('limit')))) end
return '1'
"""


class Gate:
    """When calls of a key to a model may start. Cheap to make; safe to use from many threads. Never raises."""

    def __init__(self, key: str, model: str) -> None:
        name = hashlib.sha256(f"{INSTALLATION}:{key}:{model}".encode()).hexdigest()[:32]
        self._names = [f"rowan:gate:{name}", f"rowan:gate:{name}:flying"]
        self._alone = _alone(name)
        self.ahead = 0  # calls that have their token and have not begun, as far as whoever makes them says so

    def wait(self, urgent: bool = False) -> float:
        """Seconds until a call may start; 0: now, and it has taken its token. Then call ask() with this gate, or give_back()."""
        answer = self._run(_WAIT, int(urgent))
        return float(answer) if answer is not None else self._alone.wait(urgent)

    def give_back(self) -> None:
        """The call that wait() let through is not made."""
        self._run(_GIVE_BACK)

    def done(
        self, headers: Mapping[str, str], *, ok: bool | None, hold: float | None = None, elapsed: float | None = None
    ) -> None:
        """A call that wait() let through has ended: heed(), note() and hold() in one. ask() does this for its caller.

        `headers` are empty when no response came; `ok` is None for what says nothing about the service; `elapsed` is in
        seconds since the call was sent.
        """
        self._tell(headers, ok, hold, elapsed, ended=True)

    def hold(self, seconds: float) -> None:
        """Lets no call start for so many seconds."""
        self._tell({}, None, seconds, None)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Learns from the `anthropic-ratelimit-*` headers of a response."""
        self._tell(headers, None, None, None)

    def note(self, ok: bool) -> None:
        """Counts a call for the breaker: whether the service did its work."""
        self._tell({}, ok, None, None)

    def _tell(
        self, headers: Mapping[str, str], ok: bool | None, hold: float | None, elapsed: float | None, ended: bool = False
    ) -> None:
        limit, remaining = _limit(headers, "requests")
        held = None if hold is None else min(max(hold, 0.0), LONGEST_HOLD)
        self._alone.tell(limit, held, ok)
        told = (elapsed, limit, remaining, held, _spare(headers), None if ok is None else int(ok))
        self._run(_TELL, int(ended), *("" if value is None else value for value in told), self.ahead)

    def _run(self, script: str, *arguments: float | str) -> bytes | None:
        answer: bytes | None = with_redis(
            lambda client: client.register_script(script)(keys=self._names, args=arguments, client=client)
        )
        return answer


def seconds_to_hold(headers: Mapping[str, str]) -> float:
    """How long a 429 holds: by its retry-after (RFC 9110: seconds or a date), else until its limit is full again.

    Moments are measured from the response's own date: the clock of this machine does not count.
    """
    seconds = _number(headers.get("retry-after"))
    if seconds is None:
        until = headers.get("retry-after") or headers.get("anthropic-ratelimit-requests-reset")
        seconds = _between(headers.get("date"), until)
    return HOLD_SECONDS if seconds is None else min(max(seconds, 1.0), LONGEST_HOLD)


def _limit(headers: Mapping[str, str], what: str) -> tuple[float | None, float | None]:
    """Of requests or tokens a minute: how many there are, and how many remain. None where the headers do not tell."""
    limit = _number(headers.get(f"anthropic-ratelimit-{what}-limit"))
    return (limit, _number(headers.get(f"anthropic-ratelimit-{what}-remaining"))) if limit else (None, None)


def _spare(headers: Mapping[str, str]) -> float | None:
    """Seconds until a spare share of the tokens is there again, 0 if it is; None when no token limit is told."""
    waits = []
    for what in ("input-tokens", "output-tokens", "tokens"):
        limit, remaining = _limit(headers, what)
        if limit and remaining is not None:
            waits.append(max(0.0, SPARE - remaining / limit) * 60)
    return max(waits, default=None)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _between(start: str | None, end: str | None) -> float | None:
    """Seconds between two moments in headers, as RFC 9110 or RFC 3339 writes them."""
    try:
        return (_moment(end) - _moment(start)).total_seconds()
    except (TypeError, ValueError):
        return None


def _moment(text: str | None) -> datetime:
    if not text:
        raise ValueError("no moment")
    return datetime.fromisoformat(text) if text[0].isdigit() else parsedate_to_datetime(text)


class _Alone:
    """The bucket of one process, for while Redis is away: evenly spaced calls, at a share of the limit last heard of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limit: float | None = None
        self._next = self._held = 0.0  # time.monotonic(), which no clock's jump moves
        self._seen: deque[bool] = deque(maxlen=LAST)

    def wait(self, urgent: bool) -> float:
        with self._lock:
            now = time.monotonic()
            wait = self._held - now if urgent else max(self._held, self._next) - now
            if wait > 0:
                return wait
            per_minute = self._limit * ALONE_SHARE if self._limit else ALONE_PER_MINUTE
            self._next = max(now, self._next) + 60 / per_minute
            return 0.0

    def tell(self, limit: float | None, hold: float | None, ok: bool | None) -> None:
        with self._lock:
            self._limit = limit or self._limit
            if ok is not None:
                self._seen.append(ok)
            if self._seen.count(False) > LAST / 2:
                hold = max(hold or 0.0, BREAKER_SECONDS)
                self._seen.clear()
            self._held = max(self._held, time.monotonic() + (hold or 0.0))


_alones: dict[str, _Alone] = {}


def _alone(name: str) -> _Alone:
    return _alones.setdefault(name, _Alone())
