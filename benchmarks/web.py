"""The product's own web server, and one person's keep-alive connection to it."""

import http.client
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.test import Client

from bases.models import User
from config.embedded.process import free_port, spawn, stop

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30


@dataclass(frozen=True)
class Web:
    """A running server: its port and process id, and the cookies of somebody who is logged in."""

    port: int
    pid: int
    cookies: Mapping[str, str]
    token: str

    @classmethod
    @contextmanager
    def running(cls, user: User) -> Iterator["Web"]:
        """gunicorn with config/gunicorn.py as `bin/run` starts it, on a free port of 127.0.0.1."""
        port = free_port()
        command = ["-m", "gunicorn", "config.wsgi", "--config", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
        process = spawn([sys.executable, *command], cwd=ROOT)
        try:
            _wait(port)
            cookies, token = _log_in(user)
            yield cls(port, process.pid, cookies, token)
        finally:
            stop(process, signal.SIGTERM, 10)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @contextmanager
    def connection(self) -> Iterator["Connection"]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            yield Connection(self, line)
        finally:
            line.close()


class Later(Exception):
    """A worker is at what was asked for, or others are before it: it is to be asked again, as a page does."""


class Answer(NamedTuple):
    """What came, and how many milliseconds it took."""

    took: float
    content: bytes


@dataclass(frozen=True)
class Connection:
    """One keep-alive connection; an answer takes from the first byte sent to the last received."""

    web: Web
    line: http.client.HTTPConnection

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: Mapping[str, object]) -> Answer:
        headers = {"X-CSRFToken": self.web.token, "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields), headers)

    def call(self, method: str, path: str, body: str | None, token: str) -> Answer:
        """A call of the API."""
        headers = {"Cookie": "", "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._ask(method, path, body, headers)

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        began = time.perf_counter()
        self.line.request(method, path, body, {"Cookie": self.web.cookie_header, **headers})
        response = self.line.getresponse()
        content = response.read()
        took = (time.perf_counter() - began) * 1_000
        if response.status in (202, 429):
            raise Later(path)
        if response.status not in (200, 201):
            raise RuntimeError(f"{method} {path} answered {response.status}: {content[:200].decode(errors='replace')}")
        return Answer(took, content)


def _wait(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/accounts/login/")
            line.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
        finally:
            line.close()
    raise RuntimeError(f"The web server did not answer within {START_SECONDS} s; its messages are above.")


def _log_in(user: User) -> tuple[dict[str, str], str]:
    """Cookies and CSRF token of a session made in this process: logging in is not what is measured."""
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(user)
    request = HttpRequest()
    token = get_token(request)
    return {"sessionid": client.cookies["sessionid"].value, "csrftoken": request.META["CSRF_COOKIE"]}, token
