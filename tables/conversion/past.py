"""What the cells of columns were at earlier versions: values kept from then are read by the kind and options of that time.

Told by the changes of kind, each of which keeps what the column was before (tables/column_changes.py).
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from tables.columns import KINDS
from tables.conversion.values import Converter, Form
from tables.models import Change, Table

# By the index changes_of_kinds (migrations/0008), so that a million other changes are not looked at. A deleted column is among
# them, too: it says what it was, and its kind goes on.
_STEPS = """
    SELECT c.version, c.undoes, (e ->> 'key')::int, e -> 'before' ->> 'kind', (e -> 'before' -> 'options')::text,
        e -> 'after' ->> 'kind'
    FROM tables_change c CROSS JOIN jsonb_array_elements(c.detail -> 'columns') AS e
    WHERE c.table_id = %s AND c.detail @? '$.columns[*].before.kind' AND e -> 'before' ? 'kind'
    ORDER BY c.version DESC
"""


class _Step(NamedTuple):
    version: int
    undoes: int | None
    before: Form
    after: Form
    is_change: bool  # of the kind, and not the end of the column


class Conversion:
    """What values of a column from some time ago become: one after the other what all others have become since."""

    def __init__(self, steps: Sequence[_Step]) -> None:
        self._converters = [Converter(step.before, step.after) for step in steps]

    def __call__(self, value: Any) -> Any:
        """One stored value; None where it is empty then. What does not fit stays as it was."""
        for converter in self._converters:
            if value is not None:
                value = converter(json.dumps(value)).value
        return value


class Past:
    """The forms of a table's columns, now and before."""

    def __init__(self, table: Table) -> None:
        self.now = {column.key: Form(column.kind, column.options) for column in table.columns.all()}
        self._steps: dict[int, list[_Step]] = defaultdict(list)  # the newest first
        with connection.cursor() as cursor:
            cursor.execute(_STEPS, [table.pk])
            for version, undoes, key, kind, options, new in cursor:
                after = self._steps[key][-1].before if self._steps[key] else self.now.get(key)
                if after is not None:
                    before = Form(kind, after.options if options is None else json.loads(options))
                    self._steps[key].append(_Step(version, undoes, before, after, new is not None))

    def at(self, key: int, version: int) -> Form | None:
        """What a column's cells were right after that version; None for a column, or a kind, that is not known."""
        form = self.now.get(key)
        for step in self._steps.get(key, ()):
            if step.version <= version:
                break
            form = step.before
        return form if form is not None and form.kind in KINDS else None

    def around(self, key: int, change: Change) -> tuple[Form | None, Form | None]:
        """What a column's cells were before and after a change."""
        before, after = self.at(key, change.version - 1), self.at(key, change.version)
        if before != after or change.detail.get("converts", {}).get("key") != key:
            return before, after
        # A part of a large change of kind: the column had its new kind from the first part on, and has it up to the last
        # part of what takes that back.
        steps = (step for step in self._steps.get(key, ()) if step.is_change and step.version <= change.version)
        first = next(steps, None)
        other = first.before if first else None
        return (after, other) if change.action == "undo" else (other, after)

    def conversions_since(self, version: int) -> dict[str, Conversion]:
        """What makes values from then into values of today, by column key as text, for columns that were converted since."""
        found = {}
        for key, steps in self._steps.items():
            standing: list[_Step] = []  # less what was taken back, which left no trace in the values
            for step in reversed(steps):
                if step.version <= version or not step.is_change:
                    continue
                left = [each for each in standing if each.version != step.undoes]
                standing = left if len(left) < len(standing) else [*standing, step]
            if standing and all(each.before.kind in KINDS and each.after.kind in KINDS for each in standing):
                found[str(key)] = Conversion(standing)
        return found
