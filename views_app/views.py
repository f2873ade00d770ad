"""The grid page and what it reads: windows of rows, the order of a view, one row."""

import json
from collections.abc import Container
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from ai.columns import known
from bases.access import person
from bases.models import Member
from ingest.failed import failed_import
from tables.access import load_table
from tables.columns import kind_of
from tables.edits import LAST_ROW_ID
from tables.heavy import turn
from tables.models import Column, Table
from tables.query import BadQuery, RowQuery, Window
from tables.query.groups import headings
from tables.query.indexed import learnable
from tables.query.later import StillMaking
from tables.query.search import found_in
from tables.tasks import learn
from views_app.ai_cells import with_ai
from views_app.answers import answers_errors, number
from views_app.asked import Asked, Layout, asked, layout
from views_app.headings import headings_html, totals_of_groups
from views_app.heavy import heavy, reading
from views_app.here import load, seen_through
from views_app.render import chunk_html, shows_times
from views_app.row_fields import row_fields
from views_app.seen import Seen, carried, link, seen, tabs
from views_app.state import HEIGHTS, unreadable
from views_app.toolbar import tools


@require_GET
@never_cache
def grid(request: HttpRequest, table_id: int) -> HttpResponse:
    """The table's page, with the first chunk inside; `?row=<row id>` opens it at that row, `?view=<id>&<parts>` as seen so."""
    try:
        table, member = load_table(request, table_id)
    except Http404:
        if failed := failed_import(request, table_id):
            return failed
        raise
    # Not those that are kept: a width may be newer.
    columns = list(table.live_columns())
    now = seen(request.GET, table, member, columns)
    if now.view and not request.GET.get("view"):
        # Its address names what is seen, so that the link stays right when another view becomes the default.
        wanted = _row_id(request.GET.get("row"))
        return redirect(link(table, now.view, {} if wanted is None else {"row": str(wanted)}))
    shown = layout(now.state, columns)
    query = RowQuery(table, shown.definition)
    row_id = _row_id(request.GET.get("row"))
    with reading(request, query):
        focus = None if row_id is None else query.index_of(row_id)
        start = 0 if focus is None else focus // shown.chunk * shown.chunk
        window = query.read(start, shown.chunk)
    looks = Asked(shown, query).looks_of(window.rows)
    member.base.members.filter(pk=member.pk).update(opened_at=timezone.now())
    computed = {each.key for each in known(table)}
    return render(
        request,
        "views_app/grid.html",
        {
            "base": table.base,
            "table": table,
            "member": member,
            "state": now.state,
            "columns": [_header(column, shown, computed) for column in shown.columns],
            "first_chunk": mark_safe(chunk_html(table, shown.renderers, window, start, looks)),  # noqa: S308  built by render.py
            # The page asks with its address from then on, so it must forget what cannot be read.
            "grid": _grid_data(table, member, now, shown, window, start, focus) | (_unread(request) if now.problems else {}),
            **tools(now, columns),
            "missing_row": request.GET.get("row") if focus is None else None,
            "row_left_out": focus is None and row_id is not None and bool(RowQuery(table).there([row_id])),
            **tabs(now),
        },
    )


