"""CSV files as people have them: what is read comes out whole, what cannot be read says where and why."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.convert import ImportColumn, convert
from ingest.readers import BadFile, CsvFile, reader_of
from tables.columns.base import CELL_LIMIT


def read(content: bytes | str, header: bool | None = None, part_bytes: int = 2 << 20) -> tuple[CsvFile, list[list[str]]]:
    """The file and its rows."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        file = CsvFile.open(path, Path(folder), header)
        return file, [list(row) for row in rows_of(file, part_bytes)]


def rows_of(file: CsvFile, part_bytes: int = 2 << 20) -> Iterator[tuple[str, ...]]:
    """All rows, checking that parts follow each other without a gap."""
    row = 1
    for number, part in enumerate(file.scan(part_bytes)):
        assert (part.number, part.first_row) == (number, row)
        for batch in file.read(part):
            assert batch.first_row == row
            yield from zip(*batch.columns, strict=True)
            row += batch.rows


def refusal(content: bytes | str, **how: bool) -> str:
    with pytest.raises(BadFile) as raised:
        read(content, **how)
    return str(raised.value)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\r\n\n", b"\xff\xfe"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert refusal(content) == "The file is empty."


@pytest.mark.parametrize("content", ["Name,City\n", "Name,City", "Name,City\r\n\r\n", '"Name","City"\r'])
def test_a_header_alone_is_a_table_without_rows(content: str) -> None:
    file, rows = read(content)
    assert (file.names, rows) == (["Name", "City"], [])


def test_a_first_row_that_is_data_is_a_row() -> None:
    file, rows = read("Ann,31,2020-01-02\nBob,45,2021-05-06\n")
    assert file.names == ["Column 1", "Column 2", "Column 3"]
    assert rows == [["Ann", "31", "2020-01-02"], ["Bob", "45", "2021-05-06"]]


