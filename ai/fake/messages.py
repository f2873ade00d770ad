"""What a request for a message must look like, and what its answer looks like."""

import json
from collections.abc import Iterable
from typing import Any

from ai.fake.answers import Answers, other_case, wrong_type
from ai.fake.rules import problem

MODELS = (
    ("claude-opus-5-5", "Claude Opus 5.5"),
    ("claude-sonnet-5-5", "Claude Sonnet 5.5"),
    ("claude-haiku-5-5", "Claude Haiku 5.5"),
)
THINKING_TOKENS = 20
GONE = ("temperature", "top_p", "top_k")
# What a schema of a typed answer may hold; anything else is refused (the SDK's lib/_parse/_transform.py has the same list).
SCHEMA_WORDS = {
    "type", "properties", "required", "additionalProperties", "items", "minItems", "enum", "const", "anyOf", "allOf",
    "format", "description", "title", "default", "$defs", "$ref",
}  # fmt: skip
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}


def models(offered: Iterable[tuple[str, str]] = MODELS) -> dict[str, Any]:
    """The answer of GET /v1/models, by (id, display name)."""
    rows = [
        {"type": "model", "id": model, "display_name": name, "lifecycle": "active", "created_at": "2026-10-01T00:00:00Z"}
        for model, name in offered
    ]
    return {"data": rows, "has_more": False, "first_id": rows[0]["id"], "last_id": rows[-1]["id"]}


def text_of(asked: dict[str, Any]) -> str:
    """The system prompt and all messages, as one text."""
    parts = [asked.get("system") or "", *(m.get("content") or "" for m in asked.get("messages", ()) if isinstance(m, dict))]
    return "\n".join(p if isinstance(p, str) else json.dumps(p, ensure_ascii=False) for p in parts)


def wrong_with(asked: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
    """Why the API would not take the request, or None."""
    for name in GONE:
        if name in asked:
            return 400, problem("invalid_request_error", f"{name}: Extra inputs are not permitted")
    for name in ("model", "messages", "max_tokens"):
        if not asked.get(name):
            return 400, problem("invalid_request_error", f"{name}: Field required")
    model = asked["model"]
    if model not in dict(MODELS):
        return 404, problem("not_found_error", f"model: {model}")
    schema = _schema(asked)
    wrong = _wrong_schema(schema) if schema is not None else ""
    if wrong:
        return 400, problem("invalid_request_error", f"output_config.format.schema: {wrong}")
    return None


def _schema(asked: dict[str, Any]) -> dict[str, Any] | None:
    form = (asked.get("output_config") or {}).get("format")
    return form.get("schema") if isinstance(form, dict) else None


def _wrong_schema(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "must be an object"
    unknown = set(schema) - SCHEMA_WORDS
    if unknown:
        return f"For '{schema.get('type')}' type, properties {', '.join(sorted(unknown))} are not supported"
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    if schema.get("format", "date") not in FORMATS or schema.get("minItems", 0) not in (0, 1):
        return "format or minItems is not supported"
    if "enum" in schema and not schema["enum"]:
        return "enum must not be empty"
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    inner += [schema["items"]] if "items" in schema else []
    return next((wrong for wrong in map(_wrong_schema, inner) if wrong), "")


def tokens(text: str) -> int:
    """About as many tokens as a text has."""
    return len(text) // 4 + 1


def message(number: int, asked: dict[str, Any], what: str, demo: bool) -> dict[str, Any]:
    """The answer, with a thinking block first as always; `what` is how it is wrong, of rules.ANSWERS, or empty."""
    text = _answer(asked, what, demo)
    budget = asked["max_tokens"] - THINKING_TOKENS
    stop = {"refusal": "refusal", "max_tokens": "max_tokens"}.get(what, "end_turn")
    if stop == "max_tokens" or (tokens(text) > budget and what != "huge"):
        stop, text = "max_tokens", text[: max(0, min(budget * 4, len(text) // 2))]
    content = [{"type": "thinking", "thinking": "", "signature": "ZmFrZQ=="}]
    if text:
        content.append({"type": "text", "text": text})
    return {
        "id": f"msg_fake_{number:08}",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": content,
        "stop_reason": stop,
        "stop_details": {"type": "refusal", "category": None, "explanation": None} if stop == "refusal" else None,
        "stop_sequence": None,
        "usage": {"input_tokens": tokens(text_of(asked)), "output_tokens": THINKING_TOKENS + (tokens(text) if text else 0)},
    }


def _answer(asked: dict[str, Any], what: str, demo: bool) -> str:
    schema = _schema(asked)
    users = [m.get("content") for m in asked["messages"] if isinstance(m, dict)]
    answers = Answers("\n".join(u if isinstance(u, str) else json.dumps(u) for u in users), demo)
    if what in ("empty", "refusal"):
        return ""
    if what == "not json" or schema is None:
        return str(answers.value({"type": "string"}))
    if what in _WRONG_TEXTS:
        return _WRONG_TEXTS[what]
    answer = answers.value(schema)
    if "value" in answer:
        answer["value"] = _wrong(answer["value"], what)
    return json.dumps(answer, ensure_ascii=False)


_WRONG_TEXTS = {"no value": '{"answer": 1}', "infinity": '{"value": 1e999}'}
_WRONG_VALUES = {
    "unknown option": "None of the above",
    "huge": "All work and no play. " * 48_000,  # 1 MB
    "html": "<b>bold</b> & <a href='https://example.com'>more</a>",
    "script": "<script>alert('from an answer')</script><img src=x onerror=alert(1)>",
    "formula": '=HYPERLINK("https://example.com","Click")',
    "null": None,
}


def _wrong(value: Any, what: str) -> Any:
    if what in _WRONG_VALUES:
        return _WRONG_VALUES[what]
    if what == "wrong case":
        return other_case(value)
    return wrong_type(value) if what == "wrong type" else value