def _row_id(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > LAST_ROW_ID:
        return None
    return int(text)


def _unread(request: HttpRequest) -> dict[str, str]:
    names = unreadable(request.GET)
    return {"unread": " ".join(names)} if names else {}


def _header(column: Column, shown: Layout, computed: Container[int]) -> dict[str, Any]:
    return {
        "is_ai": column.key in computed,
        "key": column.key,
        "name": column.name,
        "kind": kind_of(column.kind),
        "width": dict(shown.state.widths).get(column.key, column.width),
        "description": column.description,
        "options": column.options,
    }


def _grid_data(
    table: Table, member: Member, now: Seen, shown: Layout, window: Window, start: int, focus: int | None
) -> dict[str, Any]:
    """The element's data attributes: {"window-url": ..., "count": ...}."""
    # The browser puts a row's id or a column's key in the place of 0.
    return {
        "table": table.pk,
        "user": member.user_id,
        "window-url": reverse("window", args=[table.pk]),
        "order-url": reverse("order", args=[table.pk]),
        "groups-url": reverse("groups", args=[table.pk]),
        "selection-url": reverse("selection", args=[table.pk]),
        "hits-url": reverse("hits", args=[table.pk]),
        "cell-url": reverse("cell", args=[table.pk]),
        "rows-url": reverse("add_row", args=[table.pk]),
        "fresh-url": reverse("fresh_rows", args=[table.pk]),
        "standing-url": reverse("standing", args=[table.pk]),
        "delete-url": reverse("delete_rows", args=[table.pk]),
        "undo-url": reverse("undo", args=[table.pk]),
        "redo-url": reverse("redo", args=[table.pk]),
        "copy-url": reverse("copy", args=[table.pk]),
        "paste-url": reverse("paste", args=[table.pk]),
        "clear-url": reverse("clear", args=[table.pk]),
        "fill-url": reverse("fill", args=[table.pk]),
        "duplicate-url": reverse("duplicate_rows", args=[table.pk]),
        "bulk-url": reverse("begin_bulk", args=[table.pk]),
        "move-url": reverse("move_rows", args=[table.pk]),
        "row-url": reverse("row", args=[table.pk, 0]),
        "rename-column-url": reverse("rename_column", args=[table.pk, 0]),
        "duplicate-column-url": reverse("duplicate_column", args=[table.pk, 0]),
        "move-column-url": reverse("move_column", args=[table.pk, 0]),
        "width-url": reverse("column_width", args=[table.pk, 0]),
        "changes-url": reverse("changes", args=[table.pk]),
        "count": start + len(window.rows) if window.count is None else window.count,
        "version": table.version,
        "columns-version": table.columns_version,
        "chunk": shown.chunk,
        "saved": json.dumps(now.saved.texts()),
        "grouped": "true" if shown.definition.groups else "false",
        "row-height": HEIGHTS[shown.state.height],
        "frozen": shown.state.frozen,
        "start": start,
        "can-edit": "true" if member.can_edit else "false",
        **({"focus-row": focus} if focus is not None else {}),
    }


@require_GET
@answers_errors
def window(request: HttpRequest, table_id: int) -> HttpResponse:
    """The chunk of a view that starts at `?start=` (an index from 0)."""
    start = number(request.GET.get("start"), "start")
    table, _ = load_table(request, table_id)
    wanted = asked(request, table)
    renderers = wanted.layout.renderers
    size, times = wanted.layout.chunk, shows_times(renderers)
    found = wanted.query.at_hand(start, size, times=times)
    if found is None:
        with turn(person(request).pk):
            found = wanted.query.read(start, size, times=times)
    return HttpResponse(chunk_html(table, renderers, found, start, wanted.looks_of(found.rows)))


@require_GET
@never_cache
@answers_errors
@heavy
def order(request: HttpRequest, table_id: int) -> HttpResponse:
    """How many rows a view has now, made ready for windows anywhere in it: {"count", "order", "version", "row"}.

    `row` is where the row of `?row=<row id>` stands in it, null when it does not. 202 and {"making": sentence} while a worker
    process makes it: to be asked for again.
    """
    table, _ = load_table(request, table_id)
    query = asked(request, table).query
    row_id = number(request.GET["row"], "row") if "row" in request.GET else None
    for column, descending in learnable(query.definition, query.by_key):
        learn(table, column, descending)
    try:
        count, name = query.standing()
    except StillMaking as still:
        return JsonResponse({"making": str(still)}, status=202)
    row = None if row_id is None else query.index_of(row_id)
    return JsonResponse({"count": count, "order": name, "version": table.version, "row": row})


@require_GET
@never_cache
@answers_errors
@heavy
def hits(request: HttpRequest, table_id: int) -> HttpResponse:
    """How many rows the view's search finds, and where the hit of `?number=` (from 0) stands: {"total", "number",
    "index", "column"}.

    Numbers go round: -1 is the last hit, and after the last one comes the first. `index` (the row's place in the
    view) and `column` (the key of the first that holds the text) are null when there is none.
    """
    table, _ = load_table(request, table_id)
    text = request.GET.get("number", "0")
    back = text.startswith("-")
    wanted = number(text.removeprefix("-"), "number")
    asked_for = asked(request, table)
    if not asked_for.state.search:
        return JsonResponse({"total": 0, "number": 0, "index": None, "column": None})
    total = asked_for.hits.count()
    at = (-wanted if back else wanted) % total if total else 0
    row_id = next(iter(asked_for.hits.ids(at, 1)), None) if total else None
    if row_id is None:
        return JsonResponse({"total": total, "number": at, "index": None, "column": None})
    columns = found_in(
        row_id,
        asked_for.state.search,
        asked_for.layout.columns,
        zone=timezone.get_current_timezone(),
        accents=asked_for.state.accents == "match",
    )
    index = asked_for.query.index_of(row_id)
    return JsonResponse({"total": total, "number": at, "index": index, "column": next(iter(columns), None)})


@require_GET
@never_cache
@answers_errors
@heavy
def groups(request: HttpRequest, table_id: int) -> HttpResponse:
    """The headings of a grouped view, as elements: the grid lays rows out under them.

    They say at which version of the table they were read, and whether the order `?order=`, which the browser shows, is older.
    """
    table, _ = load_table(request, table_id)
    wanted = asked(request, table)
    try:
        found = headings(wanted.query, totals_of_groups(wanted.state, wanted.layout.columns, table.row_count))
    except BadQuery as too_many:
        return HttpResponse(f"<p data-note>{escape(str(too_many))}</p>")
    stale = wanted.query.is_stale(request.GET.get("order", ""))
    return HttpResponse(f'<p data-version="{table.version}"{" data-stale" if stale else ""}></p>{headings_html(found)}')


def _beside(query: RowQuery, row_id: int, index: int) -> tuple[int | None, int | None]:
    """The rows before and after the one that stands at this index; None where there is none."""
    ids = query.ids(max(0, index - 1), 3)
    if row_id not in ids:  # it has just moved
        return None, None
    at = ids.index(row_id)
    return (ids[at - 1] if at else None), next(iter(ids[at + 1 :]), None)


@require_GET
@never_cache
def row_page(request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
    """One row with all its fields: a page of its own, or the grid's side panel when htmx asks.

    Both walk through the rows as the person sees them. A row that is not among these can be read all the same.
    """
    here = load(request, table_id)
    table = here.table
    params = seen_through(request, table)
    now = here.seen(params)
    same = carried(now, params)
    query = RowQuery(table, layout(now.state, here.in_order).definition)
    with reading(request, query):
        found = query.row_and_index(row_id) if row_id <= LAST_ROW_ID else None
        if found is None:
            raise Http404("There is no such row. It may have been deleted.")
        row, index = found
        before, after = (None, None) if index is None else _beside(query, row_id, index)
        count = query.count()
    context = {
        "base": table.base,
        "table": table,
        "member": here.member,
        "row": row,
        "number": None if index is None else index + 1,
        "count": count,
        "fields": with_ai(table, row_id, row_fields(list(table.live_columns()), row, editable=here.member.can_edit)),
        "before": before,
        "after": after,
        "link": f"?{urlencode(same)}" if same else "",
        "grid_url": f"{reverse('grid', args=[table.pk])}?{urlencode(same if index is None else {**same, 'row': row_id})}",
        "view": now.view,
        "problems": now.problems,
    }
    template = "views_app/row_panel.html" if request.htmx else "views_app/row.html"  # type: ignore[attr-defined]
    return render(request, template, context)
