"""The loader of tables: like bases/access.py, loading is the permission check."""

from django.db import connection, models
from django.http import Http404, HttpRequest

from bases.access import is_bound_elsewhere, person, require
from bases.models import Base, Member, Role
from tables.models import Table

_MODELS: tuple[type[models.Model], ...] = (Table, Base, Member)
_FIELDS = {model: [f.attname for f in model._meta.concrete_fields] for model in _MODELS}

# By hand, because it runs before every window: the ORM takes 2 ms to say this, PostgreSQL 0.2 ms to answer it.
_LOAD = """
    SELECT {}
    FROM tables_table JOIN bases_base ON bases_base.id = tables_table.base_id
    JOIN bases_member ON bases_member.base_id = bases_base.id
    WHERE tables_table.id = %s AND bases_member.user_id = %s
      AND tables_table.deleted_at IS NULL AND bases_base.deleted_at IS NULL
""".format(", ".join(f"{m._meta.db_table}.{f.column}" for m in _MODELS for f in m._meta.concrete_fields))  # noqa: S608  names of our own


def load_table(request: HttpRequest, table_id: int, role: Role = Role.VIEWER) -> tuple[Table, Member]:
    """A live table of a base the person is a member of, and that membership. Raises Http404 or PermissionDenied."""
    user = person(request)
    found = None
    if table_id < 2**31:
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [table_id, user.pk])
            found = cursor.fetchone()
    if found is None:
        raise Http404("There is no such table.")
    values = iter(found)
    table, base, member = (model.from_db("default", _FIELDS[model], [next(values) for _ in _FIELDS[model]]) for model in _MODELS)
    assert isinstance(table, Table) and isinstance(base, Base) and isinstance(member, Member)
    table.base = member.base = base
    member.user = user
    if is_bound_elsewhere(request, base.pk):
        raise Http404("There is no such table.")
    require(member, role)
    return table, member
