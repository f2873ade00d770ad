"""Calls that a person waits for hold few of the web server's threads, however long Claude takes."""

import threading
from typing import Any

import pytest
from django.db import connection

from ai import preview, waiting
from ai.fake import Fake
from bases.models import Member, Role
from tables.models import Table
from tests.ai_fake import KEY
from tests.make import client_of, make_table, make_user, text
from tests.running import wait_until
from tests.test_ai_dialogs import HTMX, SUMMARY, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(settings: Any) -> Table:
    settings.ANTHROPIC_API_KEY = KEY
    return make_table(rows=[["one"]])


def test_while_claude_hangs_a_person_waits_for_one_call_and_all_for_a_third_of_the_threads(
    fake_api: Fake, table: Table, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ANTHROPIC_TIMEOUT = 9
    monkeypatch.setattr(preview, "SECONDS", 6.0)
    monkeypatch.setenv("WEB_WORKERS", "2")
    monkeypatch.setenv("WEB_THREADS", "3")
    assert waiting.of_all() == 2
    hang = fake_api.fail("hang", seconds=9)
    Member.objects.create(base=table.base, user=make_user("carol"), role=Role.EDITOR)
    statuses: list[int] = []

    def ask(name: str) -> None:
        statuses.append(client_of(name).post(at("preview_ai_column", table), SUMMARY, headers=HTMX).status_code)
        connection.close()

    begun: list[object] = []
    right = preview.ask

    def noted(*given: Any, **more: Any) -> Any:
        begun.append(given)
        return right(*given, **more)

    monkeypatch.setattr(preview, "ask", noted)
    bob, carol = client_of("bob"), client_of("carol")
    first = threading.Thread(target=ask, args=["bob"])
    first.start()
    wait_until(lambda: len(begun) == 1, "bob's call begins")
    again = bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX)
    assert again.status_code == 429 and waiting.YOURS in text(again)
    described = bob.post(at("write_prompt", table), {"do": "describe", "wish": "A city"}, headers=HTMX)
    assert described.status_code == 429
    ready = bob.post(at("write_prompt", table), {**SUMMARY, "do": "ready:summarise", "about": "1"}, headers=HTMX)
    assert ready.status_code == 200, "what asks nobody waits for nobody"
    second = threading.Thread(target=ask, args=["alice"])
    second.start()
    wait_until(lambda: len(begun) == 2, "alice's call begins")
    third = carol.post(at("preview_ai_column", table), SUMMARY, headers=HTMX)
    assert third.status_code == 429 and waiting.ALL in text(third)
    for thread in (first, second):
        thread.join(20)
    assert statuses == [200, 200]
    fake_api.rules.list.remove(hang)
    assert bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX).status_code == 200
