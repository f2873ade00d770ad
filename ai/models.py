"""AI columns, the states of their cells, runs, what they cost, and each base's key.

All state is here in PostgreSQL: Redis may be emptied without losing work. Money is in micro-dollars ("micros"): whole
numbers, 1,000,000 to the dollar, so that sums over millions of calls are exact.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from bases.models import Base, User
from tables.models import Bulk, Column, Table

AUTO_BUDGET_MICROS = 1_000_000  # 2,500 edits of short texts on Haiku a day; a slip with a dear model costs a dollar


class AiColumn(models.Model):
    """What makes a column an AI column: how its cells are computed."""

    column = models.OneToOneField(Column, on_delete=models.CASCADE, primary_key=True, related_name="ai")
    prompt = models.TextField()  # references as {#3}, by column key (ai/prompts.py)
    prompt_version = models.PositiveIntegerField(default=1)  # raised by every change of prompt, model or kind
    model = models.CharField(max_length=100, blank=True, default="")  # "": the base's
    condition = models.JSONField(default=dict, blank=True)  # "only run if": a filter as views store it; {}: always
    auto_run = models.BooleanField(default=False)
    auto_budget_micros = models.BigIntegerField(null=True, default=AUTO_BUDGET_MICROS)  # of auto-run on one day (UTC)
    auto_user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")  # who turned auto-run on

    def __str__(self) -> str:
        return f"AI column {self.column}"


class Status(models.IntegerChoices):
    """A cell's state; a cell without a record is idle."""

    PENDING = 1, "Waiting"
    COMPUTING = 2, "Computing"
    COMPLETED = 3, "Completed"
    ERROR = 4, "Error"
    STALE = 5, "Stale"  # an input has changed since the answer
    LOCKED = 6, "Locked"  # a person has typed over it: no run touches it unless asked


class AiCell(models.Model):
    """The state of one cell of an AI column, and where its answer comes from. Narrow: 1M are marked in seconds."""

    pk = models.CompositePrimaryKey("column_id", "row_id")
    column = models.ForeignKey(Column, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    row_id = models.IntegerField()
    status = models.SmallIntegerField(choices=Status.choices)
    was = models.SmallIntegerField(null=True)  # pending and computing: its status before, which a cancelled run gives back
    # Raised by whatever makes an answer under way worthless: an edit of an input, a retry, a hand edit, a new prompt.
    gen = models.IntegerField(default=0)
    run_id = models.BigIntegerField(null=True)  # the run it waits in, or was last computed by
    seq = models.IntegerField(default=0)  # its place in that run
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)  # pending: not before
    lease_until = models.DateTimeField(null=True)  # computing: given back after
    lease_by = models.BigIntegerField(null=True)  # computing: the pump that has it
    error = models.TextField(null=True)  # a sentence for people
    # The answer: md5 of its JSON text, so that a write tells a person's edit from an undo that brings the answer back.
    answer_hash = models.CharField(max_length=32, null=True)
    answered_at = models.DateTimeField(null=True)
    prompt_version = models.PositiveIntegerField(null=True)
    model = models.CharField(max_length=100, null=True)
    tokens_in = models.IntegerField(null=True)
    tokens_out = models.IntegerField(null=True)
    micros = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index("run_id", "next_at", "seq", condition=models.Q(status=Status.PENDING), name="ai_cells_to_do"),
            models.Index("lease_until", condition=models.Q(status=Status.COMPUTING), name="ai_cells_leased"),
            models.Index("column_id", "run_id", "seq", condition=models.Q(status=Status.ERROR), name="ai_cells_failed"),
        ]


