"""The door of the API: every endpoint is behind `endpoint`, which knows the caller by a token and answers in JSON, errors too.

A browser's session counts for nothing here, so no page of another site can make somebody's browser call it.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import QueryCanceled

from ai.columns import BadAi
from ai.money import BadMoney
from ai.prompts import BadPrompt
from ai.wanted import Unsure
from api import tokens
from api.models import Token
from bases.accounts import demo_is_open
from bases.demo import DEMO_EMAIL
from config.limits import TOO_LONG
from tables.bulk import TooBusy
from tables.columns.base import quoted
from tables.edits import TooMany
from tables.edits.records import BadRecords, Conflicting
from tables.heavy import Busy
from tables.query.definition import BadQuery
from tables.query.snapshots import NotMade
from tables.writes import Gone

log = logging.getLogger(__name__)
READING = ("GET", "HEAD")
WHO_CALLS = (
    "Send a token that is valid: Authorization: Bearer rowan_… Tokens are made in Rowan's account menu, under “API tokens”."
)
_ZONES = available_timezones()
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

Endpoint = Callable[..., HttpResponse]


class BadRequest(ValueError):
    """What was sent cannot be read; the message is a sentence."""


class NoLength(ValueError):
    """A body of unknown length, of which the server would read nothing."""


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
                return _refusal(error, methods)

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


def moment(at: datetime | None) -> str | None:
    """A moment as all answers have it, to the second."""
    return None if at is None else at.astimezone(UTC).isoformat()[:19] + "Z"


def token_of(request: HttpRequest) -> Token:
    token: Token = request.token  # type: ignore[attr-defined]
    return token


# --- Refusals ------------------------------------------------------------------------------------------------------------

# What can be foreseen: the status of the answer, and its code.
_REFUSALS: tuple[tuple[type[Exception], int, str], ...] = (
    (BadRequest, 400, "bad_request"),
    (BadQuery, 400, "bad_query"),
    (PermissionDenied, 403, "forbidden"),
    (Http404, 404, "not_found"),
    (Conflicting, 409, "conflict"),
    (TooBusy, 409, "too_many_actions"),
    (Gone, 410, "gone"),
    (NoLength, 411, "no_length"),
    (BadRecords, 422, "bad_cells"),
    (TooMany, 422, "too_many_rows"),
    (Unsure, 422, "unsure"),
    (BadAi, 422, "bad_run"),
    (BadPrompt, 422, "bad_run"),
    (BadMoney, 422, "bad_budget"),
    (Busy, 429, "busy"),
    (NotMade, 503, "not_ready"),
)
RETRY_SECONDS = {429: "2", 503: "2"}


def _refusal(error: Exception, methods: tuple[str, ...]) -> HttpResponse:
    """The answer to what went wrong."""
    if isinstance(error, Denied):
        return _said(WHO_CALLS, 401, "no_token", {"WWW-Authenticate": 'Bearer realm="Rowan"'})
    if isinstance(error, _NotAllowed):
        return _said(f"Here one can {', '.join(methods)}.", 405, "bad_method", {"Allow": ", ".join(methods)})
    if isinstance(error, OperationalError) and isinstance(error.__cause__, QueryCanceled):
        return _said(TOO_LONG, 503, "too_long")  # and would be again
    for kind, status, code in _REFUSALS:
        if isinstance(error, kind):
            headers = {"Retry-After": RETRY_SECONDS[status]} if status in RETRY_SECONDS else {}
            more = ' Send "sure": true.' if isinstance(error, Unsure) else ""
            return _said(f"{error}{more}", status, code, headers, **_details(error))
    log.error("A call of the API failed.", exc_info=error)
    return _said("Something went wrong in Rowan. The server's log has more.", 500, "fault")


def _details(error: Exception) -> dict[str, Any]:
    if isinstance(error, BadRecords):
        return {"problems": [vars(problem) for problem in error.problems]}
    return {"ids": error.ids} if isinstance(error, Conflicting) else {}


def _said(sentence: str, status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    return answer({"error": sentence, "code": code, **more}, status, headers)


def answer(told: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """In JSON that people can read, too."""
    return HttpResponse(json_text(told), status=status, headers=headers, content_type="application/json")


def json_text(told: Any) -> bytes:
    """Halves of characters, which no UTF-8 has, as JSON writes them."""
    return json.dumps(told, ensure_ascii=False).encode(errors="backslashreplace")


# --- What is sent --------------------------------------------------------------------------------------------------------


def sent(request: HttpRequest, *names: str) -> dict[str, Any]:
    """The JSON object in the request's body. Raises BadRequest, also for a name in it that is not among `names`."""
    if "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH"):
        raise NoLength("Send the body in one piece, with Content-Length.")
    if request.content_type not in ("application/json", ""):
        raise BadRequest("Send JSON, with Content-Type: application/json.")
    try:
        found = json.loads(request.body or b"{}", parse_constant=_no_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError) as bad:
        raise BadRequest(f"The body is no JSON: {bad}.") from None
    if not isinstance(found, dict):
        raise BadRequest("The body is no JSON object.")
    _refuse_unknown(found, names, "the body")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice in one object")
    return found


def asked(request: HttpRequest, *names: str) -> dict[str, str]:
    """The parameters in the address. Raises BadRequest for one that is not among `names`: a typo must not give all rows."""
    found = request.GET.dict()
    twice = [name for name in found if len(request.GET.getlist(name)) > 1]
    if twice:
        raise BadRequest(f"{quoted(twice[0])} is there twice.")
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
