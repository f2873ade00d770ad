"""What one request reads and writes is bounded in bytes, not only in rows and cells; and nothing that is shown is lost by it."""

import json
from typing import Any

import pytest

from tables.columns import KINDS
from tables.columns.base import CELL_LIMIT, SHOWN_LIMIT
from tables.columns.url import MOST_URL
from tables.models import Table
from tables.query import Definition, RowQuery, Sort, Window
from tables.query.window import row_data
from tests.make import client_of, make_table
from views_app.render import cell_renderers, chunk_html

pytestmark = pytest.mark.django_db

LONG = [
    "x" * CELL_LIMIT,
    "é\n&<b>\"'" * 5_000,
    "🙂" * (SHOWN_LIMIT + 5),
    "a" * SHOWN_LIMIT,
    "a" * (SHOWN_LIMIT + 1),
    "2026-01-02" + " " * 5_000,
    "2026-01-02T03:04:05+00:00" + "5" * 5_000,
    "1" * 5_000,
    "https://example.com/" + "p" * (MOST_URL - 20),
    "https://example.com/" + "p" * (MOST_URL - 19),
    "MAILTO:ann@example.com?" + "p" * 1_500,
    "ann@example.com" + "m" * 1_000,
    "+49 30 " + "1" * 1_000,
    "true" + " " * 3_000,
]


def bytes_of(rows: Any) -> int:
    return len(json.dumps([row.data for row in rows]))


@pytest.fixture
def heavy_rows() -> Table:
    """40 rows of 10 texts of 100 kB each: 40 MB."""
    columns: list[tuple[str, str, dict[str, Any]]] = [(f"Text {n}", "long_text", {}) for n in range(10)]
    return make_table(columns=columns, rows=[[f"{n}" + chr(97 + n % 26) * (CELL_LIMIT - 10)] * 10 for n in range(40)])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown_of_long_values_is_the_same_as_if_they_were_read_whole(kind: str) -> None:
    options = {"options": [{"id": "a", "name": "A", "color": "red"}]} if kind in ("select", "multi_select") else {}
    table = make_table(columns=[("Name", "text", {}), ("Any", "text", {})], rows=[["short", text] for text in LONG])
    table.columns.filter(key=2).update(kind=kind, options=KINDS[kind].options(options))
    renderers = cell_renderers(list(table.live_columns()))
    query = RowQuery(table)
    shown = query.read(0, 100)
    whole = Window(query.window(0, 100), shown.count, shown.order)
    assert chunk_html(table, renderers, shown, 0) == chunk_html(table, renderers, whole, 0)
    assert [row.data["2"] for row in whole.rows] == LONG


def test_a_window_of_long_texts_reads_what_it_shows(heavy_rows: Table) -> None:
    by_name = RowQuery(heavy_rows, Definition(sorts=(Sort(1),)))
    for query in (RowQuery(heavy_rows), by_name):
        rows = query.read(0, 40).rows
        assert len(rows) == 40 and all(len(row.data) == 10 for row in rows)
        assert bytes_of(rows) < 200_000
    by_name.order()
    assert bytes_of(by_name.read(0, 40).rows) < 200_000, "and cut out of an order that is there"
    assert bytes_of(RowQuery(heavy_rows).window(0, 2)) > 2_000_000, "whoever needs them has them whole"


def test_the_cells_of_other_columns_are_not_read_with_one(heavy_rows: Table) -> None:
    query, ids = RowQuery(heavy_rows), list(range(1, 41))
    assert [list(row.data) for row in query.cells_of(ids, [3])] == [["3"]] * 40
    assert bytes_of(query.shown_of(ids, 3)) < 40_000
    assert query.cells_of(ids, []) and not any(row.data for row in query.cells_of(ids, []))
    assert query.there([*ids, 99]) == set(ids)


def test_the_grids_other_reads_of_rows_are_bounded_as_windows_are(heavy_rows: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, t = client_of("alice"), f"/t/{heavy_rows.pk}"
    read: list[int] = []

    def noted(found: tuple[Any, ...]) -> Any:
        read.append(len(found[2]))
        return row_data(found)

    monkeypatch.setattr("tables.query.rows.row_data", noted)
    for answer in (
        alice.get(f"{t}/"),
        alice.get(f"{t}/rows/fresh/", {"ids": ",".join(map(str, range(1, 41)))}),
        alice.get(f"{t}/groups/", {"group": "1"}),
        alice.post(f"{t}/cell/", {"row": "1", "key": "1", "value": "new", "v": str(heavy_rows.version)}),
        alice.get(f"{t}/cell/", {"row": "2", "key": "1"}),
    ):
        assert answer.status_code == 200
    assert len(read) == 5 and max(read) < 200_000
    assert len(answer.json()["text"]) > 90_000, "an editor has all of it"
