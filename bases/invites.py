"""Invitations: how a person gets into another's base.

An owner invites an address; the person joins from their own home page. Nothing an owner sees before that tells
whether the address has an account, so a base cannot be used to find out who has one.

Who may join by an address:
- an account whose address is verified (by a link in a mail, or by Google);
- where the server does not verify addresses (ACCOUNT_EMAIL_VERIFICATION=none), also an account that was there
  before an owner last confirmed the invitation. Anybody could sign up there with an invited address, so one who
  signed up later has to be invited again: the owner vouches for the account, not for the bare address.
"""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from bases.models import Base, Invite, Member, Role, User

INVITES_LIMIT = 200  # open invitations of one base


class TooManyInvites(Exception):
    """The base has INVITES_LIMIT open invitations; the message is a sentence for a person."""


def invite(base: Base, owner: User, email: str, role: Role) -> Invite:
    """Invite an address, or confirm its invitation with this role. Raises TooManyInvites."""
    email = email.lower()
    if base.invites.exclude(email=email).count() >= INVITES_LIMIT:
        raise TooManyInvites(f"{INVITES_LIMIT} invitations are open. Take some back before you invite more people.")
    made, _ = Invite.objects.update_or_create(
        base=base, email=email, defaults={"role": role, "invited_by": owner, "created_at": timezone.now()}
    )
    return made


def invites_for(user: User) -> QuerySet[Invite]:
    """The invitations this account may take up."""
    found = Invite.objects.filter(email=user.email.lower(), base__deleted_at=None).exclude(base__members__user=user)
    if not _is_verified(user):
        if settings.ACCOUNT_EMAIL_VERIFICATION != "none":
            return found.none()
        found = found.filter(created_at__gt=user.date_joined)
    return found.select_related("base", "invited_by").order_by("created_at")


def _is_verified(user: User) -> bool:
    return EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()


def join(user: User, invite_id: int) -> Base:
    """Make the person a member with the invitation's role. Raises Http404."""
    with transaction.atomic():
        invitation = invites_for(user).select_for_update(of=("self",)).filter(pk=invite_id).first()
        if invitation is None:
            raise Http404("There is no such invitation. It may have been taken back.")
        Member.objects.get_or_create(base=invitation.base, user=user, defaults={"role": invitation.role})
        invitation.delete()
    return invitation.base


def decline(user: User, invite_id: int) -> None:
    """Raises Http404."""
    if not invites_for(user).filter(pk=invite_id).delete()[0]:
        raise Http404("There is no such invitation.")
