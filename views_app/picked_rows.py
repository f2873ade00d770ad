"""The rows and columns that a request picks, and what a change to them is answered with."""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, QueryDict

from bases.access import person
from tables import edits
from tables.columns.base import BadValue
from tables.copying import refuse_copy
from tables.edits import Cut, Moved, Picked, Report, cuts
from tables.models import MAX_COLUMNS, Table
from tables.query import RowQuery
from views_app.answers import VERSION, number
from views_app.asked import Asked

IDS_AT_ONCE = 100_000


def picked(request: HttpRequest, query: RowQuery, what: str) -> Picked:
    """`ids=1,2,3`, or by index `from` .. `to` (both included) in the view's order `order`, as of `version`.

    With ids, `at` is the index of the first. `what` is done with them, as in "deleted". Raises BadValue, TooMany, Moved.
    """
    if "from" in request.POST:
        first, last = number(request.POST.get("from"), "from"), number(request.POST.get("to"), "to")
        seen = number(request.POST.get("version"), "version", most=VERSION)
        return edits.picked_range(query, first, last, request.POST.get("order", ""), seen, what)
    ids = _numbers(request.POST.get("ids", ""), "ids", edits.ROWS_LIMIT)
    at = number(request.POST["at"], "at") if "at" in request.POST else None
    return edits.picked_ids(ids, what, at)


def picked_size(params: QueryDict) -> int:
    """How many rows are picked, by index or by id. Raises BadValue."""
    if "from" in params:
        return max(0, number(params.get("to"), "to") - number(params.get("from"), "from") + 1)
    return len(row_ids(params, edits.ROWS_LIMIT))


def picked_many(params: QueryDict, query: RowQuery) -> list[int]:
    """The same rows as `picked`, any number of them by index. Raises BadValue, Moved."""
    return ids_between(params, query) if "from" in params else row_ids(params, edits.ROWS_LIMIT)


def picked_keys(params: QueryDict) -> list[int]:
    """The columns of `keys=3,1,2`, in that order. Raises BadValue."""
    return list(dict.fromkeys(_numbers(params.get("keys", ""), "keys", MAX_COLUMNS)))


def read_ids(params: QueryDict, query: RowQuery, columns: int) -> Sequence[int]:
    """For copying: the rows of `from` .. `to` in the order `order` as of `version`, or of `ids`.

    Raises BadValue, Moved, TooMany.
    """
    if "from" not in params:
        return _numbers(params.get("ids", ""), "ids", edits.ROWS_LIMIT)
    first, size = _span(params, query)
    refuse_copy(size, columns)
    if size <= IDS_AT_ONCE:
        return _ids(params, query, first, size)
    # 4 bytes each: a list of them all, on its way from the database, would be 40 times as large.
    found = array("I")
    for at in range(first, first + size, IDS_AT_ONCE):
        found.extend(_ids(params, query, at, min(IDS_AT_ONCE, first + size - at)))
    if Table.objects.get(pk=query.table.pk).rows_version != query.table.rows_version:
        raise Moved
    return found


def ids_between(params: QueryDict, query: RowQuery) -> list[int]:
    """Any number of rows: `from` .. `to` (both included) in the order `order` as of `version`. Raises BadValue, Moved."""
    return _ids(params, query, *_span(params, query))


def _span(params: QueryDict, query: RowQuery) -> tuple[int, int]:
    """The index of the first row, and how many there are at most."""
    first, last = number(params.get("from"), "from"), number(params.get("to"), "to")
    return first, max(0, min(last + 1, query.table.row_count) - first)


def _ids(params: QueryDict, query: RowQuery, first: int, size: int) -> list[int]:
    if not query.definition.is_everything:
        ids = query.shown_ids(params.get("order", ""), first, size)
        if ids is None:
            raise Moved
        return ids
    if query.table.rows_version > number(params.get("version"), "version", most=VERSION):
        raise Moved
    return query.ids(first, size)


def cut_of(request: HttpRequest, table: Table) -> tuple[Cut | None, bool]:
    """Where a block was cut from, and whether it was cut at all.

    `cut_keys` and `cut_at` (as `at` of picked()), with `cut_ids` and `cut_version`; or with `cut`, the name of what the server
    has kept of a large one, which it may know no more. Raises BadValue.
    """
    params = request.POST
    if "cut_ids" not in params and not params.get("cut"):
        return None, False
    keys = list(dict.fromkeys(_numbers(params.get("cut_keys", ""), "cut_keys", MAX_COLUMNS)))
    first = number(params.get("cut_at"), "cut_at") if "cut_at" in params else None
    if "cut_ids" not in params:
        return cuts.find(table, person(request), params["cut"], keys, first), True
    ids = _numbers(params.get("cut_ids", ""), "cut_ids", edits.ROWS_LIMIT)
    seen = number(params.get("cut_version"), "cut_version", most=VERSION)
    return Cut(list(dict.fromkeys(ids)), keys, seen, first), True


def row_ids(params: QueryDict, most: int) -> list[int]:
    """The rows of `ids=1,2,3`. Raises BadValue."""
    return _numbers(params.get("ids", ""), "ids", most)


def flag(params: Mapping[str, str], name: str) -> bool:
    return params.get(name, "") in ("1", "true", "on")


def place(params: Mapping[str, str]) -> dict[str, int]:
    """`above=<row id>` or `below=<row id>`: {} for neither. Raises BadValue."""
    return {name: number(params[name], name) for name in ("above", "below") if params.get(name)}


def place_by_hand(params: Mapping[str, str], query: RowQuery) -> dict[str, int]:
    """The place to which rows of this view are moved. Raises BadValue for none, or where the view has an order of its own."""
    if query.definition.order:
        raise BadValue("This view is sorted or grouped, so its rows cannot be moved by hand.")
    where = place(params)
    if not where:
        raise BadValue("Say where the rows go: “above” or “below” is a row's id.")
    return where


def after(wanted: Asked, table: Table, *, rows_changed: bool = True) -> dict[str, Any]:
    """How the view stands after a change: {"version", "count", "order"}.

    Where only cells were written in a view that chooses or orders rows, "count" and "order" are left out: the browser asks
    for them (/order/) when the person has left the place, since rows stay where they are until then.
    """
    if not rows_changed and not wanted.query.definition.is_everything:
        return {"version": table.version}
    count, name = RowQuery(table, wanted.query.definition).standing()
    return {"count": count, "order": name, "version": table.version}


def told(*reports: Report) -> dict[str, Any]:
    """What could not be done: {"problems": the first ones, "problem_count": of all}."""
    return {
        "problems": [problem for report in reports for problem in report.problems],
        "problem_count": sum(report.count for report in reports),
    }


def counted(count: int, word: str) -> str:
    return f"1 {word}" if count == 1 else f"{count:,} {word}s"


def _numbers(text: str, name: str, most: int) -> list[int]:
    parts = [part for part in text.split(",", most + 1) if part]
    if len(parts) > most:
        raise BadValue(f"“{name}” holds at most {most:,} numbers.")
    return [number(part, name) for part in parts]
