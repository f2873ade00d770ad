"""What guards every URL beside who may open it: CSRF token, methods, Content-Security-Policy; and the door of the admin."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from bases.models import User
from tests.scene import Scene, make_scene
from tests.test_access import URLS, address, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.ACCOUNT_RATE_LIMITS = False
    return make_scene()


def test_a_write_without_a_csrf_token_is_refused(scene: Scene) -> None:
    client = scene.client("alice", enforce_csrf_checks=True)
    for name, url in URLS.items():
        if url.post:
            assert client.post(address(scene, name), url.data).status_code == 403, name


def test_other_methods_are_refused(scene: Scene) -> None:
    client = scene.client("alice")
    for name in URLS:
        if name.startswith(("account_", "socialaccount_")):
            continue  # django-allauth's views take PUT for POST
        for method in ("put", "patch", "delete"):
            assert getattr(client, method)(address(scene, name)).status_code in (404, 405), f"{method} {name}"


def test_no_page_holds_inline_script_or_style(scene: Scene) -> None:
    """The Content-Security-Policy would block it, and only in the browser."""
    inline = re.compile(rb"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:\ssrc=|type=\"application/json\"))|javascript:", re.I)
    for name, url in URLS.items():
        for who in ("anonymous", "alice"):
            response = send(scene, scene.client(who), "get", name)
            if url.get and not response.streaming and name != "copy":  # whose table is for other programs' clipboards
                assert not inline.search(response.content), f"{name}: {inline.search(response.content)}"
                assert "default-src 'self'" in response["Content-Security-Policy"]


def test_the_admin_is_for_staff_only(scene: Scene) -> None:
    samples = {"object_id": "1", "content_type_id": 1, "app_label": "bases", "url": "nowhere", "id": 1, "from_field": "id"}
    root = User.objects.create_superuser("root@example.com")
    admin_site = next(p for p in get_resolver().url_patterns if isinstance(p, URLResolver) and p.namespace == "admin")
    paths = set(_admin_paths(admin_site.url_patterns, "/admin/", samples))
    assert len(paths) > 10
    for path in paths:
        for who in ("anonymous", "charlie", "alice"):
            response = scene.client(who).get(path)
            assert response.status_code in (302, 403, 404, 405), f"{who} GET {path}: {response.status_code}"
    client = Client()
    client.force_login(root)
    assert client.get("/admin/").status_code == 200


def _admin_paths(patterns: list[Any], prefix: str, samples: dict[str, Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _admin_paths(pattern.url_patterns, prefix + _filled(str(pattern.pattern), samples), samples)
        else:
            yield prefix + _filled(str(pattern.pattern), samples)


def _filled(pattern: str, samples: dict[str, Any]) -> str:
    pattern = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(samples.get(found[1], 1)), pattern)
    return re.sub(r"\(\?P.*?\)|[\^$]", "bases", pattern) if "(?P" in pattern else pattern
