"""Importing a file in the browser: from the upload to the rows, and nothing left in the folder."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from bases.models import TRASH_DAYS, Base, Member, Role
from bases.progress import State
from ingest import jobs, load
from ingest.files import folder
from ingest.load import run
from ingest.models import Job, Part
from tables import partitions, schema
from tables.models import Table
from tables.tasks import empty_trash
from tests.make import PASSWORD, cells, client_of, make_base, make_table, make_user

GOOD = "Name,Größe,Since\nÄnne,1.5,2026-01-31\nBen,2,2026-02-01\n".encode()


@pytest.fixture
def base(transactional_db: None, settings: Any, tmp_path: Path) -> Base:
    settings.DATA = tmp_path
    return make_base()


def upload(base: Base, content: bytes, file_name: str = "people.csv", **fields: str) -> Any:
    client = client_of("bob")
    file = SimpleUploadedFile(file_name, content)
    return client.post(f"/b/{base.pk}/import/", {"file": file, **fields}, headers={"HX-Request": "true"})


def test_a_file_becomes_a_table_named_after_it_and_leaves_no_copy(base: Base) -> None:
    response = upload(base, GOOD)
    table = base.tables.get()
    assert response["HX-Redirect"] == f"/t/{table.pk}/" and table.name == "people"
    run(table.jobs.get().pk)
    assert table.jobs.get().state == State.DONE
    assert [c.kind for c in table.live_columns()] == ["text", "number", "date"]
    assert cells(table) == [["Änne", 1.5, "2026-01-31"], ["Ben", 2, "2026-02-01"]]
    assert list(folder().iterdir()) == []


def test_another_encoding_leaves_no_copy_either(base: Base) -> None:
    upload(base, GOOD.decode().encode("utf-16"))
    run(Job.objects.get().pk)
    assert Job.objects.get().state == State.DONE and list(folder().iterdir()) == []


def test_a_bad_file_says_where_offers_another_and_leaves_no_table(base: Base) -> None:
    upload(base, b'a,b\n1,2\n3,"4\n')
    job = Job.objects.get()
    run(job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED and "Row 2" in job.error and "never closed" in job.error
    assert not Table.objects.alive().exists() and list(folder().iterdir()) == []
    page = client_of("bob").get(f"/jobs/{job.pk}/").content.decode()
    assert "never closed" in page and "Choose another file" in page and f"/b/{base.pk}/import/" in page
    assert "Choose another file" not in client_of("vera").get(f"/jobs/{job.pk}/").content.decode()
    make_user("charlie")
    assert client_of("charlie").get(f"/jobs/{job.pk}/").status_code == 404


def test_the_address_of_a_failed_imports_table_says_what_failed_and_only_to_members(base: Base) -> None:
    upload(base, b'a,b\n1,2\n3,"4\n')
    table = base.tables.get()
    run(table.jobs.get().pk)

    def page(name: str) -> Any:
        return client_of(name).get(f"/t/{table.pk}/")

    said = page("bob").content.decode()
    assert "people.csv could not be imported" in said and "Row 2" in said and "never closed" in said
    assert f'href="/b/{base.pk}/"' in said and "Choose another file" in said and "<html" in said
    assert page("vera").status_code == 200 and "Choose another file" not in page("vera").content.decode()
    nowhere = client_of("charlie").get("/t/99999999/")
    assert page("charlie").status_code == 404 and page("charlie").content == nowhere.content
    assert client_of("bob").get(f"/t/{table.pk}/window/?start=0").status_code == 404
    # A page that was opened before it failed asks for its bar only now.
    bars = f"/t/{table.pk}/jobs/"
    assert client_of("bob").get(bars)["HX-Refresh"] == "true" and client_of("charlie").get(bars).status_code == 404
    base.trash()
    assert page("bob").status_code == 404


def test_the_address_of_a_cancelled_imports_table_says_so(base: Base) -> None:
    upload(base, GOOD)
    table = base.tables.get()
    jobs.cancel(table.jobs.get())
    run(table.jobs.get().pk)
    assert "was cancelled" in client_of("bob").get(f"/t/{table.pk}/").content.decode()


@pytest.mark.parametrize("content", [GOOD, b'a,b\n1,2\n3,"4\n'], ids=["imported", "worked in"])
def test_a_table_that_a_person_threw_away_is_no_failed_import(base: Base, content: bytes) -> None:
    upload(base, content)
    table = base.tables.get()
    if content != GOOD:
        schema.add_columns(table, None, [("Mine", "text", {})])
    run(table.jobs.get().pk)
    assert client_of("bob").get(f"/t/{table.pk}/").status_code == 200
    table.refresh_from_db()
    table.trash()
    assert client_of("bob").get(f"/t/{table.pk}/").status_code == 404


def test_a_cancelled_import_leaves_no_table(base: Base) -> None:
    upload(base, GOOD)
    job = Job.objects.get()
    jobs.cancel(job)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert not Table.objects.alive().exists() and list(folder().iterdir()) == []


def test_a_table_that_was_worked_in_outlives_the_import_that_made_it(base: Base) -> None:
    upload(base, b'a,b\n1,2\n3,"4\n')
    table = base.tables.get()
    schema.add_columns(table, None, [("Mine", "text", {})])
    run(table.jobs.get().pk)
    assert table.jobs.get().state == State.FAILED and Table.objects.alive().get() == table


def test_whether_the_first_row_is_a_header_can_be_told(base: Base) -> None:
    upload(base, b"Name,City\nAnn,Rome\n", header="no")
    run(Job.objects.get().pk)
    assert cells(base.tables.get()) == [["Name", "City"], ["Ann", "Rome"]]
    upload(base, b"1,2\n3,4\n", "numbers.csv", header="yes")
    run(Job.objects.latest("pk").pk)
    table = base.tables.get(name="numbers")
    assert [c.name for c in table.live_columns()] == ["1", "2"] and cells(table) == [[3, 4]]


def imported(table: Table, path: Path, content: bytes) -> Job:
    """An import into a table that is there, planned but not yet run to its end."""
    path.write_bytes(content)
    return jobs.create_file(table, None, str(path), path.name)


def test_an_import_adds_its_new_columns_together_with_its_rows(base: Base, tmp_path: Path) -> None:
    table = make_table(base, rows=[["Old", 1]])
    job = imported(table, tmp_path / "more.csv", b"amount,Since,Name,City\n2,2026-01-31,Ann,Rome\n")
    version = table.columns_version
    run(job.pk)
    table.refresh_from_db()
    columns = [(c.name, c.kind) for c in table.live_columns()]
    assert columns == [("Name", "text"), ("Amount", "number"), ("Since", "date"), ("City", "text")]
    assert cells(table) == [["Old", 1, None, None], ["Ann", 2, "2026-01-31", "Rome"]]
    assert table.columns_version == table.rows_version > version


@pytest.mark.parametrize("end", ["fails", "is cancelled"])
def test_an_import_without_rows_leaves_the_tables_columns_as_they_were(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    table = make_table(base, rows=[["Old", 1]])
    job = imported(table, tmp_path / "more.csv", b"Name,City,Amount\nAnn,Rome,%s\n" % (b"much" if end == "fails" else b"1"))
    copied = load.copy_part

    def then_cancel(job: Job, part: Part) -> None:
        copied(job, part)
        jobs.cancel(job)

    if end == "is cancelled":
        monkeypatch.setattr(load, "copy_part", then_cancel)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == (State.FAILED if end == "fails" else State.CANCELLED)
    assert [c.name for c in table.live_columns()] == ["Name", "Amount"] and cells(table) == [["Old", 1]]


def test_a_column_that_somebody_adds_during_an_import_keeps_its_key_and_its_name(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_table(base, rows=[["Old", 1]])
    job = imported(table, tmp_path / "more.csv", b"Name,City\nAnn,Rome\n")
    copied = load.copy_part

    def meanwhile(job: Job, part: Part) -> None:
        copied(job, part)
        schema.add_columns(table, None, [("City", "number", {})])

    monkeypatch.setattr(load, "copy_part", meanwhile)
    run(job.pk)
    columns = list(table.live_columns())
    assert [(c.name, c.kind) for c in columns] == [("Name", "text"), ("Amount", "number"), ("City", "number"), ("City 2", "text")]
    assert len({c.key for c in columns}) == 4
    assert cells(table) == [["Old", 1, None, None], ["Ann", None, None, "Rome"]]
    schema.add_columns(table, None, [("Next", "text", {})])


def test_a_file_with_more_new_columns_than_the_table_has_room_for_is_refused(base: Base, tmp_path: Path) -> None:
    table = make_table(base)
    names = ",".join(f"c{n}" for n in range(499))
    job = imported(table, tmp_path / "wide.csv", f"{names}\n".encode() + b"x," * 498 + b"x\n")
    run(job.pk)
    job.refresh_from_db()
    assert job.error == "The table has 2 columns and the file 499 others; a table holds at most 500."
    assert table.live_columns().count() == 2


@pytest.mark.parametrize(
    ("file_name", "content", "fields", "sentence"),
    [
        ("people.xlsx", GOOD, {}, "not of a known type"),
        ("people.csv", b"", {}, "empty"),
        ("people.csv", GOOD, {"name": "\x00"}, "needs a name"),
    ],
)
def test_what_cannot_be_imported_is_refused_at_once(
    base: Base, file_name: str, content: bytes, fields: dict[str, str], sentence: str
) -> None:
    response = upload(base, content, file_name, **fields)
    assert response.status_code == 422 and sentence in response.content.decode()
    assert not base.tables.exists() and list(folder().iterdir()) == []


def test_the_import_has_a_page_of_its_own_that_works_without_script(base: Base) -> None:
    path, bob = f"/b/{base.pk}/import/", client_of("bob")
    page = bob.get(path).content.decode()
    assert page.startswith("<!doctype html>") and f'method="post" action="{path}" enctype="multipart/form-data"' in page
    refused = bob.post(path, {"file": SimpleUploadedFile("people.xlsx", GOOD)})
    said = refused.content.decode()
    assert refused.status_code == 422 and said.startswith("<!doctype html>") and "not of a known type" in said
    done = bob.post(path, {"file": SimpleUploadedFile("people.csv", GOOD)})
    assert done.status_code == 302 and done["Location"] == f"/t/{base.tables.get().pk}/"
    # In a dialog it stays what it was: the form, and a sentence beside it.
    assert bob.get(path, headers={"HX-Request": "true"}).content.decode().lstrip().startswith("<form")
    assert upload(base, b"").content.decode().startswith('<p class="form-error"')


def test_the_trash_forgets_after_its_days_and_not_before(transactional_db: None) -> None:
    base = make_base()
    kept, gone = make_table(base, rows=[["Kept", 1]], name="Kept"), make_table(base, rows=[["Gone", 1]], name="Gone")
    Table.objects.filter(pk=kept.pk).update(deleted_at=timezone.now() - timedelta(days=TRASH_DAYS - 1))
    Table.objects.filter(pk=gone.pk).update(deleted_at=timezone.now() - timedelta(days=TRASH_DAYS + 1))
    client = Client()
    make_user("alice")
    assert client.login(email="alice@example.com", password=PASSWORD)
    assert client.post(f"/t/{gone.pk}/restore/").status_code == 404, "what is about to go for good is not brought back by halves"
    empty_trash()
    assert not Table.objects.filter(pk=gone.pk).exists() and not partitions.exists(gone.pk)
    assert client.post(f"/t/{kept.pk}/restore/").status_code == 302
    assert cells(kept) == [["Kept", 1]]


def test_a_row_of_commas_costs_no_more_than_its_width(base: Base) -> None:
    upload(base, b"a,b\n1,2\n" + b"3,4" + b"," * 500_000 + b"\n5,6\n")
    job = Job.objects.get()
    run(job.pk)
    job.refresh_from_db()
    assert job.state == State.DONE and cells(job.table) == [[1, 2], [3, 4], [5, 6]]


def test_a_large_body_is_refused_unless_it_is_a_signed_in_persons_import(base: Base) -> None:
    for path in ("/accounts/login/", f"/b/{base.pk}/import/"):
        assert Client().post(path, {"file": SimpleUploadedFile("x.csv", b"x" * 6_000_000)}).status_code == 413
    assert upload(base, b"a\n" + b"1\n" * 3_000_000)["HX-Redirect"]


class Unread(io.BytesIO):
    """A body that nobody may look into."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("The body was read.")


@pytest.mark.parametrize(("person", "status"), [("stranger", 404), ("viewer", 403)])
def test_a_large_body_of_somebody_who_may_not_send_it_is_not_even_read(base: Base, person: str, status: int) -> None:
    table = make_table(base)
    client, user = client_of(person), make_user(person)
    if person == "viewer":
        Member.objects.create(base=base, user=user, role=Role.VIEWER)
    for path in (f"/b/{base.pk}/import/", f"/t/{table.pk}/cells/paste/"):
        sent = {"CONTENT_LENGTH": "20000000", "CONTENT_TYPE": "multipart/form-data; boundary=x", "wsgi.input": Unread()}
        assert client.post(path, **sent).status_code == status  # type: ignore[arg-type]
