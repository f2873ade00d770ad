"""What a reader of a file format gives: columns, parts that processes share out, and batches of cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from tables.models import MAX_COLUMNS
from tables.schema import NAME_LENGTH, free_name


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
    plain: bool  # quotes around whole cells only, every row full, no blank line: may be cut by str.split


@dataclass(frozen=True)
class Batch:
    """Some rows' cells by column: columns[c][r] is the text of row `first_row` + r."""

    first_row: int
    columns: Sequence[Sequence[str]]

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0


class Source(Protocol):
    """A file of one table, looked at and ready to be scanned. JSON-friendly: a dataclass, by asdict() and Source(**d)."""

    path: str  # of what is read: the file itself, or a copy of it
    copied: bool
    names: list[str]

    @property
    def decimal_commas(self) -> bool:
        """Whether a comma in a number may be a decimal one: then nothing with a comma is taken for a number."""

    @classmethod
    def open(cls, path: Path, folder: Path, header: bool | None) -> Self:
        """Look at a file; a copy, if one is needed, goes into `folder`. Raises BadFile.

        `header` says whether the first row names the columns; None finds out.
        """

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
        name = free_name(" ".join(cell.split())[:NAME_LENGTH] or f"Column {number}", taken)
        taken.add(name.casefold())
        names.append(name)
    return names


def refuse_too_many(header: Sequence[str]) -> None:
    """Raise BadFile when a table cannot have that many columns."""
    if len(header) > MAX_COLUMNS:
        first = header[MAX_COLUMNS].strip()[:NAME_LENGTH] or "without a name"
        raise BadFile(
            f"The file has {len(header):,} columns; a table holds at most {MAX_COLUMNS}."
            f" The first beyond is column {MAX_COLUMNS + 1}, “{first}”."
        )


def shown(text: str, limit: int = 40) -> str:
    """A value as an error message quotes it."""
    return f"“{text if len(text) <= limit else text[:limit] + '…'}”"
