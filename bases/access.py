"""Who may: every view gets its base or table from a loader here or in tables/access.py.

Loading is the permission check, so no view can forget it: a stranger gets 404 (it does not even learn that
the thing exists), a member whose role is too weak gets 403.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest

from bases.models import Base, Member, Role, User


def person(request: HttpRequest) -> User:
    """The signed-in person of a request that has passed LoginRequiredMiddleware."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def is_bound_elsewhere(request: HttpRequest, base_id: int) -> bool:
    """Whether the token of a program that asks is for another base only (api/door.py)."""
    bound = getattr(request, "only_base", None)
    return bound is not None and bound != base_id


def require(member: Member, role: Role) -> None:
    """Raise PermissionDenied, with a sentence, when the member's role is too weak."""
    if member.role < role:
        raise PermissionDenied(f"This needs the role {role.label}; yours is {member.get_role_display()}.")


def load_member(request: HttpRequest, base_id: int, role: Role = Role.VIEWER, *, trashed: bool = False) -> Member:
    """The person's membership in a base, with the base loaded. Raises Http404 or PermissionDenied."""
    if base_id >= 2**31 or is_bound_elsewhere(request, base_id):
        raise Http404("There is no such base.")
    try:
        member = Member.objects.select_related("base").get(
            base_id=base_id, user=person(request), base__deleted_at__isnull=not trashed
        )
    except Member.DoesNotExist:
        raise Http404("There is no such base.") from None
    require(member, role)
    return member


@transaction.atomic
def create_base(owner: User, name: str, color: str = "blue") -> Base:
    base: Base = Base.objects.create(name=name, color=color)
    Member.objects.create(base=base, user=owner, role=Role.OWNER)
    return base
