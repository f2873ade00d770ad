"""The column kinds: what people type is read, what is stored is shown, and nothing that is stored can break a page."""

import json
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tables.columns import COLORS, KINDS, BadOptions, BadValue, kind_of
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
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_an_editor_starts_with_is_read_as_the_same_value(key: str, data: st.DataObject) -> None:
    kind, options, value = KINDS[key], data.draw(options_of(key)), data.draw(VALUES[key])
    if key == "rating" and value > options["max"]:
        return
    if key == "percent" and not 1e-300 < abs(value) < 1e300:
        return  # a hundred times such a number has left the range of doubles
    with timezone.override(data.draw(st.sampled_from(ZONES))):
        assert kind.parse(kind.edit_text(value, options), options) == value
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


@pytest.mark.parametrize("key", [key for key, kind in KINDS.items() if kind.writable])
@pytest.mark.parametrize("piece", [" ", "1", "1 ", "a.", "(", ",", "1,", '"', "+1", "1-", "a@", "http://"])
def test_a_cell_full_of_one_thing_is_read_or_refused_at_once(key: str, piece: str) -> None:
    kind = KINDS[key]
    text = "1" + piece * (CELL_LIMIT // len(piece) - 2) + "!"
    began = time.process_time()
    with suppress(BadValue):
        kind.parse(text, kind.options(CHOICES))
    kind.html(text, kind.options({}))
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("key", KINDS)
def test_a_value_that_a_change_of_kind_left_behind_is_shown_escaped(key: str) -> None:
    kind = KINDS[key]
    options = kind.options({})
    for value in MISFITS:
        for html in (kind.html(value, options), kind.full_html(value, options), kind.painter(options)(value)):
            assert "<b>" not in html and "<i>" not in html
        assert isinstance(kind.text(value, options), str)
        assert isinstance(kind.edit_text(value, options), str)
        assert len(kind.html(value, options)) < 3_000


@pytest.mark.parametrize(
    "key", ["number", "date", "datetime", "email", "url", "phone", "rating", "checkbox", "select", "multi_select"]
)
def test_a_misfit_is_marked(key: str) -> None:
    assert KINDS[key].html("<hello>", KINDS[key].options({})).startswith('<span class="bad" title="')


def test_a_cell_of_long_text_is_cut_and_the_row_page_shows_it_all() -> None:
    text = "<" * 100_000
    for key in ("text", "long_text"):
        assert unescape(KINDS[key].html(text, {})) == "<" * 300 + "…"
        assert unescape(KINDS[key].full_html(text, {})) == text


@pytest.mark.parametrize(
    ("key", "value", "raw", "html"),
    [
        ("number", 1234567, {"thousands": True}, "1,234,567"),
        ("number", 2.675, {"decimals": 2}, "2.68"),  # half up, as written: the double is a little less
        ("number", -0.001, {"decimals": 2}, "0.00"),
        ("number", 5, {"decimals": 2}, "5.00"),
        ("number", 1e-7, {}, "0.0000001"),
        ("number", 10**300, {"thousands": True, "decimals": 2}, "1E+300"),
        ("currency", -1200, {}, "-$1,200.00"),
        ("currency", 5, {"symbol": "CHF"}, "CHF\u00a05.00"),
        ("percent", 0.07, {}, "7%"),
        ("percent", 0.12345, {"decimals": 1}, "12.3%"),
        ("checkbox", True, {}, '<span class="check on" role="img" aria-label="Checked"></span>'),
        ("date", "2026-12-01", {"format": "eu"}, "01.12.2026"),
        ("date", "2026-12-01", {"format": "us"}, "12/01/2026"),
        ("date", "2026-12-01", {"format": "long"}, "1 Dec 2026"),
        ("datetime", "2026-12-31T00:05:00Z", {"clock": 12}, "2026-12-31 12:05 am"),
        ("datetime", "2026-12-31T23:05:09Z", {"format": "long"}, "31 Dec 2026 23:05:09"),
        ("rating", 5, {}, '<span class="stars" role="img" aria-label="5 of 5">★★★★★</span>'),
        ("rating", 1, {"max": 2}, '<span class="stars" role="img" aria-label="1 of 2">★<span class="dim">★</span></span>'),
        ("select", "a1", CHOICES, '<span class="opt c-blue">New</span>'),
        (
            "multi_select",
            ["a1", "c3"],
            CHOICES,
            '<span class="opt c-blue">New</span><span class="opt c-amber">The &quot;best&quot;</span>',
        ),
        ("auto_number", 7, {}, "7"),
    ],
)
def test_how_values_look(key: str, value: Any, raw: dict[str, Any], html: str) -> None:
    assert KINDS[key].html(value, KINDS[key].options(raw)) == html


@pytest.mark.parametrize(
    ("key", "value", "href", "text"),
    [
        ("email", "a?subject=x&b@example.com", "mailto:a%3Fsubject%3Dx%26b@example.com", "a?subject=x&b@example.com"),
        ("url", 'https://example.com/"><script>', 'https://example.com/"><script>', 'example.com/"><script>'),
        ("phone", "+1 (202) 555-0143 ext. 9", "tel:+12025550143", "+1 (202) 555-0143 ext. 9"),
    ],
)
def test_a_link_goes_where_it_says_and_nowhere_else(key: str, value: str, href: str, text: str) -> None:
    found = re.fullmatch(
        r'<a href="([^"<>]*)" rel="noopener noreferrer" target="_blank" tabindex="-1">([^<>]*)</a>', KINDS[key].html(value, {})
    )
    assert found and (unescape(found[1]), unescape(found[2])) == (href, text)


@given(value=st.text() | st.from_regex(r"(?i)\s*(java\s?script|data|vbscript|file|https?):.{0,30}", fullmatch=True))
@example("java\nscript:alert(1)")
@example("\x01javascript:alert(1)")
@settings(deadline=None)
def test_no_stored_text_becomes_a_link_that_runs_something(value: str) -> None:
    for key in ("url", "email", "phone"):
        for href in re.findall(r'href="([^"]*)"', KINDS[key].html(value, {})):
            assert re.match(r"(?i)(https?://|mailto:|tel:)", unescape(href))


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


def test_a_choice_is_found_by_name_whatever_its_case() -> None:
    assert KINDS["select"].parse(" smith,  JOHN ", CHOICES) == "b2"
    assert KINDS["multi_select"].parse('new, "Smith, John", NEW', CHOICES) == ["a1", "b2"]
    assert KINDS["multi_select"].parse(" , ", CHOICES) is None


def test_an_unknown_choice_is_refused_naming_the_choices() -> None:
    with pytest.raises(BadValue, match="“Nwe” is not among the choices: New, Smith, John"):
        KINDS["select"].parse("Nwe", CHOICES)
    with pytest.raises(BadValue, match="and 995 more"):
        KINDS["select"].parse("x", KINDS["select"].options({"options": [f"n{n}" for n in range(1_000)]}))


def test_editing_choices_keeps_their_ids_and_never_gives_a_deleted_one_to_another() -> None:
    kind = KINDS["select"]
    first = kind.options({"options": ["A", "B", "C"]})
    ids = [choice["id"] for choice in first["options"]]
    assert len(set(ids)) == 3
    edited = kind.options({"options": [{**first["options"][2], "name": "See"}, {"name": "D"}]})
    assert edited["options"][0]["id"] == ids[2]
    assert edited["options"][1]["id"] not in ids
    assert kind.options(edited) == edited


def test_renaming_a_choice_shows_at_once() -> None:
    kind = KINDS["select"]
    before = kind.options({"options": [{"id": "a", "name": "Old"}]})
    assert kind.text("a", before) == "Old"
    assert kind.text("a", kind.options({"options": [{"id": "a", "name": "New"}]})) == "New"


@pytest.mark.parametrize(
    ("key", "raw", "says"),
    [
        ("number", {"decimals": 11}, "0 to 10"),
        ("number", {"decimals": "x"}, "0 to 10"),
        ("number", {"decimals": True}, "0 to 10"),
        ("number", {"thousands": "perhaps"}, "yes or no"),
        ("currency", {"symbol": "dollars"}, "1 to 5"),
        ("currency", {"symbol": ""}, "1 to 5"),
        ("currency", {"symbol": "<b>"}, "currency signs and letters"),
        ("currency", {"symbol": "1"}, "currency signs and letters"),
        ("rating", {"max": 0}, "1 to 10"),
        ("date", {"format": "french"}, "one of iso, eu, us, long"),
        ("date", {"format": ["iso"]}, "one of iso, eu, us, long"),
        ("datetime", {"clock": 13}, "12 or 24"),
        ("select", {"options": "a"}, "at most 1,000"),
        ("select", {"options": [f"{n}" for n in range(1_001)]}, "at most 1,000"),
        ("select", {"options": ["a", " A "]}, "Two choices are named"),
        ("select", {"options": [{"id": "a", "name": "x"}, {"id": "a", "name": "y"}]}, "Two choices have the id"),
        ("select", {"options": [{"id": '"><', "name": "x"}]}, "letters and digits"),
        ("select", {"options": [{"name": "x", "color": "mauve"}]}, "not a colour"),
        ("select", {"options": [{"name": "x", "color": ["blue"]}]}, "not a colour"),
        ("select", {"options": [{"name": " "}]}, "has no name"),
        ("select", {"options": [None]}, "has no name"),
        ("select", {"options": ["x" * 101]}, "100 characters"),
        ("select", {"options": ["x\x00"]}, "NUL"),
    ],
)
def test_bad_options_are_refused_with_a_sentence(key: str, raw: dict[str, Any], says: str) -> None:
    with pytest.raises(BadOptions, match=re.escape(says)):
        KINDS[key].options(raw)


@pytest.mark.parametrize("key", KINDS)
def test_completed_options_are_complete_and_can_be_stored(key: str) -> None:
    options = KINDS[key].options({})
    assert json.loads(json.dumps(KINDS[key].options(options))) == options


def test_options_come_from_forms_as_text_too() -> None:
    assert KINDS["number"].options({"decimals": "2", "thousands": "on"}) == {"decimals": 2, "thousands": True}
    assert KINDS["number"].options({"decimals": "", "thousands": ""}) == {"decimals": None, "thousands": False}


def test_an_unknown_kind_is_refused_naming_the_kinds() -> None:
    with pytest.raises(BadOptions, match=r"no column kind “colour”.*multi_select"):
        kind_of("colour")


def test_there_are_twelve_colours() -> None:
    assert len(set(COLORS)) == 12


@pytest.mark.parametrize("key", ["auto_number", "created_time", "modified_time"])
def test_a_kind_that_fills_itself_cannot_be_written_and_says_where_its_value_is(key: str) -> None:
    kind = KINDS[key]
    assert kind.row_field in ("id", "created_at", "modified_at")
    with pytest.raises(BadValue, match="fills itself"):
        kind.parse("1", {})


def test_created_time_is_shown_in_the_persons_time_zone() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert KINDS["created_time"].html(datetime(2026, 7, 1, 8, 0, 0, 123456, UTC), {}) == "2026-07-01 10:00"


# --- Sorting, in PostgreSQL ------------------------------------------------------------------------------------------

SORTED: dict[str, list[Any]] = {
    "text": ["Apple", "apple pie", "Banana", "cherry", "x" * 5_000],
    "number": [-1e300, -5, -0.5, 0, 2, 10, 1e300],
    "currency": [1.5, 2, 10],
    "percent": [0.05, 0.5, 2],
    "rating": [1, 2, 5],
    "date": ["0099-01-01", "2025-12-31", "2026-01-01", "9999-12-31"],
    "datetime": ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"],
    "select": IDS,
    "multi_select": [[IDS[0]], [IDS[0], IDS[1]], [IDS[0], IDS[2]], [IDS[1]], [IDS[3], IDS[0]]],
}


def sorted_by(key: str, cells: list[Any], direction: str) -> list[Any]:
    """The cells in the order of the kind's expression, through an index made of it."""
    options = KINDS[key].options(CHOICES)
    by = KINDS[key].sort_sql(sql.SQL("(data -> '3')"), options)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sort_try")
        cursor.execute("CREATE TEMP TABLE sort_try (id int, data jsonb)")
        rows = [(n, json.dumps({"3": cell} if cell is not None else {})) for n, cell in enumerate(cells)]
        cursor.executemany("INSERT INTO sort_try VALUES (%s, %s)", rows)
        cursor.execute(sql.SQL("CREATE INDEX ON sort_try (({}))").format(by))
        order = sql.SQL("SELECT id FROM sort_try ORDER BY {} {} NULLS LAST, id").format(by, sql.SQL(direction))
        cursor.execute(order)
        return [cells[row[0]] for row in cursor.fetchall()]


@pytest.mark.django_db
@pytest.mark.parametrize("key", SORTED)
def test_a_column_sorts_as_people_expect_with_empty_cells_last(key: str) -> None:
    cells = SORTED[key]
    shuffled = [None, *cells[1::2], *cells[::-2], None] if len(cells) % 2 else [None, *cells[1::2], *cells[::2], None]
    assert sorted_by(key, shuffled, "ASC") == [*cells, None, None]
    assert sorted_by(key, shuffled, "DESC") == [*cells[::-1], None, None]


@pytest.mark.django_db
def test_unchecked_comes_before_checked_and_after_it_the_other_way_round() -> None:
    assert sorted_by("checkbox", [True, None], "ASC") == [None, True]
    assert sorted_by("checkbox", [None, True], "DESC") == [True, None]


@pytest.mark.django_db
@pytest.mark.parametrize("key", VALUES)
def test_sorting_and_indexing_never_fail_on_a_value_of_another_kind(key: str) -> None:
    cells = [*MISFITS, "x" * 100_000, "é" * 100_000, ["a1"] * 1_000, IDS[0], 1, None]
    assert len(sorted_by(key, cells, "ASC")) == len(cells)


@pytest.mark.django_db
def test_reads_of_postgres_give_the_very_numbers_that_were_stored() -> None:
    numbers = [typed_number(123456789012345, e) for e in (-300, -20, -7, 0, 6, 290)]
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT %s::jsonb", [json.dumps({"1": number})])
            found = json.loads(cursor.fetchone()[0])["1"]
            assert found == number
            assert KINDS["number"].parse(KINDS["number"].edit_text(found, {}), {}) == number
