"""AI columns: what a run will cost, and a run begun."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from ai import columns as ai_columns
from ai import scopes
from ai.answering import answering
from ai.estimate import counted, needs_confirmation
from ai.scopes import ALL, FIRST, SCOPES, SELECTION, VIEW
from ai.wanted import Terms, Wanted, begin, judged, wanted
from api.ai_runs import budget_of, dollars, told
from api.asked_rows import ASKED, definition_of
from api.door import BadRequest, answer, asked, endpoint, flag, sent, token_of, whole
from bases.access import person
from bases.models import Member, Role
from tables.access import load_table
from tables.edits import LAST_ROW_ID
from tables.heavy import turn
from tables.models import Column, Table, columns_at
from tables.query import RowQuery

MOST_IDS = 10_000  # rows named one by one
TERMS = ("scope", "ids", "first", "only", "overwrite", "fresh", "budget")


@endpoint("POST")
def estimate(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """How many cells the body's choice means, what they will cost, and how long they will take; nothing is begun."""
    table, member, column = _load(request, table_id, key)
    want = _wanted(request, table, member, column, sent(request, *TERMS))
    found, draft = judged(table, columns_at(table.pk, table.columns_version), want)
    answers = answering(table.base)
    price = {
        "cells": want.count,
        "why_none": None if want.count else want.none,
        "calls": found.calls,
        "tokens_in": found.tokens_in,
        "tokens_out": found.tokens_out,
        "dollars": dollars(found.micros),
        "dollars_at_most": dollars(found.high_micros),
        "seconds": round(found.seconds, 1) if found.per_minute else None,
        "needs_sure": needs_confirmation(want.count, found.micros),
        "model": draft.model,
        "problem": answers.problem or None,
        "demo": answers.is_demo,
    }
    return answer(price)


@endpoint("POST")
def run_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Begin a run; beyond 100 cells or a dollar the body must say `sure`."""
    table, member, column = _load(request, table_id, key)
    body = sent(request, *TERMS, "sure")
    want = _wanted(request, table, member, column, body)
    rows = counted(len(want.ids), "row")
    words = {SELECTION: f"{rows} that a program named", FIRST: f"the first {rows}", VIEW: f"{rows} of a view", ALL: "all rows"}
    columns = columns_at(table.pk, table.columns_version)
    sure, token = flag(body.get("sure"), "sure"), token_of(request).name
    run = begin(table, person(request), columns, want, want.told(words[body["scope"]]), sure=sure, token=token)
    run.table = table
    return answer(told(run), status=201)


def _load(request: HttpRequest, table_id: int, key: int) -> tuple[Table, Member, Column]:
    table, member = load_table(request, table_id, Role.EDITOR)
    column = ai_columns.columns_by_key(table).get(key)
    if column is None:
        raise Http404("There is no such column.")
    return table, member, column


def _wanted(request: HttpRequest, table: Table, member: Member, column: Column, body: Mapping[str, Any]) -> Wanted:
    """The rows are those that the address asks for, as in a page of rows. Raises BadAi, BadRequest, BadQuery, BadMoney."""
    ai = ai_columns.load(column)
    scope, only = body.get("scope"), body.get("only") or ""
    if scope not in SCOPES:
        raise BadRequest(f"“scope” says which rows: {', '.join(SCOPES)}.")
    if only not in scopes.ONLY:
        raise BadRequest(f"“only” is one of: {', '.join(filter(None, scopes.ONLY))}; or it is not there.")
    budget = budget_of(body)
    terms = Terms(only, flag(body.get("overwrite"), "overwrite"), flag(body.get("fresh"), "fresh"), budget)
    given = asked(request, *ASKED)
    # What would be left aside is refused: each of these mistakes would compute, and pay for, other cells than were meant.
    for name, of in (("ids", SELECTION), ("first", FIRST)):
        if body.get(name) is not None and scope != of:
            raise BadRequest(f"“{name}” goes with the scope {of}, not with {scope}.")
    if scope in (ALL, SELECTION) and set(given) & set(ASKED):
        raise BadRequest(f"With a view, a filter, a sort or a search the scope is {VIEW} or {FIRST}, not {scope}.")
    if scope == VIEW and not set(given) & {"view", "filter", "search"}:
        raise BadRequest(f"The scope {VIEW} needs a view, a filter or a search in the address. For all rows say {ALL}.")
    ids = _ids(body, table) if scope == SELECTION else []
    first = whole(body.get("first"), "first", 1, LAST_ROW_ID) if scope == FIRST else 0
    seen = definition_of(given, table, member, columns_at(table.pk, table.columns_version))
    with turn(member.user_id):
        return wanted(column, ai, terms, scopes.rows(table, seen, ai, column, scope, only, ids, first))


def _ids(body: Mapping[str, Any], table: Table) -> list[int]:
    """Those of the rows named that are there."""
    found = body.get("ids")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_IDS:
        raise BadRequest(f"“ids” is a list of 1 to {MOST_IDS:,} ids of rows.")
    named = [whole(each, "ids", 1, LAST_ROW_ID) for each in found]
    there = RowQuery(table).there(named)
    return [each for each in named if each in there]
