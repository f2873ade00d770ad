"""Which rows a call means: the parts of a grid's link, taken strictly."""

from collections.abc import Mapping, Sequence

from bases.models import Member
from tables.columns.base import quoted
from tables.models import Column, Table
from tables.query.definition import BadQuery, Definition
from tables.query.filters import resolve
from views_app.asked import layout
from views_app.saved import load_view
from views_app.seen import living
from views_app.state import State

PARTS = ("filter", "sort", "search", "accents")
ASKED = ("view", *PARTS)


def definition_of(given: Mapping[str, str], table: Table, member: Member, columns: Sequence[Column]) -> Definition:
    """The rows that `view` shows, with the other parts in the place of the view's own. Raises BadQuery, Http404.

    Of a saved view what is dead is left out, as in the grid. What the call itself asks for must be there.
    """
    state = State()
    if given.get("view"):
        if not (given["view"].isascii() and given["view"].isdigit() and len(given["view"]) < 10):
            raise BadQuery(f"{quoted(given['view'])} is no number of a view.")
        state, _ = living(load_view(table, member, int(given["view"])).state()[0], columns)
    parts = {name: given[name] for name in PARTS if name in given}
    state = state.changed({**parts, "match": "only"} if "search" in parts else parts)
    by_key = {column.key: column for column in columns}
    if "filter" in parts and state.filter is not None:
        _, problems = resolve(state.filter, by_key)
        if problems:
            raise BadQuery(problems[0].replace(" is left out.", " cannot be asked."))  # a grid leaves it out
    for sort in state.sort if "sort" in parts else ():
        if sort.column not in by_key:
            raise BadQuery(f"There is no column {sort.column} to sort by.")
    return layout(state, columns).definition
