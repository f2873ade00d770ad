"""The dialog that runs an AI column: for which cells, what it will cost, and the start."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from ai import columns, scopes
from ai.answering import answering
from ai.columns import BadAi
from ai.estimate import counted, money, needs_confirmation
from ai.models import AiColumn
from ai.money import BadMoney, read_money
from ai.prompts import BadPrompt
from ai.scopes import ALL, FIRST, SCOPES, SELECTION, VIEW
from ai.wanted import Terms, Wanted, begin, judged, wanted
from bases.access import person, require
from bases.dialogs import dialog, refresh
from bases.models import Role
from tables.columns.base import BadValue, quoted
from tables.edits import LAST_ROW_ID, ROWS_LIMIT, Moved
from tables.heavy import turn
from tables.models import Column
from tables.query import RowQuery
from tables.query.definition import BadQuery, Definition
from tables.query.filters import filter_sentence
from tables.writes import Gone
from views_app.answers import number
from views_app.asked import layout
from views_app.here import Here, load, seen_through
from views_app.picked_rows import ids_between, row_ids

FIRST_ROWS = 200  # unless told
FEW_ROWS = 1_000  # of a table with more, nobody means all of them by mistake
SELECTED = ("ids", "from", "to", "order", "version")  # how the grid names the rows of its selection
ONLY = {
    "": "Every cell",
    "empty": "Empty cells",
    "failed": "Cells that failed",
    "stale": "Cells whose inputs or prompt have changed",
}


@require_http_methods(["GET", "POST"])
def run_ai_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """POST begins the run; beyond 100 cells or a dollar it must say `sure`. GET may name a selection."""
    here, column, ai = _load(request, table_id, key)
    if request.method == "GET":
        return run_dialog(request, here, column)
    try:
        want = _wanted(request, here, column, ai)
        words = _words(request, here, want)
        run = begin(here.table, person(request), here.in_order, want, words, sure="sure" in request.POST)
    except (BadAi, BadPrompt, BadQuery, BadValue, BadMoney, Moved) as bad:
        return run_dialog(request, here, column, problem=str(bad))
    except Gone as gone:
        raise Http404(str(gone)) from None
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, f"{quoted(column.name)} is being computed.")
        return refresh(request, reverse("grid", args=[table_id]))
    return trigger_client_event(HttpResponse(status=204), "ai:begun", {"run": run.pk})


@require_POST
@never_cache
def estimate_run(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """How many cells the dialog's choice means, what they will cost, and how long they will take."""
    here, column, ai = _load(request, table_id, key)
    context: dict[str, Any] = {"answering": answering(here.table.base), "base": here.table.base, "member": here.member}
    try:
        want = _wanted(request, here, column, ai)
        estimate, draft = judged(here.table, here.in_order, want)
    except (BadAi, BadPrompt, BadQuery, BadValue, BadMoney, Moved) as bad:
        return render(request, "ai/run_estimate.html", {**context, "problem": str(bad)})
    context |= {
        "estimate": estimate if want.count else None,
        "none": want.none,
        "model": draft.model,
        "asks": needs_confirmation(estimate.cells, estimate.micros),
        "sure": f"Yes, compute {counted(estimate.cells, 'cell')} for about {money(estimate.micros)}",
        "over_budget": want.terms.budget is not None and estimate.micros > want.terms.budget,
        "budget": money(want.terms.budget or 0),
    }
    return render(request, "ai/run_estimate.html", context)


def run_dialog(request: HttpRequest, here: Here, column: Column, problem: str = "") -> HttpResponse:
    """The dialog, with what was chosen in it so far."""
    ai = columns.load(column)
    given = request.POST if "scope" in request.POST else request.GET
    selected = {name: given[name] for name in SELECTED if given.get(name)}
    condition = columns.condition_of(ai)
    definition = _seen(request, here)
    context = {
        "base": here.table.base,
        "table": here.table,
        "member": here.member,
        "column": column,
        "selected": selected,
        "selected_count": _selected_count(selected),
        "has_view": not definition.is_everything,
        "scope": given.get("scope") or _usual_scope(here, bool(selected), definition),
        "first": given.get("first", str(FIRST_ROWS)),
        "only": given.get("only", ""),
        "onlys": ONLY.items(),
        "overwrite": "overwrite" in given,
        "fresh": "fresh" in given,
        "budget": given.get("budget", ""),
        "condition": filter_sentence(condition, here.columns, here.people()) if condition else "",
        "answering": answering(here.table.base),
        "action": reverse("run_ai_column", args=[here.table.pk, column.key]),
        "problem": problem,
    }
    return dialog(request, "ai/run_dialog.html", context, status=422 if problem else 200)


def _usual_scope(here: Here, is_selected: bool, definition: Definition) -> str:
    if is_selected:
        return SELECTION
    if not definition.is_everything:
        return VIEW
    return ALL if here.table.row_count <= FEW_ROWS else FIRST


def _load(request: HttpRequest, table_id: int, key: int) -> tuple[Here, Column, AiColumn]:
    here = load(request, table_id)
    require(here.member, Role.EDITOR)
    column = here.columns.get(key)
    ai = AiColumn.objects.filter(column=column).first() if column else None
    if column is None or ai is None:
        raise Http404("There is no such AI column. It may have been deleted.")
    return here, column, ai


def _seen(request: HttpRequest, here: Here) -> Definition:
    return layout(here.seen(seen_through(request, here.table)).state, here.in_order).definition


def _wanted(request: HttpRequest, here: Here, column: Column, ai: AiColumn) -> Wanted:
    """Raises BadValue, BadQuery, BadMoney, Moved."""
    given, table = request.POST, here.table
    scope, only = given.get("scope", ""), given.get("only", "")
    if scope not in SCOPES or only not in ONLY:
        raise BadValue("This choice of cells is not known. Reload the page.")
    terms = Terms(only, "overwrite" in given, "fresh" in given, read_money(given.get("budget", "")))
    definition = _seen(request, here)
    first = number(given.get("first", "").replace(",", "").strip(), "The first rows", most=LAST_ROW_ID) if scope == FIRST else 0
    with turn(here.member.user_id):
        ids = _selected(request, RowQuery(table, definition)) if scope == SELECTION else []
        found = scopes.rows(table, definition, ai, column, scope, only, ids, first)
        return wanted(column, ai, terms, found)


def _selected(request: HttpRequest, query: RowQuery) -> list[int]:
    """Raises BadValue, Moved."""
    given = request.POST
    return list(ids_between(given, query) if given.get("from") else row_ids(given, ROWS_LIMIT))


def _words(request: HttpRequest, here: Here, want: Wanted) -> str:
    """The scope, for the list of runs."""
    view = here.seen(seen_through(request, here.table)).view
    is_known = view is not None and not view.is_personal  # what a person calls a view of their own is nobody else's business
    rows = {
        SELECTION: counted(len(want.ids), "selected row"),
        FIRST: f"the first {counted(len(want.ids), 'row')}",
        VIEW: f"the view {quoted(view.name)}" if view and is_known else "the rows that were shown",
        ALL: "all rows",
    }
    return want.told(rows[request.POST["scope"]])


def _selected_count(selected: dict[str, str]) -> int:
    if "ids" in selected:
        return selected["ids"].count(",") + 1
    first, last = selected.get("from", ""), selected.get("to", "")
    return int(last) - int(first) + 1 if first.isdecimal() and last.isdecimal() and len(first + last) < 40 else 0
