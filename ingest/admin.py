"""The admin's part for loads: how they went, and a way to stop one."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from bases.admin import ReadOnlyAdmin
from bases.progress import OPEN
from ingest import jobs
from ingest.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "table", "state", "done", "total", "created_by", "created_at", "finished_at", "error")
    list_select_related = ("table", "created_by")
    list_filter = ("state", "kind")
    search_fields = ("=id", "=table__id", "table__name", "=created_by__email")
    ordering = ("-id",)
    actions = ("cancel",)

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        asked = list(queryset.filter(state__in=OPEN))
        for job in asked:
            jobs.cancel(job)
            self.log_change(request, job, "Asked to stop.")
        self.message_user(request, f"{len(asked)} asked to stop.", messages.SUCCESS)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("ingest.change_job"))
