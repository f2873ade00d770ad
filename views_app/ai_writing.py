"""What helps to write an AI column's prompt: what is wrong with it, ready-made ones, a description, and the preview."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from ai import budgets, columns, prices, prompts, scopes, usage
from ai.answering import may_pick
from ai.calls import Call
from ai.columns import BadAi
from ai.describe import describe
from ai.estimate import SAMPLED
from ai.failures import ANSWERED, Failure
from ai.preview import preview
from ai.prompts import BadPrompt
from ai.provider import Question, Reply, ask
from ai.questions import guess
from ai.rate import Gate
from ai.ready import fill
from ai.waiting import waiting
from tables.columns import BadOptions, BadValue, kind_of
from tables.heavy import turn
from tables.query import RowQuery
from tables.query.definition import BadQuery
from tables.schema import NAME_LENGTH, BadSchema, free_name
from views_app.ai_columns import ai_dialog
from views_app.ai_drafts import Form, Setting, draft_of, key_of, read_form, setting_of
from views_app.here import Here

_BEING_TYPED = re.compile(r"\{[^{}\n]*$")  # a name at the end that is not closed yet: no mistake so far

# --- What helps to write a prompt ----------------------------------------------------------------------------------------


@require_POST
@never_cache
def check_prompt(request: HttpRequest, table_id: int) -> HttpResponse:
    """What is wrong with a prompt that is being typed, for the line below it; `key` is of the column that it is for."""
    setting, column = setting_of(request, table_id, key_of(request))
    prompt = _BEING_TYPED.sub("", request.POST.get("prompt", ""))
    problem = ""
    if prompt.strip():
        try:
            stored = prompts.stored(prompt, setting.here.in_order, column.key if column else None)
            if column:
                columns.refuse_circle(setting.here.table, column, stored)
        except (BadAi, BadPrompt) as bad:
            problem = str(bad)
    return render(request, "ai/prompt_problem.html", {"problem": problem})


@require_POST
def write_prompt(request: HttpRequest, table_id: int) -> HttpResponse:
    """The dialog with what `do` makes of it: `ready:<key>` fills in a ready-made prompt, `describe` asks for one by `wish`."""
    setting, column = setting_of(request, table_id, key_of(request))
    form = read_form(request, setting, column)
    do, _, which = request.POST.get("do", "").partition(":")
    try:
        if do == "ready":
            _fill_in(setting, form, which)
        else:
            with waiting(setting.here.member.user_id):
                _describe(setting, form)
    except (BadPrompt, BadOptions, BadValue, Failure) as bad:
        return ai_dialog(request, setting, form, problem=str(bad))
    return ai_dialog(request, setting, form, note=form.note)


def _fill_in(setting: Setting, form: Form, which: str) -> None:
    columns_ = setting.here.columns
    readable = [each for each in setting.here.in_order if form.column is None or each.key != form.column.key]
    if not readable:
        raise BadPrompt("This table has no columns that a prompt could name. Add one first.")
    about = columns_.get(form.about, readable[0])
    made = fill(which, about, {})
    form.prompt = made.prompt
    if form.column is None:
        taken = {each.name.casefold() for each in setting.here.in_order}
        form.name, form.kind, form.options = free_name(made.name, taken), made.kind, made.options


def _describe(setting: Setting, form: Form) -> None:
    """Raises BadPrompt, Failure."""
    if setting.answering.key is None:
        raise BadPrompt(setting.answering.problem)
    key, model = setting.answering.key, form.model or setting.answering.model
    if not may_pick(setting.here.table.base, form.model):
        raise BadPrompt("This base's key may not use that model. Pick another one.")
    gate = Gate(key, model)
    if gate.wait(urgent=True) > 0:
        raise BadPrompt("Claude takes no more requests of this key at the moment. Try again in a few seconds.")
    readable = [each for each in setting.here.in_order if form.column is None or each.key != form.column.key]

    def asked(question: Question) -> Reply:
        with budgets.held(setting.here.table.base_id, key, guess(question)) as refusal:
            if refusal:
                raise BadPrompt(refusal)
            try:
                reply = ask(key, question, gate=gate)
            except Failure as failure:
                _note(setting, form, Call(model, failure.reason, failure.took, *_paid(model, failure)))
                raise
            _note(setting, form, Call(model, ANSWERED, reply.took, *_paid(model, reply)))
            return reply

    try:
        found, _ = describe(form.wish, readable, model, asked)
    except BadPrompt:
        gate.give_back()
        raise
    form.prompt, form.note = found.prompt, found.note
    if form.column is None:
        form.name, form.kind, form.options = found.name, found.kind, found.options


def _paid(model: str, outcome: Reply | Failure) -> tuple[int, int, int]:
    """Tokens in and out, and micros."""
    return outcome.tokens_in, outcome.tokens_out, prices.charged(model, outcome.tokens_in, outcome.tokens_out)


def _note(setting: Setting, form: Form, call: Call) -> None:
    if setting.answering.key is None or setting.answering.is_demo:
        return
    column_id, name = (form.column.pk, form.column.name) if form.column else (0, form.name[:NAME_LENGTH] or "Descriptions")
    usage.note(usage.Account(setting.here.table.base_id, column_id, name, setting.answering.key.is_own), [call])


# --- The preview ---------------------------------------------------------------------------------------------------------


@require_POST
@never_cache
def preview_ai_column(request: HttpRequest, table_id: int) -> HttpResponse:
    """The first rows of the view, answered but not saved. Without htmx: the dialog, as the preview needs a script to come."""
    setting, column = setting_of(request, table_id, key_of(request))
    form = read_form(request, setting, column)
    here = setting.here
    context: dict[str, Any] = {"answering": setting.answering, "table": here.table}
    try:
        draft = draft_of(setting, form)
        definition = scopes.narrowed(here.table, setting.definition, draft.ai, draft.column)
        query = RowQuery(here.table, definition)
        with turn(here.member.user_id):
            rows, count = query.window(0, SAMPLED), query.count()
        with waiting(here.member.user_id):
            found = preview(draft, rows, count, setting.answering, here.table.base_id)
        context |= {
            "preview": found,
            "lines": _lines(here, found.answers),
            "heading": here.in_order[0].name if here.columns else "",
        }
    except (BadAi, BadPrompt, BadSchema, BadOptions, BadQuery) as bad:
        context["problem"] = str(bad)
    if not request.htmx:  # type: ignore[attr-defined]
        return ai_dialog(request, setting, form, problem=context.get("problem", ""))
    return render(request, "ai/preview.html", context)


def _lines(here: Here, told: Any) -> list[dict[str, Any]]:
    """Each answer with what its row is called: the cell of its first column."""
    first = here.in_order[0]
    field = kind_of(first.kind).row_field
    names = [getattr(each.row, field) if field else each.row.data.get(str(first.key)) for each in told]
    texts = ["" if value is None else kind_of(first.kind).text(value, first.options) for value in names]
    return [{"answer": each, "row": text} for each, text in zip(told, texts, strict=True)]
