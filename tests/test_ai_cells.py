"""The states of AI cells: marked, claimed, answered, and what edits do to them."""

from typing import Any

import pytest
from django.utils import timezone

from ai import cells, columns, runs, tasks
from ai.cells import Answered, Back, Claimed, Failed
from ai.models import AiCell, AiColumn, Run, Status
from bases.models import User
from tables import edits, schema, steps
from tables.conversion.change import change_kind
from tables.edits import picked_ids
from tables.models import Column, RowChange, Table
from tables.query.definition import Condition, Group
from tables.steps import patch_rows
from tables.undo import redo, undo
from tables.writes import Gone, write
from tests.ai_runs import alice as alice
from tests.ai_runs import summary as summary
from tests.make import make_table, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["Ann", 1], ["Ben", 2], ["Cem", 3], ["Dora", 4]])


def begun(table: Table, alice: User, column: Column, ids: list[int], **settings: Any) -> Run:
    table.refresh_from_db()
    return runs.begin(table, alice, column, ids, "some cells", **settings)


def states(column: Column) -> dict[int, Status]:
    found = AiCell.objects.filter(column=column).order_by("row_id")
    return {row_id: Status(status) for row_id, status in found.values_list("row_id", "status")}


def answer(run: Run, row_id: int, text: str, pump: int = 1) -> bool:
    """As the pump does: write an answer into a cell that it has claimed; whether the cell was still its own."""
    cell = AiCell.objects.get(column=run.column, row_id=row_id)
    return answer_of(run, Claimed(row_id, cell.gen, cell.attempts), text, pump)


def answer_of(run: Run, claimed: Claimed, text: str, pump: int = 1) -> bool:
    key = str(run.column.key)
    with write(run.table_id, run.user, runs.ACTION) as current:
        current.detail |= {"answers": run.column.key, "part": True, "bulk": run.bulk_id}
        if not cells.mine(run.column_id, pump, [claimed]):
            current.is_void = True
            return False
        patch_rows(current, {claimed.row_id: {key: text}})
        version = AiColumn.objects.get(pk=run.column_id).prompt_version
        cells.complete(run.table_id, run.column_id, run.column.key, version, [Answered(claimed, text, "m", 10, 5, 3)])
    assert run.bulk
    run.bulk.versions.append(current.version)
    run.bulk.save()
    return True


def completed(table: Table, alice: User, column: Column, ids: list[int]) -> Run:
    run = begun(table, alice, column, ids)
    for claimed in cells.claim(run.pk, 1, 100):
        assert answer_of(run, claimed, f"answer {claimed.row_id}")
    runs.end(run.pk, Run.State.DONE, "")
    return run


def value(table: Table, row_id: int, column: Column) -> object:
    from tables.query import RowQuery

    return RowQuery(table).rows_of([row_id])[0].data.get(str(column.key))


def test_cells_are_claimed_in_the_order_of_the_run_each_by_one_pump(table: Table, alice: User, summary: Column) -> None:
    run = begun(table, alice, summary, [3, 1, 4])
    assert run.total == 3 and run.state == Run.State.RUNNING
    assert [cell.row_id for cell in cells.claim(run.pk, 1, 2)] == [3, 1]
    assert [cell.row_id for cell in cells.claim(run.pk, 2, 2)] == [4]
    assert cells.claim(run.pk, 1, 2) == []
    assert set(states(summary).values()) == {Status.COMPUTING}


def test_a_cell_that_waits_in_a_run_stays_there_unless_somebody_clicks_on_it(table: Table, alice: User, summary: Column) -> None:
    first = begun(table, alice, summary, [1, 2, 3])
    Run.objects.filter(pk=first.pk).update(urgent=False)
    second = begun(table, alice, summary, [2, 4])
    assert second.urgent and second.total == 2
    assert [cell.row_id for cell in cells.claim(first.pk, 1, 9)] == [1, 3]
    assert sorted(cell.row_id for cell in cells.claim(second.pk, 2, 9)) == [2, 4]
    third = begun(table, alice, summary, [1])
    assert third.total == 0, "it is being computed already"


def test_an_answer_is_written_only_into_a_cell_that_is_as_it_was_claimed(table: Table, alice: User, summary: Column) -> None:
    run = begun(table, alice, summary, [1, 2, 3, 4])
    one, two, _, four = cells.claim(run.pk, 1, 9)
    edits.set_cell(table, alice, 1, 1, "Anna", 2**40)  # the input
    edits.set_cell(table, alice, 2, summary.key, "mine", 2**40)  # the cell itself
    edits.delete_picked(table, alice, picked_ids([3], "deleted"))
    assert not answer_of(run, one, "too late") and not answer_of(run, two, "too late")
    assert not answer_of(run, four, "not yours", pump=2)
    assert answer_of(run, four, "in time")
    assert states(summary) == {1: Status.PENDING, 2: Status.LOCKED, 3: Status.COMPUTING, 4: Status.COMPLETED}
    assert [value(table, row, summary) for row in (1, 2, 4)] == [None, "mine", "in time"]
    assert cells.claim(run.pk, 1, 9)[0].gen > one.gen, "it is asked anew with the new input"


