"""What `bin/run` runs: the embedded servers, the Procfile's processes, and somebody to start again what dies.

A process that ends, killed or crashed, is started again with a growing pause; the rest lives on. Ctrl-C and SIGTERM
stop everything in order and leave nothing behind.
"""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from types import FrameType

import environ

from config.embedded import CannotStart, Urls, secret_key
from config.embedded.pair import Pair
from config.embedded.postgres import Postgres
from config.embedded.process import REQUESTS, free_port, listen, spawn, stop, stop_the_rest
from config.embedded.redis import Redis

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds before a process is started again
STEADY_SECONDS = 30  # after this long the pause is short again
STOP_SECONDS = 10
PROBE = "/static/icons.svg"  # needs no database
LOG_IN, DEMO_DOOR = "/accounts/login/", b'action="/demo/"'


class Stopped(Exception):
    """Somebody asked Rowan to stop."""


@dataclass
class Kept:
    """A process that is started again, after a growing pause, whenever it has ended."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started: float = field(default_factory=time.monotonic)
    pause: float = FIRST_PAUSE
    again_at: float = 0.0

    def start(self) -> None:
        self.started, self.again_at = time.monotonic(), 0.0
        self.process = self.spawn()

    def watch(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if not self.again_at:
            stop(self.process, signal.SIGTERM, 0)  # its children, too
            self._wait(now, f"{self.name} ended with {self.process.returncode}")
        elif now >= self.again_at:
            try:
                self.start()
            except (CannotStart, OSError) as error:
                self._wait(time.monotonic(), f"{self.name} cannot be started again: {error}")

    def _wait(self, now: float, why: str) -> None:
        self.pause = FIRST_PAUSE if now - self.started > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
        self.again_at = now + self.pause
        say(f"{why}; the next try is in {self.pause:g} s.")


def _copy_lines(name: str, process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        print(f"{name:<7}| {line.decode(errors='replace').rstrip()}", flush=True)


def say(text: str) -> None:
    print(text, flush=True)


class Rowan:
    """Everything that runs, for one data folder."""

    def __init__(self) -> None:
        self.data = Path(os.environ.get("ROWAN_DATA") or ROOT / "var").expanduser().resolve()
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.pair: Pair | None = None
        self.workers: list[Kept] = []
        self.servers: list[Kept] = []
        self.socket: socket.socket | None = None
        self.env: dict[str, str] = {}

    def start(self) -> None:
        """Raises CannotStart."""
        wanted, flower_wanted = _number("PORT", 8000), _number("FLOWER_PORT", 5555)
        for name in ("WEB_WORKERS", "WEB_THREADS", "WORKER_CONCURRENCY", "AI_CONCURRENCY"):
            _number(name, 1, 1000)
        known = Urls(os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL"))
        if bool(known.database) != bool(known.redis):
            raise CannotStart("Set both DATABASE_URL and REDIS_URL, or neither.")
        if not known.database:
            say("Starting PostgreSQL and Redis …")
            self.pair = Pair(self.data)
            self.pair.start()
            self.servers = [
                Kept(type(server).__name__, partial(_spawn_server, server), server.process)
                for server in (self.pair.postgres, self.pair.redis)
                if server
            ]
            # These name values of people's rows. The folders had to be made before the umask below: as root, PostgreSQL runs as
            # a user of its own, who must be able to enter them.
            for server in (self.pair.postgres, self.pair.redis):
                if server:
                    server.log.chmod(0o600)
        os.umask(0o077)  # what Rowan writes from now on is for its owner only
        # Listened on from now on and handed to gunicorn: two starts at one moment never take the same port.
        self.socket = listen(wanted, self.host)
        port = int(self.socket.getsockname()[1])
        if port != wanted:
            say(f"Port {wanted} is taken; using {port}.")
        reserved = listen(flower_wanted)
        flower = int(reserved.getsockname()[1])
        self.env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "ROWAN_DATA": str(self.data),
            "HOST": self.host,
            "PORT": str(port),
            "WEB_SOCKET": str(self.socket.fileno()),
            "FLOWER_PORT": str(flower),
            "FLOWER_BASIC_AUTH": os.environ.get("FLOWER_BASIC_AUTH") or f"rowan:{token_urlsafe(9)}",
            "PYTHONUNBUFFERED": "1",
        }
        if not self.env.get("SECRET_KEY"):
            self.env["SECRET_KEY"] = secret_key(self.data)
        demo = self.pair and self.env.get("ROWAN_DEMO", "1").lower() not in ("0", "no", "false", "off")
        # Without a key a newcomer sees AI columns fill all the same; a base that gets a key asks Claude from then on.
        asks_claude = self.env.get("ANTHROPIC_API_KEY") or self.env.get("ANTHROPIC_BASE_URL") or self.env.get("ROWAN_PRODUCTION")
        fake = free_port() if demo and not asks_claude else 0
        if fake:
            self.env["ROWAN_AI_DEMO_URL"] = f"http://127.0.0.1:{fake}"
        self._manage("migrate", "--no-input", "--verbosity", "0")
        if demo:
            self._manage("demo")
        reserved.close()  # for Flower, which listens by itself
        self.workers = [Kept(name, partial(self._spawn_worker, name, line)) for name, line in read_procfile(ROOT / "Procfile")]
        if fake:
            line = f"{shlex.quote(sys.executable)} -m ai.fake --port {fake} --latency 0.6 --demo"
            self.workers.append(Kept("demo", partial(self._spawn_worker, "demo", line)))
        for worker in self.workers:
            worker.start()
        self._wait_for_web(port)
        self._greet(port, flower)

    def _spawn_worker(self, name: str, line: str) -> subprocess.Popen[bytes]:
        """Start one line of the Procfile; its output is copied to ours under its name."""
        keep = [self.socket.fileno()] if name == "web" and self.socket else []
        process = spawn(["/bin/sh", "-c", f"exec {line}"], output=subprocess.PIPE, env=self.env, cwd=ROOT, keep=keep)
        threading.Thread(target=_copy_lines, args=(name, process), daemon=True).start()
        return process

    def _manage(self, *arguments: str) -> None:
        """Run a manage.py command, watching for a request to stop."""
        process = spawn([sys.executable, ROOT / "manage.py", *arguments], env=self.env, cwd=ROOT)
        try:
            if process.wait():
                raise CannotStart(f"manage.py {arguments[0]} failed; its message is above.")
        finally:
            stop(process, signal.SIGTERM, STOP_SECONDS)

    @property
    def _shown_host(self) -> str:
        """The host of the URL that is printed."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104

    def _ask(self, port: int, path: str, timeout: float) -> bytes:
        """What the web server answers, as to a browser that follows the URL. Raises OSError or HTTPException."""
        connection = http.client.HTTPConnection(self._shown_host, port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def _wait_for_web(self, port: int) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            # An answer, not just a connection: we listen before gunicorn is there.
            with suppress(OSError, http.client.HTTPException):
                self._ask(port, PROBE, 2)
                return
            time.sleep(0.1)
        raise CannotStart("The web server did not answer within 60 s; its messages are above.")

    def _has_demo_door(self, port: int) -> bool:
        """Whether a browser that follows the URL is offered the demo. The page knows: settings, hosts and request decide."""
        with suppress(OSError, http.client.HTTPException):
            return DEMO_DOOR in self._ask(port, LOG_IN, 10)
        return False

    @property
    def _flower_door(self) -> str:
        """How to get in, where the password was made up: one that somebody has set is theirs to know."""
        if os.environ.get("FLOWER_BASIC_AUTH"):
            return ""
        name, _, password = self.env["FLOWER_BASIC_AUTH"].partition(":")
        return f"; name {name}, password {password}"

    def _greet(self, port: int, flower: int) -> None:
        shown = f"[{self._shown_host}]" if ":" in self._shown_host else self._shown_host
        lines = [f"Rowan      http://{shown}:{port}/"]
        if self._has_demo_door(port):
            lines.append("           Choose “Continue as demo”, or sign up with any e-mail address.")
        if self.pair and self.pair.postgres and self.pair.postgres.home != self.data:
            lines.append(f"Database   {self.pair.postgres.home}   (its own user cannot enter the data folder)")
        lines.append(f"Flower     http://127.0.0.1:{flower}/   (the background jobs{self._flower_door})")
        lines.append(f"Data       {self.data}")
        width = max(map(len, lines))
        say("\n".join(["", "─" * width, *lines, "Stop with Ctrl-C.", "─" * width, ""]))

    def watch(self) -> None:
        """Until told to stop: start again what has ended."""
        while True:
            time.sleep(0.2)
            for kept in (*self.servers, *self.workers):
                kept.watch()

    def stop(self) -> None:
        for worker in self.workers:
            if worker.process and worker.process.poll() is None:
                worker.process.terminate()  # all at once; then wait for each
        for worker in self.workers:
            if worker.process:
                stop(worker.process, signal.SIGTERM, STOP_SECONDS)
        if self.socket:
            self.socket.close()
        if self.pair:
            self.pair.stop()


def _spawn_server(server: Postgres | Redis) -> subprocess.Popen[bytes]:
    """Start an embedded server again and do not wait: recovery may take minutes, and the others need watching."""
    server.spawn()
    assert server.process is not None
    return server.process


def read_procfile(path: Path) -> list[tuple[str, str]]:
    """The Procfile's processes, by honcho's own reading of the format."""
    from honcho.environ import parse_procfile

    return list(parse_procfile(path.read_text()).processes.items())


def _number(name: str, default: int, most: int = 65535) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= most:
        raise CannotStart(f"{name}={text} is not a whole number from 1 to {most}.")
    return int(text)


def main() -> int:
    def stop_now(number: int, frame: FrameType | None) -> None:
        for request in REQUESTS:
            signal.signal(request, signal.SIG_IGN)
        raise Stopped

    environ.Env.read_env(ROOT / ".env")  # what is set already wins
    rowan = Rowan()
    for request in REQUESTS:
        signal.signal(request, stop_now)
    code = 0
    try:
        rowan.start()
        rowan.watch()
    except Stopped:
        say("Stopping …")
    except (CannotStart, OSError) as error:
        print(f"Rowan cannot start: {error}", file=sys.stderr, flush=True)
        code = 1
    finally:
        rowan.stop()
        stop_the_rest()
    return code


if __name__ == "__main__":
    sys.exit(main())
