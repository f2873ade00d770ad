"""Asking Claude: every failure has its class and a sentence, and nothing tells a key or a cell's text."""

import logging
import os
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ai.failures import Again, BadAnswer, Blocked, Failure, Hold, Refused
from ai.fake import Fake
from ai.prices import DATE, DEFAULT_MODEL, MODELS, micros
from ai.provider import Question, ask, list_models
from ai.rate import seconds_to_hold
from tests.ai_fake import KEY, question
from tests.conftest import ROOT

# What the API does, the class it has, and what its sentence says.
FAILURES = [
    ("429", Hold, "no more requests"),
    ("500", Again, "status 500"),
    ("502", Again, "status 502"),
    ("503", Again, "status 503"),
    ("504", Again, "status 504"),
    ("529", Again, "overloaded"),
    ("reset", Again, "no connection"),
    ("cut", Again, "it broke"),
    ("truncated", Again, "only a part"),
    ("page", Again, "no answer of Claude"),
    ("max_tokens", BadAnswer, "longer than its limit"),
    ("empty", BadAnswer, "empty"),
    ("not json", BadAnswer, "form"),
    ("no value", BadAnswer, "form"),
    ("infinity", BadAnswer, "form"),
    ("refusal", Refused, "declined"),
    ("400", Refused, "“messages.0.content”"),
    ("400 echo", Refused, "did not take"),
    ("413", Refused, "too long"),
    ("too long", Refused, "too long"),
    ("401", Blocked, "does not know this key"),
    ("402", Blocked, "cannot pay"),
    ("403", Blocked, "“claude-haiku-5-5”"),
    ("404", Blocked, "no model “claude-haiku-5-5”"),
    ("redirect", Blocked, "leads elsewhere"),
    ("no credit", Blocked, "no credit"),
    ("spend specified", Blocked, "ends on 2026-12-01"),
    ("spend enforced", Blocked, "usage tier"),
    ("spend contract", Blocked, "contract"),
]


def test_an_answer_comes_with_what_it_cost(fake_api: Fake) -> None:
    reply = ask(KEY, question("a red bicycle with a bell"))
    assert reply.value == "a red bicycle with a bell"  # and not the thinking before it
    assert (reply.model, reply.tokens_in > 10, reply.tokens_out > 20) == ("claude-haiku-5-5", True, True)
    (asked,) = fake_api.asked()
    assert (asked.key, asked.model, asked.max_tokens, asked.outcome) == (KEY, "claude-haiku-5-5", 1_024, "ok")
    choice = {"type": "object", "properties": {"value": {"enum": ["Car", "Bicycle"]}}, "required": ["value"]}
    assert ask(KEY, question("a red bicycle", schema={**choice, "additionalProperties": False})).value == "Bicycle"


@pytest.mark.parametrize(("what", "kind", "says"), FAILURES)
def test_each_failure_has_its_class_and_a_sentence(fake_api: Fake, caplog: Any, what: str, kind: type, says: str) -> None:
    caplog.set_level(logging.DEBUG)
    fake_api.fail(what, seconds=7)
    secret = "the patient's name is Zaphod"
    with pytest.raises(Failure) as raised:
        ask(KEY, question(secret))
    failure = raised.value
    assert type(failure) is kind and says in str(failure)
    told = "".join(traceback.format_exception(failure)) + repr(failure) + str(vars(failure)) + caplog.text
    assert KEY not in told and "Zaphod" not in told and KEY[-8:] not in told
    assert failure.__cause__ is None and failure.__context__ is None, "The SDK's error holds the request and its key."
    assert len(fake_api.asked()) == 1, "The SDK has tried again by itself."
    paid = what in ("max_tokens", "empty", "not json", "no value", "infinity", "refusal")
    assert (failure.tokens_in > 0, failure.tokens_out > 0) == (paid, paid)
    assert getattr(failure, "cut", False) == (what == "max_tokens")
    if isinstance(failure, Hold):
        assert failure.seconds == 7


def test_a_service_that_hangs_or_is_not_there_is_asked_again_later(fake_api: Fake, settings: Any) -> None:
    settings.ANTHROPIC_TIMEOUT = 1
    fake_api.fail("hang", seconds=20)
    with pytest.raises(Again, match="in time"):
        ask(KEY, question())
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(Again, match="no connection"):
        ask(KEY, question())


