"""Plausible answers: made from a JSON schema and the question's own fields, the same for the same question."""

import hashlib
import html
import json
import re
from datetime import date, timedelta
from typing import Any

_FIELD = re.compile(r"<field name=\"[^\"]*\">(.*?)</field>", re.DOTALL)
_FOUND = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "uri": re.compile(r"https?://[^\s<>\"]+"),
    "date": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
    "date-time": re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?Z?"),
}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
WORDS = 12


class Answers:
    """Answers to one question: its text is read once. `demo` marks texts, so that nobody takes them for Claude's."""

    def __init__(self, text: str, demo: bool = False) -> None:
        self._fields = [html.unescape(found) for found in _FIELD.findall(text)] or [text]
        self._said = " ".join(" ".join(self._fields).split())
        self._luck = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        self._mark = "(demo) " if demo else ""

    def value(self, schema: dict[str, Any]) -> Any:
        """A value that fits the schema; null, where it may be, when the question's fields are empty."""
        if "anyOf" in schema:
            variants = schema["anyOf"]
            if not self._said and {"type": "null"} in variants:
                return None
            return self.value(next(v for v in variants if v != {"type": "null"}))
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema["enum"])
        kind = schema.get("type")
        if isinstance(kind, list):
            return self.value({**schema, "type": next(k for k in kind if k != "null" or not self._said)})
        if kind == "object":
            return {name: self.value(part) for name, part in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.value(schema.get("items", {"type": "string"}))]
        return self._plain(kind, schema.get("format", ""))

    def _plain(self, kind: Any, form: str) -> Any:
        if kind == "boolean":
            return self._luck % 2 == 0
        if kind in ("integer", "number"):
            found = _NUMBER.search(self._said)
            number = float(found[0]) if found else self._luck % 100 + 1
            return int(number) if kind == "integer" or number == int(number) else number
        if kind == "null":
            return None
        return self._formed(form) if form in _FOUND else self._text()

    def _formed(self, form: str) -> str:
        found = _FOUND[form].search(self._said)
        day = date(2026, 1, 1) + timedelta(days=self._luck % 365)
        made = {"email": "someone@example.com", "uri": "https://example.com/", "date": f"{day}", "date-time": f"{day}T09:00:00Z"}
        return found[0] if found else made[form]

    def _text(self) -> str:
        longest = max(self._fields, key=len).split()
        short = " ".join(longest[:WORDS]) + ("…" if len(longest) > WORDS else "")
        return f"{self._mark}{short or 'Nothing is known.'}"

    def _one_of(self, values: list[Any]) -> Any:
        """One that the fields name, else any."""
        choices = [v for v in values if v is not None] if self._said else values
        said = self._said.lower()
        named = [v for v in choices if isinstance(v, str) and v and v.lower() in said]
        return named[0] if named else choices[self._luck % len(choices)]


def other_case(value: Any) -> Any:
    """The value with its texts in the other case, as enum values can come back."""
    if isinstance(value, str):
        return value.swapcase()
    if isinstance(value, list):
        return [other_case(v) for v in value]
    return {k: other_case(v) for k, v in value.items()} if isinstance(value, dict) else value


def wrong_type(value: Any) -> Any:
    """Something of another type than the value."""
    return [17] if isinstance(value, (str, bool)) or value is None else json.dumps(value) + " or so"
