"""Filters: what people may ask of each kind, what becomes of bad input and of dead parts, and what a filter is called."""

import re
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tables.columns import KINDS
from tables.models import Column
from tables.query.definition import BadQuery, Condition, Group, read_filter
from tables.query.filters import (
    ANY_WRITE,
    check,
    columns_read,
    editor_texts,
    filter_sentence,
    filter_sql,
    parse,
    resolve,
    sentence,
)
from tables.query.operators import OPERATORS, operators_of

CHOICES = {
    "options": [
        {"id": "a", "name": "New"},
        {"id": "b", "name": "Won"},
        {"id": "c", "name": "Lost"},
        {"id": "d", "name": "Old, cold"},
    ]
}
MINUTES = "2026-07-15T12:30:00Z"
# What each operator's form sends, by what it takes.
SENT: dict[str, dict[str, list[str]]] = {
    "nothing": {"*": []},
    "text": {"*": ["a"]},
    "whole text": {"*": ["Ann"], "url": ["example.com"]},
    "texts": {"*": ["Ann", "Bob"]},
    "length": {"*": ["3"]},
    "number": {"*": ["2.5"], "currency": ["$1,000"], "percent": ["12%"], "rating": ["★★★"], "auto_number": ["3"]},
    "two numbers": {"*": ["1", "5"]},
    "day": {"*": ["31 Dec 2026"], "datetime": ["2026-12-31 12:30"], "created_time": ["today"]},
    "two days": {"*": ["2026-01-01", "2026-12-31"]},
    "count and unit": {"*": ["7", "days"]},
    "choice": {"*": ["won"]},
    "choices": {"*": ["New", "b"]},
    "people": {"*": ["3", "4"]},
    "anything": {"*": ["x"]},
}


@pytest.fixture(autouse=True)
def in_utc() -> Iterator[None]:
    with timezone.override(UTC):
        yield


def make_columns(**more: dict[str, Any]) -> dict[int, Column]:
    """A column of each kind, by key, without a database."""
    return {
        key: Column(key=key, name=kind.label, kind=kind.key, options=kind.options(CHOICES if "select" in kind.key else {}))
        for key, kind in enumerate(KINDS.values(), 1)
    }


COLUMNS = make_columns()
KEYS = {column.kind: key for key, column in COLUMNS.items()}


def key_of(kind: str) -> int:
    return KEYS.get(kind, 0)


def every() -> list[tuple[str, str]]:
    """Every operator on every kind it serves, and on the row."""
    families = {"row": "row", **{kind.key: kind.family for kind in KINDS.values()}}
    return [(kind, operator) for kind, family in families.items() for operator in OPERATORS[family]]


def one(kind: str, operator: str, value: Any = None) -> Group:
    return Group("all", (Condition(key_of(kind), operator, value),))


def problem(group: Group) -> str:
    living, problems = resolve(group, COLUMNS)
    assert len(problems) == 1 and not living.items
    with pytest.raises(BadQuery, match=re.escape(problems[0])):
        check(group, COLUMNS)
    return problems[0]


def plain_sql(group: Group, zone: str = "UTC", today: date = date(2026, 7, 15)) -> str:
    return filter_sql(group, COLUMNS, zone=ZoneInfo(zone), today=today).as_string()


# --- The table of operators ----------------------------------------------------------------------------------------------


def test_every_kind_has_its_filters_and_each_can_ask_for_empty_cells() -> None:
    for kind in KINDS.values():
        keys = [operator.key for operator in operators_of(kind)]
        assert {"empty", "not_empty"} < set(keys), kind.key
        assert len(keys) == len(set(keys)) and "same" not in keys
    assert operators_of(None)


@pytest.mark.parametrize(("kind", "operator"), every())
def test_what_a_form_sends_is_read_shown_and_sent_again_as_the_same(kind: str, operator: str) -> None:
    key = key_of(kind)
    takes = OPERATORS[KINDS[kind].family if key else "row"][operator].takes
    sent = SENT[takes.key].get(kind, SENT[takes.key]["*"])
    condition = parse(key, operator, sent, COLUMNS)
    group = Group("all", (condition,))
    assert resolve(group, COLUMNS) == (group, [])
    shown = editor_texts(condition, COLUMNS)
    assert len(shown) == len(sent) and (takes.fields in (-1, len(sent)))
    assert parse(key, operator, shown, COLUMNS) == condition
    words = sentence(condition, COLUMNS)
    assert words.startswith(COLUMNS[key].name if key else "The row") and "None" not in words and len(words) < 120


def test_the_docs_name_every_operator_of_every_family() -> None:
    text = (Path(__file__).resolve().parent.parent / "docs" / "filters.md").read_text()
    for family, operators in OPERATORS.items():
        line = next(line for line in text.splitlines() if line.startswith(f"| {family} |"))
        named = set(re.findall(r"`([^`]+)`", line))
        if family == "row":
            # The times of a row are asked for as dates are.
            named |= {f"{verb}_{key}" for verb in ("created", "changed") for key in OPERATORS["date"]}
        assert set(operators) <= named, family


