"""Percent: stored as a fraction (12% is 0.12), typed and shown in hundredths."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import Cell, Kind, Options, misfit, plain
from tables.columns.number import (
    EXACT,
    Number,
    could_be_in_number,
    decimals_option,
    number_holds,
    read_number,
    show_decimal,
    show_exact,
    show_number,
)
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch


def _hundredths(value: int | float) -> int | float:
    """100 times a fraction, without the noise of doubles (0.07 * 100 is 7.000000000000001)."""
    if type(value) is int:
        return value * 100
    shifted = Decimal(repr(value)).scaleb(2, EXACT)
    return int(shifted) if shifted == shifted.to_integral_value() else float(shifted)


def _show(value: int | float, decimals: int | None) -> str:
    if type(value) is float and 1e-9 < abs(value) < 1e9:
        shifted = Decimal(repr(value)).scaleb(2)
        return show_decimal(shifted.normalize() if decimals is None else shifted, decimals, False) + "%"
    return show_number(_hundredths(value), decimals, False) + "%"


class Percent(Number):
    key = "percent"
    label = "Percent"
    icon = "kind-percent"

    def options(self, raw: Options) -> dict[str, Any]:
        return {"decimals": decimals_option(raw, None)}

    def parse(self, text: str, options: Options) -> int | float | None:
        """Both 12 and 12% are twelve hundredths."""
        bare = text.strip()
        return read_number(bare.removesuffix("%").rstrip(), shift=-2) if bare else None

    def text(self, value: Any, options: Options) -> str:
        if type(value) is not int and type(value) is not float:
            return plain(value)
        return _show(value, options.get("decimals"))

    def html(self, value: Any, options: Options) -> str:
        if type(value) is int or type(value) is float:
            return _show(value, options.get("decimals"))
        return misfit(value)

    def edit_text(self, value: Any, options: Options) -> str:
        if type(value) is not int and type(value) is not float:
            return plain(value)
        return show_exact(_hundredths(value)) + "%"

    htmls = Kind.htmls  # each by itself: its number is not shown as it is

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.shares()

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        if not could_be_in_number(term.removesuffix("%")):
            return None
        shown = sql.SQL("rowan_number(trim_scale(({})::numeric * 100), {}, false) || '%'")
        return number_holds(cell, shown.format(cell.value, sql.Literal(options.get("decimals"))), term, folding)
