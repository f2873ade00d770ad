"""Number: a JSON number, read from the forms people write and shown exactly or rounded."""

import math
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any
from unicodedata import category

from psycopg import sql

from tables.columns.base import (
    NO_OPTIONS,
    BadValue,
    Cell,
    Kind,
    Options,
    flag_option,
    foreign,
    holds,
    misfit,
    plain,
    quoted,
    whole_option,
)
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

LONGEST = 420  # characters; a number of 1e308 written out with commas has 411
MOST_DIGITS = 15  # a double keeps every number of 15 significant digits apart; JSON readers use doubles
_SIMPLE = re.compile(r"-?\d{1,15}(?:\.\d{1,14})?", re.ASCII)
_SPACES = "\u0020\u00a0\u2009\u202f"  # what typesetters put between thousands
_GENERAL = re.compile(
    rf"(?=\.?\d)(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,3}}(?:[{_SPACES}]\d{{3}})+|\d*)(?:\.\d*)?(?:[eE][+-]?\d{{1,4}})?", re.ASCII
)
# Above this, and below its inverse, powers of ten are easier to read than a row of zeros.
_LARGE, _SMALL = 10**21, 1e-15
# Between these Python writes a double without an exponent, and all of 15 digits are its own: with more behind the point it
# would show what the double is in truth, 1234567.1000000001.
_PLAIN, _LONG = 1e-4, 1e15
# A part of a shown number, plain: 1,234.5 and 1.5e+22. No date, no telephone number: numbers need not be read for those.
_PART = re.compile(r"-?[0-9,]*(?:\.[0-9]*)?(?:e(?:[+-][0-9]*)?)?|[+-][0-9]*", re.ASCII)
# Any double is below 1e309, so no sum or rounding of cell values needs more digits.
EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
_DIGITS = re.compile(r"[0-9.]+")
_LETTER = re.compile(r"[^\W\d_]")
_SHORTEST_POWER = 18  # characters of a stored number that is shown with a power of ten: 0.0000000000000001
_STEPS = [Decimal(1).scaleb(-n) for n in range(11)]


def read_number(text: str, shift: int = 0) -> int | float:
    """The number a person wrote, times 10 ** shift. Raises BadValue.

    Takes 1,234.5 / 1 234.5 / -5 / (5) / 1e3 / .5; a number is whole (int) or one that a double holds exactly as written.
    """
    # 15 digits at most fit in 16 characters with the point: no digit can be lost on this way.
    if not shift and len(text) <= MOST_DIGITS + 1 and _SIMPLE.fullmatch(text):
        if "." not in text and len(text) <= MOST_DIGITS:
            return int(text)
        if "." in text:
            simple = float(text)
            return int(simple) if simple.is_integer() else simple
    bare = text.strip().replace("\u2212", "-")
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = True, bare[1:-1].strip()
    elif bare[:1] in ("-", "+"):
        negative, bare = bare[0] == "-", bare[1:].lstrip()
    if len(bare) > 400 or not _GENERAL.fullmatch(bare):
        raise BadValue(f"{quoted(text)} is not a number. Write it like 1234.5, 1,234.5, -5 or 1e3.")
    exact = Decimal(re.sub(f"[,{_SPACES}]", "", bare)).scaleb(shift, EXACT)
    return _storable(-exact if negative else exact, text)


def _storable(exact: Decimal, text: str) -> int | float:
    """An int or a float that is the very number. Raises BadValue."""
    if exact == 0:
        return 0
    if not -308 < exact.adjusted() < 308:
        raise BadValue(f"{quoted(text)} is too large or too small a number: at most 1e308, and no closer to 0 than 1e-307.")
    short = exact.normalize(EXACT)
    exponent = short.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= 0:
        if len(short.as_tuple().digits) <= MOST_DIGITS:
            return int(short)
    else:
        number = float(short)
        # Files written by programs hold 16 and 17 digits, which are exact when they are the double's own.
        if Decimal(repr(number)) == short:
            return number
    raise BadValue(f"{quoted(text)} has more than {MOST_DIGITS} significant digits. Use a text column to keep them all.")


