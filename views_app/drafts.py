"""A filter as the panel's form holds it: also with conditions that are begun and not finished.

The form's fields are named by their place in the tree: f is the whole, f.0 its first item, f.0.1 the second item of that.

    f.match=all   f.0.column=3   f.0.operator=contains   f.0.value=x   f.0.editor=text   f.1.match=any   f.1.0.column=...
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from tables.columns.date import is_date
from tables.query.definition import MOST_CONDITIONS, MOST_LEVELS, BadQuery, Condition, Group, filter_json, read_filter
from tables.query.filters import THE_ROW, Columns, cell_of, editor_texts, parse, resolve
from tables.query.operators import OPERATORS, Operator, operators_of

ROOT = "f"
_FIELD = re.compile(r"f((?:\.\d{1,3})*)\.(match|column|operator|value|editor|kept)")
# How a value is typed or picked, by what the operator takes. Where two operators share an editor, what is typed stays.
EDITORS = {
    "nothing": "",
    "text": "text",
    "whole text": "text",
    "number": "text",
    "length": "text",
    "texts": "lines",
    "two numbers": "two",
    "day": "day",
    "two days": "days",
    "count and unit": "span",
    "choice": "pick",
    "choices": "pick",
    "people": "pick",
    "anything": "kept",
}
_TYPED = ("text", "lines", "two")  # what fits one column may fit another; days and picks do not


@dataclass
class DraftCondition:
    """One condition. `kept` is one that can be taken away, but not edited: it is dead, or came from a cell's own value."""

    column: int
    operator: str
    texts: list[str] = field(default_factory=list)
    kept: Condition | None = None


@dataclass
class DraftGroup:
    match: str = "all"
    items: "list[DraftCondition | DraftGroup]" = field(default_factory=list)


Item = DraftCondition | DraftGroup


def draft_of(group: Group | None, columns: Columns) -> DraftGroup:
    """The form of a filter as it is written down."""
    if group is None:
        return DraftGroup()
    items: list[Item] = [
        draft_of(item, columns) if isinstance(item, Group) else _draft_condition(item, columns) for item in group.items
    ]
    return DraftGroup(group.match, items)


def _draft_condition(condition: Condition, columns: Columns) -> DraftCondition:
    draft = DraftCondition(condition.column, condition.operator)
    operator = operator_of(draft, columns)
    if operator is None or not operator.offered or resolve(Group("all", (condition,)), columns)[1]:
        draft.kept = condition
    elif EDITORS[operator.takes.key] in ("day", "days"):
        # A day as the browser's own field for days takes it; other words as a person writes them.
        values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        shown = editor_texts(condition, columns)
        draft.texts = [str(value) if is_date(value) else text for value, text in zip(values, shown, strict=True)]
    else:
        draft.texts = editor_texts(condition, columns)
    return draft


def operator_of(draft: DraftCondition, columns: Columns) -> Operator | None:
    cell = cell_of(draft.column, columns)
    return OPERATORS[cell.family].get(draft.operator) if cell else None


def begun(columns: Columns, key: int | None = None) -> DraftCondition:
    """A new condition on a column, or on the first one."""
    key = next(iter(columns), THE_ROW) if key is None else key
    draft = DraftCondition(key, "")
    _fit(draft, "", columns)
    return draft


def _fit(draft: DraftCondition, editor: str, columns: Columns) -> None:
    """Where the operator does not fit the column, take its first; what was typed into another `editor` goes."""
    cell = cell_of(draft.column, columns)
    if cell is None:
        raise BadQuery("This column was deleted. Reload the page.")
    offered = operators_of(cell.kind)
    operator = next((each for each in offered if each.key == draft.operator), offered[0])
    draft.operator = operator.key
    if editor != editor_name(draft.column, operator):
        draft.texts = []
    if operator.takes.fields >= 0:
        draft.texts = draft.texts[: operator.takes.fields]


def editor_name(key: int, operator: Operator) -> str:
    """The editor that a value was typed into: the same name means that the value may stay."""
    editor = EDITORS[operator.takes.key]
    return editor if editor in _TYPED else f"{editor}:{key}"


# --- Reading the form ----------------------------------------------------------------------------------------------------


def read_draft(form: QueryDict, columns: Columns) -> DraftGroup:
    """The tree of a form. Raises BadQuery for what the form would not send, and for more than a filter may have."""
    tree: dict[tuple[int, ...], dict[str, list[str]]] = {(): {}}
    for name in form:
        found = _FIELD.fullmatch(name)
        if found:
            place = tuple(int(part) for part in found[1].split(".")[1:])
            tree.setdefault(place, {})[found[2]] = form.getlist(name)
    if len(tree) > 3 * MOST_CONDITIONS:
        raise BadQuery(f"A filter has at most {MOST_CONDITIONS} conditions.")
    return _read_group(tree, (), columns)


_Tree = Mapping[tuple[int, ...], Mapping[str, list[str]]]


