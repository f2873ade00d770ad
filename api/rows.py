"""Rows: a page of a view, one row; added, changed, deleted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

from api.asked_rows import ASKED, definition_of
from api.door import BadRequest, asked, endpoint, flag, sent, token_of, whole
from bases.access import person
from bases.models import Member, Role
from tables.access import load_table
from tables.columns import kind_of
from tables.columns.base import quoted
from tables.edits import LAST_ROW_ID
from tables.edits.records import MOST_RECORDS, How, add_records, change_records, remove_records
from tables.heavy import turn
from tables.models import Column, Table, columns_at
from tables.query import RowQuery
from tables.query.window import UNKNOWN, RowData, Window

USUAL_ROWS = 100  # of a page
MOST_ROWS = 1_000
MOST_BYTES = 10_000_000  # of a page's cells; beyond it the page ends sooner
NAMES: Mapping[str, Callable[[Column], str]] = {"name": lambda column: column.name, "key": lambda column: str(column.key)}


@dataclass(frozen=True)
class Here:
    """A table as a call sees it; `columns` are those whose cells it asks for."""

    table: Table
    member: Member
    columns: Sequence[Column]
    by: str

    @property
    def names(self) -> Callable[[Column], str]:
        return NAMES[self.by]

    def row(self, row: RowData) -> dict[str, Any]:
        cells = {}
        for column in self.columns:
            kind = kind_of(column.kind)
            value = row.data.get(str(column.key)) if kind.row_field is None else getattr(row, kind.row_field)
            cells[self.names(column)] = kind.to_json(value, column.options)
        return {
            "id": row.id,
            "version": row.version,
            "created": _moment(row.created),
            "modified": _moment(row.modified),
            "cells": cells,
        }


@endpoint("GET", "POST", "PATCH", "DELETE")
def rows(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET a page of the table or of a view; POST new rows; PATCH cells of rows; DELETE rows by `ids`."""
    if request.method == "POST":
        return _add(request, table_id)
    if request.method == "PATCH":
        return _change_many(request, table_id)
    if request.method == "DELETE":
        return _delete_many(request, table_id)
    return _page(request, table_id)


@endpoint("GET", "PATCH", "DELETE")
def row(request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
    """One row."""
    if request.method == "PATCH":
        return _change(request, table_id, row_id)
    if request.method == "DELETE":
        given = asked(request)
        here = _here(request, table_id, given, Role.EDITOR)
        _found(here, row_id)
        _, version = remove_records(here.table, person(request), [row_id], How(token_of(request).name))
        return JsonResponse({"deleted": 1, "version": version})
    here = _here(request, table_id, asked(request, "columns", "by"))
    return JsonResponse(here.row(_found(here, row_id)))


def _here(request: HttpRequest, table_id: int, given: Mapping[str, str], role: Role = Role.VIEWER) -> Here:
    """Raises Http404, PermissionDenied, BadRequest."""
    table, member = load_table(request, table_id, role)
    by = given.get("by", "name")
    if by not in NAMES:
        raise BadRequest("“by” says how columns are named: by name, or by key.")
    columns = columns_at(table.pk, table.columns_version)
    if given.get("columns"):
        keys = given["columns"].split(",")
        known = {str(column.key): column for column in columns}
        unknown = [key for key in keys if key not in known]
        if unknown:
            raise BadRequest(f"There is no column with the key {quoted(unknown[0])}.")
        columns = [known[key] for key in dict.fromkeys(keys)]
    return Here(table, member, columns, by)


def _found(here: Here, row_id: int) -> RowData:
    row = RowQuery(here.table).row(row_id) if 0 < row_id <= LAST_ROW_ID else None
    if row is None:
        raise Http404("There is no such row.")
    return row


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:23] + "Z"


