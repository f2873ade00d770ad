"""Blocks of text cells as clipboards hold them: tab-separated and comma-separated text, and HTML tables. Pure.

A block is a list of rows, each a list of texts of one length. Whatever a cell holds (formulas, markup, scripts) is text, in
and out.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from html.parser import HTMLParser
from mmap import mmap
from typing import Any, NamedTuple

Block = list[list[str]]

MOST_CELLS = 5_000_000  # of one pasted text
MOST_WIDE = 16_384  # cells of one row, as in Excel
# Of HTML: 4 MB of "<tr><td>" take 5 s of CPU, and 10 MB in the attributes of one tag took 2 GB of memory. Rowan's own for 200,000
# short texts has as much; the text that lies beside it on the clipboard says the same.
MOST_HTML = 5_000_000  # characters
MOST_TAGS = 1_000_000
MOST_TAG = 65_536  # characters of one
SHORT_TAG = 1_000  # as nearly all are: to copy more for each would take longer than to read it


class TooLarge(ValueError):
    """More than one clipboard can hold here; the message is a sentence for a person."""


TOO_MANY = f"At most {MOST_CELLS:,} cells can be pasted at once; this holds more. Import it as a file."
TOO_MUCH_HTML = "This is more HTML than can be read as a table. Paste it as text (Ctrl+Shift+V), or import it as a file."
TOO_WIDE = f"A pasted row can have at most {MOST_WIDE:,} cells. Import it as a file."

# A cell in quotes, or as it stands, and what ends it.
_CELL = {
    mark: re.compile(rb'(?:"([^"]*+(?:""[^"]*+)*+)"|([^%b\r\n]*+))(%b|\r\n|\r|\n|\Z)' % (mark.encode(), mark.encode()))
    for mark in "\t,"
}
_BREAK = re.compile(rb"\r\n|\r|\n")


def read_tsv(text: str) -> Block:
    """Tab-separated text, as spreadsheets put it on the clipboard.

    A cell in quotes may hold tabs, line breaks and doubled quotes; a quote that is not closed before a tab or a line's end is
    an ordinary character, since plain text comes from everywhere.
    """
    return even(list(text_rows(text.encode(errors="surrogatepass"), "\t")))


def read_csv(text: str) -> Block:
    """The same with commas between the cells."""
    return even(list(text_rows(text.encode(errors="surrogatepass"), ",")))


def text_rows(data: bytes | mmap, mark: str) -> Iterator[list[str]]:
    """The same one row after the other, as long as each is, from UTF-8 of any size. Raises UnicodeDecodeError."""
    at, end = 0, len(data)
    while True:
        found = _BREAK.search(data, at)
        line = data[at : found.start() if found else end]
        if line.count(mark.encode()) > MOST_WIDE:
            raise TooLarge(TOO_WIDE)
        if b'"' in line:
            row, at = _row(data, at, mark)
        else:
            row, at = _decoded(line).split(mark), found.end() if found else end
        yield row
        if at >= end:
            return


def _row(data: bytes | mmap, at: int, mark: str) -> tuple[list[str], int]:
    """The row that begins at a place, cell by cell, and where the next one begins."""
    row, cell, goes_on = [], _CELL[mark].match, mark.encode()
    while True:
        found = cell(data, at)
        assert found is not None
        quoted, plain, ending = found.groups()
        row.append(_decoded(plain if quoted is None else quoted.replace(b'""', b'"')))
        at = found.end()
        if len(row) > MOST_WIDE:
            raise TooLarge(TOO_WIDE)
        if ending != goes_on:
            return row, at
        # After a mark at the end of all stands one more cell, which is empty.


def _decoded(data: bytes) -> str:
    return data.decode(errors="surrogatepass")


def even(rows: Block) -> Block:
    """Rows of one length: short ones end in empty cells."""
    width = max(map(len, rows), default=0)
    return [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]


def write_tsv(rows: Sequence[Sequence[str]]) -> str:
    """Tab-separated text: quotes only around a cell that holds a tab, a line break or a quote. read_tsv reads it back."""
    text = "\n".join(["\t".join(row) for row in rows])
    marks = sum(max(0, len(row) - 1) for row in rows)
    if '"' in text or "\r" in text or text.count("\n") != len(rows) - 1 or text.count("\t") != marks:
        text = "\n".join(["\t".join([_quoted(cell) for cell in row]) for row in rows])
    # A last line without a character would not be seen.
    return text + "\n" if rows and list(rows[-1]) == [""] else text


def _quoted(cell: str) -> str:
    if any(mark in cell for mark in '\t\n\r"'):
        return '"{}"'.format(cell.replace('"', '""'))
    return cell


# --- HTML --------------------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """A cell for write_html: its text, and what it is, so that other programs need not guess."""

    text: str
    number: int | float | None = None  # what the text stands for; a date's is its day's number
    form: str = ""  # of a number that is a date: yyyy-mm-dd, of a share: 0% or 0.00%


# What other programs could take for something else: a formula, a number, a day ("Jan 5"), true in any language.
_MISTAKEN = re.compile(r"\s*[=+\-@'(]|.*\d|\s*\w{1,12}\s*\Z|\s+\Z", re.DOTALL)
_DAY_ZERO = date(1899, 12, 30)  # of spreadsheets' day numbers, right from March 1900 on


def day_number(iso: str) -> int | None:
    """The number of a day (YYYY-MM-DD...) in spreadsheets; None for one they do not have."""
    number = (date.fromisoformat(iso[:10]) - _DAY_ZERO).days
    return number if number > 60 else None


def write_html(rows: Sequence[Sequence[Cell]]) -> str:
    """A table that Excel, LibreOffice and Google Sheets read without changing a value."""
    lines = ["<tr>" + "".join([_html(cell) for cell in row]) + "</tr>" for row in rows]
    return '<meta charset="utf-8"><table style="white-space:pre-wrap">' + "".join(lines) + "</table>"


def _html(cell: Cell) -> str:
    text = escape(cell.text)
    if "\n" in text:
        text = text.replace("\n", '<br style="mso-data-placement:same-cell">')
    if cell.number is not None:
        form = f' sdnum="1033;0;{cell.form}"' if cell.form else ""
        style = f' style="mso-number-format:{_excel_form(cell.form)}"' if cell.form else ""
        return f'<td x:num="{cell.number!r}" sdval="{cell.number!r}"{form}{style}>{text}</td>'
    if _MISTAKEN.match(cell.text):
        # Or a program would compute, or take 007 for 7.
        return f'<td x:str sdnum="1033;0;@" style="mso-number-format:\'\\@\'">{text}</td>'
    return f"<td>{text}</td>"


def _excel_form(form: str) -> str:
    return "'{}'".format(form if form.endswith("%") else re.sub(r"[-/. ]", lambda mark: "\\" + mark[0], form))


def read_html(text: str) -> Block | None:
    """The cells of the first table in a piece of HTML; None when there is none. Spanned cells are empty but for the first.

    Raises TooLarge.
    """
    if len(text) > MOST_HTML or text.count("<") > MOST_TAGS:
        raise TooLarge(TOO_MUCH_HTML)
    reader = _Tables()
    reader.feed(text.replace("\x00", "\ufffd"))
    reader.close()
    if len(reader.rows) * max(map(len, reader.rows), default=0) > MOST_CELLS:
        raise TooLarge(TOO_MANY)
    return even(reader.rows) if reader.rows else None


MOST_SPAN = 1_000
_HIDDEN = ("script", "style", "head", "title", "template")
_BLOCKS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6")


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: Block = []
        self.depth = 0  # of tables
        self.done = False
        self.hidden = 0
        self.pre = False
        self.cell: list[str] | None = None
        self.cell_pre = False
        self.number: str | None = None
        self.wide = 1
        self.cells = 0  # so far; a few signs can span millions
        self.waiting: dict[int, int] = {}  # column: rows that a cell above still reaches into

    def parse_starttag(self, i: int) -> int:
        # The parser sees no more of the text than one tag may have: already to look for the end of one of 5 MB takes it 1 GB.
        whole = self.rawdata
        try:
            for size in (SHORT_TAG, MOST_TAG):
                self.rawdata = whole[i : i + size]
                end = self.check_for_whole_start_tag(0)
                if len(self.rawdata) < size or (end > 0 and self.rawdata[end - 1] == ">"):
                    end = super().parse_starttag(0)
                    return i + end if end >= 0 else end
            raise TooLarge(TOO_MUCH_HTML)
        finally:
            self.rawdata = whole

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.done:
            return
        if tag in _HIDDEN:
            self.hidden += 1
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.pre = _is_pre(attrs)
        elif self.depth != 1:
            pass
        elif tag == "tr":
            self._end_cell()
            self.rows.append([])
            self._skip()
        elif tag in ("td", "th"):
            self._end_cell()
            self._begin_cell(dict(attrs))
        elif self.cell is not None and tag == "br":
            self.cell.append("\v")  # a break that is meant; others are white space
        elif self.cell and tag in _BLOCKS:
            self.cell.append("\v")

    def _begin_cell(self, attrs: dict[str, str | None]) -> None:
        if not self.rows:
            self.rows.append([])
        self.cell = []
        self.cell_pre = self.pre or _is_pre(list(attrs.items()))
        self.number = attrs.get("x:num") or attrs.get("sdval")
        self.wide = _span(attrs.get("colspan"))
        tall = _span(attrs.get("rowspan"))
        at = len(self.rows[-1])
        # Before any of it is made: a cell of 30 characters can be 1,000 wide and 1,000 tall.
        self._count(self.wide)
        self.waiting.update({column: tall for column in range(at, at + self.wide) if tall > 1})

    def handle_endtag(self, tag: str) -> None:
        if self.done:
            return
        if tag in _HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag == "table" and self.depth:
            self.depth -= 1
            if self.depth == 0 and self.rows:
                self._end_cell()
                self.done = True
        elif self.depth == 1 and tag in ("td", "th", "tr"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.hidden and not self.done:
            self.cell.append(data)

    def _count(self, cells: int) -> None:
        if len(self.rows[-1]) + cells > MOST_WIDE:
            raise TooLarge(TOO_WIDE)
        self.cells += cells
        if self.cells > MOST_CELLS:
            raise TooLarge(TOO_MANY)

    def close(self) -> None:
        # What is cut off is no cell; to look at the rest again for each "<" in it would take the parser minutes.
        self.rawdata = ""
        super().close()
        self._end_cell()
        self.rows = [row for row in self.rows if row]

    def _end_cell(self) -> None:
        if self.cell is None:
            return
        text = "".join(self.cell)
        if text and not self.cell_pre:
            text = re.sub(r" *\v *", "\v", re.sub(r"[ \t\r\n\f]+", " ", text)).strip(" ")
        self.rows[-1].append(_precise(text.replace("\v", "\n"), self.number))
        self.rows[-1].extend([""] * (self.wide - 1))
        self.cell = None
        self._skip()

    def _skip(self) -> None:
        """Leave out the places into which cells of rows above reach."""
        row = self.rows[-1]
        while self.waiting.get(len(row), 0) > 1:
            self.waiting[len(row)] -= 1
            self._count(1)
            row.append("")


def _is_pre(attrs: Sequence[tuple[str, str | None]]) -> bool:
    return any(name == "style" and value and re.search(r"white-space\s*:\s*pre", value) for name, value in attrs)


def _span(text: str | None) -> int:
    return max(1, min(MOST_SPAN, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_SHOWN = re.compile(r"[-+]?\d+(?:[,.'\u00a0\u202f ]\d+)*", re.ASCII)


def _precise(text: str, number: str | None) -> str:
    """The number behind a text that shows it rounded, where the program that wrote the table told it."""
    bare = text.strip()
    if not number or len(number) > 400 or len(bare) > 400 or not _NUMBER.fullmatch(number) or not _SHOWN.fullmatch(bare):
        return text
    # The last mark can stand before decimals or between thousands: either way it must be the same number, rounded.
    whole, mark, places = bare.replace(",", ".").rpartition(".")
    readings = [(re.sub(r"[^-\d]", "", bare), 0)]
    if mark:
        readings.append((re.sub(r"[^-\d]", "", whole) + "." + places, len(places)))
    return number if any(abs(float(read) - float(number)) <= 0.51 / 10**count for read, count in readings) else text


def _share_form(text: str) -> str:
    """With as many decimals as the text has: programs put on the clipboard what they show."""
    places = len(text.partition(".")[2]) - 1
    return f"0.{'0' * places}%" if places > 0 else "0%"


def cell_of(text: str, value: Any, family: str) -> Cell:
    """A stored value of a kind of this family with its text."""
    if family == "number" and type(value) in (int, float):
        return Cell(text, value, _share_form(text)) if text.endswith("%") else Cell(text, value)
    if family == "date" and isinstance(value, str) and len(value) == 10:
        return Cell(text, day_number(value), "yyyy-mm-dd")
    return Cell(text)
