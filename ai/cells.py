"""The states of AI cells, in SQL sets: by the numbers of models.Status. A cell without a record is idle.

Whatever changes the states of many cells at once holds the table's lock (tables/writes.py), but for `claim`, which takes only
cells that nobody else has in hand: so no two of them ever wait for each other crosswise.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from ai.models import Run

AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)  # as `next_at`: in the order of the run, before all that is tried again
URGENT_CELLS = 20  # up to so many are a click: they go before all runs, also where they wait in one
FEW = 1_000  # rows that are looked up one by one; for more, all of a column are read
LEASE_SECONDS = 300  # longer than a call can take (twice 90 s) and its wait before


class Claimed(NamedTuple):
    """A cell that a pump has in hand; `attempts` counts this one."""

    row_id: int
    gen: int
    attempts: int


@dataclass(frozen=True)
class Answered:
    """A cell's answer, to be written: `value` as the row holds it, None for an empty cell. Nothing was paid for a known one."""

    cell: Claimed
    value: Any
    model: str
    tokens_in: int
    tokens_out: int
    micros: int


@dataclass(frozen=True)
class Failed:
    """A cell that stays in error, with the sentence that it shows."""

    cell: Claimed
    error: str


@dataclass(frozen=True)
class Back:
    """A cell to be tried again after so many seconds; one that was given back unasked costs no attempt."""

    cell: Claimed
    seconds: float = 0.0
    costs: bool = False


def enqueue(run: Run, ids: Sequence[int], first: int, prompt_version: int) -> int:
    """Mark those of these rows' cells that the run is to compute; `first` is the place of the first in the run.

    Returns how many. Cells that wait in another run stay there, but not in an auto-run that is paused; locked ones are left
    alone but for `run.overwrite`.
    """
    paused = paused_auto_runs(run.column_id) if run.only in ("", "stale") else []
    wanted = {
        "": "c.status IS NULL OR c.status IN (3, 4, 5) OR (c.status = 6 AND %(overwrite)s)",
        "failed": "c.status = 4",
        "stale": "c.status = 5 OR (c.status IN (3, 4) AND c.prompt_version IS DISTINCT FROM %(prompt_version)s)",
    }[run.only]
    values: dict[str, Any] = {
        "column": run.column_id,
        "run": run.pk,
        "ids": list(ids),
        "first": first,
        "at": AT_ONCE,
        "overwrite": run.overwrite,
        "prompt_version": prompt_version,
        "urgent": run.urgent,
        "paused": paused,
    }
    with connection.cursor() as cursor:
        if run.urgent or paused:
            # A click does not wait for the run of 100,000 cells that this one stands in, nor a person for auto-run's next day.
            cursor.execute(
                "UPDATE ai_aicell c SET run_id = %(run)s, seq = %(first)s + i.n, next_at = %(at)s, attempts = 0, gen = gen + 1"
                " FROM unnest(%(ids)s::int[]) WITH ORDINALITY AS i (id, n) WHERE c.column_id = %(column)s AND c.row_id = i.id"
                " AND c.status = 1 AND c.run_id <> %(run)s AND (%(urgent)s OR c.run_id = ANY(%(paused)s::bigint[]))",
                values,
            )
        taken = cursor.rowcount if run.urgent or paused else 0
        cursor.execute(
            f"""
            INSERT INTO ai_aicell AS old (column_id, row_id, status, gen, run_id, seq, attempts, next_at)
            SELECT %(column)s, i.id, 1, 0, %(run)s, %(first)s + i.n, 0, %(at)s
            FROM unnest(%(ids)s::int[]) WITH ORDINALITY AS i (id, n)
            LEFT JOIN ai_aicell c ON c.column_id = %(column)s AND c.row_id = i.id
            WHERE {wanted}
            ON CONFLICT (column_id, row_id) DO UPDATE SET
                status = 1, was = old.status, gen = old.gen + 1, run_id = %(run)s, seq = excluded.seq, attempts = 0,
                next_at = excluded.next_at, lease_by = NULL, lease_until = NULL, error = NULL
            """,  # noqa: S608  constants
            values,
        )
        return taken + int(cursor.rowcount)


_TAKEN = "(status = 1 AND (%(urgent)s OR run_id = ANY(%(paused)s::bigint[])))"  # what `enqueue` takes from another run


def paused_auto_runs(column_id: int) -> list[int]:
    """The standing runs of a column that are paused: a person need not wait for what waits there."""
    return list(Run.objects.filter(column_id=column_id, is_auto=True, state=Run.State.PAUSED).values_list("pk", flat=True))


