"""Loading N sample rows, against psql's \\copy of the same rows into a bare table and the same index builds."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.bench import Bench, into
from benchmarks.ingesting import Ingested, ingest
from benchmarks.report import Figure
from tables import partitions
from tables.models import Table

BARE = "bench_bare"
BLOCK = 1 << 20  # bytes read at once where there is no psql
LOAD_SECONDS = 10.0  # for 1M rows
LINEAR = 11.0  # 10M rows may take so many times as long
RATIO = 1.3
REPEAT_UP_TO = 2_000_000  # rows; more are loaded once


def measure(bench: Bench) -> Iterator[Figure]:
    loads: list[Ingested] = []
    for turn in range(1 if bench.quick or bench.rows > REPEAT_UP_TO else 3):
        checkpoint()
        loads.append(ingest("--rows", bench.rows, *into(f"Leads {turn + 1}")))
        _check(loads[-1], bench.rows)
        if turn == 0:
            bench.table = Table.objects.get(pk=loads[0].table)  # the one that is read from until the end
        else:
            partitions.drop(loads[-1].table)
        bench.baseline.append(baseline(bench))
    seconds = [load.seconds for load in loads]
    millions = bench.rows / 1_000_000
    target = LOAD_SECONDS * (1 if millions <= 1 else millions * LINEAR / 10)
    yield Figure(f"load {bench.rows:,} rows (manage.py ingest, as it reports)", "s", seconds, target)
    yield Figure("... wall time of the process", "s", [load.wall for load in loads])
    yield Figure("... rows per second", "", [load.rows / load.seconds for load in loads])
    yield Figure("... largest process, peak resident", "MB", [load.peak for load in loads])
    yield Figure("psql \\copy of the same rows into a bare table, both indexes", "s", bench.baseline, note=_how())
    yield Figure("load / psql, each pair", "x", [a / b for a, b in zip(seconds, bench.baseline, strict=True)], RATIO)


def _check(load: Ingested, rows: int) -> None:
    """What was timed must be there, counted by PostgreSQL itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tables_row WHERE table_id = %s", [load.table])
        there = cursor.fetchone()[0]
    if not there == load.rows == rows:
        raise RuntimeError(f"{rows:,} rows were to be loaded, {load.rows:,} are reported and {there:,} are there.")


def _how() -> str:
    done = "A checkpoint before each." if checkpoint() else "No checkpoint before each: the database user may not."
    return f"{done} By {_psql() or 'psycopg, as there is no psql'}."


def checkpoint() -> bool:
    """Start both sides of a comparison with nothing left to write back; False where the database user may not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
    except Exception as error:
        if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            return False
        raise
    return True


def baseline(bench: Bench) -> float:
    """Seconds for the plainest way to the same rows: one COPY from a file into a bare table, then its two indexes."""
    path = bench.folder / "rows.copy"
    if not path.exists():
        write_out(bench.table.pk, path)
    indexes = [f"CREATE UNIQUE INDEX {BARE}_{suffix} ON {BARE} ({column})" for suffix, column in partitions.INDEXES]
    with connection.cursor() as cursor:
        # The same shape and the same defaults as the table that a load fills.
        cursor.execute(
            f"CREATE TABLE {BARE} (LIKE tables_row INCLUDING DEFAULTS) WITH (autovacuum_enabled = off);"
            f" ALTER TABLE {BARE} ALTER COLUMN table_id SET DEFAULT 0"
        )
    checkpoint()
    try:
        began = time.perf_counter()
        copy_in(path)
        with connection.cursor() as cursor:
            for index in indexes:
                cursor.execute(index)
        return time.perf_counter() - began
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {BARE}")


def write_out(table_id: int, path: Path) -> None:
    """The table's rows in order as COPY text: id, position, data."""
    query = sql.SQL("COPY (SELECT id, position, data FROM {} ORDER BY id) TO STDOUT").format(partitions.partition(table_id))
    with psycopg.connect(settings.DATABASE_URL) as own, own.cursor().copy(query) as copy, path.open("wb") as file:
        for block in copy:
            file.write(block)


def copy_in(path: Path) -> None:
    columns = f"{BARE} (id, position, data)"
    program = _psql()
    if program:
        command = [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", f"\\copy {columns} from '{path}'"]
        subprocess.run(command, check=True, env={**os.environ, **_connection()})
        return
    statement = sql.SQL("COPY {} (id, position, data) FROM STDIN").format(sql.Identifier(BARE))
    with psycopg.connect(settings.DATABASE_URL) as own, own.cursor().copy(statement) as copy, path.open("rb") as file:
        while block := file.read(BLOCK):
            copy.write(block)


def _connection() -> dict[str, str]:
    """The database as libpq's variables: on the command line everybody could read the password."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    known = conninfo_to_dict(settings.DATABASE_URL)
    return {names[name]: str(value) for name, value in known.items() if name in names}


def _psql() -> str | None:
    return shutil.which("psql")


def measured_baseline(bench: Bench) -> float:
    """The median of this run's baselines; measured now when the step "load" was left out."""
    if not bench.baseline:
        bench.baseline.append(baseline(bench))
    return Figure("", "s", bench.baseline).value("median")
