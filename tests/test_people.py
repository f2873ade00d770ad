"""Accounts: sign up, log in and out, passwords, limits. The demo is in test_demo.py."""

import re
import uuid
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from bases.demo import DEMO_EMAIL
from bases.invites import invite
from bases.models import Role, User
from tests.make import PASSWORD, make_base, make_user

pytestmark = pytest.mark.django_db
LOG_IN, SIGN_UP, CODE = "/accounts/login/", "/accounts/signup/", "/accounts/confirm-email/"


@pytest.fixture(autouse=True)
def own_limits(settings: Any) -> None:
    """The limits count in Redis, by address and by e-mail, for minutes: each test counts for itself."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{uuid.uuid4().hex}"}}


@pytest.fixture
def browser() -> Client:
    return Client()


def log_in(browser: Client, email: str, password: str = PASSWORD) -> Any:
    return browser.post(LOG_IN, {"login": email, "password": password})


def link_in(message: Any) -> str:
    found = re.search(r"http://testserver(/\S+)", message.body)
    assert found, message.body
    return found[1]


def test_a_new_person_signs_up_and_is_in(browser: Client) -> None:
    response = browser.post(SIGN_UP, {"email": "Ann@Example.com", "password1": PASSWORD}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "Make your first base" in response.content.decode()
    assert User.objects.get().email == "ann@example.com"


def test_a_weak_password_is_refused_with_a_reason(browser: Client) -> None:
    page = browser.post(SIGN_UP, {"email": "ann@example.com", "password1": "12345678"}).content.decode()
    assert "too common" in page and "entirely numeric" in page
    assert not User.objects.exists()


def test_log_in_needs_the_right_password(browser: Client) -> None:
    make_user("alice")
    assert "No account has this e-mail address and password" in log_in(browser, "alice@example.com", "wrong").content.decode()
    assert log_in(browser, "Alice@Example.com").status_code == 302
    assert browser.get("/").status_code == 200


def test_an_unknown_address_and_a_wrong_password_look_the_same(browser: Client) -> None:
    make_user("alice")
    token = re.compile(r'value="[^"]*"|"X-CSRFToken": "[^"]*"')
    pages = [token.sub("", log_in(browser, who, "wrong").content.decode()) for who in ("alice@example.com", "nobody@example.com")]
    assert pages[0] == pages[1]


def test_a_log_in_goes_on_to_the_page_that_was_asked_for(browser: Client) -> None:
    base = make_base(make_user("alice"))
    asked = browser.get(f"/b/{base.pk}/members/", follow=True)
    next_url = asked.redirect_chain[-1][0]
    assert next_url == f"{LOG_IN}?next=/b/{base.pk}/members/"
    page = asked.content.decode()
    assert f'name="next" value="/b/{base.pk}/members/"' in page
    done = browser.post(LOG_IN, {"login": "alice@example.com", "password": PASSWORD, "next": f"/b/{base.pk}/members/"})
    assert done["Location"] == f"/b/{base.pk}/members/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_log_in_leads_to_no_other_site(browser: Client, elsewhere: str) -> None:
    make_user("alice")
    done = browser.post(LOG_IN, {"login": "alice@example.com", "password": PASSWORD, "next": elsewhere})
    assert done["Location"] == "/"


def test_logging_out_takes_a_post(browser: Client) -> None:
    browser.force_login(make_user("alice"))
    assert "Log out?" in browser.get("/accounts/logout/").content.decode()
    assert browser.get("/").status_code == 200
    browser.post("/accounts/logout/")
    assert browser.get("/")["Location"] == f"{LOG_IN}?next=/"


def test_a_closed_account_cannot_log_in(browser: Client) -> None:
    alice = make_user("alice")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    log_in(browser, "alice@example.com")
    assert browser.get("/").status_code == 302


def test_a_forgotten_password_is_reset_by_mail(browser: Client) -> None:
    make_user("alice")
    browser.post("/accounts/password/reset/", {"email": "alice@example.com"})
    assert mail.outbox[0].subject == "[Rowan] Choose a new password"
    form = browser.get(link_in(mail.outbox[0]), follow=True)
    page = form.redirect_chain[-1][0]
    browser.post(page, {"password1": "another good one", "password2": "another good one"})
    assert log_in(browser, "alice@example.com", "another good one").status_code == 302
    again = Client(REMOTE_ADDR="192.0.2.8").get(link_in(mail.outbox[0]), follow=True).content.decode()
    assert "This link does not work any more" in again


def test_a_reset_does_not_tell_who_has_an_account(browser: Client) -> None:
    make_user("alice")
    answers = [browser.post("/accounts/password/reset/", {"email": e}) for e in ("alice@example.com", "nobody@example.com")]
    assert {a["Location"] for a in answers} == {"/accounts/password/reset/done/"}
    assert [m.subject for m in mail.outbox] == ["[Rowan] Choose a new password", "[Rowan] No account with this address"]


def test_a_person_changes_the_password(browser: Client) -> None:
    browser.force_login(make_user("alice"))
    data = {"oldpassword": "wrong", "password1": "another good one", "password2": "another good one"}
    assert "This is not your current password" in browser.post("/accounts/password/change/", data).content.decode()
    assert browser.post("/accounts/password/change/", data | {"oldpassword": PASSWORD})["Location"] == "/"
    assert log_in(Client(REMOTE_ADDR="192.0.2.8"), "alice@example.com", "another good one").status_code == 302


@pytest.fixture
def verified(settings: Any) -> None:
    """As in production: an address is confirmed by a code before it opens anything."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True


