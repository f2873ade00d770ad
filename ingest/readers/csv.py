"""Read CSV and TSV files of any size: the delimiter, quotes, newlines and encoding are found out, memory stays flat.

scan() runs through the file once and cuts it into parts at the ends of records; read() gives the cells of one part,
in any process. Cells are counted in bytes of UTF-8: scanning reads the bytes as Latin-1, in which one byte is one
character, because all that has a meaning in CSV is ASCII.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat, zip_longest
from pathlib import Path
from typing import NoReturn

from ingest.readers.base import BadFile, Batch, Part, column_names, refuse_too_many, shown
from ingest.readers.encoding import find_encoding, has_cr_only, transcode
from ingest.readers.sniff import find_delimiter, has_header, sample_rows
from tables.columns.base import CELL_LIMIT

SAMPLE = 1 << 20  # bytes looked at to find out the format
PART_BYTES = 2 << 20  # about 15,000 rows of 130 bytes; below 1 MB the transactions around a part begin to cost
RECORD_LIMIT = 64 << 20  # bytes of one record: above 500 cells of CELL_LIMIT

# Working sets above the processor's cache cost twice the time: 177 MB in 1.9 s by 256 kB, 2.8 s by 2 MB, 3.8 s by 8 MB
PIECE_BYTES = 256 << 10
PIECE_ROWS = 1_000

# The csv module's limit is one for the process. It counts characters, of which there are never more than bytes.
csv.field_size_limit(CELL_LIMIT)


@dataclass
class CsvFile:
    """A CSV file that has been looked at, ready to be scanned. JSON-friendly: asdict() and CsvFile(**d)."""

    path: str  # of the UTF-8 copy if `copied`
    names: list[str]
    delimiter: str
    encoding: str  # of the original
    header: bool
    start: int  # byte of the first data row
    start_line: int
    copied: bool = False

    def scan(self, part_bytes: int = PART_BYTES) -> Iterator[Part]:
        """Find the parts, checking the structure of every record. Raises BadFile with row, line and column."""
        scanner = Scanner(self, self.start, 1, self.start_line)
        with open(self.path, "rb") as file:
            file.seek(self.start)
            number, pending = 0, b""
            while True:
                data = file.read(max(part_bytes, len(pending)))
                block, pending = pending + data, b""
                if not block:
                    return
                if data:
                    cut = block.rfind(b"\n") + 1
                    block, pending = block[:cut], block[cut:]
                part = scanner.measure(number, block, last=not data)
                if part.rows:
                    yield part
                    number += 1
                pending = block[part.length :] + pending
                if len(pending) > RECORD_LIMIT:
                    scanner.refuse(0, f"is longer than {RECORD_LIMIT >> 20} MB. Is this a CSV file?")

    def read(self, part: Part) -> Iterator[Batch]:
        """The cells of a part, in batches that fit the processor's cache."""
        with open(self.path, "rb") as file:
            file.seek(part.offset)
            text = file.read(part.length).decode()
        batches = _split(text, self.delimiter, len(self.names)) if part.plain else self._parse(text)
        row = part.first_row
        for columns in batches:
            yield Batch(row, columns)
            row += len(columns[0])
        if row != part.first_row + part.rows:
            raise BadFile("The file has changed since it was looked at. Import it again.")

    def _parse(self, text: str) -> Iterator[Sequence[Sequence[str]]]:
        width = len(self.names)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        while rows := list(islice(reader, PIECE_ROWS)):
            full = [row for row in rows if row]
            if not full:
                continue
            # Longer rows have nothing but empty cells at the end, or scan() would have refused them
            columns = list(zip_longest(*full, fillvalue=""))[:width]
            yield columns + [("",) * len(full)] * (width - len(columns))


def _split(text: str, delimiter: str, width: int) -> Iterator[Sequence[Sequence[str]]]:
    at = 0
    while at < len(text):
        cut = text.find("\n", at + PIECE_BYTES) + 1 or len(text)
        piece = text[at:cut].replace("\r\n", "\n").removesuffix("\n")
        cells = piece.replace("\n", delimiter).split(delimiter)
        yield [cells[column::width] for column in range(width)]
        at = cut


class Scanner:
    """Where scan() stands in a file: all that an error message needs to name the place."""

    def __init__(self, file: CsvFile, offset: int, row: int, line: int) -> None:
        self.names = file.names
        self.width = len(file.names)
        self.delimiter = file.delimiter
        self.offset, self.row, self.line = offset, row, line
        # Fed to the parser after a block's last line. It comes back as a record of its own, one cell too wide,
        # unless the block ends inside quotes: then it is swallowed.
        self.end = self.delimiter * self.width + "\0"

    def measure(self, number: int, block: bytes, last: bool) -> Part:
        """The part made of the block's whole records; it is shorter than the block if that ends inside a record."""
        self._check_bytes(block)
        lines = [] if b'"' in block else block.splitlines()
        counts = set(map(bytes.count, lines, repeat(self.delimiter.encode())))
        if counts == {self.width - 1} and all(lines) and max(map(len, lines)) <= CELL_LIMIT and not _has_lone_cr(block):
            return self._part(number, len(block), len(lines), len(lines), plain=True)
        return self._parse(number, block, last)

    def _parse(self, number: int, block: bytes, last: bool) -> Part:
        text = block.decode("latin-1")
        reader = csv.reader(chain(io.StringIO(text, newline=""), (self.end,)), delimiter=self.delimiter)
        rows = blank = done = before = 0
        try:
            for record in reader:
                before, done = done, reader.line_num
                if len(record) == self.width:
                    rows += 1
                elif not record:
                    blank += 1
                elif len(record) < self.width:
                    rows += 1
                elif self.end.endswith(record[-1][-1:]) and record[-1].endswith("\0"):
                    if len(record) == self.width + 1 and record[-1] == "\0" and not any(record):
                        pass
                    break
                else:
                    rows += 1
        except csv.Error:
            pass
        return self._part(number, len(block), rows, done, plain=False)
