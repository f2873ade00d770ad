"""Colour rules as the panel's form holds them: also such whose conditions are begun and not finished.

The form's fields are named by the rule's place; those of its filter as in views_app/drafts.py, behind that place:

    r0.on=row   r0.color=red   r0f.match=all   r0f.0.column=3   r0f.0.operator=...   r1.on=6   r1.color=...
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from tables.columns.select import COLORS
from tables.query.definition import BadQuery, Group
from tables.query.filters import Columns
from views_app.colors import MOST_COLORS, ColorRule, colors_json, read_colors
from views_app.drafts import ROOT, DraftGroup, begun, change, draft_conditions, draft_of, finished, read_draft
from views_app.panels import Drawing, drawn_filter, problem_places

_FIELD = re.compile(rf"r(\d{{1,3}})(?:\.(on|color)|({ROOT}\..*))")
_PLACE = re.compile(rf"r(\d{{1,3}})({ROOT}[.\d]*)?")
GONE = "This rule is not there any more. Reload the page."


@dataclass
class DraftRule:
    column: int | None  # whose cells get the color; None for whole rows
    color: str
    filter: DraftGroup = field(default_factory=DraftGroup)


def draft_rules(rules: Sequence[ColorRule], columns: Columns) -> list[DraftRule]:
    """The form of colour rules as they are written down."""
    return [DraftRule(rule.column, rule.color, draft_of(rule.filter, columns)) for rule in rules]


def begun_rule(rules: Sequence[DraftRule], columns: Columns) -> DraftRule:
    """A new rule: whole rows, in a color that no other rule has, with a condition to be finished."""
    taken = {rule.color for rule in rules}
    color = next((color for color in COLORS if color not in taken), COLORS[0])
    return DraftRule(None, color, DraftGroup("all", [begun(columns)]))


def read_rules(form: QueryDict, columns: Columns) -> list[DraftRule]:
    """The rules of a form. Raises BadQuery for what the form would not send, and for more than a view may have."""
    own: dict[int, dict[str, str]] = {}
    filters: dict[int, QueryDict] = {}
    for name in form:
        found = _FIELD.fullmatch(name)
        if not found:
            continue
        at = int(found[1])
        fields = own.setdefault(at, {})
        if found[2]:
            fields[found[2]] = form.getlist(name)[-1]
        else:
            filters.setdefault(at, QueryDict(mutable=True)).setlist(found[3], form.getlist(name))
    if len(own) > MOST_COLORS:
        raise BadQuery(f"A view has at most {MOST_COLORS} color rules; this has {len(own):,}.")
    return [
        DraftRule(_column(own[at]), own[at].get("color", ""), read_draft(filters.get(at, QueryDict()), columns))
        for at in sorted(own)
    ]


def _column(fields: Mapping[str, str]) -> int | None:
    on = fields.get("on", "")
    if on == "row":
        return None
    if not on.isascii() or not on.isdigit() or len(on) > 9:
        raise BadQuery("A rule of this form says neither that it colors rows nor a column. Reload the page.")
    return int(on)


def change_rules(rules: list[DraftRule], what: str, columns: Columns) -> str:
    """Do what a button says: `rule` (a new one), `drop:r1`, `up:r1`, `down:r1`, or in a rule's filter `add:r1f.0` and the like.

    Returns the place where the focus belongs: of a rule, or of something in its filter.
    """
    verb, _, path = what.partition(":")
    if verb == "rule":
        if len(rules) >= MOST_COLORS:
            raise BadQuery(f"A view has at most {MOST_COLORS} color rules.")
        rules.append(begun_rule(rules, columns))
        return f"r{len(rules) - 1}"
    if verb not in ("drop", "up", "down", "add", "group", "remove"):
        return ""
    found = _PLACE.fullmatch(path)
    if not found or int(found[1]) >= len(rules):
        raise BadQuery(GONE)
    at = int(found[1])
    if verb in ("add", "group", "remove"):
        inside = change(rules[at].filter, f"{verb}:{found[2] or ''}", columns)
        return f"r{at}{inside}"
    rule = rules.pop(at)
    if verb == "drop":
        return f"r{min(at, len(rules) - 1)}"
    to = max(0, at - 1) if verb == "up" else at + 1
    rules.insert(to, rule)
    return f"r{min(to, len(rules) - 1)}"


def finished_rules(rules: Sequence[DraftRule], columns: Columns) -> tuple[tuple[ColorRule, ...], dict[str, str]]:
    """The rules that say something, and a sentence for each place whose value cannot be read.

    A rule without conditions colors everything; one whose conditions are all unfinished nothing yet.
    """
    made: list[ColorRule] = []
    problems: dict[str, str] = {}
    for at, rule in enumerate(rules):
        group, wrong = finished(rule.filter, columns)
        problems |= {f"r{at}{place}": sentence for place, sentence in wrong.items()}
        if group is None and any(True for _ in draft_conditions(rule.filter)):
            continue
        made.append(ColorRule("row" if rule.column is None else "cell", rule.column, rule.color, group or Group("all")))
    return read_colors(colors_json(made)), problems


def drawn_rules(rules: Sequence[DraftRule], drawing: Drawing) -> dict[str, Any]:
    """The form of colour rules for templates/views_app/color_form.html."""
    columns = drawing.columns
    drawn = [
        {
            "id": f"r{at}",
            "column": rule.column,
            "color": rule.color,
            "is_gone": rule.column is not None and rule.column not in columns,
            "is_last": at == len(rules) - 1,
            "focus": drawing.focus == f"r{at}",
            **drawn_filter(rule.filter, drawing, f"r{at}{ROOT}"),
        }
        for at, rule in enumerate(rules)
    ]
    return {
        "rules": drawn,
        "columns": list(columns.values()),
        "colors": COLORS,
        "may_add": len(rules) < MOST_COLORS,
        "most": MOST_COLORS,
    }


def rule_places(rules: Sequence[DraftRule], problems: Mapping[str, str]) -> list[dict[str, str]]:
    """For every condition of the form the sentence beside it, or none."""
    return [place for at, rule in enumerate(rules) for place in problem_places(rule.filter, problems, f"r{at}{ROOT}")]
