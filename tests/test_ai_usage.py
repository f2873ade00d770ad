"""How calls went: each is counted by what it came to and how long it took, in the batches of the results, and exactly."""

import re
import threading
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ai import calls, columns, runs, tasks, usage
from ai.calls import BOUNDS, Call
from ai.failures import ANSWERED, REASONS, Failure
from ai.fake import Fake
from ai.models import CallCount, Run, Usage
from ai.provider import ask
from ai.pump import pump
from bases.models import User
from tables import edits
from tables.models import Column, Table
from tests import ai_runs
from tests.ai_fake import KEY, question
from tests.ai_runs import alice as alice
from tests.ai_runs import summary as summary
from tests.ai_runs import table as table
from tests.loads import ALL_AT_ONCE
from tests.make import client_of, make_base, make_table, text
from tests.test_ai_provider import FAILURES

HTMX = {"HX-Request": "true"}
# What ai/fake does on demand, and how it is counted.
COUNTED = {
    "429": "rate_limited",
    **dict.fromkeys(("500", "502", "503", "504", "529"), "unavailable"),
    **dict.fromkeys(("reset", "cut"), "connection"),
    **dict.fromkeys(("truncated", "page"), "broken"),
    "max_tokens": "cut",
    **dict.fromkeys(("empty", "not json", "no value", "infinity"), "malformed"),
    "refusal": "declined",
    **dict.fromkeys(("400", "400 echo", "413", "too long"), "rejected"),
    **dict.fromkeys(("401", "402", "403", "404", "redirect", "no credit"), "blocked"),
    **dict.fromkeys(("spend specified", "spend enforced", "spend contract"), "blocked"),
}


def pumped(table: Table, alice: User, column: Column, **settings: Any) -> Run:
    table.refresh_from_db()
    return ai_runs.pumped(runs.begin(table, alice, column, list(range(1, table.row_count + 1)), "all rows", **settings))


def outcomes() -> dict[str, int]:
    return dict(CallCount.objects.values_list("outcome").annotate(Sum("calls")))


def retried() -> int:
    return CallCount.objects.aggregate(sum=Sum("retries"))["sum"] or 0


# --- What is counted -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [what for what, *_ in FAILURES])
def test_each_failure_has_a_reason_and_took_some_time(fake_api: Fake, what: str) -> None:
    fake_api.fail(what)
    with pytest.raises(Failure) as raised:
        ask(KEY, question())
    assert raised.value.reason == COUNTED[what] and raised.value.reason in REASONS and raised.value.took > 0


def test_a_call_that_hangs_is_counted_as_one_and_an_answer_by_its_time(fake_api: Fake, settings: Any) -> None:
    fake_api.latency = 0.2
    assert 0.2 <= ask(KEY, question()).took < 5
    settings.ANTHROPIC_TIMEOUT = 1
    fake_api.fail("hang", seconds=3)
    with pytest.raises(Failure) as raised:
        ask(KEY, question())
    assert raised.value.reason == "timeout" and raised.value.took >= 1


