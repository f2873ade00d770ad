"""What a column kind is: how one kind of cell is read, stored, shown, sampled and sorted.

A kind is one file in this folder and one line in `tables/columns/__init__.py`. It holds no state: the
column's own settings come in as `options`, the dict stored in `Column.options`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from psycopg import sql

from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

# A cell's value as it stands in the row's JSON document. An absent key is an empty cell, so None is never stored.
Value = str | int | float | bool | list[str]
Options = Mapping[str, Any]
NO_OPTIONS: Options = MappingProxyType({})

CELL_LIMIT = 100_000  # bytes of UTF-8 in one cell; above it editing, indexing and painting all suffer
SHOWN_LIMIT = 300  # characters of one cell in the grid: 100 cells of 100 kB would make a window of 10 MB
_ESCAPED = re.compile(r'["\\\x00-\x1f]+')
MISFIT = '<span class="bad"'  # how the HTML of a value that does not fit begins; a person's own text is escaped
SORT_PREFIX = 300  # characters: 1,200 bytes at most, below the 2,704 that an index entry of PostgreSQL can hold


class BadValue(ValueError):
    """A person's text does not fit the column; the message is a sentence for that person."""


class BadOptions(ValueError):
    """A column's options do not fit its kind; the message is a sentence for a person."""


class Cell(NamedTuple):
    """A column's cell in SQL: its jsonb value, and the same as text, which is read at half the cost of `value #>> '{}'`."""

    value: sql.Composable
    text: sql.Composable


def cell_at(key: int) -> Cell:
    """The cell of the column with this key, over tables_row."""
    literal = sql.Literal(str(key))
    return Cell(sql.SQL("(data -> {})").format(literal), sql.SQL("(data ->> {})").format(literal))


def folded_beginning(cell: Cell) -> sql.Composable:
    """What texts are sorted by."""
    return sql.SQL("rowan_fold(left({}, {}))").format(cell.text, sql.Literal(SORT_PREFIX))


class Kind:
    """One kind of column. Subclasses override what differs from plain text."""

    key: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]  # id of a <symbol> in static/icons.svg
    group: ClassVar[str] = "Basics"  # heading in the kind picker
    writable: ClassVar[bool] = True  # False: the value comes from the row itself (auto number, created time)
    row_field: ClassVar[str | None] = None  # ... and this attribute of the row holds it
    family: ClassVar[str] = "text"  # which filters it has (tables/query/operators)
    align: ClassVar[str] = "left"  # or "right", as numbers are
    width: ClassVar[int] = 180  # px of a new column

    def options(self, raw: Options) -> dict[str, Any]:
        """Check and complete options as they come from a form or the API. Raises BadOptions."""
        return {}

    def parse(self, text: str, options: Options) -> Value | None:
        """Read what a person typed or a file holds; None is an empty cell. Raises BadValue with a sentence."""
        return checked_text(text) or None

    def compared(self, text: str, options: Options) -> Value | None:
        """Read what a filter compares cells with: as `parse` does, but also for kinds that nobody writes. Raises BadValue."""
        return self.parse(text, options)

    def text(self, value: Any, options: Options) -> str:
        """Show a stored value as text, as copied and exported. parse(text(v)) == v, unless the options round v."""
        return plain(value)

    def html(self, value: Any, options: Options) -> str:
        """Show a stored value as the inside of a cell: escaped HTML, no style attribute. A hot path: up to 1,000 calls a window.

        Never raises: a value that another kind left behind is shown by `misfit`.
        """
        return escape(cut(self.text(value, options)))

    def htmls(self, values: Sequence[Any], options: Options) -> list[str]:
        """`html` of a column of a window at once, "" for an empty cell (None), so that a kind can work on all of it together."""
        return ["" if value is None else self.html(value, options) for value in values]

    def full_html(self, value: Any, options: Options) -> str:
        """The same for the row's own page, where nothing is cut. Line breaks stay as they are (white-space: pre-wrap)."""
        return self.html(value, options)

    def edit_text(self, value: Any, options: Options) -> str:
        """The text an editor starts with: parse(edit_text(v)) == v, always."""
        return self.text(value, options)

    def to_json(self, value: Any, options: Options) -> Any:
        """A stored value as programs read it, in JSON. from_json(to_json(v)) == v, where v fits the kind."""
        return value

    def from_json(self, given: Any, options: Options) -> Value | None:
        """Read what a program gives, from JSON: null, the text a person would type, or what `to_json` gives. Raises BadValue."""
        if given is None:
            return None
        if not isinstance(given, str):
            raise BadValue(f"{foreign(given)} is no text. Give a text, in quotes.")
        return self.parse(given, options)

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        """`batch.size` realistic values as JSON texts ("" is an empty cell), fitting the column's name."""
        return [json.dumps(str(n)) for n in range(batch.size)]

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        """The expression to sort by. NULL is empty and sorts last.

        Immutable, so that it can be indexed, and never fails on a value of another kind. A kind with a `row_field`
        sorts by that field and leaves the cell out. Filters of texts, numbers and times ask for the same where a learned
        index has it (tables/query/operators), and a projection holds it (tables/projections.py).
        """
        return folded_beginning(cell)

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        """Whether the cell's text, as `text` shows it in a time zone, holds a term, both folded so; None: no cell's ever does.

        A value of another kind is found only by what could be in one of this kind: a number column is not read for words.
        """
        return holds(folding.in_sql(cell.text), term)

    def search_pieces(self, options: Options, term: str) -> list[tuple[str, ...]] | None:
        """What `rowan_document` of a row holds when this cell is found: all pieces of at least one of these.

        None: the document does not tell, as where a number is shown rounded. See tables/query/search.py.
        """
        return [document_pieces(term)]


