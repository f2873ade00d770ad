"""`manage.py ingest` as a process of its own, timed from outside and from inside, with the memory it takes."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from config.embedded.process import spawn, stop

ROOT = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.1  # between two looks at the processes' memory: under 1 % of one core
MEGABYTE = 1_000_000


class Ingested(NamedTuple):
    """What `manage.py ingest` said, and what was seen of it."""

    table: int
    rows: int
    seconds: float  # as it reports: from the job's creation until its rows are visible
    wall: float  # seconds of the whole process, Python's start included
    peak: float  # MB, the resident set of the largest of its processes


def ingest(*arguments: str | int) -> Ingested:
    """Run it to the end. Raises RuntimeError with its own sentence when it fails."""
    command = [sys.executable, str(ROOT / "manage.py"), "ingest", *map(str, arguments)]
    began = time.perf_counter()
    process = spawn(command, output=subprocess.PIPE, cwd=ROOT)
    watcher = Watcher(process.pid)
    try:
        said = process.communicate()[0].decode()
        wall = time.perf_counter() - began
    finally:
        watcher.end()
        stop(process, signal.SIGTERM, 10)
    if process.returncode:
        raise RuntimeError(f"manage.py ingest {' '.join(map(str, arguments))}: {said.strip()}")
    report = json.loads(said.strip().splitlines()[-1])
    return Ingested(report["table"], report["rows"], report["seconds"], wall, watcher.peak)


class Watcher(threading.Thread):
    """Looks at a process and its children again and again, and keeps the largest resident set seen (MB)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.peak = 0.0
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(LOOK_SECONDS):
            try:
                for process in (self.process, *self.process.children(recursive=True)):
                    self.peak = max(self.peak, process.memory_info().rss / MEGABYTE)
            except psutil.NoSuchProcess:
                continue  # one of them ended between the list and the look

    def end(self) -> None:
        self.ended.set()
        self.join()
