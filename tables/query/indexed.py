"""A Definition as SQL for statements that go for all of its rows: by the table's indexes and its projection."""

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo

from psycopg import sql

from tables.indexes import answering
from tables.models import Column
from tables.query.definition import Definition
from tables.query.filters import columns_answered, filter_sql
from tables.query.over_projection import columns_held, over_projection
from tables.query.search import Indexed, indexed_sql, search_sql

LEARNED_AT_ONCE = 3  # columns of one filter


def learnable(definition: Definition, columns: Mapping[int, Column]) -> list[tuple[int, bool]]:
    """The columns whose indexes by order would serve a view, and whether descending: of its sort and its filter."""
    sort = [(each.column, each.descending) for each in definition.order[:1]]
    filtered = columns_answered(definition.filter, columns) if definition.filter else ()
    return sort + [(key, False) for key in sorted(filtered)[:LEARNED_AT_ONCE] if key not in dict(sort)]


def indexed_where(definition: Definition, columns: Sequence[Column], zone: tzinfo, today: date) -> Indexed | None:
    """The same rows as `compiled` asks for, so that an index or the projection can answer; None when there is none that could."""
    by_key = {column.key: column for column in columns}
    read = sorted(columns_answered(definition.filter, by_key)) if definition.filter else []
    is_filtered = bool(definition.filter and definition.filter.items)
    if not columns or (not is_filtered and not definition.search):
        return None
    held = _held(definition, columns, zone, today) if is_filtered and not definition.search else None
    if not read and held is None and not definition.search:
        return None
    ready = answering(columns[0].table_id, [by_key[key] for key in read])
    if held is not None:
        return Indexed(held, reads_all=not ready.of_projection)
    if not ready.search and not ready.of_rows:
        return None
    filtered = None
    searched: Indexed | None = None
    if definition.filter and is_filtered:
        filtered = filter_sql(definition.filter, by_key, zone=zone, today=today, ordered=ready.of_rows)
    if definition.search:
        chosen = [by_key[key] for key in definition.searched if key in by_key]
        accents = definition.accents
        searched = indexed_sql(definition.search, chosen, zone=zone, accents=accents) if ready.search else None
        if searched is None:
            exact = search_sql(definition.search, chosen, zone=zone, accents=accents)
            searched = Indexed(exact or sql.SQL("FALSE"), reads_all=True)
    parts = [filtered] if filtered is not None else []
    parts += [searched.where] if searched else []
    return Indexed(sql.SQL(" AND ").join(parts), reads_all=not ready.of_rows and (searched is None or searched.reads_all))


def _held(definition: Definition, columns: Sequence[Column], zone: tzinfo, today: date) -> sql.Composable | None:
    """The filter, asked by what its columns are sorted by; None where the table's projection does not hold all of it."""
    table_id = columns[0].table_id
    ordered = columns_held(table_id)
    if not ordered or not definition.filter:
        return None
    by_key = {column.key: column for column in columns}
    filtered = filter_sql(definition.filter, by_key, zone=zone, today=today, ordered=ordered)
    return filtered if over_projection(table_id, [filtered]) else None
