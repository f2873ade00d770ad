"""The page of API tokens: made, shown once, used, taken back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api import tokens
from api.models import Token
from bases.demo import demo_user
from tests.make import client_of, make_base, make_user, text

pytestmark = pytest.mark.django_db

PAGE = "/account/tokens/"


def made(client: Client, **more: str) -> Any:
    return client.post(PAGE, {"name": "Nightly import", "may": "read", "base": "", "days": "90", **more})


def token_in(page: str) -> str:
    found = re.findall(r'value="(rowan_[A-Za-z0-9]{43})"', page)
    assert len(found) == 1
    return str(found[0])


def test_a_token_is_shown_once_and_works() -> None:
    base = make_base()
    client = client_of("alice")
    page = text(made(client, may="write", base=str(base.pk)))
    given = token_in(page)
    token = Token.objects.get()
    assert token.may_write and token.base == base and given not in str(vars(token)) and token.last_four == given[-4:]
    assert token.expires_at and timedelta(days=89) < token.expires_at - timezone.now() < timedelta(days=91)
    assert given not in text(client.get(PAGE)) and "Nightly import" in text(client.get(PAGE))
    answer = Client().get(reverse("api_root"), headers={"Authorization": f"Bearer {given}"})
    assert answer.status_code == 200 and answer.json()["token"]["base"] == base.pk


def test_the_page_tells_when_it_was_used_last() -> None:
    client = client_of("alice")
    given = token_in(text(made(client)))
    assert "never used" in text(client.get(PAGE))
    headers = {"Authorization": f"Bearer {given}"}
    Client().get(reverse("api_root"), headers=headers)
    first = Token.objects.get().used_at
    Client().get(reverse("api_root"), headers=headers)
    assert first and Token.objects.get().used_at == first, "a second call within the minute is not noted"
    assert "never used" not in text(client.get(PAGE))


def test_a_removed_token_is_refused_and_nobody_removes_anothers() -> None:
    given = token_in(text(made(client_of("alice"))))
    token = Token.objects.get()
    assert client_of("bob").post(f"{PAGE}{token.pk}/remove/").status_code == 404
    assert client_of("alice").post(f"{PAGE}{token.pk}/remove/").status_code == 302
    assert Client().get(reverse("api_root"), headers={"Authorization": f"Bearer {given}"}).status_code == 401


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "what the token is for"),
        ({"name": "x" * 101}, "100 characters"),
        ({"base": "99999"}, "one of the bases"),
        ({"base": "x"}, "one of the bases"),
        ({"base": "1" * 5_000}, "one of the bases"),
        ({"days": "31"}, "not known"),
        ({"may": "own"}, "not known"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(given: dict[str, str], says: str) -> None:
    answer = made(client_of("alice"), **given)
    assert answer.status_code == 422 and says in text(answer) and not Token.objects.exists()


def test_a_token_for_ever_must_be_asked_for() -> None:
    client = client_of("alice")
    assert client.post(PAGE, {"name": "Mine", "may": "read"}).status_code == 422
    made(client, days="")
    assert Token.objects.get().expires_at is None


def test_a_base_of_somebody_else_cannot_be_named() -> None:
    base = make_base()
    assert made(client_of("charlie"), base=str(base.pk)).status_code == 422


def test_one_person_has_so_many_tokens() -> None:
    alice = make_user("alice")
    for n in range(tokens.TOKENS_LIMIT):
        tokens.create(alice, str(n), may_write=False, base=None, days=None)
    assert "Take one back first" in text(made(client_of("alice")))


def test_a_name_is_escaped() -> None:
    page = text(made(client_of("alice"), name="<script>alert(1)</script>"))
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_a_token_of_the_demo_account_opens_nothing_from_elsewhere(settings: Any) -> None:
    settings.DEMO = True
    _, given = tokens.create(demo_user(), "Demo", may_write=True, base=None, days=None)
    headers = {"Authorization": f"Bearer {given}", "Host": "localhost"}
    assert Client().get(reverse("api_root"), headers=headers, REMOTE_ADDR="127.0.0.1").status_code == 200
    assert Client().get(reverse("api_root"), headers=headers, REMOTE_ADDR="192.0.2.1").status_code == 401
    assert Client().get(reverse("api_root"), headers=headers | {"X-Forwarded-For": "192.0.2.1"}).status_code == 401
    settings.DEMO = False
    assert Client().get(reverse("api_root"), headers=headers, REMOTE_ADDR="127.0.0.1").status_code == 401
