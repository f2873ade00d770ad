"""Who may call what of the API: every endpoint, every method, every kind of person and token."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api import tokens
from api.models import Token
from bases.models import Base, Member, Role, User
from tests.api_access import ANYBODY, API_URLS, Call
from tests.make import make_base, make_user
from tests.scene import RANK, Scene, make_scene

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CALLS = {name: call for name, call in API_URLS.items() if call.methods}


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def bearer(user: User, *, may_write: bool = True, base: Base | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.create(user, 'Test', may_write=may_write, base=base, days=None)[1]}"}


def call(scene: Scene, name: str, method: str, headers: dict[str, str], ids: dict[str, Any] | None = None) -> Any:
    """One call, with its changes taken back."""
    it: Call = API_URLS[name]
    path = reverse(name, args=[(ids or scene.ids)[part] for part in it.where])
    with transaction.atomic():
        response: Any = Client().generic(method, path, json.dumps(it.body.get(method, {})), "application/json", headers=headers)
        transaction.set_rollback(True)
    assert response["Content-Type"] == "application/json", f"{method} {name}: {response.status_code}"
    return response


def expected(it: Call, method: str, who: str) -> int:
    """403 for a role too weak, 404 for a stranger, 405; 0: the person is let in, whatever the answer then is."""
    rule = it.methods.get(method)
    if rule is None:
        return 405
    if rule == ANYBODY:
        return 0
    if who not in RANK:
        return 404
    return 0 if RANK[who] >= Role[rule.upper()] else 403


@pytest.mark.parametrize("who", ["charlie", "staff", "vera", "bob", "alice"])
def test_everybody_may_call_what_the_table_says_and_nothing_else(scene: Scene, who: str) -> None:
    user = scene.people[who]
    assert user
    headers, wrong = bearer(user), []
    for name, it in CALLS.items():
        for method in METHODS:
            got, want = call(scene, name, method, headers).status_code, expected(it, method, who)
            if got != want and not (want == 0 and got < 500 and got not in (401, 403, 404, 405)):
                wrong.append(f"{method} {name}: {got}, not {want or 'let in'}")
    assert wrong == []


def test_a_stranger_cannot_tell_what_is_there_from_what_is_not(scene: Scene) -> None:
    headers = bearer(make_user("charlie"))
    nothing = dict.fromkeys(scene.ids, 99999999)
    for name, it in CALLS.items():
        for method in it.methods if it.where else ():
            there, not_there = call(scene, name, method, headers), call(scene, name, method, headers, nothing)
            assert there.status_code == not_there.status_code == 404, name
            assert there.content == not_there.content, name


def test_a_token_that_may_only_read_changes_nothing(scene: Scene) -> None:
    headers = bearer(make_user("alice"), may_write=False)
    for name, it in CALLS.items():
        for method in it.methods:
            got = call(scene, name, method, headers)
            assert got.status_code == (200 if method == "GET" else 403), f"{method} {name}"
            assert method == "GET" or "only read" in got.content.decode()


def test_a_token_for_one_base_opens_no_other(scene: Scene) -> None:
    headers = bearer(make_user("alice"), base=make_base(name="Another"))
    for name, it in CALLS.items():
        for method in it.methods if it.where else ():
            there = call(scene, name, method, headers)
            not_there = call(scene, name, method, headers, dict.fromkeys(scene.ids, 99_999_999))
            assert there.status_code == 404 and there.content == not_there.content, f"{method} {name}"
    listed = call(scene, "api_bases", "GET", headers).json()
    assert [base["name"] for base in listed["bases"]] == ["Another"]


def test_without_a_valid_token_there_is_nothing_but_401(scene: Scene) -> None:
    alice = make_user("alice")
    over, text = tokens.create(alice, "Over", may_write=True, base=None, days=1)
    Token.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    removed, gone = tokens.create(alice, "Gone", may_write=True, base=None, days=None)
    removed.delete()
    bad = [
        "",
        "Bearer",
        f"Bearer {text}",
        f"Bearer {gone}",
        f"Bearer {gone[:-1]}",
        "Bearer rowan_" + "é" * 43,
        f"Basic {gone}",
        "\x00",
    ]
    for name in API_URLS:
        for given in bad if name == "api_rows" else bad[:1]:
            where = [scene.ids[part] for part in API_URLS[name].where] or ([""] if name == "api_nowhere" else [])
            got = Client().get(reverse(name, args=where), headers={"Authorization": given})
            assert got.status_code == 401, f"{name} {given!r}"
            assert got["WWW-Authenticate"] == 'Bearer realm="Rowan"'
            assert got["Cache-Control"].startswith("max-age=0")


def test_a_browsers_session_counts_for_nothing(scene: Scene) -> None:
    client = scene.client("alice", enforce_csrf_checks=True)
    path = reverse("api_rows", args=[scene.table.pk])
    body = {"rows": [{"cells": {"Name": "forged"}}]}
    assert client.get(path).status_code == 401
    assert client.post(path, body, content_type="application/json").status_code == 401


def test_a_token_opens_no_page(scene: Scene) -> None:
    got = Client().get(reverse("grid", args=[scene.table.pk]), headers=bearer(make_user("alice")))
    assert got.status_code == 302


def test_a_token_goes_with_its_person(scene: Scene) -> None:
    bob = make_user("bob")
    headers = bearer(bob)
    assert call(scene, "api_table", "GET", headers).status_code == 200
    Member.objects.filter(user=bob).delete()
    assert call(scene, "api_table", "GET", headers).status_code == 404
    bob.is_active = False
    bob.save()
    assert call(scene, "api_table", "GET", headers).status_code == 401


def test_an_address_that_is_not_there_is_told_in_json(scene: Scene) -> None:
    got = Client().get("/api/v2/tables/", headers=bearer(make_user("alice")))
    assert got.status_code == 404
    assert "/api/v1/" in got.json()["error"]
    for path in ("/api", "/api/", "/api/v1/%0A", "/api/v1/bases"):
        got = Client().get(path, headers=bearer(make_user("alice")))
        assert got.status_code == 404 and got["Content-Type"] == "application/json"
