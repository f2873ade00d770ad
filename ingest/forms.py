"""The forms in which files write numbers, dates and the like: how to know one, and how to read a date.

A column has a kind only if all its values are of one form. 03/04/2026 is of two forms, day first and month first; a
column that fits both stays text, since nothing in it tells which is meant.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

# Stands for an empty cell, but only among numbers and dates: in text it may be a name or an answer
MISSING = frozenset({"", "NA", "N/A", "NULL", "null", "NaN", "nan"})

# No leading zeros (article and post codes), no plus (phones), an exponent only with its sign (1E5 is an article code)
UNSIGNED = r"(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?)"
NUMBER = rf"-?{UNSIGNED}(?:[eE][+-][0-9]{{1,2}})?"
SYMBOL = "[$€£¥₹₽₩₺₫₴₦฿₪]"
CURRENCY = rf"-?{SYMBOL} ?-?{UNSIGNED}|-?{UNSIGNED} ?{SYMBOL}"

# day, month and year by their named groups; `name` is a month in English letters
ISO = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
YEAR_FIRST = r"(?P<year>[0-9]{4})/(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})"
DOTTED = r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})"
DAY_FIRST = r"(?P<day>[0-9]{1,2})[/-](?P<month>[0-9]{1,2})[/-](?P<year>[0-9]{4})"
MONTH_FIRST = r"(?P<month>[0-9]{1,2})[/-](?P<day>[0-9]{1,2})[/-](?P<year>[0-9]{4})"
NAMED_DAY_FIRST = r"(?P<day>[0-9]{1,2})[ -](?P<name>[A-Za-z]{3,9})\.?[ -](?P<year>[0-9]{4})"
NAMED_MONTH_FIRST = r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>[0-9]{1,2}),? (?P<year>[0-9]{4})"
CLOCK = r"(?:[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.0+)?)?(?: ?(?P<half>[AaPp][Mm]))?)?"
# A cell holds whole seconds, so a column with fractions that are not zero stays text and loses nothing
ISO_CLOCK = r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.0{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"

MONTHS = "january february march april may june july august september october november december".split()


@dataclass(frozen=True)
class Form:
    """One way of writing one kind of value."""

    name: str
    kind: str
    one: re.Pattern[str]  # a value
    all: re.Pattern[str]  # values, each with a newline after it: one call for a whole column
    read: Callable[[str], str] | None = None  # the JSON string; ValueError for what only looks right (31 February)
    format: str = ""  # for a date column, to show its dates as the file does


def _form(name: str, kind: str, pattern: str, read: Callable[[str], str] | None = None, format: str = "") -> Form:
    unnamed = re.sub(r"\?P<[a-z]+>", "?:", pattern)
    return Form(name, kind, re.compile(pattern), re.compile(rf"(?:(?:{unnamed})\n)*+"), read, format)


def _date(name: str, pattern: str, format: str) -> Form:
    one = re.compile(pattern)
    return _form(f"date {name}", "date", pattern, lambda text: _moment(one, text).date().isoformat(), format)


def _datetime(name: str, pattern: str, format: str) -> Form:
    one = re.compile(pattern + CLOCK)
    return _form(f"datetime {name}", "datetime", pattern + CLOCK, lambda text: utc_text(_moment(one, text)), format)


def _moment(pattern: re.Pattern[str], text: str) -> datetime.datetime:
    found = pattern.fullmatch(text)
    if not found:
        raise ValueError(text)
    part = found.groupdict()
    month = _month(part["name"]) if "name" in part else int(part["month"])
    hour = int(part.get("hour") or 0)
    if half := part.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + 12 * (half.lower() == "pm")
    minute, second = int(part.get("minute") or 0), int(part.get("second") or 0)
    return datetime.datetime(int(part["year"]), month, int(part["day"]), hour, minute, second, tzinfo=datetime.UTC)


def _month(name: str) -> int:
    for number, month in enumerate(MONTHS, 1):
        if name.lower() in (month, month[:3], "sept" if number == 9 else month):
            return number
    raise ValueError(name)


def utc_text(moment: datetime.datetime) -> str:
    """A moment as a cell holds it; without a zone it is taken as UTC."""
    if moment.tzinfo is None:
        return moment.isoformat("T", "seconds") + "Z"
    try:
        return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat("T", "seconds") + "Z"
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None


def _iso_date(text: str) -> str:
    datetime.date.fromisoformat(text)
    return text


def _iso_datetime(text: str) -> str:
    return utc_text(datetime.datetime.fromisoformat(text))


_DATES = [
    ("year first", YEAR_FIRST, "iso"),
    ("dotted", DOTTED, "eu"),
    ("day first", DAY_FIRST, "eu"),
    ("month first", MONTH_FIRST, "us"),
    ("named, day first", NAMED_DAY_FIRST, "long"),
    ("named, month first", NAMED_MONTH_FIRST, "long"),
]

# In the order of preference: what is a date is a date and time as well
FORMS: dict[str, Form] = {
    form.name: form
    for form in [
        _form("number", "number", NUMBER),
        _form("currency", "currency", CURRENCY),
        _form("percent", "percent", rf"-?{UNSIGNED} ?%"),
        _form("date iso", "date", ISO, _iso_date, "iso"),
        *(_date(*one) for one in _DATES),
        _form("datetime iso", "datetime", ISO + ISO_CLOCK, _iso_datetime, "iso"),
        *(_datetime(*one) for one in _DATES),
        _form("email", "email", r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
        _form("url", "url", r"https?://[^\s/?#\"<>]+[^\s\"<>]*"),
    ]
}
SKIPS_MISSING = frozenset({"number", "currency", "percent", "date", "datetime"})
EITHER_ORDER = [("date day first", "date month first"), ("datetime day first", "datetime month first")]


def forms_of_dates(kind: str, format: str) -> list[Form]:
    """The forms that a date or datetime column of that format reads; day first only where that is the format."""
    other = "day first" if format == "us" else "month first"
    return [form for form in FORMS.values() if form.kind == kind and form.name != f"{kind} {other}"]
