"""What a reader of a file format gives: columns, parts that processes share out, and batches of cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

MAX_COLUMNS = 500
NAME_LIMIT = 200  # characters of a column's name


class BadFile(ValueError):
    """The file cannot be read; the message is a sentence for a person, with row and column."""


@dataclass(frozen=True)
class Part:
    """A piece of a file that one process reads on its own. JSON-friendly: asdict() and Part(**d)."""

    number: int
    offset: int  # bytes
    length: int  # bytes
    first_row: int  # data rows count from 1
    rows: int
    first_line: int  # lines count from 1, the header's included
    plain: bool  # no quotes, every row full, no blank line: may be cut by str.split


@dataclass(frozen=True)
class Batch:
    """Some rows' cells by column: columns[c][r] is the text of row `first_row` + r."""

    first_row: int
    columns: Sequence[Sequence[str]]

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0


class Source(Protocol):
    """A file of one table."""

    names: list[str]

    def scan(self) -> Iterator[Part]:
        """Find the parts, checking the file's structure. Raises BadFile."""

    def read(self, part: Part) -> Iterator[Batch]:
        """The cells of a part that scan() found."""


def column_names(header: Sequence[str]) -> list[str]:
    """Make the header's cells usable as column names: none empty, none twice (without case), none too long."""
    refuse_too_many(header)
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(header, 1):
        base = " ".join(cell.split())[:NAME_LIMIT] or f"Column {number}"
        name, copy = base, 2
        while name.casefold() in taken:
            suffix = f" {copy}"
            name, copy = base[: NAME_LIMIT - len(suffix)] + suffix, copy + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def refuse_too_many(header: Sequence[str]) -> None:
    """Raise BadFile when a table cannot have that many columns."""
    if len(header) > MAX_COLUMNS:
        first = header[MAX_COLUMNS].strip()[:NAME_LIMIT] or "without a name"
        raise BadFile(
            f"The file has {len(header):,} columns; a table holds at most {MAX_COLUMNS}."
            f" The first beyond is column {MAX_COLUMNS + 1}, “{first}”."
        )


def shown(text: str, limit: int = 40) -> str:
    """A value as an error message quotes it."""
    return f"“{text if len(text) <= limit else text[:limit] + '…'}”"
