"""Runs of AI columns in the browser: the list of a table's, one with its numbers, their bars, and their buttons."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from ai import runs, wanted
from ai.columns import BadAi
from ai.models import AiCell, Run, Status
from ai.money import BadMoney, read_money, shown_money
from ai.progress import may_undo, progress
from ai.prompts import BadPrompt
from ai.tasks import send
from bases.access import person
from bases.models import Member, Role
from bases.pages import page_of
from tables.access import load_table
from tables.bulk import TooBusy
from tables.tasks import send_bulk
from tables.writes import Gone

LISTED = 100  # runs of a page
ERRORS_LISTED = 20


def _load(request: HttpRequest, table_id: int, run_id: int, role: Role = Role.VIEWER) -> tuple[Run, Member]:
    table, member = load_table(request, table_id, role)
    run = Run.objects.select_related("column", "user", "bulk").filter(pk=run_id, table=table).first()
    if run is None:
        raise Http404("There is no such run.")
    run.table = table
    return run, member


def _shown(request: HttpRequest, run: Run, member: Member, problem: str = "") -> dict[str, Any]:
    """What templates/ai/run_bar.html needs. On the run's own page its bar says less."""
    page = reverse("ai_run", args=[run.table_id, run.pk])
    return {
        "is_page": page in (request.path, page_of(request)),
        "run": run,
        "table": run.table,
        "base": run.table.base,
        "member": member,
        "progress": progress(run),
        "can_undo": may_undo(run, member),
        "budget": shown_money(run.budget_micros),
        "seen": _seen(run),
        "problem": problem,
    }


def _seen(run: Run) -> str:
    """What can change of a run that is paused."""
    return f"{run.state}:{run.done}:{run.failed}:{run.spent_micros}:{run.budget_micros}"


@require_GET
@never_cache
def ai_runs(request: HttpRequest, table_id: int) -> HttpResponse:
    """The page with a table's runs, the newest first; `before` is the number of a run."""
    table, member = load_table(request, table_id)
    found = Run.objects.filter(table=table).select_related("column", "user").order_by("-pk")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 18:
        found = found.filter(pk__lt=int(before))
    listed = list(found[: LISTED + 1])
    context = {
        "base": table.base,
        "table": table,
        "member": member,
        "runs": listed[:LISTED],
        "older": listed[LISTED - 1].pk if len(listed) > LISTED else None,
        "is_open": any(run.is_open and not run.is_auto for run in listed),
    }
    return render(request, "ai/runs.html", context)


@require_GET
@never_cache
def ai_run(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """The page of one run."""
    run, member = _load(request, table_id, run_id)
    failed = AiCell.objects.filter(column_id=run.column_id, run_id=run.pk, status=Status.ERROR).order_by("seq")
    context = _shown(request, run, member) | {
        "errors": failed.values("row_id", "error")[:ERRORS_LISTED],
        "failed_now": failed.count() if run.failed else 0,
    }
    return render(request, "ai/run.html", context)


@require_GET
@never_cache
def ai_bars(request: HttpRequest, table_id: int) -> HttpResponse:
    """The bars of a table's runs that have not ended. The standing runs of auto-run have one where they are paused."""
    table, member = load_table(request, table_id)
    standing = Q(is_auto=True) & ~Q(state=Run.State.PAUSED)
    found = Run.objects.filter(table=table, state__in=Run.OPEN).exclude(standing).select_related("column", "user", "bulk")
    bars = []
    for run in found.order_by("pk"):
        run.table = table
        bars.append(_shown(request, run, member))
    return render(request, "ai/bars.html", {"bars": bars})


@require_GET
@never_cache
def ai_bar(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """One bar; asked again while the run is not over, and tells the grid when it has ended.

    `seen` is what the page shows of a paused one: its bar, in which a person may be typing, is left alone while that is so.
    """
    run, member = _load(request, table_id, run_id)
    if request.GET.get("seen") == _seen(run):
        return HttpResponse(status=204)
    response = render(request, "ai/run_bar.html", _shown(request, run, member))
    return response if run.is_open else trigger_client_event(response, "grid:refresh", {})


@require_POST
def pause_run(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    run, member = _load(request, table_id, run_id, Role.EDITOR)
    runs.pause(run, f"Paused by {member.user.shown_name}.")
    return _answer(request, run, member)


@require_POST
def resume_run(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """Go on; `budget`, in dollars, takes the place of the one that is spent."""
    run, member = _load(request, table_id, run_id, Role.EDITOR)
    try:
        budget = read_money(request.POST.get("budget", ""))
    except BadMoney as bad:
        return _answer(request, run, member, str(bad))
    try:
        if runs.resume_by_hand(run, budget):
            send(run)
    except BadAi as bad:
        return _answer(request, run, member, str(bad))
    return _answer(request, run, member)


@require_POST
def cancel_run(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """What is answered stays, and can be undone."""
    run, member = _load(request, table_id, run_id, Role.EDITOR)
    if runs.cancel(run):
        send(run)  # its pump tidies up
    return _answer(request, run, member)


@require_POST
def retry_run(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """A new run for those of its cells that failed; beyond 100 cells or a dollar it must say `sure`."""
    run, member = _load(request, table_id, run_id, Role.EDITOR)
    try:
        again = wanted.retry(run, person(request), sure="sure" in request.POST)
    except (BadAi, BadPrompt, Gone) as bad:
        return _answer(request, run, member, str(bad), asks=isinstance(bad, wanted.Unsure))
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("ai_run", table_id, again.pk)
    loaded, member = _load(request, table_id, again.pk)
    return render(request, "ai/run_bar.html", _shown(request, loaded, member))


@require_POST
def undo_run(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """Take back all that it has written, but for cells that somebody has changed since."""
    run, member = _load(request, table_id, run_id, Role.EDITOR)
    try:
        taken = runs.take_back(run, member)
    except (BadAi, Gone, TooBusy) as bad:
        return _answer(request, run, member, str(bad))
    send_bulk(taken)
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, "The run is being taken back.")
        return redirect("ai_run", table_id, run_id)
    return trigger_client_event(HttpResponse(""), "bulk:begun", {"bulk": taken.pk})


def _answer(request: HttpRequest, run: Run, member: Member, problem: str = "", *, asks: bool = False) -> HttpResponse:
    """The run's bar as it is now; without htmx its page, with the problem as a message. `asks`: whether to retry all the same."""
    loaded, _ = _load(request, run.table_id, run.pk)
    if not request.htmx:  # type: ignore[attr-defined]
        if problem:
            messages.error(request, problem)
        return redirect(reverse("ai_run", args=[run.table_id, run.pk]))
    return render(request, "ai/run_bar.html", _shown(request, loaded, member, problem) | {"asks": asks})
