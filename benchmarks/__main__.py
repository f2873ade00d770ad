"""`python -m benchmarks`: measure, print, write a file, leave nothing behind. Exit code 1 when something broke."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import traceback
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import django
from django.core.management import call_command

from benchmarks.others import Others
from benchmarks.servers import environment
from config.embedded import CannotStart

ROOT = Path(__file__).resolve().parent.parent
ROWS, QUICK_ROWS, MOST_ROWS = 1_000_000, 100_000, 10_000_000
STEPS = ("load", "windows", "clients", "find", "ai", "api", "edits", "browser", "memory", "append", "csv")


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Every promise beside its measurement.")
    parser.add_argument("--rows", type=_rows, help=f"rows of the table, {ROWS:,} unless told; {QUICK_ROWS:,} with --quick")
    parser.add_argument("--quick", action="store_true", help="fewer rows and samples; ends within 3 minutes")
    parser.add_argument("--only", type=_steps, default=STEPS, metavar="A,B", help=f"only these: {','.join(STEPS)}")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder for the JSON file")
    found = parser.parse_args(given)
    found.rows = found.rows or (QUICK_ROWS if found.quick else ROWS)
    return found


def _rows(text: str) -> int:
    digits = text.replace(",", "").replace("_", "")
    if not digits.isascii() or not digits.isdigit() or not 1_000 <= int(digits) <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1,000 to {MOST_ROWS:,}.")
    return int(digits)


def _steps(text: str) -> tuple[str, ...]:
    wanted = [name.strip() for name in text.split(",")]
    for name in wanted:
        if name not in STEPS:
            raise argparse.ArgumentTypeError(f"there is nothing called “{name}”; choose from {', '.join(STEPS)}.")
    return tuple(name for name in STEPS if name in wanted)


def main(given: list[str]) -> int:
    options = arguments(given)

    def stop_now(number: int, frame: FrameType | None) -> None:
        # Once: a second Ctrl-C must not interrupt the cleaning up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop_now)
    signal.signal(signal.SIGTERM, stop_now)
    folder = Path(tempfile.mkdtemp(prefix="rowan-bench-"))
    folder.chmod(0o711)  # as root, PostgreSQL's own user must be able to enter
    try:
        with ExitStack() as stack:
            os.environ.update(stack.enter_context(environment(folder)))
            return _measure(options, folder, stack)
    except CannotStart as error:
        print(f"The bench cannot start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(options: argparse.Namespace, folder: Path, stack: ExitStack) -> int:
    django.setup()
    # Only now: they import models, which need the settings, which need the servers' URLs.
    from django.db import connections

    from benchmarks.bench import Bench
    from benchmarks.report import Report, Skipped, machine
    from benchmarks.steps import STEPS as MEASURES

    stack.callback(connections.close_all)
    call_command("migrate", verbosity=0, interactive=False)
    bench = Bench(options.rows, options.quick, folder, stack)
    report = Report(options.rows, options.quick, machine())
    report.head()
    for step in options.only:
        others = Others()
        try:
            for figure in MEASURES[step](bench):
                report.add(step, figure)
        except Skipped as skipped:
            report.skipped[step] = str(skipped)
        except Exception as error:
            traceback.print_exc()
            report.broken[step] = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
        report.end_step(step, others.share())
    report.foot()
    print(report.write(options.results))
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
