"""The dialogs of AI columns, by requests: a prompt written, tried on five rows, saved, run. The API's fake answers."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai import columns, known_answers, usage
from ai.fake import Fake
from ai.models import AiCell, AiColumn, BaseAi, Run, Status, Usage
from ai.pump import pump
from bases.models import User
from tables import edits
from tables.models import Column, Table
from tables.query.definition import Condition, Group, filter_json
from tests.ai_runs import alice as alice
from tests.ai_runs import summary as summary
from tests.ai_runs import table as table
from tests.make import cells, client_of, make_table, text
from tests.viewing import make_view
from views_app.toolbar import filter_text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
SUMMARY = {"name": "Summary", "kind": "text", "prompt": "Sum up {Name}"}


@pytest.fixture
def bob(table: Table) -> Client:
    return client_of("bob")


def at(name: str, table: Table, *more: int) -> str:
    return reverse(name, args=[table.pk, *more])


def seen(table: Table, least: int) -> dict[str, str]:
    """The headers of a request from the table's page, where Amount is at least so much."""
    shown = filter_text(Group("all", (Condition(2, ">=", least),)))
    return {**HTMX, "HX-Current-URL": f"http://testserver{at('grid', table)}?view=0&filter={shown}"}


def test_a_preview_shows_answers_and_prices_and_saves_nothing(fake_api: Fake, table: Table, bob: Client) -> None:
    before = cells(table)
    page = text(bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX))
    assert page.count("<tr>") == 6 and "name 5" in page and "name 6" not in page
    assert "for 12 cells" in page and "$0.0000" in page
    assert cells(table) == before and not AiColumn.objects.exists() and len(fake_api.asked()) == 5
    paid = Usage.objects.get()
    assert (paid.column_id, paid.column_name, paid.calls) == (0, "Summary", 5) and paid.micros > 0
    # The same once more is known, and costs nothing.
    assert "asked before" in text(bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX))
    assert len(fake_api.asked()) == 5


def test_a_preview_is_of_the_rows_that_the_page_shows(fake_api: Fake, table: Table, bob: Client) -> None:
    page = text(bob.post(at("preview_ai_column", table), SUMMARY, headers=seen(table, 11)))
    assert "name 11" in page and "name 12" in page and "name 10" not in page and "for 2 cells" in page


def test_a_preview_tells_each_row_s_failure_in_a_sentence(fake_api: Fake, table: Table, bob: Client, alice: User) -> None:
    fake_api.fail("refusal", contains="name 2<")
    edits.set_cell(table, alice, 4, 1, "", 2**40)
    page = text(bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX))
    assert "Claude declined to answer this." in page and "Skipped: the cells that the prompt reads are empty." in page
    assert page.count("ai-error") == 2


def test_answers_are_text_whatever_they_say(fake_api: Fake, table: Table, bob: Client, alice: User) -> None:
    edits.set_cell(table, alice, 1, 1, "<script>alert(1)</script>", 2**40)
    page = text(bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX))
    assert "<script" not in page and "&lt;script&gt;" in page


def test_a_spent_budget_asks_nothing(fake_api: Fake, table: Table, bob: Client) -> None:
    BaseAi.objects.create(base=table.base, budget_micros=10)
    page = text(bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX))
    assert "budget of this month is spent" in page and not fake_api.asked()


def test_without_a_key_the_dialog_says_what_is_needed_and_saves_all_the_same(table: Table, bob: Client, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY = ""
    page = text(bob.get(at("new_ai_column", table), headers=HTMX))
    assert "There is no key for Claude." in page and "Describe what you want" not in page
    assert "There is no key for Claude." in text(bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX))
    assert bob.post(at("new_ai_column", table), SUMMARY, headers=HTMX).headers["HX-Refresh"] == "true"
    assert AiColumn.objects.get().prompt == "Sum up {#1}"


def test_what_is_wrong_with_a_prompt_is_told_while_it_is_typed_and_when_saved(table: Table, bob: Client) -> None:
    said = text(bob.post(at("check_prompt", table), {"prompt": "Sum up {Nmae}"}, headers=HTMX))
    assert "no column called “Nmae”. Did you mean {Name}?" in said
    assert text(bob.post(at("check_prompt", table), {"prompt": "Sum up {Name}"}, headers=HTMX)).strip() == ""
    wrong = bob.post(at("new_ai_column", table), {**SUMMARY, "prompt": "Sum up {Nmae}"}, headers=HTMX)
    assert wrong.status_code == 422 and "Did you mean {Name}?" in text(wrong) and "Sum up {Nmae}" in text(wrong)
    long = bob.post(at("new_ai_column", table), {**SUMMARY, "prompt": "{Name}" + "x" * 20_000}, headers=HTMX)
    assert long.status_code == 422 and "20,000" in text(long)
    assert bob.post(at("new_ai_column", table), {**SUMMARY, "name": "x" * 201}, headers=HTMX).status_code == 422
    assert bob.post(at("new_ai_column", table), {**SUMMARY, "model": "nobody's"}, headers=HTMX).status_code == 422
    assert not AiColumn.objects.exists()


