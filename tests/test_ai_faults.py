"""What goes away in the middle of an AI run, with a real worker: Redis, PostgreSQL, rows, keys, columns, tables.

No cell is lost or written twice, no call is made for what is gone, and the run says what happened.
"""

import time
from collections import Counter
from collections.abc import Iterator

import pytest
import redis
from django.db import connection

from ai import columns, runs
from ai.fake import Fake
from ai.models import AiCell, Run, Status
from ai.slice import BATCH
from tables import edits, schema
from tables.models import Column, RowChange, Table
from tests.ai_fake import KEY
from tests.house import House
from tests.house import house as house
from tests.make import make_base, make_table, make_user
from tests.running import wait_until

pytestmark = pytest.mark.faults

ROWS = 400
CALLS = 16  # at once
OWN_KEY = "sk-ant-own-1234567890abcdefghij"


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    with Fake(latency=0.1) as found:
        yield found


@pytest.fixture(autouse=True)
def worker(house: House, fake: Fake) -> None:
    """The worker of the tests before, or the first."""
    fake.latency, fake.keys = 0.1, None
    fake.log.clear()
    house.more = {"ANTHROPIC_BASE_URL": fake.url, "ANTHROPIC_API_KEY": KEY, "AI_CONCURRENCY": "2", "AI_CALLS": str(CALLS)}
    if house.worker is None or house.worker.process.poll() is not None:
        house.start_worker("--queues", "ai", "--pool", "threads", "--hostname", "ai@house")


@pytest.fixture
def table(house: House) -> Table:
    return make_table(make_base(), rows=[[f"name {n}"] for n in range(1, ROWS + 1)])


@pytest.fixture
def summary(table: Table) -> Column:
    made = columns.create(table, make_user("alice"), "Summary", "text", {}, "Sum up {Name}")
    table.refresh_from_db()
    return made


def begun(house: House, table: Table, column: Column, until: int = 40) -> Run:
    """A run in the middle: some of its cells are answered."""
    table.refresh_from_db()
    run = runs.begin(table, make_user("alice"), column, list(range(1, ROWS + 1)), "all rows")
    send(house, run)
    wait_until(lambda: now(run).done >= until, "the run to go on")
    return now(run)


def send(house: House, run: Run) -> None:
    house.run(f"from ai import tasks; tasks._send({run.pk})")


def now(run: Run) -> Run:
    return Run.objects.select_related("bulk").get(pk=run.pk)


def ended(house: House, run: Run, seconds: float = 60) -> Run:
    """The run when it is over; meanwhile the sweeper does what it does every 10 s, every second."""
    end = time.monotonic() + seconds
    while now(run).is_open or AiCell.objects.filter(column=run.column, status__in=(Status.PENDING, Status.COMPUTING)).exists():
        assert time.monotonic() < end, f"{now(run).state} {now(run).reason}"
        house.run(
            "from django.db import connections; connections.close_all(); from ai import tasks;"
            " tasks.QUIET_SECONDS = 2; tasks.sweep_runs()"
        )
        time.sleep(1)
    return now(run)


def assert_each_once(table: Table, column: Column, rows: int = ROWS) -> None:
    written = RowChange.objects.filter(table=table, before__isnull=False, after__has_key=str(column.key))
    assert Counter(Counter(written.values_list("row_id", flat=True)).values()) == {1: rows}
    assert filled(table, column) == rows == AiCell.objects.filter(column=column, status=Status.COMPLETED).count()


def in_hand(column: Column) -> bool:
    return AiCell.objects.filter(column=column, status=Status.COMPUTING).exists()


def filled(table: Table, column: Column) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tables_row WHERE table_id = %s AND data ? %s", [table.pk, str(column.key)])
        return int(cursor.fetchone()[0])


def test_redis_emptied_and_restarted_costs_nothing(house: House, fake: Fake, table: Table, summary: Column) -> None:
    run = begun(house, table, summary)
    with redis.Redis.from_url(house.redis.url) as client:
        client.flushall()
    assert now(run).is_open
    wait_until(lambda: now(run).done >= 100, "the run to go on")
    house.kill_redis()
    assert now(run).is_open
    time.sleep(1)
    house.redis.start()
    assert ended(house, run).state == Run.State.DONE
    assert_each_once(table, summary)
    assert len(fake.asked("ok")) == ROWS, "nothing was paid twice"


