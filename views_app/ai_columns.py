"""AI columns in the browser: the dialog with the prompt, saved and taken away."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from ai import answers, columns, prompts
from ai.answering import offered
from ai.columns import BadAi
from ai.describe import SENTENCE_LIMIT
from ai.prompts import BadPrompt
from ai.ready import READY
from ai.runs import auto_pause
from bases.access import person
from bases.dialogs import dialog, refresh
from tables.columns import KINDS, BadOptions, kind_of
from tables.columns.base import quoted
from tables.forms import shown_options
from tables.models import Column
from tables.query.definition import BadQuery, filter_json
from tables.query.filters import filter_sentence
from tables.schema import NAME_LENGTH, BadSchema
from tables.writes import Gone
from views_app.ai_drafts import EVERY_ROW, KEPT, SHOWN, Form, Setting, as_saved, read_form, setting_of, settings_of


@require_http_methods(["GET", "POST"])
def new_ai_column(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET with `kind` shows that kind's options. POST with `then=run` goes on to the dialog that runs it."""
    setting, _ = setting_of(request, table_id)
    if request.method == "GET":
        kind = KINDS.get(request.GET.get("kind", ""), KINDS["text"])
        return ai_dialog(request, setting, Form(None, kind=kind.key, options=kind.options({})))
    form = read_form(request, setting, None)
    table = setting.here.table
    try:
        made = columns.create(
            table, person(request), form.name, form.kind, form.options or {}, form.prompt, **settings_of(setting, form)
        )
    except (BadAi, BadPrompt, BadSchema, BadOptions, BadQuery) as bad:
        return ai_dialog(request, setting, form, problem=str(bad))
    except Gone as gone:
        raise Http404(str(gone)) from None
    return _saved(request, made, f"The AI column {quoted(made.name)} was added.")


@require_http_methods(["GET", "POST"])
def edit_ai_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """The prompt of a column, which may be an ordinary one so far."""
    setting, column = setting_of(request, table_id, key)
    assert column
    if not answers.supported(column.kind):
        raise Http404(f"A column of the kind “{kind_of(column.kind).label}” cannot be filled by AI.")
    if request.method == "GET":
        return ai_dialog(request, setting, as_saved(setting, column))
    form = read_form(request, setting, column)
    try:
        columns.change(setting.here.table, person(request), key, form.prompt, **settings_of(setting, form))
    except (BadAi, BadPrompt, BadQuery) as bad:
        return ai_dialog(request, setting, form, problem=str(bad))
    except Gone as gone:
        raise Http404(str(gone)) from None
    return _saved(request, column, f"The prompt of {quoted(column.name)} was saved.")


@require_POST
def stop_ai_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Make it an ordinary column, which keeps its values."""
    setting, column = setting_of(request, table_id, key)
    assert column
    try:
        columns.remove(setting.here.table, person(request), key)
    except BadAi as bad:
        messages.error(request, str(bad))
    except Gone as gone:
        raise Http404(str(gone)) from None
    else:
        messages.success(request, f"{quoted(column.name)} is an ordinary column now. It keeps its values.")
    return refresh(request, reverse("grid", args=[table_id]))


def _saved(request: HttpRequest, column: Column, words: str) -> HttpResponse:
    if request.POST.get("then") == "run":
        url = reverse("run_ai_column", args=[column.table_id, column.key])
        # The page has to show the column first: it comes anew, and then opens the dialog (static/js/ai/run.js).
        return trigger_client_event(HttpResponse(status=204), "ai:saved", {"url": url}) if request.htmx else redirect(url)  # type: ignore[attr-defined]
    messages.success(request, words)
    return refresh(request, reverse("grid", args=[column.table_id]))


def ai_dialog(request: HttpRequest, setting: Setting, form: Form, problem: str = "", note: str = "") -> HttpResponse:
    table = setting.here.table
    column, kind = form.column, KINDS[form.kind]
    context = {
        "form": form,
        "base": table.base,
        "table": table,
        "member": setting.here.member,
        "column": column,
        "kind": kind,
        "groups": _kinds(),
        "existing": setting.existing,
        "auto_pause": auto_pause(column) if setting.existing and column else None,
        "answering": setting.answering,
        "models": offered(table.base, form.model),
        "conditions": _conditions(setting, form),
        "readable": [each for each in setting.here.in_order if column is None or each.key != column.key],
        "names": [{"name": prompts.reference(each), "icon": kind_of(each.kind).icon} for each in setting.here.in_order
                  if column is None or each.key != column.key],
        "ready": READY.values(),
        "action": _address(request, table.pk, column),
        "problem": problem,
        "note": note,
        "prompt_limit": prompts.PROMPT_LIMIT,
        "name_limit": NAME_LENGTH,
        "wish_limit": SENTENCE_LIMIT,
        **shown_options(kind, dict(form.options or {})),
    }  # fmt: skip
    return dialog(request, "ai/column_dialog.html", context, status=422 if problem else 200)


def _address(request: HttpRequest, table_id: int, column: Column | None) -> str:
    """Of the dialog's form; without htmx, with what the link shows of the table."""
    path = reverse("edit_ai_column", args=[table_id, column.key]) if column else reverse("new_ai_column", args=[table_id])
    query = "" if request.htmx else request.GET.urlencode()  # type: ignore[attr-defined]
    return f"{path}?{query}" if query else path


def _kinds() -> list[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for kind in KINDS.values():
        if answers.supported(kind.key):
            groups.setdefault(kind.group, []).append(kind)
    return list(groups.items())


def _conditions(setting: Setting, form: Form) -> list[dict[str, Any]]:
    """What “only run if” can be: every row, as it is saved, as the view filters."""
    here = setting.here
    people = here.people()
    saved = columns.condition_of(setting.existing) if setting.existing else None
    found: list[tuple[str, str, str]] = [(EVERY_ROW, "Every row", "")]
    if saved:
        found.append((KEPT, "Only rows where", filter_sentence(saved, here.columns, people)))
    if setting.filter and (saved is None or filter_json(saved) != filter_json(setting.filter)):
        found.append((SHOWN, "Only rows that this view shows:", filter_sentence(setting.filter, here.columns, people)))
    return [{"value": value, "label": label, "words": words, "on": value == form.when} for value, label, words in found]
