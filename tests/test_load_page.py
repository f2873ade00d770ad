"""Loads in the page: what is refused, who may, how a failed one is shown and tried again."""

import pytest
from django.test import Client
from django.urls import reverse

from bases.progress import State
from ingest import jobs, load
from ingest.models import Job
from tables import bulk, edits, tasks
from tables.models import Bulk
from tests.loads import assert_whole, generate, loaded
from tests.make import cells, client_of, make_base, make_table, make_user

BAD_COUNTS = ["0", "-1", "1.5", "1000000000000", "abc", "", "1e6", "10,000,001", "٣", "0x10", "1" * 5_000, "NaN", "\x00"]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", BAD_COUNTS, ids=range(len(BAD_COUNTS)))
def test_a_bad_count_gets_a_sentence_in_the_dialog_and_makes_no_job(rows: str) -> None:
    table = make_table()
    response = client_of("bob").post(reverse("load", args=[table.pk]), {"rows": rows})
    assert response.status_code == 422
    html = response.content.decode()
    assert "Give a whole number from 1 to 10,000,000." in html and len(html) < 500
    assert not Job.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", ["-1", "1.5", "abc", "9" * 19])
def test_a_bad_seed_gets_a_sentence_and_makes_no_job(seed: str) -> None:
    table = make_table()
    response = client_of("bob").post(reverse("load", args=[table.pk]), {"rows": "10", "seed": seed})
    assert response.status_code == 422 and "is not a seed" in response.content.decode()
    assert not Job.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "rows"), [("1", 1), (" 100,000 ", 100_000), ("10 000", 10_000), ("1_000", 1_000), ("0010", 10)]
)
def test_counts_are_read_as_people_write_them(typed: str, rows: int) -> None:
    assert jobs.checked_rows(typed) == rows


@pytest.mark.django_db
def test_a_fifth_load_into_one_table_at_once_is_refused_with_a_sentence() -> None:
    table, other = make_table(), make_table(make_base(name="Other"))
    client = client_of("bob")
    for _ in range(4):
        generate(table, 10, by="alice")
    refused = client.post(reverse("load", args=[table.pk]), {"rows": "10"})
    assert refused.status_code == 422 and "4 loads into this table are under way" in refused.content.decode()
    assert client.post(reverse("load", args=[other.pk]), {"rows": "10"}).status_code == 200


@pytest.mark.django_db
def test_a_viewer_sees_the_bar_and_a_stranger_nothing() -> None:
    table = make_table()
    job = generate(table, 500)
    steps = [reverse(f"{what}_job", args=[job.pk]) for what in ("cancel", "retry", "dismiss")]
    vera, charlie = client_of("vera"), client_of("charlie")
    shown = vera.get(reverse("table_jobs", args=[table.pk])).content.decode()
    assert "Adding 500 rows" in shown
    assert vera.get(reverse("job", args=[job.pk])).status_code == 200
    for url in [reverse("load", args=[table.pk]), *steps]:
        assert vera.post(url, {"rows": "10"}).status_code == 403
        assert charlie.post(url, {"rows": "10"}).status_code == 404
        assert Client().post(url, {"rows": "10"}).status_code == 302
    for url in (reverse("table_jobs", args=[table.pk]), reverse("job", args=[job.pk])):
        assert charlie.get(url).status_code == 404
    job.refresh_from_db()
    assert (job.state, job.cancel_asked, job.dismissed) == (State.QUEUED, False, False)
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_a_failed_load_is_shown_with_its_reason_and_tried_again_with_the_same_rows() -> None:
    base = make_base()
    table, same = make_table(base), make_table(base)
    job = generate(table, 500, seed=5)
    jobs.end(job.pk, State.FAILED, "The disk of the database is full.")
    bob = client_of("bob")
    assert "The disk of the database is full." in bob.get(reverse("table_jobs", args=[table.pk])).content.decode()
    assert bob.post(reverse("retry_job", args=[job.pk])).status_code == 200
    again = Job.objects.latest("pk")
    assert again.created_by == make_user("bob")
    load.run(again.pk)
    loaded(same, 500, seed=5)
    assert_whole(table, 500)
    assert cells(table) == cells(same)
    bob.post(reverse("dismiss_job", args=[job.pk]))
    assert "disk" not in bob.get(reverse("table_jobs", args=[table.pk])).content.decode()


@pytest.mark.django_db
def test_a_running_load_is_neither_tried_again_nor_dismissed() -> None:
    table = make_table()
    job = generate(table, 500)
    bob = client_of("bob")
    assert bob.post(reverse("retry_job", args=[job.pk])).status_code == 422
    bob.post(reverse("dismiss_job", args=[job.pk]))
    job.refresh_from_db()
    assert not job.dismissed and Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_rows_of_a_load_are_taken_back_from_its_bar_and_brought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.run_bulk, "delay", sent.append)
    table, alice, bob = make_table(rows=[["Ann", 1]]), client_of("alice"), client_of("bob")
    job = loaded(table, 600)
    edits.delete_rows(table, make_user("alice"), [2, 3])
    edits.set_cell(table, make_user("bob"), 9, 1, "Bob's", 2**40)
    edits.set_cell(table, make_user("alice"), 10, 1, "her own", 2**40)
    added = cells(table)
    where = reverse("undo_load", args=[job.pk])
    assert "Undo" not in bob.get(reverse("job", args=[job.pk])).content.decode()
    assert "Only whoever" in bob.post(where)["HX-Trigger"] and not sent
    assert "Undo" in alice.get(reverse("job", args=[job.pk])).content.decode()
    answer = alice.post(where)
    assert (answer.status_code, answer.content) == (200, b"") and "bulk:begun" in answer["HX-Trigger"]
    bulk.run(sent[0])
    assert [row[0] for row in cells(table)] == ["Ann", "Bob's"]
    bar = alice.get(f"/t/{table.pk}/bulk/{sent[0]}/").content.decode()
    assert "Rows deleted: 597 rows." in bar and "1 of these rows, which somebody else has changed since, stays." in bar
    begun = bulk.take_back(table, make_user("alice"), "undo", Bulk.objects.get(pk=sent[0]))
    bulk.run(begun.pk)
    assert cells(table) == added
    waiting = generate(table, 5)
    refused = alice.post(reverse("undo_load", args=[waiting.pk]))
    assert refused.status_code == 204 and "None of the rows" in refused["HX-Trigger"]
