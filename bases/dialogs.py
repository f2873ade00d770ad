"""Dialogs: one form, shown by htmx over the page it belongs to, or as a page of its own when its URL is opened directly."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh


def dialog(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Show a dialog's form; with status 422 it comes back with the person's input and what is wrong with it."""
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, template, context, status=status)
    return render(request, "bases/dialog_page.html", context | {"dialog": template}, status=status)


def go(request: HttpRequest, url: str) -> HttpResponse:
    """After a change: open the page it leads to."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def refresh(request: HttpRequest, url: str) -> HttpResponse:
    """After a change: show the person's page anew, wherever they are; `url` is for a browser without htmx."""
    return HttpResponseClientRefresh() if request.htmx else redirect(url)  # type: ignore[attr-defined]
