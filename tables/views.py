"""A base's page with its tables, and what one does with a table as a whole."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bases.access import load_member, person
from bases.dialogs import dialog, go, refresh
from bases.models import Role, trash_start
from tables.access import load_table
from tables.arrange import move_table, rename_table, tables_of
from tables.forms import NewTableForm, RenameTableForm
from tables.models import Table
from tables.schema import BadSchema, create_from_starter
from tables.schema import restore_table as restore_deleted
from tables.starters import STARTERS


@require_GET
def base_page(request: HttpRequest, base_id: int) -> HttpResponse:
    """A base: its tables, in the order people gave them."""
    member = load_member(request, base_id)
    member.base.members.filter(pk=member.pk).update(opened_at=timezone.now())
    context = {"base": member.base, "member": member, "listed": tables_of(member.base), "here": "base"}
    return render(request, "tables/base_page.html", context)


@require_http_methods(["GET", "POST"])
def new_table(request: HttpRequest, base_id: int) -> HttpResponse:
    member = load_member(request, base_id, Role.EDITOR)
    form = NewTableForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            table = create_from_starter(member.base, person(request), form.cleaned_data["name"], form.cleaned_data["starter"])
        except BadSchema as bad:
            form.add_error("name", str(bad))
        else:
            return go(request, reverse("grid", args=[table.pk]))
    context = {"form": form, "starters": STARTERS, "action": request.path, "base": member.base, "member": member}
    return dialog(request, "tables/new_table_dialog.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def edit_table(request: HttpRequest, table_id: int) -> HttpResponse:
    """The name of a table."""
    table, member = load_table(request, table_id, Role.EDITOR)
    form = RenameTableForm(request.POST or None, initial={"name": table.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_table(table, form.cleaned_data["name"])
        except BadSchema as bad:
            form.add_error("name", str(bad))
        else:
            return refresh(request, reverse("base", args=[table.base_id]))
    context = {"form": form, "action": request.path, "base": table.base, "member": member}
    return dialog(request, "tables/rename_table_dialog.html", context, status=422 if form.is_bound else 200)


@require_POST
def shift_table(request: HttpRequest, table_id: int) -> HttpResponse:
    """Move a table in its base's list: `to` is up or down."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    move_table(table, -1 if request.POST.get("to") == "up" else 1)
    return refresh(request, reverse("base", args=[table.base_id]))


@require_POST
def delete_table(request: HttpRequest, table_id: int) -> HttpResponse:
    """Put a table into the trash."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    table.trash()
    messages.success(request, f"“{table.name}” was moved to the trash.", extra_tags=reverse("restore_table", args=[table_id]))
    return go(request, reverse("base", args=[table.base_id]))


@require_POST
def restore_table(request: HttpRequest, table_id: int) -> HttpResponse:
    mine = Table.objects.filter(base__members__user=person(request), base__deleted_at=None)
    table: Table | None = mine.filter(pk=table_id, deleted_at__gt=trash_start()).first()
    if table is None:
        raise Http404("There is no such table in the trash.")
    load_member(request, table.base_id, Role.EDITOR)
    try:
        restore_deleted(table)
    except BadSchema as bad:
        messages.error(request, str(bad))
        return redirect("trash")
    messages.success(request, f"“{table.name}” is back.")
    return redirect("grid", table_id)
