"""A base's tables as a list: their names and their order."""

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from bases.models import Base
from tables.models import Change, Table
from tables.schema import checked_name


def tables_of(base: Base) -> QuerySet[Table]:
    """The base's tables in their order, each with `changed_at`: the time of its last write, None before the first."""
    last = Change.objects.filter(table_id=OuterRef("pk"), version=OuterRef("version")).values("at")
    found: QuerySet[Table] = Table.objects.filter(base=base, deleted_at=None)
    return found.annotate(changed_at=Subquery(last)).order_by("order", "pk")


def rename_table(table: Table, name: str) -> None:
    """Raises BadSchema."""
    table.name = checked_name(name, "table")
    table.save(update_fields=["name"])


def move_table(table: Table, step: int) -> None:
    """Move a table up (-1) or down (1) in its base's list; at the end of the list nothing happens."""
    with transaction.atomic():
        Base.objects.select_for_update().get(pk=table.base_id)
        tables = list(Table.objects.filter(base_id=table.base_id, deleted_at=None).only("order").order_by("order", "pk"))
        at = next((i for i, each in enumerate(tables) if each.pk == table.pk), None)
        if at is None or not 0 <= at + step < len(tables):
            return
        tables.insert(at + step, tables.pop(at))
        for order, each in enumerate(tables, start=1):
            each.order = order
        Table.objects.bulk_update(tables, ["order"])
