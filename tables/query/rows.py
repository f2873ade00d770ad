"""Reading rows: the window at an index, one row, the index of a row.

`RowQuery` is the one place that turns "which rows, in which order" into SQL (chosen.py) and reads them by their places.

The table's own order is kept by blocks (tables/order.py). Any other order, and any choice of rows, is read in one of two
ways: the first rows straight away, by a walk or a scan that stops when it has enough; and every other window by an
order snapshot (tables/query/snapshots.py), which is also the count.
"""

import json
from collections.abc import Sequence
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

import psycopg
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from tables import order
from tables.query import later, snapshots
from tables.query.cache import INSTALLATION
from tables.query.chosen import Chosen
from tables.query.compiled import ANY_WRITE
from tables.query.over_projection import Source, once_more
from tables.query.scan import SIDE_BY_SIDE
from tables.query.window import CREATED, MODIFIED, SHOWN, UNKNOWN, WHOLE, RowData, Window, columns_read, row_data

# The first rows of a view are looked for among so many first, in the table's order: 15 ms at most. Where that is not
# enough all rows are looked at, side by side, which costs 0.2 s and more at 1M rows however soon there are enough.
WALK_ROWS = 20_000
# If what is found there is too little, but says that so many rows hold enough, these are walked through: at 1 us and more
# each, on one core, still half of what a look at a million rows takes.
LONG_WALK_ROWS = 150_000
WALK_SPARE = 1.3  # rows are not found at the same distances
# More rows than two cores put in order by several levels in the 10 s that a request may take.
LONG_ROWS = 5_000_000
# Windows that end before this row are read without a snapshot while there is none.
FIRST_ROWS = 1_000


