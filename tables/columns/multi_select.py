"""Multi select: any number of the column's own choices, in the order they were picked."""

import csv
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import NO_OPTIONS, BadValue, Options, misfit, plain, quoted
from tables.columns.select import Select, choice_id, lookup, order_sql

if TYPE_CHECKING:
    from tables.samples import Batch

_SORTED_CHOICES = 3  # how many of a cell's choices count for its place


class MultiSelect(Select):
    key = "multi_select"
    label = "Multi select"
    icon = "kind-multi-select"
    width = 200

    def parse(self, text: str, options: Options) -> list[str] | None:
        """Names with commas between them; a name that holds a comma in quotes, as in CSV."""
        line = text.replace("\r", ",").replace("\n", ",")
        try:
            names = next(csv.reader([line], skipinitialspace=True, strict=True), [])
        except csv.Error:
            raise BadValue(f"{quoted(text)} has a quote too many or too few.") from None
        choices = lookup(options)
        return list(dict.fromkeys(choice_id(name, choices) for name in names if name and not name.isspace())) or None

    def text(self, value: Any, options: Options) -> str:
        if type(value) is not list:
            return plain(value)
        listed = lookup(options).listed
        return ", ".join([listed.get(key) or plain(key) if type(key) is str else plain(key) for key in value])

    def html(self, value: Any, options: Options) -> str:
        if type(value) is not list:
            return misfit(value)
        htmls = lookup(options).htmls
        try:
            return "".join([htmls[key] for key in value])
        except (KeyError, TypeError):
            return "".join([Select.html(self, key, options) for key in value])

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.several_choices(tuple(lookup(options).names))

    def sort_sql(self, column: sql.Composable, options: Options = NO_OPTIONS) -> sql.Composable:
        """By the first choice's place, then the second's and the third's; fewer choices come first."""
        place = sql.SQL("coalesce(({order} -> ({column} ->> {n}))::int, -1)")
        order = order_sql(options)
        places = [place.format(order=order, column=column, n=sql.Literal(n)) for n in range(_SORTED_CHOICES)]
        return sql.SQL("CASE WHEN jsonb_typeof({}) = 'array' THEN ARRAY[{}] END").format(column, sql.SQL(", ").join(places))
