"""Budgets: of the server's key, of bases whose runs go on side by side, and of auto-run's day."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from ai import budgets, cells, columns, keys, questions, runs, tasks, usage
from ai.calls import Call
from ai.failures import ANSWERED
from ai.fake import Fake
from ai.models import AiCell, AiColumn, BaseAi, Reservation, Run, Status, Usage
from ai.pump import pump
from bases.models import Base, User
from tables import edits
from tables.models import Column, Table
from tables.query import cache
from tests.ai_fake import KEY
from tests.loads import ALL_AT_ONCE
from tests.make import client_of, make_base, make_table, make_user, text

OWN = "sk-ant-own-1234567890abcdefABCD"
HTMX = {"HX-Request": "true"}
NEW = {"name": "Summary", "kind": "text", "prompt": "Sum up {Name}"}
ROWS = 12


@pytest.fixture
def table(db: None, settings: Any) -> Table:
    settings.ANTHROPIC_API_KEY = KEY
    return things()


@pytest.fixture
def alice(table: Table) -> User:
    return make_user("alice")


def things(base: Base | None = None, name: str = "Things", rows: int = ROWS) -> Table:
    # Names of one length: each question costs the same.
    return make_table(base, rows=[[f"name {n:04}", n] for n in range(1, rows + 1)], name=name)


def summary_of(table: Table, alice: User, **settings: Any) -> Column:
    made = columns.create(table, alice, "Summary", "text", {}, f"Sum up {{Name}} of {table.name}", **settings)
    table.refresh_from_db()
    return made


def begun(table: Table, alice: User, column: Column, **settings: Any) -> Run:
    table.refresh_from_db()
    return runs.begin(table, alice, column, list(range(1, table.row_count + 1)), "all rows", **settings)


def pumped(run: Run) -> Run:
    while pump(run.pk, 20):
        pass
    run.refresh_from_db()
    return run


def guess_of(run: Run) -> int:
    """What a call of this run is taken to cost before it is made."""
    ai, all_columns = AiColumn.objects.get(pk=run.column_id), list(run.table.live_columns())
    asked = questions.question(ai, run.column, all_columns, {"1": "name 0001", "2": 1}, "claude-haiku-5-5")
    assert asked
    return questions.guess(asked)


def spent(**of: Any) -> int:
    return Usage.objects.filter(**of).aggregate(sum=Sum("micros"))["sum"] or 0


# --- The server's key ----------------------------------------------------------------------------------------------------


def test_all_bases_that_use_the_server_s_key_pause_at_its_budget_and_those_with_their_own_go_on(
    fake_api: Fake, table: Table, alice: User, settings: Any
) -> None:
    settings.AI_CALLS = 2
    other, third = things(make_base(name="Other"), "Others"), things(make_base(name="Third"), "Thirds")
    keys.save(third.base, alice, OWN)
    one = pumped(begun(third, alice, summary_of(third, alice))).spent_micros // ROWS
    assert Usage.objects.get().own_key
    settings.AI_MONTHLY_BUDGET = one * 20
    first = pumped(begun(table, alice, summary_of(table, alice)))
    assert first.done == ROWS
    second = pumped(begun(other, alice, summary_of(other, alice)))
    assert second.state == Run.State.PAUSED and second.reason == budgets.SERVER_SPENT and 0 < second.done < ROWS
    assert spent(own_key=False) <= settings.AI_MONTHLY_BUDGET
    made = columns.create(third, alice, "More", "text", {}, "Translate {Name}")
    assert pumped(begun(third, alice, made)).done == ROWS, "a key of its own is not counted and not held"
    keys.save(other.base, alice, OWN)
    runs.resume(second)
    assert pumped(second).done == ROWS


def test_at_the_server_s_budget_previews_and_descriptions_are_refused_with_a_sentence(
    fake_api: Fake, table: Table, alice: User, settings: Any
) -> None:
    bob, owner = client_of("bob"), client_of(alice)
    said = "The budget that this server has for Claude is spent for this month"
    preview, describe = (reverse(name, args=[table.pk]) for name in ("preview_ai_column", "write_prompt"))
    wish = {**NEW, "do": "describe", "wish": "A short summary of the name"}
    page = reverse("base_ai", args=[table.base_id])
    assert said not in text(owner.get(page))
    settings.AI_MONTHLY_BUDGET = 0
    assert said in text(bob.post(preview, NEW, headers=HTMX)) and said in text(bob.post(describe, wish, headers=HTMX))
    assert said in text(owner.get(page)) and not fake_api.asked() and not Reservation.objects.exists()
    keys.save(table.base, alice, OWN)
    assert said not in text(bob.post(preview, NEW, headers=HTMX)) and said not in text(bob.post(describe, wish, headers=HTMX))
    assert said not in text(owner.get(page)) and len(fake_api.asked()) == 6 and not Reservation.objects.exists()


def test_a_month_of_the_server_ends(fake_api: Fake, table: Table, alice: User, settings: Any) -> None:
    settings.AI_MONTHLY_BUDGET = 1_000_000
    last_month = usage.today().replace(day=1) - timedelta(days=1)
    of = {"base": table.base, "column_id": 1, "column_name": "A", "model": "m", "micros": 2_000_000}
    entry = Usage.objects.create(day=last_month, **of)
    assert not budgets.is_server_spent() and pumped(begun(table, alice, summary_of(table, alice))).done == ROWS
    entry.day = usage.today()
    entry.save()
    assert budgets.is_server_spent()


# --- Side by side --------------------------------------------------------------------------------------------------------


@ALL_AT_ONCE
@pytest.mark.parametrize("redis_is_away", [False, True], ids=["", "without Redis"])
def test_runs_side_by_side_do_not_go_over_their_base_s_month(
    fake_api: Fake, settings: Any, monkeypatch: pytest.MonkeyPatch, redis_is_away: bool
) -> None:
    if redis_is_away:
        away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
        monkeypatch.setattr(cache, "_client", lambda: away)
        monkeypatch.setattr(cache, "_asleep_until", 0.0)
    settings.ANTHROPIC_API_KEY, settings.AI_CALLS = KEY, 16
    alice, base = make_user("alice"), make_base()
    tables = [things(base, name, 60) for name in ("Aaaa", "Bbbb", "Cccc")]
    made = [summary_of(table, alice) for table in tables]
    first = runs.begin(tables[0], alice, made[0], [1], "one cell")
    one = pumped(first).spent_micros
    calls_left = 12 if redis_is_away else 40  # without Redis few calls start in a second
    BaseAi.objects.create(base=base, budget_micros=one * (1 + calls_left))
    fake_api.latency = 0.4  # so that all of them ask before the first is written

    def work(run: Run) -> None:
        try:
            pumped(run)
        finally:
            connection.close()

    begun_ = [begun(table, alice, column) for table, column in zip(tables, made, strict=True)]
    threads = [threading.Thread(target=work, args=[run]) for run in begun_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()
    assert spent() <= one * (1 + calls_left), f"{spent() / one - 1:.1f} calls where {calls_left} were allowed"
    assert spent() >= one * (1 + calls_left) - guess_of(begun_[0]), "and they use it up"
    for run in begun_:
        run.refresh_from_db()
        assert run.state == Run.State.PAUSED and run.reason == budgets.BASE_SPENT
    assert sum(run.spent_micros for run in [*begun_, first]) == spent() and not Reservation.objects.exists()


def test_what_others_have_set_aside_is_waited_for_until_it_lapses(fake_api: Fake, table: Table, alice: User) -> None:
    BaseAi.objects.create(base=table.base, budget_micros=1_000_000)
    other = begun(table, alice, summary_of(table, alice))
    now = timezone.now()
    kept = Reservation.objects.create(
        run=other, base=table.base, own_key=False, micros=999_999, until=now + timedelta(seconds=budgets.LEASE_SECONDS)
    )
    run = begun(table, alice, columns.create(table, alice, "More", "text", {}, "Translate {Name}"))
    assert pump(run.pk, 1.5), "it waits: its money may be there again in a moment"
    run.refresh_from_db()
    assert run.state == Run.State.RUNNING and not fake_api.asked()
    assert "budget of this month" in text(client_of("bob").post(reverse("preview_ai_column", args=[table.pk]), NEW, headers=HTMX))
    kept.until = now - timedelta(seconds=1)  # its worker was killed two minutes ago
    kept.save()
    assert pumped(run).done == ROWS


def test_runs_that_wait_for_each_other_s_money_hold_none_back(fake_api: Fake, table: Table, alice: User) -> None:
    BaseAi.objects.create(base=table.base, budget_micros=100)
    key = keys.key_of(table.base)
    assert key
    first = begun(table, alice, summary_of(table, alice))
    second = begun(table, alice, columns.create(table, alice, "More", "text", {}, "Translate {Name}"))
    assert budgets.reserve(first, table.base_id, key, lambda: (60, 90, 300)) == (100, ""), "all there is: 90 at least"
    assert budgets.reserve(second, table.base_id, key, lambda: (0, 60, 60)) == (0, ""), "it may be left over: 60"
    assert budgets.reserve(first, table.base_id, key, lambda: (60, 120, 300)) == (60, budgets.BASE_SPENT), "too much by a call"
    assert budgets.reserve(second, table.base_id, key, lambda: (0, 60, 60)) == (0, "")
    assert budgets.reserve(first, table.base_id, key, lambda: (0, 30, 30)) == (30, "")
    assert budgets.reserve(second, table.base_id, key, lambda: (0, 60, 60)) == (60, "")


def test_the_next_pump_of_a_run_takes_over_what_a_killed_one_has_set_aside(fake_api: Fake, table: Table, alice: User) -> None:
    BaseAi.objects.create(base=table.base, budget_micros=1_000_000)
    run = begun(table, alice, summary_of(table, alice))
    until = timezone.now() + timedelta(seconds=budgets.LEASE_SECONDS)
    Reservation.objects.create(run=run, base=table.base, own_key=False, micros=1_000_000, until=until)
    assert pumped(run).done == ROWS and not Reservation.objects.exists()


def test_money_moves_from_set_aside_to_spent_in_one_step(fake_api: Fake, table: Table, alice: User) -> None:
    BaseAi.objects.create(base=table.base, budget_micros=1_000_000)
    run = begun(table, alice, summary_of(table, alice))
    key = keys.key_of(table.base)
    assert key
    assert budgets.reserve(run, table.base_id, key, lambda: (0, 100_000, 300_000)) == (300_000, "")
    seen = budgets.left(table.base_id, key)
    assert seen and seen.micros == 700_000
    usage.note(usage.Account(table.base_id, 1, "A", False), [Call("claude-haiku-5-5", ANSWERED, 1.0, 10, 10, 100_000)])
    budgets.settle(run.pk, 100_000)
    later = budgets.left(table.base_id, key)
    assert later and later.micros == seen.micros, "for others nothing has changed"
    mine = budgets.left(table.base_id, key, run.pk)
    assert mine and mine.micros == 900_000
    budgets.release(run.pk)
    assert budgets.left(table.base_id, key) == mine


# --- Auto-run's day ------------------------------------------------------------------------------------------------------


@pytest.fixture
def auto(fake_api: Fake, table: Table, alice: User, settings: Any) -> Run:
    """The standing run of a column that has spent its day's budget; cells of the other edited rows wait in it."""
    settings.AI_CALLS = 1
    column = summary_of(table, alice, auto_run=True)
    assert AiColumn.objects.get().auto_budget_micros == 1_000_000, "unless somebody says otherwise"
    edits.set_cell(table, alice, 1, 1, "edit 0001", 2**40)
    one = due(Run.objects.get(is_auto=True)).spent_micros
    columns.change(table, alice, column.key, "Sum up {Name} of Things", auto_run=True, auto_budget_micros=one * 6)
    for row_id in range(2, ROWS + 1):
        edits.set_cell(table, alice, row_id, 1, f"edit {row_id:04}", 2**40)
    return due(Run.objects.get(is_auto=True))