def document_pieces(term: str) -> tuple[str, ...]:
    """A plain term as a document holds it: in pieces, as JSON writes quotes, backslashes and line breaks in its own way."""
    return tuple(filter(None, _ESCAPED.split(term)))


def holds(text: sql.Composable, term: str) -> sql.Composable:
    """Whether a text holds a term, letter by letter."""
    return sql.SQL("strpos({}, {}) > 0").format(text, sql.Literal(term))


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


def quoted(text: str) -> str:
    """What a person typed, short enough to stand in a sentence about it."""
    shown = text if len(text) <= 40 else text[:40] + "…"
    return f"“{shown}”"


def cut(text: str) -> str:
    """The part of a text that a cell of the grid shows."""
    return text if len(text) <= SHOWN_LIMIT else text[:SHOWN_LIMIT] + "…"


def plain(value: Any) -> str:
    """Any JSON value as text for people; whole texts as they are, lists with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    return json.dumps(value, ensure_ascii=False, default=str)


def foreign(given: Any) -> str:
    """What a program gave, from JSON, as the beginning of a sentence about it."""
    if isinstance(given, (list, dict)):  # as deep as anybody likes
        return "A list" if isinstance(given, list) else "An object"
    return quoted(plain(given))


def misfit(value: Any, why: str = "This value does not fit the column's kind") -> str:
    """A value that its kind cannot show, left behind by a change of kind: visible, escaped and marked."""
    return f'{MISFIT} title="{escape(why)}">{escape(cut(plain(value)))}</span>'


def whole_option(raw: Options, name: str, default: int, least: int, most: int) -> int:
    """A whole number among the options, as a number or as a form's text. Raises BadOptions."""
    given = raw.get(name, default)
    try:
        number = int(given) if isinstance(given, (int, str)) and not isinstance(given, bool) else None
    except ValueError:
        number = None
    if number is None or not least <= number <= most:
        raise BadOptions(f"{name.capitalize()} must be a whole number from {least} to {most}, not {quoted(plain(given))}.")
    return number


def flag_option(raw: Options, name: str, default: bool) -> bool:
    """A yes or no among the options, as a boolean or as a form's text. Raises BadOptions."""
    given = raw.get(name, default)
    if isinstance(given, bool):
        return given
    word = plain(given).strip().lower()
    if word in ("true", "on", "yes", "1"):
        return True
    if word in ("", "false", "off", "no", "0", "null"):
        return False
    raise BadOptions(f"{name.capitalize()} must be yes or no, not {quoted(plain(given))}.")


def choice_option(raw: Options, name: str, choices: Sequence[str]) -> str:
    """One of a few words among the options; the first is the default. Raises BadOptions."""
    given = raw.get(name, choices[0])
    if given not in choices:
        raise BadOptions(f"{name.capitalize()} must be one of {', '.join(choices)}, not {quoted(plain(given))}.")
    return str(given)
