"""AI columns by a real worker, against the fake of the API: the rate of a run, reads and edits meanwhile, marks and claims."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psutil
from django.conf import settings

from ai import cells, columns, heart, runs, tasks, wanted
from ai.models import AiCell, Run
from ai.pump import bulk_ids
from benchmarks import worker
from benchmarks.bench import Bench
from benchmarks.edits import EDIT_MS
from benchmarks.ingesting import MEGABYTE
from benchmarks.report import Figure
from tables import schema
from tables.models import Column

ROOT = Path(__file__).resolve().parent.parent
KEY = "sk-ant-bench-1234567890abcdefWXYZ"
LATENCY = 0.2  # s
FAILING = ("0.02:500", "0.02:529", "0.01:reset")  # 5 % of the calls in all; a 429 would stop all of them, as it should
SHARE = 0.9  # of the ideal rate
ENQUEUE_MS, CLAIM_MS, READ_MS, WORKER_MB = 2_000.0, 5.0, 25.0, 250.0
START_SECONDS = 60
MARKED = 100_000
CLAIMS = 200


def measure(bench: Bench) -> Iterator[Figure]:
    bench.table.refresh_from_db()
    made = columns.create(bench.table, bench.user, "Summary", "text", {}, "A first line for {Name} of {Company} in {City}")
    other = columns.create(bench.table, bench.user, "Marked", "text", {}, "Sum up {Name}")
    bench.table.refresh_from_db()
    try:
        with _fake() as url, worker.running(bench, "ai", ANTHROPIC_BASE_URL=url, ANTHROPIC_API_KEY=KEY) as process:
            _wait_until_alive()
            yield from _run(bench, made, process)
        yield from _queue(bench, other)
    finally:
        AiCell.objects.filter(column__in=(made.pk, other.pk)).delete()
        for column in (made, other):  # edits are measured in a table of ordinary columns
            schema.delete_column(bench.table, bench.user, column.key)
        bench.table.refresh_from_db()


def _wait_until_alive() -> None:
    """A run is begun beside a worker that is there; to start one takes some seconds."""
    end = time.monotonic() + START_SECONDS
    while not heart.is_alive():
        if time.monotonic() > end:
            raise RuntimeError("The AI worker does not start.")
        time.sleep(0.1)


def _run(bench: Bench, made: Column, process: "subprocess.Popen[bytes]") -> Iterator[Figure]:
    many = bench.samples(10_000, 1_000)
    ideal = many * 1.05 / (settings.AI_CALLS / LATENCY)
    run = runs.begin(bench.table, bench.user, made, range(1, many + 1), "the first rows")
    began = time.monotonic()
    tasks.send(run)
    reads, edits = _others(bench, run)
    done = _wait_for(run, began + 20 * ideal)
    # Of 10,000 cells one or two fail three times by chance; whoever wants them presses "Retry failed".
    again = 0
    while run.failed:
        run, again = wanted.retry(run, bench.user, sure=True), again + run.failed
        done += _wait_for(run, began + 20 * ideal)
    took = time.monotonic() - began
    if done != many:
        raise RuntimeError(f"Of {many:,} cells {done:,} are completed. {run.reason}")
    tried = f" {again} failed three times and were run again." if again else ""
    note = f"{settings.AI_CALLS} calls of {LATENCY * 1000:.0f} ms side by side, 5 % failing; at best {ideal:.1f} s.{tried}"
    yield Figure(f"an AI column of {many:,} cells", "s", [took], ideal / SHARE, note=note)
    yield Figure("... a window meanwhile, through HTTP", "ms", reads, READ_MS, "p95", "Of 100 rows, at random places.")
    yield Figure("... an edit meanwhile, through HTTP", "ms", edits, EDIT_MS, "p95")
    yield Figure("... memory of its worker (RSS)", "MB", [psutil.Process(process.pid).memory_info().rss / MEGABYTE], WORKER_MB)


def _wait_for(run: Run, end: float) -> int:
    """Until the run has ended; how many of its cells are completed then, or need no answer (rows without a company)."""
    while Run.objects.get(pk=run.pk).is_open:
        if time.monotonic() > end:
            raise RuntimeError("The run does not end.")
        time.sleep(0.2)
    run.refresh_from_db()
    return run.done + run.skipped


def _others(bench: Bench, run: Run) -> tuple[list[float], list[float]]:
    """What a person waits for windows and edits while the run is under way."""
    random, table = Random(5), bench.table
    key = table.live_columns().get(name="Company").key
    reads, edits = [], []
    while Run.objects.get(pk=run.pk).done == 0:
        time.sleep(0.1)
    with bench.web.connection() as line:
        for number in range(bench.samples(150, 40)):
            start = random.randrange(bench.rows // 100) * 100
            reads.append(line.get(f"/t/{table.pk}/window/?start={start}").took)
            fields = {"row": random.randrange(bench.rows // 2, bench.rows), "key": key, "value": f"Meanwhile {number}", "v": 0}
            edits.append(line.post(f"/t/{table.pk}/cell/", fields).took)
            time.sleep(0.05)
    return reads[5:], edits[5:]


def _queue(bench: Bench, other: Column) -> Iterator[Figure]:
    """Marking and claiming, without a call."""
    many = min(MARKED, bench.rows)
    began = time.monotonic()
    run = runs.begin(bench.table, bench.user, other, range(1, many + 1), "many rows")
    _prepare(run)
    yield Figure(f"mark {many:,} cells", "ms", [(time.monotonic() - began) * 1000], ENQUEUE_MS)
    rest = runs.begin(bench.table, bench.user, other, range(many + 1, bench.rows + 1), "the rest") if bench.rows > many else run
    _prepare(rest)
    took = []
    for _ in range(CLAIMS):
        began = time.monotonic()
        if len(cells.claim(rest.pk, 1, 32)) != 32:
            raise RuntimeError("Cells wait, and none was claimed.")
        took.append((time.monotonic() - began) * 1000)
    yield Figure(f"claim 32 cells while {bench.rows:,} wait", "ms", took[5:], CLAIM_MS, "p95")


def _prepare(run: Run) -> None:
    from django.db import connection, transaction

    while run.state == Run.State.PREPARING:
        with transaction.atomic():
            ids = bulk_ids(run.bulk_id, run.prepared, 50_000)
            if ids:
                runs.prepare(run, ids, 1)
            else:
                runs.start(run)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ai_aicell")


@contextmanager
def _fake() -> Iterator[str]:
    command = [sys.executable, "-m", "ai.fake", "--port", "0", "--latency", str(LATENCY)]
    for each in FAILING:
        command += ["--fail", each]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
