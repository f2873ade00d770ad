"""What each process takes once it has worked: RSS of each, and PSS of all together (shared pages counted once)."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import redis
from django.conf import settings
from django.db import connection

from bases.models import Base
from bases.progress import State
from benchmarks.bench import BASE, Bench, unused_name
from benchmarks.ingesting import MEGABYTE
from benchmarks.report import Figure, Skipped
from config.embedded.process import spawn, stop
from config.serve import read_procfile
from ingest import jobs
from ingest.load import runners
from ingest.tasks import run_job
from tables import indexes, partitions, schema

ROOT = Path(__file__).resolve().parent.parent
MOST_LOADED = 100_000  # rows that the workers load first, into a table of their own
LOAD_SECONDS = 120


def measure(bench: Bench) -> Iterator[Figure]:
    if sys.platform != "linux":
        raise Skipped("only Linux tells how much memory processes share.")
    web = bench.web  # has answered what the steps before asked for
    queue = f"rowan-bench-{os.getpid()}"  # the Redis may be one that real workers listen to
    command = dict(read_procfile(ROOT / "Procfile"))["worker"]
    command = command.replace("--queues celery", f"--queues {queue}").replace("worker@", f"{queue}@")
    if queue not in command:
        raise RuntimeError("The Procfile's worker no longer says --queues celery; benchmarks/memory.py must follow.")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    log = bench.folder / "worker.log"
    with log.open("wb") as output:
        worker = spawn(["/bin/sh", "-c", f"exec {command}"], output=output, env={**os.environ, "PATH": path}, cwd=ROOT)
    rows = min(MOST_LOADED, bench.rows)
    try:
        _load(bench, rows, queue, log)
        yield from _group("web server", web.pid, f"After {rows:,} rows loaded by the workers.")
        yield from _group("Celery workers", worker.pid)
        yield from _group("PostgreSQL", _postgresql())
        yield from _group("Redis", _redis())
    finally:
        stop(worker, signal.SIGTERM, 10)


def _load(bench: Bench, rows: int, queue: str, log: Path) -> None:
    """One load by Celery, as "Add 100k rows" does it."""
    base = Base.objects.get(name=BASE, members__user=bench.user)
    table = schema.create_from_starter(base, bench.user, unused_name("Workers"), "leads", rows=0)
    job = jobs.create_generate(table, bench.user, rows, seed=1)
    for _ in range(runners()):
        run_job.apply_async([job.pk], queue=queue)
    end = time.monotonic() + LOAD_SECONDS
    while job.is_open and time.monotonic() < end:
        time.sleep(0.1)
        job.refresh_from_db()
    if job.state != State.DONE:
        raise RuntimeError(f"The workers' load is {job.state} after at most {LOAD_SECONDS} s. {job.error}\n{log.read_text()}")
    with indexes.taken_over(table.pk):
        partitions.drop(table.pk)


def _group(name: str, pid: int, note: str = "") -> Iterator[Figure]:
    """A process and its children."""
    parent = psutil.Process(pid)
    rss, pss = [], []
    for process in (parent, *parent.children(recursive=True)):
        try:
            info = process.memory_full_info()
        except psutil.NoSuchProcess:
            continue  # a PostgreSQL worker that has just ended
        except psutil.AccessDenied:
            raise Skipped(f"the memory of {name} is another user's; run as root to see it.") from None
        rss.append(info.rss / MEGABYTE)
        pss.append(info.pss / MEGABYTE)
    yield Figure(f"memory of {name}: {len(pss)} processes together (PSS)", "MB", [sum(pss)], note=note)
    yield Figure("... each (RSS)", "MB", rss)


def _postgresql() -> int:
    """The postmaster: the parent of this connection's server process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    if not psutil.pid_exists(backend) or "postgres" not in psutil.Process(backend).name():
        raise Skipped("PostgreSQL runs on another machine.")
    return psutil.Process(backend).ppid()


def _redis() -> int:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        pid = int(client.info("server")["process_id"])
    if urlsplit(settings.REDIS_URL).hostname not in ("127.0.0.1", "localhost", "::1") or not psutil.pid_exists(pid):
        raise Skipped("Redis runs on another machine.")
    return pid
