"""What a definition asks for, as SQL over one table: which rows, in which order; and rows by their ids."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg import sql

from tables.models import Column, Table, columns_at
from tables.query.cache import cached
from tables.query.compiled import Compiled, compiled, reads_of, sort_expression
from tables.query.definition import EVERYTHING, Definition, Group
from tables.query.filters import filter_sql
from tables.query.indexed import indexed_where
from tables.query.over_projection import Source, once_more, over_projection
from tables.query.scan import ROWS
from tables.query.search import Indexed
from tables.query.window import SHOWN, WHOLE, RowData, bytes_of, cells_of, columns_read, row_data, shown_of


@dataclass(frozen=True)
class Chosen:
    """The rows of a table that a definition asks for; RowQuery (rows.py) reads them by their places."""

    table: Table
    definition: Definition = EVERYTHING

    @cached_property
    def columns(self) -> Sequence[Column]:
        return columns_at(self.table.pk, self.table.columns_version)

    @cached_property
    def by_key(self) -> dict[int, Column]:
        return {column.key: column for column in self.columns}

    @cached_property
    def _compiled(self) -> Compiled:
        connection.ensure_connection()  # literals are written for the server that will read them
        zone = timezone.get_current_timezone()
        return compiled(self.definition, self.columns, zone, timezone.localdate())

    @property
    def where(self) -> sql.Composable:
        """The rows of this view as a boolean over tables_row, to be executed without parameters; it names the table."""
        return self._all_where

    @cached_property
    def _where(self) -> sql.Composable:
        return self._of_table(self._compiled.where)

    @cached_property
    def _all_where(self) -> sql.Composable:
        """The same rows, for a statement that goes for all of them: by the indexes that there are."""
        return self._where if self._indexed is None else self._of_table(self._indexed.where)

    @cached_property
    def _indexed(self) -> Indexed | None:
        return indexed_where(self.definition, self.columns, timezone.get_current_timezone(), timezone.localdate())

    def _of_table(self, chosen: sql.Composable | None) -> sql.Composable:
        own = sql.SQL("table_id = {}").format(sql.Literal(self.table.pk))
        return sql.SQL("{} AND {}").format(own, chosen) if chosen is not None else own

    @cached_property
    def _order_by(self) -> sql.Composable:
        # Without an index in its way PostgreSQL looks at all rows side by side; by the index on position it would walk
        # through all of them alone.
        last = sql.SQL("position") if self._compiled.order else sql.SQL("(position + 0)")
        return sql.SQL(", ").join([*self._compiled.order, last])

    @property
    def _source(self) -> Source:
        """Where all of these rows are read from, with their condition and their order; to be run at once."""
        parts = (self._all_where, self._order_by)
        return over_projection(self.table.pk, parts) or Source(ROWS, parts)

    @property
    def _downwards(self) -> Source | None:
        """The same without the rows whose first level is empty, where all rows are sorted downwards by it.

        An index that runs upwards gives these, walked from its end; not those, as empty cells come last both ways. Only of a
        projection: of a million rows themselves to look whether each cell is empty takes 130 ms more.
        """
        first = next((sort for sort in self.definition.order if sort.column in self.by_key), None)
        if not first or not first.descending or self._compiled.where is not None:
            return None
        value = sort_expression(self.by_key[first.column])
        where = sql.SQL("{} AND {} IS NOT NULL").format(self._where, value)
        levels = [sql.SQL("{} DESC NULLS FIRST").format(value), *self._compiled.order[1:], sql.SQL("position")]
        return over_projection(self.table.pk, (where, sql.SQL(", ").join(levels)))

    def _selected(self, source: sql.Composable, what: str) -> list[RowData]:
        return row_data(self._one(sql.SQL("SELECT {} FROM {} AS r").format(sql.SQL(what), source)))

    def _one(self, statement: sql.Composable) -> tuple[Any, ...]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            found: tuple[Any, ...] = cursor.fetchone()
        return found

    # --- Rows by their ids ----------------------------------------------------------------------------------------------

    def rows_of(self, ids: Sequence[int]) -> list[RowData]:
        """The rows with these ids, in this order; one that is gone has version -1."""
        return self._rows_of(ids, columns_read(WHOLE, times=True))

    def cells_of(self, ids: Sequence[int], keys: Collection[int]) -> list[RowData]:
        """The same for those who need the cells of these columns only: large rows are not read whole."""
        return self._rows_of(ids, columns_read(cells_of(keys), times=True))

    def shown_of(self, ids: Sequence[int], key: int | None = None) -> list[RowData]:
        """The same as the grid shows it, see SHOWN; of large rows only the column `key`, where it is given."""
        return self._rows_of(ids, columns_read(SHOWN if key is None else shown_of(key), times=True))

    def there(self, ids: Iterable[int]) -> set[int]:
        """Those of these ids that are of rows of the table; none of their cells is read."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM tables_row WHERE table_id = %s AND id = ANY(%s::int[])", [self.table.pk, list(set(ids))]
            )
            return {row_id for (row_id,) in cursor}

    def bytes_of(self, ids: Sequence[int], keys: Collection[int]) -> list[int]:
        """How long the cells of these columns are as text, for each of these rows, in this order; 0 for one that is gone."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(coalesce(" + bytes_of(keys) + ", 0) ORDER BY w.n)"  # noqa: S608  constants and numbers
                " FROM unnest(%s::int[]) WITH ORDINALITY AS w (id, n)"
                " LEFT JOIN tables_row r ON r.table_id = %s AND r.id = w.id",
                [list(ids), self.table.pk],
            )
            return cursor.fetchone()[0] or []

    def _rows_of(self, ids: Sequence[int], what: str) -> list[RowData]:
        """The rows with these ids, in this order; one that is gone has version -1."""
        source = sql.SQL(
            "(SELECT w.id, coalesce(r.version, -1) AS version, coalesce(r.data, '{{}}') AS data, r.created_at, r.modified_at"
            " FROM unnest({ids}::int[]) WITH ORDINALITY AS w (id, n)"
            " LEFT JOIN tables_row r ON r.table_id = {table} AND r.id = w.id ORDER BY w.n)"
        ).format(ids=sql.Literal(list(ids)), table=sql.Literal(self.table.pk))
        return self._selected(source, what) if ids else []

    def holding(self, ids: Sequence[int], filters: Sequence[Group]) -> dict[int, list[bool]]:
        """For each of these rows which of the filters it meets: {row id: [True, False, ...]}."""
        columns = self.by_key
        zone, today = timezone.get_current_timezone(), timezone.localdate()
        conditions = [sql.SQL("({}) IS TRUE").format(filter_sql(each, columns, zone=zone, today=today)) for each in filters]
        statement = sql.SQL("SELECT id, ARRAY[{}] FROM tables_row WHERE table_id = {} AND id = ANY({}::int[])").format(
            sql.SQL(", ").join(conditions), sql.Literal(self.table.pk), sql.Literal(list(ids))
        )
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return dict(cursor.fetchall())

    def those_of(self, ids: Sequence[int]) -> list[int]:
        """Those of a few rows that are in this view, in its order."""
        chosen = sql.SQL("{} AND id = ANY({}::int[])").format(self._where, sql.Literal(list(ids)))
        statement = sql.SQL("SELECT coalesce(array_agg(id), '{{}}') FROM (SELECT id FROM tables_row WHERE {} ORDER BY {}) AS r")
        found: list[int] = self._one(statement.format(chosen, self._order_by))[0]
        return found

    def cached(self, what: str, reads: Iterable[int], make: Callable[[], Any]) -> Any:
        """What `make` gives for this view's rows, or gave while neither these rows nor the columns it reads have changed.

        `what` names it; the value is JSON, and the same in whatever order the rows stand. See tables/query/cache.py.
        """
        text = f"{what} {self._where.as_string(connection.connection)}"
        read = {reads_of(column) for column in self.columns if column.key in set(reads)}
        return cached(self.table, {*self._compiled.chosen_by, *read}, text, once_more(make))
