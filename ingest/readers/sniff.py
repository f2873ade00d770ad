"""Guess the delimiter of a CSV file and whether its first row is a header, from a sample of its rows."""

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from ingest.infer import guess_columns

# In the order of preference when two fit alike: a comma that is in every row may be a decimal comma
DELIMITERS = "\t;|,"
SAMPLE_ROWS = 500
DATA_KINDS = frozenset({"number", "currency", "percent", "checkbox", "date", "datetime", "email", "url"})


def find_delimiter(sample: str) -> str:
    """The delimiter that cuts the sample into rows most alike; a comma when there is none."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        rows = sample_rows(sample, delimiter)
        if not rows or len(rows[0]) < 2:
            continue
        score = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def sample_rows(sample: str, delimiter: str) -> list[list[str]]:
    """The first rows that are not blank, as far as they can be read."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    with suppress(csv.Error):  # a cell over the limit: scan() will name it
        rows.extend(row for row in islice(reader, SAMPLE_ROWS) if row)
    return rows


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns instead of being data like the rows below.

    Each column whose cells below are all of one data kind votes: against a header when the top cell is of that kind
    too. Where all is text, a top cell that comes again below it speaks against a header; in doubt it is one.
    """
    top, below = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    tops = [guess.kind for guess in guess_columns([[cell] for cell in top])]
    if not below:
        return not any(kind in DATA_KINDS for kind in tops)
    columns = list(zip(*below, strict=True))
    kinds = [guess.kind for guess in guess_columns(columns)]
    votes = [kind != top_kind for kind, top_kind, cell in zip(kinds, tops, top, strict=True) if kind in DATA_KINDS and cell]
    if votes:
        return sum(votes) * 2 > len(votes)
    if any(kind in DATA_KINDS for kind in tops):
        return False
    return not any(cell and cell in column for cell, column in zip(top, columns, strict=True))
