"""A page of a table's or a view's rows, and the way to the next one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from api.asked_rows import ASKED, definition_of
from api.door import BadRequest, asked, flag, json_text, moment, token_of, whole
from bases.models import Member, Role
from tables.access import load_table
from tables.columns import kind_of
from tables.columns.base import quoted
from tables.edits import LAST_ROW_ID
from tables.heavy import turn
from tables.models import Column, Table, columns_at
from tables.query import RowQuery
from tables.query.window import UNKNOWN, RowData
from tables.writes import Gone

USUAL_ROWS = 100  # of a page
MOST_ROWS = 1_000
MOST_BYTES = 10_000_000  # of a page; beyond it the page ends sooner
NAMES: Mapping[str, Callable[[Column], str]] = {"name": lambda column: column.name, "key": lambda column: str(column.key)}
PAGE = ("columns", "by", "limit", "offset", "after", "count", "keep")
NOT_KEPT = "The order that this page is of is not kept any more. Begin again with the first page."
CHANGED = "Rows of this view have changed since its first page. Ask for the first page with keep=yes: its order is then kept."


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


def load_here(request: HttpRequest, table_id: int, given: Mapping[str, str], role: Role = Role.VIEWER) -> Here:
    """Raises Http404, PermissionDenied, BadRequest."""
    table, member = load_table(request, table_id, role)
    by = given.get("by", "name")
    if by not in NAMES:
        raise BadRequest("“by” says how columns are named: by name, or by key.")
    columns = columns_at(table.pk, table.columns_version)
    if "columns" in given:
        keys = given["columns"].split(",")
        known = {str(column.key): column for column in columns}
        unknown = [key for key in keys if key not in known]
        if unknown:
            raise BadRequest(f"There is no column with the key {quoted(unknown[0])}.")
        columns = [known[key] for key in dict.fromkeys(keys)]
    return Here(table, member, columns, by)


def row_told(here: Here, row: RowData) -> dict[str, Any]:
    """A row as all answers have it."""
    cells = {}
    for column in here.columns:
        kind = kind_of(column.kind)
        value = row.data.get(str(column.key)) if kind.row_field is None else getattr(row, kind.row_field)
        cells[here.names(column)] = kind.to_json(value, column.options)
    return {"id": row.id, "version": row.version, "created": _time(row.created), "modified": _time(row.modified), "cells": cells}


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else moment(datetime.fromtimestamp(seconds, UTC))


@dataclass(frozen=True)
class Place:
    """Where a page begins: at an index; or behind a `position` of the table's own order.

    `order` is the version of an order that was put aside, `seen` that of the table when the first page was read without one.
    """

    offset: int = 0
    position: int | None = None
    order: int | None = None
    seen: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Place":
        """From `offset`, or from `after`, as the address of a next page has it. Raises BadRequest."""
        if "after" not in given:
            return cls(whole(given.get("offset"), "offset", 0, LAST_ROW_ID, 0))
        found = re.fullmatch(r"p(-?[0-9]{1,19})|([ov])([0-9]{1,10})\.([0-9]{1,18})", given["after"], re.ASCII)
        if found is None or "offset" in given:
            raise BadRequest("“after” is what the address of a next page says, without an “offset”.")
        if found[1]:
            return cls(position=max(-(2**63), min(int(found[1]), 2**63 - 2)))
        offset, version = min(int(found[3]), LAST_ROW_ID), int(found[4])
        return cls(offset, order=version) if found[2] == "o" else cls(offset, seen=version)


@dataclass(frozen=True)
class Found:
    """The ids of a page's rows; `count` of all rows where it is known; `order` as in Place."""

    ids: Sequence[int]
    offset: int
    count: int | None
    order: int | None = None


