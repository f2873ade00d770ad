"""What the panels of the toolbar show: the filter's tree, the levels of an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from tables.columns import kind_of
from tables.columns.date import is_date
from tables.columns.select import lookup
from tables.models import Column
from tables.query.definition import MOST_CONDITIONS, MOST_LEVELS, BadQuery, Condition, Group, Sort
from tables.query.filters import THE_ROW, Columns, cell_of, resolve, sentence
from tables.query.operators import OPERATORS, operators_of
from tables.query.operators.values import UNITS
from views_app.drafts import EDITORS, ROOT, DraftCondition, DraftGroup, draft_conditions, editor_name, kept_text

People = Mapping[int, str]
# How a person calls the two directions of a column, by what its kind holds.
DIRECTIONS = {
    "text": ("A → Z", "Z → A"),
    "number": ("1 → 9", "9 → 1"),
    "date": ("old → new", "new → old"),
    "datetime": ("old → new", "new → old"),
    "choice": ("first → last", "last → first"),
    "choices": ("first → last", "last → first"),
    "flag": ("unchecked → checked", "checked → unchecked"),
}


def directions(column: Column) -> tuple[str, str]:
    """Upwards and downwards, in words."""
    return DIRECTIONS[kind_of(column.kind).family]


# --- The filter ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawing:
    """What every part of the filter's form needs: columns, people, the sentences of what is wrong, where the focus goes."""

    columns: Columns
    people: People
    problems: Mapping[str, str]
    focus: str = ""  # a place
    focus_on: str = ""  # ... and what there: column, value, remove


def drawn_filter(draft: DraftGroup, drawing: Drawing, root: str = ROOT) -> dict[str, Any]:
    """The form of a filter for templates/views_app/filter_group.html; its fields' names begin with `root`."""
    names = [(column.key, column.name) for column in drawing.columns.values()]
    return {
        "root": _drawn_group(draft, root, drawing),
        "names": [*names, (THE_ROW, "The row itself")],
        "is_full": sum(1 for _ in draft_conditions(draft)) >= MOST_CONDITIONS,
    }


def _drawn_group(draft: DraftGroup, path: str, drawing: Drawing) -> dict[str, Any]:
    level = path.count(".") + 1
    items = []
    for at, item in enumerate(draft.items):
        place = f"{path}.{at}"
        items.append(_drawn_group(item, place, drawing) if isinstance(item, DraftGroup) else _drawn(item, place, drawing))
    return {
        "path": path,
        "id": _id(path),
        "is_group": True,
        "match": draft.match,
        "items": items,
        "level": level,
        "may_nest": level < MOST_LEVELS,
        "focus": drawing.focus_on if drawing.focus == path else "",
    }


def _drawn(draft: DraftCondition, path: str, drawing: Drawing) -> dict[str, Any]:
    focus = drawing.focus_on if drawing.focus == path else ""
    line: dict[str, Any] = {"path": path, "id": _id(path), "focus": focus}
    if draft.kept:
        problems = resolve(Group("all", (draft.kept,)), drawing.columns)[1]
        words = sentence(draft.kept, drawing.columns, drawing.people)
        return {**line, "kept": kept_text(draft.kept), "sentence": words, "dead": " ".join(problems)}
    cell = cell_of(draft.column, drawing.columns)
    assert cell is not None  # or it would be kept
    operator = OPERATORS[cell.family][draft.operator]
    editor = EDITORS[operator.takes.key]
    texts = [*draft.texts, "", ""]
    return {
        **line,
        "column": draft.column,
        "name": cell.name,
        "operator": draft.operator,
        "operators": [(each.key, each.label) for each in operators_of(cell.kind)],
        "editor": editor,
        "editor_name": editor_name(draft.column, operator),
        "is_number": operator.takes.key in ("number", "two numbers", "length"),
        "fields": _fields(editor, texts),
        "lines": "\n".join(draft.texts),
        "count": texts[0],
        "unit": draft.texts[1] if len(draft.texts) > 1 else UNITS[0],
        "units": UNITS,
        "picks": _picks(draft, operator.takes.key, drawing) if editor == "pick" else (),
        "is_single": operator.takes.fields == 1,
        "problem": drawing.problems.get(path, ""),
    }


