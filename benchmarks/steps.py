"""What can be measured, by the name that --only takes; run in the order of benchmarks.__main__.STEPS.

Steps that add rows come last, so that the readings before them are of exactly --rows rows.
"""

from collections.abc import Callable, Iterator

from benchmarks import ai, append, browser, clients, csv_file, edits, finding, load, memory, windows
from benchmarks.bench import Bench
from benchmarks.report import Figure

STEPS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "load": load.measure,
    "windows": windows.measure,
    "clients": clients.measure,
    "find": finding.measure,
    "edits": edits.measure,
    "ai": ai.measure,
    "browser": browser.measure,
    "memory": memory.measure,
    "append": append.measure,
    "csv": csv_file.measure,
}