def due(run: Run) -> Run:
    """The run pumped, without the two seconds of quiet."""
    AiCell.objects.filter(run_id=run.pk, status=Status.PENDING).update(next_at=cells.AT_ONCE)
    return pumped(run)


def states() -> dict[int, int]:
    return dict(AiCell.objects.values_list("row_id", "status"))


def test_auto_run_pauses_at_its_budget_of_the_day_and_goes_on_the_next(auto: Run, table: Table, fake_api: Fake) -> None:
    said = "of today; it goes on by itself at midnight UTC."
    assert auto.state == Run.State.PAUSED and auto.reason.startswith("Auto-run has spent its $0.0") and auto.reason.endswith(said)
    assert auto.paused_until == usage.tomorrow() and auto.done == len(fake_api.asked()) in (3, 4, 5)
    assert usage.spent_by_auto_run_today(table.base_id, auto.column_id) == auto.spent_micros
    bob, key = client_of("bob"), auto.column.key
    bar = text(bob.get(reverse("ai_bars", args=[table.pk])))
    assert said in bar and ">Resume<" not in bar and "Change its budget" in bar
    dialog = text(bob.get(reverse("edit_ai_column", args=[table.pk, key]), headers=HTMX))
    assert said in dialog and 'name="auto_budget"' in dialog
    refused = text(bob.post(reverse("resume_run", args=[table.pk, auto.pk]), headers=HTMX))
    assert "goes on by itself" in refused and Run.objects.get(pk=auto.pk).state == Run.State.PAUSED
    tasks.sweep_runs()
    assert Run.objects.get(pk=auto.pk).state == Run.State.PAUSED, "today it stays so"
    # A day passes.
    Usage.objects.update(day=usage.today() - timedelta(days=1))
    Run.objects.update(paused_until=timezone.now())
    tasks.sweep_runs()
    again = due(auto)
    assert again.done in (7, 8, 9, 10, 11) and again.state == Run.State.PAUSED and again.paused_until


