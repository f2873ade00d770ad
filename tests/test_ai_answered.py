"""What comes back from the API, through the whole pipeline: into cells as what the column's kind takes, or to an error."""

import pytest
from django.utils.html import escape

from ai import columns
from ai.fake import Fake
from ai.fake.answers import Answers
from ai.models import AiCell, Run
from bases.models import User
from tables.models import Column, Table
from tests.ai_runs import alice as alice
from tests.ai_runs import begun, pumped
from tests.ai_runs import summary as summary
from tests.ai_runs import table as table
from tests.make import cells, client_of

pytestmark = pytest.mark.django_db


def test_answers_are_text_and_nothing_else(fake_api: Fake, table: Table, alice: User, summary: Column) -> None:
    fake_api.fail("html", contains="name 1<")
    fake_api.fail("huge", contains="name 2<")
    run = pumped(begun(table, alice, summary))
    assert run.done == 11 and run.failed == 1
    assert "too long" in (AiCell.objects.get(column=summary, row_id=2).error or "")


def test_formulas_and_scripts_are_text_in_the_cell_and_on_the_page(
    fake_api: Fake, table: Table, alice: User, summary: Column
) -> None:
    fake_api.fail("formula", contains="name 1<")
    fake_api.fail("script", contains="name 2<")
    assert pumped(begun(table, alice, summary)).done == 12
    formula, script = (row[2] for row in cells(table)[:2])
    assert formula.startswith("=") and "<script" in script
    page = client_of("alice").get(f"/t/{table.pk}/").content.decode()
    assert escape(script) in page and script not in page
    copied = client_of("alice").get(f"/t/{table.pk}/cells/copy/", {"ids": "1,2", "keys": str(summary.key)}).json()
    assert script not in copied["html"]


def test_an_option_in_another_case_is_that_option_and_an_unknown_one_is_asked_once_more(
    fake_api: Fake, table: Table, alice: User
) -> None:
    options = {"options": [{"id": "s", "name": "Small", "color": "red"}, {"id": "l", "name": "Large", "color": "blue"}]}
    one = columns.create(table, alice, "Size", "select", options, "Pick for {Name}")
    many = columns.create(table, alice, "Sizes", "multi_select", options, "Pick some for {Name}")
    fake_api.fail("wrong case", contains="name 1<")
    fake_api.fail("unknown option", contains="name 2<")
    for column in (one, many):
        fake_api.log.clear()
        run = pumped(begun(table, alice, column))
        assert (run.done, run.failed) == (11, 1)
        assert sum(">name 2<" in each.text for each in fake_api.asked()) == 2
        assert AiCell.objects.get(column=column, row_id=2).error
    shown = cells(table)
    assert {row[2] for row in shown} - {None} <= {"s", "l"} and shown[0][2]
    assert {option for row in shown for option in row[3] or ()} <= {"s", "l"} and shown[0][3]


def test_a_number_column_takes_numbers_only(fake_api: Fake, table: Table, alice: User) -> None:
    made = columns.create(table, alice, "Score", "number", {}, "Rate {Name}")
    fake_api.fail("wrong type", contains="name 1<")
    run = pumped(begun(table, alice, made))
    assert (run.done, run.failed) == (11, 1)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_an_answer_that_json_cannot_keep_loses_nothing(
    fake_api: Fake, table: Table, alice: User, summary: Column, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(Answers, "_text", lambda self: text)  # what the far end says
    run = pumped(begun(table, alice, summary))
    assert (run.state, run.done + run.failed) == (Run.State.DONE, 12) and run.calls >= 12
