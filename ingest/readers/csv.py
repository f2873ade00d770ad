"""Read CSV and TSV files of any size: the delimiter, quotes, newlines and encoding are found out, memory stays flat.

scan() runs through the file once and cuts it into parts at the ends of records; read() gives the cells of one part,
in any process. Cells are counted in bytes of UTF-8: scanning reads the bytes as Latin-1, in which one byte is one
character, because all that has a meaning in CSV is ASCII.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat, zip_longest
from pathlib import Path
from typing import NoReturn

from ingest.readers.base import BadFile, Batch, Part, column_names, refuse_too_many, shown
from ingest.readers.cells import split, take_out
from ingest.readers.encoding import find_encoding, has_cr_only, transcode
from ingest.readers.sniff import find_delimiter, has_header, sample_rows
from tables.columns.base import CELL_LIMIT

SAMPLE = 1 << 20  # bytes looked at to find out the format
PART_BYTES = 2 << 20  # about 15,000 rows of 130 bytes; below 1 MB the transactions around a part begin to cost
RECORD_LIMIT = 16 << 20  # bytes of one record, which is held in memory several times over
PIECE_ROWS = 1_000  # of a batch, as in cells.py: working sets above the processor's cache cost twice the time

SEP_LINE = re.compile(rb"(?i)sep=([\t -!#-~])\r?\n")  # Excel's own way to name the delimiter

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

    @classmethod
    def open(cls, path: Path, folder: Path, header: bool | None = None) -> "CsvFile":
        """Look at a CSV file; a UTF-8 copy of any other encoding is written into `folder`. Raises BadFile.

        `header` says whether the first row names the columns; None finds out.
        """
        encoding = find_encoding(path)
        copied = encoding not in ("utf-8", "utf-8-sig") or has_cr_only(path)
        file = transcode(path, encoding, folder) if copied else path
        try:
            opened = _look(file, encoding, header)
        except BadFile:
            if copied:
                file.unlink()
            raise
        opened.copied = copied
        return opened

    @property
    def decimal_commas(self) -> bool:
        """In a file cut at semicolons a comma may be a decimal one."""
        return self.delimiter == ";"

    def scan(self, part_bytes: int = PART_BYTES) -> Iterator[Part]:
        """Find the parts, checking the structure of every record. Raises BadFile with row, line and column."""
        scanner = Scanner(self)
        with open(self.path, "rb") as file:
            file.seek(self.start)
            pending = b""
            while True:
                data = file.read(max(part_bytes, len(pending)))
                block, rest = pending + data, b""
                if not block:
                    return
                if data:
                    cut = block.rfind(b"\n") + 1
                    block, rest = block[:cut], block[cut:]
                part = scanner.next_part(block, last=not data)
                if part.rows:
                    yield part
                pending = block[part.length :] + rest
                if len(pending) > RECORD_LIMIT:
                    scanner.refuse(f"The row is longer than {RECORD_LIMIT >> 20} MB. Is this a CSV file?")

    def read(self, part: Part) -> Iterator[Batch]:
        """The cells of a part, in batches that fit the processor's cache."""
        with open(self.path, "rb") as file:
            file.seek(part.offset)
            records = file.read(part.length)
        batches = split(records, self.delimiter, len(self.names)) if part.plain else self._parse(records.decode())
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
            # Cut before they are turned: a row of 100,000 empty cells would make as many columns.
            full = [row[:width] for row in rows if row]
            if not full:
                continue
            # Longer rows have nothing but empty cells at the end, or scan() would have refused them
            columns = list(zip_longest(*full, fillvalue=""))[:width]
            yield columns + [("",) * len(full)] * (width - len(columns))


