"""What can be measured, by the name that --only takes; run in the order of benchmarks.__main__.STEPS.

Edits come after what writes little: behind a million cells that were cleared and brought back the database tidies up for minutes.
Steps that add rows come last, so that the readings before them are of exactly --rows rows.
"""

from collections.abc import Callable, Iterator

from benchmarks import ai, api, append, browser, clients, csv_file, edits, finding, load, memory, windows
from benchmarks.bench import Bench
from benchmarks.report import Figure

STEPS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "load": load.measure,
    "windows": windows.measure,
    "clients": clients.measure,
    "find": finding.measure,
    "ai": ai.measure,
    "api": api.measure,
    "edits": edits.measure,
    "browser": browser.measure,
    "memory": memory.measure,
    "append": append.measure,
    "csv": csv_file.measure,
}
