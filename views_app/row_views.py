"""Rows of the grid: added, inserted, duplicated, moved, deleted."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from bases.access import person
from bases.models import Role
from tables import edits
from tables.access import load_table
from tables.columns.base import BadValue
from tables.models import Table
from tables.query import RowQuery, Window
from tables.writes import Gone
from views_app.answers import answers_errors, number
from views_app.asked import Asked, asked
from views_app.picked_rows import after, counted, picked, place, place_by_hand
from views_app.render import chunk_html


@require_POST
@answers_errors
def add_row(request: HttpRequest, table_id: int) -> HttpResponse:
    """Add an empty row: at the end, or `above=<row id>`, or `below=<row id>`. The answer is a chunk with that row.

    In a view that chooses or orders rows it starts at -1: the row has no place in it yet. With `rows=<how many>` the answer
    is {"text", "undo", "count", "order", "version", "row": the index of the first, "ids"}.
    """
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    many = "rows" in request.POST
    size = number(request.POST.get("rows"), "rows") if many else 1
    if not size:
        raise BadValue("At least 1 row must be added.")
    where = place(request.POST)
    # Not made before it is known to be allowed: a list of a billion rows would be the end of this process.
    rows: list[dict[str, Any]] = [{}] * min(size, edits.ROWS_LIMIT + 1)
    user = person(request)
    ids = edits.insert(table, user, rows, **where) if where else edits.add_rows(table, user, rows)
    table.refresh_from_db()
    if many:
        return _rows_made(wanted, table, ids, f"{counted(len(ids), 'row')} added")
    row, index = RowQuery(table).row_and_index(ids[0]) or (None, None)
    if row is None or index is None:
        raise Gone("The new row was deleted at once.")
    start = index if wanted.query.definition.is_everything else -1
    window = Window([row], table.row_count, "")
    return HttpResponse(chunk_html(table, wanted.layout.renderers, window, start, wanted.looks_of([row])))


@require_POST
@answers_errors
def duplicate_rows(request: HttpRequest, table_id: int) -> HttpResponse:
    """Copy rows (see picked) to right below them: {"text", "undo", "count", "order", "version", "row", "ids"}."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    ids = edits.duplicate_rows(table, person(request), picked(request, wanted.query, "duplicated"))
    table.refresh_from_db()
    return _rows_made(wanted, table, ids, f"{counted(len(ids), 'row')} duplicated")


@require_POST
@answers_errors
def move_rows(request: HttpRequest, table_id: int) -> HttpResponse:
    """Move rows (see picked) to `above=<row id>` or `below=<row id>`: {"text", "undo", "count", "order", "version"}.

    Only in a view without an order of its own.
    """
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    where = place_by_hand(request.POST, wanted.query)
    count = edits.move_rows(table, person(request), picked(request, wanted.query, "moved"), **where)
    table.refresh_from_db()
    return JsonResponse({**after(wanted, table), "undo": True, "text": f"{counted(count, 'row')} moved"})


@require_POST
@answers_errors
def delete_rows(request: HttpRequest, table_id: int) -> HttpResponse:
    """Delete rows (see picked): {"text", "undo", "count", "order", "version"}."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    count, table = edits.delete_picked(table, person(request), picked(request, wanted.query, "deleted"))
    return JsonResponse({**after(wanted, table), "undo": True, "text": f"{counted(count, 'row')} deleted"})


def _rows_made(wanted: Asked, table: Table, ids: list[int], text: str) -> HttpResponse:
    """`row` is where the first of them stands, null in a view that chooses or orders rows."""
    row = RowQuery(table).index_of(ids[0]) if wanted.query.definition.is_everything else None
    return JsonResponse({**after(wanted, table), "undo": True, "text": text, "row": row, "ids": ids})
