"""Who is in a base: invite, change roles, remove, leave; and joining from one's own home page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bases.access import load_member, person
from bases.forms import InviteForm, RoleForm
from bases.invites import TooManyInvites, decline, find_invite, invite, join, link, mail_link
from bases.members import LastOwner, change_role, remove
from bases.models import Invite, Member, Role


@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, base_id: int) -> HttpResponse:
    """The people of a base. POST `email`, `role`: an owner invites somebody."""
    member = load_member(request, base_id, Role.OWNER if request.method == "POST" else Role.VIEWER)
    if request.method == "POST":
        form = InviteForm(request.POST)
        if form.is_valid() and _invite(request, member, form):
            return redirect("members", base_id)
        return _members_page(request, member, form, status=422)
    return _members_page(request, member, InviteForm())


def _invite(request: HttpRequest, member: Member, form: InviteForm) -> bool:
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    if member.base.members.filter(user__email__iexact=email).exists():
        form.add_error("email", f"{email} is a member already. Change the role in the list.")
        return False
    try:
        made = invite(member.base, person(request), email, role)
    except TooManyInvites as too_many:
        form.add_error("email", str(too_many))
        return False
    not_mailed = mail_link(request, made)
    messages.success(request, f"{email} is invited as {role.label}. {not_mailed}".strip())
    return True


def _members_page(request: HttpRequest, member: Member, form: InviteForm, status: int = 200) -> HttpResponse:
    invites = list(member.base.invites.select_related("base").order_by("email")) if member.is_owner else []
    people = list(member.base.members.select_related("user").order_by("-role", "user__email"))
    context = {
        "base": member.base,
        "member": member,
        "people": people,
        "invites": [(each, link(request, each)) for each in invites],
        "roles": Role.choices,
        "only_owner": member.is_owner and sum(each.is_owner for each in people) == 1,
        "form": form,
    }
    return render(request, "bases/members.html", context, status=status)


@require_POST
def set_role(request: HttpRequest, base_id: int, member_id: int) -> HttpResponse:
    load_member(request, base_id, Role.OWNER)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the roles in the list.")
        return redirect("members", base_id)
    try:
        changed = change_role(base_id, member_id, form.cleaned_data["role"])
    except LastOwner as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{changed.user} is now {changed.get_role_display()}.")
    return redirect("members", base_id)


@require_POST
def remove_member(request: HttpRequest, base_id: int, member_id: int) -> HttpResponse:
    load_member(request, base_id, Role.OWNER)
    try:
        removed = remove(base_id, member_id)
    except LastOwner as refused:
        messages.error(request, str(refused))
        return redirect("members", base_id)
    if removed.user == person(request):
        return redirect("home")
    messages.success(request, f"{removed.user} was removed from the base.")
    return redirect("members", base_id)


@require_POST
def leave(request: HttpRequest, base_id: int) -> HttpResponse:
    member = load_member(request, base_id)
    try:
        remove(base_id, member.pk)
    except LastOwner as refused:
        messages.error(request, str(refused))
        return redirect("members", base_id)
    messages.success(request, f"You have left “{member.base.name}”.")
    return redirect("home")


@require_POST
def withdraw_invite(request: HttpRequest, base_id: int, invite_id: int) -> HttpResponse:
    member = load_member(request, base_id, Role.OWNER)
    invitation = get_object_or_404(Invite, pk=invite_id, base=member.base)
    invitation.delete()
    messages.success(request, f"The invitation of {invitation.email} was taken back.")
    return redirect("members", base_id)


@require_GET
def invitation(request: HttpRequest, invite_id: int, key: str) -> HttpResponse:
    """What the link in an invitation's mail opens."""
    context = {"invite": find_invite(person(request), invite_id, key), "key": key}
    return render(request, "bases/invitation.html", context)


@require_POST
def join_base(request: HttpRequest, invite_id: int) -> HttpResponse:
    """POST `key` when it comes from the link."""
    return redirect("base", join(person(request), invite_id, request.POST.get("key", "")).pk)


@require_POST
def decline_invite(request: HttpRequest, invite_id: int) -> HttpResponse:
    """POST `key` when it comes from the link."""
    decline(person(request), invite_id, request.POST.get("key", ""))
    return redirect("home")
