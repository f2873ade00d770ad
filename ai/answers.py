"""Answers: what each kind of column asks a model for, and what of that comes into a cell.

An answer is a JSON object with one `value`. Whatever a model says, a cell gets what a person could have typed there: every
value goes through the kind's own `parse`.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, NamedTuple

from django.utils import timezone

from tables.columns import BadValue, kind_of
from tables.columns.base import CELL_LIMIT, plain, quoted
from tables.columns.number import MOST_DIGITS
from tables.columns.rating import DEFAULT_MAX
from tables.columns.select import choice_id, lookup

Schema = dict[str, Any]
Options = Mapping[str, Any]

ENUM_LIMIT = 200  # choices in a schema: it is compiled to a grammar, whose size is limited; more are listed in words
LISTED = 20_000  # characters of names that are listed in words: they are paid with every cell
LARGEST = 10**400  # beyond any double


class _Form(NamedTuple):
    """What one kind asks for, says about it, and reads."""

    schema: Callable[[Options], Schema]
    instruction: Callable[[Options], str]
    read: Callable[[str, Options, Any], Any]
    max_tokens: int = 1_024  # thinking counts too


def supported(kind: str) -> bool:
    """Whether a model can fill columns of this kind."""
    return kind in _FORMS


def lacking(kind: str, options: Options) -> str | None:
    """A sentence on what a column lacks before a model can fill it; None: nothing."""
    if not supported(kind):
        return f"A column of the kind “{kind_of(kind).label}” fills itself: Claude cannot write it."
    if kind in ("select", "multi_select") and not lookup(options).names:
        return "Give the column its choices first: Claude picks from them."
    return None


def schema(kind: str, options: Options) -> Schema:
    """The JSON schema of an answer: {"value": ...}, null where there is none."""
    value = {"anyOf": [_FORMS[kind].schema(options), {"type": "null"}]}
    return {"type": "object", "properties": {"value": value}, "required": ["value"], "additionalProperties": False}


def instruction(kind: str, options: Options) -> str:
    """A sentence for the system prompt on the form of the answer."""
    return _FORMS[kind].instruction(options)


def max_tokens(kind: str) -> int:
    """How long an answer may be, with what is thought before it."""
    return _FORMS[kind].max_tokens


def stored(kind: str, options: Options, value: Any) -> Any:
    """The JSON value for the cell of what came back, None for an empty cell. Raises BadValue with a sentence."""
    return None if value is None else _FORMS[kind].read(kind, options, value)


def _text(kind: str, options: Options, value: Any) -> Any:
    """One line: as in a cell that is typed into."""
    lines = _plain(value).splitlines()
    return kind_of(kind).parse(" ".join(filter(None, (line.strip() for line in map(cleaned, lines)))), options)


def _long_text(kind: str, options: Options, value: Any) -> Any:
    return kind_of(kind).parse(cleaned(_plain(value).replace("\r\n", "\n").replace("\r", "\n")).strip(), options)


def _number(kind: str, options: Options, value: Any) -> Any:
    return _text(kind, options, value if isinstance(value, str) else _digits(value))


def _checkbox(kind: str, options: Options, value: Any) -> Any:
    return _text(kind, options, ("yes" if value else "no") if isinstance(value, bool) else value)


def _day(kind: str, options: Options, value: Any) -> Any:
    # Without the column's format, by which 03/04/2026 could be read as either day, and in one time zone wherever it is read.
    with timezone.override(UTC):
        return _text(kind, {}, value)


def _choice(kind: str, options: Options, value: Any) -> Any:
    name = cleaned(_plain(value))
    return choice_id(name, lookup(options)) if name.strip() else None


def _choices(kind: str, options: Options, value: Any) -> Any:
    if not isinstance(value, list):
        return _text(kind, options, value)
    found = [_choice(kind, options, name) for name in value]
    return list(dict.fromkeys(key for key in found if key is not None)) or None


def _plain(value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue(f"The answer {_told(value)} is not what this column holds.")
    if len(value) > CELL_LIMIT:
        raise BadValue(f"The answer of {len(value):,} characters is too long for a cell.")
    return value


def cleaned(text: str) -> str:
    """The text without control characters and halves of characters, which no cell can show."""
    if text.isprintable():
        return text
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))


def _digits(value: Any) -> str:
    """A JSON number as a person would type it: at most MOST_DIGITS digits behind a point. Raises BadValue."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"The answer {_told(value)} is not a number.")
    if isinstance(value, int):
        if abs(value) >= LARGEST:
            raise BadValue("The answer is too large a number.")
        return str(value)
    if not math.isfinite(value):
        raise BadValue(f"The answer {_told(value)} is not a number that a cell can hold.")
    return str(int(value)) if value.is_integer() and abs(value) < 10**MOST_DIGITS else f"{value:.{MOST_DIGITS}g}"


