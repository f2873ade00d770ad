"""Where rows stand: the index of a row, the row at an index, kept exact without ever counting a table.

A table's rows are ordered by `position`. `Block` rows cut that order into pieces of about 1,000 and know how many
rows each holds, so row N is a sum over the blocks before it and a short walk inside one. Measured at 1M rows: see
docs/measured.md. Every function that writes here needs the Table's row lock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from django.db import connection

from tables.models import POSITION_SHIFT

# Rows per block. Larger: a longer walk inside a block (0.3 us a row); smaller: a longer sum over blocks (0.4 us each).
BLOCK_ROWS = 1_000
BLOCK_SPLIT = 2_500
KEPT_TABLES = 200  # whose blocks a process keeps: 1M rows take 16 kB
HIGHEST = 2**63 - 1
LOWEST = -(2**63)  # the first block of a table starts below every position


def start(table_id: int) -> None:
    """The one empty block of a new table."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tables_block (table_id, first, rows) VALUES (%s, %s, 0)", [table_id, LOWEST])


class Blocks(NamedTuple):
    """A table's blocks in order: their first positions, and how many rows stand before each (one entry more: the total)."""

    firsts: list[int]
    before: list[int]

    def find(self, index: int, size: int) -> tuple[int, int, int]:
        """Where `size` rows from row `index` on are: from a position, up to another (not included), after so many rows."""
        at = bisect_right(self.before, index, hi=len(self.firsts)) - 1
        end = bisect_left(self.before, index + size, hi=len(self.firsts))
        return self.firsts[at], self.firsts[end] if end < len(self.firsts) else HIGHEST, index - self.before[at]


def blocks(table_id: int, rows_version: int) -> Blocks:
    """The table's blocks as of `rows_version`, kept per process: a sum over 1,000 blocks takes PostgreSQL 1.4 ms."""
    known = _kept.get(table_id)
    if known is None or known[0] != rows_version:
        known = _read_blocks(table_id)
        _kept[table_id] = known
        while len(_kept) > KEPT_TABLES:
            _kept.pop(next(iter(_kept)), None)
    return known[1]


def _read_blocks(table_id: int) -> tuple[int, Blocks]:
    """The blocks with the version they belong to, in one statement, so that neither is newer than the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.rows_version, array_agg(b.first ORDER BY b.first), array_agg(b.rows ORDER BY b.first)"
            " FROM tables_table t JOIN tables_block b ON b.table_id = t.id WHERE t.id = %s GROUP BY t.rows_version",
            [table_id],
        )
        version, firsts, rows = cursor.fetchone() or (-1, [LOWEST], [0])
    return version, Blocks(firsts, list(accumulate(rows, initial=0)))


_kept: dict[int, tuple[int, Blocks]] = {}


def index_of(table_id: int, rows_version: int, position: int) -> int:
    """How many rows stand before `position`, as of `rows_version`."""
    known = blocks(table_id, rows_version)
    at = bisect_right(known.firsts, position) - 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM tables_row WHERE table_id = %s AND position >= %s AND position < %s",
            [table_id, known.firsts[at], position],
        )
        walked: int = cursor.fetchone()[0]
    return known.before[at] + walked


def extend(table_id: int, first_id: int, rows: int) -> None:
    """Count `rows` loaded rows with consecutive ids from `first_id`, which stand after all others of lower id."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tables_block (table_id, first, rows)
            SELECT %(t)s, (%(first)s::bigint + i) << %(shift)s, least(%(size)s, %(rows)s - i)
            FROM generate_series(0::bigint, %(rows)s::bigint - 1, %(size)s) AS i
            """,
            {"t": table_id, "first": first_id, "rows": rows, "size": BLOCK_ROWS, "shift": POSITION_SHIFT},
        )


def count_changes(table_id: int, positions: Sequence[int], sign: int) -> None:
    """Rows were added (sign 1) or removed (sign -1) at these positions; blocks grown too large are split."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH changed AS (
                SELECT (SELECT max(first) FROM tables_block WHERE table_id = %(t)s AND first <= p) AS first, count(*) AS n
                FROM unnest(%(positions)s::bigint[]) AS p GROUP BY 1
            )
            UPDATE tables_block b SET rows = b.rows + %(sign)s * changed.n
            FROM changed WHERE b.table_id = %(t)s AND b.first = changed.first
            RETURNING b.first, b.rows
            """,
            {"t": table_id, "positions": list(positions), "sign": sign},
        )
        changed = cursor.fetchall()
    for first, rows in changed:
        if rows > BLOCK_SPLIT:
            _split(table_id, first)
        elif rows == 0 and first != LOWEST:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM tables_block WHERE table_id = %s AND first = %s", [table_id, first])


def _split(table_id: int, first: int) -> None:
    """Replace one block by blocks of BLOCK_ROWS, by looking at the rows it really holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH following AS (SELECT min(first) AS first FROM tables_block WHERE table_id = %(t)s AND first > %(first)s),
            numbered AS (
                SELECT position, (row_number() OVER (ORDER BY position) - 1) / %(size)s AS piece
                FROM tables_row WHERE table_id = %(t)s AND position >= %(first)s
                  AND position < coalesce((SELECT first FROM following), 9223372036854775807)
            ),
            pieces AS (SELECT piece, min(position) AS first, count(*) AS rows FROM numbered GROUP BY piece)
            INSERT INTO tables_block (table_id, first, rows)
            SELECT %(t)s, CASE WHEN piece = 0 THEN %(first)s ELSE first END, rows FROM pieces
            ON CONFLICT (table_id, first) DO UPDATE SET rows = excluded.rows
            """,
            {"t": table_id, "first": first, "size": BLOCK_ROWS},
        )