def _read_group(tree: _Tree, place: tuple[int, ...], columns: Columns) -> DraftGroup:
    if len(place) >= MOST_LEVELS:
        raise BadQuery(f"Groups of conditions stand in each other at most {MOST_LEVELS} levels deep.")
    items: list[Item] = []
    for below in sorted(each for each in tree if each[:-1] == place and each):
        is_group = "match" in tree[below]
        items.append(_read_group(tree, below, columns) if is_group else _read_condition(tree[below], columns))
    return DraftGroup("any" if tree[place].get("match") == ["any"] else "all", items)


def _read_condition(fields: Mapping[str, list[str]], columns: Columns) -> DraftCondition:
    if "kept" in fields:
        return _read_kept(fields["kept"][-1])
    column = fields.get("column", [""])[-1]
    if not column.isascii() or not column.isdigit() or len(column) > 9:
        raise BadQuery("A condition of this form names no column. Reload the page.")
    draft = DraftCondition(int(column), fields.get("operator", [""])[-1], fields.get("value", []))
    editor = fields.get("editor", [""])[-1]
    if editor == "lines":
        draft.texts = [line for text in draft.texts for line in text.splitlines() if line.strip()]
    _fit(draft, editor, columns)
    return draft


def _read_kept(text: str) -> DraftCondition:
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # halves of characters are JSON to Python alone
        (condition,) = read_filter(["all", found]).items
    except (ValueError, RecursionError):
        raise BadQuery("A condition of this form cannot be read. Reload the page.") from None
    if isinstance(condition, Group):
        raise BadQuery("A condition of this form cannot be read. Reload the page.")
    return DraftCondition(condition.column, condition.operator, kept=condition)


def kept_text(condition: Condition) -> str:
    return json.dumps(filter_json(Group("all", (condition,)))[1], ensure_ascii=False)


# --- Changing it ---------------------------------------------------------------------------------------------------------


def change(draft: DraftGroup, what: str, columns: Columns) -> str:
    """Do what a button says: `add:f.1`, `group:f`, `remove:f.1.0`. Returns the place where the focus belongs."""
    verb, _, path = what.partition(":")
    if verb in ("add", "group"):
        group = _at(draft, path)
        if not isinstance(group, DraftGroup):
            raise BadQuery("This group is not there any more. Reload the page.")
        group.items.append(DraftGroup("any", [begun(columns)]) if verb == "group" else begun(columns))
        new = f"{path}.{len(group.items) - 1}"
        _check_limits(draft)
        return f"{new}.0" if verb == "group" else new
    if verb == "remove":
        above, _, at = path.rpartition(".")
        group = _at(draft, above) if above else None
        if not isinstance(group, DraftGroup) or not _is_place(at, group.items):
            raise BadQuery("This condition is not there any more. Reload the page.")
        del group.items[int(at)]
        return f"{above}.{min(int(at), len(group.items) - 1)}" if group.items else above
    return ""


def _at(draft: DraftGroup, path: str) -> Item | None:
    steps = path.split(".")
    found: Item = draft
    for step in steps[1:]:
        if not isinstance(found, DraftGroup) or not _is_place(step, found.items):
            return None
        found = found.items[int(step)]
    return found if steps[0] == ROOT else None


def _is_place(text: str, items: Sequence[Item]) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5 and int(text) < len(items)


def _check_limits(draft: DraftGroup) -> None:
    if sum(1 for _ in draft_conditions(draft)) > MOST_CONDITIONS:
        raise BadQuery(f"A filter has at most {MOST_CONDITIONS} conditions.")
    if _depth(draft) > MOST_LEVELS:
        raise BadQuery(f"Groups of conditions stand in each other at most {MOST_LEVELS} levels deep.")


def draft_conditions(draft: DraftGroup) -> Iterator[DraftCondition]:
    for item in draft.items:
        if isinstance(item, DraftGroup):
            yield from draft_conditions(item)
        else:
            yield item


def _depth(draft: DraftGroup) -> int:
    return 1 + max((_depth(item) for item in draft.items if isinstance(item, DraftGroup)), default=0)


# --- What it means -------------------------------------------------------------------------------------------------------


def finished(draft: DraftGroup, columns: Columns) -> tuple[Group | None, dict[str, str]]:
    """The filter of those conditions that are finished, and a sentence for each place whose value cannot be read."""
    problems: dict[str, str] = {}
    group = _finished(draft, ROOT, columns, problems)
    if group.items:
        read_filter(filter_json(group))  # has it grown too large?
    return (group if group.items else None), problems


def _finished(draft: DraftGroup, path: str, columns: Columns, problems: dict[str, str]) -> Group:
    items: list[Any] = []
    for at, item in enumerate(draft.items):
        place = f"{path}.{at}"
        if isinstance(item, DraftGroup):
            inner = _finished(item, place, columns, problems)
            items += [inner] if inner.items else []
        elif item.kept:
            items.append(item.kept)
        elif not is_begun(item, columns):
            try:
                items.append(parse(item.column, item.operator, item.texts, columns))
            except BadQuery as bad:
                problems[place] = str(bad)
    return Group("any" if draft.match == "any" else "all", tuple(items))


def is_begun(draft: DraftCondition, columns: Columns) -> bool:
    """Whether a part of its value is still missing."""
    operator = operator_of(draft, columns)
    if operator is None:
        return True
    filled = [text for text in draft.texts if text]
    return len(filled) < max(operator.takes.fields, 1) if operator.takes.fields else False
