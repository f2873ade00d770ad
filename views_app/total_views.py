"""What columns add up to: the totals in the grid's foot, their menu, and the sums of a selection."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from psycopg import sql

from tables.access import load_table
from tables.models import Column
from tables.query import RowQuery
from tables.query.aggregates import Result, Wanted, aggregates_of, results, values
from views_app.answers import answers_errors, number
from views_app.asked import asked
from views_app.headings import totals_of
from views_app.heavy import heavy
from views_app.picked_rows import flag, picked_keys

# Rows of a selection in a sorted or filtered view go into the statement by their ids, 1 MB of them; more are asked for by where
# they stand, which sorts the view again.
MOST_NAMED = 100_000
MOST_CELLS = 20_000_000  # of several columns, of which the filled ones are counted: 0.15 us each
SUMMED = ("sum", "average", "min", "max")
COUNTED = ("filled", "unique")


def totals_now(query: RowQuery, wanted: Wanted) -> list[Result]:
    """Aggregates of a view's rows as they are now."""
    if not wanted:
        return []
    what = "totals " + " ".join(f"{column.key}:{name}" for column, name in wanted)
    found = query.cached(what, [column.key for column, _ in wanted], lambda: values(query.where, query.table.pk, wanted))
    return results(wanted, found)


@require_GET
@never_cache
@answers_errors
@heavy
def totals(request: HttpRequest, table_id: int) -> HttpResponse:
    """The cells of the grid's foot: one for each column that is shown."""
    table, _ = load_table(request, table_id)
    wanted = asked(request, table)
    shown = {result.column.key: result for result in totals_now(wanted.query, totals_of(wanted.state, wanted.layout.columns))}
    cells = [(column, shown.get(column.key)) for column in wanted.layout.columns]
    return render(request, "views_app/totals.html", {"table": table, "cells": cells})


@require_GET
@answers_errors
def totals_menu(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """The aggregates that a column can have in the foot; each item says which totals there are with it."""
    table, _ = load_table(request, table_id)
    wanted = asked(request, table)
    column = next((column for column in wanted.query.columns if column.key == key), None)
    if column is None:
        raise Http404("There is no such column. It may have been deleted.")
    now = dict(wanted.state.totals)
    items = [
        {"label": each.label, "totals": _text({**now, key: each.key}), "current": now.get(key) == each.key}
        for each in aggregates_of(column)
    ]
    none = _text({other: name for other, name in now.items() if other != key})
    context = {"column": column, "items": items, "none": none, "has_total": key in now}
    return render(request, "views_app/totals_menu.html", context)


def _text(totals: dict[int, str]) -> str:
    return ",".join(f"{key}:{name}" for key, name in totals.items())


@require_GET
@never_cache
@answers_errors
@heavy
def selection(request: HttpRequest, table_id: int) -> HttpResponse:
    """What the selected cells add up to: `from` .. `to`, both included, of the columns `keys=3,5`: {"text"}.

    They are indexes in the order of the name `order`, which the browser shows. With `all=1` everything that one column adds up
    to: {"text", "all": [[label, value as shown], ...]}.
    """
    table, _ = load_table(request, table_id)
    first, last = number(request.GET.get("from"), "from"), number(request.GET.get("to"), "to")
    keys = set(picked_keys(request.GET))
    wanted = asked(request, table)
    columns = [column for column in wanted.layout.columns if column.key in keys]
    order = request.GET.get("order", "")[:40]
    if not columns:
        return JsonResponse({"text": ""})
    if len(columns) > 1 and (min(last, table.row_count - 1) - first + 1) * len(columns) > MOST_CELLS:
        return JsonResponse({"text": f"More than {MOST_CELLS:,} cells"})
    where = _selected(wanted.query, first, last, order)
    if where is None:
        return JsonResponse({"text": ""})
    every = flag(request.GET, "all") and len(columns) == 1
    asked_for = [(columns[0], each.key) for each in aggregates_of(columns[0])] if every else _wanted(columns)
    what = f"selection {first} {last} {order} " + " ".join(f"{column.key}:{name}" for column, name in asked_for)
    found = results(asked_for, wanted.query.cached(what, keys, lambda: values(where, table.pk, asked_for)))
    if every:
        return JsonResponse({"text": columns[0].name, "all": [[each.aggregate.label, each.shown] for each in found]})
    return JsonResponse({"text": _sentence(columns, found)})


def _wanted(columns: list[Column]) -> list[tuple[Column, str]]:
    if len(columns) > 1:
        return [(column, "filled") for column in columns if "filled" in _names(column)]
    (column,) = columns
    names = _names(column)
    chosen = [name for name in SUMMED if name in names] or [name for name in (*COUNTED, "checked", "min", "max") if name in names]
    return [(column, name) for name in chosen]


def _names(column: Column) -> set[str]:
    return {aggregate.key for aggregate in aggregates_of(column)}


def _sentence(columns: list[Column], found: list[Result]) -> str:
    if len(columns) > 1:
        return f"Filled {sum(result.value for result in found):,}"
    return " · ".join(f"{result.aggregate.label} {result.shown}" for result in found)


def _selected(query: RowQuery, first: int, last: int, order: str) -> sql.Composable | None:
    """The rows at these indexes of a view as a boolean; None when they are in another order now."""
    count = query.count()
    if first <= 0 and last >= count - 1:
        return query.where
    last = min(last, count - 1)
    if query.definition.is_everything:
        ends = query.positions(first, last)
        return sql.SQL("{} AND position BETWEEN {} AND {}").format(query.where, *map(sql.Literal, ends)) if ends else None
    if last - first >= MOST_NAMED:
        return query.between(order, first, last)
    ids = query.shown_ids(order, first, last - first + 1)
    return None if ids is None else sql.SQL("id = ANY({}::int[])").format(sql.Literal(ids))
