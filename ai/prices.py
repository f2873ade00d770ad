"""What a call costs, from ai/prices.json: prices are data with a date, so a new one needs no new code."""

import json
import re
from pathlib import Path

_FILE = json.loads((Path(__file__).parent / "prices.json").read_text())
DATE: str = _FILE["date"]  # of the prices, ISO 8601
MODELS: tuple[str, ...] = tuple(_FILE["models"])  # the cheapest first
DEFAULT_MODEL = "claude-haiku-5-5"
# A model's id may name the day of its release, or ask for the newest: it costs the same.
_RELEASE = re.compile(r"[-@](?:\d{8}|latest)$")


def charged(model: str, tokens_in: int, tokens_out: int) -> int:
    """The same; a model whose price is not known costs as the dearest one that is, so that no budget is blind to it."""
    found = micros(model, tokens_in, tokens_out)
    return max(micros(each, tokens_in, tokens_out) or 0 for each in MODELS) if found is None else found


def micros(model: str, tokens_in: int, tokens_out: int) -> int | None:
    """Micro-dollars for so many tokens, to the nearest whole one; None for a model whose price is not known."""
    price = _FILE["models"].get(model) or _FILE["models"].get(_RELEASE.sub("", model))
    if price is None:
        return None
    return int(tokens_in * price["in"] + tokens_out * price["out"] + 500_000) // 1_000_000
