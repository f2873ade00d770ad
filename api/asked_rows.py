"""Which rows a call means: the parts of a grid's link, taken strictly."""

import json
from collections.abc import Mapping, Sequence

from bases.models import Member
from tables.columns.base import quoted
from tables.models import Column, Table
from tables.query.definition import BadQuery, Definition, Group, conditions, read_filter
from tables.query.filters import resolve
from views_app.asked import layout
from views_app.saved import load_view
from views_app.seen import living
from views_app.state import State

EXAMPLE = 'It is written like ["all",[3,"contains","x"]], with 3 for a column by its key.'
PARTS = ("filter", "sort", "search", "accents")
ASKED = ("view", *PARTS)


def definition_of(given: Mapping[str, str], table: Table, member: Member, columns: Sequence[Column]) -> Definition:
    """The rows that `view` shows, with the other parts in the place of the view's own. Raises BadQuery, Http404.

    Where a grid would leave out a part that it cannot ask for, and say so, nothing is asked: a program does not read sentences.
    """
    empty = [name for name in ASKED if given.get(name) == ""]
    if empty:
        raise BadQuery(f"“{empty[0]}” is empty. Leave it out, or say what is meant.")
    by_key = {column.key: column for column in columns}
    state = _saved(given, table, member, by_key) if "view" in given else State()
    parts = {name: given[name] for name in PARTS if name in given}
    if "search" in parts:
        parts |= {"match": "only"}
    if "sort" in parts:
        parts |= {"group": ""}  # which would come before it
    if "filter" in parts:
        _refuse_unreadable(parts["filter"], by_key)
    state = state.changed(parts)
    if "search" in parts and not state.search:
        raise BadQuery("“search” has nothing to search for.")
    if "filter" in parts and state.filter is not None:
        _refuse_dead(state.filter, by_key, "")
    for sort in state.sort if "sort" in parts else ():
        if sort.column not in by_key:
            raise BadQuery(f"There is no column {sort.column} to sort by.")
    return layout(living(state, columns)[0], columns).definition


def _saved(given: Mapping[str, str], table: Table, member: Member, by_key: Mapping[int, Column]) -> State:
    """What the view keeps. Raises BadQuery where it shows other rows than it was made for; Http404."""
    if not (given["view"].isascii() and given["view"].isdigit() and len(given["view"]) < 10):
        raise BadQuery(f"{quoted(given['view'])} is no number of a view.")
    view = load_view(table, member, int(given["view"]))
    state, unread = view.state()
    if unread:
        raise BadQuery(unread[0])
    if state.filter is not None and "filter" not in given:
        _refuse_dead(state.filter, by_key, f"The view {quoted(view.name)} has lost a part of its filter. ")
    return state


def _refuse_unreadable(text: str, by_key: Mapping[int, Column]) -> None:
    """What somebody who writes a filter by hand gets wrong. Raises BadQuery."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise BadQuery(f"“filter” is no JSON. {EXAMPLE}") from None
    try:
        group = read_filter(raw)
    except BadQuery as bad:
        raise BadQuery(f"{bad} {EXAMPLE}") from None
    for condition in conditions(group):
        if condition.column and condition.column not in by_key:
            raise BadQuery(f"There is no column with the key {condition.column}.")


def _refuse_dead(group: Group, by_key: Mapping[int, Column], before: str) -> None:
    _, problems = resolve(group, by_key)
    if problems:
        raise BadQuery(before + problems[0].replace(" is left out.", " cannot be asked."))