def test_what_a_person_runs_is_not_held_by_auto_run_s_budget_and_takes_what_waits_there(
    auto: Run, table: Table, alice: User, fake_api: Fake
) -> None:
    waiting = [row_id for row_id, status in states().items() if status == Status.PENDING]
    assert len(waiting) == ROWS - auto.done
    ids = list(range(1, ROWS + 1))
    version = AiColumn.objects.get().prompt_version
    assert cells.count_wanted(auto.column_id, ids, "stale", version, overwrite=False) == len(waiting)
    assert cells.count_wanted(auto.column_id, ids, "", version, overwrite=False) == ROWS
    more = things(table.base, "More", 30)
    wide = summary_of(more, alice, auto_run=True, auto_budget_micros=0)
    for row_id in range(1, 31):
        edits.set_cell(more, alice, row_id, 1, f"edit {row_id:04}", 2**40)
    held = due(Run.objects.get(column=wide, is_auto=True))
    assert held.state == Run.State.PAUSED and held.done == 0
    for mine in (begun(table, alice, auto.column, only="stale"), begun(more, alice, wide)):
        assert not mine.is_auto
        done = pumped(mine)
        assert done.state == Run.State.DONE and done.done == (len(waiting) if mine.only else 30)
    assert set(AiCell.objects.values_list("status", flat=True)) == {Status.COMPLETED}
    assert usage.spent_by_auto_run_today(table.base_id, auto.column_id) == auto.spent_micros


