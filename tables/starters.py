"""What a new table can start with."""

from dataclasses import dataclass, field
from typing import Any

from tables.columns.select import COLORS


@dataclass(frozen=True)
class Starter:
    """A new table's columns: (name, kind, options), the first one frozen in the grid."""

    key: str
    label: str
    description: str
    columns: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


def _choices(*choices: tuple[str, str]) -> dict[str, Any]:
    """Options of a select column from names and colours."""
    return {"options": [{"id": f"s{place}", "name": name, "color": color} for place, (name, color) in enumerate(choices, 1)]}


_MONEY = {"symbol": "$", "decimals": 2, "thousands": True}
_COUNT = {"decimals": None, "thousands": True}  # as typed: 3.7 shown as 4 would look like a lost edit

STARTERS: dict[str, Starter] = {
    starter.key: starter
    for starter in (
        Starter(
            "blank",
            "Blank",
            "A name, notes, a status, a date and a checkbox to start from.",
            [
                ("Name", "text", {}),
                ("Notes", "long_text", {}),
                ("Status", "select", _choices(("To do", "gray"), ("In progress", "blue"), ("Done", "green"))),
                ("Date", "date", {"format": "iso"}),
                ("Done", "checkbox", {}),
            ],
        ),
        Starter(
            "leads",
            "Leads",
            "People and companies that may buy: where they are, how far they got, what it is worth.",
            [
                ("Name", "text", {}),
                ("E-mail", "email", {}),
                ("Company", "text", {}),
                ("City", "text", {}),
                ("Country", "text", {}),
                (
                    "Status",
                    "select",
                    _choices(
                        ("New", "blue"), ("Contacted", "amber"), ("Qualified", "purple"), ("Won", "green"), ("Lost", "gray")
                    ),
                ),
                ("Amount", "currency", _MONEY),
                ("Quantity", "number", _COUNT),
                ("Signed up", "date", {"format": "iso"}),
                ("Notes", "long_text", {}),
            ],
        ),
        Starter(
            "products",
            "Products",
            "A catalogue: what is sold, at what price, how many are left, how it is liked.",
            [
                ("SKU", "text", {}),
                ("Name", "text", {}),
                ("Description", "long_text", {}),
                (
                    "Category",
                    "select",
                    _choices(
                        *zip(
                            ("Home", "Kitchen", "Office", "Outdoor", "Clothing", "Electronics", "Garden", "Gifts"),
                            COLORS,
                            strict=False,
                        )
                    ),
                ),
                ("Price", "currency", _MONEY),
                ("Stock", "number", _COUNT),
                ("Brand", "text", {}),
                ("Rating", "rating", {"max": 5}),
                ("Reviews", "number", _COUNT),
                ("Added", "date", {"format": "iso"}),
            ],
        ),
    )
}
