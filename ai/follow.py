"""What a write means for AI cells: inputs that changed make answers stale, or run anew; what a person types is locked.

Called inside every write (tables/writes.py), once its rows are written, with the table's lock held.
"""

from typing import Any

from django.db import connection
from django.db.models import F

from ai import columns, runs
from ai.columns import Known
from ai.models import AiColumn, Run
from ai.tasks import send_soon
from tables.writes import Write

QUIET_SECONDS = 2.0  # a cell of a column with auto-run waits for so long after the last edit of its inputs
# A write that touches more rows than this does not set auto-run off: its cells become stale. Nobody pays for a paste of
# 35,000 rows without having been asked.
AUTO_ROWS = 100


def follow(current: Write) -> None:
    """Mark the AI cells that this write touches or makes stale."""
    if current.columns_changed:
        _of_columns(current)
    if not (current.cells_changed or current.rows_changed):
        return
    for each in columns.known(current.table):
        is_converted = current.detail.get("converts", {}).get("key") == each.key  # the same answers in another form
        touches = current.rows_changed or str(each.key) in current.cells_changed
        if touches and current.detail.get("answers") != each.key and not is_converted:
            _typed_over(current, each)
        if current.copied:
            _copied(current, each)
        if "job" in current.detail:
            _loaded(current, each)
        if current.rows_changed or each.inputs & {int(key) for key in current.cells_changed}:
            _inputs_changed(current, each)


def _of_columns(current: Write) -> None:
    """Another kind, or other options, of an AI column: its earlier answers are of another form."""
    changed = [entry for entry in current.detail.get("columns", ()) if entry["before"] and entry["after"]]
    keys = {entry["key"] for entry in changed if {"kind", "options"} & set(entry["after"])}
    if keys:
        found = AiColumn.objects.filter(column__table=current.table, column__key__in=keys)
        columns.touch_prompt(set(found.values_list("pk", flat=True)))


def _typed_over(current: Write, each: Known) -> None:
    """Cells that a person filled are locked, emptied ones are idle, and those where the answer is back are completed."""
    values: dict[str, Any] = {"t": current.table.pk, "v": current.version, "column": each.column_id, "key": str(each.key)}
    # What an undo or a redo of a run puts into the cells are answers, not a person's words.
    values |= {"theirs": current.detail.get("of") == runs.ACTION, "prompt_version": each.prompt_version}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ai_aicell AS c (column_id, row_id, status, gen, seq, attempts)
            SELECT %(column)s, row_id, 6, 0, 0, 0 FROM tables_rowchange
            WHERE table_id = %(t)s AND version = %(v)s
              AND (after ? %(key)s AND before IS NOT NULL OR after -> 'data' ? %(key)s AND before IS NULL)
            ON CONFLICT (column_id, row_id) DO UPDATE SET
                gen = c.gen + 1, was = NULL, lease_by = NULL, lease_until = NULL, next_at = NULL, error = NULL,
                status = CASE WHEN %(theirs)s AND c.was IS DISTINCT FROM 6 OR c.answer_hash = (
                    SELECT md5(coalesce(r.after -> 'data' -> %(key)s, r.after -> %(key)s)::text) FROM tables_rowchange r
                    WHERE r.table_id = %(t)s AND r.version = %(v)s AND r.row_id = c.row_id
                ) THEN CASE WHEN c.prompt_version = %(prompt_version)s THEN 3 ELSE 5 END ELSE 6 END
            """,
            values,
        )
        cursor.execute(
            """
            DELETE FROM ai_aicell c USING tables_rowchange r
            WHERE r.table_id = %(t)s AND r.version = %(v)s AND r.after -> %(key)s = 'null'
              AND c.column_id = %(column)s AND c.row_id = r.row_id
            """,
            values,
        )


def _copied(current: Write, each: Known) -> None:
    """A copied row's answer is an answer, too, as good as the one it was copied from; nothing was paid for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ai_aicell c SET
                status = CASE WHEN s.status NOT IN (1, 2) THEN s.status WHEN s.was = 6 THEN 6 ELSE 5 END, error = s.error,
                answer_hash = s.answer_hash, answered_at = s.answered_at, prompt_version = s.prompt_version, model = s.model,
                tokens_in = 0, tokens_out = 0, micros = 0
            FROM unnest(%(new)s::int[], %(old)s::int[]) AS i (new, old)
            JOIN ai_aicell s ON s.column_id = %(column)s AND s.row_id = i.old
            WHERE c.column_id = %(column)s AND c.row_id = i.new
            """,
            {"column": each.column_id, "new": list(current.copied), "old": list(current.copied.values())},
        )


def _loaded(current: Write, each: Known) -> None:
    """What a file brings is somebody's own, like what is typed. A load writes no record of each row."""
    first = current.detail["first"]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ai_aicell (column_id, row_id, status, gen, seq, attempts)"
            " SELECT %s, id, 6, 0, 0, 0 FROM tables_row WHERE table_id = %s AND id >= %s AND id < %s AND data ? %s"
            " ON CONFLICT DO NOTHING",
            [each.column_id, current.table.pk, first, first + current.rows, str(each.key)],
        )


