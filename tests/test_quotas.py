"""How much one person may have under way, and how much a base may hold."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bases.progress import State
from ingest.models import Job
from tables import schema
from tables.models import Table
from tests.loads import generate
from tests.make import client_of, make_base, make_table, make_user

pytestmark = pytest.mark.django_db


def test_one_person_has_four_loads_under_way_at_most_over_all_tables(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    base = make_base()
    ended = generate(make_table(base), 5, by="bob")
    Job.objects.filter(pk=ended.pk).update(state=State.FAILED)
    for n in range(4):
        generate(make_table(base, name=f"T{n}"), 5, by="bob")
    another = make_table(base, name="Another")
    upload = SimpleUploadedFile("people.csv", b"Name\nAnn\n")
    for name, where, data in (
        ("load", another.pk, {"rows": "5"}),
        ("retry_job", ended.pk, {}),
        ("import_file", base.pk, {"file": upload}),
    ):
        answer = client_of("bob").post(reverse(name, args=[where]), data)
        assert answer.status_code == 422 and "4 loads of yours are under way. Wait until one has ended" in answer.content.decode()
    assert Job.objects.count() == 5 and not (tmp_path / "imports").exists()
    assert client_of("alice").post(reverse("load", args=[another.pk]), {"rows": "5"}).status_code == 200


def test_a_base_holds_a_thousand_tables_at_most() -> None:
    base = make_base()
    Table.objects.bulk_create(Table(base=base, name=f"T{n}", order=n) for n in range(999))
    make_table(base)
    Table.objects.create(base=base, name="Thrown away", order=1).trash()  # takes no place
    answer = client_of("bob").post(reverse("new_table", args=[base.pk]), {"name": "One more", "starter": "blank"})
    assert answer.status_code == 422
    with pytest.raises(schema.BadSchema, match="This base holds 1,000 tables"):
        schema.create_table(base, "One more")
    assert base.tables.filter(deleted_at=None).count() == 1_000


def test_a_column_that_comes_back_needs_room(monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_table()
    column = schema.add_column(table, None, "Third", "text", {})
    schema.delete_column(table, make_user("bob"), column.key)
    monkeypatch.setattr(schema, "MAX_COLUMNS", 2)
    page = client_of("bob").post(reverse("restore_column", args=[table.pk, column.key]), follow=True)
    assert "A table holds at most 2 columns." in page.content.decode() and table.live_columns().count() == 2
