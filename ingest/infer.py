"""Guess the kinds of a file's columns from all their values: batch by batch, in any number of processes.

A guess only ever grows weaker: merging two keeps what holds for both, so the order of parts does not matter.
"""

import re
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.forms import EITHER_ORDER, FORMS, MISSING, SKIPS_MISSING, SYMBOL, Form
from tables.columns.base import BadValue
from tables.columns.number import read_number

DIGITS = 15  # characters, which no number can lose a digit in
SELECT_OPTIONS = 30
SELECT_ROWS = 50
SELECT_REPEATS = 5  # times an option is used, on average
SELECT_LENGTH = 50  # characters of an option
LONG_TEXT = 120  # characters
WORDS = {"true or false": {"true", "false"}, "yes or no": {"yes", "no"}}

_symbol = re.compile(SYMBOL)
_fraction = re.compile(r"\.([0-9]+)")
# Lines of at most so many characters; a fifth of the time of max(map(len, values)), which has to look at every text
_short = re.compile(rf"(?:.{{0,{LONG_TEXT}}}+\n)*+")
_few_digits = re.compile(rf"(?:.{{0,{DIGITS}}}+\n)*+")
_not_digits = re.compile(rf"{SYMBOL}|[ %]")


@dataclass(frozen=True)
class Guess:
    """What holds for all values of a column seen so far. JSON-friendly: asdict() and Guess(**d)."""

    rows: int = 0
    filled: int = 0  # cells that are not empty
    valued: bool = False  # some cell is neither empty nor a word for a missing value
    forms: Sequence[str] | None = None  # names in FORMS, or WORDS, that fit all; None: no value yet, all would
    symbol: str = ""  # of a currency
    thousands: bool = False  # some number has a comma
    decimals: int = 0  # the most behind a point, of currencies and percents
    distinct: Sequence[str] | None = ()  # None: more than SELECT_OPTIONS
    long: bool = False  # some line has more than LONG_TEXT characters
    lines: bool = False  # some value has more than one line

    @property
    def form(self) -> str:
        """The name of the one form to read the column by; "" is text."""
        left = set(self.forms or ()) if self.valued else set()
        for pair in EITHER_ORDER:
            if left.issuperset(pair):
                left.difference_update(pair)
        if self.filled < self.rows and len(self._words()) > 1:
            left.difference_update(WORDS)  # a checkbox has two states: yes, no and not answered would be three
        return next((name for name in (*FORMS, *WORDS) if name in left), "")

    @property
    def kind(self) -> str:
        """The key of the kind in tables/columns."""
        if name := self.form:
            return FORMS[name].kind if name in FORMS else "checkbox"
        if self._is_select():
            return "select"
        return "long_text" if self.lines or self.long else "text"

    @property
    def options(self) -> dict[str, Any]:
        """What Kind.options() completes."""
        kind = self.kind
        if kind == "number":
            return {"thousands": self.thousands}
        if kind == "currency":
            return {"symbol": self.symbol, "decimals": min(self.decimals, 10), "thousands": self.thousands}
        if kind == "percent":
            return {"decimals": min(self.decimals, 10)}
        if kind in ("date", "datetime"):
            return {"format": FORMS[self.form].format}
        if kind == "select":
            return {"options": [{"name": name} for name in sorted(self.distinct or (), key=str.casefold)]}
        return {}

    @property
    def is_only_text(self) -> bool:
        """Whether nothing that follows can make it more than text or long text."""
        return self.forms is not None and not self.forms and self.distinct is None

    def _words(self) -> set[str]:
        return {word.strip().lower() for word in self.distinct or ()}

    def _is_select(self) -> bool:
        names = self.distinct
        return (
            bool(names)
            and names is not None
            and self.filled >= SELECT_ROWS
            and self.filled >= len(names) * SELECT_REPEATS
            and not self.lines
            and max(map(len, names)) <= SELECT_LENGTH
            and len({name.casefold() for name in names}) == len(names)
            and all(name == " ".join(name.split()) for name in names)
        )


