"""Where a panel is opened: a table that the person may read, its columns, and what the link shows of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django_htmx.http import trigger_client_event

from bases.models import Member
from bases.pages import page_of
from tables.access import load_table
from tables.models import Column, Table, columns_at
from tables.query.definition import BadQuery
from views_app.seen import Seen, seen
from views_app.state import TOO_LONG, State, parts_of, too_long


@dataclass(frozen=True)
class Here:
    table: Table
    member: Member
    columns: Mapping[int, Column]  # by their keys, in the table's order

    @property
    def in_order(self) -> list[Column]:
        return list(self.columns.values())

    def seen(self, params: Mapping[str, str]) -> Seen:
        return seen(params, self.table, self.member, self.in_order)

    def people(self) -> dict[int, str]:
        """The members of the base by their ids."""
        return people_of(self.table)


def load(request: HttpRequest, table_id: int) -> Here:
    """Raises Http404 or PermissionDenied."""
    table, member = load_table(request, table_id)
    return Here(table, member, by_key(columns_at(table.pk, table.columns_version)))


def seen_through(request: HttpRequest, table: Table) -> Mapping[str, str]:
    """The parameters by which the person sees the table: of the grid's page where that asks, else the request's own."""
    # The grid asks with all parts of what is seen, but its address alone knows of which view they are, and is never behind.
    page = urlsplit(page_of(request))
    return QueryDict(page.query) if page.path == reverse("grid", args=[table.pk]) else request.GET


def by_key(columns: Iterable[Column]) -> dict[int, Column]:
    return {column.key: column for column in columns}


def people_of(table: Table) -> dict[int, str]:
    members = table.base.members.select_related("user").order_by("user__first_name", "user__email")
    return {member.user_id: member.user.shown_name for member in members}


def show(response: HttpResponse, params: Mapping[str, str], parts: Mapping[str, str]) -> HttpResponse:
    """Let the page show these parts. Raises BadQuery where no link could, or where they cannot be read."""
    if too_long({**parts_of(params), **parts}):
        raise BadQuery(TOO_LONG)
    return trigger_client_event(response, "grid:see", in_link(parts))


def in_link(parts: Mapping[str, str]) -> dict[str, str]:
    """Parts as a link has them: empty where they are as without any. Raises BadQuery for what cannot be read."""
    texts = State().changed(parts).texts()
    return {name: texts.get(name, "") for name in parts}