def failed_rows(column_id: int) -> list[int]:
    """The rows of a column whose cell is in error, by an index of just those: however many others there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_id FROM ai_aicell WHERE column_id = %s AND status = 4 ORDER BY row_id", [column_id])
        return [row_id for (row_id,) in cursor]


def count_wanted(column_id: int, ids: Sequence[int], only: str, prompt_version: int, *, overwrite: bool) -> int:
    """How many of these rows' cells `enqueue` would mark now."""
    wanted = {
        "failed": "status = 4",
        "stale": "status = 5 OR (status IN (3, 4) AND prompt_version IS DISTINCT FROM %(prompt_version)s) OR " + _TAKEN,
    }.get(only, f"status IN (1, 2) AND NOT ({_TAKEN}) OR (status = 6 AND NOT %(overwrite)s)")
    values: dict[str, Any] = {"column": column_id, "prompt_version": prompt_version, "overwrite": overwrite}
    values |= {"urgent": len(ids) <= URGENT_CELLS and not only, "ids": list(ids) if len(ids) <= FEW else None}
    values["paused"] = paused_auto_runs(column_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT row_id FROM ai_aicell WHERE column_id = %(column)s AND ({wanted})"  # noqa: S608  constants
            + (" AND row_id = ANY(%(ids)s::int[])" if len(ids) <= FEW else ""),
            values,
        )
        found = {row_id for (row_id,) in cursor}
    hit = sum(1 for row_id in ids if row_id in found)
    return hit if only in ("failed", "stale") else len(ids) - hit


def claim(run_id: int, pump: int, most: int) -> list[Claimed]:
    """Take up to so many cells of a run in hand, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH picked AS MATERIALIZED (
                SELECT column_id, row_id FROM ai_aicell WHERE run_id = %(run)s AND status = 1 AND next_at <= statement_timestamp()
                ORDER BY next_at, seq LIMIT %(most)s FOR UPDATE SKIP LOCKED
            )
            UPDATE ai_aicell c SET status = 2, attempts = attempts + 1, lease_by = %(pump)s,
                lease_until = now() + make_interval(secs => %(lease)s)
            FROM picked p WHERE c.column_id = p.column_id AND c.row_id = p.row_id
            RETURNING c.seq, c.row_id, c.gen, c.attempts
            """,
            {"run": run_id, "pump": pump, "most": most, "lease": LEASE_SECONDS},
        )
        return [Claimed(*cell) for _, *cell in sorted(cursor.fetchall())]


def mine(column_id: int, pump: int, cells: Sequence[Claimed]) -> set[int]:
    """The rows of those cells that are still as this pump claimed them; they stay so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.row_id FROM unnest(%(ids)s::int[], %(gens)s::int[]) AS i (id, gen)
            JOIN ai_aicell c ON c.column_id = %(column)s AND c.row_id = i.id
            WHERE c.gen = i.gen AND c.status = 2 AND c.lease_by = %(pump)s
            ORDER BY c.row_id FOR UPDATE OF c
            """,
            {
                "column": column_id,
                "pump": pump,
                "ids": [cell.row_id for cell in cells],
                "gens": [cell.gen for cell in cells],
            },
        )
        return {row_id for (row_id,) in cursor}


def complete(table_id: int, column_id: int, key: int, prompt_version: int, answers: Sequence[Answered]) -> None:
    """The rows hold these answers now; where a row is gone its cell goes too. After `mine`, and after the rows are written."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH answer AS (
                SELECT * FROM unnest(%(ids)s::int[], %(models)s::text[], %(ins)s::int[], %(outs)s::int[], %(micros)s::bigint[])
                AS a (id, model, tokens_in, tokens_out, micros)
            )
            UPDATE ai_aicell c SET status = 3, lease_by = NULL, lease_until = NULL, next_at = NULL, error = NULL,
                answer_hash = md5(coalesce(r.data -> %(key)s, 'null'::jsonb)::text), answered_at = now(),
                prompt_version = %(prompt_version)s, model = a.model, tokens_in = a.tokens_in, tokens_out = a.tokens_out,
                micros = a.micros
            FROM answer a JOIN tables_row r ON r.table_id = %(t)s AND r.id = a.id
            WHERE c.column_id = %(column)s AND c.row_id = a.id
            """,
            {
                "t": table_id,
                "column": column_id,
                "key": str(key),
                "prompt_version": prompt_version,
                "ids": [answer.cell.row_id for answer in answers],
                "models": [answer.model for answer in answers],
                "ins": [answer.tokens_in for answer in answers],
                "outs": [answer.tokens_out for answer in answers],
                "micros": [answer.micros for answer in answers],
            },
        )


