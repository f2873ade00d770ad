"""The account pages: those of django-allauth that Rowan has a page for, and no other."""

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
from django.http.request import split_domain_port
from django.shortcuts import redirect
from django.urls import URLPattern, path, re_path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from bases.access import create_base
from bases.demo import DEMO_EMAIL, demo_user
from bases.pages import page_of

View = Callable[..., HttpResponse]
PROXY_HEADERS = ("Forwarded", "Via", "X-Real-Ip")

# The admin's own log-in form knows no rate limit; this sends people to Rowan's.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@login_not_required
def log_in(request: HttpRequest) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        # A session ended under an open page: htmx followed the redirect here and would put this page into a dialog.
        here = page_of(request) or reverse("home")
        return HttpResponseClientRedirect(f"{reverse('account_login')}?{urlencode({'next': here})}")
    view: View = account.LoginView.as_view(extra_context={"demo": demo_is_open(request)})
    return view(request)


def demo_is_open(request: HttpRequest) -> bool:
    """Whether this request comes from a browser on the machine itself: the demo account has no password.

    A proxy's requests come from the machine, too. It is told by what it adds, by the name it was asked for, or by HTTP/1.0,
    which nginx long spoke when told nothing, and no browser does. docs/operating.md says what is left.
    """
    added = any(name.startswith(("X-Forwarded-", "Cf-")) or name in PROXY_HEADERS for name in request.headers)
    name, _ = split_domain_port(request.get_host())
    return (
        settings.DEMO
        and not added
        and name in settings.LOOPBACK
        and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
        and request.META.get("SERVER_PROTOCOL") != "HTTP/1.0"
    )


@login_not_required
@require_POST
def continue_as_demo(request: HttpRequest) -> HttpResponse:
    if not demo_is_open(request):
        raise Http404("There is no demo on this server.")
    user = demo_user()
    if not user.memberships.exists():
        create_base(user, "Demo", "orange")
    start_session(request, user)
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if ours else "home")


@login_not_required
def enter_code(request: HttpRequest) -> HttpResponse:
    """Asks for the code that was mailed to a new address, and then goes on with the log-in."""
    if request.user.is_authenticated:
        return redirect("home")
    if not settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED:
        return redirect("account_login")
    view: View = account.email_verification_sent
    return view(request)


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
    path("confirm-email/", enter_code, name="account_email_verification_sent"),
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
