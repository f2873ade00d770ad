"""What the dialog of an AI column says, as it was typed, and the column that it would make."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest

from ai import answers, columns, prompts
from ai.answering import Answering, answering, may_pick
from ai.columns import BadAi
from ai.describe import SENTENCE_LIMIT
from ai.models import AUTO_BUDGET_MICROS, AiColumn
from ai.money import BadMoney, read_money, shown_money
from ai.preview import Draft
from bases.access import require
from bases.models import Role
from tables.columns import KINDS, kind_of
from tables.forms import read_options
from tables.models import Column
from tables.query.definition import Definition, Group, filter_json
from tables.schema import checked_name
from views_app.asked import layout
from views_app.here import Here, load, seen_through

EVERY_ROW, KEPT, SHOWN = "", "kept", "shown"  # "only run if": always, as the column has it, as the view shows


@dataclass
class Form:
    """What the dialog says, as it was typed. `column` is None for a new one."""

    column: Column | None
    name: str = ""
    kind: str = "text"
    options: Mapping[str, Any] | None = None
    prompt: str = ""
    model: str = ""
    when: str = EVERY_ROW
    auto_run: bool = False
    auto_budget: str = shown_money(AUTO_BUDGET_MICROS)  # dollars a day
    wish: str = ""  # what a person wants, in a sentence
    about: int = 0  # the column that ready-made prompts are about
    note: str = ""  # of a description


@dataclass(frozen=True)
class Setting:
    """Where the dialog is opened: the table, and the rows that the page behind it shows."""

    here: Here
    definition: Definition
    filter: Group | None  # of what is seen
    existing: AiColumn | None  # of the dialog's column
    answering: Answering


def setting_of(request: HttpRequest, table_id: int, key: int | None = None) -> tuple[Setting, Column | None]:
    here = load(request, table_id)
    require(here.member, Role.EDITOR)
    column = here.columns.get(key) if key is not None else None
    if key is not None and column is None:
        raise Http404("There is no such column. It may have been deleted.")
    now = here.seen(seen_through(request, here.table))
    definition = layout(now.state, here.in_order).definition
    existing = AiColumn.objects.filter(column=column).first() if column else None
    return Setting(here, definition, now.state.filter, existing, answering(here.table.base)), column


def as_saved(setting: Setting, column: Column) -> Form:
    ai = setting.existing
    form = Form(column, column.name, column.kind, column.options)
    if ai:
        form.prompt = prompts.shown(ai.prompt, setting.here.in_order)
        form.model, form.auto_run, form.auto_budget = ai.model, ai.auto_run, shown_money(ai.auto_budget_micros)
        form.when = KEPT if columns.condition_of(ai) else EVERY_ROW
    return form


def read_form(request: HttpRequest, setting: Setting, column: Column | None) -> Form:
    given = request.POST
    about = given.get("about", "")
    form = Form(
        column,
        name=column.name if column else given.get("name", "").replace("\x00", ""),
        prompt=given.get("prompt", ""),
        model=given.get("model", ""),
        when=given.get("when", ""),
        auto_run="auto_run" in given,
        auto_budget=given.get("auto_budget", Form.auto_budget),
        wish=given.get("wish", "")[: SENTENCE_LIMIT + 1],
        about=int(about) if about.isascii() and about.isdigit() and len(about) < 10 else 0,
    )
    if column:
        form.kind, form.options = column.kind, column.options
    else:
        form.kind = given.get("kind", "") if answers.supported(given.get("kind", "")) else "text"
        form.options = read_options(KINDS[form.kind], given)
    return form


def settings_of(setting: Setting, form: Form) -> dict[str, Any]:
    """What ai/columns.py takes beside the prompt. Raises BadAi."""
    saved = setting.existing.model if setting.existing else ""
    if not may_pick(setting.here.table.base, form.model, saved):
        raise BadAi("This base's key may not use that model. Pick another one.")
    try:
        auto_budget = read_money(form.auto_budget)
    except BadMoney as bad:
        raise BadAi(f"Auto-run's budget of a day cannot be that. {bad}") from None
    return {
        "model": form.model,
        "condition": condition_of(setting, form),
        "auto_run": form.auto_run,
        "auto_budget_micros": auto_budget,
    }


def condition_of(setting: Setting, form: Form) -> Group | None:
    if form.when == SHOWN:
        return setting.filter
    return columns.condition_of(setting.existing) if form.when == KEPT and setting.existing else None


def key_of(request: HttpRequest) -> int | None:
    text = request.POST.get("key", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def draft_of(setting: Setting, form: Form) -> Draft:
    """Raises BadAi, BadPrompt, BadSchema, BadOptions."""
    here, key = setting.here, form.column.key if form.column else None
    settings = settings_of(setting, form)
    ai = AiColumn(prompt=prompts.stored(form.prompt, here.in_order, key), model=form.model)
    ai.condition = filter_json(settings["condition"]) if settings["condition"] else {}
    column = form.column
    if column is None:
        name = checked_name(form.name, "column") if form.name.strip() else "New AI column"
        column = Column(table=here.table, key=0, name=name, kind=form.kind)
        column.options = kind_of(form.kind).options(form.options or {})
    return Draft(ai, column, here.in_order, form.model or setting.answering.model)
