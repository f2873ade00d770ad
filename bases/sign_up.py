"""Who may sign up: everybody, people with an invitation, or nobody (the setting SIGN_UP)."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest

from bases.demo import DEMO_EMAIL
from bases.models import Invite, User


def refusal(email: str) -> str:
    """Why this address may not be signed up, as a sentence; nothing when it may."""
    if email.lower() == DEMO_EMAIL:
        return "This address is the demo's own. Use another one."
    if settings.SIGN_UP == "closed":
        return "This server takes no new accounts."
    if settings.SIGN_UP == "invited" and not Invite.objects.filter(email=email.lower(), base__deleted_at=None).exists():
        return "This address has no invitation. Use the address that was invited, or ask for an invitation."
    return ""


class SignUpForm(forms.Form):
    """What allauth's two sign-up forms, with a password and after Google, have in common."""

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        refused = refusal(found["email"]) if found.get("email") else ""
        if refused:
            self.add_error("email", refused)
        return found

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth asks for this; there is nothing to add to a new account."""
