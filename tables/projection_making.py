"""Making a table's projection in the background, and dropping it (tables/projections.py)."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, LiteralString

from django.db import DatabaseError, OperationalError, connection, transaction
from psycopg import sql
from psycopg.errors import LockNotAvailable, QueryCanceled

from tables import partitions, projections
from tables.models import Table
from tables.projections import (
    HELD,
    MAKING,
    READY,
    RETIRED,
    Projection,
    comment,
    define,
    look_up,
    new_name,
    states,
    values_of,
    wanted_columns,
)

if TYPE_CHECKING:
    from tables.indexes import Wanted

log = logging.getLogger(__name__)

LARGE = 2_000  # bytes of a row, from which on PostgreSQL packs it
TRIGGER_PAUSES = (5, 10, 20, 30, 30, 60, 0)  # seconds between tries to put the trigger up
TRIGGER_WAIT = "2s"  # for those who write to the table just now; meanwhile others who want to write wait, too
DROP_WAIT = "200ms"  # for those who read the table; meanwhile others who want to read wait, too
MOST_CHANGED = 200_000  # rows written while one was made that it catches up with
AT_ONCE = 1_000  # of these rows; people's writes wait so long
UPSERT: LiteralString = "INSERT INTO {name} ({names}) SELECT {values} FROM {of} ON CONFLICT (id) DO UPDATE SET {changed}"
FOLLOWING: LiteralString = f"""
    BEGIN
        IF TG_OP = 'DELETE' THEN
            DELETE FROM {{name}} WHERE id = OLD.id;
        ELSE
            NEW.data := NEW.data || '{{{{}}}}';  -- a large one is unpacked once, and not for each of its values
            {UPSERT};
        END IF;
        RETURN NULL;
    END
"""  # noqa: S608  constants
# Rows that a snapshot does not show. Their transactions have come since the oldest that was under way then (the age of a
# transaction is how many came after it; of one that was 2 ** 31 ago, and is long settled, it is below 0), but not all that
# have are unseen: somebody may have left one open for hours. A row has the last 32 bits of its number.
CHANGED: LiteralString = """
    SELECT coalesce(array_agg(id), '{{}}') FROM (
        SELECT r.id FROM {rows} AS r, (
            SELECT s, pg_snapshot_xmin(s) AS oldest, pg_snapshot_xmin(s)::text::bigint AS base
            FROM (SELECT {since}::pg_snapshot AS s) AS q
        ) AS x
        WHERE age(r.xmin) BETWEEN 0 AND age(x.oldest::xid) AND NOT pg_visible_in_snapshot(
            (x.base + (r.xmin::text::bigint - x.base % 4294967296 + 4294967296) % 4294967296)::text::xid8, x.s
        )
        LIMIT {most}
    ) AS r