def code_in(message: Any) -> str:
    """A line of its own, as allauth makes them: without letters that are taken for others."""
    found = re.search(r"^([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*)$", message.body, re.MULTILINE)
    assert found, message.body
    return found[1]


@pytest.mark.usefixtures("verified")
def test_an_address_is_confirmed_by_the_mailed_code_before_it_opens_anything(browser: Client) -> None:
    sent = browser.post(f"{SIGN_UP}?next=/trash/", {"email": "ann@example.com", "password1": PASSWORD}, follow=True)
    page = sent.content.decode()
    assert sent.redirect_chain == [(CODE, 302)] and "ann@example.com" in page and 'autocomplete="one-time-code"' in page
    assert browser.get("/").status_code == 302
    assert mail.outbox[0].subject == "[Rowan] Your code" and "http" not in mail.outbox[0].body
    assert "This is not the code of the last mail" in browser.post(CODE, {"code": "WRONG"}).content.decode()
    done = browser.post(CODE, {"code": code_in(mail.outbox[0]).lower()}, follow=True)
    assert done.redirect_chain == [("/trash/", 302)] and "ann@example.com is confirmed." in done.content.decode()
    assert EmailAddress.objects.get().verified
    assert browser.get(CODE)["Location"] == "/"


@pytest.mark.usefixtures("verified")
def test_an_account_made_by_an_administrator_is_asked_for_a_code_at_its_first_log_in(browser: Client) -> None:
    make_user("root")
    assert log_in(browser, "root@example.com")["Location"] == CODE
    assert mail.outbox[0].subject == "[Rowan] Your code"
    assert browser.post(CODE, {"code": code_in(mail.outbox[0])})["Location"] == "/"
    browser.post("/accounts/logout/")
    assert log_in(browser, "root@example.com")["Location"] == "/"


@pytest.mark.usefixtures("verified")
def test_the_code_is_of_use_only_in_the_browser_that_signed_up(browser: Client) -> None:
    """Or the owner of an address would confirm the account that a stranger has made with it."""
    browser.post(SIGN_UP, {"email": "ann@example.com", "password1": PASSWORD})
    elsewhere = Client(REMOTE_ADDR="192.0.2.8")
    assert elsewhere.post(CODE, {"code": code_in(mail.outbox[0])})["Location"] == LOG_IN
    assert not EmailAddress.objects.get().verified


