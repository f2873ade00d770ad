"""The pump against a real HTTP server that speaks the API: each cell completed once, whatever goes wrong."""

import time
from typing import Any

import pytest
from django.utils import timezone

from ai import columns, keys, runs, usage
from ai.fake import Fake
from ai.models import AiCell, BaseAi, Run, Status, Usage
from ai.pump import pump
from bases.models import Member, User
from tables import bulk, edits, schema
from tables.edits import picked_ids
from tables.history import activity
from tables.models import Bulk, Change, Column, Table
from tables.query.definition import EVERYTHING, Condition, Group
from tables.undo import IsBulk, redo, undo
from tables.writes import Gone
from tests.ai_fake import KEY
from tests.ai_runs import alice as alice
from tests.ai_runs import begun, filled, pumped, states
from tests.ai_runs import summary as summary
from tests.ai_runs import table as table
from tests.make import cells, make_table, make_user

pytestmark = pytest.mark.django_db


def test_a_run_fills_its_cells_and_says_what_it_cost(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    run = pumped(begun(table, alice, summary))
    assert (run.state, run.done, run.failed, run.skipped) == (Run.State.DONE, 12, 0, 0)
    assert filled(table, summary) == 12 and len(fake_api.asked("ok")) == 12
    assert {asked.key for asked in fake_api.asked()} == {KEY}
    assert run.spent_micros > 0 and run.tokens_in > 0
    assert Usage.objects.get().micros == run.spent_micros == usage.spent_this_month(table.base_id)
    cell = AiCell.objects.get(column=summary, row_id=1)
    assert cell.model == "claude-haiku-5-5" and cell.prompt_version == 1 and cell.tokens_in and cell.answered_at


def test_one_undo_takes_back_a_whole_run_and_redo_puts_it_back(
    fake_api: Fake, table: Table, alice: User, summary: Column
) -> None:
    before = cells(table)
    pumped(begun(table, alice, summary))
    after = cells(table)
    edits.set_cell(table, alice, 1, 2, "99", 2**40)
    undo(table, alice)  # the edit that came after the run was begun
    with pytest.raises(IsBulk) as whole:
        undo(table, alice)
    bulk.run(bulk.take_back(table, alice, "undo", whole.value.bulk).pk)
    assert cells(table) == before and not states(summary)
    with pytest.raises(IsBulk) as again:
        redo(table, alice)
    bulk.run(bulk.take_back(table, alice, "redo", again.value.bulk).pk)
    assert cells(table) == after


def test_identical_questions_are_asked_once_and_again_only_when_wanted(fake_api: Fake, table: Table, alice: User) -> None:
    edits.fill(table, alice, picked_ids(list(range(1, 13)), "filled"), [1], "down", source=1, series=False)
    made = columns.create(table, alice, "Same", "text", {}, "Sum up {Name}")
    run = pumped(begun(table, alice, made))
    assert run.done == 12 and len(fake_api.asked()) == 1 and run.saved_calls == 11
    assert pumped(begun(table, alice, made)).calls == 0 and len(fake_api.asked()) == 1
    assert pumped(begun(table, alice, made, fresh=True)).calls == 1 and len(fake_api.asked()) == 2


@pytest.mark.parametrize("what", ["500", "503", "529", "reset", "truncated", "429"])
def test_what_passes_is_tried_again(fake_api: Fake, table: Table, alice: User, summary: Column, what: str) -> None:
    fake_api.fail(what, times=2, seconds=0.2)
    run = pumped(begun(table, alice, summary))
    assert (run.state, run.done) == (Run.State.DONE, 12) and filled(table, summary) == 12
    assert run.retries == (0 if what == "429" else 2)


def test_what_does_not_pass_stays_in_error_with_its_reason(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    fake_api.fail("refusal", contains="name 3<")
    fake_api.fail("empty", contains="name 4<")
    fake_api.fail("400", contains="name 5<")
    run = pumped(begun(table, alice, summary))
    assert (run.done, run.failed) == (9, 3)
    found = dict(AiCell.objects.filter(column=summary, status=Status.ERROR).values_list("row_id", "error"))
    assert set(found) == {3, 4, 5} and all(found.values())
    assert len([asked for asked in fake_api.asked() if "name 4<" in asked.text]) == 2, "once more, then error"
    fake_api.rules.list.clear()
    again = pumped(begun(table, alice, summary, only="failed"))
    assert (again.total, again.done) == (3, 3) and states(summary) == {Status.COMPLETED: 12}


@pytest.mark.parametrize("what", ["401", "402", "403", "404", "spend enforced", "spend contract", "spend specified"])
def test_what_needs_a_person_pauses_the_run_and_touches_no_cell(
    fake_api: Fake, table: Table, alice: User, summary: Column, what: str
) -> None:
    rule = fake_api.fail(what)
    run = pumped(begun(table, alice, summary))
    assert run.state == Run.State.PAUSED and run.reason and run.spent_micros == 0
    assert states(summary) == {Status.PENDING: 12}
    assert set(AiCell.objects.filter(column=summary).values_list("attempts", flat=True)) == {0}
    fake_api.rules.list.remove(rule)
    runs.resume(run)
    assert pumped(run).done == 12


def test_a_base_without_a_key_is_told_so(settings: Any, fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    settings.ANTHROPIC_API_KEY = ""
    run = pumped(begun(table, alice, summary))
    assert run.state == Run.State.PAUSED and "key" in run.reason and not fake_api.asked()


def test_a_run_pauses_at_its_budget_and_at_the_months(
    fake_api: Fake, settings: Any, table: Table, alice: User, summary: Column
) -> None:
    settings.AI_CALLS = 2
    run = pumped(begun(table, alice, summary, budget_micros=100))
    assert run.state == Run.State.PAUSED and "budget" in run.reason
    assert 0 < run.done < 12 and states(summary)[Status.PENDING] == 12 - run.done
    BaseAi.objects.update_or_create(base=table.base, defaults={"budget_micros": run.spent_micros})
    runs.resume(run, budget_micros=10**9)
    assert pumped(run).state == Run.State.PAUSED and "month" in run.reason
    BaseAi.objects.update(budget_micros=None)
    runs.resume(run)
    assert pumped(run).done == 12


def test_blank_inputs_deleted_rows_and_locked_cells_are_skipped(
    fake_api: Fake, table: Table, alice: User, summary: Column
) -> None:
    edits.clear(table, alice, picked_ids([2], "cleared"), [1])
    edits.set_cell(table, alice, 3, summary.key, "mine", 2**40)
    run = begun(table, alice, summary)
    edits.delete_picked(table, alice, picked_ids([4], "deleted"))
    run = pumped(run)
    assert (run.total, run.done, run.skipped) == (11, 9, 2)
    assert AiCell.objects.get(column=summary, row_id=3).status == Status.LOCKED
    assert not AiCell.objects.filter(column=summary, row_id__in=[2, 4]).exists()


def test_only_run_if_leaves_other_rows_alone(fake_api: Fake, table: Table, alice: User) -> None:
    from ai import scopes
    from ai.models import AiColumn

    big = Group("all", (Condition(2, ">", 9),))
    made = columns.create(table, alice, "Big", "text", {}, "Sum up {Name}", condition=big)
    table.refresh_from_db()
    ids = scopes.rows_of_view(table, EVERYTHING, AiColumn.objects.get(column=made), made, "empty")
    assert ids == [10, 11, 12] == scopes.rows_of_ids(table, list(range(1, 13)), AiColumn.objects.get(column=made), made, "")


def test_the_first_rows_are_those_of_the_view_whatever_is_wanted_of_them(
    fake_api: Fake, table: Table, alice: User, summary: Column
) -> None:
    from ai import scopes
    from ai.models import AiColumn

    fake_api.fail("refusal", contains="name 2<")
    fake_api.fail("refusal", contains="name 9<")
    pumped(begun(table, alice, summary))
    edits.move_rows(table, alice, picked_ids([9], "moved"), above=1)
    edits.set_cell(table, alice, 1, 1, "other", 2**40)
    edits.set_cell(table, alice, 3, summary.key, "", 2**40)
    table.refresh_from_db()

    def first(only: str, most: int = 4) -> list[int]:
        return scopes.first_rows(table, EVERYTHING, AiColumn.objects.get(column=summary), summary, only, most)

    assert first("") == [9, 1, 2, 3] and first("failed") == [9, 2] and first("failed", 1) == [9]
    assert first("empty") == [9, 2, 3]


def test_a_column_deleted_or_a_member_removed_ends_the_run(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    run = begun(table, alice, summary)
    schema.delete_column(table, alice, summary.key)
    assert pumped(run).state == Run.State.FAILED and "deleted" in run.reason
    made = columns.create(table, alice, "Other", "text", {}, "Sum up {Name}")
    run = begun(table, make_user("bob"), made)
    Member.objects.filter(user=make_user("bob")).delete()
    assert pumped(run).state == Run.State.FAILED and not fake_api.asked()


def test_downstream_waits_for_upstream(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    down = columns.create(table, alice, "Short", "text", {}, "Shorten {Summary}")
    second = begun(table, alice, down)
    first = begun(table, alice, summary)
    assert pump(second.pk, 0.5) and not fake_api.asked(), "its inputs are not there yet"
    pumped(first)
    assert pumped(second).done == 12
    edits.set_cell(table, alice, 1, 1, "other", 2**40)
    assert AiCell.objects.get(column=summary, row_id=1).status == Status.STALE
    pumped(begun(table, alice, summary, only="stale"))
    assert AiCell.objects.get(column=down, row_id=1).status == Status.STALE


def test_an_edit_while_the_answer_is_under_way_wins(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    run = begun(table, alice, summary)
    claimed = runs.cells.claim(run.pk, 1, 1)[0]  # another pump that was killed
    edits.set_cell(table, alice, claimed.row_id, summary.key, "mine", 2**40)
    run = pumped(run)
    assert cells(table)[claimed.row_id - 1][2] == "mine" and run.done == 11 and run.skipped == 1


def test_another_prompt_while_it_runs_asks_all_the_rest_with_it(
    fake_api: Fake, settings: Any, table: Table, alice: User, summary: Column
) -> None:
    fake_api.latency = 0.3
    settings.AI_CALLS = 2
    run = begun(table, alice, summary)
    assert pump(run.pk, 0.4)
    columns.change(table, alice, summary.key, "Translate {Name}")
    fake_api.latency = 0
    assert pumped(run).state == Run.State.DONE
    texts = [asked.text for asked in fake_api.asked()]
    assert any("Sum up" in text for text in texts) and any("Translate" in text for text in texts)


def test_a_large_run_is_marked_by_the_pump(fake_api: Fake, alice: User, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY = KEY
    large = make_table(rows=[[f"n {n % 3}"] for n in range(1_500)], name="Large")
    made = columns.create(large, alice, "Sum", "text", {}, "Sum up {Name}")
    large.refresh_from_db()
    run = runs.begin(large, alice, made, list(range(1, 1_501)), "all rows")
    assert run.state == Run.State.PREPARING and not AiCell.objects.filter(column=made).exists()
    began = time.monotonic()
    run = pumped(run)
    assert (run.done, run.total, run.prepared) == (1_500, 1_500, 1_500) and run.calls == 3
    assert time.monotonic() - began < 20
    assert Bulk.objects.get(ai_run=run).done == 1_500
    writes = Change.objects.filter(table=large, action=runs.ACTION)
    assert 2 <= writes.count() <= 40, "answers are written in batches"


def test_only_run_if_is_asked_again_when_it_is_a_cells_turn(fake_api: Fake, table: Table, alice: User) -> None:
    big = Group("all", (Condition(2, ">", 9),))
    made = columns.create(table, alice, "Big", "text", {}, "Sum up {Name}", condition=big)
    run = begun(table, alice, made)  # of all rows, as a click or auto-run does
    edits.set_cell(table, alice, 12, 2, "1", 2**40)
    run = pumped(run)
    assert (run.done, run.skipped) == (2, 10) and len(fake_api.asked()) == 2


def test_a_model_of_unknown_price_is_not_free(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    columns.change(table, alice, summary.key, "Sum up {Name}", model="claude-unheard-of")
    BaseAi.objects.update_or_create(base=table.base, defaults={"budget_micros": 0})
    run = pumped(begun(table, alice, summary))
    assert run.state == Run.State.PAUSED and "budget" in run.reason and not fake_api.asked()


def test_a_run_that_is_taken_back_later_leaves_what_its_owner_typed_since(
    fake_api: Fake, table: Table, alice: User, summary: Column
) -> None:
    run = pumped(begun(table, alice, summary))
    edits.set_cell(table, alice, 3, summary.key, "mine", 2**40)
    run.refresh_from_db()
    assert run.bulk
    bulk.run(bulk.take_back(table, alice, "undo", run.bulk).pk)
    assert [row[2] for row in cells(table)] == [None, None, "mine", *[None] * 9]
    assert dict(AiCell.objects.filter(column=summary).values_list("row_id", "status")) == {3: Status.LOCKED}


def test_what_auto_run_answers_is_nobodys_change_and_one_entry_of_the_activity(fake_api: Fake, table: Table, alice: User) -> None:
    made = columns.create(table, alice, "Auto", "text", {}, "Sum up {Name}", auto_run=True)
    edits.set_cell(table, alice, 1, 2, "99", 2**40)
    undo(table, alice)
    for row in (2, 3):
        edits.set_cell(table, make_user("bob"), row, 1, f"other {row}", 2**40)
        AiCell.objects.filter(column=made).update(next_at=timezone.now())
        pumped(Run.objects.get(is_auto=True))
    assert filled(table, made) == 2
    told = [entry.what for entry in activity(table).entries]
    assert told.count("answered “Auto” by auto-run") == 1
    redo(table, alice)  # what was answered meanwhile is no change of hers
    assert cells(table)[0][1] == 99
    undo(table, alice)
    with pytest.raises(Gone):
        for _ in range(3):
            undo(table, alice)
    assert filled(table, made) == 2


def test_two_bases_are_asked_for_with_their_own_keys(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    own = "sk-ant-own-567890123456789"
    other = make_table(rows=[["other 1"], ["other 2"]], name="Others")
    keys.save(other.base, alice, own)
    made = columns.create(other, make_user("alice"), "Sum", "text", {}, "Sum up {Name}")
    other.refresh_from_db()
    second = runs.begin(other, alice, made, [1, 2], "all rows")
    pumped(begun(table, alice, summary))
    pumped(second)
    assert {(asked.key, ">other " in asked.text) for asked in fake_api.asked("ok")} == {(KEY, False), (own, True)}