def show_exact(value: int | float) -> str:
    """A number with all its digits, in the form an editor starts with."""
    if type(value) is int:
        return str(value) if -_LARGE < value < _LARGE else str(Decimal(value).normalize(EXACT))
    if value and not _SMALL < abs(value) < _LARGE:
        return repr(value)
    return f"{Decimal(repr(value)):f}"


def show_number(value: int | float, decimals: int | None, thousands: bool) -> str:
    """A number as shown: `decimals` None keeps its digits, else it is rounded half up, as people do."""
    if type(value) is int:
        if not -_LARGE < value < _LARGE:
            return show_exact(value)
        digits = f"{value:,}" if thousands else str(value)
        return f"{digits}.{'0' * decimals}" if decimals else digits
    if not -_LARGE < value < _LARGE:
        return repr(value)
    if decimals is None and not (thousands and abs(value) >= 1000):
        return show_exact(value)
    digits = repr(value)
    if decimals is not None and _PLAIN <= abs(value) < _LONG / 10**decimals and _places(digits) <= decimals:
        # Nothing to round: a third of the time of what follows.
        return f"{value:,.{decimals}f}" if thousands else f"{value:.{decimals}f}"
    # Through repr: the double next to 2.675 is a little less, and would round to 2.67.
    return show_decimal(Decimal(digits), decimals, thousands)


def show_column(
    values: Sequence[Any], before: str, decimals: int | None, thousands: bool, other: Callable[[Any], str]
) -> list[str]:
    """Many numbers at once, each with `before` in front; `other` shows what is not of the common sort. Half the time."""
    if decimals is None:
        return ["" if value is None else other(value) for value in values]
    form, most = f"{',' if thousands else ''}.{decimals}f", _LONG / 10**decimals
    return [
        before + format(value, form)
        if type(value) is float and _PLAIN <= value < most and _places(repr(value)) <= decimals
        else ""
        if value is None
        else other(value)
        for value in values
    ]


def _places(digits: str) -> int:
    """How many digits stand behind the point of a double's repr without an exponent."""
    return len(digits) - digits.index(".") - 1


def show_decimal(exact: Decimal, decimals: int | None, thousands: bool) -> str:
    """The same for a number between the extremes, without the noise of doubles."""
    if decimals is not None:
        exact = exact.quantize(_STEPS[decimals], None, EXACT) or _STEPS[decimals] * 0  # never -0.00
    return f"{exact:,f}" if thousands else f"{exact:f}"


def decimals_option(raw: Options, default: int | None) -> int | None:
    """0 to 10, or None for as many as were typed."""
    if raw.get("decimals", default) in (None, ""):
        return None
    return whole_option(raw, "decimals", default or 0, 0, 10)


class Number(Kind):
    key = "number"
    label = "Number"
    icon = "kind-number"
    group = "Numbers"
    family = "number"
    align = "right"
    width = 120

    def options(self, raw: Options) -> dict[str, Any]:
        return {"decimals": decimals_option(raw, None), "thousands": flag_option(raw, "thousands", False)}

    def parse(self, text: str, options: Options) -> int | float | None:
        if not text or text.isspace():
            return None
        refuse_long(text)
        try:
            return read_number(text)
        except BadValue:
            bare = text.strip()
            if bare.endswith("%"):
                return read_number(bare[:-1], shift=-2)
            symbol = next((char for char in bare if category(char) == "Sc"), None)
            if symbol is None:
                raise
            return read_number(without_symbol(bare, symbol))

    def text(self, value: Any, options: Options) -> str:
        if type(value) is int or type(value) is float:
            return show_number(value, options.get("decimals"), options.get("thousands", False))
        return plain(value)

    def html(self, value: Any, options: Options) -> str:
        if type(value) is int or type(value) is float:
            return show_number(value, options.get("decimals"), options.get("thousands", False))
        return misfit(value)

    def htmls(self, values: Sequence[Any], options: Options) -> list[str]:
        return show_column(values, "", options.get("decimals"), options.get("thousands", False), lambda v: self.html(v, options))

    def edit_text(self, value: Any, options: Options) -> str:
        return show_exact(value) if type(value) is int or type(value) is float else plain(value)

    def from_json(self, given: Any, options: Options) -> int | float | None:
        if given is None or isinstance(given, str):
            return self.parse(given or "", options)
        if type(given) is not int and (type(given) is not float or not math.isfinite(given)):
            raise BadValue(f"{foreign(given)} is no number.")
        return self.parse(self.edit_text(given, options), options)

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.numbers(name)

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        return as_numeric(cell)

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        if not could_be_in_number(term):
            return None
        decimals = options.get("decimals")
        shown = shown_sql(cell, decimals, options.get("thousands", False))
        return number_holds(cell, shown, term, folding, could_hold(cell, term, decimals))

    def search_pieces(self, options: Options, term: str) -> None:
        return None  # the document holds texts only


