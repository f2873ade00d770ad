"""The grid page and what it asks for: windows of rows, one row, edits, and what changed meanwhile."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bases.access import person
from bases.models import Member, Role
from tables import edits
from tables.access import load_table
from tables.columns import kind_of
from tables.columns.base import BadValue
from tables.edits import LAST_ROW_ID
from tables.models import Column, RowChange, Table
from tables.query import RowQuery
from tables.undo import undo as undo_last
from tables.writes import Gone
from views_app.render import cell_renderers, chunk_html, chunk_rows, renderers_of, row_fields, rows_html, shows_times

# Rows named one by one in an answer about changes; beyond this the browser asks for its windows again.
CHANGED_ROWS = 200


def _number(text: str | None, name: str, most: int = LAST_ROW_ID) -> int:
    """A whole number from 0 from a request. Raises BadValue with a sentence."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > most:
        raise BadValue(f"“{name}” must be a whole number from 0 to {most:,}.")
    return int(text)


def answers_errors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn what the parts below raise for people into an answer the grid shows: {"error": sentence}."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except edits.Conflict as conflict:
            return JsonResponse({"error": str(conflict), "current": conflict.current}, status=409)
        except edits.Moved as moved:
            return JsonResponse({"error": str(moved)}, status=409)
        except Gone as gone:
            return JsonResponse({"error": str(gone)}, status=410)
        except (BadValue, edits.TooMany) as bad:
            return JsonResponse({"error": str(bad)}, status=422)

    return wrapped


@require_GET
@never_cache
def grid(request: HttpRequest, table_id: int) -> HttpResponse:
    """The table's page, with the first chunk inside; `?row=<row id>` opens it at that row."""
    table, member = load_table(request, table_id)
    columns = list(table.live_columns())
    chunk = chunk_rows(len(columns))
    focus = _row_index(table, request.GET.get("row"))
    start = 0 if focus is None else focus // chunk * chunk
    rows = RowQuery(table).window(start, chunk)
    member.base.members.filter(pk=member.pk).update(opened_at=timezone.now())
    return render(
        request,
        "views_app/grid.html",
        {
            "base": table.base,
            "table": table,
            "member": member,
            "columns": [_header(column) for column in columns],
            "first_chunk": mark_safe(chunk_html(table, cell_renderers(columns), rows, start)),  # noqa: S308  built by render.py
            "grid": _grid_data(table, member, chunk, start, focus),
            "missing_row": request.GET.get("row") if focus is None else None,
        },
    )


def _row_index(table: Table, row_id: str | None) -> int | None:
    if not row_id or not row_id.isascii() or not row_id.isdigit() or len(row_id) > 10 or int(row_id) > LAST_ROW_ID:
        return None
    return RowQuery(table).index_of(int(row_id))


def _header(column: Column) -> dict[str, Any]:
    return {
        "key": column.key,
        "name": column.name,
        "kind": kind_of(column.kind),
        "width": column.width,
        "description": column.description,
        "options": column.options,
    }


def _grid_data(table: Table, member: Member, chunk: int, start: int, focus: int | None) -> dict[str, Any]:
    """The element's data attributes: {"window-url": ..., "count": ...}."""
    # The browser puts a row's id or a column's key in the place of 0.
    return {
        "window-url": reverse("window", args=[table.pk]),
        "cell-url": reverse("cell", args=[table.pk]),
        "rows-url": reverse("add_row", args=[table.pk]),
        "delete-url": reverse("delete_rows", args=[table.pk]),
        "undo-url": reverse("undo", args=[table.pk]),
        "find-url": reverse("find", args=[table.pk]),
        "row-url": reverse("row", args=[table.pk, 0]),
        "width-url": reverse("column_width", args=[table.pk, 0]),
        "changes-url": reverse("changes", args=[table.pk]),
        "count": table.row_count,
        "version": table.version,
        "columns-version": table.columns_version,
        "chunk": chunk,
        "row-height": 32,
        "start": start,
        "can-edit": "true" if member.can_edit else "false",
        **({"focus-row": focus} if focus is not None else {}),
    }


@require_GET
@answers_errors
def window(request: HttpRequest, table_id: int) -> HttpResponse:
    """The chunk that starts at `?start=` (an index from 0)."""
    start = _number(request.GET.get("start"), "start")
    table, _ = load_table(request, table_id)
    renderers = renderers_of(table.pk, table.columns_version)
    rows = RowQuery(table).window(start, chunk_rows(len(renderers)), times=shows_times(renderers))
    return HttpResponse(chunk_html(table, renderers, rows, start))


