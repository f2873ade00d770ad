"""The loader of tables: like bases/access.py, loading is the permission check."""

from django.http import Http404, HttpRequest

from bases.access import person, require
from bases.models import Member, Role
from tables.models import Table


def load_table(request: HttpRequest, table_id: int, role: Role = Role.VIEWER) -> tuple[Table, Member]:
    """A live table of a base the person is a member of, and that membership. Raises Http404 or PermissionDenied.

    One query: this runs before every window.
    """
    try:
        member = Member.objects.select_related("base").get(
            user=person(request), base__deleted_at=None, base__tables__id=table_id, base__tables__deleted_at=None
        )
        table: Table = Table.objects.get(pk=table_id)
    except (Member.DoesNotExist, Table.DoesNotExist):
        raise Http404("There is no such table.") from None
    require(member, role)
    table.base = member.base
    return table, member