def test_what_fails_waits_or_stays_in_error(table: Table, alice: User, summary: Column) -> None:
    run = begun(table, alice, summary, [1, 2, 3])
    one, two, three = cells.claim(run.pk, 1, 9)
    with write(table.pk, None, runs.ACTION) as current:
        current.is_void = True
        cells.fail(summary.pk, 1, [Failed(one, "No.")])
        cells.give_back(summary.pk, [Back(two), Back(three, 60, costs=True)])
    assert [(cell.row_id, cell.attempts) for cell in cells.claim(run.pk, 1, 9)] == [(2, 1)]
    assert AiCell.objects.get(column=summary, row_id=3).attempts == 1
    due = cells.next_due(run.pk)
    assert due and due > timezone.now()
    assert AiCell.objects.get(column=summary, row_id=1).error == "No."


def test_a_cancelled_run_leaves_its_waiting_cells_as_they_were(table: Table, alice: User, summary: Column) -> None:
    completed(table, alice, summary, [1])
    run = begun(table, alice, summary, [1, 2])
    assert runs.cancel(run)
    cells.restore_waiting(run)
    assert states(summary) == {1: Status.COMPLETED}
    run.refresh_from_db()
    assert (run.state, run.skipped) == (Run.State.CANCELLED, 2)
    assert not runs.resume(run) and not runs.cancel(run)


def test_an_edited_input_makes_an_answer_stale_and_only_that_one(table: Table, alice: User, summary: Column) -> None:
    completed(table, alice, summary, [1, 2])
    edits.set_cell(table, alice, 1, 1, "Anna", 2**40)
    edits.set_cell(table, alice, 2, 2, "99", 2**40)  # no input
    assert states(summary) == {1: Status.STALE, 2: Status.COMPLETED}
    run = begun(table, alice, summary, [1, 2, 3], only="stale")
    assert run.total == 1


def test_what_a_person_types_is_locked_and_an_undo_of_it_is_not(table: Table, alice: User, summary: Column) -> None:
    completed(table, alice, summary, [1, 2])
    edits.set_cell(table, alice, 1, summary.key, "mine", 2**40)
    edits.set_cell(table, alice, 3, summary.key, "mine too", 2**40)
    assert states(summary) == {1: Status.LOCKED, 2: Status.COMPLETED, 3: Status.LOCKED}
    assert begun(table, alice, summary, [1, 2, 3]).total == 1, "no run touches what is locked"


def test_undo_of_an_edit_brings_the_answer_back_as_one(table: Table, alice: User, summary: Column) -> None:
    completed(table, alice, summary, [1])
    edits.set_cell(table, alice, 1, summary.key, "mine", 2**40)
    undo(table, alice)
    assert value(table, 1, summary) == "answer 1" and states(summary) == {1: Status.COMPLETED}
    redo(table, alice)
    assert states(summary) == {1: Status.LOCKED}
    edits.clear(table, alice, picked_ids([1], "cleared"), [summary.key])
    assert states(summary) == {}, "an emptied cell is idle"


def test_locked_cells_are_run_when_that_is_asked(table: Table, alice: User, summary: Column) -> None:
    edits.set_cell(table, alice, 1, summary.key, "mine", 2**40)
    run = begun(table, alice, summary, [1, 2], overwrite=True)
    assert run.total == 2
    assert answer_of(run, cells.claim(run.pk, 1, 1)[0], "theirs") and value(table, 1, summary) == "theirs"


def test_another_prompt_makes_all_answers_stale(table: Table, alice: User, summary: Column) -> None:
    completed(table, alice, summary, [1, 2])
    columns.change(table, alice, summary.key, "Sum up {Name} in French")
    assert begun(table, alice, summary, [1, 2, 3], only="stale").total == 2
    with pytest.raises(Gone):
        undo(table, make_user("bob"))


def test_a_column_with_auto_run_asks_again_after_an_edit_but_not_after_a_large_one(table: Table, alice: User) -> None:
    made = columns.create(table, alice, "Auto", "text", {}, "Sum up {Name}", auto_run=True)
    edits.set_cell(table, alice, 1, 1, "Anna", 2**40)
    assert states(made) == {1: Status.PENDING}
    cell = AiCell.objects.get(column=made)
    assert cell.next_at and cell.next_at > timezone.now(), "after a moment of quiet"
    edits.add_rows(table, alice, [{"1": f"row {n}"} for n in range(101)])
    assert len(states(made)) == 1
    edits.add_rows(table, alice, [{"1": "one more"}, {"2": 5}])
    assert len(states(made)) == 2, "the row without an input is not asked for"


