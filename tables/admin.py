"""The admin's part for tables: metadata to look at, rows and changes to browse.

Rows, counters and columns have one door for writes (tables/edits, tables/schema.py), which raises the table's version and
keeps the record that undo and live updates read. So here only a table's name can be changed, and tables go through the trash.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from bases.admin import ReadOnlyAdmin, RowanAdmin
from bases.progress import OPEN
from tables import bulk, keeping
from tables.columns import KINDS, kind_of
from tables.edits import LAST_ROW_ID
from tables.models import RUN_AI, Bulk, Change, Column, RowChange, Table
from tables.query import RowData, RowQuery
from tables.schema import BadSchema, checked_name

PAGE = 100  # rows or changes of one page
COLUMNS = 8  # of a page of rows; the row's own page has all
CELL = 80  # characters of a cell in a page of rows


class TableForm(ModelForm):
    class Meta:
        model = Table
        fields = ("name",)

    def clean_name(self) -> str:
        try:
            return checked_name(self.cleaned_data["name"], "table")
        except BadSchema as bad:
            raise ValidationError(str(bad)) from None


@admin.register(Table)
class TableAdmin(RowanAdmin):
    form = TableForm
    list_display = ("id", "name", "base", "row_count", "browse", "created_at", "deleted_at")
    list_display_links = ("id", "name")
    list_select_related = ("base",)
    list_filter = (("deleted_at", admin.EmptyFieldListFilter),)
    search_fields = ("=id", "name", "=base__id", "base__name")
    ordering = ("-id",)
    fields = (
        "name", "base", "browse", "row_count", "history", "version", "columns_version", "rows_version", "next_row_id",
        "next_column_key", "created_at", "deleted_at",
    )  # fmt: skip
    readonly_fields = fields[1:]
    actions = ("move_to_trash", "restore")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Table, form: ModelForm, change: bool) -> None:
        # Never the whole object: a counter that a load has raised since it was read would be put back.
        obj.save(update_fields=["name"])

    @admin.display(description="look inside")
    def browse(self, table: Table) -> SafeString:
        columns = reverse("admin:tables_column_changelist")
        return format_html(
            '<a href="{}">Rows</a> · <a href="{}">Changes</a> · <a href="{}?table__id__exact={}">Columns</a>',
            reverse("admin:tables_table_rows", args=[table.pk]),
            reverse("admin:tables_table_changes", args=[table.pk]),
            columns,
            table.pk,
        )

    @admin.display(description="history")
    def history(self, table: Table) -> str:
        kept = keeping.size(table)
        if not kept.since:
            return "No changes of rows"
        return f"{'More than ' if kept.is_more else ''}{kept.rows:,} changes of rows since {kept.since:%Y-%m-%d}"

    @admin.action(description="Move to the trash", permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Table]) -> None:
        for table in queryset.filter(deleted_at=None):
            table.trash()
            self.log_change(request, table, "Moved to the trash.")

    @admin.action(description="Restore from the trash", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Table]) -> None:
        for table in queryset.exclude(deleted_at=None):
            table.restore()
            self.log_change(request, table, "Restored from the trash.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:table_id>/rows/", view(self.rows), name="tables_table_rows"),
            path("<int:table_id>/rows/<int:row_id>/", view(self.row), name="tables_table_row"),
            path("<int:table_id>/changes/", view(self.changes), name="tables_table_changes"),
            path("<int:table_id>/changes/<int:version>/", view(self.change), name="tables_table_record"),
            *super().get_urls(),
        ]

    def rows(self, request: HttpRequest, table_id: int) -> HttpResponse:
        """A page of rows from index `?start=` (from 0) on; `?id=` goes to that row. Trashed tables too."""
        table = self._table(request, table_id, "tables.view_row")
        wanted, start = request.GET.get("id", "").strip(), _whole(request.GET.get("start", "0"))
        missing = ""
        if wanted:
            row_id = _whole(wanted, LAST_ROW_ID)
            if row_id is not None and RowQuery(table).there([row_id]):
                return redirect("admin:tables_table_row", table.pk, row_id)
            missing = f"There is no row with the id “{wanted[:20]}”. It may have been deleted."
        columns = list(table.live_columns())
        first = min(start or 0, max(0, table.row_count - 1) // PAGE * PAGE)
        rows = RowQuery(table).read(first, PAGE).rows
        return self._page(
            request,
            "rows",
            table,
            "Rows",
            missing=missing,
            columns=columns[:COLUMNS],
            hidden=len(columns) - COLUMNS,
            rows=[{"id": row.id, "cells": [_cell(column, row) for column in columns[:COLUMNS]]} for row in rows],
            first=first + 1,
            last=first + len(rows),
            before=max(0, first - PAGE) if first else None,
            after=first + PAGE if first + PAGE < table.row_count else None,
            end=max(0, table.row_count - 1) // PAGE * PAGE,
        )

    def row(self, request: HttpRequest, table_id: int, row_id: int) -> HttpResponse:
        """Everything that is stored of one row, its deleted columns included, and what was done to it last."""
        table = self._table(request, table_id, "tables.view_row")
        found = RowQuery(table).row(row_id) if row_id <= LAST_ROW_ID else None
        if found is None:
            raise Http404("There is no such row. It may have been deleted.")
        history = RowChange.objects.filter(table=table, row_id=row_id).order_by("-version").values_list("version", flat=True)
        document = _pretty(_named(list(table.columns.all()), found.data))
        return self._page(request, "row", table, f"Row {row_id}", row=found, json=document, history=history[:PAGE])

    def changes(self, request: HttpRequest, table_id: int) -> HttpResponse:
        """A page of changes, the newest first; `?before=` is a version."""
        table = self._table(request, table_id, "tables.view_change")
        found = Change.objects.filter(table=table).select_related("user").order_by("-version")
        before = _whole(request.GET.get("before", ""))
        page = list((found if before is None else found.filter(version__lt=before))[: PAGE + 1])
        older = page[PAGE - 1] if len(page) > PAGE else None
        return self._page(request, "changes", table, "Changes", changes=page[:PAGE], older=older)

    def change(self, request: HttpRequest, table_id: int, version: int) -> HttpResponse:
        """One change with the rows it touched; `?after=` is a row's id."""
        table = self._table(request, table_id, "tables.view_change")
        if not request.user.has_perm("tables.view_row"):
            raise PermissionDenied
        columns = list(table.columns.all())
        change = Change.objects.filter(table=table, version=min(version, 2**63 - 1)).select_related("user").first()
        if change is None:
            raise Http404("There is no such change.")
        after = _whole(request.GET.get("after", "0"), LAST_ROW_ID) or 0
        found = RowChange.objects.filter(table=table, version=change.version, row_id__gt=after).order_by("row_id")
        page = list(found[: PAGE + 1])
        return self._page(
            request,
            "change",
            table,
            f"Change {change.version}",
            change=change,
            detail=_pretty(change.detail),
            rows=[{"id": r.row_id, "before": _image(columns, r.before), "after": _image(columns, r.after)} for r in page[:PAGE]],
            older=page[PAGE - 1].row_id if len(page) > PAGE else None,
        )

    def _table(self, request: HttpRequest, table_id: int, permission: str) -> Table:
        """The table, trashed or not, for staff with this permission."""
        if not request.user.has_perm(permission):
            raise PermissionDenied
        table = Table.objects.select_related("base").filter(pk=table_id).first() if table_id <= LAST_ROW_ID else None
        if table is None:
            raise Http404("There is no such table.")
        return table

    def _page(self, request: HttpRequest, template: str, table: Table, what: str, **context: Any) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "table": table, "what": what}
        title = {"title": f"{table.name}: {what.lower()}"}
        return render(request, f"admin/tables/table/{template}.html", shared | title | context)


