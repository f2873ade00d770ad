"""The only place that talks to the API of Claude, by the official SDK: ask() for an answer, list_models() for a key's models.

A call always has the key that it is given: never one of the environment or of a profile on disk, which the SDK would fall
back to. The SDK tries nothing again by itself: it would do so for spend limits, too, and hide the waiting. It is read in when
the first call is made: it takes half a second and 70 MB, which a web process that asks nothing does not need.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings

from ai import faults
from ai.failures import FAULT, Again, BadAnswer, Blocked, Failure, Hold, Refused, from_status
from ai.rate import Gate, seconds_to_hold

if TYPE_CHECKING:
    from anthropic import Anthropic, APIResponse

DEMO_KEY = "demo-answers"  # not Claude answers, but the fake that bin/run has started (settings.AI_DEMO_URL)
CONNECT_SECONDS = 10
LIST_SECONDS = 20  # a page waits for the list of models
CONNECTIONS = 128  # of one process at most; threads that ask are 64 or fewer
MOST_BYTES = 8_000_000  # of a response: the longest answer a model can give is far below

log = logging.getLogger(__name__)
_making = threading.Lock()
_clients: dict[tuple[str, float, int], "Anthropic"] = {}  # one, and one for the demo


@dataclass(frozen=True)
class Question:
    """What one cell asks. `schema` is the JSON schema of the answer: of the value, or of an object with just `value`."""

    model: str
    system: str = field(repr=False)
    user: str = field(repr=False)
    schema: dict[str, Any] = field(repr=False)
    max_tokens: int = 1_024


@dataclass(frozen=True)
class Reply:
    """An answer and what it cost. `value` is any JSON: it fits the schema as far as the API keeps its promise.

    `took`: seconds from when the call was sent; 0 where nobody was asked.
    """

    value: Any = field(repr=False)
    model: str
    tokens_in: int
    tokens_out: int
    took: float = 0.0


def ask(key: str, question: Question, *, gate: Gate | None = None) -> Reply:
    """One answer, in at most ANTHROPIC_TIMEOUT seconds to begin and as many to arrive. Raises a Failure.

    Blocking, safe in any thread, touches no database. `gate` is told all that is learned: rate, hold, failure.
    """
    began = time.monotonic()
    headers: Mapping[str, str] = {}
    reply = None
    try:
        body, headers, failure = _call(key, question.model, lambda client, own: _create(client, own, question))
        if failure is None:
            reply = _reply(body, question.model)
    except Failure as found:
        failure = found
    except Exception as error:  # of the SDK or of Rowan: the gate is told all the same, and the cell is tried again
        faults.note(log, "A call of Claude has met a fault.", error)
        failure = Again(FAULT, "fault")
    took = time.monotonic() - began
    if gate:
        hold = failure.seconds if isinstance(failure, Hold) else None
        gate.done(headers, ok=_service_worked(failure), hold=hold, elapsed=took)
    if failure is not None:
        failure.took = took
        raise failure
    assert reply
    return replace(reply, took=took)


def list_models(key: str) -> list[dict[str, str]]:
    """The models that a key may use, newest first: [{"id", "display_name"}]. Free, so it tests a key. Raises a Failure."""
    body, _, failure = _call(
        key,
        "",
        lambda client, own: client.models.with_streaming_response.list(limit=1_000, extra_headers=own, timeout=LIST_SECONDS),
    )
    if failure is not None:
        raise failure
    models = _json(body).get("data")
    if not isinstance(models, list):
        raise Again("What came back is not a list of models.", "broken")
    found = [m for m in models if isinstance(m, dict) and isinstance(m.get("id"), str)]
    return [{"id": m["id"], "display_name": str(m.get("display_name") or m["id"])} for m in found]


def _create(client: "Anthropic", own: Mapping[str, Any], question: Question) -> "AbstractContextManager[APIResponse[Any]]":
    return client.messages.with_streaming_response.create(
        model=question.model,
        max_tokens=question.max_tokens,
        system=question.system,
        messages=[{"role": "user", "content": question.user}],
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": _wrapped(question.schema)}},
        extra_headers=own,
    )


def _wrapped(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") == "object" and set(schema.get("properties", ())) == {"value"}:
        return schema
    return {"type": "object", "properties": {"value": schema}, "required": ["value"], "additionalProperties": False}


_Send = Callable[["Anthropic", Mapping[str, Any]], "AbstractContextManager[APIResponse[Any]]"]


def _call(key: str, model: str, send: _Send) -> tuple[bytes, Mapping[str, str], Failure | None]:
    """A response's body and headers, or why there is none.

    The failure is not raised here: an exception raised while another is handled keeps that one, and the SDK's have the
    request with its key and its text.
    """
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        return b"", {}, Blocked("There is no key for Claude." if not key else "This is not a key for Claude.")
    client = _client(key).with_options(api_key=key)
    import anthropic
    import httpx2

    # Named again for the request: ANTHROPIC_CUSTOM_HEADERS in the environment would win over the client's own.
    own = {"Authorization": f"Bearer {key}", "X-Api-Key": anthropic.Omit()}
    try:
        with send(client, own) as response:
            return _body(response), response.headers, None
    except anthropic.APIStatusError as error:
        headers = error.response.headers
        seconds = seconds_to_hold(headers)
        return b"", headers, from_status(error.status_code, error.body, model, seconds=seconds, request_id=error.request_id or "")
    except (anthropic.APITimeoutError, httpx2.TimeoutException):
        return b"", {}, Again("Claude has not answered in time.", "timeout")
    except (anthropic.APIConnectionError, httpx2.HTTPError):
        return b"", {}, Again("There was no connection to Claude, or it broke.", "connection")
    except _TooLong:
        return b"", {}, Again("What came back is too long to be an answer of Claude.", "broken")
    except (UnicodeError, httpx2.InvalidURL) as error:
        wrong = "The texts of this row" if isinstance(error, UnicodeError) else "The address in ANTHROPIC_BASE_URL"
        return b"", {}, (Refused if isinstance(error, UnicodeError) else Blocked)(f"{wrong} cannot be used.")


class _TooLong(Exception):
    pass


def _body(response: "APIResponse[Any]") -> bytes:
    """All of it, but not for ever: the time-out of the SDK is for each read."""
    import httpx2

    end = time.monotonic() + settings.ANTHROPIC_TIMEOUT
    read = bytearray()
    for part in response.iter_bytes():
        read += part
        if len(read) > MOST_BYTES:
            raise _TooLong
        if time.monotonic() > end:
            raise httpx2.ReadTimeout("The response takes too long.")
    return bytes(read)


def close() -> None:
    """Closes this process's connections; the next call opens new ones."""
    with _making:
        for client in _clients.values():
            client.close()
        _clients.clear()


