"""A query that takes too long ends with a sentence."""

from collections.abc import Iterator

import pytest
from django.db import connection
from psycopg.errors import QueryCanceled

from config.postgresql.base import DatabaseWrapper
from tests.make import client_of, make_table, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def impatient() -> Iterator[None]:
    """A database that stops everything after ten thousandths of a second: time for a look-up, also on a busy machine."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '10ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


def test_what_takes_too_long_ends_with_a_sentence_for_pages_and_for_the_grid(request: pytest.FixtureRequest) -> None:
    table = make_table(rows=40_000)
    alice = client_of("alice")
    request.getfixturevalue("impatient")
    address = f"/t/{table.pk}/window/?start=0&sort=-2,1"
    page = alice.get(address)
    assert page.status_code == 503 and "more than 10 seconds" in text(page)
    answer = alice.get(address, headers={"HX-Request": "true"})
    assert answer.status_code == 503 and answer.json()["error"].startswith("This took the database more than")


def test_each_connection_of_the_web_server_stops_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseWrapper, "statement_seconds", 1)
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("1s",)
        with pytest.raises(Exception, match="statement timeout") as failed:
            cursor.execute("SELECT pg_sleep(3)")
    assert isinstance(failed.value.__cause__, QueryCanceled)
    connection.close()