def test_an_ai_column_cannot_wait_for_itself(table: Table, alice: User, summary: Column) -> None:
    columns.create(table, alice, "Short", "text", {}, "Shorten {Summary}")
    with pytest.raises(columns.BadAi, match="none of them could be computed first"):
        columns.change(table, alice, summary.key, "Lengthen {Short}")


def test_a_changed_kind_makes_answers_stale(table: Table, alice: User, summary: Column) -> None:
    completed(table, alice, summary, [1])
    choice = columns.create(table, alice, "Choice", "select", {"options": [{"name": "A"}]}, "Pick for {Name}")
    version = AiColumn.objects.get(column=choice).prompt_version
    schema.update_column(table, alice, choice.key, options={"options": [{"name": "B"}]})
    assert AiColumn.objects.get(column=choice).prompt_version == version + 1


def test_what_a_person_types_into_a_new_row_or_before_the_column_was_an_ai_column_is_locked(table: Table, alice: User) -> None:
    columns.change(table, alice, 2, "Count the letters of {Name}", auto_run=True)
    amount = table.columns.get(key=2)
    assert states(amount) == dict.fromkeys((1, 2, 3, 4), Status.LOCKED)
    edits.add_rows(table, alice, [{"1": "Eve", "2": 5}, {"1": "Fay"}])
    assert states(amount) == {**dict.fromkeys((1, 2, 3, 4, 5), Status.LOCKED), 6: Status.PENDING}


def test_answers_that_are_converted_to_another_kind_are_not_locked(table: Table, alice: User, summary: Column) -> None:
    run = begun(table, alice, summary, [1])
    assert answer_of(run, cells.claim(run.pk, 1, 1)[0], "12")
    change_kind(table, alice, summary.key, "number", {})
    assert value(table, 1, summary) == 12 and states(summary) == {1: Status.COMPLETED}
    assert AiColumn.objects.get(column=summary).prompt_version == 2, "so it is shown as stale"


def test_auto_run_with_nothing_to_do_is_not_sent_and_parts_of_large_actions_do_not_set_it_off(table: Table, alice: User) -> None:
    made = columns.create(table, alice, "Auto", "text", {}, "Sum up {Name}", auto_run=True)
    edits.set_cell(table, alice, 1, 1, "Anna", 2**40)
    standing = Run.objects.get(is_auto=True)
    assert list(tasks._quiet(-1)) == [standing]
    AiCell.objects.filter(column=made).delete()
    assert list(tasks._quiet(-1)) == []
    with write(table.pk, alice, "paste") as current:
        current.detail["bulk"] = 1
        patch_rows(current, {2: {"1": "Bea"}})
    assert states(made) == {}
    columns.change(table, alice, made.key, "Sum up {Name}", auto_run=False)
    assert not Run.objects.get(pk=standing.pk).is_open


def test_only_run_if_counts_as_an_input_where_columns_could_wait_for_each_other(
    table: Table, alice: User, summary: Column
) -> None:
    short = columns.create(table, alice, "Short", "text", {}, "Shorten {Summary}")
    filled = Group("all", (Condition(short.key, "not_empty"),))
    with pytest.raises(columns.BadAi, match="none of them could be computed first"):
        columns.change(table, alice, summary.key, "Sum up {Name}", condition=filled)


def test_copies_of_answers_are_answers_and_copies_of_typed_ones_are_locked(table: Table, alice: User, summary: Column) -> None:
    completed(table, alice, summary, [1, 2, 3])
    edits.set_cell(table, alice, 2, summary.key, "mine", 2**40)
    edits.set_cell(table, alice, 3, 1, "Cemal", 2**40)
    copies = edits.duplicate_rows(table, alice, picked_ids([1, 2, 3, 4], "copied"))
    found = states(summary)
    assert [found.get(row) for row in copies] == [Status.COMPLETED, Status.LOCKED, Status.STALE, None]
    copy = AiCell.objects.get(column=summary, row_id=copies[0])
    assert (copy.model, copy.micros) == ("m", 0) and copy.answered_at
    assert begun(table, alice, summary, copies).total == 3


def test_samples_leave_ai_columns_empty(table: Table, alice: User, summary: Column) -> None:
    assert {column.key for column in schema.sample_columns(table)} == {1, 2}


def test_what_a_load_brings_into_an_ai_column_is_locked(table: Table, alice: User, summary: Column) -> None:
    with write(table.pk, alice, "load") as current:
        first = current.table.next_row_id
        steps.insert_at_end(current, [{"1": "Eve", str(summary.key): "theirs"}, {"1": "Fay"}])
        RowChange.objects.filter(table=table, version=current.version).delete()  # a load keeps none
        current.rows, current.rows_changed = 2, True
        current.detail = {"job": 1, "first": first, "kind": "csv"}
    assert states(summary) == {first: Status.LOCKED}
