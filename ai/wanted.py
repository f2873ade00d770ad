"""What somebody wants a run for, before it begins: which rows, which of their cells, what it will cost, and the start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ai import cells, columns, runs
from ai.answering import answering
from ai.columns import BadAi
from ai.estimate import SAMPLED, Estimate, counted, money, needs_confirmation
from ai.models import AiColumn, Run
from ai.preview import Draft, asked_before, estimated
from ai.tasks import send
from bases.models import User
from tables.models import Column, Table, columns_at
from tables.query import RowQuery

ONLY_WORDS = {"": "", "empty": ", only empty cells", "failed": ", only failed cells", "stale": ", only stale cells"}


class Unsure(BadAi):
    """It costs so much that somebody has to be sure of it."""


@dataclass(frozen=True)
class Terms:
    """Which cells of the rows, and on which terms."""

    only: str = ""  # "", "empty", "failed", "stale"
    overwrite: bool = False  # cells that a person has typed, too
    fresh: bool = False  # what was answered before is asked again
    budget: int | None = None  # micros

    @property
    def settings(self) -> dict[str, Any]:
        only = self.only if self.only in ("failed", "stale") else ""  # the ids of empty cells are known
        return {"only": only, "overwrite": self.overwrite, "fresh": self.fresh, "budget_micros": self.budget}


@dataclass(frozen=True)
class Wanted:
    """`ids` are the rows (ai/scopes.py), `count` how many of their cells a run would compute."""

    column: Column
    ai: AiColumn
    terms: Terms
    ids: Sequence[int]
    count: int

    def told(self, rows: str) -> str:
        """The scope for the list of runs: all rows, only empty cells."""
        return rows + ONLY_WORDS[self.terms.only]

    @property
    def none(self) -> str:
        """Why there is nothing to compute."""
        if self.terms.only == "failed" and not self.ids:  # only rows with such a cell were looked at
            return "None of these rows has a cell that failed."
        if self.terms.only:
            return f"None of these {counted(len(self.ids), 'row')} has such a cell." if self.ids else "No cell is like that."
        return "No row fits." if not self.ids else "All of these cells wait in a run already, or were typed by a person."


def wanted(column: Column, ai: AiColumn, terms: Terms, ids: Sequence[int]) -> Wanted:
    """What a run on these terms would be for."""
    count = cells.count_wanted(column.pk, ids, terms.only, ai.prompt_version, overwrite=terms.overwrite)
    return Wanted(column, ai, terms, ids, count)


def judged(table: Table, columns: Sequence[Column], want: Wanted) -> tuple[Estimate, Draft]:
    """What it will take. Raises BadAi, BadPrompt."""
    answers = answering(table.base)
    draft = Draft(want.ai, want.column, list(columns), want.ai.model or answers.model)
    rows = [row for row in RowQuery(table).rows_of(list(want.ids[:SAMPLED])) if row.version >= 0]
    return estimated(draft, rows, want.count, asked_before(draft, rows, table.base_id, answers.key)), draft


def begin(table: Table, user: User, columns: Sequence[Column], want: Wanted, words: str, *, sure: bool, token: str = "") -> Run:
    """Start it, and tell the workers. `words`: its scope (Wanted.told); `token` names a program's. Raises BadAi, Unsure, Gone."""
    if not want.count:
        raise BadAi(want.none)
    judgement, _ = judged(table, columns, want)
    if needs_confirmation(judgement.cells, judgement.micros) and not sure:
        cells_told, price = counted(judgement.cells, "cell"), money(judgement.micros)
        raise Unsure(f"Confirm first that {cells_told} may be computed for about {price}.")
    run = runs.begin(table, user, want.column, want.ids, words, token=token, **want.terms.settings)
    send(run)
    return run


def retry(run: Run, user: User, *, sure: bool, token: str = "") -> Run:
    """A new run for those of an earlier one's cells that failed, with its budget. Raises as `begin` does, and BadPrompt."""
    table, column = run.table, run.column
    want = wanted(column, columns.load(column), Terms("failed", budget=run.budget_micros), runs.failed_rows(run))
    return begin(
        table, user, columns_at(table.pk, table.columns_version), want, f"failed cells of run {run.pk}", sure=sure, token=token
    )