def as_numeric(cell: Cell) -> sql.Composable:
    """A cell that is a number; NULL for any other. The cast to numeric cannot fail, whatever its size, as to doubles it can."""
    return sql.SQL("CASE WHEN jsonb_typeof({0}) = 'number' THEN ({0})::numeric END").format(cell.value)


def could_be_in_number(term: str) -> bool:
    """Whether a plain term could be a part of a number as `show_number` shows it."""
    return _PART.fullmatch(term) is not None


def shown_sql(cell: Cell, decimals: int | None, thousands: bool) -> sql.Composable:
    """A cell that is a number as `show_number` shows it."""
    return sql.SQL("rowan_number(({})::numeric, {}, {})").format(cell.value, sql.Literal(decimals), sql.Literal(thousands))


def number_holds(
    cell: Cell, shown: sql.Composable, term: str, folding: Folding, first: sql.Composable | None = None
) -> sql.Composable:
    """Whether a number's cell, shown so, holds a term; what is no number stands there as it is.

    `first` is a cheaper condition that holds for all of these cells.
    """
    exact = sql.SQL("CASE WHEN jsonb_typeof({}) = 'number' THEN {} ELSE {} END").format(
        cell.value, holds(shown, term), holds(folding.in_sql(cell.text), term)
    )
    return exact if first is None else sql.SQL("({} AND {})").format(first, exact)


def could_hold(cell: Cell, term: str, decimals: int | None) -> sql.Composable | None:
    """What every cell meets that is shown with the term in it; None when the term says too little.

    To show a million numbers costs 0.8 s, to look at their stored texts 0.2: there are the term's digits, but for marks of
    thousands and zeros at the end. Except in numbers that are shown rounded or with a power of ten, and in texts.
    """
    digits = max((_stored(run) for run in _DIGITS.findall(term.replace(",", ""))), key=len, default="")
    if not digits or _LETTER.search(term):
        return None
    patterns = [f"%{digits}%", f"%{'_' * _SHORTEST_POWER}%"]
    if decimals is not None:
        patterns.append(f"%.{'_' * (decimals + 1)}%")
    if "," in term:
        patterns.append("%,%")
    # What is no number may have digits of another script, which folding makes ours.
    return sql.SQL("({0} LIKE ANY ({1}) OR octet_length({0}) <> length({0}))").format(cell.text, sql.Literal(patterns))


def _stored(run: str) -> str:
    """What is stored of digits that are shown: 1054.60 as 1054.6, 5.00 as 5."""
    return run.rstrip("0").removesuffix(".")


def refuse_long(text: str) -> None:
    """Raise BadValue for what is too long to be a number; what follows takes it apart sign by sign."""
    if len(text) > LONGEST:
        raise BadValue(f"{quoted(text)} is not a number: it is too long.")


def without_symbol(text: str, symbol: str) -> str:
    """The text less one currency symbol at an end: $5, -$5, ($5), 5 €."""
    bare, folded = text.strip(), symbol.casefold()
    if bare.startswith("(") and bare.endswith(")"):
        return f"({without_symbol(bare[1:-1], symbol)})"
    if bare[:1] in ("-", "+", "\u2212"):
        rest = without_symbol(bare[1:], symbol)
        # "--5" and "-(5)" have a sign too many.
        return bare[0] + rest if rest[:1] not in ("-", "+", "\u2212", "(") else text
    if bare[: len(symbol)].casefold() == folded:
        return bare[len(symbol) :].strip()
    if bare[-len(symbol) :].casefold() == folded:
        return bare[: -len(symbol)].strip()
    return bare
