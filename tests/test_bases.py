"""Bases, home and the trash."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bases.models import Base, Member, Role
from tests.make import client_of, make_base, make_table, make_user, text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def alice() -> Client:
    return client_of(make_user("alice"))


def test_a_base_is_made_and_opened(alice: Client) -> None:
    response = alice.post("/b/new/", {"name": "  Sales ", "color": "green"}, headers=HTMX)
    base = Base.objects.get()
    assert (base.name, base.color, response["HX-Redirect"]) == ("Sales", "green", f"/b/{base.pk}/")
    assert base.members.get().role == Role.OWNER


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "  ", "color": "blue"}, "A base needs a name."),
        ({"name": "x" * 201, "color": "blue"}, "at most 200 characters"),
        ({"name": "Sales", "color": "mauve"}, "mauve is not one of the available choices"),
        ({"name": "a\x00b", "color": "blue"}, "Null characters are not allowed"),
    ],
)
def test_a_bad_base_is_refused_in_the_dialog_and_keeps_what_was_typed(alice: Client, data: dict[str, str], sentence: str) -> None:
    response = alice.post("/b/new/", data, headers=HTMX)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not Base.objects.exists()


def test_a_dialog_opened_by_its_address_is_a_whole_page(alice: Client) -> None:
    assert "<html" in text(alice.get("/b/new/"))
    assert "<html" not in text(alice.get("/b/new/", headers=HTMX))


def test_names_are_shown_as_text(alice: Client) -> None:
    alice.post("/b/new/", {"name": "<script>alert(1)</script>", "color": "blue"})
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text(alice.get("/"))
    assert "<script>alert" not in text(alice.get("/"))


def test_home_shows_the_base_that_was_opened_last_first(alice: Client) -> None:
    first, second = make_base(name="First"), make_base(name="Second")
    for base in (second, first):
        alice.get(f"/b/{base.pk}/")
    cards = text(alice.get("/")).split('class="cards"')[1]
    assert cards.index("First") < cards.index("Second")


def test_a_card_counts_tables_and_rows_without_those_in_the_trash(alice: Client) -> None:
    base = make_base()
    make_table(base, rows=[["a", 1], ["b", 2]])
    make_table(base, rows=[["c", 3]], name="More")
    make_table(base, rows=[["d", 4]], name="Old").trash()
    assert "2 tables · 3 rows" in text(alice.get("/"))


def queries(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    assert not [q["sql"] for q in captured if "COUNT(*)" in q["sql"].upper() and "tables_row" in q["sql"]]
    return len(captured)


def test_home_asks_as_many_queries_for_twenty_bases_as_for_one(alice: Client) -> None:
    make_table(make_base())
    one = queries(alice, "/")
    for n in range(20):
        make_table(make_base(name=f"Base {n}"))
    assert queries(alice, "/") == one <= 8


def test_a_deleted_base_is_gone_for_all_and_comes_back_whole(alice: Client) -> None:
    base = make_base()
    table = make_table(base, rows=[["a", 1]])
    bob = client_of(make_user("bob"))
    page = alice.post(f"/b/{base.pk}/delete/", follow=True)
    assert "“Shop” was moved to the trash." in text(page) and f"/b/{base.pk}/restore/" in text(page)
    for path in (f"/b/{base.pk}/", f"/t/{table.pk}/window/?start=0", f"/b/{base.pk}/members/"):
        assert bob.get(path).status_code == alice.get(path).status_code == 404
    assert "Shop" in text(alice.get("/trash/")) and "30 days left" in text(alice.get("/trash/"))
    assert "Shop" not in text(bob.get("/trash/"))
    alice.post(f"/b/{base.pk}/restore/")
    assert bob.get(f"/t/{table.pk}/window/?start=0").status_code == 200


def test_the_trash_forgets_after_thirty_days(alice: Client) -> None:
    base = make_base()
    Base.objects.filter(pk=base.pk).update(deleted_at=timezone.now() - timedelta(days=30, minutes=1))
    assert "The trash is empty" in text(alice.get("/trash/"))


def test_one_person_owns_a_thousand_bases_at_most(alice: Client) -> None:
    owner = make_user("alice")
    bases = Base.objects.bulk_create(Base(name=f"Base {n}") for n in range(1_000))
    Member.objects.bulk_create(Member(base=base, user=owner, role=Role.OWNER) for base in bases)
    bases[0].trash()
    answer = alice.post("/b/new/", {"name": "One more", "color": "blue"}, headers=HTMX)
    assert answer.status_code == 422 and "You own 1,000 bases, with those in the trash." in text(answer)
    assert owner.memberships.count() == 1_000
    Member.objects.filter(base=bases[1]).update(role=Role.EDITOR)
    assert alice.post("/b/new/", {"name": "One more", "color": "blue"}).status_code == 302


def test_a_base_has_its_name_in_one_line() -> None:
    client_of("alice").post(reverse("new_base"), {"name": "Q4\n\nYour mailbox is full", "color": "blue"})
    assert Base.objects.get().name == "Q4 Your mailbox is full"
