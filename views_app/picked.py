"""Conditions made of values that stand in cells: "only Germany", or any of the values picked from a column's list."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tables.columns import kind_of
from tables.columns.base import quoted
from tables.models import Column
from tables.query.definition import BadQuery, Condition, Group
from tables.query.filters import quick
from tables.query.operators import OPERATORS

EMPTY = None  # among picked values: the empty cells
MOST_PICKED = 1_000
# The operator that holds for all other rows, where there is one.
OPPOSITES = {"empty": "not_empty", "checked": "not_checked", "=": "!=", "is": "is_not", "has": "has_not"}


def only(column: Column, value: Any) -> Condition:
    """The rows whose cell holds just this stored value."""
    if value is False or (value is None and kind_of(column.kind).family == "flag"):
        return Condition(column.key, "not_checked")
    return quick(column, value)


def but(column: Column, value: Any) -> Condition | Group:
    """All rows but these. Raises BadQuery where no filter says so."""
    condition = only(column, value)
    if condition.operator == "not_checked":
        return replace(condition, operator="checked")
    family = kind_of(column.kind).family
    if family in ("date", "datetime") and condition.operator == "is":
        sides = [Condition(column.key, name, condition.value) for name in ("before", "after")]
        return Group("any", (*sides, *([] if kind_of(column.kind).row_field else [Condition(column.key, "empty")])))
    if family == "text" and condition.operator == "same":
        return replace(condition, operator="is_not")  # which does not see case, as a person who says "not this" does not
    if family == "choices" and condition.operator == "exactly":
        return Condition(column.key, "none_of", condition.value)
    opposite = OPPOSITES.get(condition.operator)
    if opposite not in OPERATORS[family]:
        raise BadQuery(f"There is no filter for everything but this value of {quoted(column.name)}.")
    return replace(condition, operator=opposite)


def any_of(column: Column, values: Sequence[Any]) -> Condition | Group | None:
    """The rows whose cell holds one of these values; None for no value."""
    filled = [value for value in values if value is not EMPTY]
    if filled and "any_of" in OPERATORS[kind_of(column.kind).family]:
        conditions = [Condition(column.key, "any_of", tuple(filled))]
    else:
        conditions = [only(column, value) for value in filled]
    if len(filled) < len(values):
        conditions.append(Condition(column.key, "empty"))
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else Group("any", tuple(conditions))


def values_in(item: Condition | Group, key: int) -> list[Any] | None:
    """The values that `any_of` would have made this of; None where it is another kind of condition."""
    if isinstance(item, Group):
        found = [values_in(each, key) if isinstance(each, Condition) else None for each in item.items]
        if item.match != "any" or None in found:
            return None
        return [value for each in found for value in each or []]
    if item.column != key:
        return None
    fixed: dict[str, list[Any]] = {"checked": [True], "not_checked": [False], "empty": [EMPTY]}
    if item.operator == "any_of" and isinstance(item.value, tuple):
        return list(item.value)
    if item.operator in ("=", "is", "same") and not isinstance(item.value, tuple):
        return [item.value]
    return fixed.get(item.operator)


def picked_item(group: Group | None, key: int) -> int | None:
    """Which item of a filter is a column's picked values."""
    if group is None or (group.match == "any" and len(group.items) > 1):
        return None
    return next((at for at, item in enumerate(group.items) if values_in(item, key) is not None), None)


def without(group: Group | None, at: int | None) -> Group | None:
    """A filter without one of its items."""
    if group is None or at is None:
        return group
    items = group.items[:at] + group.items[at + 1 :]
    return replace(group, items=items) if items else None


def read_values(texts: Sequence[str]) -> list[Any]:
    """Picked values from a form, where each is JSON. Raises BadQuery."""
    if len(texts) > MOST_PICKED:
        raise BadQuery(f"At most {MOST_PICKED:,} values can be picked.")
    try:
        values = [json.loads(text) for text in texts]
        json.dumps(values, ensure_ascii=False).encode()  # halves of characters are JSON to Python alone
    except (ValueError, RecursionError):
        raise BadQuery("A picked value cannot be read. Reload the page.") from None
    if not all(value is None or type(value) in (str, int, float, bool) for value in values):
        raise BadQuery("A picked value cannot be read. Reload the page.")
    return values