def is_demo(key: str | None) -> bool:
    """Whether answers to this key are made up."""
    return key == DEMO_KEY and bool(settings.AI_DEMO_URL)


def _client(key: str) -> "Anthropic":
    """The one client of this process (a fork does not share its parent's connections); calls add their key to it."""
    url = settings.AI_DEMO_URL if is_demo(key) else settings.ANTHROPIC_BASE_URL
    made_for = (url, settings.ANTHROPIC_TIMEOUT, os.getpid())
    with _making:
        if made_for not in _clients:
            _clients[made_for] = _made(url, settings.ANTHROPIC_TIMEOUT)
        return _clients[made_for]


def _made(url: str, seconds: float) -> "Anthropic":
    """Takes 27 to 60 ms, and with_options 0.2 ms."""
    import httpx2
    from anthropic import Anthropic, DefaultHttpxClient

    # At DEBUG they write every request with its text, and LOG_LEVEL or ANTHROPIC_LOG may have asked for that.
    for name in ("anthropic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    timeout = httpx2.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    return Anthropic(
        api_key="each-call-has-its-own",
        base_url=url,
        max_retries=0,
        timeout=timeout,
        open_telemetry=False,  # which the environment could make to send the texts elsewhere
        # A redirect is no answer of the API, and would carry the text to wherever it leads.
        http_client=DefaultHttpxClient(timeout=timeout, limits=limits, follow_redirects=False),
    )


def _json(body: bytes) -> dict[str, Any]:
    """A response's JSON object. Raises Again: a cut one is the way's fault, and a page is a proxy's."""
    read: Any = None
    with suppress(ValueError, RecursionError):
        read = json.loads(body)
    if not isinstance(read, dict):
        raise Again("What came back is no answer of Claude, or only a part of one.", "broken")
    return read


def _reply(body: bytes, model: str) -> Reply:
    """Reads a message. Raises Again, BadAnswer or Refused, with the tokens that were paid."""
    message = _json(body)
    usage = message.get("usage")
    paid: dict[str, Any] = {"tokens_in": _tokens(usage, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")}
    paid["tokens_out"] = _tokens(usage, "output_tokens")
    stop = message.get("stop_reason")
    if stop == "refusal":
        raise Refused("Claude declined to answer this.", "declined", **paid)
    if stop == "max_tokens":
        raise BadAnswer("The answer was longer than its limit.", cut=True, **paid)
    if stop == "model_context_window_exceeded":
        raise Refused(f"The texts of this row are too long for the model “{model}”.", **paid)
    content = message.get("content")
    blocks = [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []
    text = "".join(str(b.get("text") or "") for b in blocks if b.get("type") == "text")  # others: thinking
    if not text.strip():
        raise BadAnswer("The answer was empty.", **paid)
    answer: Any = None
    try:
        answer = json.loads(text)
        json.dumps(answer, allow_nan=False)  # 1e999 is read as infinity, which no column holds
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or "value" not in answer:
        raise BadAnswer("The answer did not have the form that was asked for.", **paid)
    named = message.get("model")
    return Reply(answer["value"], named[:100] if isinstance(named, str) and named.isprintable() else model, **paid)


def _tokens(usage: object, *names: str) -> int:
    numbers = [usage.get(name) for name in names] if isinstance(usage, dict) else []
    return sum(n for n in numbers if isinstance(n, int) and not isinstance(n, bool) and n > 0)


def _service_worked(failure: Failure | None) -> bool | None:
    """For the breaker. What concerns a key or its rate says nothing about the service."""
    if isinstance(failure, (Hold, Blocked)):
        return None
    return not isinstance(failure, Again)
