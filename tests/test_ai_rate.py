"""The gate: no call that the API would turn down, shared by all processes, and by no worker's clock."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from ai.fake import Fake
from ai.provider import ask
from ai.rate import BREAKER_SECONDS, SLOW, Gate
from tables.query import cache
from tests.ai_fake import KEY, question
from tests.conftest import ROOT, environment_of_tests

MODEL = "claude-haiku-5-5"
# One of several worker processes: so many threads ask as often as the gate lets them, for so many seconds.
WORKER = """
import json, sys, threading, time, django
django.setup()
from ai.provider import ask
from ai.rate import Gate
from ai.failures import Failure
from tests.ai_fake import KEY, question
ask(KEY, question("to have everything read in"))
print("ready", flush=True)
sys.stdin.readline()
end = time.monotonic() + float(sys.argv[1])
def work(name):
    gate = Gate(KEY, "claude-haiku-5-5")
    n = 0
    while time.monotonic() < end:
        seconds = gate.wait()
        if seconds:
            time.sleep(min(seconds, 1))
            continue
        n += 1
        try:
            ask(KEY, question(f"{name} {n}"), gate=gate)
        except Failure:
            pass
threads = [threading.Thread(target=work, args=(f"{sys.argv[2]}/{t}",)) for t in range(32)]
[t.start() for t in threads]
[t.join() for t in threads]
"""


def headers(limit: int, remaining: int, what: str = "requests") -> dict[str, str]:
    told = {"limit": str(limit), "remaining": str(remaining)}
    return {f"anthropic-ratelimit-{what}-{name}": value for name, value in told.items()}


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate that nobody has used."""
    made = Gate(KEY, MODEL)
    client = cache._client()
    client.delete(*made._names)
    yield made
    client.delete(*made._names)


def started(gate: Gate, urgent: bool = False) -> int:
    """How many calls it lets through at this moment."""
    number = 0
    while gate.wait(urgent) == 0 and number < 500:
        number += 1
    return number


def move_calls(gate: Gate, seconds: float) -> None:
    """Makes the calls in flight as if they had started so much later."""
    client: Any = cache._client()
    for member in client.zrange(gate._names[1], 0, -1):
        client.zincrby(gate._names[1], seconds, member)


def answered(gate: Gate, **more: Any) -> None:
    gate.done(**{"headers": headers(600, 599), "ok": True, "elapsed": 0.01, **more})


