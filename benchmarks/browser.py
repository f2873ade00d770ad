"""Chromium on the grid page: frame times while the wheel turns, and how long rows are missing after a jump."""

import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.bench import Bench
from benchmarks.report import Figure, Skipped
from tests.chromium import find

NOTCH = 120  # px of one notch of a wheel
NOTCHES_PER_SECOND = 60  # at most: the next one waits until the page has taken the last; a fast flick is 225 rows a second
SLOW_FRAME_MS, SLOW_SHARE = 20.0, 5.0  # ms; percent
JUMP_MS = 150.0
AT_REST_SECONDS = 2.0
VIEWPORT = {"width": 1280, "height": 800}
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")

# Notes each frame until told to stop. A recorder whose list was taken ends: with two at work each frame would count twice.
RECORD = """() => {
  const frames = (window.benchFrames = []);
  const note = (now) => {
    if (window.benchFrames !== frames) return;
    frames.push(now);
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}"""
ROWS_ABOVE = "() => document.querySelector('data-grid').view.topRow"
RECORDED = "() => { const frames = window.benchFrames; window.benchFrames = null; return frames; }"

# Moves the bar and waits until real rows stand at the top, in the middle and at the bottom of the view, and until the
# frame that shows them is over.
JUMP = """(fraction) => new Promise((resolve, reject) => {
  const grid = document.querySelector("data-grid");
  const box = grid.getBoundingClientRect();
  const head = grid.querySelector(".head").getBoundingClientRect();
  const places = [head.bottom + 20, (head.bottom + box.bottom) / 2, box.bottom - 40];
  const rows = () => places.map((y) => document.elementFromPoint(box.left + box.width / 2, y)?.closest(".row"));
  const before = rows()[1]?.getAttribute("aria-rowindex");
  const began = performance.now();
  const look = () => {
    const now = rows();
    if (now.every((row) => row?.dataset.id) && now[1].getAttribute("aria-rowindex") !== before) {
      return requestAnimationFrame(() => resolve(performance.now() - began));
    }
    if (performance.now() - began > 5_000) return reject(new Error("No rows 5 s after a jump."));
    requestAnimationFrame(look);
  };
  grid.scrollTop = fraction * (grid.scrollHeight - grid.clientHeight);
  requestAnimationFrame(look);
})"""


def measure(bench: Bench) -> Iterator[Figure]:
    program = find()
    if program is None:
        raise Skipped("there is no Chromium; set CHROMIUM to the path of one.")
    address = f"{bench.web.address}/t/{bench.table.pk}/"
    seconds = bench.samples(10, 5)
    random = Random(4)
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program, args=[*QUIET, *root]) as browser:
        context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
        context.add_cookies([{"name": n, "value": v, "url": bench.web.address} for n, v in bench.web.cookies.items()])
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("data-grid .row[data-id]")
        at_rest = _frames(page, lambda: time.sleep(AT_REST_SECONDS))
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        worked = _worked(devtools)
        scrolling = _frames(page, lambda: _turn_wheel(page, seconds))
        rows = page.evaluate(ROWS_ABOVE)
        worked = _worked(devtools) - worked
        jumps = [page.evaluate(JUMP, random.random()) for _ in range(20)]
        version = browser.version
    speed = f"{rows / seconds:.0f} rows a second"
    note = f"Chromium {version}, no GPU, {speed}; at rest {_slow(at_rest):.1f} % of its frames are as slow."
    yield Figure(f"frames over {SLOW_FRAME_MS:.0f} ms, {seconds} s of wheel", "%", [_slow(scrolling)], SLOW_SHARE, note=note)
    yield Figure("... time between frames", "ms", scrolling)
    note = "Script, style and layout of the page's main thread; what drawing takes without a GPU is not in it."
    yield Figure("... work for a row scrolled by", "ms", [1_000 * worked / rows], note=note)
    note = "By moving the scroll bar, until the frame with the rows is over."
    yield Figure("rows there after a jump", "ms", jumps, JUMP_MS, "p95", note)


def _frames(page: Page, do: Callable[[], object]) -> list[float]:
    """Milliseconds between frames while something is done."""
    page.evaluate(RECORD)
    do()
    times: list[float] = page.evaluate(RECORDED)
    took = [after - before for before, after in pairwise(times)]
    if not took or min(took) <= 0:
        raise RuntimeError("The browser's frames were counted wrongly: none, or one twice.")
    return took


def _worked(devtools: CDPSession) -> float:
    """Seconds that the page has spent on what Rowan decides about since the counting began."""
    found = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    return float(found["ScriptDuration"] + found["RecalcStyleDuration"] + found["LayoutDuration"])


def _turn_wheel(page: Page, seconds: float) -> None:
    page.mouse.move(VIEWPORT["width"] / 2, VIEWPORT["height"] / 2)
    began = time.perf_counter()
    for turn in range(int(seconds * NOTCHES_PER_SECOND)):
        time.sleep(max(0.0, began + turn / NOTCHES_PER_SECOND - time.perf_counter()))
        page.mouse.wheel(0, NOTCH)
        if time.perf_counter() - began > seconds:
            return


def _slow(frames: list[float]) -> float:
    """Percent of frames over SLOW_FRAME_MS."""
    return 100 * sum(frame > SLOW_FRAME_MS for frame in frames) / len(frames)
