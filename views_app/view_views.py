"""Saved views in the browser: the tabs, the menu of a tab, the dialogs, and everything that is done with a view."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from bases.dialogs import dialog, go
from bases.models import Member
from tables.access import load_table
from tables.columns.base import quoted
from tables.models import Table, columns_at
from tables.query.definition import BadQuery
from views_app import saved
from views_app.forms import EVERYBODY, ONLY_ME, NewViewForm, RenameViewForm
from views_app.models import View
from views_app.saved import BadView, Overtaken, load_view, may_change, overtaken
from views_app.seen import Seen, link, living, seen, tabs
from views_app.state import State, named, parts_of


def tells_why(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn what the parts below raise for people into an answer that the page shows: {"error": sentence}."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Overtaken as overtaken:
            return JsonResponse({"error": str(overtaken)}, status=409)
        except (BadView, BadQuery) as bad:
            return JsonResponse({"error": str(bad)}, status=422)

    return wrapped


def _load(request: HttpRequest, table_id: int, view_id: int) -> tuple[Table, Member, View]:
    table, member = load_table(request, table_id)
    return table, member, load_view(table, member, view_id)


def _seen(params: Any, table: Table, member: Member) -> Seen:
    return seen(params, table, member, columns_at(table.pk, table.columns_version))


def _tabs(request: HttpRequest, now: Seen) -> HttpResponse:
    context = {"base": now.table.base, "table": now.table, "member": now.member, **tabs(now)}
    return render(request, "views_app/tabs.html", context)


@require_GET
@never_cache
def views(request: HttpRequest, table_id: int) -> HttpResponse:
    """The tabs alone, for the state that the link's parameters say."""
    table, member = load_table(request, table_id)
    return _tabs(request, _seen(request.GET, table, member))


