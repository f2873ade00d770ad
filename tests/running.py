"""Processes of the product that tests start, watch and kill: `manage.py` and Celery workers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from tests.conftest import ROOT, environment_of_tests


def wait_until(true: Callable[[], bool], what: str, seconds: float = 25.0) -> None:
    """Wait for something to become true; fail with `what` when it does not."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"Waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.02)


def other_connection() -> "psycopg.Connection[tuple[object, ...]]":
    """A connection to the test database beside Django's, as another process would have."""
    return psycopg.connect(environment_of_tests()["DATABASE_URL"])


def kill_all(pid: int) -> None:
    """kill -9 a process and all it has started, as if the machine had lost its power."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        parent.suspend()  # it must not start another one meanwhile
        family = [*parent.children(recursive=True), parent]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)


def whole_environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of the product, without what this test run happens to be set up with."""
    kept = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")
    return {name: value for name, value in os.environ.items() if name in kept} | dict(more)


def manage(*args: str, environment: Mapping[str, str] | None = None, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` to its end, on the test database unless the environment says otherwise."""
    with start_manage(*args, environment=environment) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            kill_all(process.pid)
            raise
    return subprocess.CompletedProcess(args, process.returncode, out, err)


def start_manage(*args: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start `manage.py` in a session of its own; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env=whole_environment(environment_of_tests() if environment is None else environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


class Worker:
    """A Celery worker with two processes, or as `options` say, on servers of the test's own; its log is a file."""

    def __init__(self, environment: Mapping[str, str], log: Path, *options: str) -> None:
        command = [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "config",
            "worker",
            "--concurrency",
            "2",
            "--loglevel",
            "INFO",
            "--without-mingle",  # as the Procfile has it
            "--without-gossip",
            *options,
        ]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=whole_environment(environment), stdout=output, stderr=output, start_new_session=True
            )
        wait_until(lambda: b" ready." in log.read_bytes() or self.process.poll() is not None, "the worker to be ready")
        assert self.process.poll() is None, log.read_text()

    def kill_one(self) -> None:
        """kill -9 one of the processes that do the work."""
        children = psutil.Process(self.process.pid).children()
        assert children, "the worker has no processes"
        children[0].send_signal(signal.SIGKILL)

    def kill(self) -> None:
        kill_all(self.process.pid)
        self.process.wait(10)


def belonging_to(data: Path) -> list[str]:
    """Command lines of living processes that have to do with a data folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.pid != os.getpid() and (str(data) in line or (process.info["environ"] or {}).get("ROWAN_DATA") == str(data)):
            found.append(line)
    return found
