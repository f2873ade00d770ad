"""Sample rows (stand-in until the kinds helper's file lands)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SampleColumn:
    key: int
    kind: str
    name: str
    options: dict[str, Any]


@dataclass
class Batch:
    seed: int
    start: int
    size: int


def documents(columns: Sequence[SampleColumn], batch: Batch) -> list[str]:
    r = random.Random(f"{batch.seed} {batch.start}")

    def value(c: SampleColumn) -> str:
        if c.kind in ("number", "currency"):
            return str(r.randrange(10000))
        if c.kind == "rating":
            return str(r.randrange(1, 6))
        if c.kind == "checkbox":
            return "true"
        if c.kind == "date":
            return f'"20{r.randrange(10, 26)}-0{r.randrange(1, 10)}-1{r.randrange(10)}"'
        if c.kind == "select":
            return f'"{r.choice(c.options["options"])["id"]}"'
        if c.kind == "email":
            return f'"ann{r.randrange(10**6)}@example.com"'
        return f'"{c.name} {r.randrange(10**4)}"'

    return ["{" + ",".join(f'"{c.key}":{value(c)}' for c in columns) + "}" for _ in range(batch.size)]
