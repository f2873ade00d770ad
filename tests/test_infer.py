"""What a column of a file is taken for, and what its texts become."""

import json
from dataclasses import asdict
from functools import reduce

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.convert import ImportColumn, convert
from ingest.infer import Guess, guess_columns, merge
from ingest.readers import BadFile, Batch
from tables.columns import KINDS, BadValue, kind_of


def guess(values: list[str], commas: bool = True) -> Guess:
    return guess_columns([values], commas=commas)[0]


def imported(values: list[str]) -> list[object]:
    """What the cells hold after an import by the guessed kind; None is empty."""
    found = guess(values)
    return converted(values, found.kind, KINDS[found.kind].options(found.options))


def converted(values: list[str], kind: str, options: dict[str, object]) -> list[object]:
    documents = convert(Batch(1, [values]), [ImportColumn(7, "Col", kind, options)])
    return [json.loads(text).get("7") for text in documents]


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        (["1", "-2.50", "0", "0.5", "1e-05"], "number", [1, -2.5, 0, 0.5, 1e-05]),
        (["1,234.5", "12", "-1,000,000"], "number", [1234.5, 12, -1000000]),
        (["0.1234567890123456", "3.3000000000000003"], "number", [0.1234567890123456, 3.3000000000000003]),
        (["1", "NA", "", "N/A", "NULL", "null", "NaN", "nan", "2"], "number", [1, *[None] * 7, 2]),
        ([" 1", "2 "], "number", [1, 2]),
        (["007", "1"], "text", ["007", "1"]),
        (["1", "x"], "text", ["1", "x"]),
        (["1E5", "2E7"], "text", ["1E5", "2E7"]),
        (["1_000", "2"], "text", ["1_000", "2"]),
        (["٣", "٤"], "text", ["٣", "٤"]),
        (["1\n2"], "long_text", ["1\n2"]),
        (["1234567890123456"], "text", ["1234567890123456"]),
        (["1", "-"], "text", ["1", "-"]),
        (["inf", "1"], "text", ["inf", "1"]),
        (["+49", "+43"], "text", ["+49", "+43"]),
        (["$5", "-$1,200.50", "$ 7"], "currency", [5, -1200.5, 7]),
        (["5 €", "7,000.25 €"], "currency", [5, 7000.25]),
        (["$5", "€5"], "text", ["$5", "€5"]),
        (["$5", "5"], "text", ["$5", "5"]),
        (["12%", "-0.5 %", "7%"], "percent", [0.12, -0.005, 0.07]),
        (["true", "FALSE", "True"], "checkbox", [True, None, True]),
        (["yes", "", "yes"], "checkbox", [True, None, True]),
        (["yes", "", "no"], "text", ["yes", None, "no"]),
        (["true", "no"], "text", ["true", "no"]),
        (["1", "0"], "number", [1, 0]),
        (["2026-12-31", "NA", "2026-01-02"], "date", ["2026-12-31", None, "2026-01-02"]),
        (["2026-02-30", "2026-01-02"], "text", ["2026-02-30", "2026-01-02"]),
        (["2026/1/2"], "date", ["2026-01-02"]),
        (["31.12.2026", "1.2.2026"], "date", ["2026-12-31", "2026-02-01"]),
        (["12.31.2026"], "text", ["12.31.2026"]),
        (["31/12/2026", "01/02/2026"], "date", ["2026-12-31", "2026-02-01"]),
        (["12/31/2026", "01/02/2026"], "date", ["2026-12-31", "2026-01-02"]),
        (["01/02/2026", "03/04/2026"], "text", ["01/02/2026", "03/04/2026"]),
        (["12/31/2026", "31/12/2026"], "text", ["12/31/2026", "31/12/2026"]),
        (["31 Dec 2026", "1 February 2026"], "date", ["2026-12-31", "2026-02-01"]),
        (["Dec 31, 2026", "May 1, 2026"], "date", ["2026-12-31", "2026-05-01"]),
        (["31 Xyz 2026"], "text", ["31 Xyz 2026"]),
        (["2026-12-31 05:06", "2026-12-31T23:59:59Z", "2026-12-31T23:00:00+02:00", "2026-01-01"], "datetime",
         ["2026-12-31T05:06:00Z", "2026-12-31T23:59:59Z", "2026-12-31T21:00:00Z", "2026-01-01T00:00:00Z"]),
        (["31/12/2026 5:06 pm", "1/2/2026 12:00 am"], "datetime", ["2026-12-31T17:06:00Z", "2026-02-01T00:00:00Z"]),
        (["2026-12-31 05:06:07.123"], "text", ["2026-12-31 05:06:07.123"]),
        (["2026-12-31 25:00"], "text", ["2026-12-31 25:00"]),
        (["ann@example.com", "b.o'b+x@mail.example.org"], "email", ["ann@example.com", "b.o'b+x@mail.example.org"]),
        (["ann@example.com", "NA"], "text", ["ann@example.com", "NA"]),
        (["https://example.com/a?b=c#d", "http://x.org"], "url", ["https://example.com/a?b=c#d", "http://x.org"]),
        (["", "", ""], "text", [None, None, None]),
        (["NA", "NA"], "text", ["NA", "NA"]),
        (["x" * 121], "long_text", ["x" * 121]),
        (['say "hi"\\', "tab\t", "é👍", "a\r\nb"], "long_text", ['say "hi"\\', "tab\t", "é👍", "a\nb"]),
        (["  two  ", "x"], "text", ["  two  ", "x"]),
    ],
)  # fmt: skip
def test_a_column_is_taken_for_its_kind_and_loses_nothing(values: list[str], kind: str, cells: list[object]) -> None:
    assert guess(values).kind == kind
    assert imported(values) == cells


