"""The trash: what a person has deleted and may restore. Here, because views are the last to know of all the others."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from bases.access import person
from bases.models import TRASH_DAYS, Role, User, trash_start
from tables.trash import Trashed, trash_of
from views_app.models import View


@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """Bases, tables and views, last deleted first."""
    items = [*trash_of(person(request)), *views_in_trash(person(request))]
    items.sort(key=lambda each: each.deleted_at, reverse=True)
    return render(request, "tables/trash.html", {"items": items, "days": TRASH_DAYS, "here": "trash"})


def views_in_trash(user: User) -> list[Trashed]:
    """Shared views of tables that the person edits, and views of their own."""
    shared = Q(owner=None, table__base__members__role__gte=Role.EDITOR)
    found = View.objects.filter(shared | Q(owner=user), table__base__members__user=user, deleted_at__gt=trash_start())
    items = []
    for view in found.filter(table__deleted_at=None, table__base__deleted_at=None).select_related("table__base").defer("config"):
        assert view.deleted_at
        what = f"{'Your own view' if view.is_personal else 'View'} of {view.table.name} in {view.table.base.name}"
        items.append(Trashed(view.name, what, "view", view.deleted_at, reverse("restore_view", args=[view.table_id, view.pk])))
    return items
