"""Invitations: how a person gets into another's base.

An owner invites an address; the person gets a link by mail, or from the owner. Nothing an owner sees before the person
has joined tells whether the address has an account, so a base cannot be used to find out who has one.

An account may take up the invitations of its own address, and only with a proof that it is not a stranger who was the
first to sign up with that address: the address is verified (by a code in a mail, or by Google), or the account brings
the invitation's link, whose key only the owner and the mailbox know.
"""

import logging

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core.ratelimit import consume
from django.core.signing import Signer
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from bases.models import Base, Invite, Member, Role, User
from bases.quotas import hold

INVITES_LIMIT = 200  # open invitations of one base
log = logging.getLogger(__name__)


class TooManyInvites(Exception):
    """The base has INVITES_LIMIT open invitations; the message is a sentence for a person."""


@transaction.atomic
def invite(base: Base, owner: User, email: str, role: Role) -> Invite:
    """Invite an address, or confirm its invitation with this role. Raises TooManyInvites."""
    email = email.lower()
    hold(base)
    if base.invites.exclude(email=email).count() >= INVITES_LIMIT:
        raise TooManyInvites(f"{INVITES_LIMIT} invitations are open. Take some back before you invite more people.")
    made, _ = Invite.objects.update_or_create(
        base=base, email=email, defaults={"role": role, "invited_by": owner, "created_at": timezone.now()}
    )
    return made


def link_key(invitation: Invite) -> str:
    """The secret in an invitation's link. It ends with the invitation, whose id is never given again."""
    return Signer(salt="bases.invites").signature(f"{invitation.pk} {invitation.email}")


def link(request: HttpRequest, invitation: Invite) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[invitation.pk, link_key(invitation)]))


def mail_link(request: HttpRequest, invitation: Invite) -> str:
    """Mail an invitation to its address. Returns why no mail was sent, as a sentence, or nothing when one was."""
    if not consume(request, action="invite_mail", user=invitation.invited_by):
        return "You have caused 100 mails within a day, so none was sent. Give them the link in the list yourself."
    found = {"invite": invitation, "link": link(request, invitation)}
    try:
        get_adapter(request).send_mail("bases/email/invitation", invitation.email, found)
    except OSError as error:
        log.warning("The invitation %s could not be mailed: %s", invitation.pk, error)
        return "The mail could not be sent. Give them the link in the list yourself."
    return ""


def invites_for(user: User) -> QuerySet[Invite]:
    """The invitations this account may take up without their links."""
    verified = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()
    return _addressed_to(user) if verified else Invite.objects.none()


def _addressed_to(user: User) -> QuerySet[Invite]:
    # An invitation is its inviter's word, which counts for as long as they own the base.
    found = Invite.objects.filter(
        email=user.email.lower(), base__deleted_at=None, base__members__user=F("invited_by"), base__members__role=Role.OWNER
    ).exclude(base__members__user=user)
    return found.select_related("base", "invited_by").order_by("created_at")


def find_invite(user: User, invite_id: int, key: str) -> Invite:
    """An invitation this account may take up, with the key of its link or without ("") one. Raises Http404."""
    found = _addressed_to(user).filter(pk=invite_id).first()
    if found is None or not (constant_time_compare(key, link_key(found)) or invites_for(user).filter(pk=invite_id).exists()):
        raise Http404(
            f"There is no such invitation for {user.email}. It may have been taken back or used, or be for another address."
        )
    return found


def join(user: User, invite_id: int, key: str = "") -> Base:
    """Make the person a member with the invitation's role. Raises Http404."""
    with transaction.atomic():
        Invite.objects.select_for_update().filter(pk=invite_id).first()
        invitation = find_invite(user, invite_id, key)
        Member.objects.get_or_create(base=invitation.base, user=user, defaults={"role": invitation.role})
        invitation.delete()
    return invitation.base


def decline(user: User, invite_id: int, key: str = "") -> None:
    """Raises Http404."""
    find_invite(user, invite_id, key).delete()
