"""What a column kind is: how one kind of cell is read, stored, shown, sampled and sorted.

A kind is one file in this folder and one line in `tables/columns/__init__.py`. It holds no state: the
column's own settings come in as `options`, the dict stored in `Column.options`.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from psycopg import sql

if TYPE_CHECKING:
    from tables.samples import Batch

# A cell's value as it stands in the row's JSON document. An absent key is an empty cell, so None is never stored.
Value = str | int | float | bool | list[str]
Options = Mapping[str, Any]

CELL_LIMIT = 100_000  # bytes of UTF-8 in one cell; above it editing, indexing and painting all suffer


class BadValue(ValueError):
    """A person's text does not fit the column; the message is a sentence for that person."""


class BadOptions(ValueError):
    """A column's options do not fit its kind; the message is a sentence for a person."""


class Kind:
    """One kind of column. Subclasses override what differs from plain text."""

    key: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]  # id of a <symbol> in templates/icons.svg
    group: ClassVar[str] = "Basics"  # heading in the kind picker
    writable: ClassVar[bool] = True  # False: the value comes from the row itself (auto number, created time)
    align: ClassVar[str] = "left"  # or "right", as numbers are
    width: ClassVar[int] = 180  # px of a new column

    def options(self, raw: Options) -> dict[str, Any]:
        """Check and complete options as they come from a form or the API. Raises BadOptions."""
        return {}

    def parse(self, text: str, options: Options) -> Value | None:
        """Read what a person typed or a file holds; None is an empty cell. Raises BadValue with a sentence."""
        return checked_text(text) or None

    def text(self, value: Any, options: Options) -> str:
        """Show a stored value as text, as copied and exported. parse(text(v)) == v."""
        return str(value)

    def html(self, value: Any, options: Options) -> str:
        """Show a stored value as the inside of a cell: escaped HTML, no style attribute. A hot path: 1,000 calls a window."""
        return escape(self.text(value, options))

    def edit_text(self, value: Any, options: Options) -> str:
        """The text an editor starts with; the shown text unless that loses something."""
        return self.text(value, options)

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        """`batch.size` realistic values as JSON texts ("" is an empty cell), fitting the column's name."""
        return [json.dumps(str(n)) for n in range(batch.size)]

    def sort_sql(self, column: sql.Composable) -> sql.Composable:
        """The expression to sort by, over `column`: the SQL of the cell's jsonb value. NULL is empty and sorts last."""
        return sql.SQL('lower({} #>> \'{{}}\') COLLATE "C"').format(column)


def checked_text(text: str) -> str:
    """The text itself if PostgreSQL can store it and it is not too long. Raises BadValue."""
    if "\x00" in text:
        raise BadValue("Text cannot hold a NUL character.")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadValue("Text holds half of a character (a lone surrogate).") from None
    if size > CELL_LIMIT:
        raise BadValue(f"Text of {size:,} bytes is too long: a cell holds at most {CELL_LIMIT:,} bytes.")
    return text
