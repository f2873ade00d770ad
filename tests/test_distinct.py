"""The different values of a column, with their counts."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from tables import schema
from tables.query import distinct as module
from tables.query.distinct import Different, counted, distinct
from tests.make import make_table, make_user
from tests.test_aggregates import EVERYTHING, column_of, table_of
from tests.test_kinds import MISFITS, VALUES

pytestmark = pytest.mark.django_db


def pairs(found: list[Different]) -> list[tuple[Any, int]]:
    return [(value.value, value.count) for value in found]


def test_the_most_frequent_come_first_and_then_the_column_s_order() -> None:
    table, column = table_of("text", ["b", "b", "Zoo", "apple", "b", "apple", None, "bee"])
    found, total = distinct(EVERYTHING, table.pk, column)
    assert pairs(found) == [("b", 3), ("apple", 2), ("bee", 1), ("Zoo", 1)]
    assert total == 4
    found, total = distinct(EVERYTHING, table.pk, column, limit=2)
    assert (pairs(found), total) == ([("b", 3), ("apple", 2)], 4)
    assert counted(EVERYTHING, table.pk, column).empty == 1


def test_choices_are_shown_by_name_and_a_renamed_one_by_its_new_name() -> None:
    table, column = table_of("select", ["b2", "a1", "b2", "gone"])
    found, _ = distinct(EVERYTHING, table.pk, column)
    assert pairs(found) == [("b2", 2), ("a1", 1), ("gone", 1)]
    assert "Smith, John" in found[0].html
    assert "no longer" in found[2].html
    kept = counted(EVERYTHING, table.pk, column).values
    options = [{**choice, "name": "Renamed"} if choice["id"] == "b2" else choice for choice in column.options["options"]]
    schema.update_column(table, make_user("alice"), column.key, options={"options": options})
    assert "Renamed" in module.shown(column_of(table), kept)[0].html


def test_a_list_of_choices_counts_for_each_of_them() -> None:
    table, column = table_of("multi_select", [["a1", "b2"], ["b2"], ["c3", "b2"], None, "a misfit"])
    found, total = distinct(EVERYTHING, table.pk, column)
    assert pairs(found) == [("b2", 3), ("a1", 1), ("c3", 1)]
    assert total == 3
    assert counted(EVERYTHING, table.pk, column).empty == 2


@pytest.mark.parametrize(
    ("kind", "stored", "search", "kept"),
    [
        ("text", ["Plzeň", "Oslo", "plze"], "PLZE", ["plze", "Plzeň"]),
        ("text", ["50%", "50", "a_b", "ab", "a\\b"], "%", ["50%"]),
        ("text", ["50%", "50", "a_b", "ab", "a\\b"], "_", ["a_b"]),
        ("text", ["50%", "50", "a_b", "ab", "a\\b"], "\\", ["a\\b"]),
        ("text", ["it's", 'a "b"'], "'", ["it's"]),
        ("select", ["a1", "b2", "b2"], "smith", ["b2"]),
        ("multi_select", [["a1", "b2"], ["a1"]], "new", ["a1"]),
        ("number", [1234.5, 12, 7], "1,234.5", [1234.5]),
        ("number", [1234.5, 12, 7], "12", [12, 1234.5]),
        ("percent", [0.12, 0.5], "12%", [0.12]),
        ("currency", [5, 50.5], "$50.5", [50.5]),
        ("date", ["2026-12-31", "2025-12-31"], "31 Dec 2026", ["2026-12-31"]),
        ("date", ["2026-12-31", "2025-12-31"], "2025", ["2025-12-31"]),
        ("text", ["a", "b"], "nowhere", []),
        ("text", ["ab"], "a\x00b\ud800", ["ab"]),
    ],
)
@pytest.mark.parametrize("unique", [True, False])
def test_a_search_keeps_the_values_that_hold_it(
    kind: str, stored: list[Any], search: str, kept: list[Any], unique: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "looks_unique", lambda *_: unique)
    table, column = table_of(kind, stored)
    found, total = distinct(EVERYTHING, table.pk, column, search)
    assert sorted(map(str, [value.value for value in found])) == sorted(map(str, kept))
    assert total == len(kept)


@pytest.mark.parametrize("kind", sorted(set(VALUES) - {"multi_select", "checkbox"}))
@settings(max_examples=10)
@given(data=st.data())
def test_counts_are_what_plain_python_counts(kind: str, data: st.DataObject) -> None:
    some = data.draw(st.lists(VALUES[kind], min_size=1, max_size=4))
    stored = data.draw(st.lists(st.none() | st.sampled_from(some), max_size=12))
    table, column = table_of(kind, stored)
    found, total = distinct(EVERYTHING, table.pk, column)
    wanted = Counter(value for value in stored if value is not None)
    assert Counter(dict(pairs(found))) == wanted
    assert total == len(wanted)
    assert [value.count for value in found] == sorted(wanted.values(), reverse=True)


@pytest.mark.parametrize("kind", VALUES)
def test_cells_of_another_kind_never_fail(kind: str) -> None:
    table, column = table_of(kind, MISFITS)
    for search in ("", "x", "5"):
        found, _ = distinct(EVERYTHING, table.pk, column, search)
        assert all("<b>x" not in value.html and "<i>" not in value.html for value in found)


def test_a_checkbox_has_two_values_and_rows_have_numbers_and_times() -> None:
    columns: list[tuple[str, str, dict[str, Any]]] = [
        ("Done", "checkbox", {}),
        ("No", "auto_number", {}),
        ("At", "created_time", {}),
    ]
    table = make_table(columns=columns, rows=[[True], [None], [True]])
    done, number, at = table.live_columns()
    assert pairs(distinct(EVERYTHING, table.pk, done)[0]) == [(True, 2), (False, 1)]
    assert [count for _, count in pairs(distinct(EVERYTHING, table.pk, number)[0])] == [1, 1, 1]
    ((value, count),) = pairs(distinct(EVERYTHING, table.pk, at)[0])
    assert count == 3
    assert distinct(EVERYTHING, table.pk, at)[0][0].html[:4] == value[:4]


def test_only_the_rows_that_are_kept_count() -> None:
    table, column = table_of("text", ["a", "b", "b"])
    assert pairs(distinct(sql.SQL("data ->> '1' = 'b'"), table.pk, column)[0]) == [("b", 2)]
