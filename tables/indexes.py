"""Indexes that a table gets beside its own two: one for search, and some for orders; and when its projection is made.

They are made and dropped in the background, CONCURRENTLY, so no reader or writer waits; those that a projection has from
the beginning are made with it, before anybody sees it. Nothing here keeps a state of its own: `tend` compares what a table
should have with what PostgreSQL has, and makes them equal; after a crash it is simply called again. A build that was
killed leaves an index that is not valid, or a projection that is not ready: it is dropped first.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone
from psycopg import sql

from tables import partitions, projection_making, projections
from tables.columns import kind_of
from tables.models import Column, Index, Table
from tables.projections import Projection
from tables.query.compiled import sort_expression

log = logging.getLogger(__name__)

SEARCH_ROWS = 20_000  # below, reading all rows for a search takes 50 ms
LEARN_ROWS = 50_000  # below, sorting all rows takes 50 ms
USED_SECONDS = 60  # how often the use of an index is noted
RETRY_SECONDS = 3600  # after a build failed
LOCK_WAIT = "10min"  # for a transaction that was begun before the build and does not end
LOAD_WAIT = "5s"  # the same for a load, which then adds its rows the slow way
# Rows that came after an index was built wait in a list, which `tidy` sorts in at once: an edit costs 0.04 ms more instead of
# 1.5, 100,000 new rows 7 s instead of 88. Every search reads the list, and a write that fills it up sorts it in itself: 24 MB
# are about 9,000 rows. Of five undos of 10,000 deleted rows (and of a paste of 10,000 x 20) the slowest took 1.26 s (1.40) with
# 64 MB, 0.96 (0.97) with 32, 0.90 (0.94) with 24, 0.93 (1.02) with 16.
PENDING_LIMIT = 24 * 1024  # kB
# A load that adds a larger share of the rows drops the index first, and it is made anew; with the search index goes the
# projection. A new row costs the search index 70 us and one for an order 5; building them 45 and 1.3 us a row, but of all
# rows, and after the load.
SET_ASIDE_SEARCH = 0.05
SET_ASIDE_LEARNED = 0.2

# Where nobody has asked yet the orders of these families are made before others': a guess at what people sort by.
SORTED_FIRST = ("number", "date", "datetime")

TABLE_LOCK = 0x726F78  # advisory locks: one process tends to a table, or loads much into it
BUILD_LOCK = 0x726F79  # one build at a time in all: each takes all cores, and CONCURRENTLY waits for the others anyway


@dataclass(frozen=True)
class Wanted:
    """An index that a table should have."""

    name: str
    column: int  # its key, Index.SEARCH for the search index
    descending: bool
    on: sql.Composable  # what stands behind ON


# --- What a table should have --------------------------------------------------------------------------------------------


def search_name(table_id: int) -> str:
    return f"tables_row_{table_id:d}_search"


def wanted(table: Table) -> list[Wanted]:
    """The indexes that a table should have, those first that are missed most."""
    found = []
    if table.row_count > SEARCH_ROWS and _has_trigrams():
        on = sql.SQL("{} USING gin (rowan_document(data) gin_trgm_ops) WITH (gin_pending_list_limit = {})")
        rows = partitions.partition(table.pk)
        found.append(Wanted(search_name(table.pk), Index.SEARCH, False, on.format(rows, sql.Literal(PENDING_LIMIT))))
    if table.row_count > LEARN_ROWS:
        found += _wanted_orders(table)
    failed = _failed_lately(table)
    return [each for each in found if (each.column, each.descending) not in failed]


def _failed_lately(table: Table) -> set[tuple[int, bool]]:
    retry = timezone.now() - timedelta(seconds=RETRY_SECONDS)
    return set(table.indexes.filter(failed_at__gt=retry).values_list("column", "descending"))


def _wanted_orders(table: Table) -> list[Wanted]:
    projection = projections.find(table.pk) if projections.may_exist(table.row_count) else None
    if projection is None and _is_projection_due(table):
        return []  # it comes first, and they stand on it
    return _orders_of(table, projection)


def _orders_of(table: Table, projection: Projection | None) -> list[Wanted]:
    """The orders that were asked for last; of a table with a projection ORDERS_AHEAD, too, before anybody asks."""
    columns = {column.key: column for column in table.live_columns()}
    used = table.indexes.filter(column__in=columns).order_by("-last_used")[: settings.LEARNED_INDEXES]
    orders = [(index.column, index.descending) for index in used]
    if projection and len(orders) < settings.ORDERS_AHEAD:
        # Of ten million rows one takes 10 s to make with the projection, and gives the whole order in 1.5 s instead of 5 to 8;
        # and a row that is added takes 0.1 ms longer, so that 10,000 that come back take 8 s with eight.
        ahead = sorted(columns.values(), key=lambda column: kind_of(column.kind).family not in SORTED_FIRST)
        orders += [(column.key, False) for column in ahead if kind_of(column.kind).key != "long_text"]
        orders = list(dict.fromkeys(orders))[: settings.ORDERS_AHEAD]
    return [_wanted_order(table.pk, columns[key], descending, projection) for key, descending in orders]


def _wanted_order(table_id: int, column: Column, descending: bool, projection: Projection | None) -> Wanted:
    """An index by a column's order: of the table's projection, where that holds it, or of its rows."""
    direction = sql.SQL("DESC" if descending else "ASC")
    suffix = _suffix(column, descending)
    if projection and projections.is_held(projection, column):
        # With the id in it, so that an order of ids is read from the index alone.
        on = sql.SQL("{} ({} {} NULLS LAST, position) INCLUDE (id)").format(
            sql.Identifier(projection.name), projections.sorted_by(column), direction
        )
        return Wanted(f"{projection.name}{suffix}", column.key, descending, on)
    # The whole ORDER BY of a view that is sorted by the column: nothing is left to sort, also among equal cells.
    on = sql.SQL("{} (({}) {} NULLS LAST, position)").format(partitions.partition(table_id), sort_expression(column), direction)
    return Wanted(f"tables_row_{table_id:d}{suffix}", column.key, descending, on)


def _suffix(column: Column, descending: bool) -> str:
    """The end of an index's name tells what it is made of: other options of the column make another one."""
    direction = sql.SQL("DESC" if descending else "ASC")
    by = sql.SQL("(({}) {} NULLS LAST, position)").format(sort_expression(column), direction)
    connection.ensure_connection()
    return f"_s_{sha256(by.as_string(connection.connection).encode()).hexdigest()[:12]}"


