"""Actions on more rows than one request should change: begun here, shown by their bars (tables/bulk_views.py)."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from bases.access import person
from bases.models import Role
from tables import bulk
from tables.access import load_table
from tables.columns import kind_of
from tables.columns.base import BadValue
from tables.edits.fill import plan
from tables.edits.large_rows import lowest_of
from tables.models import Bulk, Column, Table
from tables.query import RowQuery
from tables.tasks import send_bulk
from tables.writes import Gone
from views_app.answers import answers_errors, number
from views_app.asked import asked
from views_app.picked_rows import flag, ids_between, picked_keys, place_by_hand


@require_POST
@answers_errors
def begin_bulk(request: HttpRequest, table_id: int) -> HttpResponse:
    """Do something with the rows `from` .. `to` of the view in the order `order`, as of `version`: any number of them.

    `action` is clear, fill, duplicate, move or delete. The first two take `keys` (of columns), fill also `direction`, `source`
    and `series` as /cells/fill/ does, move `above` or `below` as /rows/move/. The answer is {"bulk": its number, "text"}, 202.
    """
    table, _ = load_table(request, table_id, Role.EDITOR)
    query, user = asked(request, table).query, person(request)
    ids = ids_between(request.POST, query)
    action = request.POST.get("action")
    if action == "delete":
        found = bulk.delete(table, user, ids)
    elif action == "clear":
        found = bulk.clear(table, user, ids, [column.key for column in _columns(request, query)])
    elif action == "fill":
        first, source = number(request.POST.get("from"), "from"), number(request.POST.get("source", "1"), "source")
        keys, direction = picked_keys(request.POST), request.POST.get("direction", "down")
        series = flag(request.POST, "series")
        found = bulk.fill(table, user, plan(table, ids, first, keys, direction, source=source, series=series))
    elif action == "duplicate":
        # In the table's own order the last one is the lowest.
        found = bulk.duplicate(table, user, ids, _lowest(table, ids) if query.definition.order else ids[-1])
    elif action == "move":
        found = bulk.move(table, user, ids, **place_by_hand(request.POST, query))
    else:
        raise BadValue("“action” must be clear, fill, duplicate, move or delete.")
    return begun(found)


def _lowest(table: Table, ids: Sequence[int]) -> int:
    lowest = lowest_of(table, ids)
    if lowest is None:
        raise Gone("These rows were deleted already.")
    return lowest


def begun(found: Bulk, note: str = "") -> JsonResponse:
    """Hand it to the workers; the answer tells the grid to show its bar, and a `note` to say."""
    send_bulk(found)
    rows = found.params.get("pasted", found.total)
    answer = {"bulk": found.pk, "text": f"{rows:,} rows: under way."}
    return JsonResponse({**answer, "note": note} if note else answer, status=202)


def _columns(request: HttpRequest, query: RowQuery) -> list[Column]:
    """The columns that are named, which people may write. Raises BadValue."""
    known = [query.by_key[key] for key in picked_keys(request.POST) if key in query.by_key]
    columns = [column for column in known if kind_of(column.kind).writable]
    if not columns:
        raise BadValue("None of these columns can be edited.")
    return columns
