"""One AI cell in the row's panel and in the menu of a cell: where its answer comes from, why it has none, and its buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from ai import cells, runs
from ai.columns import BadAi, Known, known
from ai.models import AiCell, Run, Status
from ai.tasks import send
from bases.access import person
from bases.models import Member, Role
from tables.access import load_table
from tables.models import Column, Table
from tables.query import RowQuery
from tables.writes import Gone


@dataclass(frozen=True)
class Provenance:
    """What is known of a cell. `status` is None for one that was never computed; `run` is the one it waits in."""

    status: Status | None
    error: str = ""
    model: str = ""
    prompt_version: int | None = None
    newest_version: int = 1
    answered_at: datetime | None = None
    tokens: int = 0
    micros: int | None = None
    run: Run | None = None
    problem: str = ""  # why a button did nothing

    @property
    def state(self) -> str:
        return "Not computed yet" if self.status is None else self.status.label

    @property
    def is_busy(self) -> bool:
        return self.status in (Status.PENDING, Status.COMPUTING)

    @property
    def is_locked(self) -> bool:
        return self.status == Status.LOCKED


def with_ai(table: Table, row_id: int, fields: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The row's fields (row_fields.py), those of AI columns with "ai": a Provenance."""
    computed = {each.key: each for each in known(table)}
    return [
        {**field, "ai": _provenance(computed[field["column"].key], row_id)} if field["column"].key in computed else field
        for field in fields
    ]


def _provenance(each: Known, row_id: int, problem: str = "") -> Provenance:
    cell = AiCell.objects.filter(column_id=each.column_id, row_id=row_id).first()
    if cell is None:
        return Provenance(None, newest_version=each.prompt_version, problem=problem)
    status = Status(cell.status)
    if status in (Status.COMPLETED, Status.ERROR) and cell.prompt_version not in (None, each.prompt_version):
        status = Status.STALE
    waits = cell.run_id is not None and status in (Status.PENDING, Status.COMPUTING)
    run = Run.objects.filter(pk=cell.run_id or 0).first() if waits else None
    return Provenance(
        status,
        cell.error or "",
        cell.model or "",
        cell.prompt_version,
        each.prompt_version,
        cell.answered_at,
        (cell.tokens_in or 0) + (cell.tokens_out or 0),
        cell.micros,
        run,
        problem,
    )


def _load(
    request: HttpRequest, table_id: int, row_id: int, key: int, role: Role = Role.VIEWER
) -> tuple[Table, Member, Column, Known]:
    table, member = load_table(request, table_id, role)
    column = table.live_columns().filter(key=key).first()
    each = next((each for each in known(table) if each.key == key), None)
    if column is None or each is None or not RowQuery(table).there([row_id]):
        raise Http404("There is no such AI cell. Its row or column may have been deleted.")
    return table, member, column, each


@require_GET
@never_cache
def ai_cell(request: HttpRequest, table_id: int, row_id: int, key: int) -> HttpResponse:
    """What the panel says of the cell; asked again while it is computed."""
    _, member, column, each = _load(request, table_id, row_id, key)
    return _shown(request, member, column, row_id, _provenance(each, row_id))


@require_GET
@never_cache
def ai_cell_menu(request: HttpRequest, table_id: int, row_id: int, key: int) -> HttpResponse:
    """What the menu of the cell has of it; the buttons say `menu=1` when they are pressed."""
    _, member, column, each = _load(request, table_id, row_id, key)
    context = {"member": member, "column": column, "row_id": row_id, "cell": _provenance(each, row_id)}
    return render(request, "ai/cell_menu.html", context)


@require_POST
def run_ai_cell(request: HttpRequest, table_id: int, row_id: int, key: int) -> HttpResponse:
    """Compute just this cell, before all runs. One that is answered is asked anew."""
    table, member, column, each = _load(request, table_id, row_id, key, Role.EDITOR)
    fresh = AiCell.objects.filter(column=column, row_id=row_id, status=Status.COMPLETED).exists()
    problem = ""
    try:
        if not cells.count_wanted(column.pk, [row_id], "", each.prompt_version, overwrite=False):
            raise BadAi("It waits for its answer already, or a person has typed it: unlock it first.")
        send(runs.begin(table, person(request), column, [row_id], "one cell", fresh=fresh))
    except (BadAi, Gone) as bad:
        problem = str(bad)
    return _shown(request, member, column, row_id, _provenance(each, row_id, problem))


@require_POST
def unlock_ai_cell(request: HttpRequest, table_id: int, row_id: int, key: int) -> HttpResponse:
    """What a person has typed there stays until a run computes the cell."""
    _, member, column, each = _load(request, table_id, row_id, key, Role.EDITOR)
    cells.unlock(column.pk, row_id)
    return _shown(request, member, column, row_id, _provenance(each, row_id))


def _shown(request: HttpRequest, member: Member, column: Column, row_id: int, cell: Provenance) -> HttpResponse:
    if request.method == "POST" and not request.htmx:  # type: ignore[attr-defined]
        return redirect("row", column.table_id, row_id)
    if request.method == "GET":
        return render(request, "ai/cell.html", {"member": member, "column": column, "row_id": row_id, "cell": cell})
    if "menu" in request.POST:
        response = HttpResponse(status=204)
        if cell.problem:
            trigger_client_event(response, "toast", {"text": cell.problem, "kind": "bad"})
    else:
        response = render(request, "ai/cell.html", {"member": member, "column": column, "row_id": row_id, "cell": cell})
    return trigger_client_event(response, "ai:cell", {"row": row_id})