def _has_trigrams() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')")
        found: bool = cursor.fetchone()[0]
    return found


def _there(table_id: int) -> dict[str, bool]:
    """The names of a table's indexes of this kind, and whether each is valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE pg_table_is_visible(c.oid) AND (c.relname ~ %s OR c.relname ~ %s)",
            [rf"^tables_row_{table_id:d}_(search|s_[0-9a-f]+)$", rf"^tables_projection_{table_id:d}_[0-9]+_s_[0-9a-f]+$"],
        )
        return dict(cursor.fetchall())


class Answering(NamedTuple):
    """Which indexes are ready: the search index, and of which columns one of an order, of the rows and of the projection."""

    search: bool
    of_rows: frozenset[int]
    of_projection: frozenset[int]


def answering(table_id: int, columns: Iterable[Column]) -> Answering:
    """Which indexes may be asked now, of these columns those of orders."""
    ready = {name for name, valid in _there(table_id).items() if valid}
    suffixes = [(column.key, _suffix(column, descending)) for column in columns for descending in (False, True)]

    def of(relation: str) -> frozenset[int]:
        return frozenset(key for key, suffix in suffixes if relation + suffix in ready)

    has_more = any(name.startswith("tables_projection_") for name in ready)
    projection = projections.find(table_id) if suffixes and has_more else None
    return Answering(
        search_name(table_id) in ready, of(f"tables_row_{table_id:d}"), of(projection.name) if projection else frozenset()
    )


# --- Learning ------------------------------------------------------------------------------------------------------------


def note_use(table: Table, column: int, descending: bool = False) -> bool:
    """Note that rows were asked for in a column's order; True when it is the first time (see tables/tasks.py: learn).

    Cheap enough for every request of a sorted view: writes at most once a minute.
    """
    if table.row_count <= LEARN_ROWS:
        return False
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO tables_index AS i (table_id, "column", descending, last_used) VALUES (%s, %s, %s, %s)'
            ' ON CONFLICT (table_id, "column", descending) DO UPDATE SET last_used = excluded.last_used'
            " WHERE i.last_used < %s RETURNING xmax = 0",
            [table.pk, column, descending, now, now - timedelta(seconds=USED_SECONDS)],
        )
        found = cursor.fetchone()
    return bool(found and found[0])


# --- Making them equal ---------------------------------------------------------------------------------------------------


def untended() -> list[int]:
    """The ids of the tables that have other indexes than they should have."""
    large = Q(row_count__gt=SEARCH_ROWS) | Q(indexes__isnull=False) | Q(pk__in=projections.tables())
    return [table.pk for table in Table.objects.alive().filter(large).distinct() if _differs(table)]


def _differs(table: Table) -> bool:
    if not partitions.exists(table.pk):
        return False
    if projections.superfluous(table) or _is_projection_due(table):
        return True
    return _there(table.pk) != {each.name: True for each in wanted(table)}


def _is_projection_due(table: Table) -> bool:
    return projections.is_due(table) and (Index.PROJECTION, False) not in _failed_lately(table)


def tend(table_id: int) -> None:
    """Make a table's indexes what they should be. Outside of a transaction; any number may call it at once."""
    with _locked(BUILD_LOCK, 0) as mine:
        while mine and _take_step(table_id):
            pass