# --- A page --------------------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, table_id: int) -> HttpResponse:
    given = asked(request, *ASKED, "columns", "by", "limit", "offset", "count")
    here = _here(request, table_id, given)
    limit = whole(given.get("limit"), "limit", 1, MOST_ROWS, USUAL_ROWS)
    offset = whole(given.get("offset"), "offset", 0, LAST_ROW_ID, 0)
    counts = flag(given.get("count"), "count")
    all_columns = columns_at(here.table.pk, here.table.columns_version)
    query = RowQuery(here.table, definition_of(given, here.table, here.member, all_columns))
    window = _window(query, offset, limit, here.member)
    count = window.count
    if counts and (count is None or window.stale):
        with turn(here.member.user_id):
            count = query.count()
    ids = [row.id for row in window.rows]
    fitting = _fitting(query, ids, [column.key for column in here.columns])
    rows = [row for row in query.cells_of(ids[:fitting], [column.key for column in here.columns]) if row.version >= 0]
    end = offset + fitting
    is_last = fitting == len(ids) and (len(ids) < limit or (count is not None and end >= count))
    following = None if is_last else f"{reverse('api_rows', args=[table_id])}?{urlencode({**given, 'offset': str(end)})}"
    told = {
        "rows": [here.row(row) for row in rows],
        "offset": offset,
        "count": count,
        "next": following,
        "version": here.table.version,
    }
    return JsonResponse(told)


def _window(query: RowQuery, offset: int, limit: int, member: Member) -> Window:
    """A view's first page is as the rows are now; its next ones are of the same order as long as that is kept."""
    found = query.at_hand(offset, limit)
    if found is not None and not (found.stale and not offset):
        return found
    with turn(member.user_id):
        if found is not None and found.order != UNKNOWN:
            query.order()
        return query.read(offset, limit)


def _fitting(query: RowQuery, ids: Sequence[int], keys: Sequence[int]) -> int:
    """How many of these rows a page holds: at least one."""
    room = MOST_BYTES
    for place, size in enumerate(query.bytes_of(ids, keys)):
        room -= size
        if room < 0 and place:
            return place
    return len(ids)


# --- Writes --------------------------------------------------------------------------------------------------------------


def _how(request: HttpRequest, here: Here, body: Mapping[str, Any]) -> How:
    return How(token_of(request).name, here.names, flag(body.get("create_choices"), "create_choices"))


def _add(request: HttpRequest, table_id: int) -> HttpResponse:
    here = _here(request, table_id, asked(request, "by"), Role.EDITOR)
    body = sent(request, "rows", "create_choices")
    records = [_cells(record, f"Row {place}") for place, record in enumerate(_listed(body))]
    ids, version = add_records(here.table, person(request), records, _how(request, here, body))
    return JsonResponse({"ids": ids, "version": version}, status=201)


def _change_many(request: HttpRequest, table_id: int) -> HttpResponse:
    here = _here(request, table_id, asked(request, "by"), Role.EDITOR)
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
    version = change_records(here.table, person(request), records, _how(request, here, body), seen)
    return JsonResponse({"ids": list(records), "version": version})


def _change(request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
    here = _here(request, table_id, asked(request, "by"), Role.EDITOR)
    _found(here, row_id)
    body = sent(request, "cells", "version", "create_choices")
    seen = {} if body.get("version") is None else {row_id: whole(body["version"], "version", 0, 2**63 - 1)}
    cells = _cells({"cells": body.get("cells")}, "The row")
    change_records(here.table, person(request), {row_id: cells}, _how(request, here, body), seen)
    table, member = load_table(request, table_id)
    after = Here(table, member, columns_at(table.pk, table.columns_version), here.by)
    return JsonResponse(after.row(_found(after, row_id)))


def _delete_many(request: HttpRequest, table_id: int) -> HttpResponse:
    given = asked(request, "ids")
    here = _here(request, table_id, given, Role.EDITOR)
    parts = given.get("ids", "").split(",", MOST_RECORDS)
    if len(parts) > MOST_RECORDS:
        raise BadRequest(f"At most {MOST_RECORDS:,} rows at once.")
    ids = [whole(part, "ids", 1, LAST_ROW_ID) for part in parts]
    deleted, version = remove_records(here.table, person(request), ids, How(token_of(request).name))
    return JsonResponse({"deleted": deleted, "version": version})


def _listed(body: Mapping[str, Any]) -> list[Any]:
    found = body.get("rows")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_RECORDS:
        raise BadRequest(f"“rows” is a list of 1 to {MOST_RECORDS:,} rows.")
    return found


def _cells(record: Any, which: str, *also: str) -> Mapping[str, Any]:
    """The cells of one row that was sent: {column: value}."""
    if not isinstance(record, dict) or not isinstance(record.get("cells"), dict) or not set(record) <= {"cells", *also}:
        names = "".join(f", “{name}”" for name in also)
        raise BadRequest(f"{which} is no object with “cells”{names}.")
    found: Mapping[str, Any] = record["cells"]
    return found