def test_a_circle_is_told_while_it_is_typed(table: Table, bob: Client, alice: User, summary: Column) -> None:
    columns.create(table, alice, "Short", "text", {}, "Shorten {Summary}")
    typed = {"prompt": "Lengthen {Short}", "key": str(summary.key)}
    said = text(bob.post(at("check_prompt", table), typed, headers=HTMX))
    assert "“Summary” reads “Short”, which reads “Summary”" in said


def test_what_a_personal_view_is_called_is_not_told_in_the_list_of_runs(
    fake_api: Fake, table: Table, bob: Client, alice: User, summary: Column
) -> None:
    for owner, told in (("bob", "the rows that were shown"), ("", "the view “Secret”")):
        view = make_view(table, owner, "Secret")
        headers = {**HTMX, "HX-Current-URL": f"http://testserver{at('grid', table)}?view={view.pk}"}
        assert begun(bob, table, summary, headers, scope="view", fresh="true").scope == told
        view.delete()


def test_a_ready_made_prompt_fills_the_dialog(table: Table, bob: Client) -> None:
    page = text(bob.post(at("write_prompt", table), {**SUMMARY, "do": "ready:classify", "about": "1"}, headers=HTMX))
    assert "Which of the choices describes {Name} best?" in page and 'value="Category"' in page
    assert 'value="select" checked' in page and 'value="Positive"' in page


def test_a_description_becomes_a_prompt_by_one_call_that_is_in_the_ledger(fake_api: Fake, table: Table, bob: Client) -> None:
    asked = {"do": "describe", "wish": "A short summary of the name"}
    page = text(bob.post(at("write_prompt", table), {**SUMMARY, **asked}, headers=HTMX))
    assert len(fake_api.asked()) == 1 and "A short summary of the name" in page
    assert Usage.objects.get().calls == 1


def test_run_for_the_rows_that_the_view_shows_is_kept_as_a_condition(table: Table, bob: Client, alice: User) -> None:
    assert "Only rows that this view shows" not in text(bob.get(at("new_ai_column", table), headers=HTMX))
    page = text(bob.get(at("new_ai_column", table), headers=seen(table, 11)))
    assert "Only rows that this view shows" in page and "Amount" in page
    bob.post(at("new_ai_column", table), {**SUMMARY, "when": "shown", "auto_run": "true"}, headers=seen(table, 11))
    made = AiColumn.objects.get()
    assert made.condition == filter_json(Group("all", (Condition(2, ">=", 11),))) and made.auto_run
    key = made.column.key
    assert "Only rows where" in text(bob.get(at("edit_ai_column", table, key), headers=HTMX))
    bob.post(at("edit_ai_column", table, key), {"prompt": "Say {Name}", "when": "kept"}, headers=HTMX)
    made.refresh_from_db()
    assert made.condition and made.prompt_version == 2 and not made.auto_run
    bob.post(at("edit_ai_column", table, key), {"prompt": "Say {Name}", "when": ""}, headers=HTMX)
    made.refresh_from_db()
    assert made.condition == {}


def test_an_ordinary_column_becomes_an_ai_column_and_stops(table: Table, bob: Client) -> None:
    page = text(bob.get(at("edit_ai_column", table, 2), headers=HTMX))
    assert "AI prompt of “Amount”" in page and "Stop computing" not in page
    bob.post(at("edit_ai_column", table, 2), {"prompt": "The number in {Name}"}, headers=HTMX)
    assert AiColumn.objects.get().column.key == 2
    assert "Stop computing" in text(bob.get(at("edit_ai_column", table, 2), headers=HTMX))
    before = cells(table)
    bob.post(at("stop_ai_column", table, 2), headers=HTMX)
    assert not AiColumn.objects.exists() and cells(table) == before


# --- Running -------------------------------------------------------------------------------------------------------------


def begun(bob: Client, table: Table, column: Column, headers: dict[str, str] = HTMX, **given: str) -> Run:
    answer = bob.post(at("run_ai_column", table, column.key), {"scope": "all", **given}, headers=headers)
    assert answer.status_code == 204, text(answer)
    run = Run.objects.latest("pk")
    while pump(run.pk, 10):
        pass
    run.refresh_from_db()
    return run


def test_a_run_is_for_the_rows_that_were_picked(fake_api: Fake, table: Table, bob: Client, summary: Column) -> None:
    assert begun(bob, table, summary, scope="selection", ids="3,4").total == 2
    assert begun(bob, table, summary, seen(table, 11), scope="view").total == 2
    assert set(AiCell.objects.values_list("row_id", flat=True)) == {3, 4, 11, 12}
    assert begun(bob, table, summary, only="empty").total == 8
    version = Table.objects.get(pk=table.pk).rows_version
    picked = {"scope": "selection", "from": "0", "to": "4", "version": str(version), "order": ""}
    assert begun(bob, table, summary, HTMX, **picked).total == 5
    nobody = bob.post(at("run_ai_column", table, summary.key), {"scope": "all", "only": "failed"}, headers=HTMX)
    assert nobody.status_code == 422 and "None of these rows has a cell that failed." in text(nobody)


