"""Rowan's settings: one file, everything from the environment. `.env.example` lists what can be set.

A bad value stops the start with a sentence; a production start (ROWAN_PRODUCTION=1) refuses to run on defaults.
"""

import re
from base64 import b64decode
from decimal import Decimal
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(ROOT / ".env")


def _flag(name: str, default: bool = False) -> bool:
    """A yes/no variable; anything but the usual words is refused, so that a typing error never means 'no'."""
    raw = env.str(name, default="").strip().lower()
    if raw in ("1", "true", "yes", "on"):
        return True
    if raw in ("0", "false", "no", "off"):
        return False
    if raw:
        raise ImproperlyConfigured(f"{name}={raw!r} is neither yes nor no. Use 1 or 0.")
    return default


def _number(name: str, default: int, least: int, most: int) -> int:
    raw = env.str(name, default=str(default)).strip()
    if not raw.isascii() or not raw.removeprefix("-").isdigit() or len(raw) > 12 or not least <= int(raw) <= most:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number from {least:,} to {most:,}.")
    return int(raw)


def _micros(name: str) -> int | None:
    """A sum of money in dollars, like 250 or 12.50, as micro-dollars; None where it is not set."""
    raw = env.str(name, default="").strip()
    if not raw:
        return None
    if not re.fullmatch(r"\d{1,7}(\.\d{1,6})?", raw, re.ASCII):
        raise ImproperlyConfigured(f"{name}={raw!r} is not a number of dollars, like 250 or 12.50.")
    return int(Decimal(raw) * 1_000_000)


def _required(name: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"In production {name} must be set. See .env.example.")
    return value


LOOPBACK = ("localhost", "127.0.0.1", "[::1]")  # this machine, as a Host header names it
PRODUCTION = _flag("ROWAN_PRODUCTION")
DEBUG = _flag("DEBUG") and not PRODUCTION
DATA = Path(env.str("ROWAN_DATA", default=str(ROOT / "var"))).expanduser().resolve()

if PRODUCTION:
    SECRET_KEY = _required("SECRET_KEY")
    if len(SECRET_KEY) < 32:
        raise ImproperlyConfigured("SECRET_KEY is shorter than 32 characters. Make one with: openssl rand -base64 48")
    ALLOWED_HOSTS = [h.strip() for h in _required("ALLOWED_HOSTS").split(",") if h.strip()]
    if any(host.startswith(("*", ".")) and len(host) < 3 for host in ALLOWED_HOSTS):
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts: links in mails are made from the name a request came by.")
    _database_url, _redis_url = _required("DATABASE_URL"), _required("REDIS_URL")
else:
    from config import embedded

    _servers = embedded.urls(DATA)
    SECRET_KEY = env.str("SECRET_KEY", default="") or embedded.secret_key(DATA)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=list(LOOPBACK))
    # Without any URL the settings still load (bin/check needs no server); the first query then says what is missing.
    _database_url = env.str("DATABASE_URL", default="") or _servers.database or "postgres://127.0.0.1:1/rowan-is-not-running"
    _redis_url = env.str("REDIS_URL", default="") or _servers.redis or "redis://127.0.0.1:1/0"
_email_url = env.str("EMAIL_URL", default="") or "console"
TRUSTED_PROXIES = _number("TRUSTED_PROXIES", 0, 0, 9)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])


