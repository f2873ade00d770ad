"""AI columns: what a run will cost, runs begun, watched, paused, resumed, cancelled, tried again and taken back."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from ai import columns as ai_columns
from ai import runs, scopes
from ai.answering import answering
from ai.columns import BadAi
from ai.estimate import counted
from ai.models import Run
from ai.money import read_money
from ai.progress import may_undo, progress
from ai.tasks import send
from ai.wanted import ALL, FIRST, SCOPES, SELECTION, VIEW, Terms, Wanted, begin, judged, wanted
from api.asked_rows import ASKED, definition_of
from api.door import BadRequest, asked, endpoint, flag, sent, whole
from bases.access import person
from bases.models import Member, Role
from tables import bulk
from tables.access import load_table
from tables.edits import LAST_ROW_ID
from tables.heavy import turn
from tables.models import Column, Table, columns_at
from tables.query import RowQuery
from tables.query.definition import EVERYTHING
from tables.tasks import send_bulk

LISTED = 100  # runs of a page
MOST_IDS = 10_000  # rows named one by one
TERMS = ("scope", "ids", "first", "only", "overwrite", "fresh", "budget")
DOINGS = ("pause", "resume", "cancel", "retry", "undo")


@endpoint("POST")
def estimate(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """How many cells the body's choice means, what they will cost, and how long they will take; nothing is begun."""
    table, member, column = _load_column(request, table_id, key)
    want = _wanted(request, table, member, column, sent(request, *TERMS))
    found, draft = judged(table, _columns(table), want)
    answers = answering(table.base)
    told = {
        "cells": want.count,
        "calls": found.calls,
        "tokens_in": found.tokens_in,
        "tokens_out": found.tokens_out,
        "dollars": _dollars(found.micros),
        "at_most": _dollars(found.high_micros),
        "seconds": round(found.seconds, 1) if found.per_minute else None,
        "model": draft.model,
        "problem": answers.problem or None,
        "demo": answers.is_demo,
    }
    return JsonResponse(told)


@endpoint("POST")
def run_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Begin a run; beyond 100 cells or a dollar the body must say `sure`."""
    table, member, column = _load_column(request, table_id, key)
    body = sent(request, *TERMS, "sure")
    want = _wanted(request, table, member, column, body)
    rows = counted(len(want.ids), "row")
    words = {SELECTION: f"{rows} that a program named", FIRST: f"the first {rows}", VIEW: f"{rows} of a view", ALL: "all rows"}
    sure = flag(body.get("sure"), "sure")
    run = begin(table, person(request), _columns(table), want, words[body.get("scope", ALL)], sure=sure)
    return JsonResponse(_told(_load_run(request, table_id, run.pk)), status=201)


@endpoint("GET")
def ai_runs(request: HttpRequest, table_id: int) -> HttpResponse:
    """A table's runs, the newest first; `before` is the number of one."""
    given = asked(request, "before")
    table, _ = load_table(request, table_id)
    before = whole(given.get("before"), "before", 1, 2**31 - 1, 2**31 - 1)
    found = Run.objects.filter(table=table, pk__lt=before).select_related("column", "user", "bulk").order_by("-pk")
    listed = list(found[: LISTED + 1])
    more = f"{reverse('api_ai_runs', args=[table_id])}?before={listed[LISTED - 1].pk}" if len(listed) > LISTED else None
    return JsonResponse({"runs": [_told(run) for run in listed[:LISTED]], "next": more})