class Run(models.Model):
    """One run of an AI column over some of its cells."""

    class State(models.TextChoices):
        PREPARING = "preparing", "Preparing"  # its cells are being marked
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    OPEN: ClassVar = (State.PREPARING, State.RUNNING, State.PAUSED)

    table = models.ForeignKey(Table, on_delete=models.CASCADE, related_name="ai_runs")
    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="ai_runs")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Its writes as one entry of history and one step of undo.
    bulk = models.OneToOneField(Bulk, on_delete=models.SET_NULL, null=True, related_name="ai_run")
    scope = models.CharField(max_length=200, blank=True, default="")  # for people: "the view Open leads, only empty cells"
    state = models.CharField(max_length=20, choices=State.choices, default=State.PREPARING)
    reason = models.TextField(blank=True, default="")  # why it is paused or has failed: a sentence for people
    paused_until = models.DateTimeField(null=True)  # paused: goes on by itself then
    only = models.CharField(max_length=10, blank=True, default="")  # "failed", "stale": of the rows picked, only these cells
    prepared = models.IntegerField(default=0)  # how many of the rows picked have been looked at while preparing
    total = models.IntegerField(default=0)  # cells
    done = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)  # locked, blank inputs, "only run if" not met, rows deleted meanwhile
    calls = models.IntegerField(default=0)
    saved_calls = models.IntegerField(default=0)  # answered from an identical earlier question
    retries = models.IntegerField(default=0)
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    spent_micros = models.BigIntegerField(default=0)
    budget_micros = models.BigIntegerField(null=True)  # it pauses when it has spent so much
    fresh = models.BooleanField(default=False)  # identical earlier answers are not taken
    overwrite = models.BooleanField(default=False)  # locked cells too
    urgent = models.BooleanField(default=False)  # a click on a few cells: before all others
    is_auto = models.BooleanField(default=False)  # the standing run of a column with auto-run
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(default=timezone.now)  # the last sign of life of its pump
    # How often in a row its pump has begun and neither ended nor got anything done: it was killed, or met a fault.
    fruitless = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index("table_id", models.F("id").desc(), name="ai_runs_of_a_table"),
            models.Index(fields=["alive_at"], condition=models.Q(state__in=("preparing", "running")), name="ai_runs_to_do"),
            models.Index(fields=["paused_until"], condition=models.Q(paused_until__isnull=False), name="ai_runs_paused_until"),
        ]

    def __str__(self) -> str:
        return f"Run #{self.pk} of {self.column}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class Usage(models.Model):
    """What a column has cost on one day (UTC) with one model. Kept when the column goes: money is."""

    id = models.BigAutoField(primary_key=True)  # each addition takes a number, also where the row is there
    base = models.ForeignKey(Base, on_delete=models.CASCADE, related_name="ai_usage")
    column_id = models.IntegerField()  # a Column's id; 0: previews and descriptions before there was a column
    column_name = models.CharField(max_length=200)
    day = models.DateField()
    model = models.CharField(max_length=100)
    own_key = models.BooleanField(default=False)  # paid with the base's own key, not with the server's
    is_auto = models.BooleanField(default=False)  # by auto-run
    calls = models.IntegerField(default=0)
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    micros = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "day", "column_id", "model", "own_key", "is_auto"], name="one_usage_a_day")
        ]
        # What all bases have spent with the server's key this month is asked before calls start.
        indexes = [models.Index("day", include=["micros"], condition=models.Q(own_key=False), name="ai_usage_of_server")]


class CallCount(models.Model):
    """How many calls of a column came to the same on one day (UTC), and took about as long (ai/calls.py).

    Three kinds of rows: of a column; of a whole day of a base (`column_id` NULL), into which those of its columns are folded
    later; and of all bases and days (`base` NULL too), which keeps what was folded: together with those of columns it
    is all there ever was, and no deleted base takes from it.
    """

    id = models.BigAutoField(primary_key=True)  # each addition takes a number, also where the row is there
    base = models.ForeignKey(Base, on_delete=models.CASCADE, null=True, related_name="+")
    day = models.DateField(null=True)
    column_id = models.IntegerField(null=True)  # as in Usage. So no two tables' runs write one row
    model = models.CharField(max_length=100)
    outcome = models.CharField(max_length=20)  # failures.ANSWERED, or of REASONS
    bucket = models.SmallIntegerField()  # of calls.BOUNDS
    calls = models.BigIntegerField()
    retries = models.BigIntegerField()  # of these, how many were tried again
    milliseconds = models.BigIntegerField()  # of all of them together
    tokens_in = models.BigIntegerField()
    tokens_out = models.BigIntegerField()
    micros = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["base", "day", "column_id", "model", "outcome", "bucket"], nulls_distinct=False, name="one_count_a_day"
            )
        ]
        indexes = [models.Index("day", condition=models.Q(column_id__isnull=False), name="ai_calls_to_fold")]


class Reservation(models.Model):
    """Money that is set aside for calls under way, so that nobody else counts on it (ai/budgets.py)."""

    id = models.BigAutoField(primary_key=True)  # each addition takes a number, also where the row is there
    run = models.OneToOneField(Run, on_delete=models.CASCADE, null=True, related_name="+")  # None: a preview or a description
    base = models.ForeignKey(Base, on_delete=models.CASCADE, related_name="+")
    own_key = models.BooleanField()
    micros = models.BigIntegerField()
    until = models.DateTimeField()  # then whoever made it is taken for killed


class KnownAnswer(models.Model):
    """An answer that a base has paid for: the same question is not asked twice within 30 days."""

    pk = models.CompositePrimaryKey("base_id", "question")
    base = models.ForeignKey(Base, on_delete=models.CASCADE, related_name="+")
    question = models.BinaryField()  # SHA-256 of model, prompt, inputs and the form of the answer
    value = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)


class BaseAi(models.Model):
    """A base's own key, model and budget."""

    base = models.OneToOneField(Base, on_delete=models.CASCADE, primary_key=True, related_name="ai")
    secret = models.BinaryField(default=b"")  # nonce and the key, AES-256-GCM (ai/keys.py); empty: none of its own
    last_four = models.CharField(max_length=4, blank=True, default="")
    set_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField(null=True)
    model = models.CharField(max_length=100, blank=True, default="")  # "": Rowan's default
    budget_micros = models.BigIntegerField(null=True)  # of a month (UTC)
    # The models that this key may use, from GET /v1/models: [{"id", "display_name"}].
    known_models = models.JSONField(default=list)
    known_at = models.DateTimeField(null=True)


class ServerModels(models.Model):
    """The models that the server's own key may use (ai/known_models.py): one row, with the id 1."""

    key_mark = models.CharField(max_length=64)  # of the key that was asked for
    known = models.JSONField(default=list)  # as BaseAi.known_models
    known_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
