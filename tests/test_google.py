"""Log-in with Google, end to end: a Rowan server with keys, a stand-in for Google, and a browser's requests."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bases.models import User
from config.embedded.process import free_port
from tests.conftest import environment_of_tests
from tests.google_stub import CLIENT_ID, CLIENT_SECRET, GoogleStub
from tests.make import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parent.parent
ANN = {"sub": "1001", "email": "ann@example.com", "email_verified": True, "given_name": "Ann", "family_name": "Lee"}


@pytest.fixture
def google() -> Iterator[GoogleStub]:
    with GoogleStub() as stub:
        yield stub


@pytest.fixture
def rowan(google: GoogleStub, transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The address of a server that has Google's keys and the test's database."""
    port = free_port()
    env = os.environ | {
        **environment_of_tests(),
        "GOOGLE_CLIENT_ID": CLIENT_ID,
        "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
        "GOOGLE_URL": google.url,
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
    }
    log = (tmp_path / "server.log").open("w+")
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                requests.get(f"{url}/accounts/login/", timeout=5)
                break
            except requests.ConnectionError:
                assert server.poll() is None, Path(log.name).read_text()
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)
        log.close()


def continue_with_google(rowan: str, browser: requests.Session, page: str = "/accounts/login/") -> requests.Response:
    form = browser.get(rowan + page, timeout=10)
    assert "Continue with Google" in form.text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
    assert token
    return browser.post(f"{rowan}/accounts/google/login/", {"csrfmiddlewaretoken": token[1]}, timeout=20)


def test_people_come_in_through_google(rowan: str, google: GoogleStub) -> None:
    """One server for the whole story: starting one takes seconds."""
    google.person = ANN
    first = requests.Session()
    home = continue_with_google(rowan, first, "/accounts/signup/")
    assert (home.url, home.status_code) == (f"{rowan}/", 200)
    assert "ann@example.com" in home.text
    ann = User.objects.get()
    assert (ann.first_name, ann.last_name, ann.has_usable_password()) == ("Ann", "Lee", False)
    assert google.refused == []

    # Google's id is the account, whatever address it has by now.
    google.person = ANN | {"email": "ann.lee@example.com"}
    assert "ann@example.com" in continue_with_google(rowan, requests.Session()).text
    assert User.objects.count() == 1

    # Who presses Cancel, or brings a code twice or of another window, is not let in.
    google.person = None
    assert "You cancelled the log-in" in continue_with_google(rowan, requests.Session()).text
    stranger = requests.Session()
    failed = stranger.get(f"{rowan}/accounts/google/login/callback/?code=stolen&state=stolen", timeout=10)
    assert "Google’s answer could not be used" in failed.text
    assert stranger.get(f"{rowan}/", timeout=10).url.startswith(f"{rowan}/accounts/login/")

    # A token for another site, or an old one, opens nothing.
    google.person = ANN
    for claims in ({"aud": "another.apps.example"}, {"iss": "https://evil.example"}, {"exp": 1_000_000_000}):
        google.claims = claims
        assert "Google’s answer could not be used" in continue_with_google(rowan, requests.Session()).text
    google.claims = {}


def test_google_opens_the_account_that_has_the_address_and_locks_out_who_only_claimed_it(rowan: str, google: GoogleStub) -> None:
    user = make_user("ann")  # signed up with Ann's address and never verified it
    google.person = ANN
    assert "ann@example.com" in continue_with_google(rowan, requests.Session()).text
    user.refresh_from_db()
    assert User.objects.count() == 1
    assert not user.check_password(PASSWORD)

    # An address that Google has not verified proves nothing.
    owner = make_user("bob")
    google.person = {"sub": "2002", "email": "bob@example.com", "email_verified": False}
    browser = requests.Session()
    continue_with_google(rowan, browser)
    assert browser.get(f"{rowan}/", timeout=10).url.startswith(f"{rowan}/accounts/confirm-email/")
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