"""


class _Outrun(Exception):
    """More was written meanwhile than can be caught up with."""


def drop_one(table: Table) -> bool:
    """Drop one that is not wanted; False when there is none, or not now. Outside of a transaction.

    The caller holds the table's advisory lock (tables/indexes.py), so one that is not READY was left by a killed process.
    """
    names = projections.superfluous(table)
    if not names:
        return False
    if projections.states(table.pk)[names[0]].startswith(READY):
        projections.withdrawn(names[0])
    return _drop(table.pk, names[0])


def make(table: Table, orders: Callable[[Projection], Sequence["Wanted"]]) -> bool | None:
    """Make one, with indexes of these orders; False when that failed, None when a load wants the table: then after it.

    Outside of a transaction, as `drop_one`.
    """
    try:
        _Making(table, orders).make()
    except (DatabaseError, _Outrun) as error:
        if isinstance(error.__cause__, QueryCanceled):  # there is no time limit, so somebody wanted it
            return None
        # Somebody held the table's lock for too long, the disk is full, or the table is gone.
        log.warning("The projection of table %s was not made: %s", table.pk, error)
        return False
    return True


class _Making:
    """A projection that is being made: filled and indexed in peace, then given its trigger, then brought up to date."""

    def __init__(self, table: Table, orders: Callable[[Projection], Sequence["Wanted"]]) -> None:
        self.name = new_name(table.pk)
        self.table, self.orders = table, orders
        self.values = values_of(wanted_columns(table))
        self.parts = {
            "name": sql.Identifier(self.name),
            "rows": partitions.partition(table.pk),
            "names": sql.SQL(", ").join(sql.Identifier(each.name) for each in self.values),
            "values": sql.SQL(", ").join(each.expression for each in self.values),
            "changed": sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(each.name)) for each in self.values if each.name != "id"
            ),
        }

    def make(self) -> None:
        with _no_time_limit():
            snapshot = self._fill()
            self._begin_to_follow()
            self._catch_up(snapshot)
            if not connection.in_atomic_block:
                self._run("VACUUM (ANALYZE) {name}")
        with transaction.atomic():
            # Those who retire it take the same lock.
            self._run("LOCK TABLE {name} IN SHARE UPDATE EXCLUSIVE MODE")
            if states(self.table.pk).get(self.name) != RETIRED:
                comment(self.name, f"{READY}{int(time.time())}")

    def _fill(self) -> str:
        """Make it of the rows as they are now; what transactions write that this snapshot does not show may be missing."""
        with transaction.atomic():
            snapshot = self._one("SELECT pg_current_snapshot()::text")
            # By all cores: unasked PostgreSQL thinks it too dear to hand rows from one process to another.
            self._run("SET LOCAL parallel_tuple_cost = 0")
            self._run("CREATE TABLE {name} ({names}) AS SELECT {values} FROM {of}", of=self._rows_read())
            self._run("CREATE UNIQUE INDEX ON {name} (id)")
            for order in self.orders(Projection(self.name, frozenset(each.name for each in self.values))):
                self._run("CREATE INDEX {index} ON {on}", index=sql.Identifier(order.name), on=order.on)
        return str(snapshot)

    def _rows_read(self) -> sql.Composable:
        """The rows; large ones so that each is unpacked once, and not for each of its values."""
        rows = self.parts["rows"]
        name = sql.Literal(rows.as_string(connection.connection))
        if self._one("SELECT pg_table_size({table}::regclass)", table=name) < LARGE * self.table.row_count:
            return rows
        fields = sql.SQL("id, position, created_at, modified_at, created_by, modified_by")
        return sql.SQL("(SELECT {}, data || '{{}}' AS data FROM {} OFFSET 0) AS r").format(fields, rows)

    def _begin_to_follow(self) -> None:
        self._run(
            "CREATE FUNCTION {look_up}(of_row int, of_column text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS {body}",
            look_up=look_up(self.name),
            # A function, as PostgreSQL runs no subquery of one row in parallel workers.
            body=self._text("BEGIN RETURN (SELECT data ->> of_column FROM {rows} WHERE id = of_row); END"),
        )
        for seconds in TRIGGER_PAUSES:
            try:
                with transaction.atomic():
                    define(self.name, sql.SQL(FOLLOWING).format(**self.parts, of=sql.SQL("(SELECT NEW.*) AS r")))
                    # Waits for those who are writing: after it, whatever is written comes here, or can be caught up with.
                    self._run("SELECT set_config('lock_timeout', {wait}, true)", wait=sql.Literal(TRIGGER_WAIT))
                    self._run(
                        "CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {rows} FOR EACH ROW EXECUTE FUNCTION {name}()"
                    )
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
            time.sleep(seconds)
        raise _Outrun("somebody has been writing all the time")

    def _catch_up(self, snapshot: str) -> None:
        changed = self._one(CHANGED, since=sql.Literal(snapshot), most=sql.Literal(MOST_CHANGED + 1))
        if len(changed) > MOST_CHANGED:
            raise _Outrun(f"more than {MOST_CHANGED:,} rows were written meanwhile")
        some = sql.SQL("{rows} WHERE id = ANY({ids})")
        for ids in self._in_turn(changed):
            self._run(UPSERT, of=some.format(rows=self.parts["rows"], ids=ids))
        if self._is_level():
            return
        # Rows that were deleted meanwhile. One that is back by now has been written again.
        gone = sql.SQL("NOT EXISTS (SELECT FROM {} AS r WHERE r.id = p.id)").format(self.parts["rows"])
        for ids in self._in_turn(self._one("SELECT coalesce(array_agg(id), '{{}}') FROM {name} AS p WHERE {gone}", gone=gone)):
            self._run("DELETE FROM {name} AS p WHERE id = ANY({ids}) AND {gone}", ids=ids, gone=gone)
        if not self._is_level():
            raise _Outrun("rows came and went meanwhile")

    def _in_turn(self, ids: Sequence[int]) -> Iterator[sql.Composable]:
        """Some of the rows after the other, while nobody writes: as every writer does, this locks the table's own row first."""
        for at in range(0, len(ids), AT_ONCE):
            with transaction.atomic():
                self._run("SELECT FROM tables_table WHERE id = {table} FOR NO KEY UPDATE", table=sql.Literal(self.table.pk))
                yield sql.SQL("{}::int[]").format(sql.Literal(list(ids[at : at + AT_ONCE])))

    def _text(self, body: LiteralString) -> sql.Composable:
        return sql.Literal(sql.SQL(body).format(**self.parts).as_string(connection.connection))

    def _is_level(self) -> bool:
        """Whether it has as many rows as the table: one that was deleted meanwhile is still here."""
        return bool(self._one("SELECT (SELECT count(*) FROM {name}) = (SELECT count(*) FROM {rows})"))

    def _run(self, statement: LiteralString, **more: sql.Composable) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(MAKING + statement).format(**self.parts, **more))

    def _one(self, statement: LiteralString, **more: sql.Composable) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(MAKING + statement).format(**self.parts, **more))
            return cursor.fetchone()[0]


def _drop(table_id: int, name: str) -> bool:
    """Drop a projection and its trigger; False when somebody reads or writes the table: then not again for a while."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [DROP_WAIT])
            if partitions.exists(table_id):
                trigger = sql.SQL("DROP TRIGGER IF EXISTS {} ON {}")
                cursor.execute(trigger.format(sql.Identifier(name), partitions.partition(table_id)))
            projections.drop_relations(name)
    except DatabaseError as error:
        log.info("The projection %s is dropped later: %s", name, error)
        projections.let_go(name)
        with suppress(DatabaseError):
            comment(name, f"{HELD}{int(time.time())}")
        return False
    return True


@contextmanager
def _no_time_limit() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '0', false)")
        try:
            yield
        finally:
            cursor.execute("RESET statement_timeout")
