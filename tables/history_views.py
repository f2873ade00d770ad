"""History in the browser: of a row or one of its cells, and a table's activity. Fragments for htmx, pages without it."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bases.dialogs import dialog
from tables import history, keeping
from tables.access import load_table
from tables.history import Page
from tables.models import RowChange, Table
from tables.places import LAST_ROW_ID
from tables.query import RowQuery


@require_GET
@never_cache
def row_history(request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
    """What happened to a row, or with `?key=` to one of its cells; `?before=` is a version."""
    table, _ = load_table(request, table_id)
    index = RowQuery(table).index_of(row_id) if row_id <= LAST_ROW_ID else None
    if index is None and not RowChange.objects.filter(table=table, row_id=min(row_id, LAST_ROW_ID)).exists():
        raise Http404("There is no such row.")
    key, before = _whole(request, "key"), _whole(request, "before")
    column = table.columns.filter(key=key).first() if key is not None else None
    if column is not None:
        page = history.cell_history(table, row_id, column.key, before)
    else:
        page = history.row_history(table, row_id, before)
    number = None if index is None else index + 1
    return _answer(request, "tables/row_history.html", table, page, {"row_id": row_id, "number": number, "column": column})


@require_GET
@never_cache
def activity(request: HttpRequest, table_id: int) -> HttpResponse:
    """What happened to a table; `?before=` is a version."""
    table, _ = load_table(request, table_id)
    before = _whole(request, "before")
    # Those who read on have seen it.
    kept = {"kept": keeping.size(table), "most": settings.HISTORY_ROWS} if before is None else {}
    return _answer(request, "tables/activity.html", table, history.activity(table, before), kept)


def _answer(request: HttpRequest, template: str, table: Table, page: Page, more: dict[str, Any]) -> HttpResponse:
    context = {"base": table.base, "table": table, "page": page, "days": settings.HISTORY_DAYS, **more}
    return dialog(request, template, context)


def _whole(request: HttpRequest, name: str) -> int | None:
    """A whole number among the parameters; None when there is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
