"""Created time: when the row was added. Read from the row, never written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from psycopg import sql

from tables.columns.base import NO_OPTIONS, BadValue, Cell, Options
from tables.columns.datetime import DateTime

if TYPE_CHECKING:
    from tables.samples import Batch


class CreatedTime(DateTime):
    key = "created_time"
    label = "Created time"
    icon = "kind-created-time"
    group = "Automatic"
    writable = False
    row_field = "created_at"

    def parse(self, text: str, options: Options) -> NoReturn:
        raise BadValue(f"A “{self.label}” column fills itself and cannot be written.")

    def moment(self, value: Any) -> datetime | None:
        # To the second, as a date and time typed by a person is.
        return value.replace(microsecond=0) if isinstance(value, datetime) else None

    def to_json(self, value: Any, options: Options) -> str | None:
        moment = self.moment(value)
        return None if moment is None else moment.astimezone(UTC).isoformat()[:19] + "Z"

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return [""] * batch.size

    def sort_sql(self, cell: Cell, options: Options = NO_OPTIONS) -> sql.Composable:
        return sql.Identifier(str(self.row_field))

    def moment_sql(self, cell: Cell) -> sql.Composable:
        return sql.SQL("date_trunc('second', {})").format(sql.Identifier(str(self.row_field)))
