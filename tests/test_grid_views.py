"""The grid page's requests: windows, cells, rows, undo, changes; bad input gets a sentence, never a 500."""

import re
from typing import Any

import pytest

from tables import edits
from tables.models import Table
from tests.make import cells, client_of, make_base, make_table, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[[f"Person {n}", n] for n in range(250)])


def post(name: str, path: str, **data: Any) -> Any:
    return client_of(name).post(path, data)


def numbers(html: str) -> list[int]:
    return [int(n) for n in re.findall(r'role="rowheader" aria-colindex="1">(\d+)<', html)]


def test_a_window_holds_its_rows_in_order_with_their_numbers(table: Table) -> None:
    html = client_of("vera").get(f"/t/{table.pk}/window/?start=200").content.decode()
    assert numbers(html) == list(range(201, 251))
    assert 'data-count="250"' in html and "Person 200" in html and 'aria-rowindex="202"' in html


def test_cells_are_escaped(table: Table) -> None:
    response = post("bob", f"/t/{table.pk}/cell/", row=1, key=1, v=99, value="<script>alert(1)</script>&\"'")
    assert response.status_code == 200
    assert "<script>" not in response.content.decode()
    assert "&lt;script&gt;" in client_of("alice").get(f"/t/{table.pk}/window/?start=0").content.decode()


@pytest.mark.parametrize("start", ["", "-1", "1.5", "abc", "9" * 30, "1e3", "٣"])
def test_a_bad_start_gets_a_sentence(table: Table, start: str) -> None:
    response = client_of("alice").get(f"/t/{table.pk}/window/", {"start": start})
    assert response.status_code == 422 and "whole number" in response.json()["error"]


def test_the_page_opens_at_a_linked_row(table: Table) -> None:
    html = client_of("alice").get(f"/t/{table.pk}/?row=180").content.decode()
    assert 'data-start="100"' in html and 'data-focus-row="179"' in html and "Person 179" in html
    assert "Person 42<" not in html


def test_a_link_to_a_row_that_is_gone_still_opens_the_table(table: Table) -> None:
    for row in ("9999", "abc", "9" * 40, "-1"):
        assert client_of("alice").get(f"/t/{table.pk}/?row={row}").status_code == 200


def test_a_row_has_a_page_of_its_own_and_neighbours(table: Table) -> None:
    edits.delete_rows(table, make_user("alice"), [100])
    html = client_of("vera").get(f"/t/{table.pk}/rows/101/").content.decode()
    assert "Person 100" in html and f"/t/{table.pk}/rows/99/" in html and f"/t/{table.pk}/rows/102/" in html
    assert client_of("vera").get(f"/t/{table.pk}/rows/100/").status_code == 404
    assert client_of("vera").get(f"/t/{table.pk}/rows/99999999999/").status_code == 404


def test_an_edit_answers_with_the_row_and_a_conflict_with_both_values(table: Table) -> None:
    first = post("alice", f"/t/{table.pk}/cell/", row=7, key=2, v=table.version, value="1,000")
    assert first.status_code == 200 and 'data-id="7"' in first.content.decode()
    late = post("bob", f"/t/{table.pk}/cell/", row=7, key=2, v=table.version, value="5")
    assert late.status_code == 409 and late.json()["current"] == "1000"
    assert cells(table)[6][1] == 1000


def test_a_value_that_does_not_fit_comes_back_with_the_reason(table: Table) -> None:
    response = post("alice", f"/t/{table.pk}/cell/", row=7, key=2, v=99, value="many")
    assert response.status_code == 422 and "many" in response.json()["error"]
    assert post("alice", f"/t/{table.pk}/cell/", row="x", key=2, v=99, value="1").status_code == 422
    assert post("alice", f"/t/{table.pk}/cell/").status_code == 422
    assert post("alice", f"/t/{table.pk}/cell/", row=7, key=99, v=99, value="1").status_code == 410


