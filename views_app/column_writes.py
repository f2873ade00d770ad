"""Columns changed from the grid itself, without a dialog: duplicated, renamed, moved."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from bases.access import person
from tables import schema
from tables.column_views import load_column
from tables.columns.base import quoted
from tables.duplication.duplicate import duplicate_column as duplicate
from tables.models import Change
from tables.tasks import send_bulk
from tables.writes import Gone
from views_app.answers import answers_errors, number


@require_POST
@answers_errors
def duplicate_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Copy a column with its values to right of it: {"text", "undo", "key": of the copy}. A worker copies many values."""
    table, column = load_column(request, table_id, key)
    copy, large = duplicate(table, person(request), key)
    text = f"{quoted(column.name)} was duplicated"
    if large:
        send_bulk(large)
        text += f"; its {large.total:,} values are copied in the background"
    return JsonResponse({"text": text, "undo": large is None, "key": copy.key})


@require_POST
@answers_errors
def rename_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Give a column the name `name`: {"name": as stored, "version": of the columns now, "before": and before}.

    "before" is null where others have changed columns in that very moment: then a page of it is out of date.
    """
    table, _ = load_column(request, table_id, key)
    before = table.columns_version
    column = schema.update_column(table, person(request), key, name=request.POST.get("name", ""))
    version = column.table.version  # of this write
    between = Change.objects.filter(table=table, version__gt=before, version__lt=version, detail__has_key="columns")
    return JsonResponse({"name": column.name, "version": version, "before": None if between.exists() else before})


@require_POST
@answers_errors
def move_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Put a column left of the column `before`, or right of the column `after` (their keys): {"text", "undo"}."""
    table, column = load_column(request, table_id, key)
    name = "before" if "before" in request.POST else "after"
    beside = number(request.POST.get(name), name)
    others = [each for each in table.live_columns().values_list("key", flat=True) if each != key]
    if beside not in others:
        raise Gone("The column beside which this one was to stand was deleted.")
    place = others.index(beside) + (name == "after")
    schema.move_column(table, person(request), key, others[place] if place < len(others) else None)
    return JsonResponse({"text": f"{quoted(column.name)} was moved", "undo": True})
