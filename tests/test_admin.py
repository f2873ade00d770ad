"""The admin: everything can be looked at, at any size; nothing goes around the one door for writes."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bases.admin import LISTED, ListPaginator
from bases.models import Base, Member, Role, User
from bases.progress import State
from ingest import jobs
from ingest.load import run
from ingest.models import Job
from tables import bulk, edits, schema
from tables.models import Bulk, Change, Column, RowChange, Table
from tables.undo import undo
from tests.make import make_base, make_table, make_user

pytestmark = pytest.mark.django_db

# What only tables/edits, tables/schema.py and loads may write.
GUARDED = (Table, Column, Change, RowChange, Job, Bulk)
NEVER_DELETED = (Base, Member, Table, Column, Job, Bulk)


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@example.com", "root pass word")


@pytest.fixture
def browser(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["<b>Ben</b>", 2], ["Cem", 3]])


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, f"{url}: {response.status_code}"
    return response.content.decode()


def staff(client: Client, *codenames: str) -> None:
    """Log in as somebody of the staff who has only these permissions."""
    user = User.objects.create_user("staff@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)


def every_page(table: Table) -> Iterator[str]:
    """The URLs of every list, form and page of the admin that shows Rowan's own things."""
    alice = make_user("alice")
    edits.set_cell(table, alice, 1, 1, "Anna", 2**40)
    job = jobs.create_generate(table, alice, 10, 1)
    shown: tuple[tuple[str, int], ...] = (
        ("bases_user", alice.pk),
        ("bases_base", table.base_id),
        ("bases_member", Member.objects.filter(base=table.base_id)[0].pk),
        ("tables_table", table.pk),
        ("tables_column", table.live_columns()[0].pk),
        ("ingest_job", job.pk),
        ("tables_bulk", bulk.clear(table, alice, [1, 2], [1]).pk),
    )
    yield reverse("admin:index")
    yield reverse("admin:bases_invite_changelist")
    yield reverse("admin:bases_user_add")
    yield reverse("admin:bases_base_add")
    for name, pk in shown:
        yield reverse(f"admin:{name}_changelist")
        yield reverse(f"admin:{name}_changelist") + "?q=1"
        yield reverse(f"admin:{name}_change", args=[pk])
    version = Change.objects.filter(table=table).latest("version").version
    yield reverse("admin:tables_table_rows", args=[table.pk])
    yield reverse("admin:tables_table_row", args=[table.pk, 1])
    yield reverse("admin:tables_table_changes", args=[table.pk])
    yield reverse("admin:tables_table_record", args=[table.pk, version])


# --- Who may, and how the pages are made ---------------------------------------------------------------------------


def test_only_staff_come_in(table: Table) -> None:
    for url in every_page(table):
        client = Client()
        assert client.get(url).status_code == 302
        client.force_login(make_user("alice"))
        response = client.get(url, follow=True)
        assert response.status_code == 403, url


def test_every_page_opens_and_needs_nothing_inline(browser: Client, table: Table) -> None:
    for url in every_page(table):
        response = browser.get(url)
        html = response.content.decode()
        assert response.status_code == 200, url
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", html), url
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", html), url


def test_staff_without_the_permission_see_no_rows_and_no_changes(table: Table) -> None:
    client = Client()
    staff(client, "view_table")
    assert client.get(reverse("admin:tables_table_change", args=[table.pk])).status_code == 200
    for name, args in (("rows", ()), ("row", (1,)), ("changes", ()), ("record", (1,))):
        assert client.get(reverse(f"admin:tables_table_{name}", args=[table.pk, *args])).status_code == 403


def test_staff_who_may_see_changes_but_no_rows_do_not_see_rows_in_changes(table: Table) -> None:
    client = Client()
    staff(client, "view_change")
    assert client.get(reverse("admin:tables_table_changes", args=[table.pk])).status_code == 200
    assert client.get(reverse("admin:tables_table_record", args=[table.pk, table.version])).status_code == 403


