"""What a person asks of a table: which rows (filter, search), in which order (groups, sorts). Plain data, checked elsewhere.

A filter is written in JSON as ["all" | "any", item, ...]; an item is such a list again, or [column key, operator,
value]. It is read here for its form alone; whether its columns, operators and values fit is for tables/query/filters.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tables.columns.base import quoted

MOST_LEVELS = 5  # of groups in groups
MOST_CONDITIONS = 100
MOST_SORTS = 10
MOST_GROUPS = 3
MOST_VALUE = 10_000  # characters of one condition's value, and items of a list

Match = Literal["all", "any"]


class BadQuery(ValueError):
    """A filter, sort, group or search that cannot be; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on one column; `value` as its operator reads it (text, a list of ids, None where it takes none)."""

    column: int
    operator: str
    value: Any = None  # a tuple where it is a list


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups of which all, or any one, must hold; without items it holds for every row."""

    match: Match
    items: "tuple[Condition | Group, ...]" = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """One level of an order. Empty cells come last both ways."""

    column: int
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """The rows of a view and their order. Groups are sorts that come first and are shown as headings."""

    filter: Group | None = None
    sorts: tuple[Sort, ...] = ()
    groups: tuple[Sort, ...] = ()
    search: str = ""
    searched: tuple[int, ...] = ()  # the keys of the columns that are searched: the visible ones
    accents: bool = False  # whether é is another letter than e in a search

    @property
    def order(self) -> tuple[Sort, ...]:
        """All levels of the order; a column counts once, where it comes first."""
        levels: dict[int, Sort] = {}
        for sort in (*self.groups, *self.sorts):
            levels.setdefault(sort.column, sort)
        return tuple(levels.values())

    @property
    def is_everything(self) -> bool:
        """Whether these are all rows in the table's own order."""
        return not (self.filter and self.filter.items) and not self.sorts and not self.groups and not self.search

    def as_json(self) -> dict[str, Any]:
        """Definition.from_json(d.as_json()) == d: how it is sent to another process."""
        return {
            "filter": filter_json(self.filter) if self.filter else None,
            "sorts": sorts_text(self.sorts),
            "groups": sorts_text(self.groups),
            "search": self.search,
            "searched": list(self.searched),
            "accents": self.accents,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Definition":
        return cls(
            filter=read_filter(raw["filter"]) if raw["filter"] else None,
            sorts=read_sorts(raw["sorts"]),
            groups=read_sorts(raw["groups"], MOST_GROUPS),
            search=raw["search"],
            searched=tuple(raw["searched"]),
            accents=raw["accents"],
        )


EVERYTHING = Definition()


def read_filter(raw: Any) -> Group:
    """A filter from its JSON. Raises BadQuery for what has not the form of one or is too large; names the limit."""
    group = _read_group(raw, 1)
    count = sum(1 for _ in conditions(group))
    if count > MOST_CONDITIONS:
        raise BadQuery(f"A filter has at most {MOST_CONDITIONS} conditions; this has {count:,}.")
    return group


def _read_group(raw: Any, level: int) -> Group:
    if not isinstance(raw, list) or not raw or raw[0] not in ("all", "any"):
        raise BadQuery('A filter is a list that begins with "all" or "any".')
    if level > MOST_LEVELS:
        raise BadQuery(f"Groups of conditions stand in each other at most {MOST_LEVELS} levels deep.")
    if len(raw) > 2 * MOST_CONDITIONS + 1:
        raise BadQuery(f"A filter has at most {MOST_CONDITIONS} conditions; this has {len(raw) - 1:,}.")
    items = [_read_group(item, level + 1) if _is_group(item) else _read_condition(item) for item in raw[1:]]
    return Group(raw[0], tuple(items))


def _is_group(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and isinstance(item[0], str)


def _read_condition(raw: Any) -> Condition:
    if (
        not isinstance(raw, list)
        or not 2 <= len(raw) <= 3
        or type(raw[0]) is not int
        or not 0 <= raw[0] < 2**31
        or not isinstance(raw[1], str)
        or len(raw[1]) > 40
    ):
        raise BadQuery("A condition is a list of a column's key, an operator and a value.")
    value = raw[2] if len(raw) == 3 else None
    items = value if isinstance(value, list) else [value]
    if len(items) > MOST_VALUE or any(isinstance(item, str) and len(item) > MOST_VALUE for item in items):
        raise BadQuery(f"A condition's value has at most {MOST_VALUE:,} characters.")
    if not all(item is None or type(item) in (str, int, float, bool) for item in items):
        raise BadQuery("A condition's value is a text, a number or a list of these.")
    return Condition(raw[0], raw[1], tuple(value) if isinstance(value, list) else value)


def filter_json(group: Group) -> list[Any]:
    """A filter as JSON: read_filter(filter_json(f)) == f."""
    items: list[Any] = []
    for item in group.items:
        if isinstance(item, Group):
            items.append(filter_json(item))
        else:
            value = list(item.value) if isinstance(item.value, tuple) else item.value
            items.append([item.column, item.operator] if value is None else [item.column, item.operator, value])
    return [group.match, *items]


def conditions(group: Group) -> Iterator[Condition]:
    """Every condition of a filter, from the first to the last."""
    for item in group.items:
        if isinstance(item, Group):
            yield from conditions(item)
        else:
            yield item


def read_sorts(text: str, most: int = MOST_SORTS) -> tuple[Sort, ...]:
    """Levels of an order from "3,-5": column 3 upwards, then column 5 downwards. Raises BadQuery."""
    sorts: dict[int, Sort] = {}
    for part in filter(None, text.split(",", most + 1)):
        digits = part.removeprefix("-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
            raise BadQuery(f"{quoted(part)} is not a column to sort by. Write the columns' keys like 3,-5.")
        sorts.setdefault(int(digits), Sort(int(digits), part.startswith("-")))
    if len(sorts) > most:
        raise BadQuery(f"At most {most} columns can be given here.")
    return tuple(sorts.values())


def sorts_text(sorts: tuple[Sort, ...]) -> str:
    """Levels of an order as text: read_sorts(sorts_text(s)) == s."""
    return ",".join(f"-{sort.column}" if sort.descending else str(sort.column) for sort in sorts)