@require_GET
def view_menu(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """What a tab's ▾ opens."""
    table, member, view = _load(request, table_id, view_id)
    group = list(table.views.seen_by(member.user).filter(owner=view.owner).values_list("pk", flat=True))
    context = {
        "table": table,
        "member": member,
        "view": view,
        "may_change": may_change(view, member),
        "is_first": group[0] == view.pk,
        "is_last": group[-1] == view.pk,
    }
    return render(request, "views_app/view_menu.html", context)


@require_http_methods(["GET", "POST"])
@tells_why
def new_view(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET with a link's parameters: the dialog for a view of what that link shows.

    The dialog holds and sends the whole state, whatever becomes of the view that the link names.
    """
    table, member = load_table(request, table_id)
    if request.method == "GET":
        now = _seen(request.GET, table, member)
        if now.view and now.is_overtaken:
            raise Overtaken(overtaken(now.view))
        seen_by = ONLY_ME if (now.view and now.view.is_personal) or not member.can_edit else EVERYBODY
        return _new_view_dialog(request, table, member, NewViewForm(initial={"seen_by": seen_by}), now.state.texts())
    form = NewViewForm(request.POST)
    parts = parts_of(request.POST)
    if form.is_valid():
        try:
            state = State().changed(parts)
            personal = form.cleaned_data["seen_by"] == ONLY_ME
            view = saved.create(table, member, form.cleaned_data["name"], state, personal=personal)
        except (BadView, BadQuery) as bad:
            form.add_error(None, str(bad))
        else:
            messages.success(request, f"The view {quoted(view.name)} was made.")
            return go(request, link(table, view))
    return _new_view_dialog(request, table, member, form, parts, status=422)


def _new_view_dialog(
    request: HttpRequest, table: Table, member: Member, form: NewViewForm, parts: dict[str, str], status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "parts": parts,
        "kept": named(parts),
        "action": request.path,
        "base": table.base,
        "table": table,
        "member": member,
    }
    return dialog(request, "views_app/new_view_dialog.html", context, status=status)


@require_http_methods(["GET", "POST"])
def rename_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    table, member, view = _load(request, table_id, view_id)
    saved.require_change(view, member)
    form = RenameViewForm(request.POST or None, initial={"name": view.name})
    if request.method == "POST" and form.is_valid():
        try:
            view = saved.rename(view, member, form.cleaned_data["name"])
        except BadView as bad:
            form.add_error("name", str(bad))
        else:
            return _done(request, table, member, view)
    context = {"form": form, "action": request.path, "base": table.base, "table": table, "back": link(table, view)}
    return dialog(request, "views_app/rename_view_dialog.html", context, status=422 if form.is_bound else 200)


def _done(request: HttpRequest, table: Table, member: Member, view: View, text: str = "") -> HttpResponse:
    """After a change of a view that leaves what the person sees as it is: the tabs anew."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(link(table, view))
    response = retarget(reswap(_tabs(request, _seen(request.POST, table, member)), "outerHTML"), "#views")
    return trigger_client_event(response, "toast", {"text": text, "kind": "good"}) if text else response


@require_POST
@tells_why
def save_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """Keep what a link's parts show in the view, as of the `version` that the person sees."""
    table, member, view = _load(request, table_id, view_id)
    saved.require_change(view, member)
    version = request.POST.get("version", "")
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise BadView("“version” must be a whole number.")
    columns = columns_at(table.pk, table.columns_version)
    state, _ = living(view.state()[0].changed(parts_of(request.POST)), columns)
    view = saved.save(view, member, state, int(version))
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(link(table, view))
    response = _tabs(request, _seen({"view": str(view.pk)}, table, member))
    trigger_client_event(response, "toast", {"text": f"The view {quoted(view.name)} was saved.", "kind": "good"})
    return trigger_client_event(response, "view:saved", {"url": link(table, view)})


@require_POST
@tells_why
def duplicate_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """The copy is opened with the changes that the person had not saved."""
    table, member, view = _load(request, table_id, view_id)
    parts = parts_of(request.POST)
    link(table, view, parts)  # a link that is too long is refused before there is a copy
    copy = saved.duplicate(view, member)
    messages.success(request, f"The view {quoted(copy.name)} was made.")
    return go(request, link(table, copy, parts))


@require_POST
@tells_why
def move_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """Move a view by one place: `to` is left or right."""
    table, member, view = _load(request, table_id, view_id)
    saved.move(view, member, -1 if request.POST.get("to") == "left" else 1)
    return _done(request, table, member, view)


@require_POST
@tells_why
def lock_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """`to` is locked, or anything else to unlock."""
    table, member, view = _load(request, table_id, view_id)
    view = saved.set_locked(view, member, request.POST.get("to") == "locked")
    return _done(request, table, member, view, f"The view {quoted(view.name)} is {'locked' if view.locked else 'unlocked'}.")


@require_POST
@tells_why
def share_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """`to` is everybody, or anything else to keep the view to oneself."""
    table, member, view = _load(request, table_id, view_id)
    view = saved.set_shared(view, member, request.POST.get("to") == EVERYBODY)
    who = "only you see" if view.is_personal else "everybody in this base sees"
    return _done(request, table, member, view, f"Now {who} the view {quoted(view.name)}.")


@require_POST
@tells_why
def set_default_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """`to` is default, or anything else to let the table open with all its rows."""
    table, member, view = _load(request, table_id, view_id)
    view = saved.set_default(view, member, request.POST.get("to") == "default")
    what = f"the view {quoted(view.name)}" if view.is_default else "all its rows"
    return _done(request, table, member, view, f"The table opens with {what} now.")


@require_POST
@tells_why
def delete_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    _, member, view = _load(request, table_id, view_id)
    saved.delete(view, member)
    undo = reverse("restore_view", args=[table_id, view_id])
    messages.success(request, f"The view {quoted(view.name)} was deleted.", extra_tags=undo)
    return go(request, reverse("grid", args=[table_id]))


@require_POST
def restore_view(request: HttpRequest, table_id: int, view_id: int) -> HttpResponse:
    """Undo a view's deletion: from the message after it, or from the trash."""
    table, member = load_table(request, table_id)
    try:
        view = saved.restore(table, member, view_id)
    except BadView as bad:
        messages.error(request, str(bad))
        return go(request, reverse("trash"))
    messages.success(request, f"The view {quoted(view.name)} is back.")
    return go(request, link(table, view))
