"""The forms in which files write numbers, dates and the like: how to know that a whole column is of one.

A column has a kind only if all its values are of one form. 03/04/2026 is of two forms, day first and month first; a
column that fits both stays text, since nothing in it tells which is meant.

A form takes less than the kind's parse(), which reads what a person means: what a form takes, parse() reads.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

from tables.columns.date import read_date
from tables.columns.datetime import read_moment
from tables.columns.url import Url

# Stands for an empty cell, but only among numbers and dates: in text it may be a name or an answer
MISSING = frozenset({"", "NA", "N/A", "NULL", "null", "NaN", "nan"})
SKIPS_MISSING = frozenset({"number", "currency", "percent", "date", "datetime"})

# "++" gives nothing back once it has matched: half of the time, since what follows never begins with more of the same.
# No leading zeros (article and post codes), no plus (phones), an exponent only with its sign (1E5 is an article code)
UNSIGNED = r"(?:[1-9][0-9]*+|0|[1-9][0-9]{0,2}(?:,[0-9]{3})++)(?:\.[0-9]++)?+"
SYMBOL = "[$€£¥₹₽₩₺₫₴₦฿₪]"

DAY, MONTH, YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "[0-9]{4}"
ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
# A cell holds whole seconds, so a column with fractions that are not zero stays text and loses nothing
CLOCK = r"(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.0+)?)?(?: ?[AaPp][Mm])?)?"
ISO_CLOCK = r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.0{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"

LABEL = "[A-Za-z0-9-]"
EMAIL = rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}+@{LABEL}{{1,60}}+\.(?:{LABEL}{{1,40}}+\.){{0,2}}+[A-Za-z]{{2,20}}+"


@dataclass(frozen=True)
class Form:
    """One way of writing one kind of value."""

    name: str
    kind: str
    one: re.Pattern[str]  # a value
    all: re.Pattern[str]  # values, each with a newline after it: one call for a whole column
    check: Callable[[str], object] | None  # ValueError for what only looks right (31 February)
    format: str  # for a date column, to show its dates as the file does


def _form(kind: str, pattern: str, check: Callable[[str], object] | None = None, format: str = "", name: str = "") -> Form:
    return Form(f"{kind} {name}".strip(), kind, re.compile(pattern), re.compile(rf"(?:(?:{pattern})\n)*+"), check, format)


_DATES = [
    ("year first", f"{YEAR}/{MONTH}/{DAY}", "iso"),
    ("dotted", rf"{DAY}\.{MONTH}\.{YEAR}", "eu"),
    ("day first", f"{DAY}(?:/{MONTH}/|-{MONTH}-){YEAR}", "eu"),
    ("month first", f"{MONTH}(?:/{DAY}/|-{DAY}-){YEAR}", "us"),
    ("named, day first", f"{DAY}[ -][A-Za-z]{{3,9}}[ -]{YEAR}", "long"),
    ("named, month first", f"[A-Za-z]{{3,9}} {DAY},? {YEAR}", "long"),
]

# In the order of preference: what is a date is a date and time as well
FORMS: dict[str, Form] = {
    form.name: form
    for form in [
        _form("number", rf"-?{UNSIGNED}(?:[eE][+-][0-9]{{1,2}})?"),
        _form("currency", rf"-?{SYMBOL} ?{UNSIGNED}|-?{UNSIGNED} ?{SYMBOL}"),
        _form("percent", rf"-?{UNSIGNED} ?%"),
        _form("date", ISO_DATE, date.fromisoformat, "iso", "iso"),
        *(_form("date", pattern, partial(read_date, form=shown), shown, name) for name, pattern, shown in _DATES),
        _form("datetime", ISO_DATE + ISO_CLOCK, datetime.fromisoformat, "iso", "iso"),
        *(
            _form("datetime", pattern + CLOCK, partial(read_moment, form=shown, zone=UTC), shown, name)
            for name, pattern, shown in _DATES
        ),
        _form("email", EMAIL),
        _form("url", r"https?://[^\s\"<>]{1,2000}", partial(Url().parse, options={})),
    ]
}
EITHER_ORDER = [("date day first", "date month first"), ("datetime day first", "datetime month first")]
