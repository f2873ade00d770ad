"""Who is in a base: invitations, roles, leaving."""

import re
import threading
import uuid
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.http import Http404
from django.test import Client

from bases.access import create_base
from bases.invites import find_invite, invite, join, link_key
from bases.models import Invite, Member, Role, User
from tests.make import client_of, make_base, make_user, text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def alice() -> Client:
    return client_of(make_user("alice"))


def test_the_answer_to_an_invitation_does_not_tell_who_has_an_account(alice: Client) -> None:
    base = make_base()
    make_user("charlie")
    pages = []
    for who in ("charlie", "nobody"):
        page = text(alice.post(f"/b/{base.pk}/members/", {"email": f"{who}@example.com", "role": Role.EDITOR}, follow=True))
        assert f"{who}@example.com is invited as Editor." in page
        pages.append(page.count("charlie@example.com"))
    # Both stand in the list of invitations and nowhere else.
    assert base.members.count() == 3 and base.invites.count() == 2


def link_in(message: Any) -> str:
    found = re.search(r"http://testserver(/\S+)", message.body)
    assert found, message.body
    return found[1]


def verify(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def test_an_invited_person_joins_from_home(alice: Client) -> None:
    base = make_base()
    charlie = client_of(verify(make_user("charlie")))
    assert charlie.get(f"/b/{base.pk}/").status_code == 404
    alice.post(f"/b/{base.pk}/members/", {"email": "Charlie@Example.com", "role": Role.VIEWER})
    home = text(charlie.get("/"))
    assert "alice@example.com</strong> invites you to “Shop” as Viewer" in home
    charlie.post(f"/invites/{Invite.objects.get().pk}/join/")
    assert Member.objects.get(user__email="charlie@example.com").role == Role.VIEWER
    assert charlie.get(f"/b/{base.pk}/").status_code == 200
    assert not Invite.objects.exists()


def test_an_invitation_is_declined_or_taken_back(alice: Client) -> None:
    base = make_base()
    charlie = client_of(verify(make_user("charlie")))
    for _ in range(2):
        alice.post(f"/b/{base.pk}/members/", {"email": "charlie@example.com", "role": Role.VIEWER})
    charlie.post(f"/invites/{Invite.objects.get().pk}/decline/")
    assert not Invite.objects.exists()
    alice.post(f"/b/{base.pk}/members/", {"email": "charlie@example.com", "role": Role.VIEWER})
    invite = Invite.objects.get()
    alice.post(f"/b/{base.pk}/invites/{invite.pk}/withdraw/")
    assert charlie.post(f"/invites/{invite.pk}/join/").status_code == 404
    assert base.members.count() == 3


def test_the_mailed_link_lets_in_the_account_of_the_invited_address_and_no_other(alice: Client) -> None:
    """Where addresses are not verified, anybody could sign up with the invited one: the link is the proof."""
    base = make_base()
    page = text(alice.post(f"/b/{base.pk}/members/", {"email": "Late@example.com", "role": Role.OWNER}, follow=True))
    message = mail.outbox[0]
    assert message.to == ["late@example.com"] and message.subject == "[Rowan] alice@example.com invites you to a base"
    link, invitation = link_in(message), Invite.objects.get()
    assert f"http://testserver{link}" in page
    late, charlie = client_of(make_user("late")), client_of(make_user("charlie"))
    assert "invites you" not in text(late.get("/"))
    for answer in (
        late.post(f"/invites/{invitation.pk}/join/"),
        late.post(f"/invites/{invitation.pk}/join/", {"key": "guessed"}),
        late.post(f"/invites/{invitation.pk}/decline/"),
        late.get(f"/invites/{invitation.pk}/guessed/"),
        charlie.get(link),
        charlie.post(f"/invites/{invitation.pk}/join/", {"key": link.split("/")[3]}),
    ):
        assert answer.status_code == 404
    assert base.members.count() == 3
    shown = text(late.get(link))
    assert "alice@example.com</strong> invites you to “Shop” as Owner" in shown
    key = re.search(r'name="key" value="([^"]+)"', shown)
    assert key and late.post(f"/invites/{invitation.pk}/join/", {"key": key[1]})["Location"] == f"/b/{base.pk}/"
    assert "It may have been taken back or used" in text(late.get(link))


def test_the_link_leads_a_new_person_through_the_door_and_into_the_base(alice: Client, settings: Any) -> None:
    settings.SIGN_UP = "invited"
    base = make_base()
    alice.post(f"/b/{base.pk}/members/", {"email": "new@example.com", "role": Role.EDITOR})
    browser, link = Client(), link_in(mail.outbox[0])
    door = browser.get(link)["Location"].replace("login", "signup")
    page = browser.post(door, {"email": "new@example.com", "password1": "correct horse battery"}, follow=True)
    assert page.redirect_chain == [(link, 302)] and "invites you to “Shop”" in text(page)


def test_a_link_ends_with_its_invitation(alice: Client) -> None:
    base = make_base()
    late = client_of(make_user("late"))
    links = []
    for _ in range(2):
        alice.post(f"/b/{base.pk}/members/", {"email": "late@example.com", "role": Role.EDITOR})
        links.append(link_in(mail.outbox[-1]))
        assert late.get(links[-1]).status_code == 200
        alice.post(f"/b/{base.pk}/invites/{Invite.objects.get().pk}/withdraw/")
        assert late.get(links[-1]).status_code == 404
    assert links[0] != links[1]


def test_without_mail_the_owner_gets_the_link_all_the_same(alice: Client, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens
    base = make_base()
    page = text(alice.post(f"/b/{base.pk}/members/", {"email": "late@example.com", "role": Role.EDITOR}, follow=True))
    assert "The mail could not be sent. Give them the link in the list yourself." in page
    link = re.search(r'value="http://testserver(/invites/[^"]+)"', page)
    assert link and client_of(make_user("late")).get(link[1]).status_code == 200


def test_one_person_causes_a_hundred_mails_a_day_at_most(alice: Client, settings: Any) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{uuid.uuid4().hex}"}}
    base = make_base()
    for _ in range(100):
        alice.post(f"/b/{base.pk}/members/", {"email": "late@example.com", "role": Role.EDITOR})
    page = alice.post(f"/b/{base.pk}/members/", {"email": "more@example.com", "role": Role.EDITOR}, follow=True)
    assert "You have caused 100 mails within a day, so none was sent." in text(page)
    assert len(mail.outbox) == 100 and base.invites.count() == 2


def test_a_base_has_two_hundred_open_invitations_at_most(alice: Client) -> None:
    base, owner = make_base(), make_user("alice")
    Invite.objects.bulk_create(Invite(base=base, email=f"p{n}@example.com", invited_by=owner) for n in range(200))
    answer = alice.post(f"/b/{base.pk}/members/", {"email": "more@example.com", "role": Role.EDITOR})
    assert answer.status_code == 422 and "200 invitations are open. Take some back" in text(answer)
    assert alice.post(f"/b/{base.pk}/members/", {"email": "p7@example.com", "role": Role.EDITOR}).status_code == 302


def test_the_demo_account_is_not_invited(alice: Client) -> None:
    base = make_base()
    answer = alice.post(f"/b/{base.pk}/members/", {"email": "Demo@rowan.local", "role": Role.EDITOR})
    assert answer.status_code == 422 and "The demo account is shared" in text(answer)
    assert not Invite.objects.exists()


def test_an_owner_changes_roles_and_removes_people(alice: Client) -> None:
    base = make_base()
    bob, vera = (Member.objects.get(base=base, user=make_user(name)) for name in ("bob", "vera"))
    alice.post(f"/b/{base.pk}/members/{bob.pk}/role/", {"role": Role.VIEWER})
    assert Member.objects.get(pk=bob.pk).role == Role.VIEWER
    alice.post(f"/b/{base.pk}/members/{vera.pk}/remove/")
    assert client_of(make_user("vera")).get(f"/b/{base.pk}/").status_code == 404
    for nonsense in ("99", "", "owner"):
        alice.post(f"/b/{base.pk}/members/{bob.pk}/role/", {"role": nonsense})
    assert Member.objects.get(pk=bob.pk).role == Role.VIEWER


def test_a_member_of_another_base_is_out_of_reach(alice: Client) -> None:
    mine, other = make_base(), create_base(make_user("charlie"), "Other")
    stranger = other.members.get()
    assert alice.post(f"/b/{mine.pk}/members/{stranger.pk}/remove/").status_code == 404
    assert alice.post(f"/b/{mine.pk}/members/{stranger.pk}/role/", {"role": Role.VIEWER}).status_code == 404
    assert other.members.get().role == Role.OWNER


def test_the_last_owner_stays(alice: Client) -> None:
    base = make_base()
    me = Member.objects.get(base=base, user=make_user("alice"))
    for path, data in (
        (f"/b/{base.pk}/members/{me.pk}/role/", {"role": Role.EDITOR}),
        (f"/b/{base.pk}/members/{me.pk}/remove/", {}),
        (f"/b/{base.pk}/leave/", {}),
    ):
        assert "alice@example.com is the only owner." in text(alice.post(path, data, follow=True))
    assert Member.objects.get(pk=me.pk).role == Role.OWNER


def test_anybody_else_may_leave(alice: Client) -> None:
    base = make_base()
    vera = client_of(make_user("vera"))
    assert "Leave “Shop”" in text(vera.get(f"/b/{base.pk}/members/"))
    assert "You have left “Shop”." in text(vera.post(f"/b/{base.pk}/leave/", follow=True))
    assert base.members.count() == 2


def test_a_viewer_sees_the_members_but_not_who_is_invited(alice: Client) -> None:
    base = make_base()
    alice.post(f"/b/{base.pk}/members/", {"email": "zoe@example.com", "role": Role.VIEWER})
    page = text(client_of(make_user("vera")).get(f"/b/{base.pk}/members/"))
    assert "bob@example.com" in page and "zoe@example.com" not in page


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_lower_each_other_at_once_leave_one_owner() -> None:
    base = make_base()
    alice, bob = make_user("alice"), make_user("bob")
    Member.objects.filter(base=base, user=bob).update(role=Role.OWNER)
    browsers = [(client_of(alice), bob), (client_of(bob), alice)]
    start = threading.Barrier(2)

    def lower(browser: Client, other: User) -> None:
        member = Member.objects.get(base=base, user=other)
        start.wait()
        browser.post(f"/b/{base.pk}/members/{member.pk}/role/", {"role": Role.VIEWER})
        connection.close()

    threads = [threading.Thread(target=lower, args=pair) for pair in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Member.objects.filter(base=base, role=Role.OWNER).count() == 1


def test_an_invitation_counts_only_while_its_inviter_owns_the_base() -> None:
    base = make_base()
    mallory = make_user("mallory")
    Member.objects.create(base=base, user=mallory, role=Role.OWNER)
    made = invite(base, mallory, "way-back@example.com", Role.OWNER)
    back = make_user("way-back")
    assert find_invite(back, made.pk, link_key(made)) == made
    Member.objects.filter(base=base, user=mallory).update(role=Role.EDITOR)
    with pytest.raises(Http404):
        find_invite(back, made.pk, link_key(made))
    with pytest.raises(Http404):
        join(back, made.pk, link_key(made))
