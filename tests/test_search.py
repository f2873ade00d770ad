"""A search finds the rows where the shown text of a column holds what was written."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tables.columns import KINDS, kind_of
from tables.fold import accented, plain
from tables.models import Column, Table
from tables.query.search import Indexed, indexed_sql, search_sql
from tests.make import client_of, make_table, text

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = ["To do", "Doing", "Größe, XL", 'the "best"', "a_b%c\\d"]
CHOICES = {"options": [{"id": f"s{n}", "name": name} for n, name in enumerate(NAMES)]}
WORDS = ["Müller", "MÜLLER & Söhne", "straße", "Łódź", "100%", "a_b", "back\\slash", 'say "hi"', "two\nlines", "北京市", "ΟΔΟΣ"]
WORDS += ["Crème brûlée", "e\u0301te\u0301", "ﬁne ℡", "İstanbul", "2026-12-31", "x" * 400, "Жук и жаба", "Straße Łódź été ñ ü"]


def text_value() -> st.SearchStrategy[str]:
    letters = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=6)
    return st.one_of(st.sampled_from(WORDS), letters.filter(bool))


def number_value() -> st.SearchStrategy[int | float]:
    sizes = st.sampled_from(
        [
            0,
            1,
            -1,
            0.5,
            1234.5,
            -1234567.125,
            0.07,
            2.675,
            -0.004,
            5.0,
            1000000000000000.0,
            10**22,
            15 * 10**21,
            1e-16,
            1.5e-20,
            -1e-300,
            1.25e300,
        ]
    )
    money = st.integers(-(10**7), 10**7).map(lambda n: n / 100)
    return st.one_of(sizes, st.integers(-(10**15), 10**15), money, st.floats(1e-6, 1e9).map(lambda n: float(f"{n:.14g}")))


def moment_value() -> st.SearchStrategy[str]:
    # Around the end of summer time too, when an hour comes twice.
    moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)) | st.datetimes(
        datetime(2026, 10, 25), datetime(2026, 10, 25, 3)
    )
    return moments.map(lambda moment: moment.isoformat()[:17] + ("00Z" if moment.second % 2 else "07Z"))


def choices_value() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([f"s{n}" for n in range(len(NAMES))]), min_size=1, max_size=3, unique=True)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": text_value(),
    "long_text": text_value(),
    "checkbox": st.just(True),
    "number": number_value(),
    "currency": number_value(),
    "percent": number_value(),
    "rating": st.integers(1, 5),
    "date": st.dates().map(lambda day: day.isoformat()),
    "datetime": moment_value(),
    "select": st.sampled_from([f"s{n}" for n in range(len(NAMES))]),
    "multi_select": choices_value(),
    "email": st.sampled_from(["ann@example.com", "Jürgen.Ä@exämple.de"]),
    "url": st.sampled_from(["https://example.com/Ä?a=100%", "mailto:ann@example.com"]),
    "phone": st.sampled_from(["+1 202 555 0143", "030/1234-5 ext 7"]),
}
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "number": [{}, {"decimals": 0}, {"decimals": 2, "thousands": True}, {"thousands": True}, {"decimals": 10}],
    "currency": [{}, {"symbol": "CHF", "decimals": 0}, {"symbol": "kr.", "thousands": False}, {"symbol": "€", "decimals": ""}],
    "percent": [{}, {"decimals": 0}, {"decimals": 2}],
    "date": [{"format": form} for form in ("iso", "eu", "us", "long")],
    "datetime": [{"format": form, "clock": clock} for form in ("iso", "eu", "us", "long") for clock in (12, 24)],
    "select": [CHOICES],
    "multi_select": [CHOICES],
}
CASES = [(kind, options) for kind in VALUES for options in OPTIONS.get(kind, [{}])]


def ids(table: Table, text: str, columns: Sequence[Column] | None = None, zone: Any = UTC, accents: bool = False) -> list[int]:
    """The ids of the rows that a search finds, asked in both ways."""
    found = []
    for compiled in (search_sql, indexed_sql):
        asked = compiled(text, columns or list(table.live_columns()), zone=zone, accents=accents)
        where = asked.where if isinstance(asked, Indexed) else asked
        with connection.cursor() as cursor:
            if where is not None:
                cursor.execute(
                    sql.SQL("SELECT id FROM tables_row WHERE table_id = {} AND {} ORDER BY id").format(
                        sql.Literal(table.pk), where
                    )
                )
                found.append([row_id for (row_id,) in cursor])
            elif compiled is search_sql:
                return []
    assert all(each == found[0] for each in found)
    return found[0]


def piece_of(shown: str, first: float, size: int, case: str) -> str:
    """A part of a text, in another case."""
    at = int(first * len(shown))
    piece: str = getattr(shown[at : at + size], case)()
    return piece


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_a_search_finds_what_is_shown_and_nothing_else(kind: str, options: dict[str, Any]) -> None:
    table = make_table(columns=[("A", kind, options)], rows=[[None]])
    column = table.live_columns()[0]

    @settings(max_examples=35)
    @given(
        values=st.lists(VALUES[kind], min_size=1, max_size=8),
        zone=st.sampled_from([UTC, BERLIN]),
        term=st.one_of(
            st.sampled_from(TERMS),
            st.tuples(
                st.integers(0, 7), st.floats(0, 1, exclude_max=True), st.integers(1, 12), st.sampled_from(["upper", "lower"])
            ),
        ),
    )
    def check(values: list[Any], zone: Any, term: str | tuple[int, float, int, str]) -> None:
        write(table, values)
        with timezone.override(zone):
            shown = [kind_of(kind).text(value, column.options) for value in values]
        for accents, folded in ((False, plain), (True, accented)):
            each = shown[0 if isinstance(term, str) else term[0] % len(shown)]
            text = term if isinstance(term, str) else piece_of(folded(each), *term[1:])
            found = ids(table, text, [column], zone, accents)
            assert found == [n for n, each in enumerate(shown) if folded(text) in folded(each)]

    check()


TERMS = [
    "a",
    "e",
    "1",
    "0",
    "00",
    ".",
    ",",
    "-",
    "%",
    "$",
    "+",
    " ",
    ":",
    "/",
    "m",
    "true",
    "26",
    "ma",
    "100%",
    "_",
    "\\",
    '"',
    "e+22",
]


def write(table: Table, values: Sequence[Any]) -> None:
    """The rows of a table of one column, numbered from 0, past everything that keeps count of them."""
    key = str(table.live_columns()[0].key)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tables_row WHERE table_id = %s", [table.pk])
        cursor.execute(
            "INSERT INTO tables_row (table_id, id, position, data) SELECT %s, n - 1, n, jsonb_build_object(%s::text, value)"
            " FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS i (value, n)",
            [table.pk, key, json.dumps(values)],
        )


@pytest.mark.django_db
@settings(max_examples=100)
@given(text=text_value(), other=text_value())
@example("ΟΔΟΣ ΟΔΟΣ", "x")
@example("ﬃ", "İ")
def test_a_plain_text_is_made_of_the_plain_texts_of_its_parts(text: str, other: str) -> None:
    whole = plain(text + other)
    assert whole.isascii() or plain(text) in whole
    assert plain(whole) == whole or len(whole) > 12


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["text", "number", "date", "select"])
@pytest.mark.parametrize(
    "text", ["\x00", "a\x00", "\ud800", "x" * 10_000, "%" * 10_000, "'; DROP TABLE tables_row; --", "{}", "{0}", "$1", "%s", "\\"]
)
def test_anything_can_be_searched_for(kind: str, text: str) -> None:
    table = make_table(columns=[("A", kind, {})], rows=[["hello"]])
    assert ids(table, text) == []


@pytest.mark.django_db
def test_a_row_is_found_by_any_of_the_columns_that_are_searched_and_by_no_other() -> None:
    table = make_table(
        columns=[("A", "text", {}), ("B", "select", CHOICES), ("C", "number", {})], rows=[["Doing", "s0", 5], ["x", "s1", 75]]
    )
    first, second, third = table.live_columns()
    assert ids(table, "doing") == [1, 2]
    assert ids(table, "doing", [first]) == [1]
    assert ids(table, "doing", [second]) == [2]
    assert ids(table, "75") == [2]
    assert search_sql("doing", [third], zone=UTC) is None


@pytest.mark.django_db
def test_a_words_search_reads_no_number_date_or_checkbox() -> None:
    columns: list[tuple[str, str, dict[str, Any]]] = [
        (kind, kind, {}) for kind in ("number", "currency", "percent", "rating", "date", "datetime", "checkbox")
    ]
    assert search_sql("müller", list(make_table(columns=columns).live_columns()), zone=UTC) is None


@pytest.mark.django_db
def test_rows_are_found_by_their_number_and_the_time_they_were_made() -> None:
    table = make_table(columns=[("No", "auto_number", {}), ("Made", "created_time", {})], rows=[[], []])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tables_row SET created_at = '2026-07-01T22:30:15.5Z' WHERE table_id = %s AND id = 2", [table.pk])
    assert ids(table, "00:30:15", zone=BERLIN) == [2]
    assert ids(table, "2026-07-02", zone=BERLIN) == [2]
    assert 2 in ids(table, "2") and ids(table, "x") == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_value_of_another_kind_breaks_no_search(kind: str) -> None:
    table = make_table(columns=[("A", kind, CHOICES if "select" in kind else {})], rows=[[None]])
    write(table, ["2026-02-31", "2026-13-01T25:00:00Z", "0000-01-01T00:00:00Z", True, 5, 1e300, [1, "a"], {"a": 1}, "s9", ["s9"]])
    for term in ["2026", "5", "a", "31 dec", "am", ",", "1e+300", "00:00", " s"]:
        ids(table, term, zone=BERLIN)


@pytest.mark.django_db
def test_what_is_no_number_is_found_in_a_column_of_numbers_by_the_digits_it_holds() -> None:
    table = make_table(columns=[("A", "currency", {})], rows=[[None]])
    write(table, ["1,054 items", "item 1054", "１０５４", 1054.004, 10540, 0.1054, "x"])
    assert ids(table, "1054") == [1, 2]  # 0.1054 is shown as 0.11
    assert ids(table, "1,054") == [0, 3]
    assert ids(table, "1,054.0") == [3]
    assert ids(table, "10,540.00") == [4]


@pytest.mark.django_db
def test_accents_count_when_a_person_says_so() -> None:
    columns: list[tuple[str, str, dict[str, Any]]] = [
        ("A", "text", {}),
        ("B", "multi_select", {"options": [{"id": "s0", "name": "Café"}, {"id": "s1", "name": "Cafe"}]}),
        ("C", "currency", {"symbol": "Kč"}),
    ]
    table = make_table(
        columns=columns, rows=[["Café", None, 5], ["CAFE\u0301", None, None], ["cafe", None, None], [None, ["s0"], None]]
    )
    assert ids(table, "café") == ids(table, "cafe") == [1, 2, 3, 4]
    assert ids(table, "CAFÉ", accents=True) == [1, 2, 4]
    assert ids(table, "cafe\u0301", accents=True) == [1, 2, 4]
    assert ids(table, "cafe", accents=True) == [3]
    assert ids(table, "kc", accents=True) == [] and ids(table, "kč", accents=True) == ids(table, "kc") == [1]


@pytest.mark.django_db
def test_a_link_says_whether_accents_count() -> None:
    table = make_table(columns=[("A", "text", {})], rows=[["Zoë"], ["Zoe"]])
    alice = client_of("alice")

    def found(parts: str) -> tuple[int, int, int]:
        hits = alice.get(f"/t/{table.pk}/hits/?{parts}&match=jump").json()
        return alice.get(f"/t/{table.pk}/order/?{parts}").json()["count"], hits["total"], hits["index"]

    assert found("search=zoe") == (2, 2, 0)
    assert found("search=zoe&accents=match") == (1, 1, 1)
    assert 'class="search-accents" type="button" aria-label="Match accents" aria-pressed="true"' in text(
        alice.get(f"/t/{table.pk}/?accents=match")
    )
