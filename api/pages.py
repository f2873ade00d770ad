"""The page of a person's API tokens."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from api import tokens
from api.models import Token
from bases.access import person
from bases.models import Member
from tables.columns.base import quoted

DAYS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until I remove it"}


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_variables("text")
def tokens_page(request: HttpRequest) -> HttpResponse:
    """The person's tokens. POST makes one, and its text is shown this once: `name`, `may`, `base`, `days`."""
    if request.method == "GET":
        return _page(request)
    given = request.POST
    member = next((each for each in _members(request) if str(each.base_id) == given.get("base")), None)
    if given.get("base") and member is None:
        return _page(request, problem="Choose one of the bases in the list.")
    if given.get("days") not in DAYS or given.get("may") not in ("read", "write"):
        return _page(request, problem="This choice is not known. Reload the page.")
    days = int(given["days"]) if given.get("days") else None
    base = member.base if member else None
    try:
        token, text = tokens.create(
            person(request), given.get("name", ""), may_write=given["may"] == "write", base=base, days=days
        )
    except tokens.BadToken as bad:
        return _page(request, problem=str(bad))
    return _page(request, made=token, text=text)


@require_POST
def remove_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(Token, pk=token_id, user=person(request))
    token.delete()
    messages.success(request, f"The token {quoted(token.name)} was removed. Programs that use it are refused from now on.")
    return redirect("api_tokens")


def _members(request: HttpRequest) -> list[Member]:
    found = Member.objects.filter(user=person(request), base__deleted_at=None)
    return list(found.select_related("base").order_by("base__name"))


def _page(request: HttpRequest, problem: str = "", made: Token | None = None, text: str = "") -> HttpResponse:
    given: Any = request.POST if problem else {}
    context = {
        "tokens": Token.objects.filter(user=person(request)).select_related("base").order_by("-pk"),
        "bases": [member.base for member in _members(request)],
        "days": DAYS.items(),
        "given": given,
        "problem": problem,
        "made": made,
        "text": text,
        "root": request.build_absolute_uri(reverse("api_root")),
        "here": "tokens",
    }
    return render(request, "api/tokens.html", context, status=422 if problem else 200)