def _url(name: str, url: str) -> SplitResult:
    """A URL in its parts. Raises ImproperlyConfigured without repeating the URL: it holds a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises when it is no number
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a URL: {error}.") from None
    return parts


if _url("DATABASE_URL", _database_url).scheme not in ("postgres", "postgresql"):
    raise ImproperlyConfigured("DATABASE_URL must start with postgres:// - Rowan needs PostgreSQL 15 or newer.")
if _url("REDIS_URL", _redis_url).scheme not in ("redis", "rediss"):
    raise ImproperlyConfigured("REDIS_URL must start with redis:// or rediss://")

# "Continue as demo" is a door without a lock: only on loopback, only with the embedded database, never in production, and
# never where something tells of a proxy, whose requests come from loopback too. bases/accounts.py looks at each request.
DEMO = (
    not PRODUCTION
    and _flag("ROWAN_DEMO", default=True)
    and _database_url == _servers.database
    and env.str("HOST", default="127.0.0.1") in ("127.0.0.1", "localhost", "::1")
    and set(ALLOWED_HOSTS) <= set(LOOPBACK)
    and not TRUSTED_PROXIES
    and not CSRF_TRUSTED_ORIGINS
)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "bases",
    "tables",
    "views_app",
    "ingest",
    "ai",
    "api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.security.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "bases.sessions.AuthenticationMiddleware",
    "config.limits.BodyLimitMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.limits.StatementLimitMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.timezone.TimeZoneMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bases.context.site",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **env.db_url_config(_database_url),
        "ENGINE": "config.postgresql",
        "CONN_MAX_AGE": None,
        # A server that was restarted costs one reconnect, not an error page.
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {"application_name": "rowan"}
DATABASE_URL = _database_url
REDIS_URL = _redis_url
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _redis_url,
        "KEY_PREFIX": "rowan",
        "OPTIONS": {"serializer": "config.cache.JSONSerializer"},
    }
}

# --- People ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "bases.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "bases.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "bases.adapter.SocialAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="mandatory" if PRODUCTION else "none")
if ACCOUNT_EMAIL_VERIFICATION not in ("mandatory", "none"):
    raise ImproperlyConfigured(f"ACCOUNT_EMAIL_VERIFICATION={ACCOUNT_EMAIL_VERIFICATION!r} is neither mandatory nor none.")
# By a code, which only the browser that signed up can use. A link would also be opened by the owner of an address that
# somebody else has signed up with, and would give that somebody a verified account.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
SIGN_UP = env.str("SIGN_UP", default="invited" if PRODUCTION else "open")
if SIGN_UP not in ("open", "invited", "closed"):
    raise ImproperlyConfigured(f"SIGN_UP={SIGN_UP!r} is none of open, invited and closed.")
ACCOUNT_SIGNUP_FORM_CLASS = "bases.sign_up.SignUpForm"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Rowan] "
# Beside allauth's own limits, which stay; False would switch them all off.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"invite_mail": "100/d/user"}
# How many proxies of one's own add to X-Forwarded-For. With 0 the header is not believed, so nobody can dodge a limit by it;
# behind a proxy it must be set, or all people share the limits of one address.
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", default="")
GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", default="")
if bool(GOOGLE_CLIENT_ID) != bool(GOOGLE_CLIENT_SECRET):
    raise ImproperlyConfigured("GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET must both be set, or neither.")
_google: dict[str, object] = {
    "APPS": [{"client_id": GOOGLE_CLIENT_ID, "secret": GOOGLE_CLIENT_SECRET, "key": ""}],
    "SCOPE": ["profile", "email"],
    "AUTH_PARAMS": {"access_type": "online"},
    "OAUTH_PKCE_ENABLED": True,
    # An address that Google has verified opens the account that has it; bases/adapter.py says why that is safe.
    "EMAIL_AUTHENTICATION": True,
    "EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
}
GOOGLE_URL = env.str("GOOGLE_URL", default="")  # a stand-in for Google, for tests
if GOOGLE_URL:
    _google |= {"AUTHORIZE_URL": f"{GOOGLE_URL}/authorize", "ACCESS_TOKEN_URL": f"{GOOGLE_URL}/token"}
SOCIALACCOUNT_PROVIDERS = {"google": _google} if GOOGLE_CLIENT_ID else {}

try:
    EMAIL_CONFIG = env.email_url_config("consolemail://" if _email_url == "console" else _email_url)
except (ImproperlyConfigured, ValueError) as _error:
    raise ImproperlyConfigured(f"EMAIL_URL cannot be used: {_error}. See .env.example.") from None
EMAIL_TIMEOUT = 10  # seconds; a page waits for the mail it sends
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Rowan <rowan@localhost>")

# --- Web ------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION
if PRODUCTION:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
    }

CSRF_COOKIE_HTTPONLY = False  # htmx sends the token from the page; see templates/base.html
SESSION_ENGINE = "bases.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION and _flag("SECURE_SSL", default=True):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = _flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = _number("SECURE_HSTS_SECONDS", 60 * 60 * 24 * 30, 0, 10**9)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# What HSTS says of other subdomains, and of browsers' preload lists, is for the owner of the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # a select of 1,000 choices sends three for each
PROJECTION_ROWS = _number("PROJECTION_ROWS", 2_000_000, 0, 2**31)  # a table of more has one (tables/projections.py)
ORDERS_AHEAD = _number("ORDERS_AHEAD", 0, 0, 32)  # indexes that a projection has before anybody sorts
LEARNED_INDEXES = _number("LEARNED_INDEXES", 8, 0, 32)  # of a table: each costs an edit 0.04 ms, a load 1.3 s per million rows
UPLOAD_LIMIT = _number("UPLOAD_LIMIT_MB", 5_000, 1, 1_000_000) * 1024 * 1024  # bytes of one imported file

# AI columns: runs that one worker process works on side by side, and calls under way for each of them.
AI_CONCURRENCY = _number("AI_CONCURRENCY", 4, 1, 64)
AI_CALLS = _number("AI_CALLS", 32, 1, 256)

# How long changes can be looked up, and how many changes of rows each table keeps at most; see tables/keeping.py.
HISTORY_DAYS = _number("HISTORY_DAYS", 180, 1, 36_500)
HISTORY_ROWS = _number("HISTORY_MILLIONS", 5, 1, 10_000) * 1_000_000

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE={TIME_ZONE!r} is not a known time zone. Use a name such as Europe/Berlin.")

LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING").upper()
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
    raise ImproperlyConfigured(f"LOG_LEVEL={LOG_LEVEL!r} is none of DEBUG, INFO, WARNING, ERROR and CRITICAL.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}

# --- AI columns -----------------------------------------------------------------------------------------------------
ANTHROPIC_API_KEY = env.str("ANTHROPIC_API_KEY", default="").strip()  # for the bases that have no key of their own
ANTHROPIC_BASE_URL = (env.str("ANTHROPIC_BASE_URL", default="").strip() or "https://api.anthropic.com").rstrip("/")
if _url("ANTHROPIC_BASE_URL", ANTHROPIC_BASE_URL).scheme not in ("http", "https") or not urlsplit(ANTHROPIC_BASE_URL).hostname:
    raise ImproperlyConfigured("ANTHROPIC_BASE_URL must start with https:// or http:// and a host.")
AI_MONTHLY_BUDGET = _micros("AI_MONTHLY_BUDGET")  # of all bases that use ANTHROPIC_API_KEY, in a month (UTC)
ANTHROPIC_TIMEOUT = _number("ANTHROPIC_TIMEOUT", 90, 1, 240)  # seconds until an answer begins, and until it is there
# The fake (ai/fake) that bin/run starts for the demo: it answers bases for which there is no key, and pages say so.
AI_DEMO_URL = "" if PRODUCTION else env.str("ROWAN_AI_DEMO_URL", default="").strip().rstrip("/")
if AI_DEMO_URL and _url("ROWAN_AI_DEMO_URL", AI_DEMO_URL).hostname != "127.0.0.1":
    raise ImproperlyConfigured("ROWAN_AI_DEMO_URL is for bin/run: the demo's answers come from this machine.")
# What the keys of bases are encrypted with (ai/keys.py). Without one, in production no base can have a key of its own.
try:
    ROWAN_SECRETS_KEY = b64decode(env.str("ROWAN_SECRETS_KEY", default="").strip(), validate=True)
except ValueError:
    ROWAN_SECRETS_KEY = b"not base64"
if len(ROWAN_SECRETS_KEY) not in (0, 32):
    raise ImproperlyConfigured("ROWAN_SECRETS_KEY is not 32 bytes in base64. Make one with: openssl rand -base64 32")

# --- What operators read ---------------------------------------------------------------------------------------------
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()  # without one there is no /metrics/
if METRICS_TOKEN and not re.fullmatch(r"[!-~]{20,}", METRICS_TOKEN):
    raise ImproperlyConfigured("METRICS_TOKEN is shorter than 20 characters, or has spaces. Make one with: openssl rand -hex 32")

# --- Background work ------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = _redis_url
CELERY_TASK_IGNORE_RESULT = True  # progress and outcome are rows in PostgreSQL (ingest.Job)
CELERY_WORKER_SEND_TASK_EVENTS = True  # what Flower shows
CELERY_TASK_SEND_SENT_EVENT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A job is resumed by the sweeper from PostgreSQL, never by Redis handing out a lost message hours later.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600, "socket_timeout": 10, "socket_connect_timeout": 5}
CELERY_TASK_ROUTES = {"ai.tasks.*": {"queue": "ai"}}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "ingest.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "forget-sessions": {"task": "bases.tasks.forget_sessions", "schedule": 86_400.0, "options": {"expires": 3600}},
    "sweep-bulks": {"task": "tables.tasks.sweep_bulks", "schedule": 10.0, "options": {"expires": 10}},
    "tend-tables": {"task": "tables.tasks.tend_tables", "schedule": 15.0, "options": {"expires": 15}},
    "empty-trash": {"task": "tables.tasks.empty_trash", "schedule": 3600.0, "options": {"expires": 3600}},
    "trim-history": {"task": "tables.tasks.trim_history", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-runs": {"task": "ai.tasks.sweep_runs", "schedule": 10.0, "options": {"expires": 10}},
    "renew-models": {"task": "ai.tasks.renew_models", "schedule": 86_400.0, "options": {"expires": 3600}},
    "forget-answers": {"task": "ai.tasks.forget_answers", "schedule": 86_400.0, "options": {"expires": 3600}},
    "forget-views": {"task": "views_app.tasks.forget_views", "schedule": 86_400.0, "options": {"expires": 3600}},
}