def page(request: HttpRequest, table_id: int) -> HttpResponse:
    """Rows, from a place on, with the address of the next page."""
    given = asked(request, *ASKED, *PAGE)
    here = load_here(request, table_id, given)
    limit, place = whole(given.get("limit"), "limit", 1, MOST_ROWS, USUAL_ROWS), Place.of(given)
    counts, keeps = flag(given.get("count"), "count"), flag(given.get("keep"), "keep")
    columns = columns_at(here.table.pk, here.table.columns_version)
    query = RowQuery(here.table, definition_of(given, here.table, here.member, columns))
    whose = f"token-{token_of(request).pk}"
    if query.definition.is_everything:
        found = _own_order(query, place, limit)
    elif place.order is not None:
        found = _same_order(query, place, limit, whose)
    else:
        found = _now(query, place, limit, here.member, whose, keeps=keeps or counts)
    rows, taken = _rows(here, query, found.ids)
    told = {
        "offset": found.offset,
        "count": found.count,
        "next": _next(query, given, found, taken, limit),
        "version": here.table.version,
    }
    content = b'{"rows": [' + b", ".join(rows) + b"], " + json_text(told)[1:]
    return HttpResponse(content, content_type="application/json")


def _own_order(query: RowQuery, place: Place, limit: int) -> Found:
    """In the table's own order rows that come or go before the place do not matter."""
    start = place.offset if place.position is None else query.index_after(place.position)
    return Found(query.ids(start, limit), start, query.table.row_count)


def _same_order(query: RowQuery, place: Place, limit: int, whose: str) -> Found:
    """A page of the order that the first page was of, whatever has changed since. Raises Gone."""
    found = query.aside(whose, place.offset, limit)
    if found is None or found.version != place.order:
        raise Gone(NOT_KEPT)
    return Found(found.ids, place.offset, found.count, found.version)


def _now(query: RowQuery, place: Place, limit: int, member: Member, whose: str, *, keeps: bool) -> Found:
    """A page of the rows as they are now, whose order is put aside if the next pages are to be of it. Raises Gone."""
    if place.seen is not None and query.has_changed_since(place.seen):
        raise Gone(CHANGED)
    with turn(member.user_id):
        if not keeps and place.seen is None:
            window = query.read(place.offset, limit)
            if window.order == UNKNOWN or not window.stale:
                return Found([row.id for row in window.rows], place.offset, window.count)
        if query.put_aside(whose) is None:  # there is no Redis
            return Found(query.ids(place.offset, limit), place.offset, query.count())
        found = query.aside(whose, place.offset, limit)
    if found is None:
        raise Gone(NOT_KEPT)
    return Found(found.ids, place.offset, found.count, found.version)


def _rows(here: Here, query: RowQuery, ids: Sequence[int]) -> tuple[list[bytes], int]:
    """The rows that are there still, as JSON, and how many of the ids they are of: as many as a page holds, at least one."""
    keys, room = [column.key for column in here.columns], MOST_BYTES
    fitting = 0
    for size in query.bytes_of(ids, keys):  # what is stored; names and escapes come on top
        room -= size
        if room < 0 and fitting:
            break
        fitting += 1
    texts: list[bytes] = []
    room = MOST_BYTES
    for taken, row in enumerate(query.cells_of(ids[:fitting], keys)):
        if row.version < 0:
            continue
        text = json_text(row_told(here, row))
        room -= len(text)
        if room < 0 and texts:
            return texts, taken
        texts.append(text)
    return texts, fitting


def _next(query: RowQuery, given: Mapping[str, str], found: Found, taken: int, limit: int) -> str | None:
    """The address of the next page; None behind the last row."""
    end = found.offset + taken
    if taken == len(found.ids) and (len(found.ids) < limit or (found.count is not None and end >= found.count)):
        return None
    same = {name: value for name, value in given.items() if name not in ("offset", "after")}
    address = reverse("api_rows", args=[query.table.pk])
    if found.order is not None:
        return f"{address}?{urlencode({**same, 'after': f'o{end}.{found.order}'})}"
    if not query.definition.is_everything:
        return f"{address}?{urlencode({**same, 'after': f'v{end}.{query.table.version}'})}"
    position = query.last_position(found.ids[:taken])
    after = {"offset": str(end)} if position is None else {"after": f"p{position}"}
    return f"{address}?{urlencode({**same, **after})}"