def test_every_call_of_a_run_is_counted_by_what_it_came_to(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    fake_api.fail("refusal", contains="name 3<")
    fake_api.fail("empty", contains="name 4<")
    fake_api.fail("500", times=2)
    fake_api.fail("429", times=1, seconds=0.2)
    run = pumped(table, alice, summary)
    assert (run.done, run.failed) == (10, 2)
    assert outcomes() == {ANSWERED: 10, "declined": 1, "malformed": 2, "unavailable": 2, "rate_limited": 1}
    assert sum(outcomes().values()) == len(fake_api.asked())
    assert retried() == run.retries == 3, "the two that failed and the first empty one; a 429 is no retry"
    paid = CallCount.objects.aggregate(Sum("micros"), Sum("tokens_in"), Sum("tokens_out"))
    assert paid == {"micros__sum": run.spent_micros, "tokens_in__sum": run.tokens_in, "tokens_out__sum": run.tokens_out}
    assert Usage.objects.get().calls == run.calls == 13, "of these the ledger has what was paid"


def test_an_answer_that_the_column_cannot_hold_failed_and_was_paid(fake_api: Fake, table: Table, alice: User) -> None:
    made = columns.create(table, alice, "Score", "number", {}, "Rate {Name}")
    fake_api.fail("wrong type", contains="name 1<")
    run = pumped(table, alice, made)
    assert (run.failed, outcomes(), retried()) == (1, {ANSWERED: 11, "unfit": 2}, 1)
    assert Usage.objects.get().calls == 13


def test_what_is_known_already_is_no_call(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    pumped(table, alice, summary)
    run = pumped(table, alice, summary)
    assert (run.done, run.saved_calls, outcomes()) == (12, 12, {ANSWERED: 12})


def test_times_are_counted_in_buckets_from_which_mean_and_p95_come(
    fake_api: Fake, table: Table, alice: User, summary: Column
) -> None:
    fake_api.latency = 0.3
    pumped(table, alice, summary)
    took = [asked.seconds for asked in fake_api.asked()]
    for count in CallCount.objects.all():
        assert BOUNDS[count.bucket - 1] * 1_000 <= count.milliseconds / count.calls <= BOUNDS[count.bucket] * 1_000
    today = usage.today()
    (_, went), *more = calls.month(table.base_id, today, today + timedelta(days=1)).days
    assert not more and (went.calls, went.failed) == (12, 0)
    assert went.mean is not None and sum(took) / 12 - 0.001 <= went.mean < sum(took) / 12 + 1
    assert went.p95 is not None and went.p95 > 0.25


@pytest.mark.parametrize(
    ("buckets", "part", "seconds"),
    [
        ({}, 0.95, None),
        ({0: 10}, 0.5, 0.05),
        ({2: 95, 3: 5}, 0.95, 0.5),
        ({2: 90, 4: 10}, 0.95, 0.875),
        ({len(BOUNDS): 3}, 0.95, BOUNDS[-1]),
    ],
)
def test_a_share_of_calls_is_read_from_the_buckets(buckets: dict[int, int], part: float, seconds: float | None) -> None:
    assert calls.share(Counter(buckets), part) == (pytest.approx(seconds) if seconds is not None else None)


def test_counting_is_a_statement_a_batch_and_not_one_a_call(fake_api: Fake, alice: User) -> None:
    large = make_table(rows=[[f"name {n}"] for n in range(200)], name="Large")
    made = columns.create(large, alice, "Summary", "text", {}, "Sum up {Name}")
    with CaptureQueriesContext(connection) as queries:
        run = pumped(large, alice, made)
    assert run.done == 200
    written = [query["sql"] for query in queries if re.search(r"INSERT INTO ai_(callcount|usage)", query["sql"])]
    batches = [query["sql"] for query in queries if "UPDATE ai_run SET done = done +" in query["sql"]]
    assert len(written) <= 2 * len(batches) < 60


def test_demo_answers_are_no_calls_of_claude(fake_api: Fake, table: Table, alice: User, summary: Column, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY, settings.AI_DEMO_URL = "", fake_api.url
    assert pumped(table, alice, summary).done == 12 and not CallCount.objects.exists()


def test_previews_and_descriptions_are_counted_too(fake_api: Fake, table: Table, alice: User) -> None:
    bob = client_of("bob")
    fake_api.fail("refusal", contains="name 2<")
    new = {"name": "Summary", "kind": "text", "prompt": "Sum up {Name}"}
    bob.post(reverse("preview_ai_column", args=[table.pk]), new, headers=HTMX)
    asked = {**new, "do": "describe", "wish": "A short summary of the name"}
    bob.post(reverse("write_prompt", args=[table.pk]), asked, headers=HTMX)
    assert outcomes() == {ANSWERED: 5, "declined": 1} and len(fake_api.asked()) == 6


def test_what_was_paid_for_a_table_that_is_deleted_meanwhile_is_in_the_ledger(
    fake_api: Fake, table: Table, alice: User, summary: Column
) -> None:
    fake_api.latency = 0.5
    run = runs.begin(table, alice, summary, list(range(1, 13)), "all rows")

    def watching(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if isinstance(sql, str) and "FOR UPDATE OF t" in sql:  # the first results are about to be written
            Table.objects.filter(pk=table.pk).update(deleted_at=usage.now())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watching):
        pump(run.pk, 10)
    run.refresh_from_db()
    answered = len(fake_api.asked("ok"))
    assert run.state == Run.State.FAILED and answered and Usage.objects.get().calls == answered
    assert outcomes() == {ANSWERED: answered}


# --- Exact sums ----------------------------------------------------------------------------------------------------------


@ALL_AT_ONCE
def test_sums_of_many_who_count_at_once_are_exact() -> None:
    base = make_base()
    day = usage.today()
    some = [Call("claude-haiku-5-5", outcome, took, 3, 2, 1) for outcome in (ANSWERED, "timeout") for took in (0.05, 1.2, 200)]

    def count(column_id: int) -> None:
        try:
            for turn in range(50):
                calls.count(base.pk, column_id, day, some if turn % 2 else reversed(some))
        finally:
            connection.close()

    threads = [threading.Thread(target=count, args=[n // 2]) for n in range(4)]  # two for each of two columns
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = CallCount.objects.aggregate(Sum("calls"), Sum("milliseconds"), Sum("tokens_in"), Sum("micros"))
    assert found == {"calls__sum": 1_200, "milliseconds__sum": 400 * 201_250, "tokens_in__sum": 3_600, "micros__sum": 1_200}
    assert CallCount.objects.count() == 12


@pytest.mark.django_db
def test_folding_changes_no_sum_and_a_deleted_base_takes_nothing_from_all_there_ever_was() -> None:
    base, other = make_base(), make_base(name="Other")
    today = date(2026, 11, 28)
    for each in (base, other):
        for back in (0, 1, 2, 3, 800):
            for column_id in (1, 2):
                day = today - timedelta(days=back)
                calls.count(each.pk, column_id, day, [Call("m", ANSWERED, 0.4), Call("m", "timeout", 90.0, again=True)])

    def ever() -> tuple[int, int, int]:
        counted = CallCount.objects.filter(base=None) | CallCount.objects.filter(column_id__isnull=False)
        found = counted.aggregate(calls=Sum("calls"), again=Sum("retries"), ms=Sum("milliseconds"))
        return found["calls"], found["again"], found["ms"]

    before = ever()
    month = calls.month(base.pk, date(2026, 11, 1), date(2026, 12, 1))
    calls.fold(today)
    assert ever() == before == (40, 20, 20 * 90_400)
    assert calls.month(base.pk, date(2026, 11, 1), date(2026, 12, 1)) == month
    folded = CallCount.objects.filter(base=base, column_id=None)
    assert set(folded.values_list("day", flat=True)) == {date(2026, 11, 25), date(2026, 11, 26)}, "800 days are too long"
    assert set(CallCount.objects.filter(column_id__isnull=False).values_list("day", flat=True)) == {today, date(2026, 11, 27)}
    calls.count(base.pk, 1, date(2026, 11, 26), [Call("m", ANSWERED, 0.4)])  # late
    calls.fold(today)
    calls.fold(today)
    assert ever() == (41, 20, 20 * 90_400 + 400)
    calls.fold(today + timedelta(days=9))
    base.delete()
    assert ever() == (41, 20, 20 * 90_400 + 400)


@pytest.mark.django_db
def test_the_daily_task_folds() -> None:
    base = make_base()
    calls.count(base.pk, 1, usage.today() - timedelta(days=5), [Call("m", ANSWERED, 0.4)])
    tasks.forget_answers()
    assert sorted(CallCount.objects.values_list("base", "column_id"), key=str) == [(base.pk, None), (None, None)]


# --- The base's page -----------------------------------------------------------------------------------------------------


def test_the_base_s_page_shows_owners_how_calls_went(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    owner, url = client_of(alice), reverse("base_ai", args=[table.base_id])
    assert "Calls by day" not in text(owner.get(url))
    fake_api.fail("empty", contains="name 4<")
    edits.set_cell(table, alice, 1, 1, "other", 2**40)
    pumped(table, alice, summary)
    day = usage.today() - timedelta(days=40)
    calls.count(table.base_id, 9, day, [Call("claude-opus-5-5", "unavailable", 2.0, again=True)] * 3)
    page = text(owner.get(url))
    for shown in ("Calls by day", "Calls by model", "Tried again", "p95", "Empty, or not in the form that was asked for"):
        assert shown in page
    assert "claude-opus-5-5</th>" not in page
    of_model = page[page.index('aria-label="Calls by model"') :]
    numbers = re.findall(r'<td class="number">([^<]*)</td>', of_model[: of_model.index("</tbody>")])
    assert numbers[:3] == ["13", "2", "1"] and numbers[3].endswith(" s") and numbers[4].endswith(" s")
    earlier = text(owner.get(url, {"month": f"{day:%Y-%m}"}))
    assert "claude-opus-5-5</th>" in earlier and "Claude was overloaded or down" in earlier and "—" in earlier
    assert client_of("bob").get(url).status_code == 403
