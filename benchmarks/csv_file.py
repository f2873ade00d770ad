"""Importing a CSV file of the same N rows, against the same baseline."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench, into
from benchmarks.ingesting import MEGABYTE, ingest
from benchmarks.load import checkpoint, measured_baseline
from benchmarks.report import Figure
from tables.columns import kind_of
from tables.models import Table
from tables.samples import Batch, documents
from tables.schema import sample_columns

RATIO = 2.0
PEAK_MB = 300.0
BATCH_ROWS = 10_000
SEED = 1  # the one that `manage.py ingest` takes unless told


def measure(bench: Bench) -> Iterator[Figure]:
    against = measured_baseline(bench)
    path = bench.folder / "leads.csv"
    write_csv(bench.table, bench.rows, path)
    checkpoint()
    done = ingest("--file", str(path), *into("From CSV"))
    if done.rows != bench.rows:
        raise RuntimeError(f"The file has {bench.rows:,} rows, {done.rows:,} were imported.")
    size = path.stat().st_size / MEGABYTE
    yield Figure(f"import a CSV file of {bench.rows:,} rows, {size:,.0f} MB", "s", [done.seconds])
    yield Figure("... / psql", "x", [done.seconds / against], RATIO)
    yield Figure("... largest process, peak resident", "MB", [done.peak], PEAK_MB)


def write_csv(table: Table, rows: int, path: Path) -> None:
    """The sample rows of the table's columns as a person would export them: a header, then each cell's text."""
    columns = sample_columns(table)
    cells = [(str(column.key), kind_of(column.kind), column.options) for column in columns]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in columns])
        for start in range(0, rows, BATCH_ROWS):
            for text in documents(columns, Batch(seed=SEED, start=start, size=min(BATCH_ROWS, rows - start))):
                row = json.loads(text)
                writer.writerow([kind.edit_text(row[key], options) if key in row else "" for key, kind, options in cells])