# --- Sentences -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "operator", "value", "words"),
    [
        ("number", ">", 10, "Number is more than 10"),
        ("currency", "between", (5, 1000), "Currency is between $5.00 and $1,000.00"),
        ("percent", "!=", 0.125, "Percent is not 12.5%"),
        ("text", "contains", "smith", "Text contains “smith”"),
        ("text", "empty", None, "Text is empty"),
        ("text", "any_of", ("a", "b", "c", "d", "e"), "Text is any of “a”, “b”, “c” and 2 more"),
        ("text", "longer", 1000, "Text is longer than 1,000 characters"),
        ("select", "any_of", ("a", "b"), "Single select is any of New, Won"),
        ("multi_select", "all_of", ("a", "b", "c", "d"), "Multi select has all of New, Won, Lost and 1 more"),
        ("checkbox", "not_checked", None, "Checkbox is not checked"),
        ("date", "is", "2026-12-31", "Date is 2026-12-31"),
        ("date", "before", "today", "Date is before today"),
        ("date", "this_week", None, "Date is this week"),
        ("date", "last_day", None, "Date is yesterday"),
        ("date", "last_n", (7, "days"), "Date is in the last 7 days"),
        ("date", "next_n", (1, "months"), "Date is in the next month"),
        ("datetime", "between", ("2026-07-15", MINUTES), "Date and time is between 2026-07-15 and 2026-07-15 12:30"),
        ("row", "created_by", (3,), "The row was created by Ann"),
        ("row", "not_changed_by", (9,), "The row was not last changed by a former member"),
        ("row", "created_is", "today", "The row was created on today"),
        ("row", "changed_last_n", (2, "weeks"), "The row was changed in the last 2 weeks"),
        ("number", ">", "x", "Number is more than …"),
        ("number", "contains", "x", "Number “contains”"),
    ],
)
def test_a_condition_is_told_in_words(kind: str, operator: str, value: Any, words: str) -> None:
    assert sentence(Condition(key_of(kind), operator, value), COLUMNS, {3: "Ann"}) == words


def test_a_whole_filter_is_told_in_words() -> None:
    inner = Group("any", (Condition(KEYS["text"], "is", "Oslo"), Condition(KEYS["select"], "empty")))
    group = Group("all", (Condition(KEYS["number"], ">", 10), inner, Group("any"), Condition(999, "is", "x")))
    words = "Number is more than 10 and (Text is “Oslo” or Single select is empty) and A deleted column"
    assert filter_sentence(group, COLUMNS) == words
    assert filter_sentence(Group("all"), COLUMNS) == ""


# --- Dead parts ----------------------------------------------------------------------------------------------------------


def test_a_condition_on_a_deleted_column_is_left_out_and_its_group_with_it() -> None:
    living = Condition(KEYS["text"], "is", "x")
    group = Group("all", (Group("any", (Condition(999, "is", "x"), Group("all", (Condition(998, "empty"),)))), living))
    assert resolve(group, COLUMNS) == (Group("all", (living,)), ["A condition on a deleted column is left out."] * 2)
    assert plain_sql(group) == plain_sql(Group("all", (living,)))
    assert plain_sql(Group("any", (Condition(999, "is", "x"),))) == "TRUE"


def test_an_operator_that_the_kind_has_not_is_named_with_the_column() -> None:
    assert problem(one("number", "contains", "x")) == (
        "A “Number” column has no filter “contains”: the condition on “Number” is left out."
    )
    assert "no filter “created_by”" in problem(one("text", "created_by", (1,)))
    assert "A row has no filter “is”" in problem(one("row", "is", "x"))
    assert "'; DROP TABLE" in problem(one("text", "'; DROP TABLE tables_row; --"))


def test_ids_of_deleted_choices_are_dropped_and_told() -> None:
    group = one("select", "any_of", ("a", "gone", "b"))
    living, problems = resolve(group, COLUMNS)
    assert living == one("select", "any_of", ("a", "b"))
    assert problems == ["The condition on “Single select” names choices that were deleted; they are left out."]
    assert "gone" not in plain_sql(group)
    with pytest.raises(BadQuery, match="deleted"):
        check(group, COLUMNS)
    assert "no longer among the column's options" in problem(one("multi_select", "all_of", ("gone",)))
    assert "no longer among the column's options" in problem(one("select", "is_not", "gone"))
    assert sentence(group.items[0], COLUMNS) == "Single select is any of New, Won"  # type: ignore[arg-type]


