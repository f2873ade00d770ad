"""/metrics/: numbers for Prometheus, where METRICS_TOKEN is set and for whoever sends it. For everybody else it is not there."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache


@never_cache
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """The text format of Prometheus. Only for `Authorization: Bearer` and the token."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if not token or not constant_time_compare(given, f"Bearer {token}") or request.method not in ("GET", "HEAD"):
        raise Http404
    # Only now: the library takes 20 ms and 1.3 MB of each process, which a server without a token does not need.
    from config.exposition import CONTENT_TYPE, exposition

    return HttpResponse(exposition(), content_type=CONTENT_TYPE)