def _take_step(table_id: int) -> bool:
    """Drop one index or make one; False when there is nothing more to do, or not now."""
    with _locked(TABLE_LOCK, table_id) as mine:
        table = Table.objects.alive().filter(pk=table_id).first()
        if not mine or table is None or not partitions.exists(table_id):
            return False
        if projection_making.drop_one(table):
            return True
        if _is_projection_due(table):
            made = projection_making.make(table, partial(_orders_of, table))
            if made is not False:
                return bool(made)
            _note_failure(table, Index.PROJECTION)
        needed, there = {each.name: each for each in wanted(table)}, _there(table_id)
        for name, valid in there.items():
            if not valid or name not in needed:
                return _drop(name)
        for name, each in needed.items():
            if name not in there:
                return _build(table, each)
    return False


def _build(table: Table, index: Wanted) -> bool:
    try:
        with connection.cursor() as cursor, _time_limits(LOCK_WAIT):
            cursor.execute(
                sql.SQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS {} ON {}").format(sql.Identifier(index.name), index.on)
            )
    except DatabaseError as error:
        if "canceling statement due to user request" in str(error):  # a load wants the table; it is made again after it
            return False
        log.warning("The index %s could not be built: %s", index.name, error)
        _note_failure(table, index.column, index.descending)
        return True  # what is left of it is dropped
    partitions.analyze(table.pk)  # PostgreSQL keeps statistics of what is indexed
    return True


def _note_failure(table: Table, column: int, descending: bool = False) -> None:
    now = timezone.now()
    with suppress(DatabaseError):  # the table may be gone
        table.indexes.update_or_create(
            column=column,
            descending=descending,
            defaults={"failed_at": now},
            create_defaults={"failed_at": now, "last_used": now},
        )


def _drop(name: str, wait: str = LOCK_WAIT) -> bool:
    try:
        with connection.cursor() as cursor, _time_limits(wait):
            cursor.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(name)))
    except DatabaseError as error:
        log.warning("The index %s could not be dropped: %s", name, error)
        return False
    return True


@contextmanager
def _time_limits(wait: str) -> Iterator[None]:
    """A build takes what it takes, but does not wait for ever for somebody's forgotten transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', %s, false)", [wait])
        try:
            yield
        finally:
            cursor.execute("RESET statement_timeout; RESET lock_timeout")


@contextmanager
def _locked(kind: int, number: int) -> Iterator[bool]:
    """Try to take an advisory lock of the session for the block. A killed process lets go of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, number])
        mine: bool = cursor.fetchone()[0]
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, number])


# --- Loads ---------------------------------------------------------------------------------------------------------------


@contextmanager
def set_aside(table: Table, rows: int) -> Iterator[None]:
    """Drop the indexes that so many new rows would slow down, and let none be built until the block ends.

    The next `tend` makes them anew. Outside of a transaction.
    """
    if not table.row_count or rows <= SET_ASIDE_SEARCH * table.row_count:
        yield
        return
    with taken_over(table.pk):
        projections.retire(table.pk)
        for name in _there(table.pk):
            if name.startswith("tables_row_") and rows > _share(name) * table.row_count:
                _drop(name, LOAD_WAIT)
        yield


def _share(name: str) -> float:
    return SET_ASIDE_SEARCH if name.endswith("_search") else SET_ASIDE_LEARNED


@contextmanager
def taken_over(table_id: int) -> Iterator[None]:
    """Hold the table's lock for the block, so that no index of it is built; whoever builds one now is told to stop.

    A lock that is not to be had is gone without: the build then only makes the load slower.
    """
    with connection.cursor() as cursor:
        stop: tuple[str, list[Any]] = (
            # Only builds: another load holds the same lock.
            "SELECT pg_cancel_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'"
            " AND l.granted AND l.classid = %s AND l.objid = %s AND l.pid <> pg_backend_pid()"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND a.state = 'active' AND (a.query LIKE 'CREATE INDEX CONCURRENTLY%%' OR a.query LIKE %s)",
            [TABLE_LOCK, table_id, f"{projections.MAKING}%"],
        )
        for at in range(100):
            if at % 10 == 0:
                cursor.execute(*stop)  # again, as it may have been between two of its statements
            with _locked(TABLE_LOCK, table_id) as mine:
                if mine or at == 99:
                    yield
                    return
            time.sleep(0.02)


def tidy() -> None:
    """Sort the rows that wait in search indexes into them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid"
            " WHERE c.relname ~ '^tables_row_[0-9]+_search$' AND i.indisvalid"
        )
        for (name,) in cursor.fetchall():
            with suppress(DatabaseError):  # dropped a moment ago
                cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [name])
