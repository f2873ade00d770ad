"""How far a run is, for its bar and page: percent, rate, time left."""

import json
import time
from dataclasses import dataclass

from ai import estimate, heart
from ai.models import Run
from bases.models import Member
from tables.models import Change
from tables.query.cache import INSTALLATION, with_redis

SAMPLED_SECONDS = 20.0  # the rate is that of so long, as pages have seen it
LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Progress:
    """`percent` 0..100; `per_minute` cells and `seconds_left` None while unknown. `waits`: no worker is there to do it."""

    run: Run
    percent: int
    per_minute: int | None
    seconds_left: float | None
    waits: bool

    @property
    def time_left(self) -> str:
        """For people; "" when unknown."""
        if self.seconds_left is None:
            return ""
        return f"{estimate.span(self.seconds_left)} left"


def progress(run: Run) -> Progress:
    over = run.done + run.failed
    is_working = run.state in (Run.State.PREPARING, Run.State.RUNNING)
    rate = _rate(run, over) if is_working else _mean(run, over)
    left = estimate.time_left(run.total - over, 1, 1 / rate) if rate and run.state == Run.State.RUNNING else None
    total = max(run.total, 1)
    percent = 100 if run.state == Run.State.DONE else min(100, (over + run.skipped) * 100 // total)
    return Progress(run, percent, round(rate * 60) if rate else None, left, is_working and not heart.is_alive())


def may_undo(run: Run, member: Member) -> bool:
    """Whether the person can take it back: their own, which has ended and still stands."""
    if run.is_open or run.bulk is None or run.user_id != member.user_id or not run.done:
        return False
    return Change.objects.filter(
        table=run.table_id, version__in=run.bulk.versions, undone_by=None, detail__has_key="answers"
    ).exists()


def _rate(run: Run, over: int) -> float | None:
    """Cells a second of late: a run that was paused for a night is not slow."""
    name, now = f"rowan:ai:rate:{INSTALLATION}:{run.pk}", time.time()
    kept = with_redis(lambda client: client.get(name))
    samples = [each for each in json.loads(kept or "[]") if now - SAMPLED_SECONDS < each[0] <= now]
    if not samples or now - samples[-1][0] >= LEAST_SECONDS:
        text = json.dumps([*samples, [now, over]][-30:])
        with_redis(lambda client: client.set(name, text, ex=60))
    if not samples or now - samples[0][0] < LEAST_SECONDS or over <= samples[0][1]:
        return _mean(run, over)
    return float((over - samples[0][1]) / (now - samples[0][0]))


def _mean(run: Run, over: int) -> float | None:
    if run.started_at is None or not over:
        return None
    seconds = ((run.finished_at or run.alive_at) - run.started_at).total_seconds()
    return over / seconds if seconds > 0 else None
