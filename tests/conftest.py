"""What tests share: Chromium, and pages in it that are signed in on the live server."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from tests.ai_fake import fake_api as fake_api
from tests.make import PASSWORD, make_user

# A slow hash protects real passwords; here it would only make hundreds of log-ins slow.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No test asks the real API, whatever the environment says: without the fake (tests/ai_fake.py) there is nobody to ask.
settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = "", "http://127.0.0.1:1"
settings.AI_MONTHLY_BUDGET, settings.METRICS_TOKEN = None, ""

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("rowan", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("rowan")

# On a machine that is busy with other work too, what is waited for comes later than on one at rest.
expect.set_options(timeout=20_000)

ROOT = Path(__file__).resolve().parent.parent

CHROMIUM_ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the whole run."""
    arguments = CHROMIUM_ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM") or None, args=arguments)
        # Playwright's event loop runs in this thread, where Django would refuse to talk to the database.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield browser
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        browser.close()


@pytest.fixture
def context_for(chromium: Browser, live_server: Any) -> Iterator[Callable[..., BrowserContext]]:
    """`context_for("alice", viewport=..., ...)`: a browser signed in as that person, on the live server."""
    opened: list[BrowserContext] = []

    def make(name: str | None = None, **options: Any) -> BrowserContext:
        context = chromium.new_context(base_url=live_server.url, **{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(15_000)
        if name:
            client = Client()
            make_user(name)
            assert client.login(email=f"{name}@example.com", password=PASSWORD)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    _await_requests()


def _await_requests() -> None:
    """Let what the pages asked for last come to its end: it and the emptying of the tables could wait for each other."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' AND state <> 'idle'"
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)


@pytest.fixture
def page(context_for: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page signed in as alice. The test fails when the page's own script throws."""
    page = context_for("alice").new_page()
    thrown = errors_of(page)
    yield page
    assert not thrown, "The page's script threw."


def errors_of(page: Page) -> list[str]:
    """What the page's own script throws from now on. (To fail in the listener itself would only break the connection.)"""
    thrown: list[str] = []

    def heard(error: Error) -> None:
        print(f"The page's script threw: {error}\n{error.stack}")  # shown with the test that fails of it
        thrown.append(str(error))

    page.on("pageerror", heard)
    return thrown


def environment_of_tests() -> dict[str, str]:
    """The environment in which another process uses the test database."""
    database = settings.DATABASES["default"]
    options = database.get("OPTIONS", {})
    host = options.get("host") or database["HOST"] or "127.0.0.1"
    user, port = database["USER"] or "postgres", database["PORT"] or 5432
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    name = database["NAME"]
    if str(host).startswith("/"):
        url = f"postgresql://{user}{password}@/{name}?host={quote(str(host), safe='')}"
    else:
        url = f"postgresql://{user}{password}@{host}:{port}/{name}"
    return {"DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, "SECRET_KEY": settings.SECRET_KEY}


@pytest.fixture
def make_data() -> Iterator[Callable[[], Path]]:
    """Makes data folders that PostgreSQL's own user can enter (pytest's own are closed to it when the tests run as root)."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="rowan-test-")))
        made[-1].chmod(0o711)
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder)


@pytest.fixture
def data(make_data: Callable[[], Path]) -> Path:
    return make_data()