def test_dates_are_shown_as_the_file_wrote_them() -> None:
    assert guess(["31/12/2026"]).options == {"format": "eu"}
    assert guess(["12/31/2026"]).options == {"format": "us"}
    assert guess(["31 Dec 2026"]).options == {"format": "long"}


def test_few_values_that_repeat_make_a_select_with_its_options() -> None:
    values = ["open", "Won", "lost"] * 17
    found = guess(values)
    assert (found.kind, found.options) == ("select", {"options": [{"name": "lost"}, {"name": "open"}, {"name": "Won"}]})
    options = KINDS["select"].options(found.options)
    ids = {choice["name"]: choice["id"] for choice in options["options"]}
    assert converted(values, "select", options) == [ids[value] for value in values]


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b"] * 24,  # under 50 rows
        [f"v{n % 31}" for n in range(1000)],  # over 30 choices
        [f"v{n % 20}" for n in range(60)],  # hardly repeated
        ["New", "new"] * 50,  # the same choice, told apart by its capitals
        [" a", "b"] * 50,
    ],
)
def test_what_is_not_a_choice_stays_text(values: list[str]) -> None:
    assert guess(values).kind == "text"


def test_a_comma_in_a_semicolon_file_may_be_decimal_and_makes_no_number() -> None:
    assert guess(["1,234", "2,500"], commas=False).kind == "text"
    assert guess(["1,234", "2,500"]).kind == "number"


def test_a_value_that_does_not_fit_is_named_by_row_column_and_reason() -> None:
    batch = Batch(20_001, [["a", "b", "c"], ["1", "NA", "x" * 50]])
    columns = [None, ImportColumn(2, "Price", "number", {})]
    with pytest.raises(BadFile) as raised:
        convert(batch, columns)
    assert str(raised.value).startswith(f"Row 20,003, column “Price”: “{'x' * 40}…” does not fit. ")


