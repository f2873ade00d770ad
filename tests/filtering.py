"""A second opinion on filters: which rows one matches, worked out in plain Python, without a look at how SQL does it."""

import calendar
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg import sql

from tables.columns import kind_of
from tables.models import Column, Table
from tables.query.definition import Condition, Group
from tables.query.filters import filter_sql

RELATIVE = {"yesterday": -1, "today": 0, "tomorrow": 1}


@dataclass
class Line:
    """One row, with all its fields."""

    id: int
    data: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    created_by: int | None
    modified_by: int | None


@dataclass
class Judge:
    """Judges rows as one person on one day."""

    columns: dict[int, Column]
    zone: tzinfo
    today: date
    fold: Callable[[str], str]  # the database's own: which letters are the same is not what is tested

    def matches(self, group: Group, line: Line) -> bool:
        if not group.items:
            return True
        each = [self.matches(i, line) if isinstance(i, Group) else self.holds(i, line) for i in group.items]
        return all(each) if group.match == "all" else any(each)

    def holds(self, condition: Condition, line: Line) -> bool:
        name, value = condition.operator, condition.value
        if condition.column == 0:
            return self.row_holds(name, value, line)
        column = self.columns[condition.column]
        kind = kind_of(column.kind)
        cell = getattr(line, kind.row_field) if kind.row_field else line.data.get(str(column.key))
        if name in ("empty", "not_empty"):
            return (cell is None) == (name == "empty")
        if name == "same":
            return same(cell, list(value) if isinstance(value, tuple) else value)
        judge = getattr(self, f"{kind.family}_holds")
        for no, yes in NEGATIONS.items():
            if name == no:
                return cell is None or not judge(yes, value, cell)
        return cell is not None and judge(name, value, cell)

    def text_holds(self, name: str, value: Any, cell: Any) -> bool:
        cell = as_text(cell)
        if name in ("longer", "shorter"):
            return len(cell) > value if name == "longer" else len(cell) < value
        folded = self.fold(cell)
        if name == "any_of":
            return folded in [self.fold(item) for item in value]
        value = self.fold(value)
        return {
            "is": folded == value,
            "contains": value in folded,
            "starts": folded.startswith(value),
            "ends": folded.endswith(value),
        }[name]

    def number_holds(self, name: str, value: Any, cell: Any) -> bool:
        if type(cell) not in (int, float):
            return False
        number = exact(cell)
        if name == "between":
            return min(map(exact, value)) <= number <= max(map(exact, value))
        value = exact(value)
        return {"=": number == value, "<": number < value, "<=": number <= value, ">": number > value, ">=": number >= value}[
            name
        ]

    def flag_holds(self, name: str, value: Any, cell: Any) -> bool:
        return cell is True

    def choice_holds(self, name: str, value: Any, cell: Any) -> bool:
        return isinstance(cell, str) and cell in ([value] if name == "is" else value)

    def choices_holds(self, name: str, value: Any, cell: Any) -> bool:
        if type(cell) is not list:
            return False
        held = {item for item in cell if isinstance(item, str)}
        return {
            "has": value in held,
            "any_of": bool(held & set(value)),
            "all_of": held >= set(value),
            "exactly": held == set(value) and all(isinstance(item, str) for item in cell),
        }[name]

    def date_holds(self, name: str, value: Any, cell: Any) -> bool:
        if not isinstance(cell, str) or len(cell) != 10 or cell[4] != "-" or cell[7] != "-" or not cell[0].isdigit():
            return False
        return self.day_holds(name, value, cell, lambda day: day.isoformat())

    def datetime_holds(self, name: str, value: Any, cell: Any) -> bool:
        if isinstance(cell, str):
            if len(cell) != 20 or cell[10] != "T" or cell[19] != "Z":
                return False
            cell = datetime.fromisoformat(cell)
        if not isinstance(cell, datetime):
            return False
        moment = cell.replace(microsecond=0)
        points = [item for item in (value if isinstance(value, tuple) else [value]) if isinstance(item, str) and "T" in item]
        if not points:
            return self.day_holds(name, value, moment.astimezone(self.zone).date(), lambda day: day)
        return self.moment_holds(name, value, moment)

    def moment_holds(self, name: str, value: Any, moment: datetime) -> bool:
        """At least one end is a moment, which is a second long as a day is a day long."""
        spans = [self.span(item) for item in (value if isinstance(value, tuple) else (value,))]
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        return {
            "is": first <= moment <= last,
            "between": first <= moment <= last,
            "before": moment < first,
            "on_or_before": moment <= last,
            "after": moment > last,
            "on_or_after": moment >= first,
        }[name]

    def span(self, value: str) -> tuple[datetime, datetime]:
        if "T" in value:
            return datetime.fromisoformat(value), datetime.fromisoformat(value)
        day = self.day(value)
        first = datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
        after = day + timedelta(days=1)
        return first, datetime(after.year, after.month, after.day, tzinfo=self.zone).astimezone(UTC) - timedelta(seconds=1)

    def day(self, value: str) -> date:
        return self.today + timedelta(days=RELATIVE[value]) if value in RELATIVE else date.fromisoformat(value)

    def day_holds(self, name: str, value: Any, day: Any, form: Callable[[date], Any]) -> bool:
        """`day` is compared with days in the form it has itself."""
        if name in ("is", "before", "after", "on_or_before", "on_or_after"):
            other = form(self.day(value))
            return {
                "is": day == other,
                "before": day < other,
                "after": day > other,
                "on_or_before": day <= other,
                "on_or_after": day >= other,
            }[name]
        if name == "between":
            ends = sorted(form(self.day(item)) for item in value)
            return bool(ends[0] <= day <= ends[1])
        if name in ("last_n", "next_n"):
            if name == "last_n":
                return bool(form(away(self.today, -value[0], value[1])) < day <= form(self.today))
            return bool(form(self.today) <= day < form(away(self.today, value[0], value[1])))
        try:
            there = day if isinstance(day, date) else date.fromisoformat(day)
        except ValueError:
            there = away(date.fromisoformat(day[:8] + "01"), 1, "months") - timedelta(days=1)  # 31 February, among texts
        when, unit = name.split("_")
        return number_of(unit, there) - number_of(unit, self.today) == {"last": -1, "this": 0, "next": 1}[when]

    def row_holds(self, name: str, value: Any, line: Line) -> bool:
        if name.startswith("not_"):
            return not self.row_holds(name.removeprefix("not_"), value, line)
        if name in ("created_by", "changed_by"):
            return (line.created_by if name == "created_by" else line.modified_by) in value
        verb, _, when = name.partition("_")
        return self.datetime_holds(when, value, line.created_at if verb == "created" else line.modified_at)