@require_GET
@never_cache
def row_page(request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
    """One row with all its fields: a page of its own, or the grid's side panel when htmx asks."""
    table, member = load_table(request, table_id)
    query = RowQuery(table)
    found = query.row_and_index(row_id) if row_id <= LAST_ROW_ID else None
    if found is None:
        raise Http404("There is no such row. It may have been deleted.")
    row, index = found
    context = {
        "base": table.base,
        "table": table,
        "member": member,
        "row": row,
        "number": index + 1,
        "count": table.row_count,
        "fields": row_fields(list(table.live_columns()), row),
        "before": query.ids(index - 1, 1) if index else [],
        "after": query.ids(index + 1, 1),
    }
    template = "views_app/row_panel.html" if request.htmx else "views_app/row.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@answers_errors
def find(request: HttpRequest, table_id: int) -> HttpResponse:
    """Where a row stands now: `?row=<row id>` -> {"index", "count"}."""
    row_id = _number(request.GET.get("row"), "row")
    table, _ = load_table(request, table_id)
    index = RowQuery(table).index_of(row_id)
    if index is None:
        raise Http404("There is no such row.")
    return JsonResponse({"index": index, "count": table.row_count})


@require_http_methods(["GET", "POST"])
@answers_errors
def cell(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET: the whole text of a cell, for the editor. POST: set it; the answer is the row's new HTML."""
    if request.method == "GET":
        return _cell_text(request, table_id)
    table, _ = load_table(request, table_id, Role.EDITOR)
    row_id = _number(request.POST.get("row"), "row")
    key = _number(request.POST.get("key"), "key")
    seen = _number(request.POST.get("v"), "v", most=2**63 - 1)
    edits.set_cell(table, person(request), row_id, key, request.POST.get("value", ""), seen)
    return _row_html(table, row_id)


def _cell_text(request: HttpRequest, table_id: int) -> HttpResponse:
    table, _ = load_table(request, table_id)
    row_id = _number(request.GET.get("row"), "row")
    column = table.live_columns().filter(key=_number(request.GET.get("key"), "key")).first()
    found = RowQuery(table).row(row_id)
    if column is None or found is None:
        raise Gone("This cell was deleted.")
    value = found.data.get(str(column.key))
    return JsonResponse({"text": "" if value is None else kind_of(column.kind).edit_text(value, column.options)})


def _row_html(table: Table, row_id: int) -> HttpResponse:
    found = RowQuery(table).row_and_index(row_id)
    if found is None:
        raise Gone("This row was deleted.")
    row, index = found
    return HttpResponse(rows_html(renderers_of(table.pk, table.columns_version), [row], index))


@require_POST
@answers_errors
def add_row(request: HttpRequest, table_id: int) -> HttpResponse:
    """Add an empty row at the end; the answer is a chunk with that row."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    (row_id,) = edits.add_rows(table, person(request), [{}])
    table.refresh_from_db()
    start = RowQuery(table).index_of(row_id)
    if start is None:
        raise Gone("The new row was deleted at once.")
    return HttpResponse(chunk_html(table, renderers_of(table.pk, table.columns_version), RowQuery(table).window(start, 1), start))


@require_POST
@answers_errors
def delete_rows(request: HttpRequest, table_id: int) -> HttpResponse:
    """Delete rows: `ids=1,2,3`, or by index `from` .. `to` (both included) as of `version`. At most ROWS_LIMIT at once."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    if "from" in request.POST:
        first, last = _number(request.POST.get("from"), "from"), _number(request.POST.get("to"), "to")
        seen = _number(request.POST.get("version"), "version", most=2**63 - 1)
        count, table = edits.delete_range(table, person(request), first, last, seen)
    else:
        ids = [_number(part, "ids") for part in request.POST.get("ids", "").split(",", edits.ROWS_LIMIT + 1) if part]
        count, table = edits.delete_rows(table, person(request), ids)
    text = "1 row deleted" if count == 1 else f"{count:,} rows deleted"
    return JsonResponse({"count": table.row_count, "version": table.version, "undo": True, "text": text})


@require_POST
@answers_errors
def undo(request: HttpRequest, table_id: int) -> HttpResponse:
    """Take back the person's last change to this table."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    try:
        done = undo_last(table, person(request))
    except Gone as nothing:
        return JsonResponse({"error": str(nothing)}, status=409)
    table.refresh_from_db()
    index = RowQuery(table).index_of(done.row_id) if done.row_id is not None else None
    return JsonResponse({"text": done.text, "count": table.row_count, "version": table.version, "row": index})


@require_GET
@answers_errors
def changes(request: HttpRequest, table_id: int) -> HttpResponse:
    """What happened after `?version=`: 204 for nothing, else which rows changed, or all.

    `ids` are changed rows; `all` means rows came, went or moved, or too many changed to name.
    """
    seen = _number(request.GET.get("version"), "version", most=2**63 - 1)
    table, _ = load_table(request, table_id)
    if table.version <= seen:
        return HttpResponse(status=204)
    ids: list[int] = []
    everything = table.rows_version > seen
    if not everything:
        found = RowChange.objects.filter(table=table, version__gt=seen).values_list("row_id", flat=True)
        ids = list(found.distinct()[: CHANGED_ROWS + 1])
        everything = len(ids) > CHANGED_ROWS
    return JsonResponse(
        {
            "version": table.version,
            "count": table.row_count,
            "columns_version": table.columns_version,
            "all": everything,
            "ids": [] if everything else ids,
        }
    )
