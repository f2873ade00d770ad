"""What a change of kind would do: how many cells convert, which values do not, and the options a select would get."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import OperationalError, connection
from psycopg import sql

from tables.columns import BadOptions, kind_of
from tables.columns.base import Cell, cell_at, cut
from tables.columns.multi_select import new_names
from tables.columns.select import MOST_OPTIONS
from tables.conversion.cells import ONE_WRITE
from tables.conversion.values import CHOICES, Converted, Converter, Form
from tables.models import Column, Table
from tables.query.scan import planned

SMALL = 50_000  # rows of a table all of whose cells are looked at: 0.5 s
SAMPLE = 50_000  # rows of a larger one, 0.6 s; a value in 1 % of them is told to within a tenth
MOST_DIFFERENT = 50_000  # values that are all looked at, as a million rows of a status or a city have
SECONDS = 1.2  # for the count of all rows by value; it is given up then, and the sample stands
LONG = 2_500  # characters of one value that are looked at: only texts are longer than that
NAMED = 10  # values that do not fit
EXAMPLES = 3  # ... and that do
_PAGES_ROWS = 2_000_000  # above, a sample is of pages and not of rows: to choose among all rows takes 0.2 s a million


class Misfit(NamedTuple):
    text: str
    cells: int
    reason: str
    exact: bool

    @property
    def count_text(self) -> str:
        return told(self.cells, self.exact)


class Example(NamedTuple):
    before: str
    after: str  # "" is an empty cell


@dataclass(frozen=True)
class Preview:
    """Counts of cells; where not `exact`, estimates from a sample."""

    filled: int
    converted: int  # including those that need not change
    emptied: int  # of these, those that are empty then
    misfits: tuple[Misfit, ...]  # the most frequent
    different: int  # how many different values do not fit
    examples: tuple[Example, ...]
    exact: bool
    at_once: bool  # next to no cell needs to be written
    form: Form  # with the options that were made from values

    @property
    def left(self) -> int:
        return self.filled - self.converted

    @property
    def summary(self) -> str:
        """For people: how many cells convert."""
        if not self.filled:
            return "No cell of this column is filled: there is nothing to convert."
        filled, converted, left = (told(count, self.exact) for count in (self.filled, self.converted, self.left))
        if self.left:
            sentence = f"{converted} of {filled} filled cells convert, {left} do{'es' if left == '1' else ''} not fit."
        elif self.exact:
            sentence = "The one filled cell converts." if self.filled == 1 else f"All {filled} filled cells convert."
        else:
            sentence = f"All filled cells ({filled}) seem to convert."
        if self.emptied:
            sentence += f" {told(self.emptied, self.exact)} of them become{'s' if self.emptied == 1 else ''} empty."
        if not self.exact:
            sentence += " Estimated from a sample of the rows."
        if self.filled > ONE_WRITE and not self.at_once:
            sentence += " They are converted in the background."
        return sentence[0].upper() + sentence[1:]

    @property
    def rest(self) -> str:
        """For people: how many values do not fit beside those that are named."""
        more = self.different - len(self.misfits)
        if not more:
            return ""
        least = "" if self.exact else "at least "
        return f"And {least}{more:,} more value{'s' if more > 1 else ''}. "


def told(count: int, exact: bool) -> str:
    """A count for people; an estimate with the two digits that can be relied upon."""
    if exact:
        return f"{count:,}"
    return f"about {round(count, 2 - len(str(count))):,}" if count else "none"


class Values(NamedTuple):
    """A column's values as JSON texts, with how many cells hold each; in `rows` of the table's rows."""

    counts: Mapping[str, int]
    rows: int
    exact: bool


def preview(table: Table, column: Column, form: Form, create: bool = False) -> Preview:
    """What the column would become. Within 2 s at a million rows. Raises BadOptions where `create` would make too many."""
    values = _values(table, column.key)
    if create:
        form = _with_names(column, form, values.counts)
    converter = Converter(Form(column.kind, column.options), form)
    found = {written: converter(written) for written in values.counts}
    scale = table.row_count / values.rows if values.rows and not values.exact else 1

    def total(chosen: Iterator[str]) -> int:
        return round(sum(values.counts[written] for written in chosen) * scale)

    misfits = [written for written, after in found.items() if after.reason]
    frequent = sorted(misfits, key=lambda written: -values.counts[written])[:NAMED]
    filled, left = total(iter(found)), total(iter(misfits))
    return Preview(
        filled=filled,
        converted=filled - left,
        emptied=total(written for written, after in found.items() if after.value is None),
        misfits=tuple(
            Misfit(_shown(column, found[each]), round(values.counts[each] * scale), found[each].reason, values.exact)
            for each in frequent
        ),
        different=len(misfits),
        examples=_examples(column, converter, values.counts),
        exact=values.exact,
        at_once=converter.stored_alike is not None,
        form=form,
    )


def with_created(table: Table, column: Column, form: Form) -> Form:
    """A select with options for all of the column's values, too. Raises BadOptions with a sentence where they are too many."""
    return _with_names(column, form, _all_values(table, column.key))


