"""The partition that holds one table's rows: made, filled by a load, attached, dropped.

Attaching takes no lock on the parent that a reader or writer would wait for; detaching and dropping do, so that is
done only in the background and CONCURRENTLY (see `drop`).
"""

from contextlib import suppress

from django.db import OperationalError, ProgrammingError, connection, transaction
from psycopg import sql

# (suffix of the index's name, indexed column)
INDEXES = (("id", "id"), ("position", "position"))


def partition(table_id: int) -> sql.Identifier:
    return sql.Identifier(f"tables_row_{table_id:d}")


def exists(table_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"tables_row_{table_id:d}"])
        found: bool = cursor.fetchone()[0]
    return found


def create_detached(name: str, table_id: int) -> None:
    """An empty table shaped like a partition, outside of it, without indexes: the fastest thing to COPY into."""
    with connection.cursor() as cursor:
        # The CHECK is what lets ATTACH skip reading the rows; autovacuum would only compete with the load.
        cursor.execute(
            sql.SQL(
                "CREATE TABLE {name} (LIKE tables_row INCLUDING DEFAULTS, CONSTRAINT {check} CHECK (table_id = {id}))"
                " WITH (autovacuum_enabled = off); ALTER TABLE {name} ALTER COLUMN table_id SET DEFAULT {id}"
            ).format(name=sql.Identifier(name), check=sql.Identifier(f"{name}_check"), id=sql.Literal(table_id))
        )


def create_index(name: str, suffix: str, column: str) -> None:
    """Build one of INDEXES on the table `name`; two may run at the same time."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE UNIQUE INDEX {index} ON {name} ({column})").format(
                index=sql.Identifier(f"{name}_{suffix}"), name=sql.Identifier(name), column=sql.Identifier(column)
            )
        )


def attach(name: str, table_id: int) -> None:
    """Make a detached, indexed table the partition of a table that has none: its rows are visible on commit."""
    final = f"tables_row_{table_id:d}"
    with connection.cursor() as cursor:
        if name != final:
            cursor.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(final)))
            for suffix, _ in INDEXES:
                cursor.execute(
                    sql.SQL("ALTER INDEX {} RENAME TO {}").format(
                        sql.Identifier(f"{name}_{suffix}"), sql.Identifier(f"{final}_{suffix}")
                    )
                )
        cursor.execute(
            sql.SQL(
                "ALTER TABLE {final} RESET (autovacuum_enabled);"
                " ALTER TABLE tables_row ATTACH PARTITION {final} FOR VALUES IN ({id});"
                " ALTER TABLE {final} DROP CONSTRAINT {check}, ALTER COLUMN table_id DROP DEFAULT"
            ).format(final=sql.Identifier(final), id=sql.Literal(table_id), check=sql.Identifier(f"{name}_check"))
        )


def analyze(table_id: int) -> None:
    """Gather statistics right after a load: autovacuum would come a minute later, and until then PostgreSQL plans blindly.

    0.4 s at any size, as PostgreSQL looks at 30,000 rows.
    """
    with suppress(OperationalError, ProgrammingError), connection.cursor() as cursor:  # the table may be gone by now
        cursor.execute(sql.SQL("ANALYZE {}").format(partition(table_id)))


def ensure(table_id: int) -> None:
    """Make the table's partition if it has none. The caller holds the Table's row lock, so no two make it at once."""
    if exists(table_id):
        return
    name = f"tables_row_{table_id:d}"
    with transaction.atomic():
        create_detached(name, table_id)
        for suffix, column in INDEXES:
            create_index(name, suffix, column)
        attach(name, table_id)


def drop_detached(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))


def drop(table_id: int) -> None:
    """Drop a table's rows for good, without a lock that readers of other tables would wait for.

    Must run outside a transaction. Killed half-way, the next call goes on where it stopped.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.inhdetachpending FROM pg_inherits i WHERE i.inhrelid = to_regclass(%s)", [f"tables_row_{table_id:d}"]
        )
        attached = cursor.fetchone()
        if attached:
            how = sql.SQL("FINALIZE" if attached[0] else "CONCURRENTLY")
            cursor.execute(sql.SQL("ALTER TABLE tables_row DETACH PARTITION {} {}").format(partition(table_id), how))
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(partition(table_id)))