def _inputs_changed(current: Write, each: Known) -> None:
    keys = [str(key) for key in sorted(each.inputs)]
    values: dict[str, Any] = {"t": current.table.pk, "v": current.version, "column": each.column_id, "keys": keys}
    with connection.cursor() as cursor:
        # Of waiting and computing cells the answer under way is worthless; they are asked anew in their run.
        cursor.execute(
            """
            UPDATE ai_aicell c SET gen = c.gen + 1, lease_by = NULL, lease_until = NULL,
                status = CASE WHEN c.status = 2 THEN 1 WHEN c.status IN (3, 4) THEN 5 ELSE c.status END,
                was = CASE WHEN c.status IN (1, 2) AND c.was IN (3, 4) THEN 5 ELSE c.was END,
                next_at = CASE WHEN c.status IN (1, 2) THEN clock_timestamp() END,
                attempts = CASE WHEN c.status IN (1, 2) THEN 0 ELSE c.attempts END
            FROM tables_rowchange r
            WHERE r.table_id = %(t)s AND r.version = %(v)s AND r.before IS NOT NULL AND r.after ?| %(keys)s::text[]
              AND c.column_id = %(column)s AND c.row_id = r.row_id AND c.status IN (1, 2, 3, 4)
            """,
            values,
        )
    # Parts of large actions and of runs are small, and all of them together are not.
    is_small = 0 < current.rows <= AUTO_ROWS and "bulk" not in current.detail
    if each.auto_run and is_small and not current.undoes:
        _run_anew(current, each, values)


def _run_anew(current: Write, each: Known, values: dict[str, Any]) -> None:
    ai = AiColumn.objects.select_related("column__table").get(pk=each.column_id)
    run = runs.standing(ai)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ai_aicell AS c (column_id, row_id, status, gen, run_id, seq, attempts, next_at)
            SELECT %(column)s, r.row_id, 1, 0, %(run)s, r.row_id, 0, clock_timestamp() + make_interval(secs => %(quiet)s)
            FROM tables_rowchange r WHERE r.table_id = %(t)s AND r.version = %(v)s
              AND (r.before IS NOT NULL AND r.after ?| %(keys)s::text[]
                   OR r.before IS NULL AND r.after -> 'data' ?| %(keys)s::text[] AND NOT r.after -> 'data' ? %(key)s)
            ON CONFLICT (column_id, row_id) DO UPDATE SET
                status = 1, was = CASE WHEN c.status = 1 THEN c.was ELSE c.status END, gen = c.gen + 1,
                run_id = excluded.run_id, seq = excluded.seq, attempts = 0,
                next_at = excluded.next_at, lease_by = NULL, lease_until = NULL, error = NULL
            WHERE c.status IN (3, 4, 5) OR (c.status = 1 AND c.run_id = excluded.run_id)
            """,
            values | {"run": run.pk, "quiet": QUIET_SECONDS, "key": str(each.key)},
        )
        if cursor.rowcount:
            Run.objects.filter(pk=run.pk).update(total=F("total") + cursor.rowcount)
            send_soon(run.pk, QUIET_SECONDS)
