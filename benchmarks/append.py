"""Loading 100,000 rows onto a table that has N already, as "Add 100k rows" does."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.ingesting import ingest
from benchmarks.report import Figure

MOST_ROWS = 100_000


def measure(bench: Bench) -> Iterator[Figure]:
    rows = min(MOST_ROWS, bench.rows)
    turns = [ingest("--rows", rows, "--table", bench.table.pk, "--seed", turn) for turn in range(2, bench.samples(5, 3))]
    yield Figure(f"load {rows:,} rows onto {bench.rows:,} (each time onto all before)", "s", [turn.seconds for turn in turns])
