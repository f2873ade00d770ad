"""Checkbox: true, or nothing at all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tables.columns.base import NO_OPTIONS, BadValue, Cell, Kind, Options, foreign, misfit, plain, quoted
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch

_YES = frozenset({"true", "t", "yes", "y", "1", "on", "x", "✓", "✔", "☑", "✅", "checked"})
_NO = frozenset({"", "false", "f", "no", "n", "0", "off", "☐", "✗", "unchecked"})
_CHECKED = '<span class="check on" role="img" aria-label="Checked"></span>'
_UNCHECKED = '<span class="check" role="img" aria-label="Not checked"></span>'


class Checkbox(Kind):
    key = "checkbox"
    label = "Checkbox"
    icon = "kind-checkbox"
    family = "flag"
    width = 90

    def parse(self, text: str, options: Options) -> bool | None:
        word = text.strip().lower()
        if word in _YES:
            return True
        if word in _NO:
            return None
        raise BadValue(f"{quoted(text)} is neither checked nor unchecked. Write yes or no.")

    def text(self, value: Any, options: Options) -> str:
        return "true" if value is True else plain(value)

    def html(self, value: Any, options: Options) -> str:
        if value is True:
            return _CHECKED
        return _UNCHECKED if value is False else misfit(value)

    def to_json(self, value: Any, options: Options) -> Any:
        return False if value is None else value

    def from_json(self, given: Any, options: Options) -> bool | None:
        if isinstance(given, str):
            return self.parse(given, options)
        if given is not None and not isinstance(given, bool):
            raise BadValue(f"{foreign(given)} is neither true nor false.")
        return given or None

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.checks()

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        # Unchecked is a value here, not an empty cell: as NULL it would come last both ways, and one of them would be wrong.
        return sql.SQL("(({}) = 'true'::jsonb) IS TRUE").format(cell.value)

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        found = [sql.Literal(word) for word in ("true", "false") if term in word]
        return sql.SQL("{} IN ({})").format(cell.value, sql.SQL("::jsonb, ").join(found)) if found else None

    def search_pieces(self, options: Options, term: str) -> None:
        return None  # the document holds texts only
