"""Changing a column's kind in the browser: the dialog, and the preview below its options."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bases.access import person
from bases.dialogs import dialog, refresh
from tables.bulk import TooBusy
from tables.column_views import kinds_by_group, load_column
from tables.columns import KINDS, BadOptions, Kind
from tables.columns.base import quoted
from tables.conversion.change import change_kind as change
from tables.conversion.change import new_form
from tables.conversion.preview import Preview, preview
from tables.forms import CHOICE_KINDS, read_options, shown_options
from tables.heavy import turn
from tables.models import Column, Table
from tables.schema import BadSchema
from tables.tasks import send_bulk
from tables.writes import Gone


@require_http_methods(["GET", "POST"])
def change_kind(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """GET with `kind` shows that kind's options."""
    table, column = load_column(request, table_id, key)
    if request.method == "GET":
        kind = KINDS.get(request.GET.get("kind", ""), KINDS[column.kind])
        options = _first_options(column, kind)
        return _dialog(request, table, column, kind, options, not options.get("options"))
    kind, options, create = _read(request, column)
    user = person(request)
    try:
        # Options are made of all values there are, else at most as many are looked at as are converted at once.
        with turn(user.pk) if create else nullcontext():
            changed, large = change(table, user, key, kind.key, options, create)
    except (BadSchema, BadOptions, TooBusy) as bad:
        return _dialog(request, table, column, kind, options, create, problem=str(bad))
    except Gone as gone:
        raise Http404(str(gone)) from None
    words = f"{quoted(changed.name)} is of the kind “{kind.label}” now."
    if large:
        send_bulk(large)
        words += f" Its {large.total:,} cells are converted in the background."
    messages.success(request, words)
    return refresh(request, reverse("grid", args=[table_id]))


@require_POST
@never_cache
def kind_preview(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """What the change would do; POST, as a select's options would not fit into an address. Without htmx: the dialog with it."""
    table, column = load_column(request, table_id, key)
    kind, options, create = _read(request, column)
    context: dict[str, Any] = {}
    try:
        with turn(person(request).pk):
            context["preview"] = preview(table, column, new_form(column, kind.key, options), create)
    except (BadSchema, BadOptions) as bad:
        context["problem"] = str(bad)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "tables/kind_preview.html", context)
    return _dialog(request, table, column, kind, options, create, **context)


def _first_options(column: Column, kind: Kind) -> dict[str, Any]:
    """What the dialog offers: between kinds of one sort the options that the column has."""
    alike = ({"select", "multi_select"}, {"date", "datetime"})
    same = kind.key == column.kind or any({kind.key, column.kind} <= pair for pair in alike)
    return kind.options(column.options if same else {})


def _read(request: HttpRequest, column: Column) -> tuple[Kind, dict[str, Any], bool]:
    kind = KINDS.get(request.POST.get("kind", ""), KINDS[column.kind])
    return kind, read_options(kind, request.POST), kind.key in CHOICE_KINDS and "create" in request.POST


def _dialog(
    request: HttpRequest,
    table: Table,
    column: Column,
    kind: Kind,
    options: Mapping[str, Any],
    create: bool,
    problem: str = "",
    preview: Preview | None = None,
) -> HttpResponse:
    context = {
        "groups": [(group, writable) for group, kinds in kinds_by_group() if (writable := [k for k in kinds if k.writable])],
        "kind": kind,
        "now": KINDS[column.kind],
        "column": column,
        "create": create,
        "problem": problem,
        "preview": preview,
        "action": reverse("change_kind", args=[table.pk, column.key]),
        "base": table.base,
        "table": table,
        **shown_options(kind, dict(options)),
    }
    return dialog(request, "tables/kind_dialog.html", context, status=422 if problem else 200)
