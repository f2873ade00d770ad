"""Currency: a number with the column's currency symbol."""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any
from unicodedata import category

from psycopg import sql

from tables.columns.base import BadOptions, BadValue, Cell, Options, flag_option, misfit, plain, quoted
from tables.columns.number import (
    Number,
    could_be_in_number,
    could_hold,
    decimals_option,
    number_holds,
    read_number,
    refuse_long,
    show_column,
    show_number,
    shown_sql,
    without_symbol,
)
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

MOST_SYMBOL = 5
_escaped = lru_cache(maxsize=256)(escape)  # a third of the cost of a cell


def _with_symbol(value: int | float, options: Options, symbol: str) -> str:
    shown = show_number(value, options.get("decimals", 2), options.get("thousands", True))
    before = _before(symbol)
    return f"-{before}{shown[1:]}" if shown[0] == "-" else f"{before}{shown}"


def _before(symbol: str) -> str:
    """What stands before a number: letters keep a distance from it."""
    return f"{symbol}\u00a0" if symbol[-1].isalpha() or symbol[-1] == "." else symbol


_DIGIT = re.compile(r"[0-9.,]")  # in a symbol: kr.


class Currency(Number):
    key = "currency"
    label = "Currency"
    icon = "kind-currency"

    def options(self, raw: Options) -> dict[str, Any]:
        symbol = plain(raw.get("symbol", "$")).strip()
        if not symbol or len(symbol) > MOST_SYMBOL:
            raise BadOptions(f"A currency symbol has 1 to {MOST_SYMBOL} characters, like $ or CHF.")
        if not all(category(char) in ("Sc", "Lu", "Ll", "Lo") or char in "./" for char in symbol) or symbol[0] == ".":
            raise BadOptions(f"{quoted(symbol)} cannot be a currency symbol: use currency signs and letters only.")
        return {
            "symbol": symbol,
            "decimals": decimals_option(raw, 2),
            "thousands": flag_option(raw, "thousands", True),
        }

    def parse(self, text: str, options: Options) -> int | float | None:
        if not text or text.isspace():
            return None
        refuse_long(text)
        symbol = options.get("symbol", "$")
        bare = without_symbol(text, symbol)
        other = next((char for char in bare if category(char) == "Sc" and char not in symbol), None)
        if other:
            raise BadValue(f"{quoted(text)} is in another currency: this column is in {symbol}.")
        return read_number(bare)

    def text(self, value: Any, options: Options) -> str:
        if type(value) is int or type(value) is float:
            return _with_symbol(value, options, options.get("symbol", "$"))
        return plain(value)

    def html(self, value: Any, options: Options) -> str:
        if type(value) is int or type(value) is float:
            return _with_symbol(value, options, _escaped(options.get("symbol", "$")))
        return misfit(value)

    def htmls(self, values: Sequence[Any], options: Options) -> list[str]:
        before = _escaped(_before(options.get("symbol", "$")))
        decimals, thousands = options.get("decimals", 2), options.get("thousands", True)
        return show_column(values, before, decimals, thousands, lambda value: self.html(value, options))

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.money(name)

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        before = folding.text(_before(options.get("symbol", "$")))
        if not could_be_in_number(term) and not could_be_in_number(re.sub(f"[{re.escape(before)}]", "", term)):
            return None
        decimals = options.get("decimals", 2)
        shown = shown_sql(cell, decimals, options.get("thousands", True))
        if not set(term).isdisjoint(before + "-"):  # else the term lies behind the symbol, and half the time is saved
            shown = sql.SQL("regexp_replace({}, '^-?', {})").format(shown, sql.Literal("\\&" + before.replace("\\", "\\\\")))
        first = None if _DIGIT.search(before) else could_hold(cell, term, decimals)
        return number_holds(cell, shown, term, folding, first)
