"""What a request may take: bytes of its body (only a signed-in person's import or paste may be large), database time, turns."""

from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from psycopg.errors import QueryCanceled

from tables.heavy import Busy
from tables.query.snapshots import NotMade

BODY_LIMIT = 5 * 1024 * 1024  # bytes of any other request; the largest is a form with a long text
PASTE_LIMIT = 50_000_000  # of a pasted text, which is refused by its cells, too (tables/edits/large_paste.py)
TOO_LONG_PASTE = "At most 50 MB of text can be pasted at once; this is {:,.0f} MB. Import it as a file."
TOO_LONG = "This took the database more than 10 seconds, so it was stopped. Narrow the filter or the search, or sort by less."
FORM_ROOM = 64 * 1024  # of an import or a paste beside its file


class BodyLimitMiddleware:
    """Stands behind the authentication, and before the CSRF check looks into the body (which it does when the view is known)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        text = request.META.get("CONTENT_LENGTH") or "0"
        size = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else settings.UPLOAD_LIMIT + BODY_LIMIT
        if size <= BODY_LIMIT or (request.user.is_authenticated and size <= self._limit(request)):
            return self.get_response(request)
        if self._is_paste(request):
            return JsonResponse({"error": TOO_LONG_PASTE.format(size / 1e6)}, status=413)
        return HttpResponse(f"This request is too large: {size:,} bytes.", status=413, content_type="text/plain; charset=utf-8")

    def _limit(self, request: HttpRequest) -> int:
        if request.path.endswith("/import/"):
            return int(settings.UPLOAD_LIMIT) + FORM_ROOM
        return PASTE_LIMIT + FORM_ROOM if self._is_paste(request) else BODY_LIMIT

    def _is_paste(self, request: HttpRequest) -> bool:
        return request.path.endswith("/cells/paste/")


class StatementLimitMiddleware:
    """A query of a person that took longer than config/wsgi.py allows ends with a sentence, and so does one too many at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Busy):
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
