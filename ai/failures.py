"""What can go wrong when Claude is asked, in the classes that a run acts on. Their text is a sentence for people.

No sentence holds a key or what a cell says: of the API's own message only the name of the parameter is shown, since the rest
may repeat what was sent. Sources: the table in docs/ai-columns.md, and the error types of the API of 2026-10-21.
"""

import re
from typing import Any

# What calls come to, as they are counted (ai/calls.py): the word that metrics use, and what people read.
ANSWERED = "answered"
REASONS = {
    "rate_limited": "Too many requests",
    "unavailable": "Claude was overloaded or down",
    "timeout": "No answer in time",
    "connection": "No connection, or it broke",
    "broken": "What came was not an answer",
    "cut": "Longer than its limit",
    "malformed": "Empty, or not in the form that was asked for",
    "unfit": "Not what the column holds",
    "declined": "Claude declined to answer",
    "rejected": "The question was not taken",
    "blocked": "Key, model or spend limit",
    "fault": "A fault in Rowan itself",
}


FAULT = "Rowan met a fault of its own with this cell. The log of the AI worker says more."


class Failure(Exception):
    """Why there is no answer. `tokens_in` and `tokens_out` are what was paid all the same.

    `reason` is of REASONS. `took`: seconds from when the call was sent, which ai/provider.py fills in.
    """

    took = 0.0

    def __init__(self, text: str, reason: str, *, tokens_in: int = 0, tokens_out: int = 0) -> None:
        super().__init__(text)
        self.reason = reason
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out


class Hold(Failure):
    """Too many requests: no call with this key for so many seconds. Costs no attempt."""

    def __init__(self, seconds: float, text: str = "") -> None:
        super().__init__(text or f"Claude takes no more requests of this key for {max(1, round(seconds))} s.", "rate_limited")
        self.seconds = seconds


class Again(Failure):
    """The service or the way to it failed: the same call may succeed later. Costs an attempt."""

    def __init__(self, text: str, reason: str = "unavailable") -> None:
        super().__init__(text, reason)


class BadAnswer(Failure):
    """An answer came that cannot be used, and was paid. `cut`: it was longer than max_tokens."""

    def __init__(self, text: str, *, cut: bool = False, tokens_in: int = 0, tokens_out: int = 0) -> None:
        super().__init__(text, "cut" if cut else "malformed", tokens_in=tokens_in, tokens_out=tokens_out)
        self.cut = cut


class Refused(Failure):
    """This question is not answered, however often it is asked."""

    def __init__(self, text: str, reason: str = "rejected", *, tokens_in: int = 0, tokens_out: int = 0) -> None:
        super().__init__(text, reason, tokens_in=tokens_in, tokens_out=tokens_out)


class Blocked(Failure):
    """No question of this key or model is answered until a person does something: the run pauses with this sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "blocked")


SPEND_LIMITS = {
    "enforced_spend_limit_reached": "the monthly limit of its usage tier",
    "contract_spend_limit_reached": "the spend limit of its contract",
    "linked_organization_spend_limit_reached": "the spend limit of the organization that pays for it",
}
# Of the organization behind the key: the same for every question.
ON_HOLD = {
    "organization_on_hold": "Anthropic has put the organization of this key on hold.",
    "cmek_key_disabled": "The encryption key of this organization at Anthropic is disabled.",
}
# The parameter that a message of a 400 begins with: "messages.0.content: …". Only the API's own names, never a text.
_PARAMETER = re.compile(r"^((?:model|messages|system|max_tokens|output_config|thinking)(?:\.[a-z_0-9]+)*): ")
_ANSWER_AGAIN = (408, 409, 499)  # time-out and conflict: of this one call


def from_status(status: int, body: object, model: str, *, seconds: float, request_id: str = "") -> Failure:
    """The failure that an HTTP status and the JSON under it mean.

    `seconds` is how long a 429 holds (rate.seconds_to_hold). `body` is what the response held: any JSON, or text.
    """
    error = _part(body, "error")
    kind, message = _text(_part(error, "type")), _text(_part(error, "message"))
    code = _text(_part(_part(error, "details"), "error_code"))
    if code in SPEND_LIMITS:
        return Blocked(f"The organization of this key has reached {SPEND_LIMITS[code]} at Anthropic.")
    if code in ON_HOLD:
        return Blocked(ON_HOLD[code])
    if status == 429:
        return Hold(seconds)
    if status >= 500 or status in _ANSWER_AGAIN:
        busy = "is overloaded" if status == 529 else "had an error of its own"
        return Again(f"Claude {busy} (status {status}).")
    if status == 401:
        return Blocked("Anthropic does not know this key, or it was revoked (status 401). Enter another one.")
    if status == 402:
        return Blocked("The account of this key cannot pay (status 402). See the billing page at Anthropic.")
    if status == 403:
        return Blocked(
            f"This key may not use the model “{model}” (status 403)." if model else "This key may not do this (status 403)."
        )
    if status == 404:
        if kind == "not_found_error" and model:
            return Blocked(f"There is no model “{model}” for this key (status 404). Choose another one.")
        return Blocked("At the address in ANTHROPIC_BASE_URL there is no API of Claude (status 404).")
    if status < 400:
        return Blocked(f"The address in ANTHROPIC_BASE_URL leads elsewhere (status {status}).")
    return _refused(status, message, model, request_id)


def _refused(status: int, message: str, model: str, request_id: str) -> Failure:
    """400 and its like: mostly of this one question, sometimes of the account or the model."""
    if message.startswith("You have reached your specified"):
        again = re.search(r"regain access on (\d{4}-\d{2}-\d{2})", message)
        until = f" It ends on {again[1]}." if again else ""
        return Blocked(f"The spend limit that was set for this key at Anthropic is reached.{until}")
    if "credit balance is too low" in message:
        return Blocked("The account of this key has no credit left at Anthropic.")
    parameter = _PARAMETER.match(message)
    if (parameter and parameter[1].startswith(("model", "thinking", "output_config"))) or "model does not support" in message:
        what = f" ({parameter[1]})" if parameter else ""
        return Blocked(f"The model “{model}” does not take what Rowan asks of it{what}. Choose another one.")
    if status == 413 or "prompt is too long" in message:
        return Refused("The texts of this row are too long for Claude.")
    named = f", in “{parameter[1]}”" if parameter else ""
    trace = f" Anthropic knows it as request {request_id}." if re.fullmatch(r"req_\w{1,60}", request_id) else ""
    return Refused(f"Claude did not take this question (status {status}{named}).{trace}")


def _part(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
