"""Failed cells of a column are found by an index of just those, however many others there are."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ai import cells, columns, runs
from ai.models import AiCell, Run, Status
from bases.models import User
from tables import edits
from tables.edits import picked_ids
from tables.models import Column, Table
from tables.query.definition import Condition, Group
from tests.make import client_of, make_table, make_user
from views_app.toolbar import filter_text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
COMPLETED = 60_000  # cells, of rows that are there in part only: a plan is made by how many cells there are
FAILED = [3, 5, 8, 9]


@pytest.fixture
def table() -> Table:
    return make_table(rows=[[f"name {n}", n] for n in range(1, 13)])


@pytest.fixture
def alice(table: Table) -> User:
    return make_user("alice")


@pytest.fixture
def column(table: Table, alice: User) -> Column:
    made = columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    table.refresh_from_db()
    return made


@pytest.fixture
def run(table: Table, alice: User, column: Column) -> Run:
    """A run over very many cells that has ended; four have failed."""
    run = runs.begin(table, alice, column, list(range(1, 13)), "all rows")
    runs.end(run.pk, Run.State.DONE, "")
    AiCell.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ai_aicell (column_id, row_id, status, gen, run_id, seq, attempts, prompt_version, error)"
            " SELECT %s, n, CASE WHEN n = ANY(%s) THEN 4 ELSE 3 END, 1, %s, n, 1, 1, CASE WHEN n = ANY(%s) THEN 'No.' END"
            " FROM generate_series(1, %s) n",
            [column.pk, FAILED, run.pk, FAILED, COMPLETED],
        )
        cursor.execute("ANALYZE ai_aicell")
    Run.objects.filter(pk=run.pk).update(failed=len(FAILED))
    run.refresh_from_db()
    return run


def read_by(queries: CaptureQueriesContext) -> int:
    """How many cells PostgreSQL reads for all of these that ask for cells."""
    asked = [query["sql"] for query in queries if "ai_aicell" in query["sql"]]
    assert asked
    return sum(_rows_read(sql) for sql in asked if sql.lstrip().startswith("SELECT"))


def _rows_read(sql: str) -> int:
    """Over all scans of the plan: rows that came out and rows that were looked at in vain."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)
        (plan,) = cursor.fetchone()
    return _of_scans(plan[0]["Plan"])


def _of_scans(node: dict[str, Any]) -> int:
    mine = 0
    if node.get("Relation Name") == "ai_aicell":
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        mine = int(looked_at * node["Actual Loops"])
    return mine + sum(_of_scans(each) for each in node.get("Plans", ()))


def test_retry_of_a_run_s_failed_cells_reads_only_those(table: Table, alice: User, run: Run) -> None:
    with CaptureQueriesContext(connection) as queries:
        client_of(alice).post(reverse("retry_run", args=[table.pk, run.pk]), headers=HTMX)
    again = Run.objects.latest("pk")
    assert (again.total, again.only) == (len(FAILED), "failed")
    waiting = AiCell.objects.filter(run_id=again.pk, status=Status.PENDING).values_list("row_id", flat=True)
    assert sorted(waiting) == FAILED
    assert read_by(queries) <= 5 * len(FAILED)


def test_the_run_s_page_reads_only_those(table: Table, alice: User, run: Run) -> None:
    with CaptureQueriesContext(connection) as queries:
        client_of(alice).get(reverse("ai_run", args=[table.pk, run.pk]))
    assert read_by(queries) <= 5 * len(FAILED)


@pytest.mark.parametrize("name", ["estimate_run", "run_ai_column"])
def test_a_run_of_a_column_s_failed_cells_reads_only_those(
    table: Table, alice: User, run: Run, column: Column, name: str
) -> None:
    with CaptureQueriesContext(connection) as queries:
        client_of(alice).post(reverse(name, args=[table.pk, column.key]), {"scope": "all", "only": "failed"}, headers=HTMX)
    assert read_by(queries) <= 5 * len(FAILED)
    if name == "run_ai_column":
        assert Run.objects.latest("pk").total == len(FAILED)


def test_failed_cells_are_those_of_rows_that_are_there_and_shown(table: Table, alice: User, run: Run, column: Column) -> None:
    edits.delete_picked(table, alice, picked_ids([5], "deleted"))
    client, url = client_of(alice), reverse("run_ai_column", args=[table.pk, column.key])
    large = filter_text(Group("all", (Condition(2, ">=", 8),)))
    seen = {**HTMX, "HX-Current-URL": f"http://testserver{reverse('grid', args=[table.pk])}?view=0&filter={large}"}
    client.post(url, {"scope": "view", "only": "failed"}, headers=seen)
    assert sorted(AiCell.objects.filter(status=Status.PENDING).values_list("row_id", flat=True)) == [8, 9]
    client.post(url, {"scope": "all", "only": "failed"}, headers=HTMX)
    assert sorted(AiCell.objects.filter(status=Status.PENDING).values_list("row_id", flat=True)) == [3, 8, 9]


def test_the_index_serves_a_column_and_a_run(run: Run, column: Column) -> None:
    assert cells.failed_rows(column.pk) == FAILED
    found = AiCell.objects.filter(column_id=column.pk, run_id=run.pk, status=Status.ERROR).order_by("seq")
    assert "ai_cells_failed" in found.values_list("row_id").explain()
