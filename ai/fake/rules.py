"""What goes wrong on demand: rules that say which requests fail, and how each failure looks on the wire.

Texts and codes are the API's own, as of 2026-10-21.
"""

import random
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

# name: (status, error type, message, error_code)
STATUSES: dict[str, tuple[int, str, str, str]] = {
    "429": (429, "rate_limit_error", "This request would exceed your organization's rate limit of requests per minute.", ""),
    "500": (500, "api_error", "Internal server error", ""),
    "502": (502, "api_error", "Bad gateway", ""),
    "503": (503, "api_error", "Service unavailable", ""),
    "504": (504, "timeout_error", "Gateway timeout", ""),
    "529": (529, "overloaded_error", "Overloaded", ""),
    "400": (400, "invalid_request_error", "messages.0.content: text content blocks must contain non-whitespace text", ""),
    "400 echo": (400, "invalid_request_error", "messages.0: cannot read {text} with {key}", ""),
    "401": (401, "authentication_error", "invalid bearer token", ""),
    "402": (402, "billing_error", "Your payment method was declined.", ""),
    "403": (403, "permission_error", "Your API key does not have permission to use the specified resource.", ""),
    "404": (404, "not_found_error", "model: {model}", ""),
    "413": (413, "invalid_request_error", "Request exceeds the maximum size", ""),
    "too long": (400, "invalid_request_error", "prompt is too long: 1200000 tokens > 1000000 maximum", ""),
    "no credit": (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API.", ""),
    "spend specified": (
        400,
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
        "",
    ),
    "spend enforced": (429, "rate_limit_error", "Monthly usage limit reached.", "enforced_spend_limit_reached"),
    "spend contract": (429, "rate_limit_error", "Contract spend limit reached.", "contract_spend_limit_reached"),
}
# The answer itself is wrong, or comes wrong: server.py and messages.py do these.
BROKEN = ("hang", "reset", "cut", "truncated", "page", "redirect")
ANSWERS = (
    "max_tokens", "empty", "refusal", "not json", "no value", "infinity", "wrong case", "wrong type", "unknown option",
    "huge", "html", "script", "formula", "null",
)  # fmt: skip
FAILURES = (*STATUSES, *BROKEN, *ANSWERS)


@dataclass
class Rule:
    """Which requests fail how. All that is said must hold; the first rule that fits a request counts."""

    what: str  # of FAILURES
    contains: str = ""  # in the system prompt or the user's text
    numbers: Container[int] | None = None  # of requests for a message, from 1
    share: float = 1.0  # at random, by the server's seed and the request's number
    times: int | None = None  # so often at most
    key: str = ""
    seconds: float = 1.0  # retry-after of a 429; how long a hanging one hangs
    done: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        if self.what not in FAILURES:
            raise ValueError(f"“{self.what}” is none of {', '.join(FAILURES)}.")

    def fits(self, number: int, key: str, text: str, luck: float) -> bool:
        """Whether it is this request's turn to fail. `luck` is from 0 to 1, one number for all rules of a request."""
        if (self.times is not None and self.done >= self.times) or (self.key and key != self.key):
            return False
        if self.contains not in text or (self.numbers is not None and number not in self.numbers):
            return False
        return luck < self.share


class Rules:
    """The rules of a server, in order. Shares add up: 5 % of one and 5 % of another fail 10 % of the requests."""

    def __init__(self, rules: list[Rule], seed: int = 0) -> None:
        self.list = rules
        self._seed = seed

    def turn(self, number: int, key: str, text: str) -> Rule | None:
        """The rule that this request fails by. Call it under the server's lock: it counts."""
        luck = random.Random(f"{self._seed}:{number}").random()
        for rule in self.list:
            if rule.fits(number, key, text, luck):
                rule.done += 1
                return rule
            if rule.share < 1:
                luck -= rule.share
                if luck < 0:  # it was this rule's turn by chance, and not by the rest
                    luck = 1.0
        return None


def error(what: str, **said: Any) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of a failure that has one."""
    status, kind, message, code = STATUSES[what]
    details: dict[str, Any] = {"error_code": code} if code else {}
    return status, problem(kind, message.format(**said), **details)


def problem(kind: str, message: str, **details: Any) -> dict[str, Any]:
    """An error as the API writes it."""
    told = {"type": kind, "message": message, **({"details": details} if details else {})}
    return {"type": "error", "error": told, "request_id": "req_fake"}
