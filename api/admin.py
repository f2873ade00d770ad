"""The admin's part for API tokens: who has which, used when. They can be taken back here, and are made by their people alone."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from api.models import Token
from bases.admin import ReadOnlyAdmin


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "user", "last_four", "may_write", "base", "created_at", "expires_at", "used_at")
    list_select_related = ("user", "base")
    list_filter = ("may_write",)
    search_fields = ("=user__email", "name", "=last_four")
    fields = ("name", "user", "last_four", "may_write", "base", "created_at", "expires_at", "used_at")
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
