"""The fake of Claude's API: it answers plausibly and always the same, and is as strict and as limited as the real one."""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPConnection
from typing import Any

import psutil
import pytest

from ai.fake import Fake
from tests.ai_fake import KEY, TEXT, question
from tests.conftest import ROOT

HEADERS = {"authorization": f"Bearer {KEY}", "anthropic-version": "2026-10-21"}


def body(text: str, schema: dict[str, Any] | None = None, **fields: Any) -> bytes:
    asked = question(text)
    answer = {"type": "object", "properties": {"value": schema or TEXT}, "required": ["value"], "additionalProperties": False}
    form = {"format": {"type": "json_schema", "schema": answer}}
    messages = [{"role": "user", "content": asked.user}]
    return json.dumps({"model": asked.model, "max_tokens": 1024, "messages": messages, "output_config": form, **fields}).encode()


def post(fake: Fake, data: bytes, path: str = "/v1/messages", headers: dict[str, str] | None = None) -> tuple[int, Any, Any]:
    """Status, headers and JSON."""
    request = urllib.request.Request(fake.url + path, data, HEADERS if headers is None else headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def value(fake: Fake, text: str, schema: dict[str, Any]) -> Any:
    status, _, message = post(fake, body(text, schema))
    assert status == 200 and [b["type"] for b in message["content"]] == ["thinking", "text"]
    return json.loads(message["content"][1]["text"])["value"]


def test_answers_fit_the_schema_and_stay_the_same(fake_api: Fake) -> None:
    letter = "Write to jo@example.org before 2026-03-04, or see https://example.org/a about 42.5 kg of Iron and Tin"
    maybe = {"anyOf": [{"type": "number"}, {"type": "null"}]}
    assert value(fake_api, letter, {"type": "string", "format": "email"}) == "jo@example.org"
    assert value(fake_api, letter, {"type": "string", "format": "uri"}) == "https://example.org/a"
    assert value(fake_api, letter, {"type": "string", "format": "date"}) == "2026-03-04"
    assert value(fake_api, "42.5 kg", maybe) == 42.5 and value(fake_api, "42.5 kg", {"type": "integer"}) == 42
    assert value(fake_api, "", maybe) is None
    assert value(fake_api, letter, {"enum": ["Gold", "iron", None]}) == "iron"
    assert value(fake_api, letter, {"type": "array", "items": {"enum": ["Gold", "Tin"]}}) == ["Tin"]
    assert value(fake_api, letter, {"type": "boolean"}) in (True, False)
    assert value(fake_api, "Fish &amp; &lt;chips&gt;", TEXT) == "Fish & <chips>"
    assert len({value(fake_api, letter, TEXT) for _ in range(3)}) == 1


def test_demo_answers_say_that_they_are(fake_api: Fake) -> None:
    fake_api.demo = True
    assert value(fake_api, "a red bicycle", TEXT) == "(demo) a red bicycle"
    assert value(fake_api, "3 of them", {"type": "number"}) == 3


@pytest.mark.parametrize(
    ("data", "path", "headers", "status"),
    [
        (body("x", temperature=0), "/v1/messages", HEADERS, 400),
        (body("x", top_p=1), "/v1/messages", HEADERS, 400),
        (body("x", top_k=1), "/v1/messages", HEADERS, 400),
        (body("x", max_tokens=None), "/v1/messages", HEADERS, 400),
        (body("x", {"type": "number", "minimum": 1}), "/v1/messages", HEADERS, 400),
        (body("x", {"type": "object", "properties": {}}), "/v1/messages", HEADERS, 400),
        (body("x", model="claude-none"), "/v1/messages", HEADERS, 404),
        (body("x"), "/v1/other", HEADERS, 404),
        (b"{", "/v1/messages", HEADERS, 400),
        (body("x"), "/v1/messages", {"authorization": f"Bearer {KEY}"}, 400),
        (body("x"), "/v1/messages", {"x-api-key": KEY, "anthropic-version": "2026-10-21"}, 401),
    ],
)
def test_it_refuses_what_the_api_refuses(fake_api: Fake, data: bytes, path: str, headers: dict[str, str], status: int) -> None:
    assert post(fake_api, data, path, headers)[0] == status


def test_tokens_are_counted_and_a_long_answer_is_cut(fake_api: Fake) -> None:
    assert post(fake_api, body("x" * 4_000), "/v1/messages/count_tokens")[2]["input_tokens"] > 1_000
    message = post(fake_api, body("x" * 4_000, max_tokens=40))[2]
    assert (message["stop_reason"], message["usage"]["output_tokens"] <= 41) == ("max_tokens", True)


def test_more_requests_than_a_minute_has_are_turned_down_and_told_when(fake_api: Fake) -> None:
    fake_api.per_minute, fake_api.burst = 60, 3
    told = [post(fake_api, body(f"row {n}"))[:2] for n in range(4)]
    assert [status for status, _ in told] == [200, 200, 200, 429]
    assert [h["anthropic-ratelimit-requests-remaining"] for _, h in told] == ["2", "1", "0", "0"]
    assert told[3][1]["retry-after"] == "1" and told[3][1]["anthropic-ratelimit-requests-limit"] == "60"
    other = {**HEADERS, "authorization": "Bearer another-key"}
    assert post(fake_api, body("x"), headers=other)[0] == 200


def test_rules_say_which_requests_fail(fake_api: Fake) -> None:
    fake_api.fail("500", contains="no luck", times=2)
    fake_api.fail("529", numbers=range(3, 5))
    fake_api.fail("400", key="another-key")
    texts = ["no luck", "no luck", "luck", "no luck", "no luck", "luck"]
    assert [post(fake_api, body(t))[0] for t in texts] == [500, 500, 529, 529, 200, 200]
    assert post(fake_api, body("x"), headers={**HEADERS, "authorization": "Bearer another-key"})[0] == 400
    with pytest.raises(ValueError, match="none of"):
        fake_api.fail("501")


def test_shares_are_drawn_by_the_seed(fake_api: Fake) -> None:
    def drawn(seed: int) -> list[str]:
        with Fake(seed=seed) as fake:
            fake.fail("500", share=0.1)
            fake.fail("529", share=0.1)
            connection = HTTPConnection("127.0.0.1", fake.server.server_port)
            for n in range(400):
                connection.request("POST", "/v1/messages", body(f"row {n}"), HEADERS)
                connection.getresponse().read()
            connection.close()
            return [a.outcome for a in fake.asked()]

    first = drawn(1)
    assert first == drawn(1) != drawn(2)
    assert 20 < first.count("500") < 60 and 20 < first.count("529") < 60


def test_it_tells_texts_to_nobody_who_was_not_meant_to_hear_them(fake_api: Fake) -> None:
    connection = HTTPConnection("127.0.0.1", fake_api.server.server_port)
    for method, path in (("GET", "/fake/log"), ("POST", "/fake/rules")):
        connection.request(method, path, b"[]" if method == "POST" else None, {"Host": "evil.example"})
        answer = connection.getresponse()
        assert answer.status in (400, 401) and b"row" not in answer.read()
    connection.close()


def test_it_serves_200_requests_a_second_on_half_a_core() -> None:
    """A process of its own, asked over 64 kept connections; its processor time is what counts, not this busy machine's clock."""
    command = [sys.executable, "-m", "ai.fake", "--port", "0", "--latency", "0.2", "--tell", "1000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        before = psutil.Process(process.pid).cpu_times()

        def ask_for_long() -> None:
            connection = HTTPConnection("127.0.0.1", port)
            for n in range(15):
                connection.request("POST", "/v1/messages", body(f"row {n}"), HEADERS)
                assert connection.getresponse().read()
            connection.close()

        began = time.monotonic()
        threads = [threading.Thread(target=ask_for_long) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        after = psutil.Process(process.pid).cpu_times()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/fake/log") as response:
            told = json.load(response)
        process.terminate()
    spent = after.user + after.system - before.user - before.system
    print(f"960 requests in {seconds:.1f} s, {spent * 1000 / 960:.2f} ms of processor each")
    assert [a["outcome"] for a in told["log"]] == ["ok"] * 960 and told["most_at_once"] > 32
    assert spent / 960 * 200 < 0.5
