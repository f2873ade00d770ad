"""The server: HTTP/1.1 with keep-alive, a thread per connection. At a latency of 200 ms it serves 200 requests/s and more."""

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ai.fake import messages
from ai.fake.limits import Bucket
from ai.fake.rules import STATUSES, Rule, Rules, error, problem

KEPT_TEXT = 2_000  # characters of a prompt in the log


@dataclass(frozen=True)
class Asked:
    """A request in the log."""

    number: int  # of requests for a message, from 1; 0: something else
    at: float  # time.monotonic() when it came
    path: str
    key: str
    model: str
    text: str  # system prompt and messages, cut
    max_tokens: int
    outcome: str = ""  # "ok", a failure's name, or "limit": too many requests
    seconds: float = 0.0  # until its answer was made


class Fake:
    """`with Fake(...) as fake: fake.url`. Rules and latency may be changed while it runs."""

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        per_minute: int | None = None,  # requests of one key to one model; None: no limit, and no headers that tell one
        burst: int | None = None,
        rules: list[Rule] | None = None,
        seed: int = 0,
        keys: set[str] | None = None,  # the keys it knows; None: any
        demo: bool = False,
        kept: int | None = None,  # how many requests the log holds; None: all
        tells: bool = False,  # its log by GET /fake/log: for tests, as everybody on the machine can ask for it
    ) -> None:
        self.latency, self.per_minute, self.burst, self.keys = latency, per_minute, burst, keys
        self.demo, self.tells = demo, tells
        self.models: Sequence[tuple[str, str]] = messages.MODELS  # ids and names
        self.rules = Rules(rules if rules is not None else [], seed)
        self.log: deque[Asked] = deque(maxlen=kept)
        self.most_at_once = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._numbered = self._at_once = 0
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self.server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"fake": self}))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Fake":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def fail(self, what: str, **when: Any) -> Rule:
        """Adds a rule: fail("500", share=0.05)."""
        rule = Rule(what, **when)
        with self._lock:
            self.rules.list.append(rule)
        return rule

    def asked(self, outcome: str | None = None) -> list[Asked]:
        """Requests for a message, in the order in which they were answered; only those with this outcome."""
        with self._lock:
            return [a for a in self.log if a.number and outcome in (None, a.outcome)]

    def begin(self, path: str, key: str, asked: dict[str, Any]) -> tuple[Asked, Rule | None]:
        """Numbers a request and says how it is to fail."""
        text = messages.text_of(asked)
        with self._lock:
            number = 0
            rule = None
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            if path == "/v1/messages":
                self._numbered += 1
                number = self._numbered
                rule = self.rules.turn(number, key, text)
            most = asked.get("max_tokens")
            entry = Asked(
                number, time.monotonic(), path, key, str(asked.get("model", "")), text[:KEPT_TEXT],
                most if isinstance(most, int) else 0,
            )  # fmt: skip
        return entry, rule

    def end(self, entry: Asked, outcome: str) -> None:
        with self._lock:
            self._at_once -= 1
            self.log.append(replace(entry, outcome=outcome, seconds=time.monotonic() - entry.at))

    def limit(self, key: str, model: str) -> tuple[bool, dict[str, str]]:
        """Takes one of the requests of this minute: whether there was one, and the headers."""
        if self.per_minute is None:
            return True, {}
        with self._lock:
            bucket = self._buckets.get((key, model))
            if bucket is None or bucket.per_minute != self.per_minute:
                bucket = self._buckets[key, model] = Bucket(self.per_minute, self.burst)
        return bucket.take()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked went away: nothing to tell."""


@dataclass(frozen=True)
class _Response:
    outcome: str  # for the log
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    sent: int | None = None  # bytes of the body before the connection breaks; -1: not even the headers


class _Handler(BaseHTTPRequestHandler):
    fake: Fake
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == "/fake/log" and self.fake.tells:
            told = {"log": [asdict(a) for a in list(self.fake.log)], "most_at_once": self.fake.most_at_once}
            return self._send(_Response("", body=json.dumps(told).encode()))
        return self._serve({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            asked = json.loads(body)
        except ValueError:
            asked = None
        return self._serve(asked)

    def _serve(self, asked: Any) -> None:
        """Answers a request. It is in the log before whoever asked has the answer."""
        kind, _, key = (self.headers.get("authorization") or "").partition(" ")
        read = asked if isinstance(asked, dict) else {}
        entry, rule = self.fake.begin(self.path.partition("?")[0], key, read)
        if not isinstance(asked, dict):
            response = _failed("400", (400, problem("invalid_request_error", "The request body is not valid JSON")))
        elif kind == "Bearer" and key and (self.fake.keys is None or key in self.fake.keys):
            response = self._answer(entry, asked, rule)
        else:
            response = _failed("401", error("401"))
        self.fake.end(entry, response.outcome)
        self._send(response)

    def _answer(self, entry: Asked, asked: dict[str, Any], rule: Rule | None) -> _Response:
        if entry.path == "/v1/models" and self.command == "GET":
            return _Response("ok", body=json.dumps(messages.models(self.fake.models)).encode())
        if self.command != "POST" or entry.path not in ("/v1/messages", "/v1/messages/count_tokens"):
            return _failed("404", (404, problem("not_found_error", "Not found")))
        if "anthropic-version" not in self.headers:
            return _failed("400", (400, problem("invalid_request_error", "anthropic-version: header is required")))
        if entry.path.endswith("count_tokens"):
            return _Response("ok", body=json.dumps({"input_tokens": messages.tokens(messages.text_of(asked))}).encode())
        wrong = messages.wrong_with(asked)
        if wrong:
            return _failed(str(wrong[0]), wrong)
        served, headers = self.fake.limit(entry.key, entry.model)
        if not served:
            return _failed("limit", error("429"), headers)
        return self._message(entry, asked, rule, headers)

    def _message(self, entry: Asked, asked: dict[str, Any], rule: Rule | None, headers: dict[str, str]) -> _Response:
        what = rule.what if rule else "ok"
        if rule and what == "hang":
            self.fake.stopping.wait(rule.seconds)
            return _Response(what, sent=-1)
        self.fake.stopping.wait(self.fake.latency)
        if rule and what in STATUSES:
            if what == "429":
                headers = {**headers, "retry-after": f"{rule.seconds:g}"}
            return _failed(what, error(what, text=entry.text, key=entry.key, model=entry.model), headers)
        if what == "page":
            return _Response(what, body=b"<!doctype html><title>Log in to this network</title>", kind="text/html")
        if what == "redirect":
            return _Response(what, 302, headers={"location": f"{self.fake.url}/elsewhere"})
        answer = json.dumps(messages.message(entry.number, asked, what, self.fake.demo)).encode()
        if what == "truncated":
            answer = answer[: len(answer) // 2]
        return _Response(what, body=answer, headers=headers, sent={"cut": len(answer) // 2, "reset": -1}.get(what))

    def _send(self, response: _Response) -> None:
        """The whole response in one write: in two, the second would wait for the other side's word on the first."""
        headers = {
            "date": formatdate(usegmt=True),
            "content-type": response.kind,
            "content-length": str(len(response.body)),
            "request-id": "req_fake",
            **response.headers,
        }
        head = f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('Overloaded',))[0]}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if response.sent != -1:
            self.wfile.write(head.encode() + b"\r\n" + response.body[: response.sent])
        if response.sent is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """The log is the fake's own."""


def _failed(outcome: str, failure: tuple[int, dict[str, Any]], headers: dict[str, str] | None = None) -> _Response:
    return _Response(outcome, failure[0], json.dumps(failure[1]).encode(), headers or {})
