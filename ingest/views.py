"""Loads in the browser: start one, watch its bar, cancel it, try it again, take its rows back."""

import secrets

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from bases.access import load_member, person
from bases.dialogs import dialog, go
from bases.models import Member, Role
from bases.progress import OPEN, Progress, State
from ingest import jobs
from ingest import load as loading
from ingest.failed import failed_import
from ingest.files import keep_upload
from ingest.models import Job
from ingest.readers import BadFile
from ingest.tasks import send
from tables import bulk, schema
from tables.access import load_table
from tables.heavy import turn
from tables.models import Table
from tables.tasks import send_bulk

HEADER = {"yes": True, "no": False}  # what a person may say of the first row; anything else: look


def load_job(request: HttpRequest, job_id: int, role: Role = Role.VIEWER) -> tuple[Job, Member]:
    """A job of a table the person may see, and their membership. Raises Http404 or PermissionDenied."""
    job = Job.objects.select_related("table").filter(pk=job_id, table__base__members__user=person(request)).first()
    if job is None:
        raise Http404("There is no such job.")
    return job, load_member(request, job.table.base_id, role)


@require_http_methods(["GET", "POST"])
def load(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET: the "Add rows" dialog. POST `rows` (and `seed`): start a load; the answer is its bar, or with `then` its table."""
    table, member = load_table(request, table_id, Role.EDITOR)
    if request.method == "GET":
        return dialog(request, "ingest/load_dialog.html", {"base": table.base, "table": table, "most": jobs.MOST_ROWS})
    try:
        rows = jobs.checked_rows(request.POST.get("rows", ""))
        seed = _seed(request.POST.get("seed", ""))
        with jobs.admitted(person(request), table):
            send(jobs.create_generate(table, person(request), rows, seed))
    except jobs.BadJob as bad:
        return render(request, "ingest/load_error.html", {"error": str(bad)}, status=422)
    return go(request, reverse("grid", args=[table.pk])) if "then" in request.POST else _bars(request, table, member)


def _seed(text: str) -> int:
    """A seed as typed; without one the rows are new every time. Raises BadJob."""
    text = text.strip()
    if not text:
        return secrets.randbelow(2**31)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise jobs.BadJob(f"“{text[:40]}” is not a seed. Give a whole number of at most 18 digits, or nothing.")
    return int(text)


def _bars(request: HttpRequest, table: Table, member: Member) -> HttpResponse:
    failed = Q(state=State.FAILED, dismissed=False)
    found = Job.objects.filter(Q(state__in=OPEN) | failed, table=table).order_by("pk")
    return render(request, "ingest/bars.html", {"table": table, "member": member, "bars": [Progress.of(job) for job in found]})


@require_GET
@never_cache
def table_jobs(request: HttpRequest, table_id: int) -> HttpResponse:
    """The bars of a table's open jobs; for the page of an import that has failed meanwhile, the word to say so instead."""
    try:
        table, member = load_table(request, table_id)
    except Http404:
        if failed_import(request, table_id):
            return HttpResponseClientRefresh()
        raise
    return _bars(request, table, member)


@require_GET
@never_cache
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job's bar; asked again every second while it runs, and tells the grid when it has ended."""
    found, member = load_job(request, job_id)
    response = render(request, "ingest/bar.html", {"bar": Progress.of(found), "member": member})
    if not found.is_open:
        response["HX-Trigger"] = "grid:refresh"
    return response


@require_POST
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask a job to stop; its rows never become visible."""
    found, member = load_job(request, job_id, Role.EDITOR)
    jobs.cancel(found)
    found.refresh_from_db()
    return render(request, "ingest/bar.html", {"bar": Progress.of(found), "member": member})


@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    """Start a failed or cancelled load of sample rows again, as a new job."""
    found, member = load_job(request, job_id, Role.EDITOR)
    table, _ = load_table(request, found.table_id, Role.EDITOR)
    if found.state not in (State.FAILED, State.CANCELLED) or found.kind != Job.Kind.GENERATE:
        return render(request, "ingest/load_error.html", {"error": "This load cannot be started again."}, status=422)
    try:
        with jobs.admitted(person(request), table):
            again = jobs.create_generate(table, person(request), found.params["rows"], found.params["seed"])
            Job.objects.filter(pk=found.pk).update(dismissed=True)
            send(again)
    except jobs.BadJob as bad:
        return render(request, "ingest/load_error.html", {"error": str(bad)}, status=422)
    return render(request, "ingest/bar.html", {"bar": Progress.of(again), "member": member})


@require_POST
def undo(request: HttpRequest, job_id: int) -> HttpResponse:
    """Delete the sample rows that a load of one's own has added, by a worker: a change that can be undone itself.

    Rows in which somebody else has written since stay, which the action's bar says.
    """
    found, _ = load_job(request, job_id, Role.EDITOR)
    table, _ = load_table(request, found.table_id, Role.EDITOR)
    user = person(request)
    if found.kind != Job.Kind.GENERATE or found.created_by_id != user.pk:
        return _told(HttpResponse(status=204), "Only whoever has added sample rows can take them back.")
    with turn(user.pk):  # it looks at all of them
        ids, others = loading.untouched_rows(found, user)
    if not ids:
        return _told(HttpResponse(status=204), "None of the rows that this load has added is there as it was.")
    stay = f"{others:,} of these rows, which somebody else has changed since, {'stays' if others == 1 else 'stay'}."
    try:
        begun = bulk.delete(table, user, ids, *([stay] if others else []))
    except bulk.TooBusy as busy:
        return _told(HttpResponse(status=204), str(busy))
    send_bulk(begun)
    return trigger_client_event(HttpResponse(""), "bulk:begun", {"bulk": begun.pk})


def _told(response: HttpResponse, sentence: str) -> HttpResponse:
    return trigger_client_event(response, "toast", {"text": sentence, "kind": "bad"})


@require_POST
def dismiss(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop showing how a job ended."""
    found, _ = load_job(request, job_id, Role.EDITOR)
    Job.objects.filter(pk=found.pk).exclude(state__in=OPEN).update(dismissed=True)
    return HttpResponse("")


@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest, base_id: int) -> HttpResponse:
    """GET: the import dialog. POST `file`: make a table named after it, filled by a load; then go to that table."""
    member = load_member(request, base_id, Role.EDITOR)
    context = {"base": member.base, "member": member}
    if request.method == "GET":
        return dialog(request, "ingest/import_dialog.html", context)
    upload = request.FILES.get("file")
    path = None
    try:
        if upload is None:
            raise BadFile("Choose a file first.")
        jobs.refuse_crowd(person(request))  # before the file is stored
        name = request.POST.get("name", "").strip() or (upload.name or "Import").rsplit(".", 1)[0]
        path = keep_upload(upload)
        with jobs.admitted(person(request)):
            table = schema.create_table(member.base, name[: schema.NAME_LENGTH])
            header = HEADER.get(request.POST.get("header", ""))
            options = {"uploaded": True, "made_table": True, "header": header}
            job = jobs.create_file(table, person(request), str(path), upload.name or "file", **options)
            send(job)
    except BaseException as error:
        if path:
            path.unlink(missing_ok=True)
        if not isinstance(error, (BadFile, jobs.BadJob, schema.BadSchema)):
            raise
        if not request.htmx:  # type: ignore[attr-defined]
            return dialog(request, "ingest/import_dialog.html", {**context, "error": str(error)}, status=422)
        return render(request, "ingest/load_error.html", {"error": str(error)}, status=422)
    return go(request, reverse("grid", args=[table.pk]))
