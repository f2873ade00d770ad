"""How long history is kept, and how much of it: HISTORY_DAYS, and HISTORY_ROWS changes of rows for each table.

What undo of the last day may need stays in any case. A change whose rows were trimmed stays in the activity, as an entry.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from tables.models import Change, RowChange, Table

UNDO_KEPT = timedelta(days=1)
MOST_ADDED_UP = 100_000  # changes whose rows are added up to say how many are kept
BATCH_ROWS = 20_000  # row changes of one statement: 0.2 s, in which nobody waits


class Size(NamedTuple):
    """How much history a table has: changes of rows, whether there are still more of them, and since when."""

    rows: int
    is_more: bool
    since: datetime | None


def size(table: Table) -> Size:
    """From the changes' own counts, and not of all: to count the row changes would take a second for some millions."""
    first = RowChange.objects.filter(table=table).order_by("version").values_list("version", flat=True).first()
    if first is None:
        return Size(0, False, None)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(rows), 0), count(*), (
                SELECT at FROM tables_change WHERE table_id = %(t)s AND version >= %(first)s ORDER BY version LIMIT 1
            ) FROM (
                SELECT rows FROM tables_change WHERE table_id = %(t)s AND version >= %(first)s AND action <> 'load'
                ORDER BY version DESC LIMIT %(most)s
            ) AS c
            """,
            {"t": table.pk, "first": first, "most": MOST_ADDED_UP},
        )
        rows, changes, since = cursor.fetchone()
    return Size(int(rows), changes == MOST_ADDED_UP, since)


def trim(table: Table) -> int:
    """Forget what is too old or too much. Returns how many row changes that were."""
    now = timezone.now()
    kept = now - UNDO_KEPT
    old = _last_before(table, min(kept, now - timedelta(days=settings.HISTORY_DAYS)))
    forgotten = _forget_rows(table, max(old, min(_last_beyond(table, settings.HISTORY_ROWS), _last_before(table, kept))))
    Change.objects.filter(table=table, version__lte=old).delete()
    return forgotten


def _last_before(table: Table, moment: datetime) -> int:
    """The last version before a moment."""
    found = Change.objects.filter(table=table, at__lt=moment).order_by("-version").values_list("version", flat=True).first()
    return found or 0


def _last_beyond(table: Table, most: int) -> int:
    """The newest version that is not among the last `most` changes of rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT max(version) FROM (
                SELECT version, sum(rows) OVER (ORDER BY version DESC) AS until FROM tables_change
                WHERE table_id = %s AND action <> 'load'
            ) AS c WHERE until > %s
            """,
            [table.pk, most],
        )
        return cursor.fetchone()[0] or 0


def _forget_rows(table: Table, last: int) -> int:
    forgotten = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                """
                DELETE FROM tables_rowchange WHERE ctid = ANY(ARRAY(
                    SELECT ctid FROM tables_rowchange WHERE table_id = %s AND version <= %s ORDER BY version LIMIT %s))
                """,
                [table.pk, last, BATCH_ROWS],
            )
            forgotten += cursor.rowcount
            if cursor.rowcount < BATCH_ROWS:
                return forgotten
