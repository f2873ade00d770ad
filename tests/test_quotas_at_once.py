"""Quotas hold however many requests come at once: each is counted and used up in one step."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

import bases.invites
import bases.views
from bases.models import Base, Invite, Member, Role
from ingest import jobs
from ingest.models import Job
from tables import bulk, schema
from tables.models import Bulk, Table
from tests.make import client_of, make_base, make_table, make_user
from tests.viewing import make_view
from views_app import saved
from views_app.models import View

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT, REQUESTS = 3, 8
SLOW_SECONDS = 0.2  # longer than all the others take to look how many there are
# What adds to something that is counted.
COUNTED = re.compile(
    'INSERT INTO "(bases_base|bases_invite|tables_table|tables_bulk|ingest_job|views_app_view)"'
    '|UPDATE "(tables_table|views_app_view)" SET'
)


def all_at_once(person: str, posts: list[tuple[str, dict[str, Any]]]) -> list[int]:
    """Send all of these at one moment, each over a connection of its own that writes slowly; their statuses."""
    ready = threading.Barrier(len(posts), timeout=30)
    statuses: list[int] = []

    def slowly(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if isinstance(sql, str) and COUNTED.match(sql):
            pause.wait(SLOW_SECONDS)
        return execute(sql, params, many, context)

    def send(path: str, data: dict[str, Any]) -> None:
        try:
            client = client_of(person)
            ready.wait()
            with connection.execute_wrapper(slowly):
                statuses.append(client.post(path, data).status_code)
        finally:
            connection.close()

    pause = threading.Event()  # that nobody sets
    make_user(person)
    threads = [threading.Thread(target=send, args=post) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return statuses


def refused(statuses: list[int]) -> int:
    assert set(statuses) <= {200, 202, 204, 302, 422}
    return statuses.count(422)


def test_one_person_never_owns_more_bases_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases.views, "BASES_LIMIT", LIMIT)
    statuses = all_at_once("zoe", [("/b/new/", {"name": f"B{n}", "color": "blue"}) for n in range(REQUESTS)])
    assert Member.objects.filter(user=make_user("zoe"), role=Role.OWNER).count() == LIMIT == Base.objects.count()
    assert refused(statuses) == REQUESTS - LIMIT


def test_a_base_never_holds_more_tables_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "TABLES_LIMIT", LIMIT)
    base = make_base()
    path = f"/b/{base.pk}/tables/new/"
    statuses = all_at_once("bob", [(path, {"name": f"T{n}", "starter": "blank"}) for n in range(REQUESTS)])
    assert base.tables.count() == LIMIT and refused(statuses) == REQUESTS - LIMIT
    assert sorted(base.tables.values_list("order", flat=True)) == [1, 2, 3]


def test_tables_from_the_trash_never_make_more_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    base = make_base()
    tables = [make_table(base, name=f"T{n}") for n in range(REQUESTS)]
    for table in tables:
        table.trash()
    monkeypatch.setattr(schema, "TABLES_LIMIT", LIMIT)
    all_at_once("bob", [(f"/t/{table.pk}/restore/", {}) for table in tables])
    assert Table.objects.alive().count() == LIMIT
    trashed = base.tables.exclude(deleted_at=None)[0]
    page = client_of("bob").post(f"/t/{trashed.pk}/restore/", follow=True).content.decode()
    assert "This base holds 3 tables" in page and Table.objects.alive().count() == LIMIT


def test_a_base_never_has_more_open_invitations_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases.invites, "INVITES_LIMIT", LIMIT)
    base = make_base()
    path = f"/b/{base.pk}/members/"
    posts = [(path, {"email": f"p{n}@example.com", "role": str(int(Role.VIEWER))}) for n in range(REQUESTS)]
    assert refused(all_at_once("alice", posts)) == REQUESTS - LIMIT
    assert Invite.objects.count() == LIMIT


@pytest.mark.parametrize("seen_by", ["me", "everybody"])
def test_there_are_never_more_views_than_are_allowed(monkeypatch: pytest.MonkeyPatch, seen_by: str) -> None:
    monkeypatch.setattr(saved, "VIEWS_LIMIT", LIMIT)
    table = make_table()
    path = f"/t/{table.pk}/views/new/"
    statuses = all_at_once("bob", [(path, {"name": f"V{n}", "seen_by": seen_by}) for n in range(REQUESTS)])
    assert View.objects.count() == LIMIT and refused(statuses) == REQUESTS - LIMIT


def test_views_that_are_shared_copied_and_restored_at_once_are_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table()
    own = [make_view(table, "bob", name=f"Own {n}") for n in range(3)]
    gone = [make_view(table, name=f"Gone {n}") for n in range(3)]
    for view in gone:
        view.trash()
    shown = make_view(table, name="Shown")
    monkeypatch.setattr(saved, "VIEWS_LIMIT", LIMIT)
    posts = [(f"/t/{table.pk}/views/{view.pk}/share/", {"to": "everybody"}) for view in own]
    posts += [(f"/t/{table.pk}/views/{view.pk}/restore/", {}) for view in gone]
    posts += [(f"/t/{table.pk}/views/{shown.pk}/duplicate/", {}), (f"/t/{table.pk}/views/{shown.pk}/default/", {"to": "default"})]
    all_at_once("bob", posts)
    assert View.objects.filter(owner=None, deleted_at=None).count() == LIMIT


@pytest.mark.parametrize("tables", [1, REQUESTS])
def test_one_person_never_has_more_loads_under_way_than_are_allowed(tables: int) -> None:
    base = make_base()
    made = [make_table(base, name=f"T{n}") for n in range(tables)]
    statuses = all_at_once("bob", [(f"/t/{made[n % tables].pk}/load/", {"rows": "5"}) for n in range(REQUESTS)])
    assert Job.objects.count() == jobs.LOADS_AT_ONCE and refused(statuses) == REQUESTS - jobs.LOADS_AT_ONCE


def test_imports_count_among_a_persons_loads(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    base = make_base()
    table = make_table(base)
    posts: list[tuple[str, dict[str, Any]]] = [(f"/t/{table.pk}/load/", {"rows": "5"}) for _ in range(REQUESTS // 2)]
    for n in range(REQUESTS // 2):
        posts.append((f"/b/{base.pk}/import/", {"file": SimpleUploadedFile(f"f{n}.csv", b"Name\nAnn\n")}))
    assert refused(all_at_once("bob", posts)) == REQUESTS - jobs.LOADS_AT_ONCE
    assert Job.objects.count() == jobs.LOADS_AT_ONCE
    files = Job.objects.filter(kind=Job.Kind.FILE).count()
    assert len(list((tmp_path / "imports").iterdir())) == files and base.tables.count() == 1 + files


def test_one_person_never_has_more_large_actions_under_way_than_are_allowed() -> None:
    base = make_base()
    made = [make_table(base, name=f"T{n}", rows=5) for n in range(REQUESTS)]
    what = {"action": "delete", "from": "0", "to": "4"}
    statuses = all_at_once("bob", [(f"/t/{table.pk}/bulk/begin/", {**what, "version": str(table.version)}) for table in made])
    assert Bulk.objects.count() == bulk.MOST_OPEN and refused(statuses) == REQUESTS - bulk.MOST_OPEN
