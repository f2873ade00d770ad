"""Reading all rows of a table, or a sample of them, in one statement."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from tables.query.over_projection import over_projection

ROWS = sql.SQL("tables_row")
# About 5,000 rows of a million, read in 3 ms: enough to guess by, and nothing that is shown rests on it.
SAMPLE = sql.SQL("tables_row TABLESAMPLE SYSTEM (0.5) REPEATABLE (1)")

# A setting of PostgreSQL under which workers sort their share of all rows and the backend only merges: unasked it thinks
# that too dear for a million rows, and sorts them alone, in 1.2 to 1.7 s instead of 0.8 to 0.9.
SIDE_BY_SIDE = ("parallel_tuple_cost", "0.005")


def scan(
    where: sql.Composable, table_id: int, values: Mapping[str, sql.Composable], source: sql.Composable = ROWS
) -> sql.Composable:
    """A subquery of the rows that gives these values by name, each computed once for a row; to be run at once.

    PostgreSQL would put the expressions in the place of their names, and compute a number again for each of its
    aggregates. It does not where a volatile function stands beside them: six aggregates of one number take 0.78 s of
    CPU instead of 1.73. This one is the cheapest that parallel workers may call. (OFFSET 0 would keep them out.)
    """
    once = [sql.SQL("clock_timestamp() AS once")]
    parts = (where, *values.values())
    if source is ROWS and (found := over_projection(table_id, parts)):
        source, parts = found
        once = []  # columns: cheaper to read twice than to hold
    fields = [sql.SQL("{} AS {}").format(value, sql.Identifier(name)) for name, value in zip(values, parts[1:], strict=True)]
    return sql.SQL("(SELECT {fields} FROM {source} WHERE table_id = {table} AND ({where})) AS r").format(
        fields=sql.SQL(", ").join([*fields, *once]), source=source, table=sql.Literal(table_id), where=parts[0]
    )


def fetch(statement: sql.Composable) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@contextmanager
def planned(setting: str, value: str) -> Iterator[None]:
    """Run statements under another setting of PostgreSQL's planner, and no other statement of this connection."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s), set_config(%s, %s, true)", [setting, setting, value])
        before = cursor.fetchone()[0]
        yield
        # Inside somebody else's transaction it would last to the end of that.
        cursor.execute("SELECT set_config(%s, %s, true)", [setting, before])
