"""What a slice of a run's work knows: the column and its settings, the model, the key."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from ai import answers, prices, prompts, usage
from ai.columns import columns_by_key, known
from ai.failures import Blocked
from ai.keys import Key, key_of
from ai.models import AiColumn, BaseAi, Run
from ai.rate import Gate
from bases.models import Member, Role
from tables.columns.base import quoted
from tables.models import Column, Table

NO_KEY = "There is no key for Claude. Set one on the base's AI page, or ANTHROPIC_API_KEY for all bases."


class Over(Exception):
    """The run goes no further: it is to be paused, `until` a moment where it goes on by itself, or has failed.

    The message is a sentence.
    """

    def __init__(self, state: Run.State, reason: str, *, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.state = state
        self.until = until


@dataclass
class Context:
    """What a slice knows of its run; read anew at its begin, and when the column has changed."""

    run: Run
    table: Table
    column: Column
    ai: AiColumn
    columns: dict[int, Column]
    model: str
    key: Key
    gate: Gate
    upstream: list[int]  # AiColumn ids that this column reads
    pump: int
    situation: tuple[Any, ...]

    @property
    def account(self) -> usage.Account:
        return usage.Account(self.table.base_id, self.column.pk, self.column.name, self.key.is_own, self.run.is_auto)


def situation(run: Run) -> tuple[Any, ...]:
    """What may change at any moment and decide whether a run goes on, and how: two are equal while nothing of it has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.columns_version, t.deleted_at, b.deleted_at, k.set_at, k.model,
                EXISTS (SELECT FROM bases_member m WHERE m.base_id = b.id AND m.user_id = %s AND m.role >= %s)
            FROM tables_table t JOIN bases_base b ON b.id = t.base_id LEFT JOIN ai_baseai k ON k.base_id = b.id WHERE t.id = %s
            """,
            [run.user_id, Role.EDITOR, run.table_id],
        )
        found: tuple[Any, ...] = cursor.fetchone() or ()
    return found


def gone(column: Column) -> str:
    return f"The column {quoted(column.name)} was deleted, or is no AI column any more."


def context_of(run: Run) -> Context:
    """What the slice needs. Raises Over where the run cannot go on."""
    now = situation(run)  # before all that is read here
    table = Table.objects.alive().filter(pk=run.table_id).select_related("base").first()
    if table is None:
        raise Over(Run.State.FAILED, "The table was deleted.")
    ai = AiColumn.objects.filter(pk=run.column_id).first()
    column = columns_by_key(table).get(run.column.key)
    if ai is None or column is None:
        raise Over(Run.State.FAILED, gone(run.column))
    if not Member.objects.filter(base=table.base_id, user=run.user_id, role__gte=Role.EDITOR).exists():
        raise Over(Run.State.FAILED, "Whoever started it may not change this table any more.")
    columns = columns_by_key(table)
    if problems := prompts.problems(ai.prompt, list(columns.values())):
        raise Over(Run.State.PAUSED, problems[0])
    if not answers.supported(column.kind):
        raise Over(Run.State.PAUSED, f"A column of the kind of {quoted(column.name)} cannot be filled by AI.")
    try:
        key = key_of(table.base)
    except Blocked as unreadable:
        raise Over(Run.State.PAUSED, str(unreadable)) from None
    if key is None:
        raise Over(Run.State.PAUSED, NO_KEY)
    chosen = BaseAi.objects.filter(pk=table.base_id).values_list("model", flat=True).first()
    model = ai.model or chosen or prices.DEFAULT_MODEL
    own = next((each.inputs for each in known(table) if each.column_id == ai.pk), frozenset[int]())
    upstream = [each.column_id for each in known(table) if each.key in own]
    return Context(run, table, column, ai, columns, model, key, Gate(key, model), upstream, random.getrandbits(62), now)
