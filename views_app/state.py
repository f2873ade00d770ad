"""What a person sees of a table, as a link holds it and as a saved view keeps it: one text for each part.

    filter=["all",[3,"contains","x"]]   sort=3,-5   group=7   closed=all   search=anna   match=jump
    hide=4,9   columns=3,1,2   widths=3:200,5:90   frozen=2   height=tall   totals=3:sum   colors=[...]

A link names the view (`view=12`) and only the parts that differ from it; an empty part (`filter=`) is one taken away.
What cannot be read, or speaks of columns that are gone, is left out of what is asked, and told in sentences: `problems`.
docs/views.md describes every part.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from tables.columns.base import quoted
from tables.models import MAX_COLUMNS, Column
from tables.query.definition import MOST_GROUPS, BadQuery, Group, Sort, filter_json, read_filter, read_sorts, sorts_text
from views_app.closed import NONE_CLOSED, Closed, closed_text, read_closed
from views_app.colors import ColorRule, colors_json, live_colors, read_colors

HEIGHTS = {"short": 32, "medium": 56, "tall": 88, "extra": 128}  # px of a row
MATCHES = ("only", "jump")  # show only what a search finds, or go from hit to hit
ACCENTS = ("ignore", "match")  # whether é is another letter than e in a search
MOST_SEARCH = 1_000  # characters
MOST_FROZEN = 20
LEAST_WIDTH, MOST_WIDTH = 60, 800  # px
MOST_LINK = 7_000  # characters, percent-encoded: servers take lines of 8,190, as does ours (config/gunicorn.py)


@dataclass(frozen=True)
class State:
    """All parts of a view. Each field's name is its name in a link."""

    filter: Group | None = None
    sort: tuple[Sort, ...] = ()
    group: tuple[Sort, ...] = ()
    closed: Closed = NONE_CLOSED
    search: str = ""
    match: str = "only"
    accents: str = "ignore"
    hide: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()  # the order of the first columns; the others follow in the table's own
    widths: tuple[tuple[int, int], ...] = ()
    frozen: int = 1
    height: str = "short"
    totals: tuple[tuple[int, str], ...] = ()
    colors: tuple[ColorRule, ...] = ()

    def changed(self, parts: Mapping[str, str]) -> "State":
        """This state with some parts read from their texts. Raises BadQuery with a sentence."""
        read = {name: READ[name](text) for name, text in parts.items() if name in READ}
        return replace(self, **read)

    def changed_where_possible(self, parts: Mapping[str, str]) -> tuple["State", list[str]]:
        """This state with those parts that can be read, and a sentence for each that cannot."""
        state, problems = self, []
        for name, text in parts.items():
            try:
                state = state.changed({name: text})
            except BadQuery as bad:
                problems.append(str(bad))
        return state, problems

    def live(self, columns: Collection[Column]) -> tuple["State", list[str]]:
        """This state for the columns that are there, and a sentence for each thing that is lost and would be seen.

        The filter stays as it is: whether its columns, operators and values fit is asked in views_app/seen.py.
        """
        keys = {column.key for column in columns}
        state = replace(
            self,
            sort=tuple(sort for sort in self.sort if sort.column in keys),
            group=tuple(sort for sort in self.group if sort.column in keys),
            hide=tuple(key for key in self.hide if key in keys),
            columns=tuple(key for key in self.columns if key in keys),
            widths=tuple((key, width) for key, width in self.widths if key in keys),
            totals=tuple((key, name) for key, name in self.totals if key in keys),
            colors=live_colors(self.colors, keys),
        )
        # Of a column that is not there nobody misses the width, the place, or that it was hidden.
        lost = [sentence for name, sentence in LOST.items() for _ in range(len(getattr(self, name)) - len(getattr(state, name)))]
        return state, lost

    def texts(self) -> dict[str, str]:
        """Every part that is not the default, as text."""
        return self.parts_beside(State())

    def parts_beside(self, other: "State") -> dict[str, str]:
        """The parts in which this differs from another state, as texts; empty text where it has nothing."""
        return {
            each.name: WRITE[each.name](getattr(self, each.name))
            for each in fields(self)
            if getattr(self, each.name) != getattr(other, each.name)
        }


LOST = {
    "sort": "A sort by a column that was deleted is left out.",
    "group": "A group by a column that was deleted is left out.",
    "totals": "A total of a column that was deleted is left out.",
    "colors": "A color rule about a column that was deleted is left out.",
}


def from_request(params: Mapping[str, str], saved: State) -> tuple[State, list[str]]:
    """What a link shows: a view's state, changed by the link's parts, and a sentence for each part that cannot be read."""
    parts = parts_of(params)
    if too_long(parts):
        return saved, [TOO_LONG]
    return saved.changed_where_possible(parts)


