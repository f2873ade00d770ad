"""Shows times in the person's own time zone, which the browser tells in the cookie `tz`."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

_KNOWN = available_timezones()


class TimeZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get("tz", "")
        if name not in _KNOWN:
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)
