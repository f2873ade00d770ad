"""Who a browser's session stands for, and whether a kept connection to PostgreSQL still stands."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bases.models import Session
from bases.tasks import forget_sessions
from tests.make import make_user


@pytest.mark.django_db
def test_a_session_stands_for_its_person_only_while_all_about_it_is_right() -> None:
    alice = make_user("alice")
    client = Client()
    client.force_login(alice)
    assert client.get("/").status_code == 200
    session = Session.objects.get(user=alice)
    # Another person's column beside alice's signed data opens nobody's account.
    Session.objects.filter(pk=session.pk).update(user=make_user("bob"))
    assert client.get("/").context["user"] == alice
    Session.objects.filter(pk=session.pk).update(user=alice)
    alice.set_password("another, of course")
    alice.save()
    assert client.get("/").status_code == 302
    client.force_login(alice)
    alice.is_active = False
    alice.save()
    assert client.get("/").status_code == 302


@pytest.mark.django_db
def test_sessions_that_have_ended_are_forgotten() -> None:
    client = Client()
    client.force_login(make_user("alice"))
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get("/").status_code == 302
    client.force_login(make_user("bob"))
    forget_sessions()
    assert list(Session.objects.values_list("user__email", flat=True)) == ["bob@example.com"]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_has_ended_is_noticed_before_it_is_used() -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    assert not connection.is_usable()
    connection.close()
    assert Client().get("/accounts/login/").status_code == 200
