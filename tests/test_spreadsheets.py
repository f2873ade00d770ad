"""What copy writes goes into spreadsheets and comes back by paste without a change: through real .xlsx and .ods files.

The spreadsheet programs' own part, reading the clipboard's HTML and writing its text, is done here as they do it: a cell is a
number or a text where the HTML says so, and else whatever it looks like.
"""

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any, NamedTuple

import openpyxl
import pytest
from odf import teletype
from odf.opendocument import OpenDocumentSpreadsheet, load
from odf.table import Table as OdsTable
from odf.table import TableCell, TableRow
from odf.text import P

from tables.clipboard import cell_of, read_tsv, write_html, write_tsv
from tables.columns import KINDS
from tables.models import Table
from tests.make import cells, client_of, make_table

CHOICES = {
    "options": [
        {"id": "a", "name": "Red", "color": "red"},
        {"id": "b", "name": "Blue, dark", "color": "blue"},
        {"id": "c", "name": "01", "color": "gray"},
        {"id": "d", "name": "TRUE", "color": "gray"},
    ]
}
COLUMNS: list[tuple[str, str, dict[str, Any]]] = [
    ("Text", "text", {}),
    ("Long", "long_text", {}),
    ("Done", "checkbox", {}),
    ("Number", "number", {"decimals": 2, "thousands": True}),
    ("Money", "currency", {"symbol": "€"}),
    ("Share", "percent", {"decimals": 0}),
    ("Stars", "rating", {"max": 10}),
    ("Day", "date", {"format": "eu"}),
    ("Moment", "datetime", {"format": "us", "clock": 12}),
    ("One", "select", CHOICES),
    ("Many", "multi_select", CHOICES),
    ("Mail", "email", {}),
    ("Site", "url", {}),
    ("Phone", "phone", {}),
]
EMPTY: list[Any] = [None] * len(COLUMNS)
ROWS: list[list[Any]] = [
    ["007", "two\nlines", True, 1234567.891, 12.5, 0.125, 3, "2026-12-31", "2026-07-14T22:30:00Z", "a", ["a", "b"],
     "ann@example.com", "https://a.example/?q=1&r=2", "+49 30 123456"],
    ["=1+1", 'a "quoted" word', None, 123456789012345, -0.01, 1, 10, "2026-01-02", "2026-07-14T22:30:09Z", "b", ["c"],
     None, None, "030 123456"],
    ["-5", "a\ttab and\nquotes \"", None, 0.1, 1e21, 0.0712345, 1, "1899-01-01", "1899-01-01T00:00:00Z", "c", ["d"],
     None, None, None],
    EMPTY,
    ["+49", '"', None, 999999999999999, 0, -0.5, None, "9999-12-31", None, "d", ["a", "b", "c", "d"], None, None, None],
    ["@user", " leading", None, 0, 1e-7, 12.345, None, None, None, None, None, None, None, None],
    ["trailing  ", "  ", None, -1, None, None, None, None, None, None, None, None, None, None],
    ["12345678901234567", "\n", None, None, None, None, None, None, None, None, None, None, None, None],
    ["👩‍👩‍👧 family", "שלום עולם", None, None, None, None, None, None, None, None, None, None, None, None],
    ["١٢٣", "مرحبا ١", None, None, None, None, None, None, None, None, None, None, None, None],
    ["Jan 5", "true", None, None, None, None, None, None, None, None, None, None, None, None],
    ["1e5", "WAHR", None, None, None, None, None, None, None, None, None, None, None, None],
    ["'quoted", "$5", None, None, None, None, None, None, None, None, None, None, None, None],
    ["<b>bold</b> &amp;", "3/4", None, None, None, None, None, None, None, None, None, None, None, None],
    [" 7", "50 %", None, None, None, None, None, None, None, None, None, None, None, None],
    EMPTY,
]  # fmt: skip


class Sheet(NamedTuple):
    """A cell of a spreadsheet: a text, or a number with how it is shown."""

    value: str | int | float
    form: str = ""


Block = list[list[Sheet]]


# --- Reading the clipboard as a spreadsheet does -----------------------------------------------------------------------------


