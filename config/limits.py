"""What a request may take: bytes of its body (only a signed-in person's import or paste may be large), database time, turns."""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve
from psycopg.errors import QueryCanceled

from bases.access import load_member, person
from bases.models import Role
from ingest.jobs import BadJob, refuse_crowd
from tables.access import load_table
from tables.heavy import Busy
from tables.query.later import StillMaking
from tables.query.snapshots import NotMade

BODY_LIMIT = 5 * 1024 * 1024  # bytes of any other request; the largest is a form with a long text
PASTE_LIMIT = 50_000_000  # of a pasted text, which is refused by its cells, too (tables/edits/large_paste.py)
TOO_LONG_PASTE = "At most 50 MB of text can be pasted at once; this is {:,.0f} MB. Import it as a file."
TOO_LONG = "This took the database more than 10 seconds, so it was stopped. Narrow the filter or the search, or sort by less."
FORM_ROOM = 64 * 1024  # of an import or a paste beside its file
LARGE: dict[str | None, Callable[[], int]] = {"import_file": lambda: int(settings.UPLOAD_LIMIT), "paste": lambda: PASTE_LIMIT}


class BodyLimitMiddleware:
    """Stands behind the authentication, and before the CSRF check looks into the body (which it does when the view is known)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Raises Http404 or PermissionDenied: a body that only few may send is not read before it is known who sends it."""
        text = request.META.get("CONTENT_LENGTH") or "0"
        size = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else settings.UPLOAD_LIMIT + BODY_LIMIT
        match = self._match(request) if size > BODY_LIMIT and request.user.is_authenticated else None
        name = match.url_name if match else None
        limit = LARGE[name]() + FORM_ROOM if name in LARGE else BODY_LIMIT
        if size <= limit:
            if match and name == "import_file":
                load_member(request, match.kwargs["base_id"], Role.EDITOR)
                try:
                    refuse_crowd(person(request))
                except BadJob as bad:
                    return render(request, "ingest/load_error.html", {"error": str(bad)}, status=422)
            elif match and name == "paste":
                load_table(request, match.kwargs["table_id"], Role.EDITOR)
            return self.get_response(request)
        if name == "paste":
            return JsonResponse({"error": TOO_LONG_PASTE.format(size / 1e6)}, status=413)
        sentence = f"This request is too large: {size:,} bytes."
        if request.path_info.startswith("/api/"):
            return JsonResponse({"error": f"{sentence} At most {BODY_LIMIT:,} are read."}, status=413)
        return HttpResponse(sentence, status=413, content_type="text/plain; charset=utf-8")

    def _match(self, request: HttpRequest) -> ResolverMatch | None:
        with suppress(Resolver404):
            return resolve(request.path_info)
        return None


class StatementLimitMiddleware:
    """A query of a person that took longer than config/wsgi.py allows ends with a sentence, and so does one too many at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Busy):
            return self._busy(request, str(exception))
        if isinstance(exception, StillMaking) and not request.htmx:  # type: ignore[attr-defined]
            return self._busy(request, str(exception))
        if isinstance(exception, NotMade):
            sentence = str(exception)
        elif isinstance(exception, OperationalError) and isinstance(exception.__cause__, QueryCanceled):
            sentence = TOO_LONG
        else:
            return None
        if request.htmx:  # type: ignore[attr-defined]
            return JsonResponse({"error": sentence}, status=503)
        return render(request, "503.html", {"sentence": sentence}, status=503)

    def _busy(self, request: HttpRequest, sentence: str) -> HttpResponse:
        """What static/js/patience.js asks for again by itself, and a page too."""
        if request.htmx:  # type: ignore[attr-defined]
            return JsonResponse({"error": sentence}, status=429, headers={"Retry-After": "1"})
        response = render(request, "busy.html", {"sentence": sentence}, status=429)
        response["Retry-After"] = "2"
        if request.method == "GET":  # of what was posted the browser would ask without what was sent
            response["Refresh"] = "2"
        return response
