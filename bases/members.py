"""Changes to who is in a base. A base always keeps an owner."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import Http404

from bases.models import Base, Member, Role


class LastOwner(Exception):
    """The change would leave a base without an owner; the message is a sentence for a person."""


@contextmanager
def _locked(base_id: int, member_id: int) -> Iterator[Member]:
    """The member, with the base's row locked: two owners cannot lower each other at the same instant."""
    with transaction.atomic():
        Base.objects.select_for_update().get(pk=base_id)
        member = Member.objects.filter(pk=member_id, base_id=base_id).select_related("user", "base").first()
        if member is None:
            raise Http404("This person is not a member of the base any more.")
        yield member


def _keep_an_owner(member: Member) -> None:
    others = Member.objects.filter(base_id=member.base_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.is_owner and not others.exists():
        raise LastOwner(f"{member.user} is the only owner. Make another member an owner first.")


def change_role(base_id: int, member_id: int, role: Role) -> Member:
    """Raises LastOwner, Http404."""
    with _locked(base_id, member_id) as member:
        if role < Role.OWNER:
            _keep_an_owner(member)
        member.role = role
        member.save(update_fields=["role"])
    return member


def remove(base_id: int, member_id: int) -> Member:
    """Take a person out of a base; also how one leaves it. Raises LastOwner, Http404."""
    with _locked(base_id, member_id) as member:
        _keep_an_owner(member)
        Member.objects.filter(pk=member.pk).delete()
    return member
