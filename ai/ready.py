"""Ready-made prompts: what people ask most, to start from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ai import prompts
from ai.prompts import BadPrompt
from tables.columns import kind_of
from tables.columns.base import quoted
from tables.columns.multi_select import names_in
from tables.models import Column

FIELD_LIMIT = 2_000  # characters of one field of a person's own words


@dataclass(frozen=True)
class Field:
    """Something else that a ready-made prompt asks its person for."""

    name: str
    label: str
    start: str  # what it starts with


@dataclass(frozen=True)
class Ready:
    """A ready-made prompt. `text` has {column} in the place of the column's name, and its fields by their names."""

    key: str
    label: str  # in the list of prompts
    column: str  # what a new column of it is called
    kind: str
    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Filled:
    """A ready-made prompt for a table: the prompt as a person edits it, and the new column's kind and checked options."""

    name: str
    prompt: str
    kind: str
    options: dict[str, Any]


_CHOICES = Field("choices", "Choices, with commas between them", "Positive, Neutral, Negative")

READY: dict[str, Ready] = {
    ready.key: ready
    for ready in (
        Ready("summarise", "Summarise", "Summary", "text", "Summarise {column} in one sentence of at most 20 words."),
        Ready(
            "classify",
            "Sort into choices",
            "Category",
            "select",
            "Which of the choices describes {column} best?",
            fields=(_CHOICES,),
        ),
        Ready(
            "email",
            "Find the e-mail address",
            "E-mail",
            "email",
            "Find the e-mail address in {column}. If there are several, take the main one.",
        ),
        Ready(
            "number",
            "Find a number",
            "Number",
            "number",
            "Find this number in {column}: {wanted}.",
            fields=(Field("wanted", "Which number", "the total"),),
        ),
        Ready(
            "date",
            "Find a date",
            "Date",
            "date",
            "Find this date in {column}: {wanted}.",
            fields=(Field("wanted", "Which date", "the deadline"),),
        ),
        Ready(
            "company",
            "Find the company",
            "Company",
            "text",
            "Find the company that {column} is about, and write its name as the company itself does.",
        ),
        Ready(
            "translate",
            "Translate",
            "Translation",
            "long_text",
            "Translate {column} into {language}. Keep its tone, names, numbers and paragraphs.",
            fields=(Field("language", "Language", "English"),),
        ),
        Ready(
            "rate",
            "Rate",
            "Rating",
            "rating",
            "Rate {column} by this: {quality}.",
            options={"max": 5},
            fields=(Field("quality", "What counts", "how satisfied the writer is"),),
        ),
        Ready(
            "clean",
            "Clean up",
            "Clean",
            "text",
            "Write {column} again with spelling, capitals and spaces put right. Change nothing else.",
        ),
        Ready(
            "first_line",
            "Write a first line",
            "First line",
            "text",
            "Write the first line of a friendly e-mail to the person described in {column}. Take up one thing that is said there,"
            " in at most 25 words, without a greeting.",
        ),
    )
}


def fill(key: str, column: Column, given: Mapping[str, str]) -> Filled:
    """A ready-made prompt about a column. `given`: the words in its fields, by name; absent ones are as they start.

    Raises BadPrompt, and BadOptions or BadValue for choices that cannot be.
    """
    if key not in READY:
        raise BadPrompt(f"There is no ready-made prompt {quoted(key)}. They are: {', '.join(READY)}.")
    ready = READY[key]
    words = {each.name: _checked(each, given.get(each.name, each.start)) for each in ready.fields}
    options: Mapping[str, Any] = ready.options
    if _CHOICES in ready.fields:
        options = {"options": names_in(words["choices"])}
        if not options["options"]:
            raise BadPrompt(f"“{_CHOICES.label}” is empty.")
    text = ready.text.format(column=prompts.reference(column), **{name: prompts.literal(text) for name, text in words.items()})
    return Filled(ready.column, text, ready.kind, kind_of(ready.kind).options(options))


def _checked(each: Field, text: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise BadPrompt(f"“{each.label}” is empty.")
    if len(words) > FIELD_LIMIT:
        raise BadPrompt(f"“{each.label}” has {len(words):,} characters; it can have {FIELD_LIMIT:,}.")
    return words