@pytest.mark.usefixtures("verified")
def test_the_owner_of_an_address_that_a_stranger_signed_up_gets_the_account_and_the_stranger_nothing(
    browser: Client, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    stranger = Client(REMOTE_ADDR="192.0.2.8")
    stranger.post(SIGN_UP, {"email": "ann@example.com", "password1": "the stranger's own"})
    browser.post(SIGN_UP, {"email": "ann@example.com", "password1": PASSWORD})
    assert mail.outbox[-1].subject == "[Rowan] You have an account already"
    browser.post("/accounts/logout/")
    browser.post("/accounts/password/reset/", {"email": "ann@example.com"})
    page = browser.get(link_in(mail.outbox[-1]), follow=True).redirect_chain[-1][0]
    browser.post(page, {"password1": PASSWORD, "password2": PASSWORD})
    log_in(browser, "ann@example.com")
    browser.post(CODE, {"code": code_in(mail.outbox[-1])})
    assert browser.get("/").status_code == 200
    assert log_in(Client(), "ann@example.com", "the stranger's own").status_code == 200  # the form again
    assert stranger.get("/").status_code == 302


@pytest.mark.usefixtures("verified")
def test_three_wrong_codes_end_the_attempt(browser: Client) -> None:
    browser.post(SIGN_UP, {"email": "ann@example.com", "password1": PASSWORD})
    for _ in range(3):
        answer = browser.post(CODE, {"code": "WRONG"}, follow=True)
    assert "Too many failed tries" in answer.content.decode()
    assert browser.post(CODE, {"code": code_in(mail.outbox[0])})["Location"] == LOG_IN
    assert not EmailAddress.objects.get().verified


@pytest.mark.usefixtures("verified")
def test_a_code_is_sent_again_but_not_at_once(browser: Client, settings: Any) -> None:
    browser.post(SIGN_UP, {"email": "ann@example.com", "password1": PASSWORD})
    assert browser.post(CODE, {"action": "resend"}).status_code == 429
    settings.ACCOUNT_RATE_LIMITS = False
    browser.post(CODE, {"action": "resend"})
    first, second = map(code_in, mail.outbox)
    assert "This is not the code" in browser.post(CODE, {"code": first}).content.decode()
    assert browser.post(CODE, {"code": second})["Location"] == "/"


@pytest.mark.usefixtures("verified")
def test_a_mistyped_address_is_left_behind_by_one_button(browser: Client) -> None:
    page = browser.post(SIGN_UP, {"email": "anm@example.com", "password1": PASSWORD}, follow=True).content.decode()
    assert "Start again with another address" in page
    assert browser.post("/accounts/logout/", {"next": LOG_IN})["Location"] == LOG_IN
    assert "Sign up" in browser.get(SIGN_UP).content.decode()


@pytest.mark.usefixtures("verified")
def test_with_verification_a_sign_up_does_not_tell_that_an_address_is_taken() -> None:
    make_user("alice")
    token = re.compile(r'value="[^"]*"|"X-CSRFToken": "[^"]*"')
    pages = []
    for name in ("alice", "other"):
        browser = Client(REMOTE_ADDR="192.0.2.8")
        for answer in (
            browser.post(SIGN_UP, {"email": f"{name}@example.com", "password1": PASSWORD}, follow=True),
            browser.post(CODE, {"code": "WRONG"}),
        ):
            pages.append(token.sub("", answer.content.decode()).replace(f"{name}@", "somebody@"))
    assert pages[:2] == pages[2:]
    assert [m.subject for m in mail.outbox] == ["[Rowan] You have an account already", "[Rowan] Your code"]
    assert User.objects.filter(email="alice@example.com").count() == 1


def test_guessing_a_password_is_stopped(browser: Client) -> None:
    who = make_user("alice").email
    for _ in range(5):
        log_in(browser, who, "wrong")
    elsewhere = Client(REMOTE_ADDR="192.0.2.8")
    assert "Too many failed tries" in log_in(elsewhere, who).content.decode()
    assert elsewhere.get("/").status_code == 302


def test_a_forged_forwarded_header_does_not_dodge_the_limit(browser: Client) -> None:
    answers = [
        browser.post(SIGN_UP, {"email": "", "password1": ""}, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(25)
    ]
    assert answers[-1] == 429


def test_too_many_requests_get_a_page_of_their_own(browser: Client) -> None:
    for _ in range(25):
        response = browser.post(SIGN_UP, {"email": "", "password1": ""})
    assert response.status_code == 429
    assert "Wait a minute, then try again" in response.content.decode()


def test_the_admin_has_no_log_in_without_limits(browser: Client) -> None:
    assert browser.get("/admin/", follow=True).redirect_chain[-1][0].startswith(LOG_IN)


def test_a_dialog_under_an_ended_session_leads_to_the_log_in_page(browser: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/t/5/?row=3"}
    response = browser.get("/b/new/", headers=headers, follow=True)
    assert response["HX-Redirect"] == f"{LOG_IN}?next=%2Ft%2F5%2F%3Frow%3D3"
    assert response.content == b""


def test_google_is_not_offered_without_keys(browser: Client) -> None:
    assert "Google" not in browser.get(LOG_IN).content.decode()
    assert browser.post("/accounts/google/login/").status_code == 404


# --- Who may sign up ---------------------------------------------------------------------------------------------------


def sign_up(browser: Client, email: str) -> str:
    return str(browser.post(SIGN_UP, {"email": email, "password1": PASSWORD}, follow=True).content.decode())


def test_a_closed_server_takes_no_new_account_and_says_so(browser: Client, settings: Any) -> None:
    settings.SIGN_UP = "closed"
    make_user("alice")
    assert "Sign up" not in (page := browser.get(LOG_IN).content.decode()) and "takes no new accounts" in page
    assert "Sign-up is closed" in browser.get(SIGN_UP).content.decode()
    assert "Sign-up is closed" in sign_up(browser, "ann@example.com")
    assert User.objects.count() == 1
    browser.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert "sign up" not in mail.outbox[-1].body.split("tried")[0].lower()
    assert log_in(browser, "alice@example.com").status_code == 302


@pytest.mark.parametrize("verification", ["none", "mandatory"])
def test_by_invitation_only_an_invited_address_signs_up(browser: Client, settings: Any, verification: str) -> None:
    settings.SIGN_UP, settings.ACCOUNT_RATE_LIMITS = "invited", False
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = verification == "mandatory"
    alice = make_user("alice")
    trashed = make_base(alice)
    invite(make_base(alice), alice, "Ann@example.com", Role.EDITOR)
    invite(trashed, alice, "late@example.com", Role.EDITOR)
    trashed.trash()
    assert "Only people with an invitation can sign up here" in browser.get(SIGN_UP).content.decode()
    for email in ("stranger@example.com", "late@example.com"):
        assert "This address has no invitation." in sign_up(browser, email)
        assert not User.objects.filter(email=email).exists()
    sign_up(browser, "ann@Example.com")
    assert User.objects.filter(email="ann@example.com").exists()


@pytest.mark.parametrize("email", [DEMO_EMAIL, DEMO_EMAIL.upper()])
def test_nobody_signs_up_as_the_demo(browser: Client, email: str) -> None:
    assert "This address is the demo" in sign_up(browser, email)
    assert not User.objects.exists()


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("auto", "auto"), ('"><script>', "auto")])
def test_the_chosen_theme_is_in_the_page_from_the_first_byte(browser: Client, cookie: str, theme: str) -> None:
    browser.cookies["theme"] = cookie
    assert f'data-theme="{theme}"' in browser.get(LOG_IN).content.decode()


def test_errors_have_pages_that_say_what_to_do(browser: Client, settings: Any) -> None:
    browser.force_login(make_user("vera"))
    base = make_base()
    browser.raise_request_exception = False
    assert "There is no page at this address" in browser.get("/nowhere/").content.decode()
    assert "There is no such base" in browser.get("/b/999999/").content.decode()
    assert "This needs the role Owner; yours is Viewer." in browser.get(f"/b/{base.pk}/settings/").content.decode()
    strict = Client(enforce_csrf_checks=True)
    assert "Reload the page and try again" in strict.post(LOG_IN).content.decode()
