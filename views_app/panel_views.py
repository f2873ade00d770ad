"""The toolbar, its panels and the chips of the filter.

They change nothing on the server: an answer with `grid:see` tells the page which parts of its address to change.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tables.columns import kind_of
from tables.models import Column
from tables.query.definition import MOST_GROUPS, MOST_SORTS, sorts_text
from tables.query.filters import Columns
from views_app.answers import answers_errors
from views_app.asked import ordered
from views_app.drafts import ROOT, DraftGroup, begun, change, draft_of, finished, read_draft
from views_app.here import load, show
from views_app.panels import Drawing, change_levels, drawn_filter, drawn_levels, problem_places, read_levels
from views_app.seen import Seen
from views_app.state import WRITE
from views_app.toolbar import filter_text, tools

FIRST = 0
SEARCHED_FROM = 12  # more fields than this can be searched by name
MOST_OFFERED_FROZEN = 5  # more would leave no room for the others


@require_GET
@never_cache
def toolbar(request: HttpRequest, table_id: int) -> HttpResponse:
    """The tools and the chips, for what the link's parameters show."""
    here = load(request, table_id)
    context = {"table": here.table, "is_answer": True, **tools(here.seen(request.GET), here.in_order)}
    return render(request, "views_app/toolbar.html", context)


# --- The filter ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@never_cache
@answers_errors
def filter_panel(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET: the panel for the link's filter; `at` is the place of a chip, `column` begins a condition. POST: its form, changed.

    A form with `do=typed` comes from a field that somebody types in: nothing but the sentences beside the fields is answered.
    """
    here = load(request, table_id)
    columns, people = here.columns, here.people()
    if request.method == "GET":
        draft, focus, focus_on = _opened(request, here.seen(request.GET), columns)
        context = drawn_filter(draft, Drawing(columns, people, {}, focus, focus_on))
        return render(request, "views_app/filter_panel.html", {"table": here.table, **context})
    draft = read_draft(request.POST, columns)
    do = request.POST.get("do", "")
    focus = change(draft, do, columns)
    group, problems = finished(draft, columns)
    if do == "typed":
        response = render(request, "views_app/filter_problems.html", {"places": problem_places(draft, problems)})
    else:
        focus_on = "remove" if do.startswith("remove:") else "column"
        context = drawn_filter(draft, Drawing(columns, people, problems, focus, focus_on))
        response = render(request, "views_app/filter_form.html", {"table": here.table, **context})
    return show(response, request.POST, {"filter": filter_text(group)})


def _opened(request: HttpRequest, now: Seen, columns: Columns) -> tuple[DraftGroup, str, str]:
    """The draft that a panel starts with, and the place that has the focus with what there has it."""
    draft = draft_of(now.wanted, columns)
    key = request.GET.get("column", "")
    if key.isascii() and key.isdigit() and len(key) < 10 and int(key) in columns:
        if draft.match == "any" and len(draft.items) > 1:
            draft = DraftGroup("all", [draft])
        draft.items.append(begun(columns, int(key)))
        return draft, f"{ROOT}.{len(draft.items) - 1}", "value"
    if not draft.items:
        draft.items.append(begun(columns))
        return draft, f"{ROOT}.0", "column"
    return draft, request.GET.get("at", "") or f"{ROOT}.0", "value"


# --- Sort and group ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@never_cache
@answers_errors
def sort_panel(request: HttpRequest, table_id: int) -> HttpResponse:
    return _order_panel(request, table_id, "sort", MOST_SORTS)


@require_http_methods(["GET", "POST"])
@never_cache
@answers_errors
def group_panel(request: HttpRequest, table_id: int) -> HttpResponse:
    return _order_panel(request, table_id, "group", MOST_GROUPS)


def _order_panel(request: HttpRequest, table_id: int, part: str, most: int) -> HttpResponse:
    """GET: the panel for the link's levels. POST: its form, changed as the button `do` says."""
    here = load(request, table_id)
    context: dict[str, Any] = {"table": here.table, "part": part}
    if request.method == "GET":
        levels = getattr(here.seen(request.GET).state, part)
        context |= {"focus": FIRST, **drawn_levels(levels, here.columns, most)}
        return render(request, "views_app/order_panel.html", context)
    changed = [level for level in read_levels(request.POST) if level.column in here.columns][:most]
    focus = change_levels(changed, request.POST.get("do", ""), here.columns, most)
    context |= {"focus": focus, **drawn_levels(changed, here.columns, most)}
    response = render(request, "views_app/order_form.html", context)
    return show(response, request.POST, {part: sorts_text(tuple(changed))})


# --- Fields --------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@never_cache
@answers_errors
def fields_panel(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET: which columns are shown, in which order. POST: each `key` in order, those `shown`, how many `stay` at the left."""
    here = load(request, table_id)
    if request.method == "POST":
        keys = _known(request.POST.getlist("key"), here.columns)
        keys += [key for key in here.columns if key not in keys]
        on = set(_known(request.POST.getlist("shown"), here.columns)) | set(keys[:1])
        parts = {
            "hide": WRITE["hide"](tuple(key for key in here.columns if key not in on)),
            "columns": WRITE["columns"](tuple(shortest_order(keys, here.in_order))),
            "frozen": request.POST.get("stay", ""),
        }
        return show(HttpResponse(status=204), request.POST, parts)
    state = here.seen(request.GET).state
    widths = dict(state.widths)
    columns = [
        {
            "key": column.key,
            "name": column.name,
            "kind": kind_of(column.kind),
            "on": column.key not in state.hide,
            "width": widths.get(column.key, column.width),
        }
        for column in ordered(state, here.in_order)
    ]
    context = {
        "table": here.table,
        "columns": columns,
        "has_search": len(columns) > SEARCHED_FROM,
        "frozen": state.frozen,
        "counts": sorted({*range(MOST_OFFERED_FROZEN + 1), state.frozen}),
    }
    return render(request, "views_app/fields_panel.html", context)


def _known(texts: Sequence[str], columns: Columns) -> list[int]:
    """The keys among a form's texts that are columns, each once."""
    numbers = (int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10)
    return list(dict.fromkeys(key for key in numbers if key in columns))


def shortest_order(keys: Sequence[int], columns: Sequence[Column]) -> list[int]:
    """As few keys as say this order: the others follow in the table's own. Columns that are added later then stand last."""
    own = [column.key for column in columns]
    for length in range(len(keys)):
        first = list(keys[:length])
        taken = set(first)
        if [*first, *(key for key in own if key not in taken)] == list(keys):
            return first
    return list(keys)
