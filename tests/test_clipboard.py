"""Blocks of cells out to the clipboard and back, and what other programs put there."""

import contextlib
import json
import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tables.clipboard import MOST_HTML, Cell, TooLarge, cell_of, read_csv, read_html, read_tsv, write_html, write_tsv
from tables.columns import KINDS
from tests.test_kinds import VALUES, options_of

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MARKS = st.text(st.sampled_from("\"\t\n\r', a<&>=1"), max_size=8)


def blocks(cell: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=5)
    )


@given(block=blocks(ANY | MARKS))
@example(block=[[""]])
@example(block=[["a"], [""]])
@example(block=[[""], [""]])
def test_what_is_written_as_tsv_is_read_back(block: list[list[str]]) -> None:
    assert read_tsv(write_tsv(block)) == block


SHOWN = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t <>&\"'=+"), max_size=10)


@given(block=blocks(SHOWN))
def test_what_is_written_as_html_is_read_back(block: list[list[str]]) -> None:
    assert read_html(write_html([[Cell(text) for text in row] for row in block])) == block


@pytest.mark.parametrize("key", VALUES)
@given(data=st.data())
def test_every_value_survives_the_clipboard(key: str, data: st.DataObject) -> None:
    kind, options, value = KINDS[key], data.draw(options_of(key)), data.draw(VALUES[key])
    if key == "rating":
        options = {"max": 10}
    text = kind.edit_text(value, options)
    assert kind.parse(read_tsv(write_tsv([[text, "x"]]))[0][0], options) == value
    if any(ord(mark) < 32 and mark not in "\n\t" for mark in text):
        return  # control characters are not for HTML
    cells = read_html(write_html([[cell_of(text, value, kind.family), Cell("x")]]))
    assert cells is not None and kind.parse(cells[0][0], options) == value


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),
        ("a\tb\nc", [["a", "b"], ["c", ""]]),
        ('"two\nlines"\t"a ""word"""', [["two\nlines", 'a "word"']]),
        ('"open\tb', [['"open', "b"]]),
        ('5" pipe\t6"', [['5" pipe', '6"']]),
        ('"a" b\tc', [['"a" b', "c"]]),
        ("", [[""]]),
        ("Hello, world", [["Hello, world"]]),
    ],
)
def test_plain_text_is_read_as_spreadsheets_write_it(text: str, block: list[list[str]]) -> None:
    assert read_tsv(text) == block


def test_csv_is_read_where_it_is_said_to_be_csv() -> None:
    assert read_csv('a,"b, c"\n"d ""e""",') == [["a", "b, c"], ['d "e"', ""]]


EXCEL = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><style>td {color:black}</style></head><body>
<!--StartFragment--><table border=0><col width=64><tr height=20>
  <td class=xl65 x:num="0.1234567890123">0.123</td>
  <td>two<br style='mso-data-placement:same-cell'>
  lines</td></tr><tr><td colspan=2 rowspan=2>merged</td><td>right</td></tr><tr><td>under</td></tr></table></body></html>"""


def test_tables_of_other_programs_are_read() -> None:
    assert read_html(EXCEL) == [["0.1234567890123", "two\nlines", ""], ["merged", "", "right"], ["", "", "under"]]
    calc = '<table><tr><td sdval="46387" sdnum="1033;0;D MMM YYYY">31 Dec 2026</td><td sdval="0.5">50%</td></tr></table>'
    assert read_html(calc) == [["31 Dec 2026", "50%"]]
    sheets = (
        '<google-sheets-html-origin><style type="text/css">td {border: 1px}</style><table><colgroup><col></colgroup><tbody><tr>'
        '<td data-sheets-value="{&quot;1&quot;:2}">a &amp; b</td><td></td></tr></tbody></table>'
    )
    assert read_html(sheets) == [["a & b", ""]]
    assert read_html("<p>no table</p>") is None


def test_scripts_and_formulas_are_only_text() -> None:
    out = write_html([[Cell("<script>alert(1)</script>"), Cell("=1+1"), Cell("007")]])
    assert "<script" not in out and out.count("x:str") == 3
    assert read_html(out) == [["<script>alert(1)</script>", "=1+1", "007"]]
    assert read_html("<table><tr><td>a<script>alert(1)</script>b</td></tr></table>") == [["ab"]]
    json.dumps(read_tsv("\x00\ud800"))


def test_a_long_row_of_open_quotes_is_read_in_time() -> None:
    assert len(read_tsv('"a\t' * 16_000)[0]) == 16_001


def test_a_few_signs_of_html_cannot_span_millions_of_cells_nor_hold_the_parser_for_minutes() -> None:
    spans = "<table>" + ("<tr>" + "<td colspan=1000>" * 10) * 200 + "<tr><td>" * 3_000
    with pytest.raises(TooLarge, match="5,000,000 cells"):
        read_html(spans)
    began = time.monotonic()
    assert read_html("<table>" + "<a " * 20_000) is None
    assert time.monotonic() - began < 5


HOSTILE = {
    "spans": "<table><tr>" + "<td colspan=1000 rowspan=1000>" * 5_000,
    "spans of rows": "<table>" + "<tr><td colspan=1000 rowspan=1000>" * 5_000,
    "a tag": "<table><tr><td " + "a=b " * 1_200_000 + ">x",
    "a tag with an end in quotes": "<table><tr><td x='>' " + "a=b " * 1_200_000 + ">x",
    "a tag that looks ended": "<table><tr><td a= '>" + "x" * 70_000 + "' " + "a=b " * 1_200_000 + ">x",
    "an open tag": "<table><tr><td " + "a=b " * 1_200_000,
    "cells": "<table>" + "<tr><td>" * 620_000,
    "signs": "<table><tr><td>" + "< " * 2_400_000,
    "all": "<table><tr><td>" + "x" * MOST_HTML,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_is_refused_before_it_takes_memory_or_time(name: str) -> None:
    html = HOSTILE[name]
    began = time.process_time()
    tracemalloc.start()
    try:
        with contextlib.suppress(TooLarge):
            read_html(html)
            assert name == "a tag that looks ended", "which is then cut off"
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 2


def test_long_attributes_of_real_programs_are_read() -> None:
    value = "x" * 50_000
    sheets = f"<table><tr><td data-sheets-value=\"{{1:&quot;{value}&quot;, >}}\">one</td><td title='a > b'>two</td></tr></table>"
    assert read_html(sheets) == [["one", "two"]]
    assert read_html("<table><tr><td>a<td " + "b" * 100) == [["a"]], "a tag that is cut off is no cell"


def test_a_row_is_not_wider_than_a_spreadsheets() -> None:
    assert len(read_tsv("\t" * 16_383)[0]) == 16_384
    with pytest.raises(TooLarge, match="16,384"):
        read_html("<table>" + "<tr><td colspan=1000>" * 3 + "<tr>" + "<td>" * 16_385)
    for text in ("\t" * 16_385, '"a"' + "\t" * 16_385):
        with pytest.raises(TooLarge, match="16,384"):
            read_tsv(text)