def test_columns_left_out_and_rows_without_a_value_make_no_cell() -> None:
    batch = Batch(1, [["a", "", "c"], ["", "", "3"], ["x", "y", "z"]])
    columns = [ImportColumn(1, "A", "text"), ImportColumn(2, "B", "number", {}), None]
    assert [json.loads(text) for text in convert(batch, columns)] == [{"1": "a"}, {}, {"1": "c", "2": 3}]
    assert convert(batch, [None, None, None]) == ["{}"] * 3


NUMBERS = ["", "NA", "1", "2.50", "1,000", "007", ".", ".0", "-0.0", "5.", "0.1234567890123456"]
WORDS = ["yes", "no", "TRUE", "$5", "€5", "12%", "a", "A", " b", "x\ny", "z" * 130, "a@b.co", "https://x.org"]
DATES = ["2026-01-02", "2026-01-02 03:04", "01/02/2026", "31/12/2026", "12/31/2026"]
VALUES = st.sampled_from([*NUMBERS, *WORDS, *DATES])


PARTS = st.lists(st.lists(VALUES, max_size=60), min_size=1, max_size=4)


@given(PARTS)
@example([["1"], [f"v{n}" for n in range(31)], ["x\ny"]])
@example([[f"v{n}" for n in range(31)], ["z" * 130], ["1"]])
def test_guesses_of_parts_merge_to_the_guess_of_the_whole(parts: list[list[str]]) -> None:
    merged = reduce(merge, [Guess(**json.loads(json.dumps(asdict(guess(part))))) for part in parts])
    in_turn = Guess()
    for part in parts:
        in_turn = merge(in_turn, guess_columns([part], [in_turn])[0])
    assert (in_turn.kind, in_turn.options) == (merged.kind, merged.options)
    whole = guess([value for part in parts for value in part])
    assert (merged.kind, merged.options) == (whole.kind, whole.options)


@given(
    st.lists(
        st.one_of(VALUES, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)), max_size=60
    )
)
def test_every_value_of_a_column_converts_to_what_its_kind_parses(values: list[str]) -> None:
    found = guess(values)
    kind, options = KINDS[found.kind], KINDS[found.kind].options(found.options)
    missing = {"NA"} if found.kind in ("number", "currency", "percent", "date", "datetime") else set()
    cells = converted(values, found.kind, options) if values else []
    assert cells == [None if value.strip() in missing else kind.parse(value, options) for value in values]


@given(st.lists(st.from_regex(r"-?[0-9]{0,17}(\.[0-9]{0,17})?", fullmatch=True), min_size=1, max_size=5))
def test_numbers_convert_to_what_the_kind_parses_or_are_refused_by_both(values: list[str]) -> None:
    kind, options = KINDS["number"], KINDS["number"].options({})
    try:
        wanted = [kind.parse(value, options) for value in values]
    except ValueError:
        with pytest.raises(BadFile):
            converted(values, "number", options)
    else:
        assert converted(values, "number", options) == wanted


MONEY = ["$2,736.24", "-$5", "$0.50", "1,000", "12", "", "$1,234,567.80", "-3.25"]
ODD_MONEY = [["$007"], ["($5)"], ["$ 5"], ["5$"], ["$1e3"], ["1,2"], ["$1,23"], ["--5"], ["$$5"]]


@pytest.mark.parametrize("texts", [MONEY, *([*MONEY, *odd] for odd in ODD_MONEY)], ids=str)
def test_money_read_all_at_once_is_what_the_kind_reads_one_by_one(texts: list[str]) -> None:
    column = ImportColumn(1, "Price", "currency", {"symbol": "$", "decimals": 2, "thousands": True})

    def one_by_one() -> list[str]:
        values = [kind_of("currency").parse(text, column.options) for text in texts]
        return ["{}" if value is None else f'{{"1":{json.dumps(value)}}}' for value in values]

    try:
        expected = one_by_one()
    except BadValue:
        with pytest.raises(BadFile):
            convert(Batch(1, [texts]), [column])
        return
    assert [json.loads(text) for text in convert(Batch(1, [texts]), [column])] == [json.loads(text) for text in expected]
