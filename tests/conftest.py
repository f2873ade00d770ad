"""What tests share: Chromium, and pages in it that are signed in on the live server."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.db.backends.base.creation import BaseDatabaseCreation
from django.test import Client, TransactionTestCase
from playwright.sync_api import Browser, BrowserContext, Dialog, Error, Page, expect, sync_playwright
from psycopg import sql
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer
from whitenoise import WhiteNoise

from tests import chromium as chromiums
from tests.ai_fake import fake_api as fake_api
from tests.emptying import empty_tables
from tests.make import PASSWORD, make_user

# A slow hash protects real passwords; here it would only make hundreds of log-ins slow.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No test asks the real API, whatever the environment says: without the fake (tests/ai_fake.py) there is nobody to ask.
settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = "", "http://127.0.0.1:1"
settings.AI_MONTHLY_BUDGET, settings.METRICS_TOKEN = None, ""

TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]


def drop_database(creation: BaseDatabaseCreation, name: str, verbosity: int) -> None:
    """Drop the test database, whoever is still in it: a thread of the server may answer what a closing page sent last."""
    with creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


BaseDatabaseCreation._destroy_test_db = drop_database  # type: ignore[attr-defined]

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
    program = chromiums.find()
    assert program, "There is no Chromium; set CHROMIUM to the path of one."
    arguments = CHROMIUM_ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=ROOT / "tests/chromium.sh", args=arguments, env={**os.environ, "CHROMIUM": program}
        )
        # Playwright's event loop runs in this thread, where Django would refuse to talk to the database.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield browser
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        browser.close()


def start_server() -> LiveServer:
    """Rowan on a port of this machine, in threads. As in production, a browser asks for a script or a style sheet once."""

    def with_static_files(application: Any) -> WhiteNoise:
        server = WhiteNoise(application, max_age=86_400)
        for finder in finders.get_finders():
            for path, storage in finder.list(None):
                server.add_file_to_dictionary(settings.STATIC_URL + path, storage.path(path))
        return server

    server = LiveServer("localhost", start=False)
    server.thread.static_handler = with_static_files  # type: ignore[assignment]
    server.start()
    return server


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[LiveServer]:
    server = start_server()
    yield server
    server.stop()


class Contexts:
    """Browser contexts of people on the live server.

    Those without options of their own are kept from test to test, one for each person, with their cache: the first page in a
    new one asks for 85 scripts and style sheets. Pages, with what they store, cookies and permissions go with each test.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.kept: dict[str, BrowserContext] = {}
        self.used: list[str] = []
        self.others: list[BrowserContext] = []

    def open(self, name: str | None = None, **options: Any) -> BrowserContext:
        if name and not options and name not in self.used:
            context = self._kept(name)
        else:
            context = self._new(**options)
            self.others.append(context)
        if name:
            client = Client()
            make_user(name)
            assert client.login(email=f"{name}@example.com", password=PASSWORD)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.url}])
        return context

    def _kept(self, name: str) -> BrowserContext:
        self.used.append(name)
        if self.kept.get(name) not in self.browser.contexts:
            self.kept[name] = self._new()
        return self.kept[name]

    def _new(self, **options: Any) -> BrowserContext:
        context = self.browser.new_context(base_url=self.url, **{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(15_000)
        return context

    def tidy(self) -> None:
        """Close what a test has opened, and leave nothing of it in what is kept."""
        for context in self.others:
            context.close()
        self.others.clear()
        while self.used:
            context = self.kept[self.used.pop()]
            if context not in self.browser.contexts:
                continue  # the test has closed it
            for page in context.pages:
                page.unroute_all(behavior="ignoreErrors")
                leave(page)
                page.close()
            context.clear_cookies()
            context.clear_permissions()


def leave(page: Page) -> None:
    """Go nowhere. A page that is told to close while it loads itself anew is not closed, and nobody says so."""

    def go(dialog: Dialog) -> None:
        with suppress(Error):  # the test has answered it
            dialog.accept()

    page.on("dialog", go)
    with suppress(Error):
        page.goto("about:blank", timeout=5_000)


@pytest.fixture(scope="session")
def contexts(chromium: Browser, live_server: LiveServer) -> Iterator[Contexts]:
    found = Contexts(chromium, live_server.url)
    yield found
    for context in found.kept.values():
        context.close()


@pytest.fixture
def context_for(contexts: Contexts) -> Iterator[Callable[..., BrowserContext]]:
    """`context_for("alice", viewport=..., ...)`: a browser signed in as that person, on the live server."""
    yield contexts.open
    contexts.tidy()
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
