"""Rowan's words and ways for django-allauth's account pages."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from bases.sign_up import refusal


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "No account has this e-mail address and password. Check both and try again.",
        # Without verification by mail a sign-up signs in at once, so that an address is taken cannot be hidden here.
        "email_taken": "This address cannot be signed up. If it is yours, log in or reset the password.",
        "too_many_login_attempts": "Too many failed tries. Wait a few minutes, then log in again.",
        "incorrect_code": "This is not the code of the last mail. Check it, and try again.",
        "rate_limited": "Too many requests. Wait a minute, then try again.",
        "incorrect_password": "This is not your current password.",
        "enter_current_password": "This is not your current password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP != "closed"  # which addresses, if not all: bases/sign_up.py

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """No form is shown where Google's address will do, so what the form would refuse is refused here."""
        return not refusal(sociallogin.user.email)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Google vouches for an address that was never verified here: it is now, and the password that came with it goes.

        Whoever signed up with another's address knows that password, and would share the account with its true owner.
        """
        user = sociallogin.user
        vouched = {address.email.lower() for address in sociallogin.email_addresses if address.verified}
        if not sociallogin.is_existing or user.email.lower() not in vouched:
            return
        address, _ = EmailAddress.objects.get_or_create(user=user, email=user.email.lower(), defaults={"primary": True})
        if not address.verified:
            user.set_unusable_password()
            user.save(update_fields=["password"])
            address.verified = True
            address.save(update_fields=["verified"])
