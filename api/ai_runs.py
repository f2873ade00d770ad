"""Runs of AI columns: watched, paused, resumed, cancelled, tried again and taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from ai import runs, wanted
from ai.columns import BadAi
from ai.models import AiCell, Run, Status
from ai.money import read_money
from ai.progress import progress
from ai.tasks import send
from api.door import BadRequest, answer, asked, endpoint, flag, moment, sent, token_of, whole
from bases.access import person
from bases.models import Role
from tables.access import load_table
from tables.edits import LAST_ROW_ID
from tables.models import Bulk
from tables.tasks import send_bulk

LISTED = 100  # runs of a page
ERRORS_LISTED = 1_000


@endpoint("GET")
def listed(request: HttpRequest, table_id: int) -> HttpResponse:
    """A table's runs, the newest first; `before` is the number of one."""
    given = asked(request, "before")
    table, _ = load_table(request, table_id)
    before = whole(given.get("before"), "before", 1, 2**31 - 1, 2**31 - 1)
    found = list(Run.objects.filter(table=table, pk__lt=before).select_related("column", "user").order_by("-pk")[: LISTED + 1])
    more = f"{reverse('api_ai_runs', args=[table_id])}?before={found[LISTED - 1].pk}" if len(found) > LISTED else None
    for run in found:
        run.table = table
    undone = _undone(found)
    return answer({"runs": [told(run, undone.get(run.bulk_id)) for run in found[:LISTED]], "next": more})


@endpoint("GET")
def one(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """One run, as it is now."""
    asked(request)
    return _answer(request, table_id, run_id)


@endpoint("GET")
def errors(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """Which of a run's cells failed, and why, in the order of their rows' ids; `after` is one of these."""
    given = asked(request, "after")
    run = _load(request, table_id, run_id)
    after = whole(given.get("after"), "after", 0, LAST_ROW_ID, 0)
    failed = AiCell.objects.filter(column_id=run.column_id, run_id=run.pk, status=Status.ERROR, row_id__gt=after)
    found = list(failed.order_by("row_id").values_list("row_id", "error")[: ERRORS_LISTED + 1])
    page = found[:ERRORS_LISTED]
    more = f"{reverse('api_ai_errors', args=[table_id, run_id])}?after={page[-1][0]}" if len(found) > ERRORS_LISTED else None
    return answer({"errors": [{"id": row_id, "error": error} for row_id, error in page], "next": more})


@endpoint("POST")
def pause(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """Ask nothing more; calls that are under way are still written."""
    run = _load(request, table_id, run_id, Role.EDITOR)
    sent(request)
    if not runs.pause(run, f"Paused by {person(request).shown_name}."):
        _refuse_ended(run)
    return _answer(request, table_id, run_id)


@endpoint("POST")
def resume(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """Go on, with another `budget` if need be."""
    run = _load(request, table_id, run_id, Role.EDITOR)
    if runs.resume_by_hand(run, budget_of(sent(request, "budget"))):
        send(run)
    else:
        _refuse_ended(run)
    return _answer(request, table_id, run_id)


@endpoint("POST")
def cancel(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """End it; what is answered stays."""
    run = _load(request, table_id, run_id, Role.EDITOR)
    sent(request)
    if runs.cancel(run):
        send(run)  # its pump tidies up
    elif run.state != Run.State.CANCELLED:
        _refuse_ended(run)
    return _answer(request, table_id, run_id)


@endpoint("POST")
def retry(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """A new run for its cells that failed, which asks to be `sure` like any other."""
    run = _load(request, table_id, run_id, Role.EDITOR)
    sure = flag(sent(request, "sure").get("sure"), "sure")
    again = wanted.retry(run, person(request), sure=sure, token=token_of(request).name)
    return _answer(request, table_id, again.pk, 201)


@endpoint("POST")
def undo(request: HttpRequest, table_id: int, run_id: int) -> HttpResponse:
    """Take back what it has written, in the background, but for cells that somebody has changed since."""
    run = _load(request, table_id, run_id, Role.EDITOR)
    sent(request)
    _, member = load_table(request, table_id, Role.EDITOR)
    send_bulk(runs.take_back(run, member, token_of(request).name))
    return _answer(request, table_id, run_id)


def _refuse_ended(run: Run) -> None:
    """Raise BadAi where nothing can be changed of a run any more; what it is already is no mistake."""
    run.refresh_from_db(fields=["state"])
    if not run.is_open:
        raise BadAi(f"The run has ended: it is {run.state}.")


def _load(request: HttpRequest, table_id: int, run_id: int, role: Role = Role.VIEWER) -> Run:
    table, _ = load_table(request, table_id, role)
    found = Run.objects.filter(pk=run_id, table=table) if run_id < 2**31 else Run.objects.none()
    run = found.select_related("column", "user", "bulk").first()
    if run is None:
        raise Http404("There is no such run.")
    run.table = table
    return run


def _answer(request: HttpRequest, table_id: int, run_id: int, status: int = 200) -> HttpResponse:
    run = _load(request, table_id, run_id)
    return answer(told(run, _undone([run]).get(run.bulk_id)), status)


def budget_of(body: Mapping[str, Any]) -> int | None:
    """Micros, from dollars as a number or a text. Raises BadMoney, BadRequest."""
    given = body.get("budget")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float, str)) or given == "":
        raise BadRequest("“budget” is a number of dollars.")
    return read_money(str(given))


def dollars(micros: int) -> float:
    return micros / 1_000_000


def _undone(found: Sequence[Run]) -> dict[int | None, str]:
    """What became of the last undo of each of these runs: {its bulk's id: queued, running, done, failed, cancelled}."""
    entries = [run.bulk_id for run in found if run.bulk_id and not run.is_open]
    undos = Bulk.objects.filter(table__in={run.table_id for run in found}, action="undo", params__of__in=entries)
    return dict(undos.order_by("pk").values_list("params__of", "state"))


def told(run: Run, undo: str | None = None) -> dict[str, Any]:
    """A run as all answers have it; `undo` is the state of its undo."""
    how_far = progress(run)
    return {
        "id": run.pk,
        "column": run.column.key,
        "scope": run.scope,
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
        "spent_dollars": dollars(run.spent_micros),
        "budget_dollars": None if run.budget_micros is None else dollars(run.budget_micros),
        "auto_run": run.is_auto,
        "begun_by": run.user.shown_name if run.user else None,
        "started": moment(run.started_at),
        "finished": moment(run.finished_at),
        "undo": undo,
        "url": reverse("api_ai_run", args=[run.table_id, run.pk]),
    }