def test_whether_there_is_a_header_can_be_told() -> None:
    assert read("1,2\n3,4\n", header=True)[0].names == ["1", "2"]
    assert read("Name,City\nAnn,Rome\n", header=False)[1] == [["Name", "City"], ["Ann", "Rome"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_and_newline_gives_the_same_rows(encoding: str, newline: str) -> None:
    lines = ["Näme,City", "Müller,Malmö", '"a, ""b""",ÿ', "José,São Paulo", ""]
    file, rows = read(newline.join(lines).encode(encoding))
    assert file.names == ["Näme", "City"]
    assert rows == [["Müller", "Malmö"], ['a, "b"', "ÿ"], ["José", "São Paulo"]]


def test_windows_quotes_and_euros_are_read() -> None:
    assert read("Name,Price\n“Ann”,5 €\n".encode("cp1252"))[1] == [["“Ann”", "5 €"]]


def test_latin_1_is_found_behind_megabytes_of_ascii() -> None:
    # Few rows with long cells: encodings are looked for by the megabyte, and these are two of them.
    content = "Name,City\n" + f"Ann,{'x' * 90_000}\n" * 25 + "Müller,Köln\n"
    file, rows = read(content, part_bytes=1 << 20)
    assert (file.encoding, len(rows), rows[-1]) == ("utf-8", 26, ["Müller", "Köln"])
    file, rows = read(content.encode("latin-1"), part_bytes=1 << 20)
    assert (file.encoding, len(rows), rows[-1]) == ("windows-1252", 26, ["Müller", "Köln"])


def test_broken_utf_8_names_row_line_column_and_byte() -> None:
    content = "Name,City\nMüller,Köln\n".encode() + b"Ann,Gen\xe8ve\n"
    assert refusal(content) == (
        "Row 2 (line 3), column “City”: The bytes here are not UTF-8 (byte 32 of the file, 0xe8)."
        " Save the file as UTF-8 and try again."
    )
    assert "The header is not UTF-8 (byte 5, 0xff)." in refusal(b"Name\xff,City\n" + "ü,ö\n".encode())


def test_broken_utf_16_is_refused_and_leaves_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("Name,City\nAnn,Rome\n".encode("utf-16") + b"\x00")
    with pytest.raises(BadFile, match="broken UTF-16"):
        CsvFile.open(path, tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_right_to_left_text_and_emoji_come_out_whole() -> None:
    rows = [["שלום", "مرحبا, عالم"], ["👩‍👩‍👧‍👦", "é\u0301 \u202eabc"]]
    assert read("Name,City\n" + "".join(f'{a},"{b}"\n' for a, b in rows))[1] == rows


def test_quoted_newlines_stay_in_their_cell() -> None:
    _, rows = read('Name,Notes\r\nAnn,"one\r\ntwo\n\nthree"\r\n"B\nob",x\r\n')
    assert rows == [["Ann", "one\r\ntwo\n\nthree"], ["B\nob", "x"]]


def test_quotes_inside_plain_cells_are_text() -> None:
    assert read('Size,Name\n5" pipe,Ann\nx"y"z,"Bob" B\n')[1] == [['5" pipe', "Ann"], ['x"y"z', "Bob B"]]


def test_an_unclosed_quote_names_its_row_line_and_column() -> None:
    assert refusal('Name,City\n"A\nnn",Rome\nBob,"Oslo\nEve,Bonn\n') == (
        "Row 2 (line 4), column “City”: A quote is opened here and never closed."
    )
    assert refusal('Name,"City\nAnn,Rome\n') == "The first row has a quote that is never closed."


def test_an_unclosed_quote_far_from_the_end_is_named_too() -> None:
    assert refusal("Name,City\nAnn,Rome\n" + 'Bob,"Oslo\n' + "Eve,Bonn\n" * 500_000) == (
        "Row 2 (line 3), column “City”: The cell holds more than 100,000 bytes."
        " If it should not, the quote it starts with is never closed."
    )


def test_short_rows_are_filled_and_blank_lines_skipped() -> None:
    content = "Name,City,Country\nAnn\n\n\r\nBob,Oslo\nEve,Bonn,Germany\nMax,Graz,Austria,,\n"
    assert read(content)[1] == [["Ann", "", ""], ["Bob", "Oslo", ""], ["Eve", "Bonn", "Germany"], ["Max", "Graz", "Austria"]]
    assert read("A,B,C\nx\ny\n")[1] == [["x", "", ""], ["y", "", ""]]


def test_a_long_row_is_refused_by_row_line_and_cell() -> None:
    assert refusal("Name,City\nAnn,Rome\n\nBob,Oslo,Nörway\n") == (
        "Row 2 (line 4): It has 3 cells, but the table has 2 columns. The first too many holds “Nörway”."
        " A cell with the separator inside must stand in quotes."
    )


def test_a_column_of_its_own_keeps_quoted_empty_cells() -> None:
    assert read('Name\nAnn\n\n""\nBob\n')[1] == [["Ann"], [""], ["Bob"]]


def test_empty_double_and_long_headers_get_names_of_their_own() -> None:
    names = read(f"Name,Name,Name 2,,Column 4,{'x' * 250},{'x' * 250}\n", header=True)[0].names
    assert names == ["Name", "Name 2", "Name 2 2", "Column 4", "Column 4 2", "x" * 200, "x" * 198 + " 2"]


def test_1500_columns_are_refused_by_name_and_number() -> None:
    header = ",".join(f"c{n}" for n in range(1, 1501))
    assert refusal(header + "\n") == (
        "The file has 1,500 columns; a table holds at most 500. The first beyond is column 501, “c501”."
    )
    names = read(",".join(f"c{n}" for n in range(1, 501)) + "\n")[0].names
    assert len(names) == 500


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_10_mb_cell_is_refused_by_row_and_column(quote: str) -> None:
    message = refusal(f"Name,Notes,City\nAnn,x,Rome\nBob,{quote}{'ü' * 5_000_000}{quote},Oslo\n")
    assert message.startswith("Row 2 (line 3), column “Notes”: The cell holds more than 100,000 bytes.")


def test_a_cell_of_just_the_limit_is_read_wherever_parts_end() -> None:
    cell = "ü" * 49_999 + '\n"'
    assert len(cell.encode()) == CELL_LIMIT
    content = "Name,Notes\n" + 'Ann,"{}"\n'.format(cell.replace('"', '""')) * 3
    for part_bytes in (1_000, 99_990, 100_000, 100_010, 2 << 20):
        assert read(content, part_bytes=part_bytes)[1] == [["Ann", cell]] * 3


def test_a_nul_is_refused_by_row_and_column() -> None:
    assert refusal("Name,City\nAnn,Rome\nBob,Os\0lo\n") == (
        "Row 2 (line 3), column “City”: There is a NUL character, which a cell cannot hold."
    )
    assert refusal("Na\0me,City\nAnn,Rome\n").startswith("The header has a NUL character")


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    lines = [["Name", "Price", "Notes"], ["Ann", "1,5", "a, b"], ["Bob", "2,5", "c"]]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(lines)
    file, rows = read(buffer.getvalue())
    assert (file.delimiter, [file.names, *rows]) == (delimiter, lines)


def test_excels_own_line_names_the_delimiter() -> None:
    file, rows = read("sep=;\nName;Notes, more\nAnn;x, y\n")
    assert (file.names, rows, file.start_line) == (["Name", "Notes, more"], [["Ann", "x, y"]], 3)


def test_a_file_of_another_type_is_refused() -> None:
    with pytest.raises(BadFile, match=r"“a\.docx” is not of a known type\. Known types: \.csv"):
        reader_of("/somewhere/a.docx")


def test_a_file_that_lost_rows_after_the_scan_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Name,City\nAnn,Rome\nBob,Oslo\n")
    file = CsvFile.open(path, tmp_path)
    part = next(file.scan())
    path.write_text("Name,City\nAnn,Rome\n")
    with pytest.raises(BadFile, match="has changed"):
        list(file.read(part))


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
TABLE = st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=1, max_size=30))


@given(TABLE, st.integers(1, 300), st.sampled_from(["\n", "\r\n"]), st.sampled_from(",;\t|"))
@example([["a", ""], ["", ""]], 1, "\n", ",")
@example([["\n"], [""], ['"']], 2, "\r\n", ",")
def test_what_csv_writes_comes_back_as_documents(rows: list[list[str]], part_bytes: int, newline: str, delimiter: str) -> None:
    width = len(rows[0])
    buffer = io.StringIO(newline="")
    # The writer of Python 3.11 leaves a lone CR bare, where it ends a row
    bare_cr = any("\r" in cell for row in rows for cell in row)
    quoting: Literal[0, 1] = csv.QUOTE_ALL if bare_cr else csv.QUOTE_MINIMAL
    csv.writer(buffer, lineterminator=newline, delimiter=delimiter, quoting=quoting).writerows(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_text(buffer.getvalue(), "utf-8", newline="")
        file = CsvFile(str(path), [f"c{n}" for n in range(width)], delimiter, "utf-8", False, 0, 1)
        columns = [ImportColumn(n, f"c{n}", "text") for n in range(width)]
        found = [
            json.loads(text) for part in file.scan(part_bytes) for batch in file.read(part) for text in convert(batch, columns)
        ]
    # A line break in a cell is LF however it was written: see tables/columns/text.py
    wanted = [{str(n): _lf(cell) for n, cell in enumerate(row) if cell} for row in rows]
    assert found == wanted


@given(st.text('ab",\n\r', max_size=60), st.integers(1, 3), st.integers(1, 40))
@example('a,"b"\n"a""",b\n', 2, 40)
@example('"a"b,a\nb,"\n', 2, 40)
@example('a"b,"a,b"\n"a"\r\n', 2, 40)
@example('"a\nb,"\n"a",b\n', 2, 5)
def test_odd_quotes_are_read_as_the_csv_module_reads_them(text: str, width: int, part_bytes: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_text(text, "utf-8", newline="")
        file = CsvFile(str(path), [f"c{n}" for n in range(width)], ",", "utf-8", False, 0, 1)
        try:
            found = list(rows_of(file, part_bytes))
        except BadFile:
            return  # an open quote, a row too long: other tests say which
    wanted = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert found == [tuple(row[:width] + [""] * (width - len(row))) for row in wanted]


def test_quotes_around_whole_cells_are_read_the_fast_way() -> None:
    content = 'Name,Notes\n"A ""b"", c","1\n2"\n' + 'Ann,"x, y"\r\n' * 100
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content.encode())
        file = CsvFile.open(path, Path(folder))
        parts = list(file.scan())
        assert [(part.plain, part.rows) for part in parts] == [(True, 101)]
        assert list(rows_of(file)) == [('A "b", c', "1\n2"), *[("Ann", "x, y")] * 100]


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