def fail(column_id: int, prompt_version: int, failures: Sequence[Failed]) -> None:
    """These cells are in error. After `mine`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ai_aicell c SET status = 4, was = NULL, lease_by = NULL, lease_until = NULL, next_at = NULL, error = f.error,
                prompt_version = %(prompt_version)s
            FROM unnest(%(ids)s::int[], %(errors)s::text[]) AS f (id, error)
            WHERE c.column_id = %(column)s AND c.row_id = f.id
            """,
            {
                "column": column_id,
                "prompt_version": prompt_version,
                "ids": [failed.cell.row_id for failed in failures],
                "errors": [failed.error for failed in failures],
            },
        )


def give_back(column_id: int, backs: Sequence[Back]) -> None:
    """These cells wait again. After `mine`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ai_aicell c SET status = 1, lease_by = NULL, lease_until = NULL,
                next_at = CASE WHEN b.seconds > 0 THEN clock_timestamp() + make_interval(secs => b.seconds) ELSE %(at)s END,
                attempts = c.attempts - CASE WHEN b.costs THEN 0 ELSE 1 END
            FROM unnest(%(ids)s::int[], %(seconds)s::float8[], %(costs)s::bool[]) AS b (id, seconds, costs)
            WHERE c.column_id = %(column)s AND c.row_id = b.id
            """,
            {
                "column": column_id,
                "at": AT_ONCE,
                "ids": [back.cell.row_id for back in backs],
                "seconds": [float(back.seconds) for back in backs],
                "costs": [back.costs for back in backs],
            },
        )


def restore(column_id: int, ids: Iterable[int]) -> None:
    """These waiting or computing cells are what they were before their run: nothing is asked for them any more."""
    values: dict[str, Any] = {"column": column_id, "ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM ai_aicell"
            " WHERE column_id = %(column)s AND row_id = ANY(%(ids)s::int[]) AND status IN (1, 2) AND was IS NULL",
            values,
        )
        cursor.execute(
            "UPDATE ai_aicell SET status = was, was = NULL, gen = gen + 1, lease_by = NULL, lease_until = NULL, next_at = NULL"
            " WHERE column_id = %(column)s AND row_id = ANY(%(ids)s::int[]) AND status IN (1, 2)",
            values,
        )


def unlock(column_id: int, row_id: int) -> bool:
    """Runs may fill this locked cell again: with an earlier answer it is stale, else idle. False where it is not locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ai_aicell SET status = 5, gen = gen + 1 WHERE column_id = %s AND row_id = %s AND status = 6"
            " AND answered_at IS NOT NULL",
            [column_id, row_id],
        )
        changed = cursor.rowcount
        cursor.execute("DELETE FROM ai_aicell WHERE column_id = %s AND row_id = %s AND status = 6", [column_id, row_id])
        return bool(changed + cursor.rowcount)


@contextmanager
def _held(run: Run) -> Iterator[CursorWrapper]:
    """A transaction that holds the table's lock, as all do that change many states: else two could wait for each other."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM tables_table WHERE id = %s FOR UPDATE", [run.table_id])
        yield cursor


def restore_waiting(run: Run) -> None:
    """The same for all cells that wait in a run."""
    with _held(run) as cursor:
        cursor.execute("DELETE FROM ai_aicell WHERE run_id = %s AND status = 1 AND was IS NULL", [run.pk])
        cursor.execute(
            "UPDATE ai_aicell SET status = was, was = NULL, gen = gen + 1, next_at = NULL WHERE run_id = %s AND status = 1",
            [run.pk],
        )


def reclaim(run: Run) -> int:
    """Cells that a pump which is gone had in hand wait again. Only for who knows that it is gone; returns how many."""
    with _held(run) as cursor:
        cursor.execute(
            "UPDATE ai_aicell SET status = 1, attempts = greatest(attempts - 1, 0), lease_by = NULL, lease_until = NULL,"
            " next_at = %s WHERE status = 2 AND lease_until IS NOT NULL AND run_id = %s",
            [AT_ONCE, run.pk],
        )
        return int(cursor.rowcount)


def next_due(run_id: int) -> datetime | None:
    """When the next waiting cell of a run may be tried; None when none waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT next_at FROM ai_aicell WHERE run_id = %s AND status = 1 ORDER BY next_at, seq LIMIT 1", [run_id])
        found = cursor.fetchone()
    return found[0] if found else None


def has_busy(run_id: int) -> bool:
    """Whether a cell of the run is in hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM ai_aicell WHERE status = 2 AND lease_until IS NOT NULL AND run_id = %s)", [run_id]
        )
        return bool(cursor.fetchone()[0])


def busy_rows(columns: Sequence[int], ids: Sequence[int]) -> set[int]:
    """Those of these rows that wait for an answer in one of these columns (Column ids)."""
    if not columns or not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT row_id FROM ai_aicell"
            " WHERE column_id = ANY(%s::bigint[]) AND row_id = ANY(%s::int[]) AND status IN (1, 2)",
            [list(columns), list(ids)],
        )
        return {row_id for (row_id,) in cursor}
