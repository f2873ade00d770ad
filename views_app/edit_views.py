"""What the grid writes, and what others have written: cells, undo and redo, changes."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import json_script
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bases.access import person
from bases.models import Role, User
from tables import bulk, edits
from tables.access import load_table
from tables.columns import kind_of
from tables.columns.base import BadValue
from tables.edits.choices import FAMILIES
from tables.models import RowChange, Table
from tables.query import Definition, RowQuery
from tables.undo import IsBulk, Undone
from tables.undo import redo as redo_last
from tables.undo import undo as undo_last
from tables.writes import Gone
from views_app import presence
from views_app.ai_states import working
from views_app.answers import VERSION, answers_errors, number
from views_app.asked import asked
from views_app.bulk_views import begun
from views_app.heavy import heavy
from views_app.picked_rows import after, flag, row_ids, told
from views_app.render import rows_html

# Rows named one by one in an answer about changes; beyond this the browser asks for its windows again.
CHANGED_ROWS = 200


@require_http_methods(["GET", "POST"])
@answers_errors
def cell(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET: the whole text of a cell, for the editor. POST: set it; the answer is the row's new HTML.

    With `create=1` a name that is no choice of a select column becomes one; the column's new options come behind the row.
    `kind` is the column's as the person saw it: where it is another one by now, and the text does not fit, they are told so.
    """
    if request.method == "GET":
        return _cell_text(request, table_id)
    table, _ = load_table(request, table_id, Role.EDITOR)
    row_id = number(request.POST.get("row"), "row")
    key = number(request.POST.get("key"), "key")
    seen = number(request.POST.get("v"), "v", most=VERSION)
    wanted = asked(request, table)
    text, create = request.POST.get("value", ""), flag(request.POST, "create")
    try:
        edits.set_cell(table, person(request), row_id, key, text, seen, create=create)
    except BadValue as bad:
        return _refused(table, key, request.POST.get("kind", ""), str(bad))
    made = ""
    if create:
        before = table.columns_version
        table.refresh_from_db()
        wanted = asked(request, table)
        made = _made_option(table, key, before)
    (found,) = RowQuery(table).shown_of([row_id])
    if found.version < 0:
        raise Gone("This row was deleted.")
    # Where it stands is known to the browser, which keeps it there.
    return HttpResponse(rows_html(table, wanted.layout.renderers, [found], 0, wanted.looks_of([found])) + made)


def _refused(table: Table, key: int, kind_seen: str, reason: str) -> HttpResponse:
    """Why a text is no value of the column, and what the column is like now, which may be news to the person."""
    column = table.live_columns().filter(key=key).first()
    if column is None:
        return JsonResponse({"error": reason}, status=422)
    kind = kind_of(column.kind)
    if kind_seen and kind_seen != column.kind:
        reason = f"Somebody has made “{column.name}” a column of the kind {kind.label} meanwhile. {reason}"
    answer = {"error": reason, "kind": column.kind}
    return JsonResponse({**answer, "options": column.options} if kind.family in FAMILIES else answer, status=422)


def _made_option(table: Table, key: int, before: int) -> str:
    """The options of a column that got a new one, and between which versions of the columns that was."""
    column = table.live_columns().filter(key=key).first()
    if column is None or table.columns_version == before:
        return ""
    news = {"key": key, "options": column.options, "version": table.columns_version, "before": before}
    return json_script(news, "made-option")


def _cell_text(request: HttpRequest, table_id: int) -> HttpResponse:
    table, _ = load_table(request, table_id)
    row_id = number(request.GET.get("row"), "row")
    column = table.live_columns().filter(key=number(request.GET.get("key"), "key")).first()
    (found,) = RowQuery(table).cells_of([row_id], [] if column is None else [column.key])
    if column is None or found.version < 0:
        raise Gone("This cell was deleted.")
    value = found.data.get(str(column.key))
    return JsonResponse({"text": "" if value is None else kind_of(column.kind).edit_text(value, column.options)})


@require_POST
@answers_errors
def cells(request: HttpRequest, table_id: int) -> HttpResponse:
    """Set many cells: `edits=[[row id, column key, version seen, text], ...]` (JSON), each judged for itself.

    {"version", "cells": how many were written, "html": the rows as they are now (at most CHANGED_ROWS), "conflicts":
    [{"row", "key", "current"}], "problems", "problem_count"}; a problem's "line" is the place of its edit.
    """
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    queue = _edits(request.POST.get("edits", ""))
    done = edits.set_cells(table, person(request), queue)
    ids = list(dict.fromkeys(edit.row_id for edit in queue))[:CHANGED_ROWS]
    rows = [row for row in RowQuery(table).shown_of(ids) if row.version >= 0]
    html = rows_html(table, wanted.layout.renderers, rows, 0, wanted.looks_of(rows))
    answer = {"version": done.version, "cells": done.cells, "html": html, "conflicts": done.conflicts}
    return JsonResponse({**answer, **told(done.report)})


