"""What becomes of a cell when its column gets another kind.

A value goes through the text that an editor of the old kind starts with, and what the new kind reads in it. Where the
stored form says more than that text, it is taken as it is: a number stays the number it is, choices keep their ids, days
and moments are read without a format. What does not fit stays as it was; the grid shows it marked.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.timezone import get_current_timezone
from psycopg import sql

from tables.columns import BadValue, kind_of
from tables.columns.base import Cell, Options, plain, quoted
from tables.columns.date import is_date
from tables.columns.datetime import DateTime, stored_moment
from tables.columns.number import show_exact
from tables.columns.select import lookup

MOST_KEPT = 50_000  # results of a converter: texts that come often are converted once
_AMOUNTS = frozenset({"number", "currency", "percent"})  # all three store the number itself
_TEXTS = frozenset({"text", "long_text"})
_WORDS = _TEXTS | {"email", "url", "phone"}  # all five store a text as it is read
CHOICES = frozenset({"select", "multi_select"})
_DAYS = frozenset({"date", "datetime"})
_ISO: Options = {"format": "iso", "clock": 24}


class Form(NamedTuple):
    """What a column's cells are: a kind's key and its options."""

    kind: str
    options: Options


class Converted(NamedTuple):
    """A cell's value in the new kind, None where it is empty then; or as it was, and why it does not fit."""

    value: Any
    reason: str = ""


def convert(value: Any, old: Form, new: Form) -> Converted:
    """One stored value. In the current time zone, as where a person types it."""
    try:
        return Converted(_fitting(value, old, new))
    except BadValue as bad:
        return Converted(value, str(bad))


def _fitting(value: Any, old: Form, new: Form) -> Any:
    """The value in the new kind. Raises BadValue."""
    number = type(value) is int or type(value) is float
    if number and new.kind in _AMOUNTS and old.kind not in _TEXTS:
        return value
    if number and new.kind == "rating":
        return kind_of("rating").parse(show_exact(value), new.options)
    if type(value) is bool and new.kind == "number":
        return int(value)
    if new.kind in CHOICES and old.kind in CHOICES and (chosen := _chosen(value, new)) is not None:
        return chosen
    if new.kind in _DAYS and (day := _day(value, old, new)) is not None:
        return day
    return kind_of(new.kind).parse(kind_of(old.kind).edit_text(value, old.options), new.options)


def _chosen(value: Any, new: Form) -> Any:
    """The same choices by their ids; None where one of them is not among the new options."""
    ids = value if isinstance(value, list) else [value]
    names = lookup(new.options).names
    if not ids or not all(type(each) is str and each in names for each in ids):
        return None
    if new.kind == "multi_select":
        return list(dict.fromkeys(ids))
    if len(ids) > 1:
        raise BadValue(f"{quoted(', '.join(names[each] for each in ids))} are {len(ids)} choices: a single select holds one.")
    return ids[0]


def _day(value: Any, old: Form, new: Form) -> str | None:
    """A stored day or moment in the other form, in the current time zone; None where it is neither."""
    if new.kind == "date" and old.kind == "datetime" and (moment := stored_moment(value)):
        try:
            return moment.astimezone(get_current_timezone()).date().isoformat()
        except OverflowError:
            raise BadValue(f"{quoted(plain(value))} is outside the years 1 to 9999.") from None
    if new.kind == "datetime" and old.kind == "date" and is_date(value):
        return DateTime().parse(value, _ISO)
    return None


class Converter:
    """Converts the cells of one column, given as JSON texts."""

    def __init__(self, old: Form, new: Form) -> None:
        self.old, self.new = old, new
        self._kept: dict[str, tuple[Converted, bool]] = {}

    def __call__(self, written: str) -> Converted:
        return self._found(written)[0]

    def changed(self, cells: Mapping[int, str]) -> dict[int, Any]:
        """Of these cells, {row id: JSON text}, those that become something else: {row id: value}."""
        found = ((row_id, self._found(written)) for row_id, written in cells.items())
        return {row_id: new.value for row_id, (new, is_other) in found if is_other}

    def _found(self, written: str) -> tuple[Converted, bool]:
        """What it becomes, and whether that is something else."""
        found = self._kept.get(written)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            value = json.loads(written)
            new = convert(value, self.old, self.new)
            found = self._kept[written] = (new, not new.reason and not _same(new.value, value))
        return found

    def fits(self, written: str) -> bool:
        """Whether a value has the new kind's form already, as what somebody typed after the change of kind."""
        value = json.loads(written)
        kind = kind_of(self.new.kind)
        try:
            again = kind.parse(kind.edit_text(value, self.new.options), self.new.options)
        except BadValue:
            return False
        return _same(again, value)

    @property
    def stored_alike(self) -> str | None:
        """The JSON type of which no value becomes another one: an amount never does among amounts, nor a text as text."""
        for old, new, stored in ((_AMOUNTS, _AMOUNTS, "number"), (_WORDS, _TEXTS, "string")):
            if self.old.kind in old and self.new.kind in new:
                return stored
        return None

    def may_change(self, cell: Cell) -> sql.Composable:
        """SQL: whether a filled cell could become something else."""
        if self.stored_alike is None:
            return sql.SQL("TRUE")
        return sql.SQL("jsonb_typeof({}) <> {}").format(cell.value, sql.Literal(self.stored_alike))


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: to Python, 1 and true are."""
    return type(one) is type(other) and bool(one == other)
