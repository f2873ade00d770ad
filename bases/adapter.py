"""Rowan's words and ways for django-allauth's account pages."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "No account has this e-mail address and password. Check both and try again.",
        # Without verification by mail a sign-up signs in at once, so that an address is taken cannot be hidden here.
        "email_taken": "This address cannot be signed up. If it is yours, log in or reset the password.",
        "too_many_login_attempts": "Too many failed log-ins. Wait a few minutes, then try again.",
        "rate_limited": "Too many requests. Wait a minute, then try again.",
        "incorrect_password": "This is not your current password.",
        "enter_current_password": "This is not your current password.",
    }

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")