def _edits(text: str) -> list[edits.Edit]:
    """Raises BadValue."""
    try:
        found = json.loads(text)
        return [edits.Edit(_whole(row), _whole(key), _text(value), _whole(seen, VERSION)) for row, key, seen, value in found]
    except (ValueError, TypeError, RecursionError):
        raise BadValue("“edits” must be a list of [row id, column key, version, text].") from None


def _whole(given: Any, most: int = edits.LAST_ROW_ID) -> int:
    if type(given) is not int or not 0 <= given <= most:
        raise ValueError
    return given


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given


@require_GET
@never_cache
@answers_errors
def fresh_rows(request: HttpRequest, table_id: int) -> HttpResponse:
    """The rows of `ids`, at most CHANGED_ROWS, as they are now; the browser knows where they stand and keeps them there."""
    table, _ = load_table(request, table_id)
    wanted = asked(request, table)
    rows = [row for row in RowQuery(table).shown_of(row_ids(request.GET, CHANGED_ROWS)) if row.version >= 0]
    return HttpResponse(rows_html(table, wanted.layout.renderers, rows, 0, wanted.looks_of(rows)))


@require_GET
@never_cache
@answers_errors
def standing(request: HttpRequest, table_id: int) -> HttpResponse:
    """Which of the rows `ids`, at most CHANGED_ROWS, the view shows as they are now, in its order: {"ids"}."""
    table, _ = load_table(request, table_id)
    return JsonResponse({"ids": asked(request, table).query.those_of(row_ids(request.GET, CHANGED_ROWS))})


@require_POST
@answers_errors
@heavy
def undo(request: HttpRequest, table_id: int) -> HttpResponse:
    """Take back the person's last change to this table: {"text", "count", "order", "version", "row", "keys", "columns",
    "skipped"}.

    `row` is the index of the first row it touched (null: it is not in the view), `keys` the columns of its cells,
    `columns` whether columns have changed,
    `skipped` of how many rows something was left as it is. A worker takes back an action on many rows: {"bulk", "text"}, 202.
    """
    return _taken_back(request, table_id, "undo", undo_last)


@require_POST
@answers_errors
@heavy
def redo(request: HttpRequest, table_id: int) -> HttpResponse:
    """Do again what the person's last undo took back; answered as undo is."""
    return _taken_back(request, table_id, "redo", redo_last)


def _taken_back(
    request: HttpRequest, table_id: int, action: str, take_back: Callable[[Table, User, Definition], Undone]
) -> HttpResponse:
    table, _ = load_table(request, table_id, Role.EDITOR)
    wanted = asked(request, table)
    try:
        done = take_back(table, person(request), wanted.query.definition)
    except Gone as nothing:
        return JsonResponse({"error": str(nothing)}, status=409)
    except IsBulk as part:
        return begun(bulk.take_back(table, person(request), action, part.bulk))
    table.refresh_from_db()
    wanted = asked(request, table)  # columns may have come or gone
    index = wanted.query.index_of(done.row_id) if done.row_id is not None else None
    answer = {"text": done.text, "row": index, "keys": done.keys, "columns": done.columns_changed, "skipped": len(done.skipped)}
    return JsonResponse({**after(wanted, table), **answer})


@require_GET
@answers_errors
def changes(request: HttpRequest, table_id: int) -> HttpResponse:
    """What happened after `?version=`: 204 for nothing, else which rows changed, or all.

    `ids` are changed rows; `all` means rows came, went or moved, or too many changed to name. `stale`: the order
    `?order=`, which the browser shows, is not the view's any more. With `page` (see presence.py) it is noted that the person
    looks at the cell `row`, `key`, and told who else is there: `people`, and `who`, which names this state of them; nothing
    of it is new while it is what `?who=` says. `working`: keys of AI columns whose cells change without a write.
    """
    seen = number(request.GET.get("version"), "version", most=VERSION)
    table, _ = load_table(request, table_id)
    query = asked(request, table).query
    # The order can be another one without a write: the day has changed.
    is_new = table.version > seen or bool(request.GET.get("order") and query.is_stale(request.GET["order"]))
    people = _people(request, table) if "page" in request.GET else {}
    busy = {"working": keys} if (keys := working(table)) else {}
    if not is_new:
        is_met = people.get("who", "") != request.GET.get("who", "")
        return JsonResponse({**people, **busy}) if is_met or busy else HttpResponse(status=204)
    ids: list[int] = []
    everything = table.rows_version > seen
    if not everything:
        found = RowChange.objects.filter(table=table, version__gt=seen).values_list("row_id", flat=True)
        ids = list(found.distinct()[: CHANGED_ROWS + 1])
        everything = len(ids) > CHANGED_ROWS
    return JsonResponse(
        {
            **people,
            **busy,
            "version": table.version,
            "count": table.row_count if query.definition.is_everything else None,
            "columns_version": table.columns_version,
            "all": everything,
            "ids": [] if everything else ids,
            "stale": query.is_stale(request.GET.get("order", "")),
        }
    )


def _people(request: HttpRequest, table: Table) -> dict[str, object]:
    row, key = (number(request.GET.get(name) or "0", name) for name in ("row", "key"))
    people, who = presence.told(presence.meet(table, person(request), request.GET["page"], row, key))
    return {"people": people, "who": who}
