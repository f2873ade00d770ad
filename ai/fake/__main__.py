"""Runs the fake by itself: `python -m ai.fake --port 8199 --demo`."""

import argparse
import threading
from contextlib import suppress

from ai.fake.rules import FAILURES, Rule
from ai.fake.server import Fake


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m ai.fake",
        description="A server that speaks the API of Claude and is none. It listens on 127.0.0.1 only.",
    )
    parser.add_argument("--port", type=int, default=8199, help="0: any that is free")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds until an answer comes")
    parser.add_argument("--per-minute", type=int, help="requests of one key to one model")
    parser.add_argument("--burst", type=int, help="how many of them at once; default: all of a minute")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--demo", action="store_true", help="texts begin with “(demo)”")
    parser.add_argument("--tell", type=int, metavar="N", help="tell of the last N requests, with their texts, at GET /fake/log")
    parser.add_argument(
        "--fail", action="append", default=[], metavar="SHARE:WHAT", help=f"for example 0.05:500. WHAT: {', '.join(FAILURES)}"
    )
    given = parser.parse_args()
    rules = []
    for text in given.fail:
        share, _, what = text.partition(":")
        try:
            # A hanging one hangs longer than any client waits.
            rules.append(Rule(what, share=float(share), seconds=600 if what == "hang" else 1))
        except ValueError as error:
            parser.error(str(error))
    fake = Fake(
        port=given.port, latency=given.latency, per_minute=given.per_minute, burst=given.burst, rules=rules, seed=given.seed,
        demo=given.demo, kept=given.tell or 1, tells=bool(given.tell),
    )  # fmt: skip
    with fake, suppress(KeyboardInterrupt):
        print(f"The fake of Claude listens at {fake.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
