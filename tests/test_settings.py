"""Settings: a bad value stops the start with a sentence; production does not start on defaults; every page is guarded."""

import json
import os
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from config.checks import mail_is_sent, redis_has_a_password
from tests.conftest import ROOT
from tests.make import make_table, make_user
from tests.running import manage

# What can be set, by the file that tells people so.
NAMES = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
PRODUCTION = {
    "ROWAN_PRODUCTION": "1",
    "SECRET_KEY": "s" * 50,
    "ALLOWED_HOSTS": "rowan.example, www.rowan.example",
    "DATABASE_URL": "postgres://rowan:secret@db.example:5432/rowan",
    "REDIS_URL": "redis://:secret@redis.example:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example:587",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set but an empty data folder."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ROWAN_DATA", str(tmp_path))


def load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The settings as they come out of the file with these variables."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "config" / "settings.py"))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DEBUG", "maybe", "neither yes nor no"),
        ("ROWAN_PRODUCTION", "ture", "neither yes nor no"),
        ("ROWAN_DEMO", "2", "neither yes nor no"),
        ("TRUSTED_PROXIES", "one", "whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "-1", "whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "10", "whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "--5", "whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "²", "whole number from 0 to 9"),
        ("TRUSTED_PROXIES", "0.5", "whole number from 0 to 9"),
        ("ANTHROPIC_BASE_URL", "ftp://api.example", "must start with https://"),
        ("ANTHROPIC_BASE_URL", "https://", "must start with https://"),
        ("ANTHROPIC_TIMEOUT", "0", "whole number from 1 to 240"),
        ("AI_MONTHLY_BUDGET", "lots", "not a number of dollars"),
        ("AI_MONTHLY_BUDGET", "-5", "not a number of dollars"),
        ("AI_MONTHLY_BUDGET", "1e9", "not a number of dollars"),
        ("AI_MONTHLY_BUDGET", "1,000", "not a number of dollars"),
        ("METRICS_TOKEN", "short", "shorter than 20 characters"),
        ("METRICS_TOKEN", "two words, which are long enough", "has spaces"),
        ("ROWAN_SECRETS_KEY", "c2hvcnQ=", "32 bytes in base64"),
        ("ROWAN_SECRETS_KEY", "no base64 at all!", "32 bytes in base64"),
        ("SIGN_UP", "invite", "none of open, invited and closed"),
        ("UPLOAD_LIMIT_MB", "5GB", "whole number from 1 to"),
        ("DATABASE_URL", "mysql://localhost/rowan", "Rowan needs PostgreSQL"),
        ("DATABASE_URL", "rowan", "must start with postgres://"),
        ("DATABASE_URL", "postgres://localhost:port/rowan", "DATABASE_URL"),
        ("REDIS_URL", "localhost:6379", "must start with redis://"),
        ("REDIS_URL", "amqp://localhost", "must start with redis://"),
        ("ACCOUNT_EMAIL_VERIFICATION", "sometimes", "mandatory nor none"),
        ("GOOGLE_CLIENT_ID", "only-the-id", "must both be set"),
        ("GOOGLE_CLIENT_SECRET", "only-the-secret", "must both be set"),
        ("EMAIL_URL", "pigeon://loft", "EMAIL_URL"),
        ("TIME_ZONE", "Mars/Olympus_Mons", "TIME_ZONE"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        load(monkeypatch, **{name: value})
    assert says in str(stopped.value) and name in str(stopped.value)


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
@pytest.mark.parametrize("value", [None, ""], ids=["not set", "empty"])
def test_production_does_not_start_without_what_it_needs(monkeypatch: pytest.MonkeyPatch, name: str, value: str | None) -> None:
    environment = {key: text for key, text in PRODUCTION.items() if key != name} | ({} if value is None else {name: value})
    with pytest.raises(ImproperlyConfigured, match=f"In production {name} must be set"):
        load(monkeypatch, **environment)


def test_production_does_not_start_with_a_short_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="openssl rand"):
        load(monkeypatch, **PRODUCTION | {"SECRET_KEY": "short"})


def test_production_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = load(monkeypatch, **PRODUCTION, DEBUG="1", ROWAN_DEMO="1")
    assert (found["DEBUG"], found["DEMO"]) == (False, False)
    assert found["ALLOWED_HOSTS"] == ["rowan.example", "www.rowan.example"]
    assert found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"] and found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["ACCOUNT_EMAIL_VERIFICATION"] == "mandatory" and found["ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED"]
    assert found["SIGN_UP"] == "invited"
    assert found["ALLAUTH_TRUSTED_PROXY_COUNT"] == 0
    assert (found["DATABASES"]["default"]["HOST"], found["REDIS_URL"]) == ("db.example", PRODUCTION["REDIS_URL"])


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("redis://redis.example:6379/0", True),
        ("rediss://redis.example", True),
        ("redis://user@10.0.0.5/0", True),
        ("redis://127.0.0.1:6379/0", False),
        ("redis://localhost", False),
        ("redis://[::1]:6379/1", False),
        ("rediss://:pw@a.example", False),
    ],
)
def test_the_deploy_check_warns_of_a_redis_that_anybody_can_write_to(settings: Any, url: str, warns: bool) -> None:
    settings.REDIS_URL = url
    assert bool(redis_has_a_password(None)) == warns


