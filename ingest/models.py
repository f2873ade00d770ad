"""Jobs: long work that shows progress, can be cancelled, and survives being killed.

All state is here in PostgreSQL. Celery only carries a job's id, so emptying Redis loses nothing: the sweeper
sends what is unfinished again.
"""

from django.db import models
from django.utils import timezone

from bases.models import User
from bases.progress import OPEN, State
from tables.models import Table


class Job(models.Model):
    """A bulk load of one table: sample rows or a file."""

    class Kind(models.TextChoices):
        GENERATE = "generate", "Add sample rows"
        FILE = "file", "Import a file"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="jobs")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    params = models.JSONField(default=dict)  # generate: rows, seed; file: path, name, options
    total = models.BigIntegerField(null=True)  # rows to load; None until a file has been scanned
    done = models.BigIntegerField(default=0)  # rows loaded, not yet visible before the state is done
    first_row_id = models.BigIntegerField(null=True)  # of the block of ids this load has reserved
    step = models.CharField(max_length=60, blank=True, default="")  # what it does now, for people
    error = models.TextField(blank=True, default="")  # a sentence for people
    cancel_asked = models.BooleanField(default=False)
    dismissed = models.BooleanField(default=False)  # somebody has read how it ended
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(default=timezone.now)  # the last sign of life of any runner
    picked_up = models.BooleanField(default=False)  # a process has begun to work on it since it was last sent
    resumes = models.PositiveSmallIntegerField(default=0)  # how often its processes were lost in a row with no part done
    parts_done = models.PositiveIntegerField(default=0)  # when it was last sent again

    class Meta:
        indexes = [models.Index("table_id", models.F("id").desc(), name="jobs_of_a_table")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def staging(self) -> str:
        """The name of the table its rows are copied into until they become visible."""
        return f"tables_load_{self.pk}"


class Part(models.Model):
    """A piece of a job that one process does in one transaction: all of it or nothing."""

    class Phase(models.IntegerChoices):
        SCAN = 1, "Look at the file"
        LOAD = 2, "Copy rows"
        INDEX = 3, "Build an index"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="parts")
    phase = models.PositiveSmallIntegerField(choices=Phase.choices)
    number = models.PositiveIntegerField()
    params = models.JSONField(default=dict)  # load: start, rows (and offset, length in a file); index: name, column
    result = models.JSONField(null=True)  # what a scan found out
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "phase", "number"], name="one_part_per_number")]
        indexes = [models.Index(fields=["job", "phase", "number"], condition=models.Q(done=False), name="parts_to_do")]