@endpoint("GET")
def ai_run(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """One run, as it is now."""
    asked(request)
    return JsonResponse(_told(_load_run(request, table_id, run_id)))


@endpoint("POST")
def change_run(request: HttpRequest, table_id: int, run_id: int, doing: str) -> HttpResponse:
    """pause, resume (with another `budget` if need be), cancel, retry (a new run for what failed), undo."""
    run = _load_run(request, table_id, run_id, Role.EDITOR)
    body = sent(request, "budget") if doing == "resume" else sent(request)
    if doing == "pause":
        runs.pause(run, f"Paused by {person(request).shown_name}.")
    elif doing == "resume":
        _resume(run, body)
    elif doing == "cancel":
        if runs.cancel(run):
            send(run)  # its pump tidies up
    elif doing == "retry":
        again = runs.again(run, person(request))
        send(again)
        return JsonResponse(_told(_load_run(request, table_id, again.pk)), status=201)
    else:
        _undo(request, run)
    return JsonResponse(_told(_load_run(request, table_id, run_id)))


def _resume(run: Run, body: Mapping[str, Any]) -> None:
    budget = _budget(body)
    if run.paused_until:
        raise BadAi("Auto-run goes on by itself, or at once when its budget of a day is raised.")
    if budget is not None and budget <= run.spent_micros:
        raise BadAi("The run has spent as much as that already. Give more, or cancel it.")
    if runs.resume(run, budget):
        send(run)


def _undo(request: HttpRequest, run: Run) -> None:
    _, member = load_table(request, run.table_id, Role.EDITOR)
    if run.bulk is None or not may_undo(run, member):
        raise BadAi("This run cannot be taken back: it is not yours, or nothing of it stands.")
    send_bulk(bulk.take_back(run.table, person(request), "undo", run.bulk))


def _load_column(request: HttpRequest, table_id: int, key: int) -> tuple[Table, Member, Column]:
    table, member = load_table(request, table_id, Role.EDITOR)
    column = ai_columns.columns_by_key(table).get(key)
    if column is None:
        raise Http404("There is no such column.")
    return table, member, column


def _load_run(request: HttpRequest, table_id: int, run_id: int, role: Role = Role.VIEWER) -> Run:
    table, _ = load_table(request, table_id, role)
    found = Run.objects.filter(pk=run_id, table=table) if run_id < 2**31 else Run.objects.none()
    run = found.select_related("column", "user", "bulk").first()
    if run is None:
        raise Http404("There is no such run.")
    run.table = table
    return run


def _columns(table: Table) -> list[Column]:
    return list(columns_at(table.pk, table.columns_version))


def _wanted(request: HttpRequest, table: Table, member: Member, column: Column, body: Mapping[str, Any]) -> Wanted:
    """The rows are those that the address asks for, as in a page of rows. Raises BadAi, BadRequest, BadQuery, BadMoney."""
    ai = ai_columns.load(column)
    scope, only = body.get("scope", ALL), body.get("only", "")
    if scope not in SCOPES:
        raise BadRequest(f"“scope” is one of: {', '.join(SCOPES)}.")
    if only not in scopes.ONLY:
        raise BadRequest(f"“only” is one of: {', '.join(filter(None, scopes.ONLY))}; or it is not there.")
    terms = Terms(only, flag(body.get("overwrite"), "overwrite"), flag(body.get("fresh"), "fresh"), _budget(body))
    definition = definition_of(asked(request, *ASKED), table, member, _columns(table))
    if scope in (ALL, SELECTION) and not definition.is_everything:
        raise BadRequest(f"With a view, a filter, a sort or a search, “scope” is {VIEW} or {FIRST}, not {scope}.")
    with turn(member.user_id):
        if scope == SELECTION:
            named = _ids(body)
            there = RowQuery(table).there(named)
            ids = scopes.rows_of_ids(table, [each for each in named if each in there], ai, column, only)
        elif scope == FIRST:
            ids = scopes.first_rows(table, definition, ai, column, only, whole(body.get("first"), "first", 1, LAST_ROW_ID))
        else:
            ids = scopes.rows_of_view(table, EVERYTHING if scope == ALL else definition, ai, column, only)
        return wanted(column, ai, terms, ids)


def _ids(body: Mapping[str, Any]) -> list[int]:
    found = body.get("ids")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_IDS:
        raise BadRequest(f"“ids” is a list of 1 to {MOST_IDS:,} ids of rows.")
    return [whole(each, "ids", 1, LAST_ROW_ID) for each in found]


def _budget(body: Mapping[str, Any]) -> int | None:
    """Micros, from dollars as a number or a text. Raises BadMoney."""
    given = body.get("budget")
    if given is None or isinstance(given, bool) or not isinstance(given, (int, float, str)):
        if given is not None:
            raise BadRequest("“budget” is a number of dollars.")
        return None
    return read_money(str(given))


def _dollars(micros: int) -> float:
    return micros / 1_000_000


def _told(run: Run) -> dict[str, Any]:
    how_far = progress(run)
    return {
        "id": run.pk,
        "column": run.column.key,
        "rows": run.scope,
        "state": run.state,
        "reason": run.reason or None,
        "total": run.total,
        "done": run.done,
        "failed": run.failed,
        "skipped": run.skipped,
        "percent": how_far.percent,
        "per_minute": how_far.per_minute,
        "seconds_left": how_far.seconds_left,
        "waits_for_worker": how_far.waits,
        "spent": _dollars(run.spent_micros),
        "budget": None if run.budget_micros is None else _dollars(run.budget_micros),
        "auto_run": run.is_auto,
        "begun_by": run.user.shown_name if run.user else None,
        "url": reverse("api_ai_run", args=[run.table_id, run.pk]),
    }
