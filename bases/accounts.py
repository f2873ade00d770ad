"""The account pages: those of django-allauth that Rowan has a page for, and no other."""

import ipaddress
from collections.abc import Callable
from functools import wraps

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.google import views as google
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login as start_session
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, re_path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from bases.access import create_base
from bases.demo import DEMO_EMAIL, demo_user

View = Callable[..., HttpResponse]

# The admin's own log-in form knows no rate limit; this sends people to Rowan's.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@login_not_required
def log_in(request: HttpRequest) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        # A session ended under an open page: htmx followed the redirect here and would put this page into a dialog.
        here = request.htmx.current_url_abs_path or reverse("home")  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(f"{reverse('account_login')}?{urlencode({'next': here})}")
    view: View = account.LoginView.as_view(extra_context={"demo": demo_is_open(request)})
    return view(request)


def demo_is_open(request: HttpRequest) -> bool:
    """Whether this request comes from the machine itself: the demo account has no password."""
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"))
    if not settings.DEMO or forwarded:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@login_not_required
@require_POST
def continue_as_demo(request: HttpRequest) -> HttpResponse:
    if not demo_is_open(request):
        raise Http404("There is no demo on this server.")
    user = demo_user()
    if not user.memberships.exists():
        create_base(user, "Demo", "orange")
    start_session(request, user)
    return redirect("home")


def _not_for_demo(view: View) -> View:
    """Everybody on the machine shares the demo account, so nobody may lock the others out by a password."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if getattr(request.user, "email", None) == DEMO_EMAIL:
            raise Http404("The demo account has no password.")
        return view(request)

    return wrapped


def _with_google(view: View) -> View:
    """Without Google's keys its pages are not there. Connecting it to a signed-in account happens by the address alone."""

    @login_not_required
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not settings.GOOGLE_CLIENT_ID or "process" in request.GET or "process" in request.POST:
            raise Http404("There is no Google log-in on this server.")
        return view(request)

    return wrapped


@login_not_required
def google_sign_up(request: HttpRequest) -> HttpResponse:
    """Asks for another address when Google's cannot be used."""
    if request.user.is_authenticated:
        return redirect("home")
    view: View = _with_google(social.signup)
    return view(request)


urlpatterns: list[URLPattern] = [
    path("login/", log_in, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm-email/", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", account.confirm_email, name="account_confirm_email"),
    path("password/change/", _not_for_demo(account.password_change), name="account_change_password"),
    path("password/set/", _not_for_demo(account.password_set), name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("google/login/", _with_google(google.oauth2_login), name="google_login"),
    path("google/login/callback/", _with_google(google.oauth2_callback), name="google_callback"),
    path("google/signup/", google_sign_up, name="socialaccount_signup"),
    path("google/cancelled/", _with_google(social.login_cancelled), name="socialaccount_login_cancelled"),
    path("google/error/", _with_google(social.login_error), name="socialaccount_login_error"),
]
