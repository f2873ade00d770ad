"""Auto number: the row's own number. Never reused, so it stays a good name for the row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from psycopg import sql

from tables.columns.base import NO_OPTIONS, BadValue, Kind, Options, misfit

if TYPE_CHECKING:
    from tables.samples import Batch


class AutoNumber(Kind):
    key = "auto_number"
    label = "Auto number"
    icon = "kind-auto-number"
    group = "Automatic"
    writable = False
    row_field = "id"
    align = "right"
    width = 110

    def parse(self, text: str, options: Options) -> NoReturn:
        raise BadValue(f"A “{self.label}” column fills itself and cannot be written.")

    def html(self, value: Any, options: Options) -> str:
        return str(value) if type(value) is int else misfit(value)

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return [""] * batch.size

    def sort_sql(self, column: sql.Composable, options: Options = NO_OPTIONS) -> sql.Composable:
        return sql.Identifier("id")
