"""Who calls, the bases there are, and what is in one."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from api.door import answer, asked, endpoint, moment, token_of
from bases.access import load_member, person
from bases.models import Base, Member
from tables.models import Table


@endpoint("GET")
def root(request: HttpRequest) -> HttpResponse:
    """Whose token this is, and what it may."""
    asked(request)
    user, token = person(request), token_of(request)
    told = {"name": token.name, "may_write": token.may_write, "base": token.base_id, "expires": moment(token.expires_at)}
    return answer({"person": {"name": user.shown_name, "email": user.email}, "token": told, "bases_url": reverse("api_bases")})


@endpoint("GET")
def bases(request: HttpRequest) -> HttpResponse:
    """The person's bases, or the one the token is for."""
    asked(request)
    found = Member.objects.filter(user=person(request), base__deleted_at=None).select_related("base").order_by("base_id")
    bound = token_of(request).base_id
    if bound is not None:
        found = found.filter(base_id=bound)
    return answer({"bases": [_base(member) for member in found]})


@endpoint("GET")
def base(request: HttpRequest, base_id: int) -> HttpResponse:
    """A base with its tables."""
    asked(request)
    member = load_member(request, base_id)
    tables = Table.objects.filter(base=member.base, deleted_at=None).order_by(F("order"), "pk")
    return answer(_base(member) | {"tables": [table_told(table) for table in tables]})


def _base(member: Member) -> dict[str, Any]:
    base: Base = member.base
    return {
        "id": base.pk,
        "name": base.name,
        "role": member.get_role_display().lower(),
        "url": reverse("api_base", args=[base.pk]),
    }


def table_told(table: Table) -> dict[str, Any]:
    """What is said of every table."""
    return {
        "id": table.pk,
        "base": table.base_id,
        "name": table.name,
        "count": table.row_count,
        "version": table.version,
        "url": reverse("api_table", args=[table.pk]),
        "rows_url": reverse("api_rows", args=[table.pk]),
    }