def test_a_larger_budget_of_the_day_lets_auto_run_go_on_at_once(auto: Run, table: Table, alice: User) -> None:
    owner, url = client_of(alice), reverse("edit_ai_column", args=[table.pk, auto.column.key])
    dialog = {"prompt": "Sum up {Name} of Things", "auto_run": "true"}
    wrong = owner.post(url, {**dialog, "auto_budget": "lots"}, headers=HTMX)
    assert wrong.status_code == 422 and "budget of a day cannot be that" in text(wrong)
    owner.post(url, {**dialog, "auto_budget": ""}, headers=HTMX)
    assert AiColumn.objects.get().auto_budget_micros is None
    tasks.sweep_runs()
    again = due(auto)
    assert (again.state, again.done, again.reason, again.paused_until) == (Run.State.RUNNING, ROWS, "", None)
    owner.post(url, {**dialog, "auto_budget": "2.5"}, headers=HTMX)
    assert 'name="auto_budget" inputmode="decimal" value="2.50"' in text(owner.get(url, headers=HTMX))
    assert 'value="1.00"' in text(owner.get(reverse("new_ai_column", args=[table.pk]), headers=HTMX))


def test_auto_run_of_somebody_else_begins_with_what_the_day_has_left(auto: Run, table: Table) -> None:
    bob = make_user("bob")
    columns.change(table, bob, auto.column.key, "Sum up {Name} of Things", auto_run=True)
    assert Run.objects.get(pk=auto.pk).state == Run.State.DONE
    edits.set_cell(table, bob, 1, 1, "edit again", 2**40)
    run = due(Run.objects.filter(is_auto=True).latest("pk"))
    assert run.user == bob and run.state == Run.State.PAUSED and run.done <= 1
