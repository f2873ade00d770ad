"""Actions on many rows in the browser: their bars."""

from datetime import timedelta

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from bases.models import Member, Role
from bases.progress import OPEN, Progress, State
from tables import bulk
from tables.access import load_table
from tables.edits.large_paste import is_emptying
from tables.models import RUN_AI, Bulk, Change

# How its bar speaks of an action: while it runs, and when it is done.
WORDS = {
    "clear cells": ("Clearing cells", "Cells cleared"),
    "fill cells": ("Filling cells", "Cells filled"),
    "paste": ("Pasting", "Pasted"),
    "duplicate rows": ("Duplicating rows", "Rows duplicated"),
    "move rows": ("Moving rows", "Rows moved"),
    "delete rows": ("Deleting rows", "Rows deleted"),
    "change kind": ("Converting a column", "Column converted"),
    "duplicate column": ("Copying a column", "Column copied"),
    "undo": ("Taking back", "Taken back"),
    "redo": ("Doing again", "Done again"),
}


def _load(request: HttpRequest, table_id: int, bulk_id: int, role: Role = Role.VIEWER) -> tuple[Bulk, Member]:
    table, member = load_table(request, table_id, role)
    found = Bulk.objects.light().filter(pk=bulk_id, table=table).first()
    if found is None:
        raise Http404("There is no such action.")
    return found, member


def _bar(found: Bulk, member: Member) -> dict[str, object]:
    running, over = WORDS.get(found.action, (found.action, found.action))
    rows = min(found.done, found.params.get("pasted", found.done))
    if is_emptying(found):
        running, over = "Emptying what was cut", "Moved" if found.done > rows else over
    return {
        "bar": Progress.of(found),
        "bulk": found,
        "member": member,
        "running": running,
        "over": over,
        "rows": rows,
        "can_undo": found.user_id == member.user_id and found.action != "undo" and _stands(found),
        "left": found.params.get("left", 0),
        "sentences": found.params.get("sentences", []),
    }


def _stands(found: Bulk) -> bool:
    """Whether it has written anything that was not taken back since."""
    last = found.versions[-1:]
    return Change.objects.filter(table=found.table_id, version__in=last, undone_by=None).exists()


@require_GET
@never_cache
def table_bulks(request: HttpRequest, table_id: int) -> HttpResponse:
    """The bars of a table's actions that are under way, or have failed and nobody has read why, or left out what did not fit."""
    table, member = load_table(request, table_id)
    failed = Q(state=State.FAILED, dismissed=False)
    lately = timezone.now() - timedelta(days=1)
    incomplete = Q(misfits__gt=0, dismissed=False, user=member.user_id, finished_at__gt=lately)
    found = (
        Bulk.objects.light().filter(Q(state__in=OPEN) | failed | incomplete, table=table).exclude(action=RUN_AI).order_by("pk")
    )
    # Undo is of the last change, which may be another one by now; and nobody needs to know what did not fit of nothing.
    shown = [each for each in found if each.is_open or each.state == State.FAILED or not each.versions or _stands(each)]
    return render(request, "tables/bulk_bars.html", {"bars": [{**_bar(each, member), "can_undo": False} for each in shown]})


@require_GET
@never_cache
def bulk_bar(request: HttpRequest, table_id: int, bulk_id: int) -> HttpResponse:
    """One bar; asked again while it runs, and tells the grid when it has ended."""
    found, member = _load(request, table_id, bulk_id)
    response = render(request, "tables/bulk_bar.html", _bar(found, member))
    if not found.is_open:
        response["HX-Trigger"] = "grid:refresh"
    return response


@require_GET
@never_cache
def bulk_problems(request: HttpRequest, table_id: int, bulk_id: int) -> HttpResponse:
    """What could not be done: {"problems": the first ones, as in tables/edits/report.py, "problem_count": of all}."""
    found, _ = _load(request, table_id, bulk_id)
    return JsonResponse({"problems": found.problems, "problem_count": found.misfits})


@require_POST
def cancel_bulk(request: HttpRequest, table_id: int, bulk_id: int) -> HttpResponse:
    """Ask it to stop; what it has done can be undone."""
    found, member = _load(request, table_id, bulk_id, Role.EDITOR)
    bulk.cancel(found)
    found.refresh_from_db(fields=["cancel_asked", "state"])
    return render(request, "tables/bulk_bar.html", _bar(found, member))


@require_POST
def dismiss_bulk(request: HttpRequest, table_id: int, bulk_id: int) -> HttpResponse:
    """Stop showing how it ended."""
    found, _ = _load(request, table_id, bulk_id, Role.EDITOR)
    Bulk.objects.filter(pk=found.pk).exclude(state__in=OPEN).update(dismissed=True)
    return HttpResponse("")
