"""Many cells at once: set, cleared, filled and pasted; what does not fit is told, and all of it can be undone."""

from typing import Any

import pytest

from tables import edits, schema
from tables.edits import Allowed, Edit, picked_ids, picked_range
from tables.edits.series import continued
from tables.models import Change, Table
from tables.query import RowQuery
from tables.undo import undo
from tables.writes import Gone
from tests.make import cells, make_table, make_user

pytestmark = pytest.mark.django_db

CHOICES = {"options": [{"id": "a1", "name": "Red"}, {"id": "b2", "name": "Blue"}]}
COLUMNS = [("Name", "text", {}), ("Amount", "number", {}), ("Color", "select", CHOICES), ("Tags", "multi_select", CHOICES)]


@pytest.fixture
def table() -> Table:
    return make_table(columns=COLUMNS, rows=[["Ann", 1, "a1", ["a1"]], ["Ben", 2], ["Cem", 3]])


def paste(table: Table, block: list[list[str]], keys: list[int], ids: list[int], **allowed: bool) -> edits.Pasted:
    return edits.paste(table, make_user("alice"), block, keys, picked_ids(ids, "pasted", 0), Allowed(**allowed))


def reasons(report: edits.Report) -> list[tuple[Any, str, str]]:
    return [(problem["number"], problem["column"], problem["text"]) for problem in report.problems]


def test_many_edits_are_one_change_and_each_is_judged_for_itself(table: Table) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    seen = table.version
    edits.set_cell(table, bob, 2, 1, "Bob was here", seen)
    edits.delete_rows(table, bob, [3])
    done = edits.set_cells(
        table,
        alice,
        [
            Edit(1, 1, "Anna", seen),
            Edit(1, 2, "many", seen),
            Edit(2, 1, "mine", seen),
            Edit(2, 2, "20", seen),
            Edit(3, 1, "x", seen),
            Edit(1, 99, "x", seen),
        ],
    )
    assert cells(table) == [["Anna", 1, "a1", ["a1"]], ["Bob was here", 20, None, None]]
    assert done.cells == 2 and done.version == table.version
    assert done.conflicts == [{"row": 2, "key": 1, "current": "Bob was here"}]
    assert [problem["reason"] for problem in done.report.problems] == [
        "“many” is not a number. Write it like 1234.5, 1,234.5, -5 or 1e3.",
        "This row was deleted.",
        "This column was deleted.",
    ]
    undo(table, alice)
    assert cells(table)[0][0] == "Ann" and cells(table)[1][1] == 2


def test_what_writes_nothing_leaves_no_change(table: Table) -> None:
    alice, before = make_user("alice"), table.version
    done = edits.set_cells(table, alice, [Edit(1, 2, "many", before)])
    assert done.version == before and done.report.count == 1
    assert edits.clear(table, alice, picked_ids([2, 3], "cleared"), [3, 4])[:2] == (before, 0)
    table.refresh_from_db()
    assert table.version == before and not Change.objects.filter(table=table, user=alice).exists()


def test_cells_are_cleared_and_come_back(table: Table) -> None:
    alice, before = make_user("alice"), cells(table)
    made = schema.add_column(table, make_user("bob"), "Made", "created_time", {})
    _, rows, report = edits.clear(table, alice, picked_ids([1, 2], "cleared"), [2, 3, 4, made.key])
    assert rows == 2 and report.problems[0]["column"] == "Made"
    assert [row[:4] for row in cells(table)] == [["Ann", None, None, None], ["Ben", None, None, None], ["Cem", 3, None, None]]
    undo(table, alice)
    assert [row[:4] for row in cells(table)] == before


def test_a_block_is_pasted_as_each_column_reads_it(table: Table) -> None:
    done = paste(table, [["Eve", "1,234.5", "blue", "Red, Blue"], ["", "", "", ""]], [1, 2, 3, 4], [1, 2])
    assert cells(table)[:2] == [["Eve", 1234.5, "b2", ["a1", "b2"]], [None, None, None, None]]
    assert (done.rows, done.cells, done.report.count) == (2, 8, 0)
    undo(table, make_user("alice"))
    assert cells(table)[0] == ["Ann", 1, "a1", ["a1"]]


