"""AI runs by a real Celery worker, which is killed: each cell is completed exactly once, and none is lost."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ai import columns, runs, tasks
from ai.fake import Fake
from ai.models import AiCell, Run, Status
from ai.slice import BATCH
from tables import edits
from tables.models import RowChange
from tests.ai_fake import KEY
from tests.conftest import environment_of_tests
from tests.loads import ALL_AT_ONCE
from tests.make import make_table, make_user
from tests.running import Worker, wait_until

CELLS = 2_000
KILLS = 10


@pytest.fixture
def fake(settings: Any) -> Iterator[Fake]:
    settings.ANTHROPIC_API_KEY = KEY
    # Messages that nobody has taken, and what is known of the key's rate, are of tests before.
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
    with Fake(latency=0.05) as found:
        yield found


def worker(fake: Fake, folder: Path) -> Worker:
    more = {"ANTHROPIC_BASE_URL": fake.url, "ANTHROPIC_API_KEY": KEY, "AI_CONCURRENCY": "2"}
    return Worker(
        {**environment_of_tests(), **more}, folder / "log", "--queues", "ai", "--pool", "threads", "--hostname", "ai@test"
    )


def done(run: Run) -> int:
    return Run.objects.get(pk=run.pk).done


@ALL_AT_ONCE
def test_a_worker_killed_at_any_moment_loses_no_cell_and_writes_none_twice(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_table(rows=[[f"name {n}"] for n in range(CELLS)])
    alice = make_user("alice")
    made = columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    table.refresh_from_db()
    run = runs.begin(table, alice, made, list(range(1, CELLS + 1)), "all rows")
    monkeypatch.setattr(tasks, "QUIET_SECONDS", 0)
    moments = random.Random(7)
    for kill in range(KILLS):
        begun = worker(fake, tmp_path)
        tasks.sweep_runs()
        before, more = done(run), moments.choice((1, 1, 20, 60, 120))
        wait_until(lambda: done(run) >= min(CELLS, before + more), f"work to go on after kill {kill}", 60)  # noqa: B023
        begun.kill()
    # Somebody types while a worker has cells in hand.
    waiting = AiCell.objects.filter(column=made, status=Status.PENDING).values_list("row_id", flat=True)[:1]
    typed = list(waiting)
    for row_id in typed:
        edits.set_cell(table, alice, row_id, made.key, "mine", 2**40)
    last = worker(fake, tmp_path)
    try:
        tasks.sweep_runs()
        wait_until(lambda: not Run.objects.get(pk=run.pk).is_open, "the run to end", 90)
    finally:
        last.kill()
    run.refresh_from_db()
    assert (run.state, run.done, run.failed, run.skipped) == (Run.State.DONE, CELLS - len(typed), 0, len(typed))
    written = RowChange.objects.filter(table=table, before__isnull=False, after__has_key=str(made.key))
    assert Counter(Counter(written.values_list("row_id", flat=True)).values()) == {1: CELLS}
    assert AiCell.objects.filter(column=made, status=Status.COMPLETED).count() == CELLS - len(typed)
    twice = len(fake.asked("ok")) - CELLS
    assert twice <= KILLS * (settings.AI_CALLS + BATCH), "only what was under way, or not written yet, is paid twice"


@ALL_AT_ONCE
def test_a_click_is_answered_while_a_large_run_is_under_way(fake: Fake, tmp_path: Path) -> None:
    fake.latency = 0.2
    table = make_table(rows=[[f"name {n}"] for n in range(CELLS)])
    alice = make_user("alice")
    made = columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    other = columns.create(table, alice, "Other", "text", {}, "Translate {Name}")
    table.refresh_from_db()
    begun = worker(fake, tmp_path)
    try:
        large = [runs.begin(table, alice, column, list(range(1, CELLS + 1)), "all rows") for column in (made, other)]
        for run in large:
            tasks.send(run)

        def goes_on() -> bool:
            tasks.sweep_runs()  # as beat does all the time: a message can be lost with a worker that was killed
            return done(large[0]) > 0

        wait_until(goes_on, "the large run to go on, perhaps after a slice of the other one", 120)
        click = runs.begin(table, alice, made, [CELLS], "one cell")
        tasks.send(click)
        wait_until(lambda: done(click) == 1, "the clicked cell to be answered", 10)
        assert any(Run.objects.get(pk=run.pk).is_open for run in large)
        for run in large:
            runs.cancel(run)
            tasks.send(run)
        wait_until(lambda: not AiCell.objects.filter(status__in=(1, 2)).exists(), "waiting cells to be idle again", 60)
    finally:
        begun.kill()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tables_row WHERE table_id = %s AND data ? %s", [table.pk, str(made.key)])
        assert cursor.fetchone()[0] == AiCell.objects.filter(column=made, status=Status.COMPLETED).count()


@ALL_AT_ONCE
def test_a_run_that_waited_for_a_thread_gets_it_before_the_one_that_had_it(
    fake: Fake, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.latency = 0.2
    monkeypatch.setattr(tasks, "SLICE_SECONDS", 0.1)
    table = make_table(rows=[[f"name {n}"] for n in range(CELLS)])
    alice = make_user("alice")
    made = [columns.create(table, alice, name, "text", {}, "Sum up {Name}") for name in ("One", "Two")]
    table.refresh_from_db()
    one, two = (runs.begin(table, alice, column, list(range(1, CELLS + 1)), "all rows") for column in made)

    def sent() -> list[tuple[str, bool]]:
        """What was sent since the last time, oldest first: for which run, and whether it is for later."""
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            found = [json.loads(each)["headers"] for each in client.lrange("ai", 0, -1)]
            client.delete("ai")
        return [(each["argsrepr"], each["eta"] is not None) for each in reversed(found)]

    sent()
    tasks.pump(one.pk)
    assert sent() == [(f"({one.pk},)", False)], "nobody waits"
    Run.objects.filter(pk=two.pk).update(alive_at=timezone.now() - timedelta(minutes=1))
    tasks.pump(one.pk)
    assert sent() == [(f"({two.pk},)", False), (f"({one.pk},)", True)]
