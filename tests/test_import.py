"""Importing a file in the browser: from the upload to the rows, and nothing left in the folder."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from bases.models import TRASH_DAYS, Base
from ingest.files import folder
from ingest.load import run
from ingest.models import Job, State
from tables import partitions
from tables.models import Table
from tables.tasks import empty_trash
from tests.make import PASSWORD, cells, make_base, make_table, make_user

GOOD = "Name,Größe,Since\nÄnne,1.5,2026-01-31\nBen,2,2026-02-01\n".encode()


@pytest.fixture
def base(transactional_db: None, settings: Any, tmp_path: Path) -> Base:
    settings.DATA = tmp_path
    return make_base()


def upload(base: Base, content: bytes, file_name: str = "people.csv", **fields: str) -> Any:
    client = Client()
    assert client.login(email="bob@example.com", password=PASSWORD)
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


def test_a_bad_file_says_where_and_leaves_nothing_but_the_empty_table(base: Base) -> None:
    upload(base, b'a,b\n1,2\n3,"4\n')
    job = Job.objects.get()
    run(job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED and "Row 2" in job.error and "never closed" in job.error
    assert cells(job.table) == [] and list(folder().iterdir()) == []


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
    assert upload(base, b"a\n" + b"1\n" * 3_000_000).status_code == 204
