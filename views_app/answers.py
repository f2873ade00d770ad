"""What all requests of the grid share: reading numbers, and turning what went wrong into a sentence."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from tables import edits
from tables.bulk import TooBusy
from tables.clipboard import TooLarge
from tables.columns.base import BadOptions, BadValue
from tables.edits import LAST_ROW_ID
from tables.query import BadQuery
from tables.schema import BadSchema
from tables.writes import Gone

VERSION = 2**63 - 1  # the highest of a table


def number(text: str | None, name: str, most: int = LAST_ROW_ID) -> int:
    """A whole number from 0 from a request. Raises BadValue with a sentence."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > most:
        raise BadValue(f"“{name}” must be a whole number from 0 to {most:,}.")
    return int(text)


def answers_errors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Turn what the parts below raise for people into an answer the grid shows: {"error": sentence}."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except edits.Conflict as conflict:
            return JsonResponse({"error": str(conflict), "current": conflict.current, "version": conflict.version}, status=409)
        except edits.Moved as moved:
            return JsonResponse({"error": str(moved)}, status=409)
        except Gone as gone:
            return JsonResponse({"error": str(gone)}, status=410)
        except (BadValue, BadOptions, BadSchema, BadQuery, TooBusy, TooLarge, edits.TooMany) as bad:
            return JsonResponse({"error": str(bad)}, status=422)

    return wrapped