def test_64_threads_of_two_processes_are_never_turned_down(fake_api: Fake, gate: Gate) -> None:
    """600 a minute, and the API would allow a tenth of them at once; without the gate most of the requests are turned down."""
    seconds = 6
    fake_api.latency = 0.1
    environment = {**environment_of_tests(), "DJANGO_SETTINGS_MODULE": "config.settings", "ANTHROPIC_BASE_URL": fake_api.url}
    command = [sys.executable, "-c", WORKER, str(seconds)]
    workers = [
        subprocess.Popen(
            [*command, name], cwd=ROOT, env={"PATH": "", **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in "ab"
    ]
    for worker in workers:
        assert worker.stdout and worker.stdout.readline() == "ready\n"
    fake_api.log.clear()
    fake_api.per_minute, fake_api.burst = 600, 60
    for worker in workers:
        worker.communicate("go\n", timeout=60)
        assert worker.returncode == 0
    turned_down, ok = fake_api.asked("limit"), fake_api.asked("ok")
    assert len(turned_down) <= 1, f"{len(turned_down)} of {len(fake_api.asked())} were turned down"
    assert {a.text.partition("/")[0][-1] for a in ok} == {"a", "b"}, "One process got nothing."
    times = sorted(a.at for a in ok)
    assert len(ok) >= 0.9 * 10 * (times[-1] - times[0]), f"only {len(ok)} in {times[-1] - times[0]:.1f} s"


def test_few_calls_start_until_the_first_response_tells_the_limit(gate: Gate) -> None:
    assert started(gate) == SLOW and 0 < gate.wait() < 1
    assert started(gate, urgent=True) == 1
    answered(gate)
    assert 40 <= started(gate) <= 52  # five seconds of 600 a minute, but a reserve


def test_a_service_that_tells_no_limit_has_none(gate: Gate) -> None:
    assert started(gate) == SLOW
    answered(gate, headers={})
    assert started(gate) == 500


def test_a_click_finds_a_token_that_runs_have_left(gate: Gate) -> None:
    gate.heed(headers(60, 60))
    run = started(gate)
    assert run >= 2 and gate.wait() > 0
    assert gate.wait(urgent=True) == 0


def test_a_token_given_back_is_there_again(gate: Gate) -> None:
    gate.heed(headers(60, 60))
    started(gate)
    gate.give_back()
    assert gate.wait() == 0
    gate.hold(0)
    for _ in range(200):
        gate.give_back()  # more than were taken fill no more than the bucket
    assert started(gate) <= 5


def test_what_others_use_of_the_limit_is_heeded(gate: Gate) -> None:
    gate.heed(headers(600, 600))
    gate.heed(headers(600, 1))
    assert 0 < gate.wait() < 1
    gate.heed(headers(600, 590))  # an older response that came late fills nothing
    assert gate.wait() > 0


def test_a_429_holds_everybody(fake_api: Fake, gate: Gate) -> None:
    fake_api.fail("429", seconds=30)
    assert gate.wait() == 0
    with pytest.raises(Exception, match="30 s"):
        ask(KEY, question(), gate=gate)
    other = Gate(KEY, MODEL)
    assert 28 < other.wait() <= 30 and 28 < other.wait(urgent=True) <= 30
    assert Gate("another-key", MODEL).wait() == Gate(KEY, "another-model").wait() == 0
    other.hold(1)  # a shorter one takes nothing from it
    assert gate.wait() > 28


def test_no_clock_counts_but_that_of_redis(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.hold(30)
    for jump in (86_400, -86_400):
        now = time.time() + jump
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert 28 < gate.wait() <= 30
        monkeypatch.undo()


def test_a_clock_of_redis_that_is_set_back_lengthens_no_hold(gate: Gate) -> None:
    """As it looks from then: everything that is kept lies an hour ahead."""
    gate.heed(headers(600, 600))
    started(gate)
    gate.hold(2)
    client = cache._client()
    for name in ("hold", "at"):
        client.hincrbyfloat(gate._names[0], name, 3_600)
    move_calls(gate, 3_600)
    assert 1.5 < gate.wait() <= 2
    client.hset(gate._names[0], "hold", 0)
    assert gate.wait(urgent=True) == 0 and client.zcard(gate._names[1]) == 1
    assert 0 < gate.wait() < 1


def test_tokens_that_run_out_stop_runs_and_not_clicks(gate: Gate) -> None:
    gate.heed({**headers(600, 600), **headers(100_000, 4_000, "input-tokens"), **headers(20_000, 19_000, "output-tokens")})
    assert 3 < gate.wait() < 4  # until a tenth is there again: 6,000 of 100,000 a minute
    assert gate.wait(urgent=True) == 0
    gate.heed({**headers(600, 600), **headers(100_000, 90_000, "input-tokens")})
    assert gate.wait() == 0


def test_a_service_that_is_down_is_left_alone_for_a_while(fake_api: Fake, gate: Gate) -> None:
    gate.heed(headers(6_000, 6_000))
    fake_api.fail("500", numbers=range(1, 12))
    for n in range(20):
        if gate.wait():
            break
        with pytest.raises(Exception, match="status 500"):
            ask(KEY, question(f"row {n}"), gate=gate)
    assert n == 11, "The breaker opens at the eleventh of twenty."
    assert BREAKER_SECONDS - 2 < Gate(KEY, MODEL).wait() <= BREAKER_SECONDS
    cache._client().hset(gate._names[0], "hold", 0)  # half a minute later
    assert started(gate) == SLOW, "It is tried with a few calls first."
    answered(gate)
    assert gate.wait() == 0


def test_half_of_the_calls_failing_opens_no_breaker_and_old_failures_are_forgotten(gate: Gate) -> None:
    for _ in range(30):
        gate.note(False)
        gate.note(True)
    assert gate.wait() == 0


def test_calls_of_killed_workers_are_forgotten(gate: Gate) -> None:
    assert started(gate) == SLOW
    move_calls(gate, -3_600)
    assert started(gate) == SLOW


def test_a_flushed_redis_and_headers_without_sense_stop_nothing(gate: Gate) -> None:
    gate.heed(headers(600, 600))
    cache._client().delete(*gate._names)
    assert gate.wait() == 0
    for limit in ("", "-5", "nan", "inf", "0", "many", "1e400"):
        gate.done({"anthropic-ratelimit-requests-limit": limit, "anthropic-ratelimit-requests-remaining": limit}, ok=True)
        assert gate.wait() == 0
    gate.heed({"anthropic-ratelimit-requests-limit": "5", "anthropic-ratelimit-requests-remaining": "nan"})
    assert cache._client().hget(gate._names[0], "limit") == b"5.000000"


def test_redis_never_sees_the_key(gate: Gate) -> None:
    gate.heed(headers(600, 600))
    gate.wait()
    client = cache._client()
    kept = json.dumps([repr(client.hgetall(gate._names[0])), repr(client.zrange(gate._names[1], 0, -1)), gate._names])
    assert KEY not in kept and KEY[-6:] not in kept


def test_without_redis_each_process_goes_on_slowly(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate("a-key-of-this-test-alone", MODEL)
    away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    monkeypatch.setattr(cache, "_client", lambda: away)
    monkeypatch.setattr(cache, "_asleep_until", 0.0)
    assert gate.wait() == 0 and 0 < gate.wait() <= 0.5  # two a second as long as no limit is known
    assert gate.wait(urgent=True) == 0
    gate.done(headers(6_000, 5_999), ok=True, elapsed=0.1)
    gate.give_back()
    monkeypatch.setattr(gate._alone, "_next", 0.0)  # a second later
    assert gate.wait() == 0 and 0 < gate.wait() <= 0.02  # half of a hundred a second: others may be at it
    gate.hold(9)
    assert 8 < gate.wait() <= 9 and 8 < gate.wait(urgent=True) <= 9
    for _ in range(11):
        gate.note(False)
    assert gate.wait() > 25
