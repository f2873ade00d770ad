"""Accounts: sign up, log in and out, passwords, limits, the demo door."""

import re
import uuid
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from bases.demo import DEMO_EMAIL
from bases.models import User
from tests.make import PASSWORD, make_base, make_user

pytestmark = pytest.mark.django_db
LOG_IN, SIGN_UP = "/accounts/login/", "/accounts/signup/"


@pytest.fixture(autouse=True)
def own_limits(settings: Any) -> None:
    """The limits count in Redis, by address and by e-mail, for minutes: each test counts for itself."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{uuid.uuid4().hex}"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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


def test_with_verification_an_address_is_confirmed_before_it_opens_anything(browser: Client, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    sent = browser.post(SIGN_UP, {"email": "ann@example.com", "password1": PASSWORD}, follow=True)
    assert "Check your mail" in sent.content.decode()
    assert browser.get("/").status_code == 302
    link = link_in(mail.outbox[0])
    assert "Is <strong>ann@example.com</strong> your e-mail address?" in browser.get(link).content.decode()
    browser.post(link)
    log_in(browser, "ann@example.com")
    assert browser.get("/").status_code == 200


def test_with_verification_a_sign_up_does_not_tell_that_an_address_is_taken(settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    make_user("alice")
    answers = []
    for email in ("alice@example.com", "new@example.com"):
        browser = Client(REMOTE_ADDR="192.0.2.8")
        answers.append(browser.post(SIGN_UP, {"email": email, "password1": PASSWORD})["Location"])
    assert answers[0] == answers[1]
    assert [m.subject for m in mail.outbox] == ["[Rowan] You have an account already", "[Rowan] Confirm your e-mail address"]
    assert User.objects.filter(email="alice@example.com").count() == 1


def test_guessing_a_password_is_stopped(browser: Client) -> None:
    who = make_user("alice").email
    for _ in range(5):
        log_in(browser, who, "wrong")
    elsewhere = Client(REMOTE_ADDR="192.0.2.8")
    assert "Too many failed log-ins" in log_in(elsewhere, who).content.decode()
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


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.mark.usefixtures("demo")
def test_the_demo_is_one_click_on_this_machine() -> None:
    browser = Client()
    assert "Continue as demo" in browser.get(LOG_IN).content.decode()
    page = browser.post("/demo/", follow=True)
    assert page.redirect_chain == [("/", 302)]
    user = User.objects.get(email=DEMO_EMAIL)
    assert not user.has_usable_password()
    assert user.memberships.get().base.name == "Demo"
    Client().post("/demo/")
    assert User.objects.count() == user.memberships.count() == 1


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_the_demo_is_closed_to_other_machines(elsewhere: dict[str, str]) -> None:
    browser = Client(**elsewhere)  # type: ignore[arg-type]
    if elsewhere.get("REMOTE_ADDR") != "":
        assert "Continue as demo" not in browser.get(LOG_IN).content.decode()
    assert browser.post("/demo/").status_code == 404
    assert not User.objects.exists()


def test_without_the_setting_there_is_no_demo(settings: Any) -> None:
    settings.DEMO = False
    assert "Continue as demo" not in Client().get(LOG_IN).content.decode()
    assert Client().post("/demo/").status_code == 404


@pytest.mark.usefixtures("demo")
def test_nobody_gives_the_shared_demo_account_a_password() -> None:
    browser = Client()
    browser.post("/demo/")
    for name in ("account_set_password", "account_change_password"):
        assert browser.post(reverse(name), {"password1": PASSWORD, "password2": PASSWORD}).status_code == 404
    assert "Password" not in browser.get("/").content.decode()


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
