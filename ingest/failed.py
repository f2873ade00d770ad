"""The page that stands where an import's table would be, had the import not failed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bases.access import load_member, person
from bases.progress import State
from ingest.models import Job


def failed_import(request: HttpRequest, table_id: int) -> HttpResponse | None:
    """What became of the import that made a table which is in the trash without a row; None for any other table.

    Only for members of its base: for others there is no such table.
    """
    jobs = Job.objects.filter(table_id=table_id, table__base__members__user=person(request), table__base__deleted_at=None)
    # As ingest/files.py puts it into the trash; one that somebody had worked in before they threw it away is theirs.
    empty = jobs.filter(table__deleted_at__isnull=False, table__row_count=0, params__options__made_table=True)
    job = empty.filter(state__in=(State.FAILED, State.CANCELLED)).select_related("table").order_by("-pk").first()
    if job is None or job.table.live_columns().exists():
        return None
    member = load_member(request, job.table.base_id)
    return render(request, "ingest/failed_import.html", {"base": member.base, "member": member, "job": job})