class Scanner:
    """Where scan() stands in a file: all that finding the next part, and naming a fault's place, needs."""

    def __init__(self, file: CsvFile) -> None:
        self.names = file.names
        self.width = len(file.names)
        self.delimiter = file.delimiter
        self.number, self.offset, self.row, self.line = 0, file.start, 1, file.start_line
        # Fed to the parser after a block's last line. It comes back as a record of its own, one cell too wide,
        # unless the block ends inside quotes: then it is swallowed. A file has no NUL, so it cannot be mistaken.
        self.end = self.delimiter * self.width + "\0"

    def next_part(self, block: bytes, last: bool) -> Part:
        """The part made of the block's whole records; it is shorter than the block if that ends inside a record."""
        self._check_bytes(block)
        lines = self._plain_lines(block)
        plain = lines is not None
        length, rows, line_count = (len(block), *lines) if lines else self._parse(block, last)
        part = Part(self.number, self.offset, length, self.row, rows, plain)
        self.number += bool(rows)
        self.offset, self.row, self.line = self.offset + length, self.row + rows, self.line + line_count
        return part

    def _plain_lines(self, block: bytes) -> tuple[int, int] | None:
        """The rows and lines of a block that split() can cut: every row full, no blank line, quotes around whole cells."""
        taken = take_out(block, self.delimiter)
        if taken is None:
            return None
        rest, quoted = taken
        rows = rest.splitlines()
        if set(map(bytes.count, rows, repeat(self.delimiter.encode()))) != {self.width - 1} or not all(rows) or _lone_cr(rest):
            return None
        if max(map(len, chain(rows, quoted))) > CELL_LIMIT:
            return None
        return len(rows), len(rows) + sum(map(bytes.count, quoted, repeat(b"\n")))

    def _parse(self, block: bytes, last: bool) -> tuple[int, int, int]:
        """The bytes, rows and lines of the block's whole records."""
        text = block.decode("latin-1")
        reader = csv.reader(chain(io.StringIO(text, newline=""), (self.end,)), delimiter=self.delimiter)
        rows = start = end = 0  # lines where the latest record starts and ends
        record: list[str] = []
        try:
            for record in reader:
                start, end = end, reader.line_num
                if len(record) == self.width:
                    rows += 1
                elif record:
                    if "\0" in record[-1]:
                        break
                    self._check_width(record, rows, start)
                    rows += 1
        except csv.Error:
            self._check_long_cell(text, rows, end)
            start, record = end, []  # only with `self.end` swallowed was the open cell too long
        if record and record[-1] == "\0":
            return len(block), rows, start
        if len(record) == self.width:
            rows -= 1  # the open record was taken for a whole one
        if last:
            self.refuse("A quote is opened here and never closed.", rows, start, len(record))
        return sum(map(len, islice(io.StringIO(text, newline=""), start))), rows, start

    def _check_width(self, record: list[str], rows: int, lines: int) -> None:
        extra = next((cell for cell in record[self.width :] if cell), "")
        if extra:
            self.refuse(
                f"It has {len(record):,} cells, but the table has {self.width:,} {'column' if self.width == 1 else 'columns'}."
                f" The first too many holds {shown(_utf8(extra))}. A cell with the separator inside must stand in quotes.",
                rows,
                lines,
            )

    def _check_long_cell(self, text: str, rows: int, lines: int) -> None:
        record = text[sum(map(len, islice(io.StringIO(text, newline=""), lines))) :]
        other = f"[^{re.escape(self.delimiter)}\\r\\n]*+"
        cells = re.finditer(rf'(?:"[^"]*+(?:""[^"]*+)*+(?:"{other})?|{other})(?:{re.escape(self.delimiter)}|\r\n?|\n|\Z)', record)
        for column, found in enumerate(cells, 1):
            quoted = found[0].startswith('"')
            if len(found[0]) - found[0].count('""') - (2 * quoted) > CELL_LIMIT:
                hint = " If it should not, the quote it starts with is never closed." if quoted else ""
                self.refuse(f"The cell holds more than {CELL_LIMIT:,} bytes.{hint}", rows, lines, column)

    def _check_bytes(self, block: bytes) -> None:
        """Refuse what PostgreSQL cannot store."""
        if block.isascii() and b"\0" not in block:
            return
        try:
            text = block.decode()
            nul = text.find("\0")
            if nul < 0:
                return
            at, problem = len(text[:nul].encode()), "There is a NUL character, which a cell cannot hold."
        except UnicodeDecodeError as error:
            at = error.start
            problem = (
                f"The bytes here are not UTF-8 (byte {self.offset + at + 1:,} of the file, 0x{block[at]:02x})."
                " Save the file as UTF-8 and try again."
            )
        try:
            before = [record for record in csv.reader(_lines(block[:at] + b"x"), delimiter=self.delimiter) if record]
        except csv.Error:
            self._parse(block[:at], last=True)  # names the cell that is too long, which comes before
            raise
        self.refuse(problem, len(before) - 1, block.count(b"\n", 0, at), len(before[-1]))

    def refuse(self, problem: str, rows: int = 0, lines: int = 0, column: int = 0) -> NoReturn:
        """Raise BadFile for the place that many rows and lines further on; columns count from 1, 0 is none."""
        place = f"Row {self.row + rows:,} (line {self.line + lines:,})"
        if column:
            place += f", column {shown(self.names[column - 1]) if column <= self.width else format(column, ',')}"
        raise BadFile(f"{place}: {problem}")


def _lines(data: bytes) -> io.StringIO:
    return io.StringIO(data.decode("latin-1"), newline="")


def _lone_cr(block: bytes) -> bool:
    return b"\r" in block and block.count(b"\r") != block.count(b"\r\n")


def _utf8(latin_1: str) -> str:
    return latin_1.encode("latin-1").decode("utf-8", "replace")


def _look(path: Path, encoding: str, header: bool | None) -> CsvFile:
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    start = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
    line = 1
    told = SEP_LINE.match(sample, start)
    if told:
        start, line = told.end(), 2
    text = sample[start:].decode("utf-8", "replace")
    delimiter = told[1].decode() if told else find_delimiter(text)
    first, length, lines = _first_record(sample[start:], delimiter)
    names = [_utf8(cell) for cell in first]
    refuse_too_many(names)
    if header is None:
        header = has_header(sample_rows(text, delimiter))
    if not header:
        return CsvFile(str(path), column_names([""] * len(names)), delimiter, encoding, False, start, line)
    opened = CsvFile(str(path), column_names(names), delimiter, encoding, True, start + length, line + lines)
    _check_header(sample[start : start + length])
    return opened


def _first_record(sample: bytes, delimiter: str) -> tuple[list[str], int, int]:
    """The first record that is not blank, with the bytes and lines to its end."""
    buffer = _lines(sample)
    reader = csv.reader(chain(buffer, ("\0",)), delimiter=delimiter)
    try:
        record = next(record for record in reader if record)
    except csv.Error:
        raise BadFile(f"The first row has a cell of more than {CELL_LIMIT:,} bytes, or a quote that is never closed.") from None
    if record == ["\0"]:
        raise BadFile("The file is empty.")
    if record[-1].endswith("\0") and buffer.tell() == len(sample):
        raise BadFile("The first row has a quote that is never closed.")
    return record, buffer.tell(), reader.line_num


def _check_header(header: bytes) -> None:
    if b"\0" in header:
        raise BadFile("The header has a NUL character, which a column's name cannot hold.")
    try:
        header.decode()
    except UnicodeDecodeError as error:
        raise BadFile(
            f"The header is not UTF-8 (byte {error.start + 1:,}, 0x{header[error.start]:02x})."
            " Save the file as UTF-8 and try again."
        ) from None
