"""A column of a view: its menu in the header, its values to pick from, its chart; and the quick filters of a cell."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from ai import answers
from ai.columns import known
from tables.columns import kind_of
from tables.heavy import turn
from tables.models import Column
from tables.query import RowQuery
from tables.query.definition import MOST_GROUPS, Sort, sorts_text
from tables.query.distinct import counted, shown
from tables.query.distribution import Bar, Distribution, distribution
from tables.writes import Gone
from views_app import picked
from views_app.answers import answers_errors, number
from views_app.asked import layout
from views_app.charts import chart
from views_app.here import Here, load, show
from views_app.panels import directions, joined
from views_app.state import MOST_FROZEN, WRITE
from views_app.toolbar import filter_text, see

MOST_VALUES = 100  # of a column's list


def _load_column(request: HttpRequest, table_id: int, key: int) -> tuple[Here, Column]:
    here = load(request, table_id)
    if key not in here.columns:
        raise Http404("There is no such column. It may have been deleted.")
    return here, here.columns[key]


@require_GET
@never_cache
def column_menu(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """What a column's ▾ opens. Goes into #menu, whatever the button asked for."""
    here, column = _load_column(request, table_id, key)
    keys = list(here.columns)
    at = keys.index(key)
    context = {
        "table": here.table,
        "member": here.member,
        "column": column,
        "writable": kind_of(column.kind).writable,
        "can_be_ai": answers.supported(column.kind),
        "is_ai": any(each.key == key for each in known(here.table)),
        "next_key": keys[at + 1] if at + 1 < len(keys) else None,
        **_menu(here, request.GET, column),
    }
    response = render(request, "views_app/column_menu.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#menu", "innerHTML"
    return response


def _menu(here: Here, params: Mapping[str, str], column: Column) -> dict[str, Any]:
    """What the menu offers for a view: each item says which parts of the link there are with it."""
    state = here.seen(params).state
    sorts = []
    for descending, words in enumerate(directions(column)):
        level = Sort(column.key, bool(descending))
        is_on = level in state.sort
        wanted = tuple(each for each in state.sort if each != level) if is_on else (level,)
        icon = "down" if descending else "up"
        sorts.append({"words": words, "icon": icon, "on": is_on, "see": see(sort=sorts_text(wanted))})
    others = tuple(level for level in state.group if level.column != column.key)
    is_grouped = len(others) < len(state.group)
    groups = others if is_grouped else (*others, Sort(column.key))
    shown = [each.key for each in layout(state, here.in_order).columns]
    at = shown.index(column.key) if column.key in shown else 0
    return {
        "is_first": at == 0,
        "is_last": at == len(shown) - 1,
        "may_freeze": at + 1 != state.frozen and at < MOST_FROZEN,
        "is_frozen": at < state.frozen,
        "sorts": sorts,
        "group": see(group=sorts_text(groups)) if len(groups) <= MOST_GROUPS else "",
        "group_words": "Do not group by this column" if is_grouped else "Group by this column",
        "hide": "" if shown[:1] == [column.key] else see(hide=WRITE["hide"]((*state.hide, column.key))),
    }


# --- Values to pick from -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@never_cache
@answers_errors
def column_values(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """GET: the panel, with `list` its list of values (`find` is searched in them). POST: the values that are ticked."""
    here, column = _load_column(request, table_id, key)
    if request.method == "POST":
        group = here.seen(request.POST).state.filter
        condition = picked.any_of(column, picked.read_values(request.POST.getlist("pick")))
        rest = picked.without(group, picked.picked_item(group, key))
        text = filter_text(joined(rest, condition) if condition else rest)
        return show(HttpResponse(status=204), request.POST, {"filter": text})
    context: dict[str, Any] = {"table": here.table, "column": column}
    if "list" not in request.GET:
        return render(request, "views_app/values_panel.html", context)
    search = request.GET.get("find", "").strip()
    with turn(here.member.user.pk):
        values = _values(here, request.GET, column, search)
    return render(request, "views_app/values_list.html", {**values, "search": search})


def _values(here: Here, params: Mapping[str, str], column: Column, search: str) -> dict[str, Any]:
    """The column's values in the rows that the rest of the filter leaves: what is picked comes first."""
    state = here.seen(params).state
    at = picked.picked_item(state.filter, column.key)
    chosen = picked.values_in(state.filter.items[at], column.key) or [] if state.filter and at is not None else []
    definition = layout(replace(state, filter=picked.without(state.filter, at)), here.in_order).definition
    query = RowQuery(here.table, definition)
    what = f"values {column.key} {timezone.get_current_timezone()} {json.dumps(search)}"
    found, total, empty = query.cached(
        what, [column.key], lambda: counted(query.where, here.table.pk, column, search, MOST_VALUES)
    )
    different = shown(column, found)
    known = [each.value for each in different]
    pairs = [_value(value, _html_of(column, value), None, True) for value in chosen if value not in known and value is not None]
    pairs += [_value(each.value, mark_safe(each.html), each.count, each.value in chosen) for each in different]  # noqa: S308  escaped by the kind
    if (empty or picked.EMPTY in chosen) and not search:
        pairs.append(_value(picked.EMPTY, "", empty, picked.EMPTY in chosen))
    return {"values": pairs, "more": max(0, total - len(found))}


def _value(value: Any, html: str, count: int | None, is_on: bool) -> dict[str, Any]:
    return {"text": json.dumps(value, ensure_ascii=False), "html": html, "count": count, "on": is_on}


def _html_of(column: Column, value: Any) -> str:
    return mark_safe(shown(column, [[value, 0]])[0].html)  # noqa: S308  escaped by the kind


# --- The chart -----------------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@answers_errors
def column_chart(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """The panel; with `drawn` the chart of the rows that the link shows."""
    here, column = _load_column(request, table_id, key)
    if "drawn" not in request.GET:
        return render(request, "views_app/chart_panel.html", {"table": here.table, "column": column})
    query = RowQuery(here.table, layout(here.seen(request.GET).state, here.in_order).definition)
    zone = timezone.get_current_timezone()
    what = f"chart {key} {zone} {timezone.localdate()}"
    with turn(here.member.user.pk):
        found = query.cached(what, [key], lambda: asdict(distribution(query.where, here.table.pk, column, zone)))
    bars = tuple(Bar(**bar) for bar in found["bars"])
    return HttpResponse(chart(Distribution(bars, found["is_range"], found["note"]), column.name))


# --- A cell --------------------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@answers_errors
def quick(request: HttpRequest, table_id: int) -> HttpResponse:
    """Filter by what the cell of `row` and `key` holds: only these rows, or with `not` all others."""
    here = load(request, table_id)
    row_id, key = number(request.GET.get("row"), "row"), number(request.GET.get("key"), "key")
    (found,) = RowQuery(here.table).cells_of([row_id], [key])
    if found.version < 0 or key not in here.columns:
        raise Gone("This cell was deleted.")
    column = here.columns[key]
    field = kind_of(column.kind).row_field
    value = getattr(found, field) if field else found.data.get(str(key))
    condition = picked.but(column, value) if request.GET.get("not") else picked.only(column, value)
    text = filter_text(joined(here.seen(request.GET).state.filter, condition))
    return show(HttpResponse(status=204), request.GET, {"filter": text})
