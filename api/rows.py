"""Rows: one of them; added, changed, deleted. A page of them is in pages_of_rows.py."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from api.door import BadRequest, answer, asked, endpoint, flag, sent, token_of, whole
from api.pages_of_rows import Here, load_here, page, row_told
from bases.access import person
from bases.models import Role
from tables.access import load_table
from tables.edits import LAST_ROW_ID
from tables.edits.records import MOST_RECORDS, Writer, add_records, change_records, remove_records
from tables.heavy import turn
from tables.models import columns_at
from tables.query import RowQuery
from tables.query.window import RowData


@endpoint("GET", "POST", "PATCH", "DELETE")
def rows(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET a page of the table or of a view; POST new rows; PATCH cells of rows; DELETE rows by `ids`."""
    if request.method == "POST":
        return _add(request, table_id)
    if request.method == "PATCH":
        return _change_many(request, table_id)
    if request.method == "DELETE":
        return _delete_many(request, table_id)
    return page(request, table_id)


@endpoint("GET", "PATCH", "DELETE")
def row(request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
    """One row."""
    if request.method == "PATCH":
        return _change(request, table_id, row_id)
    if request.method == "DELETE":
        given = asked(request)
        here = load_here(request, table_id, given, Role.EDITOR)
        _found(here, row_id)
        _, version = remove_records(here.table, person(request), [row_id], Writer(token_of(request).name))
        return answer({"deleted": 1, "version": version})
    here = load_here(request, table_id, asked(request, "columns", "by"))
    return answer(row_told(here, _found(here, row_id)))


def _found(here: Here, row_id: int) -> RowData:
    row = RowQuery(here.table).row(row_id) if 0 < row_id <= LAST_ROW_ID else None
    if row is None:
        raise Http404("There is no such row.")
    return row


# --- Writes --------------------------------------------------------------------------------------------------------------


def _writer(request: HttpRequest, here: Here, body: Mapping[str, Any]) -> Writer:
    return Writer(token_of(request).name, here.names, flag(body.get("create_choices"), "create_choices"))


def _add(request: HttpRequest, table_id: int) -> HttpResponse:
    here = load_here(request, table_id, asked(request, "by"), Role.EDITOR)
    body = sent(request, "rows", "create_choices")
    records = [_cells(record, f"Row {place}") for place, record in enumerate(_listed(body))]
    with turn(here.member.user_id):  # what is sent is read while others wait to write
        ids, version = add_records(here.table, person(request), records, _writer(request, here, body))
    return answer({"ids": ids, "version": version}, status=201)


def _change_many(request: HttpRequest, table_id: int) -> HttpResponse:
    here = load_here(request, table_id, asked(request, "by"), Role.EDITOR)
    body = sent(request, "rows", "create_choices")
    records: dict[int, Mapping[str, Any]] = {}
    seen: dict[int, int] = {}
    for place, record in enumerate(_listed(body)):
        cells = _cells(record, f"Row {place}", "id", "version")
        row_id = whole(record.get("id"), "id", 1, LAST_ROW_ID)
        if row_id in records:
            raise BadRequest(f"Row {row_id} is there twice.")
        records[row_id] = cells
        if record.get("version") is not None:
            seen[row_id] = whole(record["version"], "version", 0, 2**63 - 1)
    with turn(here.member.user_id):
        version = change_records(here.table, person(request), records, _writer(request, here, body), seen)
    return answer({"ids": list(records), "version": version})


def _change(request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
    here = load_here(request, table_id, asked(request, "by"), Role.EDITOR)
    _found(here, row_id)
    body = sent(request, "cells", "version", "create_choices")
    seen = {} if body.get("version") is None else {row_id: whole(body["version"], "version", 0, 2**63 - 1)}
    cells = _cells({"cells": body.get("cells")}, "The row")
    change_records(here.table, person(request), {row_id: cells}, _writer(request, here, body), seen)
    table, member = load_table(request, table_id)
    after = Here(table, member, columns_at(table.pk, table.columns_version), here.by)
    return answer(row_told(after, _found(after, row_id)))


def _delete_many(request: HttpRequest, table_id: int) -> HttpResponse:
    here = load_here(request, table_id, asked(request), Role.EDITOR)
    found = sent(request, "ids").get("ids")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_RECORDS:
        raise BadRequest(f"“ids” is a list of 1 to {MOST_RECORDS:,} ids of rows.")
    ids = [whole(each, "ids", 1, LAST_ROW_ID) for each in found]
    with turn(here.member.user_id):
        deleted, version = remove_records(here.table, person(request), ids, Writer(token_of(request).name))
    return answer({"deleted": deleted, "version": version})


def _listed(body: Mapping[str, Any]) -> list[Any]:
    found = body.get("rows")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_RECORDS:
        raise BadRequest(f"“rows” is a list of 1 to {MOST_RECORDS:,} rows.")
    return found


def _cells(record: Any, which: str, *also: str) -> Mapping[str, Any]:
    """The cells of one row that was sent: {column: value}."""
    if not isinstance(record, dict) or not isinstance(record.get("cells"), dict) or not set(record) <= {"cells", *also}:
        names = "".join(f", “{name}”" for name in also)
        raise BadRequest(f'{which} is no object with “cells”{names}, like {{"cells": {{"Name": "x"}}}}.')
    found: Mapping[str, Any] = record["cells"]
    return found
