"""The demo door: one click for a browser on this machine, and for nobody else."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from bases.demo import DEMO_EMAIL
from bases.models import Base, User
from bases.progress import State
from config.embedded.process import free_port
from config.serve import Rowan
from ingest.load import run
from ingest.models import Job
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db
LOG_IN = "/accounts/login/"


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True


def local(**more: str) -> Client:
    """A browser on the machine itself."""
    return Client(**{"HTTP_HOST": "127.0.0.1:8000", **more})  # type: ignore[arg-type]


@pytest.mark.usefixtures("demo")
def test_the_demo_is_one_click_on_this_machine() -> None:
    browser = local()
    assert "Continue as demo" in browser.get(LOG_IN).content.decode()
    page = browser.post("/demo/", follow=True)
    assert page.redirect_chain == [("/", 302)]
    user = User.objects.get(email=DEMO_EMAIL)
    assert not user.has_usable_password()
    assert user.memberships.get().base.name == "Demo"
    local(HTTP_HOST="localhost").post("/demo/")
    assert User.objects.count() == user.memberships.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_demo_base_fills_its_leads_by_a_load_and_is_made_once() -> None:
    for _ in range(2):
        call_command("demo", "--rows", "3000")
    base = Base.objects.get()
    assert base.name == "Demo" and base.members.get().user.email == DEMO_EMAIL
    leads, products = base.tables.order_by("pk")
    assert (leads.name, leads.row_count, products.name, products.row_count) == ("Leads", 0, "Products", 100)
    job = Job.objects.get()  # what the worker of bin/run takes up, under a bar
    assert (job.table, job.total, job.state) == (leads, 3_000, State.QUEUED)
    run(job.pk)
    leads.refresh_from_db()
    assert leads.row_count == 3_000


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("wanted", "to"), [("/t/1/?view=3", None), ("https://evil.example/", "/"), ("//evil.example", "/")])
def test_the_demo_leads_to_where_one_was_going_on_this_server(wanted: str, to: str | None) -> None:
    browser = local()
    assert f'name="next" value="{wanted}"' in browser.get(LOG_IN, {"next": wanted}).content.decode().replace("&amp;", "&")
    assert browser.post("/demo/", {"next": wanted})["Location"] == (to or wanted)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"HTTP_X_REAL_IP": "192.0.2.7"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_VIA": "1.1 proxy"},
        {"HTTP_CF_CONNECTING_IP": "192.0.2.7"},
        {"HTTP_HOST": "testserver"},  # the name that a browser elsewhere asked for
        {"SERVER_PROTOCOL": "HTTP/1.0"},  # nginx with a bare proxy_pass: our own name, and nothing added
        {"REMOTE_ADDR": ""},
    ],
)
def test_the_demo_is_closed_to_other_machines(elsewhere: dict[str, str]) -> None:
    browser = local(**elsewhere)
    if elsewhere.get("REMOTE_ADDR") != "":
        assert "Continue as demo" not in browser.get(LOG_IN).content.decode()
    assert browser.post("/demo/").status_code == 404
    assert not User.objects.exists()


def test_without_the_setting_there_is_no_demo(settings: Any) -> None:
    settings.DEMO = False
    assert "Continue as demo" not in local().get(LOG_IN).content.decode()
    assert local().post("/demo/").status_code == 404


@pytest.mark.usefixtures("demo")
def test_nobody_gives_the_shared_demo_account_a_password() -> None:
    browser = local()
    browser.post("/demo/")
    for name in ("account_set_password", "account_change_password"):
        assert browser.post(reverse(name), {"password1": PASSWORD, "password2": PASSWORD}).status_code == 404
    assert "Password" not in browser.get("/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_open", [True, False])
def test_what_run_prints_is_what_the_log_in_page_offers_at_its_url(
    live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    settings.DEMO = is_open
    url = urlsplit(live_server.url)
    assert url.port
    monkeypatch.setenv("HOST", str(url.hostname))
    assert Rowan()._has_demo_door(url.port) == is_open
    settings.ALLOWED_HOSTS = ["rowan.example"]  # the page refuses the name in the URL
    assert not Rowan()._has_demo_door(url.port)
    assert not Rowan()._has_demo_door(free_port())