def test_what_does_not_fit_is_told_and_everything_else_is_written(table: Table) -> None:
    made = schema.add_column(table, make_user("bob"), "Made", "created_time", {})
    long = "x" * 5_000_000
    done = paste(table, [["Eve", "many", "Green", "x"], [long, "2", "Red", "x"]], [1, 2, 3, made.key], [1, 2])
    assert [row[:3] for row in cells(table)[:2]] == [["Eve", 1, "a1"], ["Ben", 2, "a1"]]
    assert reasons(done.report) == [
        (None, "Made", ""),
        (2, "Name", "x" * 100 + "…"),
        (1, "Amount", "many"),
        (1, "Color", "Green"),
    ]
    assert "at most 100,000 bytes" in done.report.problems[1]["reason"]


def test_what_no_cell_can_hold_is_refused_and_named(table: Table) -> None:
    done = paste(table, [["a\x00b"], ["\ud800"], ["=1+1"]], [1], [1, 2, 3])
    assert [problem["reason"] for problem in done.report.problems] == [
        "Text cannot hold a NUL character.",
        "Text holds half of a character (a lone surrogate).",
    ]
    assert cells(table)[2][0] == "=1+1"


@pytest.mark.parametrize("text", ["9" * 40, "NaN", "1e400", "1,2,3", "Infinity", "--1"])
def test_numbers_that_are_none_are_told(table: Table, text: str) -> None:
    assert paste(table, [[text]], [2], [1]).report.count == 1
    assert cells(table)[0][1] == 1


def test_new_choices_are_made_where_that_is_asked_for(table: Table) -> None:
    done = paste(table, [["Green", "Red, Green"], ["green", '"a, b"'], ["x" * 200, ""]], [3, 4], [1, 2, 3], choices=True)
    assert done.choices == 3 and done.report.count == 1
    color, tags = table.live_columns().get(key=3), table.live_columns().get(key=4)
    assert [choice["name"] for choice in color.options["options"]] == ["Red", "Blue", "Green"]
    assert [choice["name"] for choice in tags.options["options"]] == ["Red", "Blue", "Green", "a, b"]
    green = color.options["options"][2]["id"]
    assert [row[2] for row in cells(table)] == [green, green, None]
    undo(table, make_user("alice"))
    assert len(table.live_columns().get(key=3).options["options"]) == 2
    assert cells(table)[0] == ["Ann", 1, "a1", ["a1"]]


def test_a_choice_that_somebody_else_uses_by_now_stays(table: Table) -> None:
    paste(table, [["Green"]], [3], [1], choices=True)
    edits.set_cell(table, make_user("bob"), 2, 3, "Green", 2**40)
    assert "keeps its options" in undo(table, make_user("alice")).text
    assert cells(table)[0][2] == "a1" and len(table.live_columns().get(key=3).options["options"]) == 3


def test_a_paste_past_the_edges_makes_rows_and_columns_only_when_asked(table: Table) -> None:
    block = [["a", "x"], ["b", "y"], ["c", "z"]]
    done = paste(table, block, [1], [3])
    assert cells(table)[2][0] == "a" and len(cells(table)) == 3
    assert [problem["reason"] for problem in done.report.problems] == [
        "1 column goes past the last column and was left out.",
        "2 rows go past the last row and were left out.",
    ]
    done = paste(table, block, [1], [3], rows=True, columns=True)
    assert [(row[0], row[4]) for row in cells(table)[2:]] == [("a", "x"), ("b", "y"), ("c", "z")]
    assert len(done.added) == 2 and len(done.columns) == 1
    undo(table, make_user("alice"))
    assert len(cells(table)) == 3 and len(cells(table)[0]) == 4


def test_a_block_fills_what_is_picked_where_it_goes_into_it_evenly(table: Table) -> None:
    paste(table, [["x"]], [1, 2], [1, 2, 3])
    assert [row[0] for row in cells(table)] == ["x", "x", "x"]
    paste(table, [["1"], ["2"]], [2], [1, 2, 3])
    assert [row[1] for row in cells(table)] == [1, 2, 3]


