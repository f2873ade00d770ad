"""What a person has in the trash and may restore: bases and tables. For views see views_app/trash.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.urls import reverse
from django.utils import timezone

from bases.models import TRASH_DAYS, Base, Role, User, trash_start
from tables.models import Table

BASE = "Base"


@dataclass(frozen=True)
class Trashed:
    """A deleted base, or something that was deleted from a base that is still there."""

    name: str
    what: str  # for people: "Base", "Table of Shop"
    mark: str  # the color of a base; else the name of an icon
    deleted_at: datetime
    restore_url: str

    @property
    def is_base(self) -> bool:
        return self.what == BASE

    @property
    def days_left(self) -> int:
        """Days until it is gone for good, the begun one counted."""
        return max(0, ceil((self.deleted_at + timedelta(days=TRASH_DAYS) - timezone.now()) / timedelta(days=1)))


def trash_of(user: User) -> list[Trashed]:
    """Bases the person owns and tables of bases they edit."""
    since = trash_start()
    bases = Base.objects.filter(members__user=user, members__role__gte=Role.OWNER, deleted_at__gt=since)
    tables = Table.objects.filter(
        base__members__user=user, base__members__role__gte=Role.EDITOR, base__deleted_at=None, deleted_at__gt=since
    )
    found = []
    for base in bases:
        assert base.deleted_at
        found.append(Trashed(base.name, BASE, base.color, base.deleted_at, reverse("restore_base", args=[base.pk])))
    for table in tables.select_related("base"):
        assert table.deleted_at
        restore_url = reverse("restore_table", args=[table.pk])
        found.append(Trashed(table.name, f"Table of {table.base.name}", "table", table.deleted_at, restore_url))
    return found
