"""Runs and a base's AI page, by requests; and `manage.py ai`. The API's fake answers, the pump works in the test's process."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ai import heart, runs
from ai.fake import Fake
from ai.models import BaseAi, Run, Usage
from bases.models import User
from tables import bulk, edits
from tables.models import Bulk, Column, Table
from tables.query.cache import with_redis
from tests.ai_fake import KEY
from tests.ai_runs import alice as alice
from tests.ai_runs import begun, pumped
from tests.ai_runs import summary as summary
from tests.ai_runs import table as table
from tests.conftest import environment_of_tests
from tests.make import cells, client_of, text
from tests.running import Worker, wait_until

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def owner(alice: User) -> Client:
    return client_of(alice)


def at(name: str, run: Run) -> str:
    return reverse(name, args=[run.table_id, run.pk])


def test_a_bar_pauses_resumes_and_cancels(fake_api: Fake, table: Table, alice: User, summary: Column, owner: Client) -> None:
    run = begun(table, alice, summary)
    bar = text(owner.get(reverse("ai_bars", args=[table.pk])))
    assert f"ai-run-{run.pk}" in bar and "0 of 12" in bar and "Pause" in bar and "every 1s" in bar
    assert "<button" not in text(client_of("vera").get(reverse("ai_bars", args=[table.pk])))
    bar = text(owner.post(at("pause_run", run), headers=HTMX))
    assert "Paused by Alice." in bar and "Resume" in bar and "every 2s" in bar
    seen = parse_qs(urlsplit(unescape(re.findall(r'hx-get="([^"]+seen[^"]+)"', bar)[0])).query)
    assert owner.get(at("ai_bar", run), seen).status_code == 204, "somebody may be typing a budget into it"
    assert owner.get(at("ai_bar", run), {"seen": "running:0:0:0:None"}).status_code == 200
    assert "Pause" in text(owner.post(at("resume_run", run), headers=HTMX))
    owner.post(at("cancel_run", run), headers=HTMX)
    assert pumped(run).state == Run.State.CANCELLED and not fake_api.asked()
    assert text(owner.get(reverse("ai_bars", args=[table.pk]))).strip() == ""


def test_a_run_that_a_budget_stopped_goes_on_with_a_larger_one(
    fake_api: Fake, table: Table, alice: User, summary: Column, owner: Client
) -> None:
    run = pumped(begun(table, alice, summary, budget_micros=200))
    assert run.state == Run.State.PAUSED and 0 < run.done < 12
    assert "budget" in text(owner.get(at("ai_bar", run)))
    refused = text(owner.post(at("resume_run", run), {"budget": "0.000001"}, headers=HTMX))
    assert "has spent as much as that already" in refused
    owner.post(at("resume_run", run), {"budget": "1"}, headers=HTMX)
    run = pumped(run)
    assert (run.state, run.done, run.budget_micros) == (Run.State.DONE, 12, 1_000_000)


def test_failed_cells_are_retried_and_a_run_is_taken_back(
    fake_api: Fake, table: Table, alice: User, summary: Column, owner: Client
) -> None:
    before = cells(table)
    fake_api.fail("refusal", contains="name 3<")
    run = pumped(begun(table, alice, summary))
    page = text(owner.get(at("ai_run", run)))
    assert "1 cell failed" in page and "Claude declined to answer this." in page and "Retry failed" in page and "Undo" in page
    assert "Undo" not in text(client_of("bob").get(at("ai_run", run))), "it is alice's"
    fake_api.rules.list.clear()
    owner.post(at("retry_run", run), headers=HTMX)
    again = Run.objects.latest("pk")
    assert (again.total, pumped(again).done) == (1, 1)
    for each in (again, run):
        assert owner.post(at("undo_run", each), headers=HTMX).status_code == 200
        bulk.run(Bulk.objects.filter(action="undo").latest("pk").pk)
        assert "Undo" not in text(owner.get(at("ai_bar", each)))
    assert cells(table) == before
    listed = text(owner.get(reverse("ai_runs", args=[table.pk])))
    assert f"failed cells of run {run.pk}" in listed and "11 of 12" in listed


def test_a_run_that_nobody_works_on_says_so_until_a_worker_comes(
    table: Table, alice: User, summary: Column, owner: Client, tmp_path: Path
) -> None:
    run = begun(table, alice, summary)
    with_redis(lambda client: client.delete(heart.NAME))
    assert "No AI worker is running" in text(owner.get(at("ai_bar", run)))
    runs.cancel(run)
    worker = Worker(environment_of_tests(), tmp_path / "ai.log", "--queues", "ai", "--pool", "threads")
    try:
        wait_until(heart.is_alive, "the worker's heartbeat is heard")
    finally:
        worker.kill()
    run = begun(table, alice, summary)
    assert "No AI worker is running" not in text(owner.get(at("ai_bar", run)))


# --- A base's page -------------------------------------------------------------------------------------------------------


def test_a_key_is_tested_shown_by_its_end_and_removed(fake_api: Fake, table: Table, owner: Client, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY = ""
    url = reverse("base_ai", args=[table.base_id])
    assert "each call is paid by whoever owns the key" in text(owner.get(url))
    fake_api.keys = {KEY}
    wrong = owner.post(reverse("set_base_key", args=[table.base_id]), {"key": KEY[:-4] + "0000"})
    assert wrong.status_code == 422 and "The key was not saved." in text(wrong) and KEY[:-4] not in text(wrong)
    owner.post(reverse("set_base_key", args=[table.base_id]), {"key": KEY})
    page = text(owner.get(url))
    assert f"…{KEY[-4:]}" in page and "set by Alice" in page and KEY[:-4] not in page
    owner.post(reverse("remove_base_key", args=[table.base_id]))
    assert f"…{KEY[-4:]}" not in text(owner.get(url)) and not BaseAi.objects.get().secret


def test_the_page_sets_model_and_budget_and_shows_the_ledger(
    fake_api: Fake, table: Table, alice: User, summary: Column, owner: Client
) -> None:
    run = pumped(begun(table, alice, summary))
    Usage.objects.create(
        base=table.base,
        column_id=9,
        column_name="Gone column",
        day="2026-01-31",
        model="claude-opus-5-5",
        calls=3,
        micros=4_560_000,
    )
    url = reverse("base_ai", args=[table.base_id])
    settings = reverse("set_base_ai", args=[table.base_id])
    for wrong in ({"budget": "-3"}, {"budget": "100001"}, {"model": "nobody's"}):
        assert owner.post(settings, wrong).status_code == 422
    owner.post(settings, {"budget": "12.5", "model": "claude-sonnet-5-5"})
    assert (BaseAi.objects.get().budget_micros, BaseAi.objects.get().model) == (12_500_000, "claude-sonnet-5-5")
    page = text(owner.get(url))
    assert (
        "of $12.50" in page and "Summary" in page and f'<td class="number">{run.calls}</td>' in page and "Gone column" not in page
    )
    earlier = text(owner.get(url, {"month": "2026-01"}))
    assert "Gone column" in earlier and "$4.56" in earlier and "31 Jan 2026" in earlier and "Summary" not in earlier
    assert owner.get(url, {"month": "9999-12"}).status_code == 200
    assert owner.get(url, {"month": "so-me"}).status_code == 200


# --- The command line ----------------------------------------------------------------------------------------------------


def test_the_command_runs_a_column_and_says_what_it_cost(
    fake_api: Fake, table: Table, summary: Column, capsys: pytest.CaptureFixture[str]
) -> None:
    with_redis(lambda client: client.delete(heart.NAME))  # so that it works itself
    call_command("ai", "run", f"{table.pk}:summary", "--wait")
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["state"], told["done"], told["failed"], told["skipped"]) == ("done", 12, 0, 0) and told["spent"] > 0
    for wrong, sentence in [
        ([f"{table.pk}:Name"], "is no AI column"),
        ([f"{table.pk}:Nothing"], "There is no column"),
        (["x"], "names no column"),
        ([str(summary.pk), "--scope", "failed"], "None of these rows has a cell that failed"),
        ([str(summary.pk), "--as", "vera@example.com"], "nobody who may edit"),
    ]:
        with pytest.raises(CommandError, match=sentence):
            call_command("ai", "run", *wrong)


def test_a_retry_of_many_cells_asks_first(fake_api: Fake, table: Table, alice: User, summary: Column, owner: Client) -> None:
    edits.add_rows(table, None, [{"1": f"more {n}"} for n in range(100)])
    table.refresh_from_db()
    fake_api.fail("refusal")
    run = pumped(runs.begin(table, alice, summary, list(range(1, 113)), "all rows"))
    assert run.failed == 112
    bar = text(owner.post(at("retry_run", run), headers=HTMX))
    assert "Confirm first that 112 cells" in bar and "Yes, retry" in bar and Run.objects.count() == 1
    assert "Retry failed" not in bar
    owner.post(at("retry_run", run), {"sure": "true"}, headers=HTMX)
    assert Run.objects.latest("pk").total == 112
