"""/metrics/: there only with a token and for whoever has it, exact, small, and without anybody's secrets."""

import re
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from ai import calls, columns, keys, metrics, runs, usage
from ai.calls import Call
from ai.failures import ANSWERED, REASONS
from ai.fake import Fake
from ai.models import Run, Usage
from ai.pump import pump
from bases.access import create_base
from bases.progress import State
from ingest import jobs
from ingest.models import Job
from tables.query import cache
from tests.ai_fake import KEY
from tests.conftest import ROOT
from tests.make import client_of, make_table, make_user

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-more-than-twenty-characters"
OWN = "sk-ant-own-1234567890abcdefABCD"
SECRET_TEXT = "the patient's name is Zaphod"


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def read(client: Client | None = None) -> str:
    response = (client or Client()).get("/metrics/", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200 and response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def samples() -> dict[str, float]:
    """{'name{label="value"}': number}, as Prometheus reads them."""
    found = {}
    for family in text_string_to_metric_families(read()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"bearer {TOKEN}", f"Bearer {TOKEN} ", f"Bearer {TOKEN[:-1]}", "Bearer é"],
)
def test_it_is_there_for_nobody_without_the_token(sent: str, settings: Any) -> None:
    nowhere = Client().get("/nowhere/").content
    for client in (Client(), client_of("alice")):
        refused = client.get("/metrics/", headers={"Authorization": sent} if sent else {})
        assert refused.status_code == 404
    assert Client().get("/metrics/", headers={"Authorization": sent}).content == nowhere, "like any address that is not there"
    settings.METRICS_TOKEN = ""
    for given in (sent, "Bearer ", f"Bearer {TOKEN}"):
        assert Client().get("/metrics/", headers={"Authorization": given}).status_code == 404


def test_it_cannot_be_written_to_and_knows_no_person() -> None:
    sent = {"Authorization": f"Bearer {TOKEN}"}
    assert Client().post("/metrics/", headers=sent).status_code == 404
    client = Client()
    read(client)
    assert not client.cookies


