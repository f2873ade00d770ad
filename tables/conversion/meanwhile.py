"""While a column is converted: its kind is the new one from the first write to the last, and so many cells are not."""

from collections.abc import Sequence
from typing import Any

from bases.progress import OPEN
from tables.columns import kind_of
from tables.columns.base import MISFIT, Kind, Options
from tables.conversion.values import Form
from tables.models import Bulk, Column


def converting(table_id: int) -> dict[int, Form]:
    """What the cells of columns are that do not fit because a conversion, or its undo, is still under way: by column key."""
    found: dict[int, Form] = {}
    for bulk in Bulk.objects.filter(table=table_id, state__in=OPEN).only("action", "params"):
        of: Bulk | None = bulk
        while of is not None and of.action in ("undo", "redo"):
            of = Bulk.objects.filter(pk=of.params["of"]).only("action", "params").first()
        if of is None or of.action != "change kind":
            continue
        key, kind = of.params["key"], of.params["kind"]
        if Column.objects.filter(table=table_id, key=key, kind=kind).exists():
            found[key] = Form(*of.params["old"])
    return found


class Meanwhile:
    """Shows the cells of a column under conversion as its kind does, and what does not fit yet as the other kind, marked."""

    def __init__(self, kind: "Kind | Meanwhile", other: Form) -> None:
        self.kind, self.other = kind, other

    def htmls(self, values: Sequence[Any], options: Options) -> list[str]:
        """As Kind.htmls."""
        shown = self.kind.htmls(values, options)
        return [self._html(value, html, full=False) for value, html in zip(values, shown, strict=True)]

    def full_html(self, value: Any, options: Options) -> str:
        """As Kind.full_html."""
        return self._html(value, self.kind.full_html(value, options), full=True)

    def _html(self, value: Any, html: str, full: bool) -> str:
        if MISFIT not in html:
            return html
        kind, options = kind_of(self.other.kind), self.other.options
        other = kind.full_html(value, options) if full else kind.html(value, options)
        return html if MISFIT in other else f'<span class="converting" title="This value is being converted">{other}</span>'
