"""The dialog that shares what a person sees: its link, and who can open it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bases.dialogs import dialog
from tables.query.definition import BadQuery
from views_app.here import load
from views_app.seen import Seen, link

NAMED = 12  # members of the base; the members' page has all of them


@require_GET
@never_cache
def share(request: HttpRequest, table_id: int) -> HttpResponse:
    """The dialog, for what the request's parameters show."""
    here = load(request, table_id)
    now = here.seen(request.GET)
    people = list(here.people().values())
    try:
        address, problem = request.build_absolute_uri(link_for_others(now)), ""
    except BadQuery as too_long:
        address, problem = "", str(too_long)
    context = {
        "table": here.table,
        "base": here.table.base,
        "member": here.member,
        "view": now.view,
        "link": address,
        "problem": problem,
        "people": people[:NAMED],
        "others": len(people) - NAMED,
    }
    return dialog(request, "views_app/share_dialog.html", context)


def link_for_others(now: Seen) -> str:
    """The address at which every member sees the same. Raises BadQuery where it would be too long."""
    # A personal view is there for its owner alone: what it shows goes into the link.
    if now.view and now.view.is_personal:
        return link(now.table, None, now.state.texts())
    return link(now.table, now.view, now.changes)
