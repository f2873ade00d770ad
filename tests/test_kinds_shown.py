"""How the column kinds show what is stored: escaped, short, and never a link that runs something."""

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tables.columns import KINDS, BadValue
from tables.columns.base import CELL_LIMIT
from tables.columns.multi_select import MOST_SHOWN
from tests.test_kinds import CHOICES, MISFITS


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
        for html in (kind.html(value, options), kind.full_html(value, options), *kind.htmls([value, None], options)):
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
    ("key", "value"),
    [
        ("phone", "+123" + " " * 90_000 + "x1"),
        ("email", "a@" + "b." * 40_000 + "c"),
        ("url", "https://example.com/" + "a" * 90_000),
    ],
)
def test_a_link_as_long_as_a_book_does_not_make_a_window_of_that_size(key: str, value: str) -> None:
    assert len(KINDS[key].html(value, {})) < 1_000


@pytest.mark.parametrize(
    ("key", "value", "raw", "html"),
    [
        ("number", 1234567, {"thousands": True}, "1,234,567"),
        ("number", 2.675, {"decimals": 2}, "2.68"),  # half up, as written: the double is a little less
        ("number", 2.665, {"decimals": 2}, "2.67"),  # up, not to the even neighbour
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
@example("javascript:alert(1)")
@example("JavaScript:alert(1)")
@example("data:text/html,x")
@example("https:javascript:alert(1)")
@example("java\nscript:alert(1)")
@example("\x01javascript:alert(1)")
@settings(deadline=None)
def test_no_stored_text_becomes_a_link_that_runs_something(value: str) -> None:
    for key in ("url", "email", "phone"):
        for href in re.findall(r'href="([^"]*)"', KINDS[key].html(value, {})):
            assert re.match(r"(?i)(https?://|mailto:|tel:)", unescape(href))


def test_created_time_is_shown_in_the_persons_time_zone() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert KINDS["created_time"].html(datetime(2026, 7, 1, 8, 0, 0, 123456, UTC), {}) == "2026-07-01 10:00"


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (1234567.1, 10, "1,234,567.1000000000"),
        (99999999999999.1, 4, "99,999,999,999,999.1000"),
        (-123456789012.3, 10, "-123,456,789,012.3000000000"),
        (1234567.1, 2, "1,234,567.10"),
        (2.675, 2, "2.68"),
        (0.0001, 4, "0.0001"),
    ],
)
def test_no_digit_is_shown_that_nobody_typed(value: float, decimals: int, shown: str) -> None:
    options = {"decimals": decimals, "thousands": True}
    assert KINDS["number"].text(value, options) == shown
    assert KINDS["number"].htmls([value], options) == [shown]
    money = f"-${shown[1:]}" if value < 0 else f"${shown}"
    assert KINDS["currency"].htmls([value], {**options, "symbol": "$"}) == [money]


NUMBERS = [0, 1, 3, 0.5, 0.125, 2.675, -3.7, 1234.5, 99.99, 1e-5, 1e15, 123456789.12, -0.004, 1e22, True, 10**20]
TEXTS = ["", "Ann", "<b>&", "x" * 301, "a@example.com", "https://example.com/?a=1&b=2"]
TEXTS += ["2026-12-31", "2026-07-01T08:00:00Z", "s1"]


@pytest.mark.parametrize("key", [key for key, kind in KINDS.items() if kind.row_field is None])
@pytest.mark.parametrize("options", [{}, {"decimals": 10}, {"decimals": 2, "thousands": True, "symbol": "CHF", **CHOICES}])
def test_a_column_is_shown_as_its_cells_are(key: str, options: dict[str, Any]) -> None:
    kind, values = KINDS[key], [*NUMBERS, None, *TEXTS, *MISFITS]
    checked = kind.options(options)
    for shown in (values, NUMBERS, TEXTS):
        assert kind.htmls(shown, checked) == ["" if value is None else kind.html(value, checked) for value in shown]


def test_a_cell_with_very_many_choices_shows_the_first_and_how_many_more_and_the_row_page_shows_them_all() -> None:
    kind = KINDS["multi_select"]
    options = kind.options({"options": [{"name": f"choice {n}"} for n in range(1_000)]})
    value = [choice["id"] for choice in options["options"]]
    html = kind.html(value, options)
    assert html.count('class="opt') == MOST_SHOWN and html.endswith("+950</span>") and len(html) < 5_000
    assert kind.full_html(value, options).count('class="opt') == 1_000
