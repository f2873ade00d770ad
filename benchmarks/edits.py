"""Writing: one cell through HTTP, the idle poll, columns, 10,000 rows deleted, pasted and back, a whole column emptied."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from bases.progress import State
from benchmarks import worker
from benchmarks.bench import Bench
from benchmarks.report import Figure
from benchmarks.windows import in_server
from tables import bulk, edits, schema, undo
from tables.copying import copied
from tables.models import Bulk, Table
from tables.query import RowQuery
from tables.tasks import send_bulk

EDIT_MS, POLL_MS, COLUMN_MS = 20.0, 2.0, 50.0
DELETED = 10_000
DELETE_MS = 1_000.0
PASTED_COLUMNS = 20
PASTE_MS = 2_000.0
WARMED = 5
CLEAR_SECONDS = 30.0


def measure(bench: Bench) -> Iterator[Figure]:
    random = Random(3)
    yield _edit(bench, random)
    yield _poll(bench)
    yield from _columns(bench)
    yield from _delete_and_undo(bench, random)
    yield from _paste_and_undo(bench, random)
    yield from _clear_and_undo(bench)


def _edit(bench: Bench, random: Random) -> Figure:
    table = bench.table
    key = table.live_columns().get(name="Company").key
    rows = random.sample(range(1, bench.rows + 1), bench.samples(200, 100) + WARMED)
    took = []
    with bench.web.connection() as line:
        for number, row in enumerate(rows):
            fields = {"row": row, "key": key, "value": f"Edited {number}", "v": 0}
            answer = line.post(f"/t/{table.pk}/cell/", fields)
            if f"Edited {number}".encode() not in answer.content:
                raise RuntimeError(f"The edit of row {row} was answered without it: {answer.content[:200]!r}")
            took.append(answer.took)
    note = f"Each on another row; {WARMED} edits before and not counted."
    return Figure("edit one cell, through HTTP", "ms", took[WARMED:], EDIT_MS, "p95", note)


def _poll(bench: Bench) -> Figure:
    bench.table.refresh_from_db()
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(bench.user)
    path = f"/t/{bench.table.pk}/changes/?version={bench.table.version}"
    took = [in_server(client, path, status=204).took for _ in range(bench.samples(500, 200) + WARMED)]
    note = f"All middleware included; {WARMED} polls before and not counted."
    return Figure("poll for changes when there are none, in the server", "ms", took[WARMED:], POLL_MS, "median", note)


def _columns(bench: Bench) -> Iterator[Figure]:
    table, user = bench.table, bench.user
    added: list[float] = []
    renamed: list[float] = []
    deleted: list[float] = []
    for number in range(bench.samples(20, 10)):
        with timed(added):
            column = schema.add_column(table, user, f"Bench {number}", "text", {})
        with timed(renamed):
            schema.update_column(table, user, column.key, name=f"Renamed {number}")
        with timed(deleted):
            schema.delete_column(table, user, column.key)
    for what, took in (("add", added), ("rename", renamed), ("delete", deleted)):
        yield Figure(f"{what} a column", "ms", took, COLUMN_MS, "max")


def _delete_and_undo(bench: Bench, random: Random) -> Iterator[Figure]:
    table = Table.objects.get(pk=bench.table.pk)
    size = min(DELETED, bench.rows // 2)
    deleted: list[float] = []
    undone: list[float] = []
    for _ in range(bench.samples(5, 3)):
        ids = RowQuery(table).ids(random.randint(0, bench.rows - size), size)
        with timed(deleted):
            edits.delete_rows(table, bench.user, ids)
        with timed(undone):
            undo.undo(table, bench.user)
        table.refresh_from_db()
        if table.row_count != bench.rows:
            raise RuntimeError(f"After the undo there are {table.row_count:,} rows, not {bench.rows:,}.")
    yield Figure(f"delete {size:,} rows", "ms", deleted, DELETE_MS, "max")
    yield Figure("... and undo it", "ms", undone, DELETE_MS, "max")


def _paste_and_undo(bench: Bench, random: Random) -> Iterator[Figure]:
    table, size = Table.objects.get(pk=bench.table.pk), min(DELETED, bench.rows // 2)
    more = PASTED_COLUMNS - table.live_columns().count()
    made = schema.add_columns(table, bench.user, [(f"Pasted {n}", "text", {}) for n in range(more)])
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(bench.user)
    pasted: list[float] = []
    undone: list[float] = []
    for turn in range(bench.samples(5, 3)):
        table.refresh_from_db()
        first = random.randint(0, bench.rows - size)
        columns = list(table.live_columns())[:PASTED_COLUMNS]
        text, _ = copied(RowQuery(table), RowQuery(table).ids(first, size), [*columns[: PASTED_COLUMNS - more]])
        lines = [line + f"\tpasted {turn}" * more for line in text.split("\n")]
        fields = {"from": first, "to": first + size - 1, "version": table.version, "keys": ",".join(str(c.key) for c in columns)}
        upload = SimpleUploadedFile("text", "\n".join(lines).encode())
        with timed(pasted):
            answer = client.post(f"/t/{table.pk}/cells/paste/", {**fields, "text": upload}).json()
        if answer.get("cells") != size * len(columns):
            raise RuntimeError(f"The paste was answered with {str(answer)[:300]}")
        with timed(undone):
            undo.undo(table, bench.user)
    for column in made:
        schema.delete_column(table, bench.user, column.key)
    note = "All middleware included; half of the columns change."
    yield Figure(f"paste {size:,} rows x {PASTED_COLUMNS} columns", "ms", pasted, PASTE_MS, "max", note)
    yield Figure("... and undo the paste", "ms", undone, DELETE_MS, "max")


def _clear_and_undo(bench: Bench) -> Iterator[Figure]:
    """A whole column emptied by a worker process of the product's own, and brought back."""
    table = Table.objects.get(pk=bench.table.pk)
    key = table.live_columns().get(name="Company").key
    before = _filled(table, key)
    with worker.running(bench, "worker"):
        # It starts for some seconds; of a row that is not there it has nothing to do.
        _by_worker("its start", bulk.clear(table, bench.user, [edits.LAST_ROW_ID], [key]))
        cleared = bulk.clear(table, bench.user, RowQuery(table).ids(0, bench.rows), [key])
        yield _by_worker("clear a column, by a worker", cleared)
        cleared.refresh_from_db()
        if _filled(table, key):
            raise RuntimeError("After the clear there are values in the column.")
        yield _by_worker("... and undo the clear", bulk.take_back(table, bench.user, "undo", cleared))
        if _filled(table, key) != before:
            raise RuntimeError("After the undo there are other values in the column than before.")


def _by_worker(what: str, found: Bulk) -> Figure:
    began = time.monotonic()
    send_bulk(found)
    while (now := Bulk.objects.light().get(pk=found.pk)).is_open:
        if time.monotonic() - began > 20 * CLEAR_SECONDS:
            raise RuntimeError(f"“{what}” does not end.")
        time.sleep(0.1)
    if now.state != State.DONE:
        raise RuntimeError(f"“{what}” failed: {now.error}")
    note = f"{now.total:,} rows, {len(now.versions)} writes; the search index is made anew after it and not counted."
    return Figure(what, "s", [time.monotonic() - began], CLEAR_SECONDS, note=note)


def _filled(table: Table, key: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tables_row WHERE table_id = %s AND data ? %s", [table.pk, str(key)])
        return int(cursor.fetchone()[0])


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Add the milliseconds of the block to a list."""
    began = time.perf_counter()
    yield
    into.append((time.perf_counter() - began) * 1_000)
