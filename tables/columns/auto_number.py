"""Auto number: the row's own number. Never reused, so it stays a good name for the row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from psycopg import sql

from tables.columns.base import NO_OPTIONS, BadValue, Cell, Kind, Options, holds, misfit
from tables.columns.number import read_number
from tables.fold import PLAIN, Folding

if TYPE_CHECKING:
    from tables.samples import Batch


class AutoNumber(Kind):
    key = "auto_number"
    label = "Auto number"
    icon = "kind-auto-number"
    group = "Automatic"
    writable = False
    row_field = "id"
    family = "number"
    align = "right"
    width = 110

    def parse(self, text: str, options: Options) -> NoReturn:
        raise BadValue(f"A “{self.label}” column fills itself and cannot be written.")

    def compared(self, text: str, options: Options) -> int | float | None:
        return read_number(text) if text.strip() else None

    def html(self, value: Any, options: Options) -> str:
        return str(value) if type(value) is int else misfit(value)

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return [""] * batch.size

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        return sql.Identifier("id")

    def search_sql(self, cell: Cell, options: Options, term: str, zone: str, folding: Folding = PLAIN) -> sql.Composable | None:
        return holds(sql.SQL("id::text"), term) if term.isascii() and term.isdigit() else None

    def search_pieces(self, options: Options, term: str) -> None:
        return None
