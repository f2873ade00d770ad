"""A child process that never outlives Rowan, and a free port for it."""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1  # prctl(2): the signal a child gets when its parent dies, by kill -9 too
REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # to stop; their handlers raise

_spawned: list[subprocess.Popen[bytes]] = []


def _in_the_child() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, REQUESTS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(
    command: Sequence[str | Path],
    output: int | IO[Any] | None = None,
    stdin: int | None = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: str | Path | None = None,
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that a Ctrl-C in the terminal reaches only Rowan, which stops it in order.

    A request to stop waits until the process is started and known: raised half-way, it would leave one that nobody knows.
    """
    owner: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, REQUESTS)
    try:
        process = subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            env=env,
            cwd=cwd,
            start_new_session=True,
            pass_fds=keep,
            preexec_fn=_in_the_child,
            **owner,
        )
        _spawned[:] = [known for known in _spawned if known.returncode is None] + [process]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def stop(process: subprocess.Popen[bytes], number: int, seconds: float) -> None:
    """Send a signal, wait, then kill the whole session: nothing is left."""
    if process.poll() is None:
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop_the_rest() -> None:
    """Kill what was spawned and not stopped: whoever was to stop it was interrupted before it had its name."""
    for process in _spawned:
        if process.poll() is None:
            stop(process, signal.SIGKILL, 10)
    _spawned.clear()


def listen(first: int = 0, host: str = "127.0.0.1") -> socket.socket:
    """Listen on `first`, or on the next free port after it; 0 takes any. Nobody else can take the port while it is open."""
    for port in range(first, min(first + 200, 65536)) if first else (0,):
        found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, port))
            found.listen(2048)
        except OSError as error:
            found.close()
            if error.errno != errno.EADDRINUSE:
                raise OSError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
            continue
        return found
    raise OSError(f"No free port from {first} to {first + 199}.")


def free_port(first: int = 0, host: str = "127.0.0.1") -> int:
    """The port that `listen` would find."""
    with listen(first, host) as found:
        return int(found.getsockname()[1])
