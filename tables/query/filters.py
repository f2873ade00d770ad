"""Filters: which of a filter's conditions can be asked, as SQL, and as a sentence."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from psycopg import sql

from tables.columns import kind_of
from tables.columns.base import BadValue, quoted
from tables.columns.date import is_date
from tables.columns.datetime import stored_moment
from tables.models import Column
from tables.query.definition import MOST_VALUE, BadQuery, Condition, Group, conditions
from tables.query.operators import OPERATORS, Calendar, Cell, Operator
from tables.query.operators.row import reads_changes

ANY_WRITE = 0  # among the columns read: a field of the row itself that every write changes
THE_ROW = 0  # the column of conditions on the row itself

Columns = Mapping[int, Column]


@dataclass(frozen=True)
class Asked:
    """A condition that can be asked: its value has been read."""

    cell: Cell
    operator: Operator
    value: Any


def resolve(group: Group, columns: Columns) -> tuple[Group, list[str]]:
    """The part of a filter that can be asked, and a sentence for each condition that cannot. Never raises."""
    problems: list[str] = []
    return _living(group, columns, problems), problems


def check(group: Group, columns: Columns) -> None:
    """Raise BadQuery with the first of `resolve`'s sentences, if there is one."""
    problems = resolve(group, columns)[1]
    if problems:
        raise BadQuery(problems[0])


def _living(group: Group, columns: Columns, problems: list[str]) -> Group:
    items: list[Condition | Group] = []
    for item in group.items:
        if isinstance(item, Group):
            inner = _living(item, columns, problems)
            items += [inner] if inner.items else []
            continue
        try:
            asked = _asked(item, columns)
        except BadQuery as bad:
            problems.append(str(bad))
            continue
        if isinstance(asked.value, tuple) and isinstance(item.value, tuple) and len(asked.value) < len(item.value):
            problems.append(f"The condition on {quoted(asked.cell.name)} names choices that were deleted; they are left out.")
        items.append(replace(item, value=asked.value))
    return Group(group.match, tuple(items))


def cell_of(key: int, columns: Columns, *, ordered: bool = False, people: Mapping[int, str] | None = None) -> Cell | None:
    """What a condition on this column is about; None when there is no such column."""
    if key == THE_ROW:
        return Cell(THE_ROW, "The row", people=people)
    column = columns.get(key)
    return Cell(key, column.name, kind_of(column.kind), column.options, ordered) if column else None


def _asked(condition: Condition, columns: Columns, ordered: Collection[int] = ()) -> Asked:
    cell = cell_of(condition.column, columns, ordered=condition.column in ordered)
    if cell is None:
        raise BadQuery("A condition on a deleted column is left out.")
    operator = OPERATORS[cell.family].get(condition.operator)
    if operator is None:
        kind = f"A “{cell.kind.label}” column" if cell.kind else "A row"
        raise BadQuery(f"{kind} has no filter {quoted(condition.operator)}: the condition on {quoted(cell.name)} is left out.")
    try:
        return Asked(cell, operator, operator.takes.read(condition.value, cell))
    except BadValue as bad:
        raise BadQuery(f"The condition “{_short(cell.name)} {operator.saying} …” is left out. {bad}") from None


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:40] + "…"


def parse(key: int, operator: str, texts: Sequence[str], columns: Columns) -> Condition:
    """The condition of a form: a column's key (0: the row), an operator and its fields' texts. Raises BadQuery."""
    cell = cell_of(key, columns)
    if cell is None:
        raise BadQuery("This column was deleted.")
    found = OPERATORS[cell.family].get(operator)
    if found is None:
        raise BadQuery(f"{quoted(cell.name)} has no filter {quoted(operator)}.")
    try:
        value = found.takes.parse(texts, cell)
    except BadValue as bad:
        raise BadQuery(f"“{_short(cell.name)} {found.saying} …”: {bad}") from None
    if any(isinstance(item, str) and len(item) > MOST_VALUE for item in (value if isinstance(value, tuple) else (value,))):
        raise BadQuery(f"A condition's value has at most {MOST_VALUE:,} characters.")
    return Condition(key, operator, value)


def editor_texts(condition: Condition, columns: Columns) -> list[str]:
    """What the fields of a condition's form start with; none when its value does not fit its operator."""
    try:
        asked = _asked(condition, columns)
    except BadQuery:
        return []
    return asked.operator.takes.texts(asked.value, asked.cell)


