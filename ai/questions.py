"""What is asked for one cell: an AI column and a row become a Question."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from ai import answers, estimate, prices, prompts
from ai.cells import Claimed
from ai.models import AiColumn
from ai.provider import Question
from tables.columns import kind_of
from tables.models import Column, Row
from tables.query import RowData


@dataclass
class Asking:
    """One call, for all cells that ask the very same."""

    question: Question
    fingerprint: bytes
    cells: list[Claimed]

    @cached_property
    def guess(self) -> int:
        return guess(self.question)


def guess(question: Question) -> int:
    """About what a call will cost, in micros, before any of its kind has been made."""
    return prices.charged(question.model, estimate.tokens_in(question), 100)


def question(ai: AiColumn, column: Column, columns: Sequence[Column], data: Mapping[str, Any], model: str) -> Question | None:
    """The question that fills the column's cell in a row; None when the row's inputs are blank.

    `columns`: the table's; `data`: the row's `document`; `model`: the base's, asked where the column has none of its own.
    None of them need be saved. Raises prompts.BadPrompt where the prompt names a deleted column.
    """
    messages = prompts.render(ai.prompt, columns, data, column.kind, column.options)
    if messages is None:
        return None
    system, user = messages
    return Question(
        model=ai.model or model,
        system=system,
        user=user,
        schema=answers.schema(column.kind, column.options),
        max_tokens=answers.max_tokens(column.kind),
    )


def document(row: Row | RowData, columns: Sequence[Column]) -> dict[str, Any]:
    """A row's values by column key as text, those of automatic columns too."""
    fields = ((column.key, kind_of(column.kind).row_field) for column in columns)
    return {**row.data, **{str(key): getattr(row, field) for key, field in fields if field}}


def fingerprint(question: Question) -> bytes:
    """32 bytes that two questions share when the same answer fits both: SHA-256 of model, messages and form of the answer."""
    parts = [question.model, question.system, question.user, question.schema]
    return sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).digest()
