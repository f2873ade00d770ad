"""Columns in the browser: the dialogs to add and edit one, delete, restore, width."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bases.access import person
from bases.dialogs import dialog, refresh
from bases.models import Role
from tables import schema
from tables.access import load_table
from tables.columns import KINDS, BadOptions, kind_of
from tables.forms import ColumnForm, NewColumnForm, read_options, shown_options
from tables.models import Column, Table
from tables.schema import BadSchema
from tables.writes import Gone


def load_column(request: HttpRequest, table_id: int, key: int) -> tuple[Table, Column]:
    """A column the person may change. Raises Http404 or PermissionDenied."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    column = table.live_columns().filter(key=key).first()
    if column is None:
        raise Http404("There is no such column. It may have been deleted.")
    return table, column


def kinds_by_group() -> list[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for kind in KINDS.values():
        groups.setdefault(kind.group, []).append(kind)
    return list(groups.items())


@require_http_methods(["GET", "POST"])
def new_column(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET with `kind` shows that kind's options, with `before` (a column's key) puts the new column there."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    if request.method == "GET":
        asked = request.GET
        initial = {name: asked[name] for name in ("name", "before") if name in asked}
        kind = KINDS.get(asked.get("kind", "text"), KINDS["text"])
        form = NewColumnForm(initial={**initial, "kind": kind.key})
        return _new_column_dialog(request, table, form, kind.key, kind.options({}))
    form = NewColumnForm(request.POST)
    kind = KINDS.get(request.POST.get("kind", ""), KINDS["text"])
    options = read_options(kind, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            schema.add_column(table, person(request), data["name"], kind.key, options, data["before"])
        except (BadSchema, BadOptions) as bad:
            form.add_error(None, str(bad))
        except Gone as gone:
            raise Http404(str(gone)) from None
        else:
            return refresh(request, reverse("grid", args=[table_id]))
    return _new_column_dialog(request, table, form, kind.key, options, status=422)


def _new_column_dialog(
    request: HttpRequest, table: Table, form: NewColumnForm, kind: str, options: dict[str, Any], status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "groups": kinds_by_group(),
        "kind": KINDS[kind],
        "action": request.path,
        "base": table.base,
        "table": table,
        **shown_options(KINDS[kind], options),
    }
    return dialog(request, "tables/new_column_dialog.html", context, status=status)


@require_http_methods(["GET", "POST"])
def edit_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Name, description and options of a column."""
    table, column = load_column(request, table_id, key)
    kind = kind_of(column.kind)
    options: dict[str, Any] = kind.options({}) | column.options
    form = ColumnForm(request.POST or None, initial={"name": column.name, "description": column.description})
    if request.method == "POST":
        options = read_options(kind, request.POST)
        if form.is_valid():
            try:
                schema.update_column(table, person(request), key, **form.cleaned_data, options=options)
            except (BadSchema, BadOptions) as bad:
                form.add_error(None, str(bad))
            except Gone as gone:
                raise Http404(str(gone)) from None
            else:
                return refresh(request, reverse("grid", args=[table_id]))
    context = {
        "form": form,
        "kind": kind,
        "action": request.path,
        "base": table.base,
        "table": table,
        "column": column,
        **shown_options(kind, options),
    }
    return dialog(request, "tables/column_dialog.html", context, status=422 if form.is_bound else 200)


@require_POST
def delete_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    table, column = load_column(request, table_id, key)
    schema.delete_column(table, person(request), key)
    undo = reverse("restore_column", args=[table_id, key])
    messages.success(request, f"Column “{column.name}” was deleted.", extra_tags=undo)
    return refresh(request, reverse("grid", args=[table_id]))


@require_POST
def restore_column(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Undo a column's deletion; its cells come back with it."""
    table, _ = load_table(request, table_id, Role.EDITOR)
    try:
        schema.restore_column(table, person(request), key)
    except Gone as gone:
        raise Http404(str(gone)) from None
    except BadSchema as bad:
        messages.error(request, str(bad))
    else:
        messages.success(request, "The column is back.")
    return refresh(request, reverse("grid", args=[table_id]))


@require_POST
def set_width(request: HttpRequest, table_id: int, key: int) -> HttpResponse:
    """Keep a column's `width` in px, as it was dragged."""
    table, _ = load_column(request, table_id, key)
    width = request.POST.get("width", "")
    if not width.isascii() or not width.isdigit() or len(width) > 4:
        return HttpResponse("A width is a whole number of pixels.", status=422, content_type="text/plain")
    schema.set_width(table, key, int(width))
    return HttpResponse(status=204)
