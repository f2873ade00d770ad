"""What the grid shows of AI cells beside their values: that they wait, are computed, failed, are stale or locked."""

from collections.abc import Sequence

from django.db import connection
from django.utils.html import escape

from ai.columns import Known, known
from ai.models import Run, Status
from tables.models import Column, Table
from tables.query import RowData

# The attribute that static/css/ai.css draws, and the words that a screen reader and a pointer at rest are told.
_SHOWN = {
    Status.PENDING: (' data-ai="pending"', "Waits for its answer"),
    Status.COMPUTING: (' data-ai="computing"', "Is being computed"),
    Status.ERROR: (' data-ai="error"', ""),
    Status.STALE: (' data-ai="stale"', "An input has changed since this answer"),
    Status.LOCKED: (' data-ai="locked"', "Typed by a person: runs leave it alone"),
}


def states_of(table: Table, columns: Sequence[Column], rows: Sequence[RowData]) -> dict[str, list[str]]:
    """{column key as text: attributes as HTML, "" for none, of each row} for the AI columns among these. {} where none is."""
    keys = {column.key for column in columns}
    asked = [each for each in known(table) if each.key in keys]
    if not asked or not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_id, row_id, status, error, prompt_version FROM ai_aicell"
            " WHERE column_id = ANY(%s::bigint[]) AND row_id = ANY(%s::int[])",
            [[each.column_id for each in asked], [row.id for row in rows]],
        )
        found = {(column_id, row_id): cell for column_id, row_id, *cell in cursor}
    return {str(each.key): [_state(each, found.get((each.column_id, row.id))) for row in rows] for each in asked}


def _state(each: Known, cell: list[object] | None) -> str:
    if cell is None:
        return ""
    status, error, version = cell
    if status in (Status.COMPLETED, Status.ERROR) and version != each.prompt_version and version is not None:
        status = Status.STALE
    if status == Status.COMPLETED:
        return ""
    assert isinstance(status, int)
    attribute, words = _SHOWN[Status(status)]
    return f'{attribute} title="{escape(error or words)}"'


def working(table: Table) -> list[int]:
    """The keys of the AI columns that a run is under way for: their cells change without a write."""
    if not known(table):
        return []
    found = Run.objects.filter(table=table, state__in=(Run.State.PREPARING, Run.State.RUNNING))
    return sorted(set(found.exclude(is_auto=True).values_list("column__key", flat=True)))
