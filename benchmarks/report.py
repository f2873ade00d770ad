"""What the bench says: a figure beside its target, the table on the terminal, the JSON file."""

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
BUSY = 0.1  # part of the CPU that other processes may take before a step's figures are called too slow
KEPT_SAMPLES = 100  # longer lists go into the file as their percentiles only
LAYOUT = "{:<66} {:>10} {:>11} {:>11} {:>11} {:>6}  {}"
STATISTICS = ("median", "p95", "max")


class Skipped(Exception):
    """A figure that cannot be had on this machine; the message is a sentence that says why."""


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` (0 to 1) of all are not above (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True)
class Figure:
    """One thing measured: its samples in `unit`, and at most what its `statistic` may be."""

    what: str
    unit: str
    samples: Sequence[float]
    target: float | None = None
    statistic: str = "median"
    note: str = ""

    def value(self, statistic: str) -> float:
        shares = {"median": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return percentile(self.samples, shares[statistic])

    @property
    def verdict(self) -> str:
        """ok, MISSED, or nothing where there is no target."""
        if self.target is None:
            return ""
        return "ok" if self.value(self.statistic) <= self.target else "MISSED"

    def line(self) -> str:
        shown = [_shown(self.value(name), self.unit) for name in ("median", "p95", "p99")] if len(self.samples) > 1 else [
            _shown(self.samples[0], self.unit), "", ""]  # fmt: skip
        target = "" if self.target is None else f"<= {_shown(self.target, self.unit)}"
        judged = f" ({self.statistic})" if self.verdict and len(self.samples) > 1 else ""
        return LAYOUT.format(self.what, target, *shown, len(self.samples), self.verdict + judged).rstrip()

    def json(self) -> dict[str, Any]:
        figures = {name: round(self.value(name), 4) for name in ("median", "p95", "p99", "max")}
        kept = [round(sample, 4) for sample in self.samples] if len(self.samples) <= KEPT_SAMPLES else None
        return {
            "what": self.what,
            "unit": self.unit,
            "target": self.target,
            "statistic": self.statistic,
            "n": len(self.samples),
            "min": round(min(self.samples), 4),
            **figures,
            "verdict": self.verdict,
            "note": self.note,
            **({"samples": kept} if kept else {}),
        }


def _shown(value: float, unit: str) -> str:
    digits = 0 if float(value).is_integer() or abs(value) >= 1_000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f} {unit}".strip()


@dataclass
class Report:
    """All figures of a run, printed as they come."""

    rows: int
    quick: bool
    machine: dict[str, Any]
    figures: list[tuple[str, Figure]] = field(default_factory=list)
    others: dict[str, float] = field(default_factory=dict)  # step -> percent of the CPU that other processes took
    skipped: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def head(self) -> None:
        machine = self.machine
        print(f"Rowan's bench: {self.rows:,} rows x 10 columns{', quick' if self.quick else ''}")
        print(f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB, {machine['postgresql']}, "
              f"Python {machine['python']}, commit {machine['commit']}, load average {machine['load_average']}")  # fmt: skip
        if self.rows < 1_000_000:
            print("The targets are promises for 1,000,000 rows.")
        print("\n" + LAYOUT.format("what", "target", "median", "p95", "p99", "n", "").rstrip(), flush=True)

    def add(self, step: str, figure: Figure) -> None:
        self.figures.append((step, figure))
        print(figure.line(), flush=True)
        if figure.note:
            print(f"    {figure.note}", flush=True)

    def end_step(self, step: str, others: float) -> None:
        """`others` is the part (0 to 1) of the machine's CPU time that went to other processes."""
        self.others[step] = round(100 * others, 1)
        if others > BUSY:
            print(f"    WARNING: other processes took {others:.0%} of the CPU meanwhile; these figures are too slow.", flush=True)

    def foot(self) -> None:
        for step, why in self.skipped.items():
            print(f"{step} was not measured: {why}")
        for step, why in self.broken.items():
            print(f"{step} BROKE: {why}")
        verdicts = [figure.verdict for _, figure in self.figures]
        print(f"\n{verdicts.count('ok')} targets met, {verdicts.count('MISSED')} missed.")

    def write(self, folder: Path) -> Path:
        """<folder>/<date>-<rows>.json; an earlier one of the same day is replaced."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{date.today().isoformat()}-{self.rows}.json"
        figures = [{"step": step, **figure.json()} for step, figure in self.figures]
        content = {"date": date.today().isoformat(), "rows": self.rows, "quick": self.quick, "machine": self.machine}
        content |= {"others_cpu_percent": self.others, "figures": figures, "skipped": self.skipped, "broken": self.broken}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        return path


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version(), current_setting('shared_buffers'), current_setting('wal_level')")
        version, buffers, wal = cursor.fetchone()
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": platform.platform(),
        "postgresql": " ".join(version.split()[:2]),
        "shared_buffers": buffers,
        "wal_level": wal,
        "python": platform.python_version(),
        "commit": _git("rev-parse", "--short", "HEAD") + (" and changes" if _git("status", "--porcelain") else ""),
        "load_average": round(psutil.getloadavg()[0], 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    except OSError:
        print("git is not installed; the file will not say which commit was measured.", file=sys.stderr)
        return ""
