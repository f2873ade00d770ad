"""From a part to rows in the staging table: make or read its documents, and COPY them."""

from collections.abc import Iterable, Iterator

from django.db import connection
from psycopg import sql

from ingest.files import file_documents
from ingest.models import Job, Part
from tables.models import POSITION_SHIFT
from tables.samples import Batch, SampleColumn, documents

# Rows generated and written at once: large enough for C-level speed per column, small enough (about 2.5 MB of text)
# that two processes stay far below 300 MB.
BATCH_ROWS = 10_000


def copy_part(job: Job, part: Part) -> None:
    """COPY one part's rows into the job's staging table, inside the caller's transaction."""
    if job.kind == Job.Kind.GENERATE:
        batches = generated(job, part.params["start"], part.params["rows"])
    else:
        batches = file_documents(job, part)
    assert job.first_row_id is not None
    _copy(job.staging, job.first_row_id + part.params["start"], batches)


def generated(job: Job, start: int, rows: int) -> Iterator[list[str]]:
    """Sample rows as JSON documents, by batches. The same seed and columns give the same rows, whoever makes them."""
    columns = [SampleColumn(**column) for column in job.params["columns"]]
    for at in range(start, start + rows, BATCH_ROWS):
        yield documents(columns, Batch(seed=job.params["seed"], start=at, size=min(BATCH_ROWS, start + rows - at)))


def _copy(staging: str, first_id: int, batches: Iterable[list[str]]) -> None:
    statement = sql.SQL("COPY {} (id, position, data) FROM STDIN").format(sql.Identifier(staging))
    # Django does not know COPY, so its errors are made Django's here: load.run tells a lost server from a bug by them.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        row_id = first_id
        for batch in batches:
            copy.write(copy_text(row_id, batch))
            row_id += len(batch)


def copy_text(first_id: int, batch: list[str]) -> str:
    """Documents as COPY text lines. JSON escapes control characters, so only the backslash needs care."""
    lines = [f"{row_id}\t{row_id << POSITION_SHIFT}\t{text}\n" for row_id, text in enumerate(batch, start=first_id)]
    return "".join(lines).replace("\\", "\\\\")