def filter_sql(group: Group, columns: Columns, *, zone: tzinfo, today: date, ordered: Collection[int] = ()) -> sql.Composable:
    """A boolean over the fields of tables_row, to be run without parameters. What cannot be asked is left out.

    `ordered` are the keys of columns whose order stands in a learned index (tables/indexes.py) or in the projection: their
    conditions are asked so that these can answer, for which a scan of the rows would pay (1.6 x a condition's cost).
    """
    calendar = Calendar(zone, today)
    compiled = _group_sql(group, columns, calendar, ordered)
    return compiled if compiled else sql.SQL("TRUE")


def _group_sql(group: Group, columns: Columns, calendar: Calendar, ordered: Collection[int]) -> sql.Composable | None:
    parts: list[sql.Composable] = []
    for item in group.items:
        if isinstance(item, Group):
            inner = _group_sql(item, columns, calendar, ordered)
            parts += [inner] if inner else []
            continue
        try:
            asked = _asked(item, columns, ordered)
        except BadQuery:
            continue
        parts.append(asked.operator.sql(asked.cell, asked.value, calendar))
    if not parts:
        return None
    return sql.SQL("({})").format(sql.SQL(" AND " if group.match == "all" else " OR ").join(parts))


def columns_read(group: Group, columns: Columns) -> frozenset[int]:
    """The keys of the columns whose cells decide; ANY_WRITE among them where what every write changes does too."""
    return frozenset(_reads(group, columns))


def columns_answered(group: Group, columns: Columns) -> frozenset[int]:
    """The keys of the columns with a condition that an index by the column's order would answer."""
    found = set()
    for condition in conditions(group):
        cell = cell_of(condition.column, columns)
        operator = OPERATORS[cell.family].get(condition.operator) if cell else None
        if operator and operator.ordered and cell and not cell.field:
            found.add(condition.column)
    return frozenset(found)


def _reads(group: Group, columns: Columns) -> Iterator[int]:
    for condition in conditions(group):
        if condition.column == THE_ROW:
            yield from [ANY_WRITE] if reads_changes(condition.operator) else []
        elif condition.column in columns:
            field = kind_of(columns[condition.column].kind).row_field
            yield ANY_WRITE if field == "modified_at" else condition.column


def sentence(condition: Condition, columns: Columns, people: Mapping[int, str] | None = None) -> str:
    """A condition in words, as on its chip: Amount is more than 10. Never raises."""
    cell = cell_of(condition.column, columns, people=people)
    if cell is None:
        return "A deleted column"
    operator = OPERATORS[cell.family].get(condition.operator)
    if operator is None:
        return f"{cell.name} {quoted(condition.operator)}"
    try:
        shown = operator.takes.shown(operator.takes.read(condition.value, cell), cell)
    except BadValue:
        shown = "…"
    return f"{cell.name} {operator.saying} {shown}".rstrip()


def filter_sentence(group: Group, columns: Columns, people: Mapping[int, str] | None = None) -> str:
    """A whole filter in words: Amount is more than 10 and (City is “Oslo” or Country is empty)."""
    parts = []
    for item in group.items:
        if isinstance(item, Condition):
            parts.append(sentence(item, columns, people))
        elif inner := filter_sentence(item, columns, people):
            parts.append(f"({inner})" if len(item.items) > 1 and len(group.items) > 1 else inner)
    return (" and " if group.match == "all" else " or ").join(parts)


def quick(column: Column, value: Any) -> Condition:
    """“Only this”: the condition that holds for just the rows whose cell has this stored value (None: an empty cell).

    Raises BadQuery for a value that no condition can name: more than 10,000 characters, or lists in lists.
    """
    if value is None:
        return Condition(column.key, "empty")
    family = kind_of(column.kind).family
    if value is True and family == "flag":
        return Condition(column.key, "checked")
    if isinstance(value, datetime):  # a row's own time
        value = value.astimezone(UTC).isoformat()[:19] + "Z"
    stored = tuple(value) if isinstance(value, list) else value
    # A text that another kind left in a column of dates can be a filter's word for a day.
    is_misfit = (family == "date" and not is_date(value)) or (family == "datetime" and not stored_moment(value))
    for operator in ("same",) if is_misfit else (_TELLS_APART.get(family, "same"), "same"):
        condition = Condition(column.key, operator, stored)
        if _is_named(condition, column):
            return condition
    raise BadQuery(f"What this cell of {quoted(column.name)} holds cannot be filtered for.")


# The operator of a family that holds for one stored value alone. Texts have none: theirs do not see case.
_TELLS_APART = {"number": "=", "date": "is", "datetime": "is", "choice": "is", "choices": "exactly"}


def _is_named(condition: Condition, column: Column) -> bool:
    items = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if any(isinstance(item, str) and len(item) > MOST_VALUE for item in items):
        return False
    try:
        return bool(_asked(condition, {column.key: column}).value == condition.value)
    except BadQuery:
        return False
