"""The admin's part for saved views: what there is, to look at."""

from django.contrib import admin

from bases.admin import ReadOnlyAdmin
from views_app.models import View


@admin.register(View)
class ViewAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "table", "owner", "locked", "is_default", "version", "created_by", "created_at", "deleted_at")
    list_select_related = ("table", "owner", "created_by")
    list_filter = ("locked", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "name", "=table__id", "table__name", "=owner__email")
    ordering = ("-id",)