def test_adding_and_deleting_rows_and_undo(table: Table) -> None:
    added = post("bob", f"/t/{table.pk}/rows/").content.decode()
    assert numbers(added) == [251] and 'data-start="250"' in added
    deleted = post("bob", f"/t/{table.pk}/rows/delete/", ids="1,2,3").json()
    assert deleted["count"] == 248 and deleted["text"] == "3 rows deleted"
    undone = post("bob", f"/t/{table.pk}/undo/").json()
    assert undone["count"] == 251 and undone["row"] == 0
    assert post("bob", f"/t/{table.pk}/undo/").json()["count"] == 250
    assert post("bob", f"/t/{table.pk}/undo/").status_code == 409


def test_rows_can_be_deleted_by_where_they_stand_unless_they_have_moved(table: Table) -> None:
    done = post("alice", f"/t/{table.pk}/rows/delete/", **{"from": 10, "to": 19, "version": table.version}).json()
    assert done["count"] == 240
    late = post("bob", f"/t/{table.pk}/rows/delete/", **{"from": 10, "to": 19, "version": table.version})
    assert late.status_code == 409 and len(cells(table)) == 240


def test_too_many_rows_are_refused_by_name(table: Table) -> None:
    response = post("alice", f"/t/{table.pk}/rows/delete/", **{"from": 0, "to": 10_000, "version": table.version})
    assert response.status_code == 422 and "10,000" in response.json()["error"]


def test_a_poll_that_finds_nothing_is_empty_and_one_that_finds_something_names_it(table: Table) -> None:
    path = f"/t/{table.pk}/changes/?version="
    assert client_of("vera").get(f"{path}{table.version}").status_code == 204
    post("alice", f"/t/{table.pk}/cell/", row=7, key=1, v=99, value="Changed")
    found = client_of("vera").get(f"{path}{table.version}").json()
    assert found["ids"] == [7] and not found["all"] and found["version"] == table.version + 1
    post("alice", f"/t/{table.pk}/rows/")
    found = client_of("vera").get(f"{path}{table.version}").json()
    assert found["all"] and found["count"] == 251


def test_the_idle_poll_asks_the_database_only_who_and_which_version(table: Table, django_assert_max_num_queries: Any) -> None:
    client = client_of("vera")
    with django_assert_max_num_queries(3):  # session, person, table
        client.get(f"/t/{table.pk}/changes/?version={table.version}")


def test_a_window_costs_a_fixed_number_of_queries(table: Table, django_assert_max_num_queries: Any) -> None:
    client = client_of("vera")
    client.get(f"/t/{table.pk}/window/?start=0")
    with django_assert_max_num_queries(4):  # session, person, table, rows
        client.get(f"/t/{table.pk}/window/?start=100")


def test_text_that_is_cut_in_the_cell_is_whole_in_the_editor(table: Table) -> None:
    long = "é" * 5_000
    assert post("alice", f"/t/{table.pk}/cell/", row=3, key=1, v=99, value=long).status_code == 200
    html = client_of("alice").get(f"/t/{table.pk}/window/?start=0").content.decode()
    assert "data-cut" in html and len(html) < 60_000
    assert client_of("alice").get(f"/t/{table.pk}/cell/?row=3&key=1").json() == {"text": long}


def test_wide_tables_come_in_smaller_chunks() -> None:
    wide = make_table(make_base(), columns=[(f"C{n}", "text", {}) for n in range(300)], rows=[["x"] * 300] * 30)
    html = client_of("alice").get(f"/t/{wide.pk}/").content.decode()
    assert 'data-chunk="10"' in html
    assert len(numbers(client_of("alice").get(f"/t/{wide.pk}/window/?start=20").content.decode())) == 10


def test_a_table_without_columns_or_rows_opens() -> None:
    bare = make_table(make_base(), columns=[])
    assert client_of("alice").get(f"/t/{bare.pk}/").status_code == 200
    assert post("alice", f"/t/{bare.pk}/rows/").status_code == 200


@pytest.mark.parametrize("text", ["-" * 3_000 + "$", "(" * 500_000, "9" * 100_000])
def test_what_is_far_too_long_for_a_number_gets_a_sentence(table: Table, text: str) -> None:
    assert post("alice", f"/t/{table.pk}/cell/", row=1, key=2, v=99, value=text).status_code == 422
