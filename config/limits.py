"""Refuses large request bodies before a byte of them is stored: only a signed-in person's import may be large."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

BODY_LIMIT = 5 * 1024 * 1024  # bytes of any other request; the largest is a form with a long text
FORM_ROOM = 64 * 1024  # of an import beside its file


class BodyLimitMiddleware:
    """Stands behind the authentication, and before the CSRF check looks into the body (which it does when the view is known)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        text = request.META.get("CONTENT_LENGTH") or "0"
        size = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else settings.UPLOAD_LIMIT + BODY_LIMIT
        if size <= BODY_LIMIT or (self._is_import(request) and size <= settings.UPLOAD_LIMIT + FORM_ROOM):
            return self.get_response(request)
        return HttpResponse(f"This request is too large: {size:,} bytes.", status=413, content_type="text/plain; charset=utf-8")

    def _is_import(self, request: HttpRequest) -> bool:
        return request.path.endswith("/import/") and request.user.is_authenticated