def test_too_large_a_paste_is_refused_with_its_size(table: Table) -> None:
    with pytest.raises(edits.TooMany, match="200,000 cells can be pasted in one write; this is 1,000 rows of 1,000 columns"):
        paste(table, [["x"] * 1_000] * 1_000, [1], [1])
    with pytest.raises(edits.TooMany, match="10,000 rows"):
        paste(table, [["x"]] * 10_001, [1], [1], rows=True)


def test_pasting_over_what_was_deleted_meanwhile_says_so(table: Table) -> None:
    edits.delete_rows(table, make_user("bob"), [2])
    done = paste(table, [["a"], ["b"]], [1], [1, 2])
    assert done.report.problems[0]["reason"] == "1 row was deleted meanwhile; nothing was written there."
    schema.delete_column(table, make_user("bob"), 1)
    with pytest.raises(Gone):
        paste(table, [["a"]], [1], [1])


def fill(table: Table, ids: list[int], keys: list[int], direction: str, **how: Any) -> edits.Report:
    return edits.fill(table, make_user("alice"), picked_ids(ids, "filled", 0), keys, direction, **how)[2]


def test_cells_are_filled_in_every_direction(table: Table) -> None:
    fill(table, [1, 2, 3], [1, 3], "down")
    assert [(row[0], row[2]) for row in cells(table)] == [("Ann", "a1")] * 3
    undo(table, make_user("alice"))
    fill(table, [1, 2, 3], [2], "up")
    assert [row[1] for row in cells(table)] == [3, 3, 3]
    report = fill(table, [1], [1, 2], "right")
    assert reasons(report) == [(1, "Amount", "Ann")]
    fill(table, [1, 2], [3, 4], "right")
    assert cells(table)[0][3] == ["a1"] and cells(table)[1][3] is None
    fill(table, [1], [1, 2], "left")
    assert cells(table)[0][0] == "3"


def test_a_series_goes_on(table: Table) -> None:
    edits.add_rows(table, make_user("alice"), [{}, {}])
    fill(table, [1, 2, 4, 5], [2], "down", source=2, series=True)
    assert [row[1] for row in cells(table)] == [1, 2, 3, 3, 4]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], [3, 4, 5]),
        ([0.1, 0.2], [0.3, 0.4, 0.5]),
        ([10, 7, 4], [1, -2, -5]),
        ([1, 2, 4], [1, 2, 4]),
        ([5], [5, 5, 5]),
        ([None, 1], [None, 1, None]),
        (["2026-01-30", "2026-01-31"], ["2026-02-01", "2026-02-02", "2026-02-03"]),
        (["2026-01-31", "2026-03-31"], ["2026-05-31", "2026-07-31", "2026-09-30"]),
        (["2026-11-01", "2026-12-01"], ["2027-01-01", "2027-02-01", "2027-03-01"]),
        (["9999-12-30", "9999-12-31"], [None, None, None]),
        (
            ["2026-01-01T10:00:00Z", "2026-01-01T10:30:00Z"],
            ["2026-01-01T11:00:00Z", "2026-01-01T11:30:00Z", "2026-01-01T12:00:00Z"],
        ),
        (["Item 1", "Item 2"], ["Item 3", "Item 4", "Item 5"]),
        (["x08", "x09"], ["x10", "x11", "x12"]),
        (["a", "b"], ["a", "b", "a"]),
    ],
)
def test_series_are_continued_as_a_fill_handle_does(values: list[Any], expected: list[Any]) -> None:
    assert continued(values, 3) == expected


def test_a_range_of_a_view_is_pasted_into_as_it_was_seen(table: Table) -> None:
    query = RowQuery(table)
    seen = table.version
    edits.paste(table, make_user("alice"), [["x"]], [1], picked_range(query, 1, 1, "", seen, "pasted"), Allowed())
    assert cells(table)[1][0] == "x"
    edits.delete_rows(table, make_user("bob"), [1])
    with pytest.raises(edits.Moved):
        edits.paste(table, make_user("alice"), [["y"]], [1], picked_range(query, 1, 1, "", seen, "pasted"), Allowed())
