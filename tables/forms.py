"""Forms of tables and columns. What a kind's options may be is checked by the kind itself; here is only how they are asked."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from tables.columns import COLORS, KINDS, Kind
from tables.schema import DESCRIPTION_LENGTH, NAME_LENGTH
from tables.starters import STARTERS

CHOICE_KINDS = ("select", "multi_select")


def name_field(what: str) -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": f"A {what} needs a name."},
    )


class NewTableForm(forms.Form):
    name = name_field("table")
    starter = forms.ChoiceField(choices=[(key, starter.label) for key, starter in STARTERS.items()], initial="blank")


class RenameTableForm(forms.Form):
    name = name_field("table")


class ColumnForm(forms.Form):
    name = name_field("column")
    description = forms.CharField(
        label="Description", required=False, max_length=DESCRIPTION_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )


class NewColumnForm(forms.Form):
    name = name_field("column")
    kind = forms.ChoiceField(choices=[(key, kind.label) for key, kind in KINDS.items()], initial="text")
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


@dataclass(frozen=True)
class Setting:
    """One option of a kind: a choice when it has choices, a yes/no when `flag`, else a short text."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    flag: bool = False


_DECIMALS = Setting("decimals", "Decimals", (("", "As typed"), *((str(n), str(n)) for n in range(11))))
_THOUSANDS = Setting("thousands", "Separate thousands (1,234,567)", flag=True)
_FORMAT = Setting(
    "format", "Format", (("iso", "2026-12-31"), ("eu", "31.12.2026"), ("us", "12/31/2026"), ("long", "31 Dec 2026"))
)
SETTINGS: dict[str, tuple[Setting, ...]] = {
    "number": (_DECIMALS, _THOUSANDS),
    "currency": (Setting("symbol", "Symbol"), _DECIMALS, _THOUSANDS),
    "percent": (_DECIMALS,),
    "rating": (Setting("max", "Stars", tuple((str(n), str(n)) for n in range(1, 11))),),
    "date": (_FORMAT,),
    "datetime": (_FORMAT, Setting("clock", "Clock", (("24", "18:30"), ("12", "6:30 pm")))),
}


def shown_options(kind: Kind, options: dict[str, Any]) -> dict[str, Any]:
    """What the options' template needs: {"settings": [(Setting, value as text)], "choices": [...], "colors": [...]}."""
    return {
        "settings": [(setting, _as_text(options.get(setting.name))) for setting in SETTINGS.get(kind.key, ())],
        "has_choices": kind.key in CHOICE_KINDS,
        "choices": options.get("options", []),
        "colors": COLORS,
    }


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def read_options(kind: Kind, data: QueryDict) -> dict[str, Any]:
    """The options as the form gives them, unchecked. An unticked box is sent as nothing, so it becomes ""."""
    if kind.key in CHOICE_KINDS:
        parts = zip(data.getlist("choice_id"), data.getlist("choice_name"), data.getlist("choice_color"), strict=False)
        # A line left empty is no choice; a choice that is there and loses its name is a mistake to tell.
        return {"options": [{"id": i, "name": n, "color": c} for i, n, c in parts if i or n.strip()]}
    return {setting.name: data.get(setting.name, "") for setting in SETTINGS.get(kind.key, ())}