def guess_columns(columns: Sequence[Sequence[str]], so_far: Sequence[Guess] | None = None, *, commas: bool = True) -> list[Guess]:
    """Guess each column of a batch, to be merged with `so_far`, which saves looking for what it has ruled out.

    `commas` tells whether numbers may have them, between thousands.
    """
    if so_far is None:
        return [_guess(values, commas) for values in columns]
    return [
        _guess_text(values) if before.is_only_text else _guess(values, commas)
        for values, before in zip(columns, so_far, strict=True)
    ]


def merge(a: Guess, b: Guess) -> Guess:
    """What holds for the values of both."""
    forms = a.forms if b.forms is None else b.forms if a.forms is None else sorted(set(a.forms) & set(b.forms))
    if a.symbol and b.symbol and a.symbol != b.symbol:
        forms = [name for name in forms or () if name != "currency"]
    distinct = None if a.distinct is None or b.distinct is None else _few(set(a.distinct) | set(b.distinct))
    return Guess(
        rows=a.rows + b.rows,
        filled=a.filled + b.filled,
        valued=a.valued or b.valued,
        forms=forms,
        symbol=a.symbol or b.symbol,
        thousands=a.thousands or b.thousands,
        decimals=max(a.decimals, b.decimals),
        distinct=distinct,
        long=a.long or b.long,
        lines=a.lines or b.lines,
    )


def _few(values: Collection[str]) -> list[str] | None:
    return sorted(values) if len(values) <= SELECT_OPTIONS else None


def _guess(column: Sequence[str], commas: bool) -> Guess:
    values = set(column)
    empty = column.count("") if "" in values else 0
    values.discard("")
    if not values:
        return Guess(rows=len(column))
    joined = "\n" + "\n".join(values) + "\n"
    texts = set(map(str.strip, values)) if " \n" in joined or "\n " in joined else values
    present = texts if texts.isdisjoint(MISSING) else texts - MISSING
    forms: list[str] = []
    for name, form in FORMS.items():
        # What is a date is a date and time as well: no need to read it again
        if name.replace("datetime", "date") in forms or _fits(form, present if form.kind in SKIPS_MISSING else texts, commas):
            forms.append(name)
    if len(texts) <= 6:  # each word small, capital and all capitals
        forms += [name for name, words in WORDS.items() if {text.lower() for text in texts} <= words]
    money = present if "currency" in forms or "percent" in forms else ()
    return Guess(
        rows=len(column),
        filled=len(column) - empty,
        valued=bool(present),
        forms=forms,
        symbol=_symbol.findall("".join(money))[0] if money and "currency" in forms else "",
        thousands="," in joined and not SKIPS_MISSING.isdisjoint(forms),
        decimals=max((len(found) for text in money for found in _fraction.findall(text)), default=0),
        distinct=_few(values),
        long=not _short.fullmatch(joined),
        lines="\r" in joined or joined.count("\n") > len(values) + 1,
    )


def _guess_text(column: Sequence[str]) -> Guess:
    """What is still open of text; a fifth of the time of _guess()."""
    joined = "\n".join(column) + "\n"
    return Guess(
        rows=len(column),
        filled=len(column),
        valued=True,
        forms=(),
        distinct=None,
        long=not _short.fullmatch(joined),
        lines="\r" in joined or joined.count("\n") > len(column),
    )


def _fits(form: Form, texts: set[str], commas: bool) -> bool:
    """Whether all texts are of a form; all of none are."""
    for text in texts:
        if not form.one.fullmatch(text):
            return False
        break
    joined = "\n".join(texts) + "\n" if texts else ""
    if joined.count("\n") != len(texts) or not form.all.fullmatch(joined):
        return False
    if form.check:
        try:
            deque(map(form.check, texts), maxlen=0)
        except ValueError:
            return False
        return True
    if form.kind in SKIPS_MISSING:
        if "," in joined and not commas:
            return False
        if not _few_digits.fullmatch(joined) and not _storable(texts):
            return False
    return form.kind != "currency" or len(set(_symbol.findall(joined))) <= 1


def _storable(texts: set[str]) -> bool:
    """Whether a cell can hold the very numbers: 15 digits, or the 17 that programs write a double with."""
    for text in texts:
        if len(text) > DIGITS:
            try:
                read_number(_not_digits.sub("", text))
            except BadValue:
                return False
    return True
