"""What one request asks of a table: the parts of its link, the rows they mean, the columns they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from django.http import HttpRequest

from tables.models import Column, Table, columns_at
from tables.query import Definition, RowData, RowQuery
from views_app.ai_states import states_of
from views_app.render import PLAIN, CellRenderer, Looks, cell_renderers, chunk_rows
from views_app.seen import living
from views_app.state import READ, State


@dataclass(frozen=True)
class Layout:
    """A state with what it means for the columns as they are now. Kept per process, so it is not to be changed."""

    state: State
    definition: Definition
    columns: Sequence[Column]  # those that are shown, in their order
    renderers: Sequence[CellRenderer]
    chunk: int  # rows of a window


@dataclass(frozen=True)
class Asked:
    layout: Layout
    query: RowQuery

    @property
    def state(self) -> State:
        return self.layout.state

    @property
    def hits(self) -> RowQuery:
        """The rows that the search finds, in the view's order; in a view that shows only these they are all of its rows."""
        keys = tuple(sorted(column.key for column in self.layout.columns))
        accents = self.state.accents == "match"
        definition = replace(self.query.definition, search=self.state.search, searched=keys, accents=accents)
        return RowQuery(self.query.table, definition)

    def looks_of(self, rows: Sequence[RowData]) -> Looks:
        """What the view's colour rules and the table's AI columns say of these rows."""
        states = states_of(self.query.table, self.layout.columns, rows)
        if not self.state.colors or not rows:
            return Looks((), {}, states) if states else PLAIN
        by_row, by_cell = self._colors_of(rows)
        return Looks(by_row, by_cell, states)

    def _colors_of(self, rows: Sequence[RowData]) -> tuple[Sequence[str], dict[str, Sequence[str]]]:
        """Of each row, and of each cell, the color of the first rule that it meets."""
        rules = self.state.colors
        met = self.query.holding([row.id for row in rows], [rule.filter for rule in rules])

        def first(column: int | None) -> list[str]:
            mine = [(at, rule.color) for at, rule in enumerate(rules) if rule.column == column]
            return [next((color for at, color in mine if row.id in met and met[row.id][at]), "") for row in rows]

        columns = {rule.column for rule in rules}
        return first(None) if None in columns else (), {str(key): first(key) for key in columns if key is not None}


def asked(request: HttpRequest, table: Table) -> Asked:
    """What a request asks of a table it may read. Raises BadQuery with a sentence."""
    layout = _layout(table.pk, table.columns_version, link_parts(request.GET))
    return Asked(layout, RowQuery(table, layout.definition))


def link_parts(params: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The parts of a view that a link holds, as (name, text)."""
    return tuple((name, params[name]) for name in READ if name in params)


@lru_cache(maxsize=200)  # 134 kB each on 500 columns
def _layout(table_id: int, columns_version: int, parts: tuple[tuple[str, str], ...]) -> Layout:
    """What a link means for the table's columns as of that version."""
    columns = columns_at(table_id, columns_version)
    return layout(living(State().changed(dict(parts)), columns)[0], columns)


def layout(state: State, columns: Sequence[Column]) -> Layout:
    shown = [column for column in ordered(state, columns) if column.key not in state.hide]
    definition = Definition(
        filter=state.filter,
        sorts=state.sort,
        groups=state.group,
        search=state.search if state.match == "only" else "",
        searched=tuple(sorted(column.key for column in shown)) if state.search and state.match == "only" else (),
        accents=bool(state.search) and state.match == "only" and state.accents == "match",
    )
    return Layout(state, definition, shown, cell_renderers(shown), chunk_rows(len(shown)))


def ordered(state: State, columns: Sequence[Column]) -> list[Column]:
    """The columns a state names first, in its order, then the others in the table's."""
    places = {key: place for place, key in enumerate(state.columns)}
    return sorted(columns, key=lambda column: places.get(column.key, len(places)))
