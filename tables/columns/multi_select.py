"""Multi select: any number of the column's own choices, in the order they were picked."""

import csv
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import NO_OPTIONS, BadValue, Cell, Options, checked_text, foreign, holds, misfit, plain, quoted
from tables.columns.select import MOST_NAME, Select, choice_id, lookup, order_sql
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

MOST_SHOWN = 50  # choices of a cell in the grid: 1,000 in each of 100 cells would make a window of 6 MB
_SORTED_CHOICES = 3  # how many of a cell's choices count for its place


def names_in(text: str) -> list[str]:
    """Names with commas between them; a name that holds a comma in quotes, as in CSV. Raises BadValue."""
    line = text.replace("\r", ",").replace("\n", ",")
    try:
        names = next(csv.reader([line], skipinitialspace=True, strict=True), [])
    except csv.Error:
        raise BadValue(f"{quoted(text)} has a quote too many or too few.") from None
    return [name for name in names if name and not name.isspace()]


def new_names(text: str, several: bool) -> list[str]:
    """The options that a text could be the name of, or with `several` hold names of; none that no option can have."""
    try:
        names = names_in(checked_text(text)) if several else [checked_text(text)]
    except BadValue:
        return []
    tidy = (" ".join(name.split()) for name in names)
    return [name for name in tidy if 0 < len(name) <= MOST_NAME]


class MultiSelect(Select):
    key = "multi_select"
    label = "Multi select"
    icon = "kind-multi-select"
    family = "choices"
    width = 200

    def parse(self, text: str, options: Options) -> list[str] | None:
        choices = lookup(options)
        return list(dict.fromkeys(choice_id(name, choices) for name in names_in(text))) or None

    def text(self, value: Any, options: Options) -> str:
        if type(value) is not list:
            return plain(value)
        listed = lookup(options).listed
        return ", ".join([listed.get(key) or plain(key) if type(key) is str else plain(key) for key in value])

    def html(self, value: Any, options: Options) -> str:
        if type(value) is not list:
            return misfit(value)
        if len(value) <= MOST_SHOWN:
            return self._htmls(value, options)
        return f'{self._htmls(value[:MOST_SHOWN], options)}<span class="faint">+{len(value) - MOST_SHOWN:,}</span>'

    def full_html(self, value: Any, options: Options) -> str:
        return self._htmls(value, options) if type(value) is list else misfit(value)

    def _htmls(self, value: list[Any], options: Options) -> str:
        htmls = lookup(options).htmls
        try:
            return "".join([htmls[key] for key in value])
        except (KeyError, TypeError):
            return "".join([Select.html(self, key, options) for key in value])

    def to_json(self, value: Any, options: Options) -> Any:
        """The choices' names."""
        return [Select.to_json(self, key, options) for key in value] if isinstance(value, list) else value

    def from_json(self, given: Any, options: Options) -> list[str] | None:
        if given is None or isinstance(given, str):
            return self.parse(given or "", options)
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            raise BadValue(f"{foreign(given)} is no list of choices. Give their names, each in quotes.")
        choices = lookup(options)
        return list(dict.fromkeys(choice_id(checked_text(name), choices) for name in given)) or None

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.several_choices(tuple(lookup(options).names))

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        """By the first choice's place, then the second's and the third's; fewer choices come first."""
        place = sql.SQL("coalesce(({order} -> ({column} ->> {n}))::int, -1)")
        order = order_sql(options)
        places = [place.format(order=order, column=cell.value, n=sql.Literal(n)) for n in range(_SORTED_CHOICES)]
        return sql.SQL("CASE WHEN jsonb_typeof({}) = 'array' THEN ARRAY[{}] END").format(cell.value, sql.SQL(", ").join(places))

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        if "," in term or term.startswith(" "):
            return _joined_holds(cell, options, term, folding)
        found = self._found(options, term, folding)
        return sql.SQL("{} ?| {}").format(cell.value, sql.Literal(found)) if found else None

    def search_pieces(self, options: Options, term: str) -> list[tuple[str, ...]] | None:
        return None if "," in term or term.startswith(" ") else super().search_pieces(options, term)

    def _found(self, options: Options, term: str, folding: Folding = PLAIN) -> list[str]:
        return [key for key, name in lookup(options).listed.items() if term in folding.text(name)]


def _joined_holds(cell: Cell, options: Options, term: str, folding: Folding) -> sql.Composable:
    """Whether the names with commas between them hold a term, which may reach from one name into the next."""
    names = json.dumps({key: folding.text(name) for key, name in lookup(options).listed.items()})
    joined = sql.SQL(
        "(SELECT string_agg(coalesce({names}::jsonb ->> i.key, {bare}), ', ' ORDER BY i.place)"
        " FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof({cell}) = 'array' THEN {cell} END)"
        " WITH ORDINALITY AS i (key, place))"
    )
    return holds(joined.format(names=sql.Literal(names), bare=folding.in_sql(sql.SQL("i.key")), cell=cell.value), term)
