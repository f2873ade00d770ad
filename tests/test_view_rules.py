"""Who may do what with a saved view: shared and personal ones, locked ones, their order, and what was deleted."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from bases.models import Member
from tables.models import Table
from tables.query.definition import Sort
from tests.make import client_of, make_table, make_user, text
from tests.viewing import ACTIONS, HTMX, act, again, current, make_view, member, tabs_named, tabs_of
from views_app import saved
from views_app.models import View
from views_app.state import State
from views_app.tasks import forget_views

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2]])


# --- Who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "data"), ACTIONS)
def test_a_shared_view_is_changed_by_editors_only(table: Table, action: str, data: dict[str, str]) -> None:
    view = make_view(table)
    refused = act("vera", view, action, **data)
    assert refused.status_code == 403 and "This needs the role Editor" in text(refused)
    assert act("charlie", view, action, **data).status_code == 404
    assert View.objects.filter(name="Open leads", version=1, locked=False, owner=None, is_default=False, deleted_at=None).exists()
    assert act("bob", view, action, **data).status_code == 200


@pytest.mark.parametrize(("action", "data"), [*ACTIONS, ("duplicate", {})])
def test_a_personal_view_is_there_for_its_owner_alone(table: Table, action: str, data: dict[str, str]) -> None:
    view = make_view(table, "vera", name="Vera's")
    for person in ("alice", "bob", "charlie"):
        assert act(person, view, action, **data).status_code == 404
        assert client_of(person).get(f"/t/{table.pk}/?view={view.pk}").status_code == 404
        assert client_of(person).get(f"/t/{table.pk}/views/{view.pk}/menu/").status_code == 404
        assert client_of(person).get(f"/t/{table.pk}/views/{view.pk}/rename/").status_code == 404
    assert "Vera" not in tabs_of("alice", table)
    assert tabs_named(tabs_of("vera", table, f"?view={view.pk}"))[1:] == ["Vera&#x27;s"]
    status = act("vera", view, action, **data).status_code
    assert status == (403 if action in ("share", "default") else 200)


def test_a_viewer_makes_views_for_herself_only(table: Table) -> None:
    dialog = text(client_of("vera").get(f"/t/{table.pk}/views/new/", headers=HTMX))
    assert "Only you will see it" in dialog and "Everybody" not in dialog
    data = {"name": "Mine", "seen_by": "everybody"}
    assert client_of("vera").post(f"/t/{table.pk}/views/new/", data, headers=HTMX).status_code == 403
    assert client_of("vera").post(f"/t/{table.pk}/views/new/", {**data, "seen_by": "me"}, headers=HTMX).status_code == 200
    assert View.objects.get().owner == make_user("vera")
    html = tabs_of("vera", table, f"?view={View.objects.get().pk}&sort=1")
    assert "/save/" in html


def test_a_viewer_keeps_changes_of_a_shared_view_as_a_view_of_her_own(table: Table) -> None:
    view = make_view(table, sort="1")
    html = tabs_of("vera", table, f"?view={view.pk}&sort=2")
    assert "/save/" not in html and "Save as…" in html
    copy = act("vera", view, "duplicate", sort="2")
    made = View.objects.get(owner=make_user("vera"))
    assert (made.name, made.state()[0]) == ("Open leads copy", State(sort=(Sort(1),)))
    assert copy["HX-Redirect"] == f"/t/{table.pk}/?view={made.pk}&sort=2"
    menu = text(client_of("vera").get(f"/t/{table.pk}/views/{view.pk}/menu/"))
    assert "Copy it for me" in menu and "Delete" not in menu and "Rename" not in menu


def test_who_leaves_the_base_sees_no_view_of_it(table: Table) -> None:
    view = make_view(table, "bob")
    Member.objects.filter(user=make_user("bob")).delete()
    assert client_of("bob").get(f"/t/{table.pk}/?view={view.pk}").status_code == 404
    assert act("bob", view, "delete").status_code == 404


def test_a_personal_view_is_shared_and_taken_back(table: Table) -> None:
    view = make_view(table, "bob")
    assert "everybody in this base sees" in act("bob", view, "share", to="everybody")["HX-Trigger"]
    assert "Open leads" in tabs_of("vera", table)
    act("alice", view, "share", to="me")
    assert again(view).owner == make_user("alice")
    assert act("bob", view, "share", to="everybody").status_code == 404


# --- Locked views -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "data"), [each for each in ACTIONS if each[0] in ("rename", "save", "share", "delete")])
def test_a_locked_view_stays_as_it_is_until_it_is_unlocked(table: Table, action: str, data: dict[str, str]) -> None:
    view = make_view(table)
    act("bob", view, "lock", to="locked")
    refused = act("alice", view, action, **data)
    assert refused.status_code == 422 and "is locked. Unlock it first." in text(refused)
    assert "/save/" not in tabs_of("alice", table, f"?view={view.pk}&sort=1")
    assert act("vera", view, "lock", to="unlocked").status_code == 403
    assert act("alice", view, "lock", to="unlocked").status_code == 200
    assert act("alice", view, action, **data).status_code == 200


def test_a_locked_view_can_be_copied_and_moved(table: Table) -> None:
    view = make_view(table)
    act("bob", view, "lock", to="locked")
    assert act("bob", view, "duplicate").status_code == 200
    assert not View.objects.get(name="Open leads copy").locked
    assert act("bob", view, "move", to="right").status_code == 200


# --- Order, copies, deletion --------------------------------------------------------------------------------------------


def test_views_stand_in_their_order_the_shared_ones_first(table: Table) -> None:
    mine = [make_view(table, "bob", name=name) for name in ("my 1", "my 2")]
    shared = [make_view(table, name=name) for name in ("a", "b", "c")]
    act("bob", shared[2], "move", to="left")
    act("bob", mine[0], "move", to="right")
    act("bob", shared[0], "move", to="left")  # at its end
    assert tabs_named(tabs_of("bob", table)) == ["All rows", "a", "c", "b", "my 2", "my 1"]
    assert tabs_named(tabs_of("vera", table)) == ["All rows", "a", "c", "b"]


def test_a_copy_of_a_long_name_fits(table: Table) -> None:
    view = make_view(table, name="x" * 100)
    act("bob", view, "duplicate")
    copy = View.objects.exclude(pk=view.pk).get()
    assert len(copy.name) == 100 and copy.name.endswith("x copy")


def test_a_deleted_view_can_be_brought_back_as_it_was(table: Table) -> None:
    first, view = make_view(table, name="First"), make_view(table, sort="2")
    act("bob", view, "default", to="default")
    assert act("bob", view, "delete")["HX-Redirect"] == f"/t/{table.pk}/"
    page = text(client_of("bob").get(f"/t/{table.pk}/"))
    assert "Open leads" not in tabs_named(page)
    assert client_of("bob").get(f"/t/{table.pk}/?view={view.pk}").status_code == 404
    back = client_of("bob").post(f"/t/{table.pk}/views/{view.pk}/restore/")
    assert back["Location"] == f"/t/{table.pk}/?view={view.pk}"
    assert again(view).is_default and again(view).state()[0].sort == (Sort(2),)
    act("bob", view, "delete")
    act("bob", first, "default", to="default")
    client_of("bob").post(f"/t/{table.pk}/views/{view.pk}/restore/")
    assert (again(first).is_default, again(view).is_default) == (True, False)


def test_only_who_could_delete_a_view_can_bring_it_back(table: Table) -> None:
    shared, mine = make_view(table), make_view(table, "bob")
    for view in (shared, mine):
        act("bob", view, "delete")
    restore = f"/t/{table.pk}/views/{{}}/restore/"
    assert client_of("vera").post(restore.format(shared.pk)).status_code == 403
    assert client_of("alice").post(restore.format(mine.pk)).status_code == 404
    assert client_of("bob").post(restore.format(mine.pk)).status_code == 302
    assert client_of("bob").post(restore.format(mine.pk)).status_code == 404  # it is there


def trash_page(person: str) -> str:
    return text(client_of(person).get("/trash/"))


def test_deleted_views_are_in_the_trash_of_who_can_bring_them_back(table: Table) -> None:
    shared, mine = make_view(table, name="For all", sort="2"), make_view(table, "bob", name="Only bob's")
    for view in (shared, mine):
        act("bob", view, "delete")
    restore = f"/t/{table.pk}/views/{shared.pk}/restore/"
    for name in ("alice", "bob"):
        page = trash_page(name)
        assert "For all" in page and f"View of Things in {table.base.name}" in page and "30 days left" in page and restore in page
    assert "Only bob&#x27;s" in trash_page("bob") and "Your own view of Things" in trash_page("bob")
    for name, hidden in (("alice", "Only bob"), ("vera", "For all"), ("charlie", "For all")):
        assert hidden not in trash_page(name)
    page = text(client_of("alice").post(restore, follow=True))
    assert "The view “For all” is back." in page and current(page) == "For all"
    assert "For all" not in trash_page("alice") and again(shared).state()[0].sort == (Sort(2),)


def test_a_viewer_finds_a_view_of_their_own_in_the_trash_until_they_are_no_member(table: Table) -> None:
    act("vera", make_view(table, "vera", name="Mine"), "delete")
    assert "Mine" in trash_page("vera")
    table.trash()
    assert "Mine" not in trash_page("vera")  # it comes back with its table
    table.restore()
    member(table, "vera").delete()
    assert "Mine" not in trash_page("vera")


def test_a_view_for_which_there_is_no_room_stays_in_the_trash(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    view = make_view(table)
    act("bob", view, "delete")
    make_view(table, name="Other")
    monkeypatch.setattr(saved, "VIEWS_LIMIT", 1)
    page = text(client_of("bob").post(f"/t/{table.pk}/views/{view.pk}/restore/", follow=True))
    assert "This table has 1 views" in page and "Open leads" in page and again(view).deleted_at


def test_a_view_is_gone_for_good_after_30_days(table: Table) -> None:
    old, new = make_view(table), make_view(table)
    View.objects.filter(pk=old.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    View.objects.filter(pk=new.pk).update(deleted_at=timezone.now() - timedelta(days=29))
    assert client_of("bob").post(f"/t/{table.pk}/views/{old.pk}/restore/").status_code == 404
    forget_views()
    assert list(View.objects.all()) == [new]


def test_what_is_done_to_a_view_deleted_meanwhile_is_not_found(table: Table) -> None:
    view = make_view(table)
    act("alice", view, "delete")
    for action, data in ACTIONS:
        response = act("bob", view, action, **data)
        assert response.status_code == 404 and "It may have been deleted." in text(response)


def test_a_view_that_its_owner_made_personal_meanwhile_is_out_of_reach(table: Table) -> None:
    view = make_view(table, name="Mine in a moment")
    bob = member(table, "bob")
    View.objects.filter(pk=view.pk).update(owner=make_user("alice"))
    for change in (
        lambda: saved.save(view, bob, State(), view.version),
        lambda: saved.rename(view, bob, "Bob's"),
        lambda: saved.set_locked(view, bob, True),
        lambda: saved.set_shared(view, bob, False),
        lambda: saved.delete(view, bob),
    ):
        with pytest.raises(Http404):
            change()
    assert View.objects.filter(pk=view.pk, name="Mine in a moment", locked=False, deleted_at=None).exists()
