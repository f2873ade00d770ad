"""Long work: its states, and how far it is, in words and numbers for its bar."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import models
from django.utils import timezone


class State(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    FINISHING = "finishing", "Finishing"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (State.QUEUED, State.RUNNING, State.FINISHING)


class Work(Protocol):
    """What a bar shows: `done` of `total` rows."""

    @property
    def state(self) -> str: ...
    @property
    def total(self) -> int | None: ...
    @property
    def done(self) -> int: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def finished_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Progress:
    """A job's bar: percent 0..100 (None while the total is unknown), rows per second, seconds left (None: unknown)."""

    job: Work
    percent: int | None
    rate: int | None
    seconds_left: int | None

    @classmethod
    def of(cls, job: Work) -> "Progress":
        if not job.total or job.started_at is None:
            return cls(job, None if job.state == State.RUNNING else 0, None, None)
        seconds = ((job.finished_at or timezone.now()) - job.started_at).total_seconds()
        rate = job.done / seconds if seconds > 0 and job.done else None
        left = round((job.total - job.done) / rate) if rate else None
        return cls(job, min(100, job.done * 100 // job.total), round(rate) if rate else None, left)

    @property
    def time_left(self) -> str:
        """For people: "12 s left", "3 min left"; empty when unknown or over."""
        if self.seconds_left is None or self.job.state != State.RUNNING:
            return ""
        if self.seconds_left < 90:
            return f"{max(1, self.seconds_left)} s left"
        return f"{round(self.seconds_left / 60)} min left"
