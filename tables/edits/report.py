"""What of an action could not be done, told cell by cell."""

from dataclasses import dataclass, field
from typing import Any

from tables.models import Column

LISTED = 100  # problems that are told one by one
CUT = 100  # characters of a text in a problem


@dataclass
class Report:
    """Problems: {"line", "row", "number", "key", "column", "text", "reason"}.

    `line` counts the rows of the action from 0, `row` is the row's id and `number` its place in the view from 1; each is null
    where it is not known or the problem is a whole column's.
    """

    problems: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    most: int = LISTED

    def cell(self, line: int, row: int | None, first: int | None, column: Column, text: str, reason: str) -> None:
        """`first` is the index of the action's first row in the view, if that is known."""
        number = None if first is None else first + line + 1
        self._add(line=line, row=row, number=number, key=column.key, column=column.name, text=_cut(text), reason=reason)

    def column(self, column: Column, reason: str) -> None:
        self._add(line=None, row=None, number=None, key=column.key, column=column.name, text="", reason=reason)

    def whole(self, reason: str) -> None:
        """Something that is no single cell's or column's."""
        self._add(line=None, row=None, number=None, key=None, column="", text="", reason=reason)

    def _add(self, **problem: Any) -> None:
        self.count += 1
        if len(self.problems) < self.most:
            self.problems.append({**problem, "text": _storable(problem["text"]), "reason": _storable(problem["reason"])})


def _storable(text: str) -> str:
    """A text with signs in the place of what neither PostgreSQL nor UTF-8 holds, which is often just the problem."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def read_only(column: Column) -> str:
    return f"“{column.name}” is filled in by Rowan and cannot be edited."


def _cut(text: str) -> str:
    return text if len(text) <= CUT else text[:CUT] + "…"
