"""What `bin/run` runs: the embedded servers, the Procfile's processes, and somebody to start again what dies.

A process that ends, killed or crashed, is started again with a growing pause; the rest lives on. Ctrl-C and SIGTERM
stop everything in order and leave nothing behind.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import environ

from config.embedded import CannotStart, Urls, secret_key
from config.embedded.pair import Pair
from config.embedded.process import free_port, spawn, stop

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds before a process is started again
STEADY_SECONDS = 30  # after this long the pause is short again
STOP_SECONDS = 10


class Stopped(Exception):
    """Somebody asked Rowan to stop."""


@dataclass
class Worker:
    """One line of the Procfile and the process that runs it now."""

    name: str
    command: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float = field(default=0.0)

    def start(self, env: dict[str, str]) -> None:
        self.process = spawn(["/bin/sh", "-c", f"exec {self.command}"], output=subprocess.PIPE, env=env, cwd=ROOT)
        self.started, self.again_at = time.monotonic(), 0.0
        threading.Thread(target=_copy_lines, args=(self.name, self.process), daemon=True).start()

    def watch(self, env: dict[str, str]) -> None:
        """Start the process again when it has ended and its pause is over."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if not self.again_at:
            self.pause = FIRST_PAUSE if now - self.started > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
            self.again_at = now + self.pause
            say(f"{self.name} ended with {self.process.returncode}; it is started again in {self.pause:.0f} s.")
            stop(self.process, signal.SIGTERM, 0)  # its children, too
        elif now >= self.again_at:
            self.start(env)


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
        self.workers: list[Worker] = []
        self.env: dict[str, str] = {}

    def start(self) -> None:
        """Raises CannotStart."""
        known = Urls(os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL"))
        if bool(known.database) != bool(known.redis):
            raise CannotStart("Set both DATABASE_URL and REDIS_URL, or neither.")
        if not known.database:
            say("Starting PostgreSQL and Redis …")
            self.pair = Pair(self.data)
            self.pair.start()
        wanted = _port("PORT", 8000)
        port = free_port(wanted, self.host)
        if port != wanted:
            say(f"Port {wanted} is taken; using {port}.")
        flower = free_port(_port("FLOWER_PORT", 5555))
        self.env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "ROWAN_DATA": str(self.data),
            "HOST": self.host,
            "PORT": str(port),
            "FLOWER_PORT": str(flower),
            "PYTHONUNBUFFERED": "1",
        }
        if not self.env.get("SECRET_KEY"):
            self.env["SECRET_KEY"] = secret_key(self.data)
        self._manage("migrate", "--no-input", "--verbosity", "0")
        self.workers = [Worker(name, command) for name, command in read_procfile(ROOT / "Procfile")]
        for worker in self.workers:
            worker.start(self.env)
        self._wait_for_web(port)
        if self.pair and self.env.get("ROWAN_DEMO", "1") not in ("0", "no", "false", "off"):
            self._manage("demo")
        self._greet(port, flower)

    def _manage(self, *arguments: str) -> None:
        """Run a manage.py command, watching for a request to stop."""
        process = spawn([sys.executable, ROOT / "manage.py", *arguments], env=self.env, cwd=ROOT)
        try:
            if process.wait():
                raise CannotStart(f"manage.py {arguments[0]} failed; its message is above.")
        finally:
            stop(process, signal.SIGTERM, STOP_SECONDS)

    def _wait_for_web(self, port: int) -> None:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                socket.create_connection((host, port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise CannotStart("The web server did not answer within 60 s; its messages are above.")

    def _greet(self, port: int, flower: int) -> None:
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        lines = [f"Rowan      http://{shown}:{port}/"]
        if self.pair:
            lines.append("           Choose “Continue as demo”, or sign up with any e-mail address.")
        lines += [f"Flower     http://127.0.0.1:{flower}/   (the background jobs)", f"Data       {self.data}"]
        width = max(map(len, lines))
        say("\n".join(["", "─" * width, *lines, "Stop with Ctrl-C.", "─" * width, ""]))

    def watch(self) -> None:
        """Until told to stop: start again what has ended."""
        while True:
            time.sleep(0.2)
            for worker in self.workers:
                worker.watch(self.env)
            if self.pair:
                for server in (self.pair.postgres, self.pair.redis):
                    if server and server.process and server.process.poll() is not None:
                        say(f"{type(server).__name__} ended with {server.process.returncode}; starting it again.")
                        stop(server.process, signal.SIGTERM, 0)
                        server.start()

    def stop(self) -> None:
        for worker in self.workers:
            if worker.process and worker.process.poll() is None:
                worker.process.terminate()  # all at once; then wait for each
        for worker in self.workers:
            if worker.process:
                stop(worker.process, signal.SIGTERM, STOP_SECONDS)
        if self.pair:
            self.pair.stop()


def read_procfile(path: Path) -> list[tuple[str, str]]:
    """The Procfile's processes, by honcho's own reading of the format."""
    from honcho.environ import parse_procfile

    return list(parse_procfile(path.read_text()).processes.items())


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CannotStart(f"{name}={text} is not a port: give a number from 1 to 65535.")
    return int(text)


def main() -> int:
    def stop_now(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped

    environ.Env.read_env(ROOT / ".env")  # what is set already wins
    rowan = Rowan()
    signal.signal(signal.SIGINT, stop_now)
    signal.signal(signal.SIGTERM, stop_now)
    signal.signal(signal.SIGHUP, stop_now)
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
    return code


if __name__ == "__main__":
    sys.exit(main())
