"""What one request reads and writes is bounded in bytes, not only in rows and cells; and nothing that is shown is lost by it."""

import json
from importlib import import_module
from typing import Any

import pytest

from bases.progress import State
from tables import bulk, copying, edits, heavy
from tables.columns import KINDS
from tables.columns.base import CELL_LIMIT, SHOWN_LIMIT
from tables.columns.url import MOST_URL
from tables.edits.fill import plan
from tables.models import Table
from tables.query import Definition, RowQuery, Sort, Window
from tables.query.window import row_data
from tests.make import cells, client_of, make_table, make_user
from tests.test_heavy import all_turns_of
from tests.viewing import HTMX
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


def text(row: int, column: int) -> str:
    return f"{row} {column} " + chr(97 + (row + column) % 26) * (CELL_LIMIT - 10)


@pytest.fixture
def heavy_rows() -> Table:
    """40 rows of 10 texts of 100 kB each: 40 MB."""
    columns: list[tuple[str, str, dict[str, Any]]] = [(f"Text {n}", "long_text", {}) for n in range(10)]
    return make_table(columns=columns, rows=[[text(n, m) for m in range(10)] for n in range(40)])


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

    for module in ("rows", "chosen"):
        monkeypatch.setattr(f"tables.query.{module}.row_data", noted)
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


# --- Copying and filling -------------------------------------------------------------------------------------------------


def copy(table: Table, person: str, rows: int, keys: str) -> Any:
    ids = ",".join(map(str, range(1, rows + 1)))
    return client_of(person).get(f"/t/{table.pk}/cells/copy/", {"ids": ids, "keys": keys}, headers=HTMX)


def test_more_text_than_a_copy_takes_is_refused_by_its_limit_before_it_is_read(
    heavy_rows: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BYTES_LIMIT", 30_000_000)
    monkeypatch.setattr(RowQuery, "_rows_of", lambda *_: pytest.fail("it was read"))
    answer = copy(heavy_rows, "vera", 40, "1,2,3,4,5,6,7,8,9,10")
    assert answer.status_code == 422 and answer.json()["error"].startswith("At most 30 MB of text can be copied at once")
    monkeypatch.undo()
    assert copying.BYTES_LIMIT == 50_000_000
    answer = copy(heavy_rows, "vera", 40, "9")
    assert answer.status_code == 200 and len(answer.json()["text"]) > 3_900_000
    assert copying.copied(RowQuery(heavy_rows), [], [])[0] == ""


def test_a_copy_is_one_of_the_persons_heavy_reads(heavy_rows: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "WAIT_SECONDS", 0.1)
    with all_turns_of(make_user("vera")):
        assert copy(heavy_rows, "vera", 1, "1").status_code == 429
        assert copy(heavy_rows, "bob", 1, "1").status_code == 200
    assert copy(heavy_rows, "vera", 1, "1").status_code == 200


@pytest.mark.parametrize("direction", ["down", "up", "right", "left"])
def test_a_fill_of_too_much_text_is_refused_and_of_less_is_whole(
    direction: str, heavy_rows: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, before = make_user("alice"), cells(heavy_rows)
    ids, keys = list(range(1, 41)), [1, 2, 3, 4, 5]
    monkeypatch.setattr(import_module("tables.edits.fill"), "MOST_BYTES", 25_000_000)
    with pytest.raises(edits.TooMany, match="At most 25 MB of text can be filled at once"):
        edits.fill(heavy_rows, alice, edits.picked_ids(ids, "filled"), keys, direction)
    assert cells(heavy_rows) == before
    monkeypatch.undo()
    edits.fill(heavy_rows, alice, edits.picked_ids(ids[:2], "filled"), keys, direction)
    after = cells(heavy_rows)
    same = {after[0][0], after[1][0]} if direction in ("down", "up") else set(after[0][:5])
    assert len(same) == 1 and len(same.pop()) > 90_000


@pytest.mark.parametrize(("direction", "source"), [("down", 2), ("up", 2), ("right", 1), ("left", 1)])
def test_a_write_of_a_long_fill_takes_as_many_rows_as_are_light_enough(
    direction: str, source: int, heavy_rows: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, ids, keys = make_user("alice"), list(range(1, 41)), [1, 2, 3, 4]
    monkeypatch.setattr(bulk, "BATCH_CHARACTERS", 4_000_000)
    found = bulk.fill(heavy_rows, alice, plan(heavy_rows, ids, 0, keys, direction, source=source))
    bulk.run(found.pk)
    found.refresh_from_db()
    assert found.state == State.DONE and found.done == found.total, found.error
    assert 7 <= len(found.versions) <= 14, "of 40 rows of 400 kB, which are read and written"
    after = cells(heavy_rows)
    if direction in ("right", "left"):
        assert all(len(set(row[:4])) == 1 for row in after)
    else:
        assert len({row[0] for row in after}) == 2
    with pytest.raises(edits.TooMany, match="from at most 5 MB of text"):
        plan(heavy_rows, ids, 0, keys, "down", source=20)
