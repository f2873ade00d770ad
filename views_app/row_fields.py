"""One row with all its fields, large: for its page and the grid's side panel, where those who may edit find form controls."""

from collections.abc import Sequence
from typing import Any

from tables.columns import kind_of
from tables.columns.base import MISFIT
from tables.columns.rating import DEFAULT_MAX
from tables.columns.select import lookup
from tables.conversion.meanwhile import Meanwhile, converting
from tables.models import Column
from tables.query import RowData

# Which control a kind is edited with; kinds that are not named have a line of text.
_CONTROLS = {
    "text": "area",
    "long_text": "area",
    "checkbox": "flag",
    "date": "day",
    "datetime": "day",
    "select": "choice",
    "multi_select": "choices",
    "rating": "stars",
}
_KEYBOARDS = {"url": "url", "email": "email", "phone": "tel", "number": "decimal", "currency": "decimal", "percent": "decimal"}


def row_fields(columns: Sequence[Column], row: RowData, *, editable: bool = False) -> list[dict[str, Any]]:
    """{"column", "kind", "html": escaped by the kind, "control": "" where nobody may write}, and what the control needs."""
    return [_field(column, row, editable) for column in columns]


def _field(column: Column, row: RowData, editable: bool) -> dict[str, Any]:
    kind = kind_of(column.kind)
    value = row.data.get(str(column.key)) if kind.row_field is None else getattr(row, kind.row_field)
    html = "" if value is None else kind.full_html(value, column.options)
    if MISFIT in html and (other := converting(column.table_id).get(column.key)):
        html = Meanwhile(kind, other).full_html(value, column.options)
    field: dict[str, Any] = {"column": column, "kind": kind, "html": html, "control": ""}
    if not editable or not kind.writable:
        return field
    text = "" if value is None else kind.edit_text(value, column.options)
    field |= {"control": _CONTROLS.get(kind.key, "line"), "text": text, "keyboard": _KEYBOARDS.get(kind.key, "text")}
    if field["control"] in ("choice", "choices"):
        field |= _choices(column, value)
    elif field["control"] == "stars":
        most = column.options.get("max", DEFAULT_MAX)
        field |= {"stars": range(1, most + 1), "given": value}
    elif field["control"] == "flag":
        field["given"] = value is True
    return field


def _choices(column: Column, value: Any) -> dict[str, Any]:
    """The column's options, with those of the cell marked; `lost` are values of the cell that are none of them."""
    given = value if isinstance(value, list) else [] if value is None else [value]
    choices = lookup(column.options)
    return {
        "choices": [{**choice, "given": choice["id"] in given} for choice in choices.options],
        "lost": [str(each) for each in given if each not in choices.names],
    }
