"""Rating: one to ten stars."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import BadValue, Cell, Kind, Options, holds, misfit, plain, quoted, whole_option
from tables.columns.number import Number, could_be_in_number, read_number
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

DEFAULT_MAX = 5
_WRITTEN = re.compile(r"(\d{1,3})(?:\s*(?:/|of)\s*\d{1,3})?", re.ASCII)


@lru_cache(maxsize=128)
def _stars(value: int, most: int) -> str:
    rest = f'<span class="dim">{"★" * (most - value)}</span>' if value < most else ""
    return f'<span class="stars" role="img" aria-label="{value} of {most}">{"★" * value}{rest}</span>'


class Rating(Number):
    key = "rating"
    label = "Rating"
    icon = "kind-rating"
    align = "left"

    def options(self, raw: Options) -> dict[str, Any]:
        return {"max": whole_option(raw, "max", DEFAULT_MAX, 1, 10)}

    def parse(self, text: str, options: Options) -> int | None:
        """3, 3/5, 3 of 5 or ★★★; 0 is no rating."""
        bare, most = text.strip(), options.get("max", DEFAULT_MAX)
        if not bare:
            return None
        written = _WRITTEN.fullmatch(bare)
        if not written and bare.strip("★☆"):
            raise BadValue(f"{quoted(text)} is not a rating. Write a whole number from 1 to {most}.")
        stars = int(written[1]) if written else bare.count("★")
        if stars > most:
            raise BadValue(f"{quoted(text)} is more than this column's {most} stars.")
        return stars or None

    def compared(self, text: str, options: Options) -> int | float | None:
        """Any number: nothing is wrong with asking for more than 4.5 stars, or for less than 6 of 5."""
        try:
            return self.parse(text, options) or read_number(text)
        except BadValue:
            return read_number(text)

    def text(self, value: Any, options: Options) -> str:
        return plain(value)

    def edit_text(self, value: Any, options: Options) -> str:
        return plain(value)

    def html(self, value: Any, options: Options) -> str:
        most = options.get("max", DEFAULT_MAX)
        if type(value) is int and 1 <= value <= most:
            return _stars(value, most)
        return misfit(value, f"This is not a rating from 1 to {most}")

    htmls = Kind.htmls  # each by itself: its number is not shown as it is

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.stars(options.get("max", DEFAULT_MAX))

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        return holds(folding.in_sql(cell.text), term) if could_be_in_number(term) else None
