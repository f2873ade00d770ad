"""Making a table's projection in the background, and dropping it (tables/projections.py)."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, Protocol

from django.db import DatabaseError, connection, transaction
from psycopg import sql

from tables import partitions
from tables.models import Table
from tables.projections import (
    GRACE_SECONDS,
    MAKING,
    PASSED,
    READY,
    Projection,
    comment,
    define,
    is_wanted,
    may_make,
    there_are,
    values_of,
    wanted_columns,
)

log = logging.getLogger(__name__)

TRIGGER_WAIT = "2s"  # for those who write to the table just now; meanwhile others who want to write wait, too
DROP_WAIT = "200ms"  # for those who read the table; meanwhile others who want to read wait, too
MOST_CHANGED = 50_000  # rows written while one was made that it catches up with: 30 s


class Order(Protocol):
    """An index of a projection by an order: its name, and what stands behind ON."""

    @property
    def name(self) -> str: ...
    @property
    def on(self) -> sql.Composable: ...


def take_step(table: Table, orders: Callable[[Projection], Sequence[Order]] = lambda projection: ()) -> bool | None:
    """Drop a projection or make one; None when there is nothing to do, False when not now. Outside of a transaction.

    `orders` are the indexes that a new one is to have. The caller holds the table's advisory lock (tables/indexes.py), so one
    that is not READY was left by a killed process.
    """
    there = there_are(table.pk)
    kept = next((name for name, state in there.items() if state.startswith(READY)), None) if is_wanted(table) else None
    for name, state in there.items():
        if name != kept:
            if state.startswith(READY):
                comment(name, PASSED)
                time.sleep(GRACE_SECONDS)
            return _drop(table.pk, name)
    if not is_wanted(table) or not may_make(table, there[kept] if kept else ""):
        return None
    try:
        _Making(table, orders).make()
    except (DatabaseError, _Outrun) as error:
        log.info("The projection of table %s was not made: %s", table.pk, error)
        return False  # somebody held the table's lock, a load wants it, or it is gone: the next time
    return True


class _Outrun(Exception):
    """More was written meanwhile than can be caught up with."""


class _Making:
    """A projection that is being made: filled and indexed in peace, then given its trigger, then brought up to date."""

    def __init__(self, table: Table, orders: Callable[[Projection], Sequence[Order]]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(oid::bigint), 0) + 1 FROM pg_class")
            self.name = f"tables_projection_{table.pk:d}_{cursor.fetchone()[0]}"
        self.table, self.orders = table, orders
        self.values = values_of(wanted_columns(table))
        self.parts = {
            "name": sql.Identifier(self.name),
            "rows": partitions.partition(table.pk),
            "names": sql.SQL(", ").join(sql.Identifier(each.name) for each in self.values),
            "values": sql.SQL(", ").join(each.value for each in self.values),
        }

    def make(self) -> None:
        with _no_time_limit():
            since = self._fill()
            self._begin_to_follow()
            self._catch_up(since)
            if not connection.in_atomic_block:
                self._run("VACUUM (ANALYZE) {name}")
        with transaction.atomic():
            # Those who pass it by take the same lock.
            self._run("LOCK TABLE {name} IN SHARE UPDATE EXCLUSIVE MODE")
            if there_are(self.table.pk).get(self.name) != PASSED:
                comment(self.name, f"{READY}{int(time.time())}")

    def _fill(self) -> str:
        """Make it of the rows as they are now; all that transactions from the one of this number on write may be missing."""
        with transaction.atomic():
            since = self._one("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
            # By all cores: unasked PostgreSQL thinks it too dear to hand rows from one process to another.
            self._run("SET LOCAL parallel_tuple_cost = 0")
            self._run("CREATE TABLE {name} ({names}) AS SELECT {values} FROM {rows}")
            self._run("CREATE UNIQUE INDEX ON {name} (id)")
            for order in self.orders(Projection(self.name, frozenset(each.name for each in self.values))):
                self._run("CREATE INDEX {index} ON {on}", index=sql.Identifier(order.name), on=order.on)
        return str(since)

    def _begin_to_follow(self) -> None:
        changed = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(each.name)) for each in self.values if each.name != "id"]
        body = sql.SQL(
            "BEGIN IF TG_OP = 'DELETE' THEN DELETE FROM {name} WHERE id = OLD.id;"
            " ELSE INSERT INTO {name} ({names}) SELECT {values} FROM (SELECT NEW.*) AS r"
            " ON CONFLICT (id) DO UPDATE SET {changed};"
            " END IF; RETURN NULL; END"
        )
        with transaction.atomic():
            define(self.name, body.format(**self.parts, changed=sql.SQL(", ").join(changed)))
            # Waits for those who are writing: after it, whatever is written comes here, or can be seen and caught up with.
            self._run("SELECT set_config('lock_timeout', {wait}, true)", wait=sql.Literal(TRIGGER_WAIT))
            self._run("CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {rows} FOR EACH ROW EXECUTE FUNCTION {name}()")

    def _catch_up(self, since: str) -> None:
        # The age of a transaction is how many came after it.
        changed = self._one(
            "SELECT coalesce(array_agg(id), '{{}}') FROM"
            " (SELECT id FROM {rows} WHERE age(xmin) <= age({since}::xid8::xid) LIMIT {most}) AS r",
            since=sql.Literal(since),
            most=sql.Literal(MOST_CHANGED + 1),
        )
        if len(changed) > MOST_CHANGED:
            raise _Outrun(f"more than {MOST_CHANGED:,} rows were written meanwhile")
        for row_id in changed:
            # Nothing is changed, but the trigger is called. One by one: who locks two can wait for somebody who waits for him.
            self._run("UPDATE {rows} SET position = position WHERE id = {id}", id=sql.Literal(row_id))
        if not self._is_level():
            self._run("DELETE FROM {name} AS p WHERE NOT EXISTS (SELECT FROM {rows} AS r WHERE r.id = p.id)")
            if not self._is_level():
                raise _Outrun("rows came and went meanwhile")

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
    """Drop a projection, its trigger and its function; False when somebody reads or writes the table for too long."""
    named = sql.Identifier(name)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [DROP_WAIT])
            cursor.execute(
                sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(named, partitions.partition(table_id))
                if partitions.exists(table_id)
                else sql.SQL("SELECT")
            )
            cursor.execute(sql.SQL("DROP FUNCTION IF EXISTS {0}(); DROP TABLE IF EXISTS {0}").format(named))
    except DatabaseError:
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
