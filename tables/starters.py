"""Starter templates (stand-in until the kinds helper's file lands)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Starter:
    key: str
    label: str
    description: str
    columns: list[tuple[str, str, dict[str, Any]]]


_S = {"options": [{"name": n} for n in ("New", "Contacted", "Qualified", "Won", "Lost")]}
STARTERS = {
    s.key: s
    for s in (
        Starter("blank", "Blank", "", [("Name", "text", {}), ("Notes", "long_text", {}), ("Status", "select", _S), ("Date", "date", {}), ("Done", "checkbox", {})]),
        Starter("leads", "Leads", "", [("Name", "text", {}), ("E-mail", "email", {}), ("Company", "text", {}), ("City", "text", {}), ("Country", "text", {}), ("Status", "select", _S), ("Amount", "currency", {}), ("Quantity", "number", {}), ("Signed up", "date", {}), ("Notes", "long_text", {})]),
        Starter("products", "Products", "", [("SKU", "text", {}), ("Name", "text", {}), ("Price", "currency", {}), ("Rating", "rating", {})]),
    )
}
