"""The embedded PostgreSQL and Redis: started, found again, refused, stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from django.conf import settings

from config import embedded
from config.celery import app
from config.embedded import CannotStart
from config.embedded.pair import Pair
from config.embedded.process import free_port
from config.embedded.redis import Redis
from config.serve import read_procfile
from tests.running import belonging_to, whole_environment

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.faults


def test_servers_start_answer_and_leave_nothing_behind(data: Path) -> None:
    with embedded.servers(data) as urls:
        assert urls.database and urls.redis
        with psycopg.connect(urls.database) as connection:
            shown = connection.execute("SELECT current_setting('fsync'), current_setting('listen_addresses')").fetchone()
            assert shown == ("on", "")
            connection.execute("CREATE EXTENSION pg_trgm")
        assert redis.Redis.from_url(urls.redis).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=redis.Redis.from_url(urls.redis).connection_pool.connection_kwargs["port"]).ping()
        assert embedded.urls(data) == urls
        assert (data / "servers.json").stat().st_mode & 0o077 == 0
    assert embedded.urls(data) == embedded.Urls(None, None)
    assert belonging_to(data) == []


def test_running_servers_are_found_and_left_running(data: Path) -> None:
    with embedded.servers(data) as first:
        with embedded.servers(data) as second:
            assert second == first
        with psycopg.connect(first.database or "") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_data_is_there_again_after_a_restart_and_after_a_kill(data: Path) -> None:
    pair = Pair(data)
    urls = pair.start()
    with psycopg.connect(urls.database or "", autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    assert pair.postgres and pair.postgres.process
    os.kill(pair.postgres.process.pid, signal.SIGKILL)
    pair.stop()
    with embedded.servers(data) as again, psycopg.connect(again.database or "") as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)


def test_a_second_pair_on_one_folder_is_refused_with_a_sentence(data: Path) -> None:
    with embedded.servers(data), pytest.raises(CannotStart, match="already running"):
        Pair(data).start()


def test_two_folders_run_side_by_side(data: Path, make_data: Callable[[], Path]) -> None:
    with embedded.servers(data) as one, embedded.servers(make_data()) as two:
        assert one.database != two.database and one.redis != two.redis


def test_data_of_another_major_version_is_refused_by_name(data: Path) -> None:
    pair = Pair(data)
    pair.start()
    assert pair.postgres is not None
    folder = pair.postgres.folder
    pair.stop()
    (folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotStart, match=r"PostgreSQL 12.*PostgreSQL 18"):
        Pair(data).start()


def test_a_folder_with_a_long_path_works(data: Path) -> None:
    with embedded.servers(data / ("long" * 30)) as urls, psycopg.connect(urls.database or "") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_a_folder_that_postgresqls_user_cannot_enter_keeps_its_database_elsewhere(data: Path) -> None:
    data.chmod(0o700)
    with embedded.servers(data) as urls, psycopg.connect(urls.database or "") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert data.stat().st_mode & 0o077 == 0, "nobody's folder is opened to others"
    shutil.rmtree((data / "postgres-is-at").resolve())


def test_the_secret_key_is_made_once_and_private(data: Path) -> None:
    key = embedded.secret_key(data)
    assert len(key) >= 50 and embedded.secret_key(data) == key
    assert (data / "secret_key").stat().st_mode & 0o077 == 0


def test_a_busy_port_is_passed_over() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        port = busy.getsockname()[1]
        assert free_port(port) > port


def test_flower_is_not_started_without_a_password() -> None:
    for given in ({}, {"FLOWER_BASIC_AUTH": "rowan:"}):
        done = subprocess.run(
            [sys.executable, "-m", "config.flower"], cwd=ROOT, env=whole_environment(given), capture_output=True, text=True
        )
        assert done.returncode == 1 and "FLOWER_BASIC_AUTH" in done.stderr


def test_what_flower_shows_of_the_settings_holds_no_password() -> None:
    shown = repr(app.conf.table(censored=True, with_defaults=True)) + app.conf.humanize(with_defaults=True)
    assert "broker_url" in shown and settings.SECRET_KEY not in shown
    password = urlsplit(settings.REDIS_URL).password
    assert password is None or password not in shown
    assert not [name for name in app.conf if name.isupper()]  # a setting of Django's


def test_redis_refuses_what_files_could_be_written_with(data: Path) -> None:
    server = Redis(data)
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            assert client.set("a", "b")
            for command in ("CONFIG GET dir", "SAVE", "DEBUG SLEEP 0", "REPLICAOF 127.0.0.1 1", "MODULE LIST"):
                with pytest.raises(redis.ResponseError, match="unknown command"):
                    client.execute_command(*command.split())
    finally:
        server.stop()


def test_the_procfile_names_every_process() -> None:
    assert [name for name, _ in read_procfile(ROOT / "Procfile")] == ["web", "worker", "ai", "beat", "flower"]
