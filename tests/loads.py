"""What tests of loads share: order one, run one as worker processes do, hold one in the middle, look at what it left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from bases.progress import OPEN
from ingest import jobs, load
from ingest.models import Job, Part
from tables.models import Table
from tables.query import RowQuery
from tests.make import make_user
from tests.running import other_connection, wait_until
from tests.test_order import blocks_are_exact

ALL_AT_ONCE = pytest.mark.django_db(transaction=True)  # several connections see each other's commits
PARTS = 400  # rows: small parts make many of them out of few rows


def generate(table: Table, rows: int, seed: int = 1, by: str = "alice") -> Job:
    return jobs.create_generate(table, make_user(by), rows, seed)


def loaded(table: Table, rows: int, seed: int = 1) -> Job:
    """A load done in this process."""
    job = generate(table, rows, seed)
    load.run(job.pk)
    job.refresh_from_db()
    table.refresh_from_db()
    return job


def left_behind() -> list[str]:
    """Staging tables, and parts of jobs that have ended."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^tables_load_'")
        names = [name for (name,) in cursor]
    return names + [f"part {part.pk}" for part in Part.objects.exclude(job__state__in=OPEN)]


def assert_whole(table: Table, rows: int) -> None:
    """The table holds exactly this many rows, each where its index says, and nothing else is left of any load."""
    table.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT id) FROM tables_row WHERE table_id = %s", [table.pk])
        assert cursor.fetchone() == (rows, rows)
    assert table.row_count == rows
    query = RowQuery(table)
    ids = query.ids(0, rows + 1)
    assert len(ids) == rows and len(set(ids)) == rows
    for index in (0, rows // 2, rows - 1) if rows else ():
        assert query.index_of(ids[index]) == index
    blocks_are_exact(table)
    assert left_behind() == []


def in_threads(job: Job, count: int = 2) -> list[threading.Thread]:
    """Start runners of a job as worker processes do, each with a connection of its own."""

    def one() -> None:
        try:
            load.run(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


@contextmanager
def in_the_middle(job: Job) -> Iterator[None]:
    """Hold a load when all its parts but one are done; at the end let it go on, and wait until it has ended.

    The part is held as another worker process would: by the lock of its row.
    """
    assert job.total is not None
    parts = [{"start": at, "rows": min(PARTS, job.total - at)} for at in range(0, job.total, PARTS)]
    with transaction.atomic():
        load.prepare(job, parts)
    with other_connection() as other:
        last = Part.objects.filter(job=job).latest("number")
        other.execute("SELECT 1 FROM ingest_part WHERE id = %s FOR UPDATE", [last.pk])
        threads = in_threads(job)
        wait_until(lambda: Part.objects.filter(job=job, done=False).count() == 1, "all parts but one")
        yield
        job.refresh_from_db()
        assert job.is_open, "the load was not held"
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    job.refresh_from_db()
