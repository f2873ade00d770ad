"""A worker process of the product, as the Procfile starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench import Bench
from config.embedded.process import spawn, stop
from config.serve import read_procfile

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def running(bench: Bench, name: str, **more: str) -> "Iterator[subprocess.Popen[bytes]]":
    """The Procfile's process of that name, with `more` in its environment, until the block ends."""
    command = dict(read_procfile(ROOT / "Procfile"))[name]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (bench.folder / f"{name}.log").open("wb") as output:
        process = spawn(["/bin/sh", "-c", f"exec {command}"], output=output, env={**os.environ, "PATH": path, **more}, cwd=ROOT)
    try:
        yield process
    finally:
        stop(process, signal.SIGTERM, 10)