def test_it_counts_the_calls_of_a_run(fake_api: Fake, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY, settings.AI_MONTHLY_BUDGET = KEY, 12_500_000
    fake_api.latency = 0.3
    alice = make_user("alice")
    table = make_table(rows=[[f"name {n}", n] for n in range(1, 13)])
    made = columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    fake_api.fail("empty", contains="name 4<")
    run = runs.begin(table, alice, made, list(range(1, 13)), "all rows")
    before = samples()
    assert before[f'rowan_ai_cells_waiting{{base="{table.base_id}"}}'] == 12 and before['rowan_ai_runs{state="running"}'] == 1
    while pump(run.pk, 20):
        pass
    run.refresh_from_db()
    found = samples()
    of = 'model="claude-haiku-5-5"'
    assert found[f'rowan_ai_calls_total{{{of},outcome="answered"}}'] == 11
    assert found[f'rowan_ai_calls_total{{{of},outcome="malformed"}}'] == 2 and found[f"rowan_ai_retries_total{{{of}}}"] == 1
    assert found[f'rowan_ai_tokens_total{{direction="in",{of}}}'] == run.tokens_in
    assert found[f"rowan_ai_spent_dollars_total{{{of}}}"] == pytest.approx(run.spent_micros / 1e6)
    assert found[f'rowan_ai_call_seconds_count{{{of},outcome="answered"}}'] == 11
    assert found[f'rowan_ai_call_seconds_bucket{{le="0.25",{of},outcome="answered"}}'] == 0
    assert found[f'rowan_ai_call_seconds_bucket{{le="+Inf",{of},outcome="answered"}}'] == 11
    assert found[f'rowan_ai_call_seconds_sum{{{of},outcome="answered"}}'] > 11 * 0.3 - 0.01
    assert found[f'rowan_ai_month_spent_dollars{{base="{table.base_id}"}}'] == pytest.approx(run.spent_micros / 1e6)
    assert found["rowan_ai_server_month_spent_dollars"] == pytest.approx(run.spent_micros / 1e6)
    assert found["rowan_ai_server_month_budget_dollars"] == 12.5
    calls.fold(usage.today() + timedelta(days=9))
    after = samples()
    counted = [name for name in found if name.startswith(("rowan_ai_calls", "rowan_ai_call_seconds", "rowan_ai_tokens"))]
    assert counted and [after[name] for name in counted] == [found[name] for name in counted], "folding is not seen"


def test_it_tells_of_loads_by_state_and_goes_on_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table(rows=[["one", 1]])
    for state in (State.QUEUED, State.FAILED, State.FAILED):
        Job.objects.filter(pk=jobs.create_generate(table, make_user("alice"), 5, 1).pk).update(state=state)
    found = samples()
    assert [found[f'rowan_jobs{{state="{state}"}}'] for state in State.values] == [1, 0, 0, 0, 2, 0]
    assert found['rowan_bulks{state="queued"}'] == 0 and found['rowan_queue_messages{queue="ai"}'] >= 0
    away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    monkeypatch.setattr(cache, "_client", lambda: away)
    monkeypatch.setattr(cache, "_asleep_until", 0.0)
    found = samples()
    assert found["rowan_ai_worker_up"] == 0 and 'rowan_queue_messages{queue="ai"}' not in found


def test_labels_are_few_and_hold_no_secret(fake_api: Fake, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY = KEY
    alice = make_user("alice")
    table = make_table(rows=[[SECRET_TEXT, n] for n in range(1, 4)], name="Patients of zoe@example.com")
    keys.save(table.base, alice, OWN)
    made = columns.create(table, alice, "Mail of zoe@example.com", "text", {}, "Sum up {Name} {Amount}")
    fake_api.fail("400 echo", contains="1</field>")  # repeats key and text
    run = runs.begin(table, alice, made, [1, 2, 3], "all rows")
    while pump(run.pk, 20):
        pass
    # Models that nobody knows, named by whoever could; and more bases than are told apart.
    calls.count(table.base_id, 1, usage.today(), [Call("my-model@example.com", "timeout", 1.0), Call("another", ANSWERED, 1.0)])
    for n in range(metrics.MOST_BASES + 5):
        base = create_base(alice, f"Base {n}")
        Usage.objects.create(base=base, column_id=0, column_name="x", day=usage.today(), model="m", micros=1_000 + n)
    page = read()
    assert not re.search(r"@|Zaphod|patient|example|sk-ant|Summary|Base \d", page) and TOKEN not in page
    models = set(re.findall(r'model="([^"]*)"', page))
    assert models == {"claude-haiku-5-5", metrics.OTHERS}
    assert set(re.findall(r'outcome="([^"]*)"', page)) <= {ANSWERED, "failed", *REASONS}
    spent = re.findall(r'rowan_ai_month_spent_dollars\{base="(\w+)"\} (\S+)', page)
    assert len(spent) == metrics.MOST_BASES + 1 and spent[-1][0] == metrics.OTHERS
    total = sum(Usage.objects.values_list("micros", flat=True))
    assert sum(float(dollars) for _, dollars in spent) == pytest.approx(total / 1e6)
    assert Run.objects.get().state == Run.State.DONE


def test_it_asks_few_and_small_questions(fake_api: Fake) -> None:
    table = make_table(rows=[["one", 1]])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ai_callcount (base_id, day, column_id, model, outcome, bucket, calls, retries, milliseconds, tokens_in,"
            " tokens_out, micros) SELECT %s, date '2020-01-01' + n, NULL, 'm', 'answered', 3, 1, 0, 9, 9, 9, 9"
            " FROM generate_series(1, 50000) n",
            [table.base_id],
        )
        calls.count(table.base_id, 1, usage.today(), [Call("claude-haiku-5-5", ANSWERED, 1.0)])
        cursor.execute("ANALYZE ai_callcount")
        with CaptureQueriesContext(connection) as queries:
            read()
        assert len(queries) <= 8, [query["sql"] for query in queries]
        assert not any("ai_aicell" in query["sql"] for query in queries), "cells are not counted"
        cursor.execute("EXPLAIN " + next(query["sql"] for query in queries if "ai_callcount" in query["sql"]))
        plan = "\n".join(line for (line,) in cursor)
    assert "Seq Scan" not in plan, plan


def test_the_docs_name_every_number_and_every_outcome(settings: Any) -> None:
    settings.AI_MONTHLY_BUDGET = 1
    told = (ROOT / "docs" / "operating.md").read_text()
    names = re.findall(r"^# TYPE (\w+) ", read(), re.MULTILINE)
    assert len(names) > 10 and [name for name in names if f"`{name}" not in told] == []
    assert [outcome for outcome in (ANSWERED, *REASONS) if f"`{outcome}`" not in told] == []
