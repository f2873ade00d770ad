"""Single select: one of the column's own choices, stored by the choice's id so that renaming one touches no row."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import (
    NO_OPTIONS,
    BadOptions,
    BadValue,
    Cell,
    Kind,
    Options,
    checked_text,
    misfit,
    plain,
    quoted,
)
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

COLORS = ("blue", "green", "amber", "red", "purple", "teal", "pink", "orange", "cyan", "lime", "indigo", "gray")
MOST_OPTIONS = 1_000
MOST_NAME = 100  # characters
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_UNKNOWN = "This choice is no longer among the column's options"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A column's choices by id and by name."""

    options: list[dict[str, str]]
    names: dict[str, str]  # id -> name
    listed: dict[str, str]  # id -> name, quoted as in CSV where a list of names needs it
    htmls: dict[str, str]  # id -> HTML
    ids: dict[str, str]  # name, folded -> id


# Looked up by the identity of the options list, and each entry holds on to its list, so an identity is never taken
# for another's. A column's options are replaced when they are edited, never changed in place.
_lookups: dict[int, Lookup] = {}
_MOST_LOOKUPS = 256


def lookup(options: Options) -> Lookup:
    """The choices of a column, prepared once per options object."""
    choices = options.get("options")
    found = _lookups.get(id(choices))
    if found is not None:
        return found
    made = _make_lookup(choices if choices is not None else [])
    if choices is not None:
        if len(_lookups) >= _MOST_LOOKUPS:
            _lookups.clear()
        _lookups[id(choices)] = made
    return made


def _make_lookup(choices: list[dict[str, str]]) -> Lookup:
    names = {choice["id"]: choice["name"] for choice in choices}
    return Lookup(
        options=choices,
        names=names,
        listed={key: '"{}"'.format(name.replace('"', '""')) if set(name) & {",", '"'} else name for key, name in names.items()},
        htmls={
            choice["id"]: f'<span class="opt c-{escape(choice["color"])}">{escape(choice["name"])}</span>' for choice in choices
        },
        ids={name.casefold(): key for key, name in names.items()},
    )


def choice_id(name: str, choices: Lookup) -> str:
    """The id of the choice a person named. Raises BadValue naming the choices."""
    folded = " ".join(name.split()).casefold()
    if folded in choices.ids:
        return choices.ids[folded]
    known = list(choices.names.values())
    if not known:
        raise BadValue(f"{quoted(name)} is not among the choices: this column has none yet.")
    more = f" and {len(known) - 5:,} more" if len(known) > 5 else ""
    raise BadValue(f"{quoted(name)} is not among the choices: {', '.join(known[:5])}{more}.")


class Select(Kind):
    key = "select"
    label = "Single select"
    icon = "kind-select"
    group = "Choices"
    family = "choice"
    width = 140

    def options(self, raw: Options) -> dict[str, Any]:
        """Choices with ids and colours filled in; an id once given is kept, a new one is never an old one's."""
        given = raw.get("options", [])
        if not isinstance(given, list) or len(given) > MOST_OPTIONS:
            raise BadOptions(f"A select column has a list of at most {MOST_OPTIONS:,} choices.")
        choices: list[dict[str, str]] = []
        names: dict[str, str] = {}
        taken = {choice["id"] for choice in given if isinstance(choice, dict) and isinstance(choice.get("id"), str)}
        used: set[str] = set()
        for place, choice in enumerate(given):
            if not isinstance(choice, dict):
                choice = {"name": choice}
            name = _choice_name(choice.get("name"), place)
            if name.casefold() in names:
                raise BadOptions(f"Two choices are named {quoted(names[name.casefold()])}. Give each a name of its own.")
            names[name.casefold()] = name
            key = choice.get("id") or _new_id(taken)
            if not isinstance(key, str) or not key.isascii() or not key.isalnum() or len(key) > 16:
                raise BadOptions(f"The id {quoted(plain(key))} of the choice {quoted(name)} is not 1 to 16 letters and digits.")
            if key in used:
                raise BadOptions(f"Two choices have the id {quoted(key)}.")
            used.add(key)
            color = choice.get("color") or COLORS[place % len(COLORS)]
            if color not in COLORS:
                raise BadOptions(f"{quoted(plain(color))} is not a colour of choices. Take one of: {', '.join(COLORS)}.")
            choices.append({"id": key, "name": name, "color": color})
        return {"options": choices}

    def parse(self, text: str, options: Options) -> str | list[str] | None:
        if not text or text.isspace():
            return None
        return choice_id(text, lookup(options))

    def text(self, value: Any, options: Options) -> str:
        name = lookup(options).names.get(value) if type(value) is str else None
        return plain(value) if name is None else name

    def html(self, value: Any, options: Options) -> str:
        try:
            return lookup(options).htmls[value]
        except (KeyError, TypeError):
            return misfit(value, _UNKNOWN)

    def to_json(self, value: Any, options: Options) -> Any:
        """The choice's name."""
        return lookup(options).names.get(value, value) if isinstance(value, str) else value

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.choices(tuple(lookup(options).names))

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        """By the order of the choices; an index holds for one order of choices."""
        return sql.SQL("({order} -> {text})::int").format(order=order_sql(options), text=cell.text)

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        # By the choices' ids: no text is folded, and where no choice has the term, no row is read.
        found = self._found(options, term, folding)
        return sql.SQL("{} = ANY({})").format(cell.text, sql.Literal(found)) if found else None

    def search_pieces(self, options: Options, term: str) -> list[tuple[str, ...]] | None:
        return [(f'"{key.lower()}"',) for key in self._found(options, term)]

    def _found(self, options: Options, term: str, folding: Folding = PLAIN) -> list[str]:
        """The ids of the choices whose names hold a folded term."""
        return [key for key, name in lookup(options).names.items() if term in folding.text(name)]


def _choice_name(given: Any, place: int) -> str:
    name = " ".join(given.split()) if isinstance(given, str) else ""
    if not name:
        raise BadOptions(f"Choice {place + 1} has no name.")
    if len(name) > MOST_NAME:
        raise BadOptions(f"The choice {quoted(name)} has a name of more than {MOST_NAME} characters.")
    try:
        return checked_text(name)
    except BadValue as bad:
        raise BadOptions(f"Choice {place + 1} cannot be stored. {bad}") from None


def _new_id(taken: set[str]) -> str:
    """A short id at random: a counter would hand out a deleted choice's id again, and old cells would come back to life."""
    while (key := "".join(secrets.choice(_ID_LETTERS) for _ in range(6))) in taken:
        pass
    taken.add(key)
    return key


def order_sql(options: Options) -> sql.Composable:
    """A jsonb constant {id: place}: found by binary search, where an array would be walked for every row."""
    order = {key: place for place, key in enumerate(lookup(options).names)}
    return sql.SQL("{}::jsonb").format(sql.Literal(json.dumps(order)))