@admin.register(Column)
class ColumnAdmin(ReadOnlyAdmin):
    """Read-only: a change of a column raises its table's version, which tables/schema.py does."""

    list_display = ("id", "table", "key", "name", "kind", "order", "deleted_at")
    list_display_links = ("id", "name")
    list_select_related = ("table",)
    search_fields = ("=id", "=table__id", "name")
    ordering = ("-id",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "table__id__exact" or super().lookup_allowed(lookup, value, request)


def _whole(text: str, most: int = 2**63 - 1) -> int | None:
    """A whole number from 0 from a URL; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= most else None


def _cell(column: Column, row: RowData) -> str:
    kind = KINDS.get(column.kind)
    value = getattr(row, kind.row_field) if kind and kind.row_field else row.data.get(str(column.key))
    if value is None:
        return ""
    try:
        text = kind_of(column.kind).text(value, column.options)
    except Exception:  # what no kind can show is just what an administrator has come to see
        text = json.dumps(value, ensure_ascii=False, default=str)
    return Truncator(text).chars(CELL)


def _named(columns: Sequence[Column], data: dict[str, Any]) -> dict[str, Any]:
    """A row's document with column names in place of keys; what has no live column shows its key too."""
    named: dict[str, Any] = {}
    for column in columns:
        key = str(column.key)
        if key in data:
            named[f"{column.name} ({key}, deleted)" if column.deleted_at else column.name] = data[key]
    keys = {str(column.key) for column in columns}
    return named | {f"({key}, no such column)": value for key, value in data.items() if key not in keys}


def _image(columns: Sequence[Column], image: dict[str, Any] | None) -> str:
    """What a RowChange says about a row: cells, or the whole row with its cells in `data`."""
    if image is None:
        return ""
    if isinstance(image.get("data"), dict):
        return _pretty(image | {"data": _named(columns, image["data"])})
    return _pretty(_named(columns, image))


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


@admin.register(Bulk)
class BulkAdmin(ReadOnlyAdmin):
    """Large changes: how they went, and a way to stop one. What they write is not shown: it is people's own."""

    list_display = ("id", "action", "table", "state", "done", "total", "user", "created_at", "finished_at", "error")
    list_select_related = ("table", "user")
    list_filter = ("state", "action")
    search_fields = ("=id", "=table__id", "table__name", "=user__email")
    ordering = ("-id",)
    fields = (*list_display, "cancel_asked", "dismissed", "resumes", "started_at", "alive_at")
    actions = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bulk]:
        return super().get_queryset(request).defer("ids", "params", "versions")

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Bulk]) -> None:
        asked = list(queryset.filter(state__in=OPEN).exclude(action=RUN_AI))
        for each in asked:
            bulk.cancel(each)
            self.log_change(request, each, "Asked to stop.")
        self.message_user(request, f"{len(asked)} asked to stop.", messages.SUCCESS)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("tables.change_bulk"))
