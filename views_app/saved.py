"""Saved views: make, change, arrange and delete them, and who may.

A personal view is there for its owner alone, who may do anything with it. Shared views are seen by all members and changed by
editors. A locked view stays as it is until somebody unlocks it: it cannot be saved, renamed, deleted or made personal or shared.
"""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.http import Http404

from bases.access import require
from bases.models import Member, Role, User, trash_start
from bases.quotas import hold
from tables.columns.base import quoted
from tables.models import Table
from views_app.models import View, config_of
from views_app.state import TOO_LONG, State, too_long

VIEWS_LIMIT = 200  # shared views of a table, and one person's own
NAME_LENGTH = 100
GONE = "There is no such view. It may have been deleted."


class BadView(ValueError):
    """A view that cannot be, or a change it does not allow; the message is a sentence for a person."""


class Overtaken(Exception):
    """Somebody else saved the view meanwhile; the message is a sentence for a person."""


def overtaken(view: View) -> str:
    """The sentence for somebody whose page shows an older version of the view."""
    return (
        f"The view {quoted(view.name)} was saved by somebody else meanwhile, or by you in another window."
        " Reload the page to see it together with your changes."
    )


def load_view(table: Table, member: Member, view_id: int) -> View:
    """A view of the table that the person may see. Raises Http404: also where it is somebody else's."""
    view: View | None = table.views.seen_by(member.user).filter(pk=view_id).first() if view_id < 2**31 else None
    if view is None:
        raise Http404(GONE)
    return view


def default_view(table: Table) -> View | None:
    """The view that the table opens with, if one was chosen."""
    found: View | None = table.views.filter(is_default=True, deleted_at=None).first()
    return found


def may_change(view: View, member: Member) -> bool:
    """Whether the person may change this view, once it is not locked."""
    return view.is_personal or member.can_edit


def require_change(view: View, member: Member) -> None:
    """Raise PermissionDenied, with a sentence, where the view is shared and the person no editor."""
    if not may_change(view, member):
        require(member, Role.EDITOR)


def checked_name(name: str) -> str:
    """A name as stored. Raises BadView."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise BadView("A view needs a name.")
    if len(name) > NAME_LENGTH:
        raise BadView(f"The name of a view has at most {NAME_LENGTH} characters; this has {len(name):,}.")
    return name


def checked_config(state: State) -> dict[str, Any]:
    """A state as a view keeps it. Raises BadView where it is too large."""
    # What the grid asks for names all parts of what it shows.
    if too_long(state.texts()):
        raise BadView(TOO_LONG)
    return config_of(state)


def create(table: Table, member: Member, name: str, state: State, *, personal: bool) -> View:
    """A new view, the last of its group. Raises BadView, and PermissionDenied where a viewer would share it."""
    return _create(table, member, checked_name(name), checked_config(state), personal)


@transaction.atomic
def _create(table: Table, member: Member, name: str, config: dict[str, Any], personal: bool) -> View:
    if not personal:
        require(member, Role.EDITOR)
    owner = member.user if personal else None
    hold(table)
    order = _last(table, owner)
    view: View = table.views.create(name=name, owner=owner, config=config, order=order, created_by=member.user)
    return view


def _last(table: Table, owner: User | None) -> int:
    """The order of one view more of this owner (None: shared). Raises BadView where there are too many. The table is held."""
    group = table.views.filter(owner=owner, deleted_at=None)
    if group.count() >= VIEWS_LIMIT:
        whose = "This table has" if owner is None else "You have"
        raise BadView(f"{whose} {VIEWS_LIMIT} views{'' if owner is None else ' of this table'}. Delete one first.")
    return (group.aggregate(last=Max("order"))["last"] or 0) + 1


def _locked_row(view: View, member: Member) -> View:
    """The view as it is now, kept from others until the transaction ends, for somebody who may change it.

    Raises Http404 if it was deleted meanwhile, or is somebody else's own by now, and PermissionDenied.
    """
    found: View | None = View.objects.select_for_update().filter(pk=view.pk, deleted_at=None).first()
    if found is None or found.owner_id not in (None, member.user_id):
        raise Http404(GONE)
    require_change(found, member)
    return found


def _refuse_locked(view: View) -> None:
    if view.locked:
        raise BadView(f"The view {quoted(view.name)} is locked. Unlock it first.")


@transaction.atomic
def save(view: View, member: Member, state: State, seen: int) -> View:
    """Keep another state in the view, if nobody has since version `seen`. Raises Overtaken, BadView, PermissionDenied."""
    config = checked_config(state)
    current = _locked_row(view, member)
    _refuse_locked(current)
    if current.version != seen:
        raise Overtaken(overtaken(current))
    current.config, current.version = config, current.version + 1
    current.save(update_fields=["config", "version"])
    return current


@transaction.atomic
def rename(view: View, member: Member, name: str) -> View:
    """Raises BadView and PermissionDenied, as all that follow."""
    current = _locked_row(view, member)
    _refuse_locked(current)
    current.name = checked_name(name)
    current.save(update_fields=["name"])
    return current


def duplicate(view: View, member: Member) -> View:
    """A copy of the view as it was saved, unlocked: shared as the view is, but a viewer's is personal."""
    copy = " copy"
    personal = view.is_personal or not member.can_edit
    return _create(view.table, member, view.name[: NAME_LENGTH - len(copy)] + copy, view.config, personal)