def test_the_deploy_check_warns_of_mail_that_is_only_printed(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    for url, warns in (("", True), ("console", True), (PRODUCTION["EMAIL_URL"], False)):
        settings.EMAIL_BACKEND = load(monkeypatch, **PRODUCTION | {"EMAIL_URL": url})["EMAIL_BACKEND"]
        assert bool(mail_is_sent(None)) == warns


def test_the_demo_door_is_open_beside_the_embedded_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run_embedded(tmp_path)
    assert load(monkeypatch)["DEMO"]


def run_embedded(data: Path) -> None:
    """Say, as the embedded servers do, that they run: as this process."""
    known = {"pid": os.getpid(), "database": "postgresql://rowan@/rowan", "redis": "redis://:x@127.0.0.1:1/0"}
    (data / "servers.json").write_text(json.dumps(known))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROWAN_DEMO", "0"),
        ("HOST", "0.0.0.0"),
        ("ALLOWED_HOSTS", "localhost,rowan.example"),
        ("TRUSTED_PROXIES", "1"),
        ("CSRF_TRUSTED_ORIGINS", "https://rowan.example"),
        ("DATABASE_URL", PRODUCTION["DATABASE_URL"]),
    ],
)
def test_the_demo_door_is_shut_by_all_that_tells_of_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    run_embedded(tmp_path)
    assert not load(monkeypatch, **{name: value})["DEMO"]


def test_the_key_is_made_once_and_is_the_owners_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = load(monkeypatch)["SECRET_KEY"], load(monkeypatch)["SECRET_KEY"]
    assert first == second and len(first) >= 50
    kept = tmp_path / "secret_key"
    assert kept.read_text().strip() == first
    assert oct(kept.stat().st_mode & 0o777) == "0o600"


def test_with_nothing_set_nothing_is_open_to_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    found = load(monkeypatch)
    assert found["DEBUG"] is False
    assert set(found["ALLOWED_HOSTS"]) == {"localhost", "127.0.0.1", "[::1]"}
    assert not found["SOCIALACCOUNT_PROVIDERS"]


def test_without_a_token_and_a_budget_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found = load(monkeypatch)
    assert (found["METRICS_TOKEN"], found["AI_MONTHLY_BUDGET"]) == ("", None)
    found = load(monkeypatch, METRICS_TOKEN="t" * 20, AI_MONTHLY_BUDGET="12.50")
    assert (found["METRICS_TOKEN"], found["AI_MONTHLY_BUDGET"]) == ("t" * 20, 12_500_000)


def test_a_start_that_is_refused_exits_with_the_sentence(tmp_path: Path) -> None:
    done = manage("check", environment={"ROWAN_PRODUCTION": "1", "ROWAN_DATA": str(tmp_path)})
    assert done.returncode != 0
    assert "In production SECRET_KEY must be set." in done.stderr.strip().splitlines()[-1]


def test_djangos_own_checks_find_nothing_in_production(tmp_path: Path) -> None:
    environment = PRODUCTION | {"ROWAN_DATA": str(tmp_path)}
    done = manage("check", "--deploy", "--fail-level", "ERROR", environment=environment)
    assert done.returncode == 0, done.stderr
    allowed = (
        "security.W005",
        "security.W021",
        "W009",
    )  # HSTS for subdomains and preload are the host's to decide; the test's key
    found = [line for line in done.stderr.splitlines() if line.startswith("?:") and not any(code in line for code in allowed)]
    assert found == []


@pytest.mark.django_db
def test_every_page_says_what_it_may_load(client: Client) -> None:
    table = make_table(rows=[["Ann", 1]])
    alice = make_user("alice")
    urls = ["/", reverse("account_login"), reverse("account_signup"), "/nowhere/", f"/t/{table.pk}/", "/admin/"]
    for person in (None, alice):
        if person:
            client.force_login(person)
        for url in urls:
            response = client.get(url)
            policy = response["Content-Security-Policy"]
            assert "default-src 'self'" in policy and "unsafe" not in policy, url
            assert "frame-ancestors 'none'" in policy
            assert response["X-Content-Type-Options"] == "nosniff"
            assert response["X-Frame-Options"] == "DENY"
            assert response["Referrer-Policy"] == "same-origin"


def test_the_example_file_names_every_variable_the_settings_read() -> None:
    source = "".join(path.read_text() for path in (ROOT / "config").rglob("*.py"))
    read = set(re.findall(r"""(?:env\.\w+|_flag|_number|_micros|_required|environ\.get)\(\s*"([A-Z][A-Z_]+)\"""", source))
    # Not for people: what bin/run hands to its processes, and the tests' stand-in for Google.
    assert read - {"WEB_SOCKET", "GOOGLE_URL", "ROWAN_AI_DEMO_URL"} - set(NAMES) == set()
    assert {"PORT", "DATABASE_URL", "WEB_WORKERS"} <= read
