"""The Share dialog: a link that shows every member the same, and who they are; Import stands beside it."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bases.models import Member
from tables.models import Table
from tests.make import client_of, make_table, make_user, text
from tests.panels import ask
from tests.viewing import make_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


def shared(table: Table, person: str = "vera", **parts: Any) -> tuple[str, dict[str, str]]:
    """The dialog, and what its link says."""
    page = unescape(text(ask(table, "share", person, **parts)))
    (found,) = re.findall(r'id="share-link"[^>]* value="([^"]+)"', page)
    assert found.startswith(f"http://testserver/t/{table.pk}/?")
    return page, {name: values[0] for name, values in parse_qs(urlsplit(found).query, keep_blank_values=True).items()}


def test_the_link_holds_what_is_seen_beside_the_view(table: Table) -> None:
    view = make_view(table, sort="-2", filter='["all",[2,">",0]]')
    assert shared(table, view=view.pk)[1] == {"view": str(view.pk)}
    assert shared(table, view=view.pk, sort="1", filter="")[1] == {"view": str(view.pk), "sort": "1", "filter": ""}
    assert shared(table, search="an", accents="match", closed="all")[1] == {
        "view": "0", "search": "an", "accents": "match", "closed": "all"
    }  # fmt: skip


def test_the_link_of_a_personal_view_shows_others_the_same_without_the_view(table: Table) -> None:
    mine = make_view(table, "bob", sort="-2", hide="1")
    page, link = shared(table, "bob", view=mine.pk, hide="")
    assert link == {"view": "0", "sort": "-2"} and "stays your own" in page
    assert client_of("vera").get(f"/t/{table.pk}/", link).status_code == 200
    assert ask(table, "share", "vera", view=mine.pk).status_code == 404


def test_the_dialog_says_who_can_open_it_and_owners_get_to_the_members(table: Table) -> None:
    page, _ = shared(table, "vera")
    for name in ("alice", "bob", "vera"):
        assert make_user(name).shown_name in page
    assert f"/b/{table.base_id}/members/" not in page
    assert f"/b/{table.base_id}/members/" in shared(table, "alice")[0]
    Member.objects.filter(base=table.base).exclude(user=make_user("alice")).delete()
    assert "no other members" in shared(table, "alice")[0]


def test_what_no_link_can_hold_is_told(table: Table) -> None:
    rules = ",".join(f'{{"on":"row","color":"red","filter":["all",[1,"is","{"x" * 500}"]]}}' for _ in range(8))
    mine = make_view(table, "bob", colors=f"[{rules}]")
    page = text(ask(table, "share", "bob", view=mine.pk, filter=f'["all",[1,"is","{"x" * 3_000}"]]'))
    assert "more than a link can hold" in page and "share-link" not in page


def test_the_grid_has_share_for_all_and_import_for_those_who_may(table: Table) -> None:
    vera, bob = (text(client_of(name).get(f"/t/{table.pk}/")) for name in ("vera", "bob"))
    assert f"/t/{table.pk}/share/" in vera and f"/t/{table.pk}/share/" in bob
    assert f"/b/{table.base_id}/import/" in bob and f"/b/{table.base_id}/import/" not in vera
