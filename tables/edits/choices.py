"""Choices that pasted texts name and a select column does not have yet."""

from collections.abc import Iterable
from typing import Any

from tables.column_changes import image, note
from tables.columns import BadOptions, kind_of
from tables.columns.multi_select import new_names
from tables.columns.select import MOST_OPTIONS, lookup
from tables.models import Column
from tables.writes import Write

FAMILIES = ("choice", "choices")  # single and multi select


class Missing:
    """The names in texts that are no choices of a column yet, as many as there is room for."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self._known = set(lookup(column.options).ids)
        self._room = MOST_OPTIONS - len(self._known)
        self._several = kind_of(column.kind).family == "choices"
        self._found: dict[str, str] = {}

    def take(self, texts: Iterable[str]) -> None:
        """Look for names in more texts."""
        for text in texts:
            if len(self._found) >= self._room:
                return
            for name in new_names(text, self._several):
                if name.casefold() not in self._known:
                    self._found.setdefault(name.casefold(), name)

    @property
    def found(self) -> list[str]:
        return list(self._found.values())[: self._room]


def add_choices(current: Write, column: Column, texts: Iterable[str]) -> tuple[Column, int]:
    """The column with a choice for every name in these texts, as far as choices go; how many are new."""
    missing = Missing(column)
    missing.take(texts)
    return add_names(current, column, missing.found)


def add_names(current: Write, column: Column, names: Iterable[str]) -> tuple[Column, int]:
    """The column with choices of these names, too, as far as choices go; how many are new."""
    known = lookup(column.options).ids
    different = {name.casefold(): name for name in reversed(list(names))}  # of two that differ in case the first
    new = [name for name in reversed(different.values()) if name.casefold() not in known][: MOST_OPTIONS - len(known)]
    if not new:
        return column, 0
    before = image(column)
    choices = [*column.options.get("options", []), *({"name": name} for name in new)]
    try:
        options: dict[str, Any] = kind_of(column.kind).options({**column.options, "options": choices})
    except BadOptions:
        return column, 0  # each text is then reported for itself
    # A column of one's own to change: the one that was read is kept for others (tables/models.py: columns_at).
    changed = Column.objects.get(pk=column.pk)
    changed.options = options
    changed.save(update_fields=["options"])
    note(current, changed, before, image(changed))
    return changed, len(new)