def _told(value: Any) -> str:
    # This stands in a sentence that is stored with the cell.
    return quoted(cleaned(str(value) if isinstance(value, float) else plain(value)[:CELL_LIMIT]))


def _enum(options: Options) -> Schema:
    names = list(lookup(options).names.values())
    return {"type": "string", "enum": names} if 0 < len(names) <= ENUM_LIMIT else {"type": "string"}


def _names(options: Options) -> str:
    """The choices, where the schema does not tell them."""
    names = list(lookup(options).names.values())
    if len(names) <= ENUM_LIMIT:
        return ""
    listed, room = [], LISTED
    for name in names:
        room -= len(name) + 2
        if room < 0:
            break
        listed.append(name)
    more = f"; and {len(names) - len(listed):,} more" if len(listed) < len(names) else ""
    return f" They are: {'; '.join(listed)}{more}."


def _most(options: Options) -> int:
    most: int = options.get("max", DEFAULT_MAX)
    return most


def _type(name: str, **more: Any) -> Callable[[Options], Schema]:
    return lambda options: {"type": name, **more}


def _says(sentence: str) -> Callable[[Options], str]:
    return lambda options: sentence


_FORMS: dict[str, _Form] = {
    "text": _Form(_type("string"), _says("The value is one line of plain text."), _text),
    "long_text": _Form(
        _type("string"), _says("The value is plain text, with an empty line between paragraphs."), _long_text, max_tokens=4_096
    ),
    "number": _Form(
        _type("number"), _says("The value is a number: digits alone, without a unit and without marks of thousands."), _number
    ),
    "currency": _Form(
        _type("number"),
        lambda options: f"The value is an amount in {options.get('symbol', '$')}: a number alone, without the currency's sign.",
        _number,
    ),
    "percent": _Form(_type("number"), _says("The value is a number of percent: 12.5 for 12.5 %, not 0.125."), _number),
    "checkbox": _Form(_type("boolean"), _says("The value is true for yes and false for no."), _checkbox),
    "rating": _Form(
        lambda options: {"type": "integer", "enum": list(range(1, _most(options) + 1))},
        lambda options: f"The value is a rating: a whole number from 1, the worst, to {_most(options)}, the best.",
        _number,
    ),
    "date": _Form(_type("string", format="date"), _says("The value is a day, written YYYY-MM-DD."), _day),
    "datetime": _Form(
        _type("string", format="date-time"),
        _says("The value is a date and time in UTC, written YYYY-MM-DDTHH:MM:SSZ; a time without a time zone is in UTC."),
        _day,
    ),
    "select": _Form(
        _enum, lambda options: f"The value is one of the column's choices, exactly as it is written.{_names(options)}", _choice
    ),
    "multi_select": _Form(
        lambda options: {"type": "array", "items": _enum(options)},
        lambda options: (
            "The value is a list of those of the column's choices that apply, each exactly as it is written;"
            f" null where none does.{_names(options)}"
        ),
        _choices,
    ),
    "email": _Form(_type("string"), _says("The value is one e-mail address, like ann@example.com."), _text),
    "url": _Form(_type("string"), _says("The value is one full web address, like https://example.com/page."), _text),
    "phone": _Form(_type("string"), _says("The value is one phone number, like +1 202 555 0143."), _text),
}
