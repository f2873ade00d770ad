"""The toolbar and the bar of chips: what is seen of a table, in words and with a way to change it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tables.models import Column
from tables.query.definition import Condition, Group, Sort, conditions
from tables.query.filters import Columns, cell_of, filter_sentence, resolve, sentence
from views_app.drafts import ROOT
from views_app.here import by_key, in_link, people_of
from views_app.seen import Seen
from views_app.state import HEIGHTS, WRITE

MOST_NAMED = 2  # columns that a tool names; of more it says how many


def filter_text(group: Group | None) -> str:
    """A filter as a link has it."""
    return WRITE["filter"](group)


def see(**parts: str) -> str:
    """Parts of a link as an element's data-see has them: a click shows the table so."""
    return json.dumps(in_link(parts))


def tools(now: Seen, columns: Sequence[Column]) -> dict[str, Any]:
    """What templates/views_app/toolbar.html shows, beside `table`."""
    known = by_key(columns)
    state = now.state
    hidden, rules = len(state.hide), len(state.colors)
    return {
        "fields_words": f"{hidden} hidden field{'' if hidden == 1 else 's'}" if hidden else "",
        "filter_words": _filter_words(state.filter, known),
        "group_words": _order_words("Grouped", state.group, known),
        "sort_words": _order_words("Sorted", state.sort, known),
        "color_words": f"{rules} color rule{'' if rules == 1 else 's'}" if rules else "",
        "height_words": "" if state.height == next(iter(HEIGHTS)) else state.height.capitalize(),
        "heights": [{"name": name.capitalize(), "on": name == state.height, "see": see(height=name)} for name in HEIGHTS],
        "chips": _chips(now, known),
        "clear": see(filter=""),
    }


def _filter_words(group: Group | None, columns: Columns) -> str:
    if group is None:
        return ""
    cells = [cell_of(condition.column, columns) for condition in conditions(group)]
    return "Filtered by " + _named([cell.name for cell in cells if cell])


def _order_words(verb: str, sorts: Sequence[Sort], columns: Columns) -> str:
    return f"{verb} by {_named([columns[sort.column].name for sort in sorts])}" if sorts else ""


def _named(names: Sequence[str]) -> str:
    different = list(dict.fromkeys(names))
    return ", ".join(different) if len(different) <= MOST_NAMED else f"{len(different)} columns"


def _chips(now: Seen, columns: Columns) -> list[dict[str, Any]]:
    """One for each condition and group at the top of the filter."""
    group = now.wanted
    if group is None:
        return []
    people = people_of(now.table)
    # A view's own dead condition cannot be taken away here: without it the filter is what the view shows anyway.
    is_own = now.state.filter != now.saved.filter
    return [_chip(at, group, columns, people, is_own) for at in range(len(group.items))]


def _chip(at: int, group: Group, columns: Columns, people: dict[int, str], is_own: bool) -> dict[str, Any]:
    item = group.items[at]
    alone = Group("all", (item,))
    living, problems = resolve(alone, columns)
    is_dead = not living.items
    words = sentence(item, columns, people) if isinstance(item, Condition) else filter_sentence(item, columns, people)
    rest = replace(group, items=group.items[:at] + group.items[at + 1 :])
    return {
        "words": words or "An empty group",
        "join": "" if at == 0 else "and" if group.match == "all" else "or",
        "is_dead": is_dead,
        "why": " ".join(problems),
        "place": f"{ROOT}.{at}",
        "without": see(filter=filter_text(rest if rest.items else None)) if is_own or not is_dead else "",
    }