MISSHAPEN: tuple[Any, ...] = (None, "", (), "\x00", {"a": 1}, [[1]], "\ud800", b"x")
BAD_VALUES: list[tuple[str, str, tuple[Any, ...]]] = [
    *((kind, operator, MISSHAPEN) for kind, operator in every()),
    ("number", ">", (float("nan"), float("inf"), 10**309, -(10**400), True, "5", "1; DROP TABLE x", (1, 2))),
    ("number", "between", ((1,), (1, 2, 3), (1, "2"), "12", (1, None))),
    ("date", "is", ("2026-02-30", "20260101", "2026-W01-1", "tomorrow'", MINUTES, 5, "TODAY", ("2026-01-01",))),
    ("datetime", "is", ("2026-01-01T25:00:00Z", "2026-W01-1T10:11:12Z", "2026-01-01 10:00", "2026-01-01T10:00:00+01:00")),
    ("date", "last_n", ((0, "days"), (-1, "days"), (1.5, "days"), (10_000, "days"), (1, "years"), (1,), (True, "days"))),
    ("text", "longer", (-1, 1.5, "5", True, 10**9)),
    ("text", "any_of", (("x",) * 1001, ("x", 5), ("x", ""), "x")),
    ("select", "any_of", (("a", 5), ("a", None), "a")),
    ("row", "created_before", ("2026-W01-1T10:11:12Z",)),
    ("row", "created_by", (("1",), (0,), (2**31,), (True,), (1.0,), 1)),
]


@pytest.mark.parametrize(("kind", "operator", "values"), BAD_VALUES)
def test_a_value_that_does_not_fit_is_a_sentence_and_never_an_error(kind: str, operator: str, values: tuple[Any, ...]) -> None:
    key = key_of(kind)
    takes = OPERATORS[KINDS[kind].family if key else "row"][operator].takes.key
    for value in values:
        if takes == "nothing" or (takes == "anything" and value in ("", ())):
            assert resolve(one(kind, operator, value), COLUMNS)[1] == []
            continue
        said = problem(one(kind, operator, value))
        assert said.startswith("The condition “") and said.endswith(".") and len(said) < 220
        assert plain_sql(one(kind, operator, value)) == "TRUE"
        assert editor_texts(Condition(key, operator, value), COLUMNS) == []
        assert sentence(Condition(key, operator, value), COLUMNS)


@pytest.mark.parametrize(("kind", "operator"), every())
def test_what_does_not_parse_is_refused_with_a_sentence(kind: str, operator: str) -> None:
    for texts in ([], [""], ["x"] * 3, ["\x00", "\x00"], ["9" * 500], ["999999", "eons"], ["٣"], ["1e999"]):
        try:
            condition = parse(key_of(kind), operator, texts, COLUMNS)
        except BadQuery as bad:
            assert len(str(bad)) < 330 and str(bad).endswith(".")
        else:
            assert resolve(Group("all", (condition,)), COLUMNS)[1] == []


def test_what_cannot_be_asked_at_all_is_refused_by_name() -> None:
    with pytest.raises(BadQuery, match="This column was deleted"):
        parse(999, "is", ["x"], COLUMNS)
    with pytest.raises(BadQuery, match="“Number” has no filter “contains”"):
        parse(KEYS["number"], "contains", ["x"], COLUMNS)
    with pytest.raises(BadQuery, match="at most 10,000 characters"):
        parse(KEYS["text"], "contains", ["x" * 10_001], COLUMNS)
    with pytest.raises(BadQuery, match="could be 3 Apr or 4 Mar"):
        parse(KEYS["date"], "is", ["3/4/2026"], COLUMNS)
    with pytest.raises(BadQuery, match="not among the choices: New, Won"):
        parse(KEYS["select"], "is", ["Nowhere"], COLUMNS)


def test_limits_of_size_are_refused_by_name() -> None:
    with pytest.raises(BadQuery, match="at most 100 conditions; this has 200"):
        read_filter(["all", *[[1, "is", "x"]] * 200])
    deep: list[Any] = [1, "is", "x"]
    for _ in range(10):
        deep = ["all", deep]
    with pytest.raises(BadQuery, match="at most 5 levels"):
        read_filter(deep)
    group: Any = Condition(KEYS["text"], "is", "x")
    for _ in range(10):
        group = Group("any", (group,))
    assert resolve(group, COLUMNS) == (group, [])  # they are no danger when they come from elsewhere


def test_a_filter_knows_what_it_reads() -> None:
    items = [(KEYS["text"], "empty"), (KEYS["auto_number"], ">"), (0, "created_by"), (0, "created_last_n"), (999, "is")]
    group = Group("all", tuple(Condition(key, operator) for key, operator in items))
    assert columns_read(group, COLUMNS) == {KEYS["text"], KEYS["auto_number"]}
    for changing in ((0, "changed_by"), (0, "not_changed_by"), (0, "changed_this_week"), (KEYS["modified_time"], "is")):
        assert columns_read(Group("any", (group, Condition(*changing))), COLUMNS) >= {ANY_WRITE, KEYS["text"]}
