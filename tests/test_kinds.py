"""The column kinds: what people type is read, what is stored is shown, and nothing that is stored can break a page."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tables.columns import KINDS, BadValue
from tables.columns.base import CELL_LIMIT
from tables.columns.date import FORMATS

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Europe/Amsterdam",
    "Australia/Lord_Howe",
]

CHOICES = KINDS["select"].options(
    {
        "options": [
            {"id": "a1", "name": "New"},
            {"id": "b2", "name": "Smith, John"},
            {"id": "c3", "name": 'The "best"'},
            {"name": "É & <b>"},
        ]
    }
)

IDS = [choice["id"] for choice in CHOICES["options"]]

MISFITS = [
    True,
    False,
    0,
    -7,
    10**400,
    1.5,
    "<b>x</b>",
    "",
    "2026-02-31",
    "2026-W01-1",
    "é" * 500,
    [],
    ["<i>"],
    [None],
    {"a": 1},
    [["a1"]],
]


def options_of(key: str) -> st.SearchStrategy[dict[str, Any]]:
    """Every set of options of a kind."""
    decimals, forms = st.none() | st.integers(0, 10), st.sampled_from(FORMATS)
    raw: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "number": st.fixed_dictionaries({"decimals": decimals, "thousands": st.booleans()}),
        "currency": st.fixed_dictionaries(
            {"symbol": st.sampled_from(["$", "€", "CHF", "kr.", "R$", "E"]), "decimals": decimals, "thousands": st.booleans()}
        ),
        "percent": st.fixed_dictionaries({"decimals": decimals}),
        "rating": st.fixed_dictionaries({"max": st.integers(1, 10)}),
        "date": st.fixed_dictionaries({"format": forms}),
        "datetime": st.fixed_dictionaries({"format": forms, "clock": st.sampled_from([12, 24])}),
        "select": st.just(CHOICES),
        "multi_select": st.just(CHOICES),
    }
    return raw.get(key, st.just({})).map(KINDS[key].options)


def typed_number(digits: int, exponent: int) -> int | float:
    """A number of at most 15 digits, of any size, as the number kind stores it."""
    stored = KINDS["number"].parse(f"{digits}e{exponent}", {})
    assert isinstance(stored, (int, float))
    return stored


NUMBERS = (
    st.builds(typed_number, st.integers(-(10**15) + 1, 10**15 - 1), st.integers(-20, 6))
    | st.builds(typed_number, st.integers(-999, 999), st.integers(-290, 290))
    | st.integers(-(10**15) + 1, 10**15 - 1)
)

MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)).map(lambda moment: moment.isoformat()[:19] + "Z")

LINES = st.text(st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"]), min_size=1)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": LINES,
    "long_text": LINES,
    "number": NUMBERS,
    "currency": NUMBERS,
    "percent": NUMBERS,
    "checkbox": st.just(True),
    "rating": st.integers(1, 10),
    "date": st.dates().map(lambda day: day.isoformat()),
    "datetime": MOMENTS,
    "select": st.sampled_from(IDS),
    "multi_select": st.lists(st.sampled_from(IDS), min_size=1, unique=True),
    "email": st.from_regex(r"[a-z.+?&'é]{1,20}@[a-z]{1,10}\.[a-z]{2,5}", fullmatch=True),
    "url": st.from_regex(r"(https?://|mailto:a@)[a-z]{1,10}\.[a-z]{2,5}(/[a-z?&=#'\"<>é]{0,30})?", fullmatch=True),
    "phone": st.from_regex(r"\+[1-9][0-9]{1,3}[ -][0-9]{3,6}( ext\. [0-9]{1,4})?", fullmatch=True),
}


def test_every_writable_kind_is_under_the_law_of_showing_and_reading() -> None:
    assert set(VALUES) == {key for key, kind in KINDS.items() if kind.writable}


@pytest.mark.parametrize("key", VALUES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_an_editor_starts_with_is_read_as_the_same_value(key: str, data: st.DataObject) -> None:
    kind, options, value = KINDS[key], data.draw(options_of(key)), data.draw(VALUES[key])
    if key == "rating" and value > options["max"]:
        return
    if key == "percent" and not 1e-300 < abs(value) < 1e300:
        return  # a hundred times such a number has left the range of doubles
    with timezone.override(data.draw(st.sampled_from(ZONES))):
        assert kind.parse(kind.edit_text(value, options), options) == value
        sent = json.dumps(kind.to_json(value, options))
        assert kind.from_json(json.loads(sent), options) == value
        shown = kind.text(value, options)
        if options.get("decimals") is None:
            assert kind.parse(shown, options) == value
        else:  # rounded: reading and showing it again changes nothing more
            assert kind.text(kind.parse(shown, options), options) == shown
        assert kind.html(value, options)


@pytest.mark.parametrize("zone", ZONES)
@given(value=MOMENTS)
@example("2026-10-25T00:30:00Z")
@example("2026-10-25T01:30:00Z")  # the same hour of the clock in Berlin, an hour later
@example("0001-01-01T00:00:00Z")
@example("9999-12-31T23:59:59Z")
@settings(deadline=None)
def test_a_moment_survives_every_time_zone(zone: str, value: str) -> None:
    kind = KINDS["datetime"]
    for options in ({"format": "iso", "clock": 24}, {"format": "us", "clock": 12}, {"format": "long", "clock": 12}):
        with timezone.override(zone):
            assert kind.parse(kind.text(value, options), options) == value


@pytest.mark.parametrize(
    ("key", "typed", "stored"),
    [
        ("number", "1,234.5", 1234.5),
        ("number", "-5", -5),
        ("number", "\u22125", -5),
        ("number", "(5)", -5),
        ("number", "1e3", 1000),
        ("number", ".5", 0.5),
        ("number", "1\u00a0234", 1234),
        ("number", "12%", 0.12),
        ("number", "$1,200", 1200),
        ("number", "-0", 0),
        ("number", "0.30000000000000004", 0.1 + 0.2),
        ("number", "123456789012345000000", 123456789012345 * 10**6),
        ("number", "  ", None),
        ("currency", "$1,200", 1200),
        ("currency", "-$1,200.50", -1200.5),
        ("currency", "($5)", -5),
        ("currency", "5 $", 5),
        ("percent", "12%", 0.12),
        ("percent", "7", 0.07),
        ("percent", "-0.1 %", -0.001),
        ("date", "2026-12-31", "2026-12-31"),
        ("date", "2026/12/31", "2026-12-31"),
        ("date", "31.12.2026", "2026-12-31"),
        ("date", "31/12/2026", "2026-12-31"),
        ("date", "12/31/2026", "2026-12-31"),
        ("date", "31 Dec 2026", "2026-12-31"),
        ("date", "Dec 31, 2026", "2026-12-31"),
        ("date", "December 1st, 2026", "2026-12-01"),
        ("date", "0001-01-01", "0001-01-01"),
        ("date", "2026-12-31 00:00:00", "2026-12-31"),
        ("datetime", "2026-12-31T10:00:00Z", "2026-12-31T10:00:00Z"),
        ("datetime", "2026-12-31 10:00:05.25+02:00", "2026-12-31T08:00:05Z"),
        ("datetime", "31 Dec 2026, 3 pm", "2026-12-31T15:00:00Z"),
        ("datetime", "2026-12-31", "2026-12-31T00:00:00Z"),
        ("rating", "3", 3),
        ("rating", "★★", 2),
        ("rating", "4/5", 4),
        ("rating", "0", None),
        ("email", " ann@example.com ", "ann@example.com"),
        ("url", "example.com/a?b=c", "https://example.com/a?b=c"),
        ("url", "mailto:ann@example.com", "mailto:ann@example.com"),
        ("phone", "+1 (202) 555-0143", "+1 (202) 555-0143"),
        ("text", "a\r\nb", "a\nb"),
    ],
)
def test_the_forms_people_write_are_read(key: str, typed: str, stored: Any) -> None:
    found = KINDS[key].parse(typed, KINDS[key].options({}))
    assert (found, type(found)) == (stored, type(stored))


@pytest.mark.parametrize(
    ("key", "typed", "says"),
    [
        ("number", "NaN", "not a number"),
        ("number", "inf", "not a number"),
        ("number", "1,2,3", "not a number"),
        ("number", "1.2.3", "not a number"),
        ("number", "--5", "not a number"),
        ("number", "٣", "not a number"),
        ("number", "9" * 5000, "not a number"),
        ("number", "1e400", "too large"),
        ("number", "1e-400", "too small"),
        ("number", "1234567890123456", "15 significant digits"),
        ("number", "0.12345678901234567890", "15 significant digits"),
        ("currency", "€5", "another currency"),
        ("currency", "-($5)", "not a number"),
        ("date", "2026-02-31", "not a day of the calendar"),
        ("date", "0000-01-01", "not a day of the calendar"),
        ("date", "3/4/2026", "could be 3 Apr or 4 Mar"),
        ("date", "31.12.26", "four digits"),
        ("datetime", "2026-12-31 25:00", "not a time"),
        ("datetime", "2026-12-31 13:00 pm", "hour from 1 to 12"),
        ("datetime", "0001-01-01 00:00+05:00", "outside the years"),
        ("checkbox", "perhaps", "yes or no"),
        ("rating", "6", "5 stars"),
        ("rating", "2.5", "whole number"),
        ("email", "ann@", "not an e-mail address"),
        ("email", "ann@example.com?subject=x", "not an e-mail address"),
        ("url", "javascript:alert(1)", "not a web address"),
        ("url", "data:text/html,x", "not a web address"),
        ("url", "https://", "not a web address"),
        ("url", "https://[", "not a web address"),
        ("url", "https://example.com/" + "a" * 2000, "at most 2,000"),
        ("phone", "call me", "not a phone number"),
        ("text", "a\x00b", "NUL"),
        ("text", "\ud800", "surrogate"),
        ("text", "é" * (CELL_LIMIT // 2 + 1), "too long"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_short_sentence(key: str, typed: str, says: str) -> None:
    with pytest.raises(BadValue, match=re.escape(says)) as refused:
        KINDS[key].parse(typed, KINDS[key].options({}))
    assert len(str(refused.value)) < 250 and str(refused.value).endswith(".")


@pytest.mark.parametrize("key", [key for key, kind in KINDS.items() if kind.writable])
@settings(deadline=None)
@given(typed=st.text())
def test_no_text_breaks_the_reader_and_what_it_takes_can_be_stored(key: str, typed: str) -> None:
    kind = KINDS[key]
    options = kind.options(CHOICES)
    try:
        value = kind.parse(typed, options)
    except BadValue:
        return
    assert value not in ("", [], False) or value == 0
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert kind.parse(kind.edit_text(value, options), options) == value if value is not None else True


@pytest.mark.parametrize("word", ["true", "YES", "1", "x", "✓", "checked"])
def test_a_checkbox_is_checked_by(word: str) -> None:
    assert KINDS["checkbox"].parse(word, {}) is True


@pytest.mark.parametrize("word", ["", "false", "No", "0", " "])
def test_an_unchecked_checkbox_is_an_empty_cell(word: str) -> None:
    assert KINDS["checkbox"].parse(word, {}) is None


def test_a_date_is_read_the_way_its_column_shows_it() -> None:
    assert KINDS["date"].parse("3/4/2026", {"format": "us"}) == "2026-03-04"
    assert KINDS["date"].parse("3/4/2026", {"format": "eu"}) == "2026-04-03"
    assert KINDS["date"].parse("3.4.2026", {"format": "us"}) == "2026-04-03"


def test_a_time_without_a_zone_is_the_persons_own() -> None:
    with timezone.override("America/New_York"):
        stored = KINDS["datetime"].parse("2026-07-01 08:00", {})
        assert stored == "2026-07-01T12:00:00Z"
        assert KINDS["datetime"].text(stored, {}) == "2026-07-01 08:00"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda items: st.lists(items, max_size=3) | st.dictionaries(st.text(max_size=3), items, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("key", VALUES)
@settings(max_examples=100, deadline=None)
@given(sent=JSON)
@example(sent=10**400)
@example(sent=["New", "new", "Smith, John"])
@example(sent=[["New"]])
@example(sent="")
def test_no_json_breaks_the_reader_and_what_it_takes_can_be_sent_back(key: str, sent: Any) -> None:
    kind, options = KINDS[key], KINDS[key].options(CHOICES if key in ("select", "multi_select") else {})
    try:
        value = kind.from_json(sent, options)
    except BadValue as refused:
        assert 5 < len(str(refused)) < 300
        return
    assert kind.from_json(json.loads(json.dumps(kind.to_json(value, options))), options) == value


@pytest.mark.parametrize("key", KINDS)
def test_an_empty_cell_and_what_another_kind_left_can_be_sent(key: str) -> None:
    for value in (None, *MISFITS):
        json.dumps(KINDS[key].to_json(value, KINDS[key].options(CHOICES if key in ("select", "multi_select") else {})))
