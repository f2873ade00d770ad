"""The headings of groups as HTML, in joined, escaped strings like the rows they stand between (views_app/render.py)."""

from collections.abc import Iterable, Sequence
from html import escape

from tables.columns import kind_of
from tables.models import Column
from tables.query.aggregates import Result, aggregates_of
from tables.query.groups import Heading
from views_app.state import State

SLOW = {"unique", "percent_unique", "median"}  # each reads all rows by itself
MOST_SLOW = 10  # of one view: 0.5 s each at a million rows
# For each group a value is 2 to 3.5 s at a million rows, and a statement of a person's ends after 10 (docs/aggregates.md): so
# many rows of one such total, half of them of two. Nobody has one who did not choose it in the foot.
MOST_SLOW_ROWS = 2_000_000


def totals_of(state: State, columns: Sequence[Column]) -> list[tuple[Column, str]]:
    """The aggregates that a state shows, of the columns that are shown and have them."""
    by_key = {column.key: column for column in columns}
    found = [
        (by_key[key], name)
        for key, name in state.totals
        if key in by_key and name in {aggregate.key for aggregate in aggregates_of(by_key[key])}
    ]
    slow = [each for each in found if each[1] in SLOW]
    return [each for each in found if each not in slow[MOST_SLOW:]]


def totals_of_groups(state: State, columns: Sequence[Column], rows: int) -> list[tuple[Column, str]]:
    """The same for each group of so many rows: of those that sort within each group only as many as end in time."""
    found = totals_of(state, columns)
    most = 0 if rows > MOST_SLOW_ROWS else max(1, min(MOST_SLOW, MOST_SLOW_ROWS // max(1, rows)))
    slow = [each for each in found if each[1] in SLOW]
    return [each for each in found if each not in slow[most:]]


def headings_html(headings: Iterable[Heading]) -> str:
    return "".join(map(_heading_html, headings))


def _heading_html(heading: Heading) -> str:
    kind = kind_of(heading.column.kind)
    options = heading.column.options
    # Not checked is a value, though its cell is empty.
    value = False if heading.value is None and kind.key == "checkbox" else heading.value
    html = '<span class="faint">Empty</span>' if value is None else kind.html(value, options)
    name = "Empty" if value is None else kind.text(value, options)
    rows = f"{heading.rows:,} row{'' if heading.rows == 1 else 's'}"
    totals = "".join(f'<span class="group-total">{_total(result)}</span>' for result in heading.results)
    return (
        f'<div class="group l{heading.level}" role="row" data-level="{heading.level}" data-rows="{heading.rows}"'
        f' data-path="{heading.path}" data-name="{escape(name[:100])}"{" data-leaf" if heading.is_leaf else ""}>'
        f'<div class="group-cell" role="gridcell"><button type="button" tabindex="-1" aria-expanded="true"'
        f' aria-label="{escape(heading.column.name)}: {escape(name[:100])}, {rows}"></button>'
        f'<span class="group-column">{escape(heading.column.name)}</span>'
        f'<span class="group-value" dir="auto">{html}</span><span class="group-rows">{heading.rows:,}</span>{totals}</div></div>'
    )


def _total(result: Result) -> str:
    return f"{escape(result.column.name)} · {escape(result.aggregate.label)} <b>{escape(result.shown)}</b>"
