"""A table: its columns, its views."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ai import prompts
from ai.models import AiColumn
from api.bases import table_told
from api.door import answer, asked, endpoint
from tables.access import load_table
from tables.columns import kind_of
from tables.models import Column, columns_at


@endpoint("GET")
def table(request: HttpRequest, table_id: int) -> HttpResponse:
    """A table with its columns, in their order, and the views that the person sees."""
    asked(request)
    table, member = load_table(request, table_id)
    columns = columns_at(table.pk, table.columns_version)
    computed = {ai.pk: ai for ai in AiColumn.objects.filter(column__table=table)}
    views = table.views.seen_by(member.user)
    told = table_told(table) | {
        "columns": [_column(column, columns, computed.get(column.pk)) for column in columns],
        "views": [{"id": view.pk, "name": view.name, "personal": view.is_personal, "default": view.is_default} for view in views],
        "ai_runs_url": reverse("api_ai_runs", args=[table.pk]),
    }
    return answer(told)


def _column(column: Column, columns: Any, ai: AiColumn | None) -> dict[str, Any]:
    return {
        "key": column.key,
        "name": column.name,
        "kind": column.kind,
        "options": column.options,
        "description": column.description,
        "writable": kind_of(column.kind).writable,
        "ai": None if ai is None else _ai(column, columns, ai),
    }


def _ai(column: Column, columns: Any, ai: AiColumn) -> dict[str, Any]:
    place = [column.table_id, column.key]
    return {
        "prompt": prompts.shown(ai.prompt, columns),
        "model": ai.model,
        "auto_run": ai.auto_run,
        "estimate_url": reverse("api_ai_estimate", args=place),
        "run_url": reverse("api_ai_begin", args=place),
    }