def _fields(editor: str, texts: Sequence[str]) -> list[dict[str, Any]]:
    """The one or two fields of a text, a number or a day. What is no plain day (today, a moment) is edited as text."""
    count = {"text": 1, "day": 1, "two": 2, "days": 2}.get(editor, 0)
    is_day = editor in ("day", "days") and all(not text or is_date(text) for text in texts)
    return [{"text": text, "is_day": is_day, "at": at} for at, text in enumerate(texts[:count])]


def _picks(draft: DraftCondition, takes: str, drawing: Drawing) -> list[dict[str, Any]]:
    if takes == "people":
        return [
            {"value": str(key), "name": name, "color": "gray", "on": str(key) in draft.texts}
            for key, name in drawing.people.items()
        ]
    choices = lookup(drawing.columns[draft.column].options).options
    return [
        {"value": each["id"], "name": each["name"], "color": each["color"], "on": each["id"] in draft.texts} for each in choices
    ]


def problem_places(draft: DraftGroup, problems: Mapping[str, str], root: str = ROOT) -> list[dict[str, str]]:
    """For every condition of the form the sentence beside it, or none."""
    return [{"id": _id(path), "problem": problems.get(path, "")} for path in _places(draft, root)]


def _places(draft: DraftGroup, path: str) -> list[str]:
    found = []
    for at, item in enumerate(draft.items):
        place = f"{path}.{at}"
        found += _places(item, place) if isinstance(item, DraftGroup) else [place] if not item.kept else []
    return found


def _id(path: str) -> str:
    return path.replace(".", "-")


def joined(group: Group | None, condition: Condition | Group) -> Group:
    """A filter that asks for one thing more."""
    if group is None:
        return Group("all", (condition,))
    if condition in group.items and group.match == "all":
        return group
    if group.match == "all" or len(group.items) == 1:
        return Group("all", (*group.items, condition))
    return Group("all", (group, condition))


# --- The order -----------------------------------------------------------------------------------------------------------


def read_levels(form: QueryDict) -> list[Sort]:
    """The levels of an order as the form of a sort or group panel has them; a column counts once."""
    levels: dict[int, Sort] = {}
    for column, direction in zip(form.getlist("column"), form.getlist("direction"), strict=False):
        if not column.isascii() or not column.isdigit() or len(column) > 9:
            raise BadQuery("A level of this form names no column. Reload the page.")
        levels.setdefault(int(column), Sort(int(column), direction == "down"))
    return list(levels.values())


def change_levels(levels: list[Sort], what: str, columns: Columns, most: int) -> int:
    """Do what a button says: `add`, `remove:1`, `up:1`, `down:1`. Returns the level where the focus belongs, or -1."""
    verb, _, place = what.partition(":")
    if verb == "add":
        free = next((key for key in columns if key not in {level.column for level in levels}), None)
        if free is None or len(levels) >= most:
            raise BadQuery(f"At most {most} columns can be given here.")
        levels.append(Sort(free))
        return len(levels) - 1
    if verb not in ("remove", "up", "down"):
        return -1
    if not place.isascii() or not place.isdigit() or len(place) > 4 or int(place) >= len(levels):
        raise BadQuery("This level is not there any more. Reload the page.")
    at = int(place)
    level = levels.pop(at)
    if verb == "remove":
        return min(at, len(levels) - 1)
    to = max(0, at - 1) if verb == "up" else min(len(levels), at + 1)
    levels.insert(to, level)
    return to


def drawn_levels(levels: Sequence[Sort], columns: Columns, most: int) -> dict[str, Any]:
    """The form of an order for templates/views_app/order_panel.html."""
    taken = {level.column for level in levels}
    drawn = [
        {
            "at": at,
            "column": level.column,
            "name": columns[level.column].name,
            "names": [(each.key, each.name) for each in columns.values() if each.key == level.column or each.key not in taken],
            "descending": level.descending,
            "directions": directions(columns[level.column]),
        }
        for at, level in enumerate(levels)
    ]
    return {"levels": drawn, "may_add": len(levels) < most and len(taken) < len(columns)}
