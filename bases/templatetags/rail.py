"""The left rail of every page: the person's bases, and the tables of the base they are in."""

from typing import Any

from django import template
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.template.context import Context

from bases.demo import DEMO_EMAIL
from bases.models import Base, Member

register = template.Library()


@register.inclusion_tag("bases/rail.html", takes_context=True)
def rail(context: Context) -> dict[str, Any]:
    """Two queries, however many bases there are. Reads `base`, `table` and `here` from the page's context."""
    request: HttpRequest = context["request"]
    base: Base | None = context.get("base")
    memberships = Member.objects.filter(user=request.user, base__deleted_at=None).select_related("base")  # type: ignore[misc]
    return {
        "csrf_token": context.get("csrf_token"),
        "user": request.user,
        "theme": context.get("theme"),
        "memberships": memberships.order_by(Lower("base__name"), "base_id"),
        "base": base,
        "table": context.get("table"),
        "tables": base.tables.filter(deleted_at=None).order_by("order", "pk") if base else (),
        "here": context.get("here"),
        # Everybody shares the demo account, so nobody may lock the others out of it.
        "may_set_password": request.user.email != DEMO_EMAIL,  # type: ignore[union-attr]
    }