# --- Its values ----------------------------------------------------------------------------------------------------------


def _values(table: Table, key: int) -> Values:
    if table.row_count <= SMALL:
        return Values(_counted(table, key, sql.SQL("tables_row"), SMALL + 1)[0], table.row_count, exact=True)
    start = time.monotonic()
    sampled, rows = _counted(table, key, _sample(table), SAMPLE * 10)
    if 2 * len(sampled) <= sum(sampled.values()):  # most values come again and again
        left = max(0.1, SECONDS - (time.monotonic() - start))
        with suppress(OperationalError), planned("statement_timeout", f"{1_000 * left:.0f}ms"):
            counts, rows_of_all = _counted(table, key, sql.SQL("tables_row"), MOST_DIFFERENT + 1)
            if len(counts) <= MOST_DIFFERENT:
                return Values(counts, rows_of_all, exact=True)
    return Values(sampled, rows, exact=False)


def _all_values(table: Table, key: int) -> dict[str, int]:
    """Raises BadOptions where they are far too many for a select."""
    counts, _ = _counted(table, key, sql.SQL("tables_row"), MOST_DIFFERENT + 1)
    if len(counts) > MOST_DIFFERENT:
        raise BadOptions(_too_many(f"more than {MOST_DIFFERENT:,}"))
    return counts


def _sample(table: Table) -> sql.Composable:
    method = sql.SQL("BERNOULLI" if table.row_count <= _PAGES_ROWS else "SYSTEM")
    return sql.SQL("tables_row TABLESAMPLE {} ({})").format(method, sql.Literal(min(100.0, 100 * SAMPLE / table.row_count)))


def _counted(table: Table, key: int, source: sql.Composable, most: int) -> tuple[dict[str, int], int]:
    """How many cells hold each value, the most frequent first and at most so many values; and of how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "WITH g AS (SELECT {written} AS written, count(*) AS cells FROM {source} WHERE table_id = {table} GROUP BY 1)"
                " SELECT written, cells FROM g ORDER BY cells DESC, written LIMIT {most}"
            ).format(written=_written(cell_at(key)), source=source, table=sql.Literal(table.pk), most=sql.Literal(most + 1))
        )
        found = dict(cursor.fetchall())
    rows = sum(found.values())
    found.pop(None, None)
    return found, rows


def _written(cell: Cell) -> sql.Composable:
    """A cell as JSON text, a long text without its end: all of 50,000 might be more than the memory holds."""
    return sql.SQL(
        "(CASE WHEN octet_length({text}) > {long} AND jsonb_typeof({value}) = 'string'"
        " THEN to_jsonb(left({text}, {most})) ELSE {value} END)::text"
    ).format(text=cell.text, value=cell.value, long=sql.Literal(4 * LONG), most=sql.Literal(LONG))


# --- What they become ----------------------------------------------------------------------------------------------------


def _examples(column: Column, converter: Converter, counts: Mapping[str, int]) -> tuple[Example, ...]:
    """Some values that will look different, the most frequent first."""
    found = []
    for written in counts:
        value, reason = converter(written)
        if reason:
            continue
        before = _shown(column, Converted(json.loads(written)))
        after = "" if value is None else cut(kind_of(converter.new.kind).text(value, converter.new.options))
        if before != after:
            found.append(Example(before, after))
            if len(found) == EXAMPLES:
                break
    return tuple(found)


def _shown(column: Column, after: Converted) -> str:
    return cut(kind_of(column.kind).text(after.value, column.options))


def _with_names(column: Column, form: Form, counts: Mapping[str, int]) -> Form:
    """The form with an option for each name in these values, too, those first that come most often."""
    kind = kind_of(column.kind)
    choices: list[Any] = list(form.options["options"])
    known = {choice["name"].casefold() for choice in choices}
    ids = {choice["id"] for choice in choices}
    for written in counts:
        value = json.loads(written)
        if column.kind in CHOICES and ids.issuperset(value if isinstance(value, list) else [value]):
            continue
        for name in new_names(kind.edit_text(value, column.options), form.kind == "multi_select"):
            if name.casefold() not in known:
                known.add(name.casefold())
                choices.append({"name": name})
        if len(choices) > MOST_OPTIONS:
            raise BadOptions(_too_many(f"more than {MOST_OPTIONS:,}"))
    return Form(form.kind, kind_of(form.kind).options({"options": choices}))


def _too_many(how_many: str) -> str:
    return f"This column holds {how_many} different values; a select has at most {MOST_OPTIONS:,} options."
