"""The law of undo: whatever was done, undoing it gives the same table as before, doing it again the same as after."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables import edits, schema
from tables.columns import BadValue
from tables.edits import Allowed, Edit, picked_ids
from tables.models import Change, Table
from tables.query import RowQuery
from tables.schema import BadSchema
from tables.undo import redo, undo
from tables.writes import Gone
from tests.make import make_base, make_table, make_user
from tests.test_order import blocks_are_exact

pytestmark = pytest.mark.django_db

CHOICES = {"options": [{"id": "a1", "name": "Red"}, {"id": "b2", "name": "Blue"}]}
COLUMNS = [("Name", "text", {}), ("Amount", "number", {}), ("Color", "select", CHOICES), ("Day", "date", {})]
TEXT = st.sampled_from(["", "x", "7", "Red", "Green", "2026-01-02", "12%", 'a "quoted"\ttab'])
NUMBER = st.integers(0, 10**6)
ACTIONS = (
    "set", "set many", "clear", "paste", "paste past the end", "fill", "add", "insert", "duplicate", "move", "delete",
    "add column", "rename column", "move column", "delete column", "restore column",
)  # fmt: skip
STEP = st.tuples(st.sampled_from(ACTIONS), NUMBER, NUMBER, NUMBER, TEXT)
OF_COLUMNS = st.tuples(st.sampled_from([action for action in ACTIONS if "column" in action]), NUMBER, NUMBER, NUMBER, TEXT)


def image(table: Table) -> Any:
    """Everything a person sees of a table: its columns, and its rows with all cells of them, in order."""
    table.refresh_from_db()
    columns = [(c.key, c.name, c.description, c.kind, c.options) for c in table.live_columns()]
    keys = {str(key) for key, *_ in columns}
    rows = RowQuery(table).window(0, 10**6)
    return columns, [(row.id, {k: v for k, v in row.data.items() if k in keys}) for row in rows], table.row_count


def act(table: Table, user: Any, step: tuple[str, int, int, int, str]) -> None:
    """One action on the table as it is, its numbers taken round what is there."""
    action, a, b, c, text = step
    ids = RowQuery(table).ids(0, 10**6) or [1]
    keys = [column.key for column in table.live_columns()] or [1]
    row, other, key = ids[a % len(ids)], ids[b % len(ids)], keys[c % len(keys)]
    some = picked_ids(ids[a % len(ids) :][: 1 + b % 5], "picked")
    if action == "set":
        edits.set_cell(table, user, row, key, text, table.version)
    elif action == "set many":
        edits.set_cells(table, user, [Edit(row, each, text, table.version) for each in keys])
    elif action == "clear":
        edits.clear(table, user, some, keys[: 1 + c % 3])
    elif action == "paste":
        edits.paste(table, user, [[text, "1"], ["x", text]], keys, some, Allowed(choices=True))
    elif action == "paste past the end":
        edits.paste(table, user, [[text] * (len(keys) + c % 2)] * 3, keys, picked_ids(ids[-2:], "x"), Allowed(True, True, True))
    elif action == "fill":
        edits.fill(table, user, some, keys, edits.DIRECTIONS[c % 4], source=1 + a % 2, series=True)
    elif action == "add":
        edits.add_rows(table, user, [{}, {"1": "new"}])
    elif action == "insert":
        where = {"above": row} if c % 2 else {"below": row}
        edits.insert(table, user, [{"1": f"in {n}"} for n in range(1 + b % 3)], **where)
    elif action == "duplicate":
        edits.duplicate_rows(table, user, some)
    elif action == "move":
        where = {"above": other} if c % 2 else {"below": other}
        edits.move_rows(table, user, some, **where)
    elif action == "delete":
        edits.delete_picked(table, user, some)
    elif action == "add column":
        schema.add_column(table, user, f"New {a}", "text", {}, before=key if b % 2 else None)
    elif action == "rename column":
        schema.update_column(table, user, key, name=f"Called {a}", description=text)
    elif action == "move column":
        schema.move_column(table, user, key, keys[b % len(keys)] if b % 3 else None)
    elif action == "delete column":
        schema.delete_column(table, user, key)
    else:
        deleted = table.columns.exclude(deleted_at=None).values_list("key", flat=True).first()
        schema.restore_column(table, user, deleted or 0)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(STEP, min_size=1, max_size=12) | st.lists(OF_COLUMNS, min_size=1, max_size=12),
    turns=st.lists(st.booleans(), max_size=12),
)
def test_undo_and_redo_go_through_the_very_same_tables(steps: list[tuple[str, int, int, int, str]], turns: list[bool]) -> None:
    base, alice = make_base(), make_user("alice")
    table = make_table(base, columns=COLUMNS, rows=[[f"row {n}", n, "a1", None] for n in range(6)])
    states = [image(table)]
    for step in steps:
        made = Change.objects.filter(table=table).count()
        try:
            act(table, alice, step)
        except (Gone, BadValue, BadSchema):
            assert image(table) == states[-1], "what is refused changes nothing"
            continue
        now = image(table)
        if Change.objects.filter(table=table).count() > made:
            states.append(now)
        else:
            assert now == states[-1], "what leaves no record changes nothing"
    at = len(states) - 1
    for goes_back in [*turns, *[True] * len(states)]:
        wanted = at - 1 if goes_back else at + 1
        if not 0 <= wanted < len(states):
            with pytest.raises(Gone):
                (undo if goes_back else redo)(table, alice)
            continue
        done = (undo if goes_back else redo)(table, alice)
        assert done.skipped == [] and image(table) == states[wanted], done.text
        at = wanted
    for expected in states[1:]:
        redo(table, alice)
        assert image(table) == expected
    blocks_are_exact(table)
    Table.objects.filter(base=base).delete()
