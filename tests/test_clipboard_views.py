"""The grid's bulk requests: rows inserted, moved, duplicated; cells set, copied, pasted, cleared, filled; redo."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tables import copying, edits
from tables.clipboard import read_tsv
from tables.models import Bulk, PastedRows, Table
from tables.query import Definition, RowQuery, Sort
from tables.undo import undo
from tests.make import cells, client_of, make_table, make_user, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 3], ["Ben", 2], ["Cem", 1]])


def post(table: Table, path: str, name: str = "bob", link: str = "", **data: Any) -> Any:
    return client_of(name).post(f"/t/{table.pk}/{path}?{link}", data)


def first(table: Table) -> list[Any]:
    return [row[0] for row in cells(table)]


def test_a_row_is_added_where_it_was_asked_for(table: Table) -> None:
    html = post(table, "rows/", above=2).content.decode()
    assert 'data-start="1"' in html and 'data-count="4"' in html
    answer = post(table, "rows/", below=3, rows=2).json()
    assert (answer["text"], answer["count"], answer["row"], len(answer["ids"])) == ("2 rows added", 6, 4, 2)
    assert first(table) == ["Ann", None, "Ben", "Cem", None, None]
    assert post(table, "rows/", rows=10_001).status_code == 422
    assert post(table, "rows/", rows=10**9).status_code == 422
    assert post(table, "rows/", above=99).status_code == 410


def test_rows_are_duplicated_moved_and_brought_back(table: Table) -> None:
    where: dict[str, Any] = {"from": 0, "to": 1, "version": table.version, "order": ""}
    answer = post(table, "rows/duplicate/", **where).json()
    assert (answer["count"], answer["row"]) == (5, 2) and first(table) == ["Ann", "Ben", "Ann", "Ben", "Cem"]
    assert post(table, "rows/move/", ids="3", above=1).json()["text"] == "1 row moved"
    assert first(table)[0] == "Cem"
    assert post(table, "undo/").json()["text"] == "Rows moved back."
    assert post(table, "undo/").json()["count"] == 3
    again = post(table, "redo/").json()
    assert again["count"] == 5 and again["text"] == "Copies made again (2 rows)." and again["skipped"] == 0
    assert post(table, "rows/move/", ids="3").status_code == 422
    sorted_view = post(table, "rows/move/", link="sort=1", ids="3", above=1)
    assert sorted_view.status_code == 422 and "sorted" in sorted_view.json()["error"]
    post(table, "redo/")
    assert post(table, "redo/").status_code == 409


def test_edits_that_waited_go_out_together(table: Table) -> None:
    seen = table.version
    edits.set_cell(table, make_user("alice"), 2, 1, "Alice was here", seen)
    queue = [[1, 1, seen, "Anna"], [2, 1, seen, "Benno"], [3, 2, seen, "one"]]
    answer = post(table, "cells/", edits=json.dumps(queue)).json()
    assert answer["cells"] == 1 and "Anna" in answer["html"]
    assert answer["conflicts"] == [{"row": 2, "key": 1, "current": "Alice was here"}]
    assert answer["problems"][0]["line"] == 2 and answer["problem_count"] == 1
    for bad in (
        "",
        "x",
        "[1]",
        "[[1,2,3]]",
        '[["1",1,1,"x"]]',
        "[[1,1,-1,1]]",
        f'[[{2**40},1,1,"x"]]',
        "[[1,1,1,null]]",
        "[" * 10_000,
    ):
        assert post(table, "cells/", edits=bad).status_code == 422


def test_cells_go_out_and_in_again(table: Table) -> None:
    where: dict[str, Any] = {"from": 0, "to": 2, "keys": "1,2", "version": table.version, "order": ""}
    copied = client_of("vera").get(f"/t/{table.pk}/cells/copy/", where).json()
    assert copied["text"] == "Ann\t3\nBen\t2\nCem\t1" and copied["rows"] == 3
    pasted = post(table, "cells/paste/", ids="2,3", keys="1,2", text=copied["text"], rows=1).json()
    assert pasted["text"] == "6 cells pasted, 1 row added" and pasted["count"] == 4
    assert cells(table) == [["Ann", 3], ["Ann", 3], ["Ben", 2], ["Cem", 1]]
    html = SimpleUploadedFile("text", copied["html"].encode())
    again = post(table, "cells/paste/", ids="3,4", keys="1,2", text=html, format="html").json()
    assert again["problems"][0]["reason"] == "1 row goes past the last row and was left out."
    assert cells(table)[2:] == [["Ann", 3], ["Ben", 2]]


def test_what_does_not_fit_names_row_and_column(table: Table) -> None:
    pasted = post(table, "cells/paste/", ids="2", at=1, keys="2", text="many").json()
    assert pasted["text"] == "Nothing was pasted, 1 did not fit" and pasted["undo"] is False
    (problem,) = pasted["problems"]
    assert (problem["number"], problem["row"], problem["column"], problem["text"]) == (2, 2, "Amount", "many")
    assert post(table, "cells/paste/", ids="2", keys="2", text="x", format="html").status_code == 422
    assert post(table, "cells/paste/", ids="2", keys="2", text="x", format="doc").status_code == 422
    bad = SimpleUploadedFile("text", b"\xff\xfe")
    assert post(table, "cells/paste/", ids="2", keys="2", text=bad).status_code == 422


def test_more_than_a_paste_takes_is_refused_by_its_limit(table: Table) -> None:
    cells_of = SimpleUploadedFile("text", b"\n".join([b"\t" * 999] * 5_001))
    answer = post(table, "cells/paste/", ids="1", keys="1", text=cells_of, rows=1)
    assert answer.status_code == 422 and "At most 5,000,000 cells can be pasted at once" in answer.json()["error"]
    assert not Bulk.objects.exists() and not PastedRows.objects.exists()
    huge = SimpleUploadedFile("text", b"x" * 51_000_000)
    answer = post(table, "cells/paste/", ids="1", keys="1", text=huge)
    assert answer.status_code == 413
    assert answer.json()["error"] == "At most 50 MB of text can be pasted at once; this is 51 MB. Import it as a file."


def test_cells_are_cleared_and_filled(table: Table) -> None:
    cleared = post(table, "cells/clear/", ids="1,2", keys="2").json()
    assert cleared["text"] == "Cells of 2 rows cleared" and cleared["undo"]
    assert post(table, "cells/clear/", ids="1,2", keys="2").json()["undo"] is False
    assert post(table, "cells/fill/", ids="3,2,1", keys="2", direction="down").json()["text"] == "Cells of 2 rows filled"
    assert [row[1] for row in cells(table)] == [1, 1, 1]
    assert post(table, "cells/fill/", ids="3", keys="2", direction="sideways").status_code == 422


def test_in_a_sorted_view_rows_are_those_that_were_seen(table: Table) -> None:
    query = RowQuery(table, Definition(sorts=(Sort(2),)))
    _, order = query.standing()
    where: dict[str, Any] = {"from": 0, "to": 0, "order": order, "version": table.version, "keys": "1"}
    assert client_of("bob").get(f"/t/{table.pk}/cells/copy/", {**where, "sort": "2"}).json()["text"] == "Cem"
    answer = post(table, "cells/paste/", link="sort=2", text="Cemal", **where).json()
    assert "count" not in answer and first(table) == ["Ann", "Ben", "Cemal"]
    where["order"] = "1.abcdef"
    assert post(table, "cells/clear/", link="sort=2", **where).status_code == 409
    assert client_of("bob").get(f"/t/{table.pk}/cells/copy/", {**where, "sort": "2"}).status_code == 409


def test_undo_names_rows_by_their_numbers_in_the_view(table: Table) -> None:
    bob = make_user("bob")
    post(table, "cells/clear/", ids="1,2,3", keys="1")
    edits.set_cell(table, make_user("alice"), 3, 1, "Alice was here", 2**40)
    assert "Row 1 was left as it is" in undo(table, bob, Definition(sorts=(Sort(2),))).text
    assert first(table) == ["Ann", "Ben", "Alice was here"]


def test_rows_are_read_again_by_their_ids_as_they_are_now() -> None:
    table = make_table(rows=[["Ann", 1], ["Bob", 2], ["Cid", 3]])
    edits.delete_rows(table, make_user("alice"), [2])
    url = f"/t/{table.pk}/rows/fresh/"
    html = text(client_of("vera").get(url, {"ids": "3,2,1,99"}))
    assert re.findall(r'data-id="(\d+)"', html) == ["3", "1"]
    assert client_of("vera").get(url, {"ids": "x"}).status_code == 422
    assert client_of("vera").get(url, {"ids": ",".join(map(str, range(1, 202)))}).status_code == 422


@pytest.mark.parametrize("columns", [1, 2])
def test_what_is_copied_in_pieces_is_what_is_copied_at_once(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a", None, 'b"c', "d\te", None, "f\ng", None, None]
    table = make_table(columns=[(f"C{n}", "text", {}) for n in range(columns)], rows=[[each, "x"][:columns] for each in texts])
    query, shown = RowQuery(table), list(table.live_columns())
    ids = query.ids(0, len(texts))
    whole, _ = copying.copied(query, ids, shown)
    for size in (1, 2, 3, 100):
        monkeypatch.setattr(copying, "ROWS_READ", size)
        text = "".join(copying.streamed(query, ids, shown))
        assert text[-1] == copying.END and read_tsv(text[:-1]) == read_tsv(whole)
    edits.delete_rows(table, make_user("alice"), ids[2:5])
    assert read_tsv("".join(copying.streamed(query, ids, shown))[:-1]) == read_tsv(copying.copied(query, ids, shown)[0])