class RowQuery(Chosen):
    """The rows of a table that a definition asks for, in its order."""

    # --- Windows ---------------------------------------------------------------------------------------------------------

    def window(self, start: int, size: int, *, times: bool = True) -> list[RowData]:
        """The rows at indexes start .. start + size - 1, whole; fewer at the end. Without `times` a third faster."""
        return self._read(start, size, columns_read(WHOLE, times)).rows

    def read(self, start: int, size: int, *, times: bool = True) -> Window:
        """The same as the grid shows it (long texts are cut, see SHOWN), with what is known of the view.

        That may be a stale order while nobody has made the next.
        """
        return self._read(start, size, columns_read(SHOWN, times))

    def at_hand(self, start: int, size: int, *, times: bool = True) -> Window | None:
        """The same where it takes milliseconds: in the table's own order, and in one that is there, a stale one too."""
        return self._at_hand(start, size, columns_read(SHOWN, times))

    def _read(self, start: int, size: int, what: str) -> Window:
        at_hand = self._at_hand(start, size, what)
        if at_hand is not None:
            return at_hand
        if start + size <= FIRST_ROWS:
            return self._first_window(start, size, what)
        found = self.order(start, size)
        return self._offset_window(start, size, what) if found is None else self._cut(found, what)

    def _at_hand(self, start: int, size: int, what: str) -> Window | None:
        if self.definition.is_everything:
            return Window(row_data(self._walk(what, start, size)), self.table.row_count, "")
        found = snapshots.find(self._key, start, size)
        return None if found is None else self._cut(found, what)

    def _cut(self, found: snapshots.Slice, what: str) -> Window:
        return Window(self._rows_of(found.ids, what), found.count, found.name, found.version < self._needed)

    def ids(self, start: int, size: int) -> list[int]:
        """The ids of the rows at indexes start .. start + size - 1."""
        if self.definition.is_everything:
            return self._walk("array_agg(id)", start, size)[0] or []
        found = self.order(start, size)
        return found.ids if found else self._selected_ids(start, size)

    def count(self) -> int:
        """How many rows there are, as of now."""
        return self.standing()[0]

    @once_more
    def standing(self) -> tuple[int, str]:
        """How many rows there are as of now, and the name of their order, which is then ready for windows anywhere."""
        if self.definition.is_everything:
            return self.table.row_count, ""
        found = self.order()
        if found:
            return found.count, found.name
        rows, (where, _) = self._source
        return int(self._one(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(rows, where))[0]), UNKNOWN

    def positions(self, first: int, last: int) -> tuple[int, int] | None:
        """Where the rows at two indexes of the table's own order stand; None when one is not there."""
        ends = [self._walk("min(position)", index, 1)[0] for index in (first, last)]
        return None if None in ends else (ends[0], ends[1])

    def _walk(self, aggregates: str, start: int, size: int) -> tuple[Any, ...]:
        """Aggregates over the rows at these indexes of the table's own order; each is None when there is no row."""
        # Both ends are told: a table that was just loaded has no statistics, and from one end alone PostgreSQL would
        # guess a third of its rows and sort them (180 ms instead of 4 ms).
        first, end, walk = order.blocks(self.table.pk, self.table.rows_version).find(start, size)
        with connection.cursor() as cursor:
            cursor.execute(
                # The inner query walks over whole rows, so that nothing is computed for those before the window.
                "SELECT " + aggregates + " FROM (SELECT * FROM tables_row"  # noqa: S608  constants
                " WHERE table_id = %s AND position >= %s AND position < %s ORDER BY position OFFSET %s LIMIT %s) AS r",
                [self.table.pk, first, end, walk, size],
            )
            found: tuple[Any, ...] = cursor.fetchone()
        return found

    # --- A view's first rows, without a snapshot -------------------------------------------------------------------------

    def _first_window(self, start: int, size: int, what: str) -> Window:
        rows = [] if self._compiled.order else self._walked_window(start, size, what)
        if len(rows) < size and (self._compiled.order or self.table.row_count > WALK_ROWS):
            rows = self._offset_window(start, size, what).rows
        # Whoever sees the end of the rows has counted them.
        count = start + len(rows) if len(rows) < size and (rows or not start) else None
        return Window(rows, count, UNKNOWN, stale=count is None)

    def _walked_window(self, start: int, size: int, what: str) -> list[RowData]:
        """What is found in the table's own order: among its first rows, or where they promise it among some more."""
        rows = self._walked(WALK_ROWS, start, size, what)
        if rows and len(rows) < size and self.table.row_count > WALK_ROWS and (self._indexed is None or self._indexed.reads_all):
            enough = int(WALK_SPARE * WALK_ROWS * (start + size) / (start + len(rows)))
            if enough <= LONG_WALK_ROWS:
                rows = self._walked(enough, start, size, what)
        return rows

    def _walked(self, walk: int, start: int, size: int, what: str) -> list[RowData]:
        source = sql.SQL(
            "(SELECT * FROM (SELECT * FROM tables_row WHERE table_id = {table} ORDER BY position LIMIT {walk}) AS tables_row"
            " WHERE {where} ORDER BY position OFFSET {start} LIMIT {size})"
        ).format(
            table=sql.Literal(self.table.pk),
            walk=sql.Literal(walk),
            where=self._where,
            start=sql.Literal(start),
            size=sql.Literal(size),
        )
        return self._selected(source, what)

    def _offset_window(self, start: int, size: int, what: str) -> Window:
        """A window by OFFSET: what is left when there is no Redis."""
        # The ids first, then their rows: a sort that carried whole rows would take 1.5 times as long.
        return Window(self._rows_of(self._selected_ids(start, size), what), None, UNKNOWN, stale=True)

    @once_more
    def _selected_ids(self, start: int, size: int) -> list[int]:
        downwards = self._downwards
        found = self._ids_from(downwards, start, size) if downwards else []
        return found if downwards and len(found) == size else self._ids_from(self._source, start, size)

    def _ids_from(self, source: Source, start: int, size: int) -> list[int]:
        statement = sql.SQL("SELECT array_agg(id) FROM (SELECT id FROM {} WHERE {} ORDER BY {} OFFSET {} LIMIT {}) AS r")
        found = self._one(statement.format(source.rows, *source.parts, sql.Literal(start), sql.Literal(size)))
        return found[0] or []

    # --- The order snapshot ----------------------------------------------------------------------------------------------

    def has_order(self) -> bool:
        """Whether windows are cut out of an order that is there, a stale one too."""
        return self.definition.is_everything or snapshots.find(self._key, 0, 0) is not None

    def order(self, start: int = 0, size: int = 0) -> snapshots.Slice | None:
        """A slice of the view's order as it is now, making the snapshot if there is no fresh one. None without Redis."""

        def fresh() -> bool:
            found = snapshots.find(self._key, 0, 0)
            return found is not None and found.version >= self._needed

        if not fresh():
            if not snapshots.can_keep():
                return None
            zone = timezone.get_current_timezone()
            hand_on = partial(later.hand_on, self._key, self.table.pk, self.definition, zone)
            later.make_in_time(self._key, self._make_snapshot, fresh, hand_on, self._takes_long)
        return snapshots.find(self._key, start, size)

    @property
    def _takes_long(self) -> bool:
        """Whether a worker would have to go on with the order anyway: of several levels, or by reading all texts."""
        reads_texts = bool(self.definition.search) and (self._indexed is None or self._indexed.reads_all)
        return self.table.row_count > LONG_ROWS and (len(self._compiled.order) > 1 or reads_texts)

    @once_more
    def _make_snapshot(self, seconds: float) -> None:
        # In one statement, so that the ids and the version are of the same moment.
        rows, (where, order_by) = self._source
        statement = sql.SQL(
            "SELECT (SELECT version FROM tables_table WHERE id = {table}), string_agg(int4send(id), ''::bytea)"
            " FROM (SELECT id FROM {rows} WHERE {where} ORDER BY {order}) AS r"
        ).format(table=sql.Literal(self.table.pk), rows=rows, where=where, order=order_by)
        connection.ensure_connection()
        # Binary, which Django's own cursors cannot: as text the ids would be twice as long.
        with transaction.atomic(), connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            # By an index of its first level alone an order is made three times as slowly as by sorting all rows side by side.
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config(%s, %s, true),"
                " set_config('enable_incremental_sort', 'off', true)",
                [f"{seconds * 1000:.0f}ms", *SIDE_BY_SIDE],
            )
            version, packed = cursor.execute(statement, binary=True).fetchone() or (0, b"")
        snapshots.keep(self._key, version or 0, packed or b"")

    @cached_property
    def _key(self) -> str:
        """The same for all who ask for the same rows in the same order, whatever words they use."""
        text = sql.SQL("{} {}").format(self._where, self._order_by).as_string(connection.connection)
        # Another database that uses this Redis may have a table of this number.
        digest = sha256(f"{INSTALLATION} {self.table.created_at} {text}".encode()).hexdigest()
        return f"{self.table.pk}:{digest[:32]}"

    @cached_property
    def _needed(self) -> int:
        reads = self._compiled.reads
        edited = self.table.version if ANY_WRITE in reads else self.table.cells_version(reads)
        return max(edited, self.table.rows_version)

    def is_stale(self, name: str) -> bool:
        """Whether the order of that name is an older one: rows may have come, gone or moved in it."""
        if self.definition.is_everything:
            return False
        version = name.partition(".")[0]
        if not version.isascii() or not version.isdigit() or len(version) > 18:
            return True
        return int(version) < self._needed or name != snapshots.name_of(self._key, int(version))

    def shown_ids(self, name: str, start: int, size: int) -> list[int] | None:
        """The ids at these indexes of the order of that name, which a browser shows; None when it is not kept any more."""
        found = snapshots.find(self._key, start, size)
        return found.ids if found is not None and found.name == name else None

    def has_changed_since(self, version: int) -> bool:
        """Whether rows may have come to this view, gone from it or moved in it since that version of the table."""
        return self._needed > version

    def put_aside(self, whose: str) -> snapshots.Slice | None:
        """The order as it is now, for somebody who walks through all of it whatever changes meanwhile. None without Redis."""
        if self.order() is None:
            return None
        snapshots.put_aside(self._key, f"{self._key}:{whose}")
        return self.aside(whose)

    def aside(self, whose: str, start: int = 0, size: int = 0) -> snapshots.Slice | None:
        """A slice of the order that was put aside; None when it is not kept any more."""
        return snapshots.find(f"{self._key}:{whose}", start, size)

    def between(self, name: str, first: int, last: int) -> sql.Composable | None:
        """The rows at these indexes of the order of that name as a boolean, however many; None when the view is in another now.

        Found by asking for the view's rows again, so that no ids are sent.
        """
        if self.is_stale(name):
            return None
        if not self._compiled.order:  # they stand in the table's own order
            ends = [self.shown_ids(name, index, 1) for index in (first, last)]
            rows = [self._row_and_position(ids[0]) if ids else None for ids in ends]
            if rows[0] is None or rows[1] is None:
                return None
            return sql.SQL("{} AND position BETWEEN {} AND {}").format(
                self.where, *(sql.Literal(each[1]) for each in rows if each)
            )
        return sql.SQL("id IN (SELECT id FROM tables_row WHERE {} ORDER BY {} OFFSET {} LIMIT {}) AND table_id = {}").format(
            self.where, self._order_by, sql.Literal(first), sql.Literal(last - first + 1), sql.Literal(self.table.pk)
        )

    # --- One row ---------------------------------------------------------------------------------------------------------

    def row(self, row_id: int) -> RowData | None:
        found = self._row_and_position(row_id)
        return found[0] if found else None

    def row_and_index(self, row_id: int) -> tuple[RowData, int | None] | None:
        """A row and where it stands, counted from 0 (None: not in this view); None when there is no such row."""
        found = self._row_and_position(row_id)
        if found is None:
            return None
        return found[0], self._index(found[1]) if self.definition.is_everything else self._place(row_id)

    def index_of(self, row_id: int) -> int | None:
        """Where a row stands, counted from 0; None when it is not in this view."""
        if not self.definition.is_everything:
            return self._place(row_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT position FROM tables_row WHERE table_id = %s AND id = %s", [self.table.pk, row_id])
            found = cursor.fetchone()
        return self._index(found[0]) if found else None

    def last_position(self, ids: Sequence[int]) -> int | None:
        """The position of the last of these rows in the table's own order; None where none is there."""
        with connection.cursor() as cursor:
            # Not max(position), for which PostgreSQL walks through all rows from the last (150 ms of a million).
            cursor.execute(
                "SELECT max(position + 0) FROM tables_row WHERE table_id = %s AND id = ANY(%s::int[])", [self.table.pk, list(ids)]
            )
            found: int | None = cursor.fetchone()[0]
        return found

    def index_after(self, position: int) -> int:
        """How many rows of the table's own order stand at a position or before it, whether there is a row or not."""
        return self._index(position + 1)

    def _index(self, position: int) -> int:
        return order.index_of(self.table.pk, self.table.rows_version, position)

    @once_more
    def _place(self, row_id: int) -> int | None:
        packed = snapshots.whole(self._key) if self.order() else None
        if packed is not None:
            return snapshots.place(packed, row_id)
        rows, (where, order_by) = self._source
        statement = sql.SQL(
            "SELECT (SELECT n - 1 FROM (SELECT id, row_number() OVER (ORDER BY {order}) AS n FROM {rows} WHERE {where}) AS r"
            " WHERE id = {row})"
        ).format(order=order_by, rows=rows, where=where, row=sql.Literal(row_id))
        place: int | None = self._one(statement)[0]
        return place

    def _row_and_position(self, row_id: int) -> tuple[RowData, int] | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT position, id, version, data, " + CREATED + ", " + MODIFIED + " FROM tables_row"  # noqa: S608  constants
                " WHERE table_id = %s AND id = %s",
                [self.table.pk, row_id],
            )
            found = cursor.fetchone()
        if found is None:
            return None
        position, row_id, version, data, created, modified = found
        return RowData(row_id, version, json.loads(data), created, modified), position
