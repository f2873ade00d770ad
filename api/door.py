"""The door of the API: every endpoint is behind `endpoint`, which knows the caller by a token and answers in JSON, errors too.

A browser's session counts for nothing here, so no page of another site can make somebody's browser call it.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import QueryCanceled

from ai.columns import BadAi
from ai.money import BadMoney
from ai.prompts import BadPrompt
from api import tokens
from api.models import Token
from bases.accounts import demo_is_open
from bases.demo import DEMO_EMAIL
from config.limits import TOO_LONG
from tables.bulk import TooBusy
from tables.columns.base import quoted
from tables.edits import TooMany
from tables.edits.records import BadRecords, Overtaken
from tables.heavy import Busy
from tables.query.definition import BadQuery
from tables.query.snapshots import NotMade
from tables.writes import Gone

READING = ("GET", "HEAD")
WHO_CALLS = (
    "Send a token that is valid: Authorization: Bearer rowan_… Tokens are made in Rowan's account menu, under “API tokens”."
)
_ZONES = available_timezones()
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

Endpoint = Callable[..., HttpResponse]


class BadRequest(ValueError):
    """What was sent cannot be read; the message is a sentence."""


class Denied(Exception):
    """No token, or none that is valid."""


def endpoint(*methods: str) -> Callable[[Endpoint], Endpoint]:
    """A view of the API for these methods. It gets the request with `user` and `token`, and answers or raises."""

    def wrap(view: Endpoint) -> Endpoint:
        @csrf_exempt
        @login_not_required
        @never_cache
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _let_in(request, methods)
                with timezone.override(_zone(request)):
                    return view(request, *args, **kwargs)
            except Exception as error:
                answer = _refusal(error, methods)
                if answer is None:
                    raise
                return answer

        return wrapped

    return wrap


def _let_in(request: HttpRequest, methods: tuple[str, ...]) -> None:
    """Raises Denied, PermissionDenied, _NotAllowed."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    token = tokens.find(text.strip()) if scheme.lower() == "bearer" else None
    # The demo account has no password, so its tokens open nothing where it could not be used itself.
    if token is None or (token.user.email == DEMO_EMAIL and not demo_is_open(request)):
        raise Denied
    request.user = token.user
    request.token = token  # type: ignore[attr-defined]
    request.only_base = token.base_id  # type: ignore[attr-defined]
    if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
        raise _NotAllowed
    if request.method not in READING and not token.may_write:
        raise PermissionDenied("This token may only read.")


class _NotAllowed(Exception):
    pass


def token_of(request: HttpRequest) -> Token:
    token: Token = request.token  # type: ignore[attr-defined]
    return token


# --- Refusals ------------------------------------------------------------------------------------------------------------

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (BadRequest, 400),
    (BadQuery, 400),
    (PermissionDenied, 403),
    (Http404, 404),
    (Overtaken, 409),
    (TooBusy, 409),
    (Gone, 410),
    (BadRecords, 422),
    (TooMany, 422),
    (BadAi, 422),
    (BadPrompt, 422),
    (BadMoney, 422),
    (Busy, 429),
    (NotMade, 503),
)


def _refusal(error: Exception, methods: tuple[str, ...]) -> HttpResponse | None:
    """The answer to what went wrong; None where nobody has foreseen it."""
    if isinstance(error, Denied):
        return _said(WHO_CALLS, 401, {"WWW-Authenticate": 'Bearer realm="Rowan"'})
    if isinstance(error, _NotAllowed):
        return _said(f"Here one can {', '.join(methods)}.", 405, {"Allow": ", ".join(methods)})
    if isinstance(error, OperationalError) and isinstance(error.__cause__, QueryCanceled):
        return _said(TOO_LONG, 503)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        return None
    headers = {"Retry-After": "2"} if status in (429, 503) else {}
    more: dict[str, Any] = {}
    if isinstance(error, BadRecords):
        more["problems"] = [vars(problem) for problem in error.problems]
    if isinstance(error, Overtaken):
        more["rows"] = error.ids
    return _said(str(error), status, headers, **more)


def _said(sentence: str, status: int, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    return JsonResponse({"error": sentence, **more}, status=status, headers=headers)


# --- What is sent --------------------------------------------------------------------------------------------------------


def sent(request: HttpRequest, *names: str) -> dict[str, Any]:
    """The JSON object in the request's body. Raises BadRequest, also for a name in it that is not among `names`."""
    if request.content_type not in ("application/json", ""):
        raise BadRequest("Send JSON, with Content-Type: application/json.")
    try:
        found = json.loads(request.body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as bad:
        raise BadRequest(f"The body is no JSON: {bad}.") from None
    if not isinstance(found, dict):
        raise BadRequest("The body is no JSON object.")
    _refuse_unknown(found, names, "the body")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def asked(request: HttpRequest, *names: str) -> dict[str, str]:
    """The parameters in the address. Raises BadRequest for one that is not among `names`: a typo must not give all rows."""
    found = request.GET.dict()
    _refuse_unknown(found, (*names, "timezone"), "the address")
    return {name: str(value) for name, value in found.items()}


def _refuse_unknown(found: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    unknown = [name for name in found if name not in names]
    if unknown:
        known = f"There are: {', '.join(names)}." if names else "There are none."
        raise BadRequest(f"{quoted(unknown[0])} means nothing in {where}. {known}")


def whole(value: Any, name: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number, from JSON or from the address. Raises BadRequest."""
    if value in (None, "") and default is not None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise BadRequest(f"“{name}” is a whole number from {least:,} to {most:,}.")
    return value


def flag(value: Any, name: str) -> bool:
    """A yes or no, from JSON or from the address; none is no. Raises BadRequest."""
    if value is None:
        return False
    found = value if isinstance(value, bool) else _FLAGS.get(str(value).lower())
    if found is None:
        raise BadRequest(f"“{name}” is true or false.")
    return found


def _zone(request: HttpRequest) -> Any:
    name = request.GET.get("timezone", "")
    if name and name not in _ZONES:
        raise BadRequest(f"{quoted(name)} is no time zone. Write it like Europe/Berlin.")
    return ZoneInfo(name) if name else timezone.get_default_timezone()
