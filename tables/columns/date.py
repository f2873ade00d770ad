"""Date: a day of the calendar, stored as YYYY-MM-DD."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import NO_OPTIONS, BadValue, Cell, Kind, Options, choice_option, holds, misfit, plain, quoted
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

FORMATS = ("iso", "eu", "us", "long")  # 2026-12-31, 31.12.2026, 12/31/2026, 31 Dec 2026
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_WRITTEN = 60  # characters: longer texts would cost the patterns below time growing with their square
_MONTH_NAMES = (
    ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"), ("july", "jul"),
    ("august", "aug"), ("september", "sep", "sept"), ("october", "oct"), ("november", "nov"), ("december", "dec"),
)  # fmt: skip
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_MARKS = {"iso": "-", "eu": ".", "us": "/", "long": " "}  # what stands between digits
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]+([a-z]+)\.?[\s,-]+(\d{4})", re.ASCII)
_MONTH_DAY = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s*[\s,]\s*(\d{4})", re.ASCII)


def read_date(text: str, form: str) -> date:
    """The day a person wrote: ISO, the column's own format, or a form that can mean one day only. Raises BadValue."""
    bare = text.strip().lower()
    if len(bare) > MOST_WRITTEN:
        raise BadValue(f"{quoted(text)} is too long for a date. Write it like 2026-12-31.")
    if found := _YEAR_FIRST.fullmatch(bare.upper()):
        return _day(int(found[1]), int(found[3]), int(found[4]), text)
    if found := _YEAR_LAST.fullmatch(bare):
        return _year_last(int(found[1]), found[2], int(found[3]), int(found[4]), form, text)
    if (found := _DAY_MONTH.fullmatch(bare)) and found[2] in _MONTH_NUMBERS:
        return _day(int(found[3]), _MONTH_NUMBERS[found[2]], int(found[1]), text)
    if (found := _MONTH_DAY.fullmatch(bare)) and found[1] in _MONTH_NUMBERS:
        return _day(int(found[3]), _MONTH_NUMBERS[found[1]], int(found[2]), text)
    raise BadValue(f"{quoted(text)} is not a date. Write it like 2026-12-31 or 31 Dec 2026, the year with four digits.")


def _year_last(first: int, mark: str, second: int, year: int, form: str, text: str) -> date:
    """31.12.2026 has the day first wherever it is used; 3/4/2026 is told by the column's format, or not at all."""
    if mark == "." or first == second or form == "eu":
        if form == "eu" and mark != "." and second > 12:
            return _day(year, first, second, text)
        return _day(year, second, first, text)
    if form == "us":
        return _day(year, second, first, text) if first > 12 else _day(year, first, second, text)
    if first > 12:
        return _day(year, second, first, text)
    if second > 12:
        return _day(year, first, second, text)
    raise BadValue(
        f"{quoted(text)} could be {first} {MONTHS[second - 1]} or {second} {MONTHS[first - 1]}. Write it like {year:04}-12-31."
        if first and second
        else f"{quoted(text)} is not a day of the calendar."
    )


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadValue(f"{quoted(text)} is not a day of the calendar.") from None


def show_date(iso: str, form: str) -> str:
    """A stored YYYY-MM-DD in a column's format."""
    if form == "eu":
        return f"{iso[8:10]}.{iso[5:7]}.{iso[:4]}"
    if form == "us":
        return f"{iso[5:7]}/{iso[8:10]}/{iso[:4]}"
    if form == "long":
        return f"{iso[8:10].lstrip('0')} {MONTHS[int(iso[5:7]) - 1]} {iso[:4]}"
    return iso


def is_date(value: Any) -> bool:
    """Whether a stored value is a day in the stored form; fromisoformat alone also takes 20261231 and 2026-W53-4."""
    if type(value) is not str or len(value) != 10 or value[4] != "-" or value[7] != "-":
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


class Date(Kind):
    key = "date"
    label = "Date"
    icon = "kind-date"
    group = "Dates"
    family = "date"
    width = 130

    def options(self, raw: Options) -> dict[str, Any]:
        return {"format": choice_option(raw, "format", FORMATS)}

    def parse(self, text: str, options: Options) -> str | None:
        if not text or text.isspace():
            return None
        return read_date(text, options.get("format", "iso")).isoformat()

    def text(self, value: Any, options: Options) -> str:
        return show_date(value, options.get("format", "iso")) if is_date(value) else plain(value)

    def html(self, value: Any, options: Options) -> str:
        return show_date(value, options.get("format", "iso")) if is_date(value) else misfit(value)

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.dates(name)

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        # ISO text sorts as the days do. A cast to date would depend on settings, so it could not be indexed.
        # By LIKE: a regular expression takes ten times as long.
        return sql.SQL("CASE WHEN {0} LIKE '____-__-__%' THEN left({0}, 20) END COLLATE \"C\"").format(cell.text)

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        form = options.get("format", "iso")
        if not can_hold(term, form):
            return None
        if form == "iso":
            return holds(folding.in_sql(cell.text), term)
        # A value that is no day is shown as it is.
        shown = sql.SQL("CASE WHEN {} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-[0-9]{{2}}$' THEN {} ELSE {} END")
        return holds(shown.format(cell.text, _shown_sql(cell.text, form), folding.in_sql(cell.text)), term)

    def search_pieces(self, options: Options, term: str) -> list[tuple[str, ...]] | None:
        if options.get("format", "iso") == "iso":
            return super().search_pieces(options, term)
        # Day, month and year stand in another order in the document, or not as digits.
        return [tuple(re.findall("[0-9]+", term))]


def can_hold(term: str, form: str, more: str = "", words: Sequence[str] = ()) -> bool:
    """Whether a plain term could stand in a day of this format, beside `more` letters and among other words."""
    if form == "long":
        words = [*words, *(month.lower() for month in MONTHS)]
    rest = re.sub("[a-z]+", lambda found: "" if any(found[0] in word for word in words) else "?", term)
    return set(rest) <= {*"0123456789", _MARKS[form], *more}


def _shown_sql(iso: sql.Composable, form: str) -> sql.Composable:
    """`show_date` of the SQL of a day in the stored form, plain."""
    year, month, day = (sql.SQL("substr({}, {}, {})").format(iso, first, size) for first, size in ((1, 4), (6, 2), (9, 2)))
    if form == "eu":
        return sql.SQL("{} || '.' || {} || '.' || {}").format(day, month, year)
    if form == "us":
        return sql.SQL("{} || '/' || {} || '/' || {}").format(month, day, year)
    names = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(f"{number:02}"), sql.Literal(f" {name.lower()} "))
        for number, name in enumerate(MONTHS, 1)
    )
    return sql.SQL("ltrim({}, '0') || CASE {} {} END || {}").format(day, month, names, year)