class Clipboard(HTMLParser):
    """`excel` says whose marks count."""

    def __init__(self, *, excel: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.excel, self.pre = excel, False
        self.rows: Block = []
        self.text: str | None = None
        self.marks: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.pre = "white-space:pre" in (dict(attrs).get("style") or "")
        elif tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.text, self.marks = "", dict(attrs)
        elif tag == "br":
            self.text = f"{self.text}\n"

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text += data if self.pre else " ".join(data.split())

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self.rows[-1].append(self._cell())
            self.text = None

    def _cell(self) -> Sheet:
        text, marks = str(self.text), self.marks
        style = marks.get("style") or ""
        if self.excel:
            number, is_text = marks.get("x:num"), "x:str" in marks and r"mso-number-format:'\@'" in style
            found = re.search(r"mso-number-format:'([^']*)'", style)
            form = re.sub(r"\\(.)", r"\1", found[1]) if found else ""
        else:
            number, form = marks.get("sdval"), (marks.get("sdnum") or "1033;0;").split(";", 2)[2]
            is_text = form == "@"
        if number:
            return Sheet(number_of(number), form)
        return Sheet(text, "@") if is_text else guessed(text)


def number_of(text: str) -> int | float:
    """A spreadsheet's numbers are doubles, and what is typed or read counts for 15 digits."""
    exact = float(text)
    found = exact if "." in text or "e" in text else float(f"{exact:.15g}")
    return int(found) if found.is_integer() and abs(found) < 1e15 else found


MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"


def guessed(text: str) -> Sheet:
    """What a spreadsheet makes of a text that nothing is said about. It need not be exact: whatever it takes is changed."""
    bare = text.strip()
    if re.fullmatch(r"true|false|wahr|falsch|vrai|faux", bare, re.IGNORECASE):
        return Sheet(bare.upper())
    if bare[:1] in ("=", "@", "'"):
        return Sheet("#NAME?" if bare[0] != "'" else bare[1:])
    if re.fullmatch(r"[-+]?[$€£]?\d[\d.,/: %eE+-]*|[.,]\d+", bare) or re.match(rf"{MONTHS}\W+\d", bare, re.IGNORECASE):
        return Sheet(46_000)
    return Sheet(text if bare else "")


# --- What comes back ---------------------------------------------------------------------------------------------------------


def shown(cell: Sheet) -> str:
    """As a spreadsheet puts a cell on the clipboard: as it is shown."""
    if isinstance(cell.value, str):
        return cell.value
    if cell.form.startswith("yyyy"):
        return (datetime(1899, 12, 30) + timedelta(days=cell.value)).date().isoformat()
    if cell.form.endswith("%"):
        return f"{cell.value * 100:.{len(cell.form.partition('.')[2].rstrip('%'))}f}%"
    return f"{cell.value:.15g}" if isinstance(cell.value, float) else str(cell.value)


def as_tsv(block: Block) -> str:
    """With Windows' line ends, and quotes only where they are needed."""
    texts = [[shown(cell) for cell in row] for row in block]
    return (
        "\r\n".join(
            ["\t".join([f'"{t.replace(chr(34), chr(34) * 2)}"' if set(t) & set('\t\n"') else t for t in row]) for row in texts]
        )
        + "\r\n"
    )


def through_xlsx(block: Block) -> Block:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for n, row in enumerate(block, start=1):
        for m, cell in enumerate(row, start=1):
            place = sheet.cell(n, m)
            if cell.value == "":
                continue
            place.value = cell.value
            if isinstance(cell.value, str):
                place.data_type = "s"  # or a text that begins with = would be a formula
            place.number_format = cell.form or "General"
    kept = io.BytesIO()
    book.save(kept)
    read = openpyxl.load_workbook(kept).active
    assert read is not None
    return [[_from_xlsx(read.cell(n + 1, m + 1)) for m in range(len(row))] for n, row in enumerate(block)]


def _from_xlsx(cell: Any) -> Sheet:
    if isinstance(cell.value, datetime):
        return Sheet((cell.value - datetime(1899, 12, 30)).days, "yyyy-mm-dd")
    return Sheet("" if cell.value is None else cell.value, cell.number_format)


def through_ods(block: Block) -> Block:
    document = OpenDocumentSpreadsheet()
    sheet = OdsTable(name="Sheet1")
    for row in block:
        line = TableRow()
        for cell in row:
            line.addElement(_to_ods(cell))
        sheet.addElement(line)
    document.spreadsheet.addElement(sheet)
    kept = io.BytesIO()
    document.write(kept)
    kept.seek(0)
    lines = load(kept).spreadsheet.getElementsByType(TableRow)
    return [[_from_ods(cell) for cell in line.getElementsByType(TableCell)] for line in lines]


def _to_ods(cell: Sheet) -> TableCell:
    if isinstance(cell.value, str):
        made = TableCell(valuetype="string") if cell.value else TableCell()
        for line in cell.value.split("\n") if cell.value else []:
            paragraph = P()
            teletype.addTextToElement(paragraph, line)
            made.addElement(paragraph)
        return made
    if cell.form.startswith("yyyy"):
        return TableCell(valuetype="date", datevalue=shown(cell))
    if cell.form.endswith("%"):
        made = TableCell(valuetype="percentage", value=repr(cell.value))
        made.addElement(P(text=shown(cell)))
        return made
    return TableCell(valuetype="float", value=repr(cell.value))


def _from_ods(cell: Any) -> Sheet:
    kind = cell.getAttribute("valuetype")
    text = "\n".join(teletype.extractText(line) for line in cell.getElementsByType(P))
    if kind == "date":
        return Sheet((date.fromisoformat(cell.getAttribute("datevalue")) - date(1899, 12, 30)).days, "yyyy-mm-dd")
    if kind == "percentage":
        places = len(text.partition(".")[2].rstrip("%"))
        return Sheet(float(cell.getAttribute("value")), f"0{'.' if places else ''}{'0' * places}%")
    return Sheet(number_of(cell.getAttribute("value")) if kind == "float" else text)


WAYS: dict[str, tuple[bool, Callable[[Block], Block]]] = {"xlsx": (True, through_xlsx), "ods": (False, through_ods)}


def there_and_back(html: str, way: str) -> str:
    excel, through = WAYS[way]
    clipboard = Clipboard(excel=excel)
    clipboard.feed(html)
    return as_tsv(through(clipboard.rows))


# --- The promises ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("way", [*WAYS, "text"])
def test_values_of_every_kind_come_back_as_they_were(way: str) -> None:
    """`text` is the plain text alone, as editors take it."""
    table = make_table(columns=COLUMNS, rows=ROWS)
    empty = make_table(table.base, columns=COLUMNS, rows=[EMPTY] * len(ROWS), name="Copy")
    bob, where = client_of("bob"), lambda t: {"ids": ids(t), "keys": ",".join(str(n + 1) for n in range(len(COLUMNS)))}
    copied = bob.get(f"/t/{table.pk}/cells/copy/", where(table)).json()
    text = copied["text"] if way == "text" else there_and_back(copied["html"], way)
    pasted = bob.post(f"/t/{empty.pk}/cells/paste/", {**where(empty), "text": text}).json()
    assert pasted["problems"] == []
    differing = [
        (name, before, after)
        for row, again in zip(cells(table), cells(empty), strict=True)
        for (name, _, _), before, after in zip(COLUMNS, row, again, strict=True)
        if before != after
    ]
    assert differing == []


def ids(table: Table) -> str:
    return ",".join(str(n) for n in range(1, table.row_count + 1))


@pytest.mark.parametrize("way", WAYS)
def test_what_is_a_number_or_a_day_here_is_one_there(way: str) -> None:
    values = [
        ("number", 12.5, {}),
        ("percent", 0.125, {}),
        ("date", "2026-12-31", {"format": "eu"}),
    ]
    html = write_html(
        [[cell_of(KINDS[kind].edit_text(value, options), value, KINDS[kind].family) for kind, value, options in values]]
    )
    clipboard = Clipboard(excel=WAYS[way][0])
    clipboard.feed(html)
    assert clipboard.rows == [[Sheet(12.5), Sheet(0.125, "0.0%"), Sheet(46387, "yyyy-mm-dd")]]


def test_the_check_itself_sees_what_a_spreadsheet_changes() -> None:
    clipboard = Clipboard(excel=True)
    clipboard.feed("<table><tr><td>007</td><td>=1+1</td><td>Jan 5</td><td>true</td><td>Ann</td></tr></table>")
    assert [shown(cell) for cell in through_xlsx(clipboard.rows)[0]] == ["46000", "#NAME?", "46000", "TRUE", "Ann"]
    assert read_tsv(write_tsv([["Ann"]])) == [["Ann"]]
