"""The page on which an htmx request was made."""

from django.http import HttpRequest


def page_of(request: HttpRequest) -> str:
    """The path and query of the page that asks by htmx; "" for another request, and where the header is no address of ours."""
    try:
        return str(request.htmx.current_url_abs_path or "")  # type: ignore[attr-defined]
    except ValueError:
        return ""