def test_a_model_that_is_unknown_and_one_that_cannot_do_this_block(fake_api: Fake) -> None:
    with pytest.raises(Blocked, match="no model “claude-none”"):
        ask(KEY, question(model="claude-none"))
    with pytest.raises(Blocked, match=r"output_config\.format\.schema"):
        ask(KEY, question(schema={"type": "string", "maxLength": 5}))
    with pytest.raises(Blocked, match="no key"):
        ask("", question())
    with pytest.raises(Blocked, match="not a key"):
        ask("sk-ant-ключ", question())


def test_only_the_given_key_is_ever_sent(fake_api: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would take the environment's, and ANTHROPIC_CUSTOM_HEADERS over all."""
    other = "sk-ant-environment-0000000000000"
    monkeypatch.setenv("ANTHROPIC_API_KEY", other)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", other)
    monkeypatch.setenv(
        "ANTHROPIC_CUSTOM_HEADERS", f"Authorization: Bearer {other}\nauthorization: Bearer {other}\nX-Api-Key: {other}"
    )
    with ThreadPoolExecutor(8) as threads:
        keys = [f"sk-ant-key-of-base-number-{n % 2}" for n in range(40)]
        list(threads.map(lambda pair: ask(pair[1], question(f"row {pair[0]} of {pair[1]}")), enumerate(keys)))
    asked = fake_api.asked("ok")
    assert len(asked) == 40 and all(f"of {a.key}<" in a.text for a in asked)
    assert list_models(keys[0]) and {a.key for a in fake_api.log} == set(keys)


def test_64_calls_are_under_way_at_once(fake_api: Fake) -> None:
    fake_api.latency = 1.0
    with ThreadPoolExecutor(64) as threads:
        list(threads.map(lambda n: ask(KEY, question(f"row {n}")), range(64)))
    assert fake_api.most_at_once == 64


def test_the_sdk_logs_nothing_however_it_is_asked_to(fake_api: Fake) -> None:
    script = (
        "import django; django.setup()\n"
        "from ai.provider import Question, ask, list_models\n"
        f"print(ask({KEY!r}, Question('claude-haiku-5-5', 'Be short.', 'Zaphod', {{'type': 'string'}})).tokens_in)\n"
        f"print(len(list_models({KEY!r})))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "ANTHROPIC_BASE_URL": fake_api.url, "LOG_LEVEL": "DEBUG"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **environment, "ANTHROPIC_LOG": "debug"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["3"]
    assert KEY not in done.stderr and "Zaphod" not in done.stderr


def test_the_models_of_a_key(fake_api: Fake) -> None:
    assert {"id": "claude-haiku-5-5", "display_name": "Claude Haiku 5.5"} in list_models(KEY)
    fake_api.keys = {"another"}
    with pytest.raises(Blocked, match="does not know this key"):
        list_models(KEY)


def test_nothing_shows_what_a_question_says() -> None:
    assert repr(Question("m", "be brief", "Zaphod", {})) == "Question(model='m', max_tokens=1024)"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "17"}, 17),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "99999999"}, 3_600),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30),
        ({"anthropic-ratelimit-requests-reset": "2026-11-21T10:00:12Z", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 12),
        ({"retry-after": "soon"}, 10),
        ({"retry-after": "nan"}, 10),
        ({}, 10),
    ],
)
def test_a_hold_lasts_as_long_as_the_response_says(headers: dict[str, str], seconds: float) -> None:
    assert seconds_to_hold(headers) == seconds


def test_prices_are_data_with_a_date() -> None:
    assert micros("claude-haiku-5-5", 400, 80) == 80
    assert micros("claude-haiku-5-5-20261001", 400, 80) == micros("claude-haiku-5-5-latest", 400, 80) == 80
    assert [micros(m, 40_000_000, 8_000_000) for m in MODELS] == [8_000_000, 160_000_000, 320_000_000]
    assert micros("claude-none", 1, 1) is None and micros("claude-haiku-5-5-mini", 1, 1) is None
    assert MODELS[0] == DEFAULT_MODEL and len(DATE) == 10