def test_typed_cells_are_left_alone_unless_asked(fake_api: Fake, table: Table, bob: Client, alice: User, summary: Column) -> None:
    edits.set_cell(table, alice, 1, summary.key, "mine", 2**40)
    said = text(bob.post(at("estimate_run", table, summary.key), {"scope": "all"}, headers=HTMX))
    assert "for 11 cells" in said and "Yes, compute" not in said
    assert begun(bob, table, summary).total == 11 and cells(table)[0][-1] == "mine"
    assert begun(bob, table, summary, overwrite="true", fresh="true").total == 12 and cells(table)[0][-1] != "mine"


def test_a_large_run_asks_first_and_a_budget_is_a_number(fake_api: Fake, table: Table, bob: Client, alice: User) -> None:
    table = make_table(table.base, rows=[[f"n {n}", n] for n in range(101)], name="Long")
    column = columns.create(table, alice, "Summary", "text", {}, "Sum up {Name}")
    refused = bob.post(at("run_ai_column", table, column.key), {"scope": "all"}, headers=HTMX)
    assert refused.status_code == 422 and "Confirm first that 101 cells" in text(refused) and not Run.objects.exists()
    assert "Yes, compute 101 cells" in text(bob.post(at("estimate_run", table, column.key), {"scope": "all"}, headers=HTMX))
    for wrong in ("-1", "lots", "100001", "1e9", "NaN"):
        answer = bob.post(at("run_ai_column", table, column.key), {"scope": "all", "budget": wrong, "sure": "1"}, headers=HTMX)
        assert answer.status_code == 422 and "from 0 to 100,000" in text(answer), wrong
    assert (
        bob.post(
            at("run_ai_column", table, column.key), {"scope": "all", "budget": "2.50", "sure": "1"}, headers=HTMX
        ).status_code
        == 204
    )
    assert Run.objects.get().budget_micros == 2_500_000


def test_what_a_preview_paid_for_is_not_asked_again_by_the_run(fake_api: Fake, table: Table, bob: Client) -> None:
    bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX)
    added = bob.post(at("new_ai_column", table), {**SUMMARY, "then": "run"}, headers=HTMX)
    key = AiColumn.objects.get().column.key
    assert at("run_ai_column", table, key) in added.headers["HX-Trigger"]
    assert "Run “Summary”" in text(bob.get(at("run_ai_column", table, key), headers=HTMX))
    run = begun(bob, table, AiColumn.objects.get().column)
    assert (run.done, run.calls, run.saved_calls) == (12, 7, 5) and len(fake_api.asked()) == 12


def test_demo_answers_are_marked_and_neither_paid_nor_kept(fake_api: Fake, table: Table, bob: Client, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY, settings.AI_DEMO_URL, settings.ANTHROPIC_BASE_URL = "", fake_api.url, "http://127.0.0.1:1"
    assert "Demo answers." in text(bob.get(at("new_ai_column", table), headers=HTMX))
    assert "Demo answers" in text(bob.post(at("preview_ai_column", table), SUMMARY, headers=HTMX))
    bob.post(at("new_ai_column", table), SUMMARY, headers=HTMX)
    assert begun(bob, table, AiColumn.objects.get().column).done == 12
    assert not Usage.objects.exists() and usage.spent_this_month(table.base_id) == 0
    assert known_answers.KnownAnswer.objects.count() == 0


def test_the_row_s_panel_tells_where_an_answer_comes_from(
    fake_api: Fake, table: Table, bob: Client, alice: User, summary: Column
) -> None:
    fake_api.fail("refusal", contains="name 2<")
    begun(bob, table, summary)
    page = text(bob.get(at("row", table, 1)))
    assert "Completed" in page and "claude-haiku-5-5 · prompt 1" in page and "tokens · $0.0000" in page
    failed = text(bob.get(at("ai_cell", table, 2, summary.key)))
    assert "Claude declined to answer this." in failed and "Retry" in failed
    assert "<button" not in text(client_of("vera").get(at("ai_cell", table, 2, summary.key)))
    edits.set_cell(table, alice, 1, summary.key, "mine", 2**40)
    assert "Unlock" in text(bob.get(at("ai_cell", table, 1, summary.key)))
    assert "Stale" in text(bob.post(at("unlock_ai_cell", table, 1, summary.key), headers=HTMX))
    assert "Waiting" in text(bob.post(at("run_ai_cell", table, 1, summary.key), headers=HTMX))
    run = Run.objects.latest("pk")
    assert run.urgent and run.total == 1
    while pump(run.pk, 10):
        pass
    assert AiCell.objects.get(column=summary, row_id=1).status == Status.COMPLETED
