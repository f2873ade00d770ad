"""What the tests of saved views share: views made through the product's own functions, and what the tabs show."""

import re
from typing import Any

from bases.models import Member
from tables.models import Table
from tests.make import client_of, make_user, text
from views_app import saved
from views_app.models import View
from views_app.state import State

HTMX = {"HX-Request": "true"}
# What can be done with a view, and what is sent for it.
ACTIONS = [
    ("rename", {"name": "New"}), ("save", {"version": "1", "sort": "1"}), ("move", {"to": "left"}), ("lock", {"to": "locked"}),
    ("share", {"to": "me"}), ("default", {"to": "default"}), ("delete", {}),
]  # fmt: skip


def member(table: Table, name: str) -> Member:
    found = Member.objects.get(base=table.base, user=make_user(name))
    found.user = make_user(name)
    return found


def make_view(table: Table, owner: str = "", name: str = "Open leads", **parts: str) -> View:
    """A shared view, or a personal one of its owner."""
    maker = member(table, owner or "alice")
    return saved.create(table, maker, name, State().changed(parts), personal=bool(owner))


def act(person: str, view: View, action: str, **data: Any) -> Any:
    """What a click of the page's sends."""
    url = f"/t/{view.table_id}/views/{view.pk}/{action}/"
    return client_of(person).post(url, {"view": str(view.pk), **data}, headers=HTMX)


def again(view: View) -> View:
    """The view as it is now."""
    found: View = View.objects.get(pk=view.pk)
    return found


def tabs_of(person: str, table: Table, link: str = "") -> str:
    return text(client_of(person).get(f"/t/{table.pk}/views/{link}"))


def tabs_named(html: str) -> list[str]:
    return re.findall(r'<a id="view-tab-\d+".*?<span[^>]*>([^<]+)</span>', html)


def current(html: str) -> str:
    return re.findall(r'<a id="view-tab-\d+"[^>]*aria-current="page".*?<span[^>]*>([^<]+)</span>', html)[0]