def unreadable(params: Mapping[str, str]) -> list[str]:
    """The names of a link's parts that mean nothing: all of them where they are too long."""
    parts = parts_of(params)
    if too_long(parts):
        return list(parts)
    return [name for name, text in parts.items() if State().changed_where_possible({name: text})[1]]


def parts_of(params: Mapping[str, str]) -> dict[str, str]:
    """Those of a request's parameters that are parts of a state."""
    return {name: params[name] for name in READ if name in params}


TOO_LONG = "This is more than a link can hold. Shorten the filter, the color rules or the search."


def too_long(parts: Mapping[str, str]) -> bool:
    """Whether a link with these parts would be longer than servers and proxies take."""
    return sum(map(len, parts.values())) > MOST_LINK or len(urlencode(parts)) > MOST_LINK


def named(parts: Iterable[str]) -> str:
    """Parts as words of a sentence: "filter, sort and hidden columns"."""
    words = list(dict.fromkeys(WORDS[part] for part in parts))
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _read_json(text: str, name: str) -> Any:
    try:
        found = json.loads(text)
        # Halves of characters, NaN and infinity are JSON to Python alone.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise BadQuery(f"The part “{name}” of this link cannot be read.") from None
    return found


def _read_filter(text: str) -> Group | None:
    if not text:
        return None
    group = read_filter(_read_json(text, "filter"))
    return group if group.items else None


def _write_filter(group: Group | None) -> str:
    return json.dumps(filter_json(group), ensure_ascii=False, separators=(",", ":")) if group else ""


def _read_search(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if len(text) > MOST_SEARCH:
        raise BadQuery(f"A search has at most {MOST_SEARCH:,} characters; this has {len(text):,}.")
    return text


def _read_choice(choices: tuple[str, ...], name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text and text not in choices:
            raise BadQuery(f"{quoted(text)} is no {name}. There are: {', '.join(choices)}.")
        return text or choices[0]

    return read


def _whole(text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise BadQuery(f"{quoted(text)} is not a whole number from {least} to {most:,}.")
    return int(text)


def _listed(text: str) -> list[str]:
    parts = [part for part in text.split(",", MAX_COLUMNS + 1) if part]
    if len(parts) > MAX_COLUMNS:
        raise BadQuery(f"A table has at most {MAX_COLUMNS} columns.")
    return parts


def _read_keys(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_whole(part, 0, 2**31 - 1) for part in _listed(text)))


def _write_keys(keys: tuple[int, ...]) -> str:
    return ",".join(map(str, keys))


def _pairs(text: str) -> list[tuple[int, str]]:
    pairs = [part.partition(":") for part in _listed(text)]
    return list({_whole(key, 0, 2**31 - 1): value for key, _, value in pairs}.items())


def _read_widths(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((key, _whole(value, LEAST_WIDTH, MOST_WIDTH)) for key, value in _pairs(text))


def _read_totals(text: str) -> tuple[tuple[int, str], ...]:
    totals = _pairs(text)
    for _, name in totals:
        if not re.fullmatch(r"[a-z_]{1,30}", name):
            raise BadQuery(f"{quoted(name)} is not the name of a total. Write a column's key and a name like 3:sum.")
    return tuple(totals)


def _write_pairs(pairs: tuple[tuple[int, Any], ...]) -> str:
    return ",".join(f"{key}:{value}" for key, value in pairs)


READ: dict[str, Callable[[str], Any]] = {
    "filter": _read_filter,
    "sort": read_sorts,
    "group": lambda text: read_sorts(text, MOST_GROUPS),
    "closed": read_closed,
    "search": _read_search,
    "match": _read_choice(MATCHES, "way to search"),
    "accents": _read_choice(ACCENTS, "way to read accents"),
    "hide": _read_keys,
    "columns": _read_keys,
    "widths": _read_widths,
    "frozen": lambda text: _whole(text, 0, MOST_FROZEN) if text else 1,
    "height": _read_choice(tuple(HEIGHTS), "row height"),
    "totals": _read_totals,
    "colors": lambda text: read_colors(_read_json(text, "colors")) if text else (),
}
WRITE: dict[str, Callable[[Any], str]] = {
    "filter": _write_filter,
    "sort": sorts_text,
    "group": sorts_text,
    "closed": closed_text,
    "search": str,
    "match": str,
    "accents": str,
    "hide": _write_keys,
    "columns": _write_keys,
    "widths": _write_pairs,
    "frozen": str,
    "height": str,
    "totals": _write_pairs,
    "colors": lambda rules: json.dumps(colors_json(rules), ensure_ascii=False, separators=(",", ":")) if rules else "",
}
WORDS = {
    "filter": "filter",
    "sort": "sort",
    "group": "groups",
    "closed": "closed groups",
    "search": "search",
    "match": "way to search",
    "accents": "accents in the search",
    "hide": "hidden columns",
    "columns": "order of columns",
    "widths": "widths",
    "frozen": "frozen columns",
    "height": "row height",
    "totals": "totals",
    "colors": "colors",
}
