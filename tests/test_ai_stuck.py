"""Runs that get nowhere: they wait for a person with a sentence, pay no more, and go on when they are resumed."""

import logging
from typing import Any

import pytest

from ai import known_answers, outcomes, pump, runs, slice
from ai.failures import FAULT
from ai.fake import Fake
from ai.models import AiCell, Reservation, Run, Status, Usage
from bases.models import User
from tables import schema
from tables.models import Column, Table
from tests.ai_fake import KEY
from tests.ai_runs import alice as alice
from tests.ai_runs import begun, pumped
from tests.ai_runs import summary as summary
from tests.ai_runs import table as table

pytestmark = pytest.mark.django_db


@pytest.fixture
def large(table: Table, alice: User, summary: Column, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose cells its pump has to mark."""
    monkeypatch.setattr(runs, "AT_ONCE", 5)
    run = begun(table, alice, summary)
    assert run.state == Run.State.PREPARING
    return run


def test_a_large_run_without_a_key_is_paused_and_goes_on_with_one(
    fake_api: Fake, settings: Any, table: Table, large: Run
) -> None:
    settings.ANTHROPIC_API_KEY = ""
    assert pumped(large).state == Run.State.PAUSED and "key" in large.reason
    settings.ANTHROPIC_API_KEY = KEY
    assert runs.resume(large)
    large.refresh_from_db()
    assert large.state == Run.State.PREPARING, "its cells are still to be marked"
    assert (pumped(large).state, large.done) == (Run.State.DONE, 12)


def test_a_large_run_with_a_prompt_that_names_a_deleted_column_is_paused(
    fake_api: Fake, table: Table, alice: User, large: Run
) -> None:
    schema.delete_column(table, alice, 1)
    assert pumped(large).state == Run.State.PAUSED and "deleted" in large.reason


def test_a_person_can_pause_a_run_whose_cells_are_being_marked(fake_api: Fake, large: Run) -> None:
    assert runs.pause(large, "Paused by Alice.")
    assert pumped(large).state == Run.State.PAUSED and not fake_api.asked()
    assert runs.resume(large) and pumped(large).done == 12


def test_a_fault_in_every_slice_pauses_the_run_after_three_and_pays_once(
    fake_api: Fake, table: Table, alice: User, summary: Column, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    words = f"name 7 and {KEY}"

    def broken(*_: Any) -> None:
        raise RuntimeError(words)

    run = begun(table, alice, summary)
    with monkeypatch.context() as at, caplog.at_level(logging.ERROR):
        at.setattr(slice, "store", broken)
        for tries in range(1, 4):
            assert not pump.pump(run.pk, 20.0)
            run.refresh_from_db()
            assert run.fruitless == tries
        assert (run.state, run.reason) == (Run.State.PAUSED, pump.FAULT)
        assert not pump.pump(run.pk, 20.0)
    asked = len(fake_api.asked())
    assert asked == 12, "what was paid once is known to the next try"
    assert Usage.objects.get().calls == asked, "and in the ledger"
    assert set(AiCell.objects.values_list("status", flat=True)) == {Status.PENDING}
    assert "RuntimeError" in caplog.text and "slice.py" in caplog.text
    assert "name 7" not in caplog.text and KEY not in caplog.text
    assert runs.resume(run)
    assert (pumped(run).state, run.done, run.fruitless) == (Run.State.DONE, 12, 0) and len(fake_api.asked()) == asked
    assert not Reservation.objects.exists()


def test_a_pump_that_is_killed_again_and_again_pauses_the_run(
    fake_api: Fake, table: Table, alice: User, summary: Column, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    run = begun(table, alice, summary)
    with monkeypatch.context() as at:
        at.setattr(pump, "context_of", killed)
        for _ in range(3):
            with pytest.raises(Killed):
                pump.pump(run.pk, 20.0)
        assert not pump.pump(run.pk, 20.0)
    run.refresh_from_db()
    assert (run.state, run.reason) == (Run.State.PAUSED, pump.FAULT)
    assert runs.resume(run) and pumped(run).done == 12


@pytest.mark.parametrize("where", ["_call", "_reply"])
def test_an_unknown_exception_of_a_call_is_a_failure_of_its_cell(
    fake_api: Fake, table: Table, alice: User, summary: Column, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from ai import provider

    right = getattr(provider, where)
    left = [3]

    def wrong(*given: Any) -> Any:
        if left and left[0]:
            left[0] -= 1
            raise KeyError("name 3")
        return right(*given)

    monkeypatch.setattr(provider, where, wrong)
    run = pumped(begun(table, alice, summary))
    assert (run.state, run.done, run.failed, run.retries) == (Run.State.DONE, 12, 0, 3)


def test_a_row_that_cannot_be_asked_or_read_fails_alone(
    fake_api: Fake, table: Table, alice: User, summary: Column, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ai import answers, prompts

    stored, render = answers.stored, prompts.render

    def unreadable(kind: str, options: Any, value: Any) -> Any:
        if value == "name 3":
            raise ZeroDivisionError
        return stored(kind, options, value)

    def unaskable(prompt: str, columns: Any, data: Any, *given: Any) -> Any:
        if data["1"] == "name 5":
            raise ZeroDivisionError
        return render(prompt, columns, data, *given)

    monkeypatch.setattr(answers, "stored", unreadable)
    monkeypatch.setattr(prompts, "render", unaskable)
    monkeypatch.setattr(outcomes.random, "uniform", lambda *_: 0.05)
    run = pumped(begun(table, alice, summary))
    assert (run.state, run.done, run.failed) == (Run.State.DONE, 10, 2)
    errors = AiCell.objects.filter(status=Status.ERROR).values_list("row_id", "error").order_by("row_id")
    assert dict(errors) == {3: FAULT, 5: FAULT}
    assert known_answers.KnownAnswer.objects.count() == 10