# --- Nothing around the one door -----------------------------------------------------------------------------------


def test_what_the_one_door_guards_can_be_neither_added_nor_deleted_nor_changed_past_it(browser: Client, table: Table) -> None:
    job = jobs.create_generate(table, None, 10, 1)
    column = table.live_columns()[0]
    before = [list(model.objects.filter(**mine).values()) for model, mine in _of(table)]
    for name, pk in (("tables_table", table.pk), ("tables_column", column.pk), ("ingest_job", job.pk)):
        assert browser.post(reverse(f"admin:{name}_add"), {"name": "x"}).status_code == 403
        assert browser.post(reverse(f"admin:{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403
        browser.post(reverse(f"admin:{name}_changelist"), {"action": "delete_selected", "_selected_action": pk, "post": "yes"})
    for name, pk in (("tables_column", column.pk), ("ingest_job", job.pk)):
        url = reverse(f"admin:{name}_change", args=[pk])
        assert browser.post(url, {"name": "Hacked", "state": "done", "kind": "number"}).status_code == 403
    fields = {"name": table.name, "version": 999, "row_count": 999, "next_row_id": 1, "next_column_key": 1, "base": 1}
    browser.post(reverse("admin:tables_table_change", args=[table.pk]), fields)
    assert [list(model.objects.filter(**mine).values()) for model, mine in _of(table)] == before


def _of(table: Table) -> list[tuple[Any, dict[str, object]]]:
    return [(m, {"pk": table.pk} if m is Table else {"table": table}) for m in GUARDED]


def test_rows_and_changes_have_no_form_at_all() -> None:
    from tables.models import Block, Row

    assert not {Row, RowChange, Change, Block} & set(admin.site._registry)


def test_nothing_is_deleted_here_that_the_trash_keeps(browser: Client, root: User) -> None:
    request = browser.get(reverse("admin:index")).wsgi_request
    for model in NEVER_DELETED:
        assert not admin.site._registry[model].has_delete_permission(request), model


def test_renaming_a_table_never_puts_back_a_counter_that_was_raised_meanwhile(browser: Client, table: Table) -> None:
    stale = Table.objects.get(pk=table.pk)
    edits.add_rows(table, make_user("bob"), [{"1": "New"}])
    admin.site._registry[Table].save_model(browser.get("/admin/").wsgi_request, stale, None, True)
    table.refresh_from_db()
    assert (table.row_count, table.next_row_id) == (4, 5)


def test_a_table_is_renamed_and_a_name_of_blanks_is_refused(browser: Client, table: Table) -> None:
    url = reverse("admin:tables_table_change", args=[table.pk])
    assert browser.post(url, {"name": "  Better   name "}).status_code == 302
    table.refresh_from_db()
    assert table.name == "Better name"
    assert "This field is required" in browser.post(url, {"name": "   "}).content.decode()


def test_bases_and_tables_go_to_the_trash_and_come_back(browser: Client, table: Table) -> None:
    for name, thing in (("tables_table", table), ("bases_base", table.base)):
        url = reverse(f"admin:{name}_changelist")
        browser.post(url, {"action": "move_to_trash", "_selected_action": thing.pk})
        thing.refresh_from_db()
        assert thing.deleted_at is not None
        browser.post(url, {"action": "restore", "_selected_action": thing.pk})
        thing.refresh_from_db()
        assert thing.deleted_at is None


def test_a_load_and_a_large_change_can_be_stopped(browser: Client, table: Table) -> None:
    job, change = jobs.create_generate(table, None, 10, 1), bulk.clear(table, make_user("alice"), [1, 2], [1])
    for name, each in (("ingest_job", job), ("tables_bulk", change)):
        browser.post(reverse(f"admin:{name}_changelist"), {"action": "cancel", "_selected_action": each.pk})
    run(job.pk)
    bulk.run(change.pk)
    job.refresh_from_db()
    change.refresh_from_db()
    assert job.state == change.state == State.CANCELLED


def members_form(base: Base, **changes: object) -> dict[str, object]:
    members = list(base.members.order_by("pk"))
    form: dict[str, object] = {
        "name": base.name,
        "color": base.color,
        "members-TOTAL_FORMS": len(members),
        "members-INITIAL_FORMS": len(members),
    }
    for n, member in enumerate(members):
        form |= {f"members-{n}-id": member.pk, f"members-{n}-base": base.pk, f"members-{n}-user": member.user_id}
        form[f"members-{n}-role"] = int(member.role)
    return form | changes


def test_staff_change_who_is_in_a_base_but_it_keeps_an_owner(browser: Client) -> None:
    base = make_base()
    url = reverse("admin:bases_base_change", args=[base.pk])
    assert browser.post(url, members_form(base, **{"members-1-role": int(Role.VIEWER)})).status_code == 302
    assert Member.objects.get(base=base, user=make_user("bob")).role == Role.VIEWER
    for change in ({"members-0-role": int(Role.EDITOR)}, {"members-0-DELETE": "on"}):
        response = browser.post(url, members_form(base, **change))
        assert "A base keeps at least one owner." in response.content.decode()
    assert Member.objects.get(base=base, user=make_user("alice")).role == Role.OWNER


def test_a_person_is_made_and_can_log_in_whatever_the_case_of_the_address(browser: Client) -> None:
    password = "quite a long one"
    form = {"email": "Dora@Example.com", "usable_password": "true", "password1": password, "password2": password}
    assert browser.post(reverse("admin:bases_user_add"), form).status_code == 302
    assert Client().login(email="dora@example.com", password=password)


def test_the_only_owner_of_a_base_is_not_deleted_and_others_are(browser: Client) -> None:
    base = make_base(name="Orphanage")
    alice, bob = make_user("alice"), make_user("bob")
    refused = browser.post(reverse("admin:bases_user_delete", args=[alice.pk]), {"post": "yes"})
    assert refused.status_code == 403 or "Orphanage" in refused.content.decode()
    assert User.objects.filter(pk=alice.pk).exists()
    browser.post(reverse("admin:bases_user_delete", args=[bob.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=bob.pk).exists()
    assert base.members.count() == 2


# --- Rows and changes ----------------------------------------------------------------------------------------------


def test_rows_are_listed_found_by_id_and_read_with_column_names(browser: Client, table: Table) -> None:
    url = reverse("admin:tables_table_rows", args=[table.pk])
    html = text(browser, url)
    assert "Ann" in html and "Rows 1 to 3 of 3" in html
    assert "&lt;b&gt;Ben&lt;/b&gt;" in html and "<b>Ben" not in html
    found = browser.get(url, {"id": "2"}, follow=True).content.decode()
    shown = re.search(r"<pre>(.*?)</pre>", found, re.DOTALL)
    assert shown
    assert json.loads(unescape(shown[1])) == {"Name": "<b>Ben</b>", "Amount": 2}


@pytest.mark.parametrize("wanted", ["4", "0", "-1", "abc", "1.5", "99999999999999999999", "2147483648", "²"])
def test_an_id_that_is_no_row_gets_a_sentence(browser: Client, table: Table, wanted: str) -> None:
    response = browser.get(reverse("admin:tables_table_rows", args=[table.pk]), {"id": wanted})
    assert response.status_code == 200
    assert "There is no row with the id" in response.content.decode()


@pytest.mark.parametrize("start", ["-1", "abc", "999999", "99999999999999999999", ""])
def test_a_page_that_does_not_exist_shows_the_nearest_one(browser: Client, table: Table, start: str) -> None:
    assert "Ann" in text(browser, reverse("admin:tables_table_rows", args=[table.pk]) + f"?start={start}")


@pytest.mark.parametrize("name", ["rows", "row", "changes", "record"])
def test_what_is_not_there_is_a_404(browser: Client, table: Table, name: str) -> None:
    rest = (99,) if name in ("row", "record") else ()
    assert browser.get(reverse(f"admin:tables_table_{name}", args=[10**12, *rest])).status_code == 404
    if rest:
        assert browser.get(reverse(f"admin:tables_table_{name}", args=[table.pk, 10**25])).status_code == 404


def test_a_deleted_columns_cells_and_a_misfit_are_still_shown(browser: Client, table: Table) -> None:
    schema.delete_column(table, make_user("alice"), 1)
    Column.objects.filter(table=table, key=2).update(kind="a kind of long ago")
    assert "Name (1, deleted)" in text(browser, reverse("admin:tables_table_row", args=[table.pk, 1]))
    assert "3" in text(browser, reverse("admin:tables_table_rows", args=[table.pk]))


def test_rows_of_a_table_in_the_trash_can_be_read(browser: Client, table: Table) -> None:
    table.trash()
    html = text(browser, reverse("admin:tables_table_rows", args=[table.pk]))
    assert "Ann" in html and "in the trash" in html


def test_changes_say_who_did_what_to_which_rows(browser: Client, table: Table) -> None:
    bob = make_user("bob")
    edits.set_cell(table, bob, 1, 1, "Anna", 2**40)
    edits.delete_rows(table, bob, [3])
    undo(table, bob)
    html = text(browser, reverse("admin:tables_table_changes", args=[table.pk]))
    assert "set cells" in html and "delete rows" in html and "undo" in html and "bob@example.com" in html
    table.refresh_from_db()
    edit = text(browser, reverse("admin:tables_table_record", args=[table.pk, table.version - 2]))
    assert "&quot;Name&quot;: &quot;Ann&quot;" in edit and "&quot;Name&quot;: &quot;Anna&quot;" in edit
    deleted = text(browser, reverse("admin:tables_table_record", args=[table.pk, table.version - 1]))
    assert "Cem" in deleted


def test_every_change_is_reached_page_by_page(browser: Client) -> None:
    table = make_table(rows=[["Ann", 0]])
    for n in range(250):
        edits.set_cell(table, make_user("bob"), 1, 2, str(n), 2**40)
    table.refresh_from_db()
    url: str | None = reverse("admin:tables_table_changes", args=[table.pk])
    seen: list[int] = []
    while url:
        html = text(browser, url)
        seen += [int(v) for v in re.findall(r'/changes/(\d+)/">\d+</a></th>', html)]
        older = re.search(r'href="(\?before=\d+)"', html)
        url = reverse("admin:tables_table_changes", args=[table.pk]) + older[1] if older else None
    assert seen == list(range(table.version, 0, -1))


def test_a_large_table_is_browsed_without_a_scan_and_without_counting(browser: Client) -> None:
    table = make_table(rows=0)
    run(jobs.create_generate(table, None, 100_000, 1).pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tables_row")
    urls = [
        reverse("admin:tables_table_rows", args=[table.pk]) + "?start=70000",
        reverse("admin:tables_table_row", args=[table.pk, 70_000]),
        reverse("admin:tables_table_change", args=[table.pk]),
        reverse("admin:tables_table_changelist"),
    ]
    for url in urls:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text(browser, url)
        of_rows = [q["sql"] for q in queries if re.search(r"\btables_row\b", q["sql"])]
        assert not [q for q in of_rows if "count(" in q.lower()], url
        for query in of_rows:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + query.replace("%", "%%"))
                plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on tables_row_" not in plan, f"{url}\n{plan}"


def test_a_list_never_counts_past_its_limit(table: Table) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert ListPaginator(Column.objects.order_by("-id"), 100).count == 2
    assert f"LIMIT {LISTED}" in queries[0]["sql"]
