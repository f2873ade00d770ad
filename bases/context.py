"""What every page's template may ask for."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "google_login": bool(settings.GOOGLE_CLIENT_ID),
        "sign_up": settings.SIGN_UP,
        "sends_mail": "console" not in settings.EMAIL_BACKEND,
        "theme": request.COOKIES.get("theme") if request.COOKIES.get("theme") in ("light", "dark") else "auto",
    }
