"""A base's AI page: its key, model and budget of a month, and what it has spent."""

from contextlib import suppress
from datetime import date, timedelta

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from ai import budgets, calls, keys, prices, usage
from ai.answering import answering, may_pick, offered
from ai.models import BaseAi, Usage
from ai.money import BadMoney, read_money, shown_money
from bases.access import load_member, person
from bases.models import Base, Member, Role

MONTHS = 24  # that can be looked at


@require_GET
@never_cache
def base_ai(request: HttpRequest, base_id: int) -> HttpResponse:
    """The page; `month`, as 2026-11, is the one whose ledger is shown."""
    member = load_member(request, base_id, Role.OWNER)
    return _page(request, member)


@require_POST
@sensitive_post_parameters("key")
def set_base_key(request: HttpRequest, base_id: int) -> HttpResponse:
    """Save the base's own `key`, after the API has said which models it may use."""
    member = load_member(request, base_id, Role.OWNER)
    try:
        keys.save(member.base, person(request), request.POST.get("key", ""))
    except keys.BadKey as bad:
        return _page(request, member, key_problem=str(bad))
    messages.success(request, "The key was tested and saved.")
    return redirect("base_ai", base_id)


@require_POST
def remove_base_key(request: HttpRequest, base_id: int) -> HttpResponse:
    member = load_member(request, base_id, Role.OWNER)
    keys.remove(member.base)
    messages.success(request, "The key was removed.")
    return redirect("base_ai", base_id)


@require_POST
def set_base_ai(request: HttpRequest, base_id: int) -> HttpResponse:
    """The base's `model` and `budget`, in dollars a month; empty: none."""
    member = load_member(request, base_id, Role.OWNER)
    model = request.POST.get("model", "")
    try:
        budget = read_money(request.POST.get("budget", ""))
    except BadMoney as bad:
        return _page(request, member, problem=str(bad), given=request.POST.get("budget", ""))
    if not may_pick(member.base, model, _settings(member.base).model):
        return _page(request, member, problem="This base's key may not use that model. Pick another one.")
    BaseAi.objects.update_or_create(base=member.base, defaults={"model": model, "budget_micros": budget})
    messages.success(request, "Saved.")
    return redirect("base_ai", base_id)


def _settings(base: Base) -> BaseAi:
    return BaseAi.objects.select_related("set_by").filter(base=base).first() or BaseAi(base=base)


def _page(
    request: HttpRequest, member: Member, *, key_problem: str = "", problem: str = "", given: str | None = None
) -> HttpResponse:
    base = member.base
    settings = _settings(base)
    spent = usage.spent_this_month(base.pk)
    budget = settings.budget_micros
    by_server = not settings.secret
    month = _month(request.GET.get("month", ""))
    context = {
        "base": base,
        "member": member,
        "settings": settings,
        "answering": answering(base),
        "models": offered(base, settings.model),
        "default_model": prices.DEFAULT_MODEL,
        "prices_date": date.fromisoformat(prices.DATE),
        "budget": shown_money(budget) if given is None else given,
        "has_budget": budget is not None,
        "budget_micros": budget,
        "spent": spent,
        "percent": min(100, spent * 100 // budget) if budget else 100 if budget == 0 else 0,
        "server_problem": budgets.SERVER_SPENT if by_server and budgets.is_server_spent() else "",
        "key_problem": key_problem,
        "problem": problem,
        **_ledger(base, month),
    }
    return render(request, "ai/base.html", context, status=422 if key_problem or problem else 200)


def _month(text: str) -> date:
    """The first day of a month like 2026-11; of this one for anything else."""
    with suppress(ValueError):
        found = date.fromisoformat(f"{text}-01")
        if 2000 <= found.year < 3000:
            return found
    return usage.today().replace(day=1)


def _ledger(base: Base, month: date) -> dict[str, object]:
    """What was spent in a month, by column, day and model, how calls went in it, and the months there are."""
    after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    went = calls.month(base.pk, month, after)
    found = Usage.objects.filter(base=base, day__gte=month, day__lt=after)
    sums = {
        "calls": Sum("calls"),
        "tokens_in": Sum("tokens_in"),
        "tokens_out": Sum("tokens_out"),
        "micros": Sum("micros"),
    }
    months = {day.replace(day=1) for day in Usage.objects.filter(base=base).dates("day", "month", order="DESC")[:MONTHS]}
    return {
        "month": month,
        "months": sorted({*months, month, usage.today().replace(day=1)}, reverse=True),
        "ledgers": [
            ("By column", "Column", list(found.values_list("column_name").annotate(**sums).order_by("-micros")[:200])),
            ("By day", "Day", list(found.values_list("day").annotate(**sums).order_by("-day"))),
            ("By model", "Model", list(found.values_list("model").annotate(**sums).order_by("-micros"))),
        ],
        "total": found.aggregate(**sums),
        "went": went,
        "went_tables": [("Calls by day", "Day", went.days), ("Calls by model", "Model", went.models)],
    }
