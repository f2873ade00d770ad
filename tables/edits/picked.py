"""Which rows a person has picked: by id, or by index as they saw them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tables.places import TooMany
from tables.query import RowQuery
from tables.writes import Write

# Rows and cells that one call may touch. Loads take more, as jobs.
ROWS_LIMIT = 10_000
CELLS_LIMIT = 200_000


class Moved(Exception):
    """Rows came, went or moved since the person saw them."""

    def __init__(self) -> None:
        super().__init__("Rows were added or deleted meanwhile. Look again and repeat.")


@dataclass(frozen=True)
class Picked:
    """Rows in the order in which they stand on the person's screen; `first` is the index of the first, if that is known."""

    ids: Sequence[int] | None  # None: they are looked up when the table is locked
    first: int | None = None
    last: int = -1
    seen: int = 0

    def of(self, current: Write) -> Sequence[int]:
        """Their ids, inside a write. Raises Moved."""
        if self.ids is not None:
            return self.ids
        assert self.first is not None
        if current.table.rows_version > self.seen:
            raise Moved
        return RowQuery(current.table).ids(self.first, max(0, self.last - self.first + 1))


def picked_ids(ids: Sequence[int], what: str, first: int | None = None) -> Picked:
    """Rows by id; `what` is done with them, as in "deleted". Raises TooMany."""
    refuse_many(len(ids), what)
    return Picked(list(dict.fromkeys(ids)), first)


def picked_range(query: RowQuery, first: int, last: int, order: str, seen: int, what: str) -> Picked:
    """The rows at indexes `first` to `last`, both included, of the view in the order named `order`, as of version `seen`.

    Raises Moved, TooMany.
    """
    refuse_many(last - first + 1, what)
    if query.definition.is_everything:
        return Picked(None, first, last, seen)
    # Before the write: whoever holds the table's row must not wait for anything.
    ids = query.shown_ids(order, first, max(0, last - first + 1))
    if ids is None:
        raise Moved
    return Picked(ids, first, last)


def refuse_many(rows: int, what: str) -> None:
    """Raise TooMany above ROWS_LIMIT."""
    if rows > ROWS_LIMIT:
        raise TooMany(f"At most {ROWS_LIMIT:,} rows can be {what} at once; this is {rows:,}.")


def refuse_cells(rows: int, columns: int, what: str) -> None:
    """Raise TooMany above CELLS_LIMIT."""
    if rows * columns > CELLS_LIMIT:
        raise TooMany(f"At most {CELLS_LIMIT:,} cells can be {what} at once; this is {rows * columns:,}.")
