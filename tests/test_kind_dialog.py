"""Changing a column's kind in the browser, by requests: the dialog, its preview, and a large change done by a real worker."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tables import edits
from tables.conversion import change, preview
from tables.models import Bulk, Change, Column, Table
from tables.query.definition import Condition, Group, Sort, sorts_text
from tests.conftest import environment_of_tests
from tests.make import cells, client_of, make_table, make_user, text
from tests.running import Worker, wait_until
from views_app.models import View
from views_app.toolbar import filter_text

HTMX = {"HX-Request": "true"}


@pytest.fixture
def bob() -> Client:
    return client_of(make_user("bob"))


@pytest.fixture
def table() -> Table:
    return make_table(rows=[["12", 1], ["1,5", 2], ["<b>junk</b>", 3], [None, 4]])


def change_url(table: Table, key: int = 1) -> str:
    return reverse("change_kind", args=[table.pk, key])


def preview_url(table: Table, key: int = 1) -> str:
    return reverse("kind_preview", args=[table.pk, key])


def kind_of_first(table: Table) -> str:
    return Column.objects.get(table=table, key=1).kind


@pytest.mark.django_db
def test_the_dialog_offers_the_kinds_people_write_and_the_options_of_the_one_picked(bob: Client, table: Table) -> None:
    page = text(bob.get(change_url(table), headers=HTMX))
    assert "Change kind of “Name”" in page and 'value="text" checked' in page and "Pick another kind" in page
    assert 'value="auto_number"' not in page and 'value="created_time"' not in page
    page = text(bob.get(change_url(table) + "?kind=rating", headers=HTMX))
    assert 'value="rating" checked' in page and 'name="max"' in page and preview_url(table) in page
    page = text(bob.get(change_url(table) + "?kind=select", headers=HTMX))
    assert 'name="create" value="true" checked' in page
    page = text(bob.get(change_url(table)))
    assert "<html" in page and "Change kind of “Name”" in page


@pytest.mark.django_db
def test_the_preview_names_what_does_not_fit_with_the_reason(bob: Client, table: Table) -> None:
    page = text(bob.post(preview_url(table), {"kind": "number", "decimals": "1"}, headers=HTMX))
    assert "1 of 3 filled cells convert, 2 do not fit." in page
    assert "&lt;b&gt;junk&lt;/b&gt;" in page and "<b>junk" not in page and "is not a number" in page
    assert "“12” becomes “12.0”" in page
    page = text(bob.post(preview_url(table), {"kind": "select", "create": "true"}, headers=HTMX))
    assert "All 3 filled cells convert." in page
    page = text(bob.post(preview_url(table), {"kind": "select"}, headers=HTMX))
    assert "0 of 3 filled cells convert" in page and "this column has none yet" in page
    page = text(bob.post(preview_url(table), {"kind": "rating", "max": "99"}, headers=HTMX))
    assert "must be a whole number from 1 to 10" in page
    assert kind_of_first(table) == "text" and not Change.objects.filter(table=table, action="change kind").exists()


@pytest.mark.django_db
def test_without_script_the_preview_is_the_dialog_with_it(bob: Client, table: Table) -> None:
    page = text(bob.post(preview_url(table), {"kind": "number"}))
    assert "<html" in page and "1 of 3 filled cells convert" in page and 'value="number" checked' in page
    answer = bob.post(preview_url(table), {"kind": "rating", "max": "99"})
    assert answer.status_code == 422 and "must be a whole number" in text(answer)


@pytest.mark.django_db
def test_the_change_is_made_told_and_taken_back(bob: Client, table: Table) -> None:
    answer = bob.post(change_url(table), {"kind": "number", "decimals": "2"}, headers=HTMX)
    assert answer["HX-Refresh"] == "true"
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["“Name” is of the kind “Number” now."]
    assert [row[0] for row in cells(table)] == [12, "1,5", "<b>junk</b>", None]
    page = text(bob.get(reverse("grid", args=[table.pk])))
    assert page.count('class="bad"') == 2 and "&lt;b&gt;junk" in page
    answer = bob.post(reverse("undo", args=[table.pk]))
    assert answer.json()["text"] == "Kind of the column changed back."
    assert [row[0] for row in cells(table)] == ["12", "1,5", "<b>junk</b>", None]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"kind": "rating", "max": "99"}, "must be a whole number from 1 to 10"),
        ({"kind": "text"}, "already"),
        ({"kind": "nonsense"}, "already"),  # as none was picked
        ({"kind": "created_time"}, "fills itself"),
    ],
)
def test_what_cannot_be_comes_back_with_a_sentence(bob: Client, table: Table, data: dict[str, str], says: str) -> None:
    answer = bob.post(change_url(table), data, headers=HTMX)
    assert answer.status_code == 422 and says in text(answer)
    assert kind_of_first(table) == "text"


@pytest.mark.django_db
def test_a_column_that_fills_itself_is_not_offered_another_kind(bob: Client) -> None:
    table = make_table(columns=[("No", "auto_number", {}), ("Name", "text", {})])
    for key, offered in ((1, False), (2, True)):
        assert ("Change kind" in text(bob.get(reverse("column_menu", args=[table.pk, key]), headers=HTMX))) is offered
        assert ("Change kind" in text(bob.get(reverse("edit_column", args=[table.pk, key]), headers=HTMX))) is offered
    vera = client_of("vera")
    assert "Change kind" not in text(vera.get(reverse("column_menu", args=[table.pk, 2]), headers=HTMX))


@pytest.mark.django_db
def test_views_that_read_the_column_keep_answering(bob: Client, table: Table) -> None:
    filters = [Condition(1, "contains", "1"), Condition(1, ">", 5), Condition(1, "any_of", ("12", "x"))]
    parts = [{"filter": filter_text(Group("all", (each,)))} for each in filters]
    parts += [{"sort": sorts_text((Sort(1, True),))}, {"group": sorts_text((Sort(1),))}, {"search": "12", "match": "only"}]
    views = [View.objects.create(table=table, name=str(n), config={"v": 1, **part}) for n, part in enumerate(parts)]
    for kind in ("number", "date", "checkbox", "multi_select", "text", "rating", "select", "datetime", "long_text"):
        bob.post(change_url(table), {"kind": kind, "create": "true", "max": "5", "clock": "24", "format": "iso"}, headers=HTMX)
        assert kind_of_first(table) == kind
        for view in views:
            assert bob.get(reverse("grid", args=[table.pk]), {"view": view.pk}).status_code == 200, f"{view.config} {kind}"
            for name in ("order", "window", "totals"):
                answer = bob.get(reverse(name, args=[table.pk]), {**view.config, "start": 0})
                assert answer.status_code in (200, 204), f"{name} {view.config} {kind}: {text(answer)}"


# --- A real worker -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    found = Worker(environment_of_tests(), tmp_path_factory.mktemp("worker") / "log")
    yield found
    found.kill()


def wait_for_end(found: Bulk) -> Bulk:
    wait_until(lambda: not Bulk.objects.get(pk=found.pk).is_open, "the worker to end it", 60)
    found.refresh_from_db()
    return found


@pytest.mark.django_db(transaction=True)
def test_many_rows_are_converted_in_the_background_and_taken_back(started: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (preview, change):
        monkeypatch.setattr(module, "ONE_WRITE", 5_000)  # instead of 50,000
    rows: list[dict[str, Any]] = [{"1": "junk" if n % 1_000 == 0 else f"{n * 1_000:,}"} for n in range(2_000)]
    table = make_table(columns=[("What", "text", {})])
    for _ in range(6):
        edits.add_rows(table, None, rows)
    table.refresh_from_db()
    before, bob = cells(table), client_of("bob")
    page = text(bob.post(preview_url(table), {"kind": "number"}, headers=HTMX))
    assert "11,988 of 12,000 filled cells convert, 12 do not fit. They are converted in the background." in page
    assert bob.post(change_url(table), {"kind": "number"}, headers=HTMX)["HX-Refresh"] == "true"
    found = Bulk.objects.get(table=table)
    assert kind_of_first(table) == "number"  # at once
    assert "Converting a column" in text(bob.get(reverse("table_bulks", args=[table.pk]))) or not found.is_open
    assert (wait_for_end(found).state, found.done, found.error) == ("done", 12_000, "")
    after = [row[0] for row in cells(table)]
    assert after == ["junk" if n % 1_000 == 0 else n * 1_000 for n in range(2_000)] * 6
    bar = bob.get(reverse("bulk_bar", args=[table.pk, found.pk]))
    assert "Column converted: 12,000 rows." in text(bar) and bar["HX-Trigger"] == "grid:refresh"
    answer = bob.post(reverse("undo", args=[table.pk]))
    assert answer.status_code == 202
    assert wait_for_end(Bulk.objects.get(pk=answer.json()["bulk"])).state == "done"
    assert cells(table) == before and kind_of_first(table) == "text"