@transaction.atomic
def set_locked(view: View, member: Member, locked: bool) -> View:
    current = _locked_row(view, member)
    current.locked = locked
    current.save(update_fields=["locked"])
    return current


@transaction.atomic
def set_shared(view: View, member: Member, shared: bool) -> View:
    """Show a personal view to all members, or make a shared one the person's own; it comes last in its new group."""
    require(member, Role.EDITOR)
    hold(view.table)
    current = _locked_row(view, member)
    if current.is_personal != shared:
        return current
    _refuse_locked(current)
    current.owner = None if shared else member.user
    current.is_default = False
    current.order = _last(current.table, current.owner)
    current.save(update_fields=["owner", "is_default", "order"])
    return current


@transaction.atomic
def set_default(view: View, member: Member, default: bool) -> View:
    """Choose the shared view that the table opens with, or that it opens with all its rows again."""
    require(member, Role.EDITOR)
    shared = _shared_views(view.table)
    current = next((each for each in shared if each.pk == view.pk), None)
    if current is None:
        raise BadView("Only a view that everybody sees can be the one that the table opens with.")
    View.objects.filter(table=view.table, is_default=True, deleted_at=None).update(is_default=False)
    current.is_default = default
    current.save(update_fields=["is_default"])
    return current


def _shared_views(table: Table) -> list[View]:
    """The table's shared views in their order, kept from others until the transaction ends."""
    # Locked in one order by all, so that no two wait for each other.
    found = View.objects.filter(table=table, owner=None, deleted_at=None).select_for_update().order_by("pk")
    return sorted(found, key=lambda each: (each.order, each.pk))


@transaction.atomic
def move(view: View, member: Member, step: int) -> None:
    """Move a view to the left (-1) or right (1) among the shared ones, or among one's own; at the end nothing happens."""
    require_change(view, member)
    if view.is_personal:
        own = View.objects.filter(table=view.table, owner=view.owner, deleted_at=None).select_for_update().order_by("pk")
        group = sorted(own, key=lambda each: (each.order, each.pk))
    else:
        group = _shared_views(view.table)
    at = next((i for i, each in enumerate(group) if each.pk == view.pk), None)
    if at is None or not 0 <= at + step < len(group):
        return
    group.insert(at + step, group.pop(at))
    for order, each in enumerate(group, start=1):
        each.order = order
    View.objects.bulk_update(group, ["order"])


@transaction.atomic
def delete(view: View, member: Member) -> None:
    """Put a view away; `restore` brings it back for 30 days."""
    current = _locked_row(view, member)
    _refuse_locked(current)
    current.trash()


@transaction.atomic
def restore(table: Table, member: Member, view_id: int) -> View:
    """Bring a deleted view back. Raises Http404, also where it was somebody else's, and BadView where there is no room."""
    hold(table)
    trashed = View.objects.select_for_update().filter(table=table, deleted_at__gt=trash_start())
    view: View | None = trashed.filter(pk=view_id).first() if view_id < 2**31 else None
    if view is None or view.owner_id not in (None, member.user_id):
        raise Http404("There is no such view to bring back.")
    require_change(view, member)
    view.order = min(view.order, _last(table, view.owner))
    others = _shared_views(table)
    view.is_default = view.is_default and not any(each.is_default for each in others)
    view.deleted_at = None
    view.save(update_fields=["order", "is_default", "deleted_at"])
    return view