NEGATIONS = {
    "is_not": "is",
    "not_contains": "contains",
    "!=": "=",
    "none_of": "any_of",
    "has_not": "has",
    "not_checked": "checked",
}


def number_of(unit: str, day: date) -> int:
    """Which day, week, month, quarter or year of all it is."""
    return {
        "day": day.toordinal(),
        "week": (day.toordinal() - 1) // 7,  # 1 January of the year 1 is a Monday
        "month": day.year * 12 + day.month,
        "quarter": day.year * 4 + (day.month - 1) // 3,
        "year": day.year,
    }[unit]


def away(day: date, count: int, unit: str) -> date:
    """The day so many days, weeks or months away; where a month is too short, its last."""
    if unit != "months":
        return day + timedelta(days=count * {"days": 1, "weeks": 7}[unit])
    year, month = day.year, day.month
    for _ in range(abs(count)):
        month += 1 if count > 0 else -1
        if month in (0, 13):
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1)
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def exact(number: float) -> Decimal:
    return Decimal(repr(number))


def as_text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if type(cell) is float:
        return f"{exact(cell):f}"
    return json.dumps(cell, ensure_ascii=False)


def same(cell: Any, value: Any) -> bool:
    if isinstance(cell, list) and isinstance(value, list):
        return len(cell) == len(value) and all(map(same, cell, value))
    if type(cell) in (int, float) and type(value) in (int, float):
        return exact(cell) == exact(value)
    return type(cell) is type(value) and bool(cell == value)


def ids_found(table: Table, group: Group, zone: tzinfo = UTC, today: date = date(2026, 7, 15), **more: Any) -> set[int]:
    """The ids of the rows that PostgreSQL finds."""
    columns = {column.key: column for column in table.live_columns()}
    compiled = filter_sql(group, columns, zone=zone, today=today, **more)
    with connection.cursor() as cursor:
        query = sql.SQL("SELECT id FROM tables_row WHERE table_id = {} AND {}").format(sql.Literal(table.pk), compiled)
        cursor.execute(query.as_string(cursor.connection))
        return {row[0] for row in cursor.fetchall()}


def lines(table: Table) -> list[Line]:
    """All rows of a table."""
    with connection.cursor() as cursor:
        fields = "id, data::text, created_at, modified_at, created_by, modified_by"
        cursor.execute(f"SELECT {fields} FROM tables_row WHERE table_id = %s", [table.pk])
        return [Line(row[0], json.loads(row[1]), *row[2:]) for row in cursor.fetchall()]
