"""Colour rules of a view: rows, or cells of one column, that meet a filter get a colour. Here they are read and checked.

    [{"on": "row", "color": "red", "filter": ["all", [7, ">", 1000]]},
     {"on": "cell", "column": 6, "color": "green", "filter": ["all", [6, "is", "won"]]}]

The first rule that a row, or a cell, meets counts.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tables.columns.base import plain, quoted
from tables.columns.select import COLORS
from tables.query.definition import BadQuery, Group, conditions, filter_json, read_filter

MOST_COLORS = 20  # each is a filter that is asked of every row on the screen
THE_ROW = 0  # in a filter's condition in place of a column: who made or changed the row, and when
_PARTS = {"row": {"on", "color", "filter"}, "cell": {"on", "column", "color", "filter"}}


@dataclass(frozen=True, slots=True)
class ColorRule:
    """Rows, or cells of one column, that meet `filter` are shown in `color`, a name of tables.columns.select.COLORS."""

    on: Literal["row", "cell"]
    column: int | None  # of a cell; None for a row
    color: str
    filter: Group

    @property
    def columns(self) -> set[int]:
        """The keys of all columns that the rule speaks of."""
        read = {condition.column for condition in conditions(self.filter)} - {THE_ROW}
        return read if self.column is None else read | {self.column}


def read_colors(raw: Any) -> tuple[ColorRule, ...]:
    """Colour rules from their JSON. Raises BadQuery for what is not one, or for too many."""
    if not isinstance(raw, list):
        raise BadQuery("Color rules are a list.")
    if len(raw) > MOST_COLORS:
        raise BadQuery(f"A view has at most {MOST_COLORS} color rules; this has {len(raw):,}.")
    return tuple(_read_rule(rule) for rule in raw)


def _read_rule(raw: Any) -> ColorRule:
    on = raw.get("on") if isinstance(raw, dict) else None
    if on not in ("row", "cell") or set(raw) != _PARTS[on]:
        raise BadQuery("A color rule says what it is on (row, or cell with its column), a color and a filter.")
    if raw["color"] not in COLORS:
        raise BadQuery(f"{quoted(plain(raw['color']))} is no color of a rule. There are: {', '.join(COLORS)}.")
    column = raw.get("column")
    if on == "cell" and (type(column) is not int or not 1 <= column < 2**31):
        raise BadQuery(f"{quoted(plain(column))} is not the key of a column to color.")
    return ColorRule(on, column, raw["color"], read_filter(raw["filter"]))


def colors_json(rules: Sequence[ColorRule]) -> list[dict[str, Any]]:
    """Colour rules as JSON: read_colors(colors_json(rules)) == rules."""
    return [
        {
            "on": rule.on,
            **({} if rule.column is None else {"column": rule.column}),
            "color": rule.color,
            "filter": filter_json(rule.filter),
        }
        for rule in rules
    ]


def live_colors(rules: Sequence[ColorRule], keys: Container[int]) -> tuple[ColorRule, ...]:
    """The rules that speak only of columns that are there. One that has lost a condition would color too much."""
    return tuple(rule for rule in rules if all(key in keys for key in rule.columns))
