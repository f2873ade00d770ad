"""Home, and what one does with a base: make, rename, delete, restore."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bases.access import create_base, load_member, person
from bases.dialogs import dialog, go, refresh
from bases.forms import COLORS, BaseForm
from bases.invites import invites_for
from bases.models import Member, Role, trash_start
from bases.quotas import hold

BASES_LIMIT = 1_000  # bases one person owns, those in the trash too


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The person's bases as cards, last opened first, and the invitations that wait for them."""
    alive = Q(base__tables__deleted_at=None)
    memberships = (
        Member.objects.filter(user=person(request), base__deleted_at=None)
        .select_related("base")
        .annotate(tables=Count("base__tables", filter=alive), rows=Sum("base__tables__row_count", filter=alive, default=0))
        .order_by(F("opened_at").desc(nulls_last=True), "-created_at")
    )
    context = {"memberships": memberships, "invites": invites_for(person(request)), "here": "home"}
    return render(request, "bases/home.html", context)


@require_http_methods(["GET", "POST"])
def new_base(request: HttpRequest) -> HttpResponse:
    form = BaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            hold(person(request))
            if Member.objects.filter(user=person(request), role=Role.OWNER).count() < BASES_LIMIT:
                base = create_base(person(request), form.cleaned_data["name"], form.cleaned_data["color"])
                return go(request, reverse("base", args=[base.pk]))
        form.add_error(None, f"You own {BASES_LIMIT:,} bases, with those in the trash. One person cannot own more.")
    context = {"form": form, "colors": COLORS, "action": request.path, "title": "New base", "submit": "Create base"}
    return dialog(request, "bases/base_dialog.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def edit_base(request: HttpRequest, base_id: int) -> HttpResponse:
    """Name and colour of a base."""
    member = load_member(request, base_id, Role.OWNER)
    form = BaseForm(request.POST or None, instance=member.base)
    if request.method == "POST" and form.is_valid():
        form.save()
        return refresh(request, reverse("base", args=[base_id]))
    context = {"form": form, "colors": COLORS, "action": request.path, "title": "Base settings", "submit": "Save"}
    return dialog(request, "bases/base_dialog.html", context, status=422 if form.is_bound else 200)


@require_POST
def delete_base(request: HttpRequest, base_id: int) -> HttpResponse:
    """Put a base into the trash, tables and all."""
    member = load_member(request, base_id, Role.OWNER)
    member.base.trash()
    undo = reverse("restore_base", args=[base_id])
    messages.success(request, f"“{member.base.name}” was moved to the trash.", extra_tags=undo)
    return go(request, reverse("home"))


@require_POST
def restore_base(request: HttpRequest, base_id: int) -> HttpResponse:
    member = load_member(request, base_id, Role.OWNER, trashed=True)
    if member.base.deleted_at is None or member.base.deleted_at < trash_start():
        raise Http404("There is no such base in the trash.")
    member.base.restore()
    messages.success(request, f"“{member.base.name}” is back.")
    return redirect("base", base_id)