def test_postgresql_killed_costs_only_what_was_under_way(house: House, fake: Fake, table: Table, summary: Column) -> None:
    run = begun(house, table, summary)
    house.crash()
    assert now(run).is_open
    over = ended(house, run)
    assert (over.state, over.done, over.failed) == (Run.State.DONE, ROWS, 0)
    assert_each_once(table, summary)
    assert len(fake.asked("ok")) <= ROWS + CALLS + BATCH


def test_rows_and_then_the_column_deleted_in_flight(house: House, fake: Fake, table: Table, summary: Column) -> None:
    alice = make_user("alice")
    run = begun(house, table, summary)
    gone = [*range(1, 20), *range(ROWS - 99, ROWS + 1)]  # some that are answered, and some that are not yet
    edits.delete_rows(table, alice, gone)
    over = ended(house, run)
    assert over.state == Run.State.DONE and over.failed == 0
    assert over.done + over.skipped == ROWS and filled(table, summary) == ROWS - len(gone)
    assert not any(f">name {ROWS}<" in each.text for each in fake.asked()), "nobody asks for a row that is gone"
    other = columns.create(table, alice, "Other", "text", {}, "Translate {Name}")
    fake.log.clear()
    fake.latency = 0.5
    table.refresh_from_db()
    run = runs.begin(table, alice, other, list(range(20, ROWS - 99)), "all rows")
    send(house, run)
    wait_until(lambda: now(run).done >= 20, "the run to go on")
    schema.delete_column(table, alice, other.key)
    over = ended(house, run)
    assert over.state == Run.State.FAILED and "deleted" in over.reason
    assert len(fake.asked()) < ROWS - 119, "the rest is not asked"


def test_a_table_deleted_in_flight_ends_the_run(house: House, fake: Fake, table: Table, summary: Column) -> None:
    run = begun(house, table, summary)
    table.trash()
    wait_until(lambda: not now(run).is_open, "the run to end")
    assert now(run).state in (Run.State.FAILED, Run.State.CANCELLED)
    time.sleep(0.5)
    asked = len(fake.asked())
    time.sleep(1)
    assert len(fake.asked()) == asked < ROWS


def test_a_key_removed_in_flight_pauses_the_run_and_another_one_goes_on(
    house: House, fake: Fake, table: Table, summary: Column
) -> None:
    base = f"from ai import keys; from bases.models import Base; base = Base.objects.get(pk={table.base_id}); "
    house.run(f"{base}keys.save(base, None, {OWN_KEY!r})")
    run = begun(house, table, summary)
    fake.keys = {KEY}  # the key is taken back by its owner, at the API
    wait_until(lambda: now(run).state == Run.State.PAUSED, "the run to pause")
    assert "key" in now(run).reason and now(run).failed == 0
    wait_until(lambda: not in_hand(summary), "cells in hand to be given back")
    house.run(f"{base}keys.remove(base)")  # so that the server's is asked with
    assert runs.resume(now(run))
    send(house, run)
    assert ended(house, run).state == Run.State.DONE
    assert_each_once(table, summary)
    assert {each.key for each in fake.asked("ok")} == {KEY, OWN_KEY}


def test_paused_resumed_and_cancelled_while_calls_are_under_way(house: House, fake: Fake, table: Table, summary: Column) -> None:
    fake.latency = 0.5
    run = begun(house, table, summary, until=1)
    assert runs.pause(run, "Paused by a test.")
    wait_until(lambda: not in_hand(summary), "what is under way to be written")
    asked, done = len(fake.asked()), now(run).done
    assert done == len(fake.asked("ok")) == filled(table, summary), "what was paid is written"
    time.sleep(1)
    assert len(fake.asked()) == asked and now(run).state == Run.State.PAUSED
    assert runs.resume(run)
    send(house, run)
    wait_until(lambda: now(run).done > done, "the run to go on")
    assert runs.cancel(now(run))
    send(house, run)
    over = ended(house, run)
    assert over.state == Run.State.CANCELLED
    assert over.done + over.failed + over.skipped == over.total, "what was under way counts as done alone"
    assert filled(table, summary) == AiCell.objects.filter(column=summary).count() < ROWS, "the rest is idle again"
    assert not AiCell.objects.filter(column=summary).exclude(status=Status.COMPLETED).exists()
