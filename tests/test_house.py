"""What starts and stops Rowan: embedded servers, bin/run, and what happens when a process is killed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config import embedded
from config.embedded import CannotStart
from config.embedded.pair import Pair
from config.embedded.process import free_port
from config.serve import read_procfile

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.faults


@pytest.fixture
def make_data() -> Iterator[Callable[[], Path]]:
    """Makes data folders that PostgreSQL's own user can enter (pytest's own are closed to it when the tests run as root)."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="rowan-test-")))
        made[-1].chmod(0o711)
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder)


@pytest.fixture
def data(make_data: Callable[[], Path]) -> Path:
    return make_data()


def belonging_to(data: Path) -> list[str]:
    """Command lines of living processes that have to do with a data folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.pid != os.getpid() and (str(data) in line or (process.info["environ"] or {}).get("ROWAN_DATA") == str(data)):
            found.append(line)
    return found


def test_servers_start_answer_and_leave_nothing_behind(data: Path) -> None:
    with embedded.servers(data) as urls:
        assert urls.database and urls.redis
        with psycopg.connect(urls.database) as connection:
            assert connection.execute("SELECT current_setting('fsync'), current_setting('listen_addresses')").fetchone() == ("on", "")
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


def test_the_procfile_names_every_process() -> None:
    assert [name for name, _ in read_procfile(ROOT / "Procfile")] == ["web", "worker", "ai", "beat", "flower"]


# --- bin/run -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def running(data: Path) -> Iterator[tuple[subprocess.Popen[str], Path, str]]:
    """bin/run's program on a folder of its own, started until it says its URL."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")}
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env={**environment, "ROWAN_DATA": str(data), "PORT": str(port), "FLOWER_PORT": str(free_port()), "ROWAN_DEMO": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Stop with Ctrl-C" in line:
            break
    else:
        pytest.fail("bin/run ended: " + "".join(lines))
    threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True).start()  # or its pipe fills up
    yield process, data, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        process.terminate()
        process.wait(40)
    process.stdout.close()


def answers(url: str, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/accounts/login/", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            time.sleep(0.2)
    return False


def test_run_serves_survives_kills_and_stops_without_a_trace(running: tuple[subprocess.Popen[str], Path, str]) -> None:
    process, data, url = running
    assert answers(url)
    known = json.loads((data / "servers.json").read_text())
    for name in ("postgres", "redis-server", "gunicorn"):
        living = [p for p in psutil.Process(process.pid).children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
        next(p for p in living if name in " ".join(p.cmdline())).kill()
        time.sleep(1)
    assert answers(url, 30), "the killed processes did not come back"
    with psycopg.connect(known["database"]) as connection:
        assert connection.execute("SELECT count(*) FROM bases_user").fetchone() == (0,)
    assert redis.Redis.from_url(known["redis"]).ping()
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert belonging_to(data) == []


def test_run_told_to_stop_while_starting_leaves_nothing(data: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env={**environment, "ROWAN_DATA": str(data), "PORT": str(free_port()), "ROWAN_DEMO": "0"},
        stdout=subprocess.DEVNULL,
    )
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    assert process.wait(40) == 0
    assert belonging_to(data) == []


def test_run_refuses_half_a_pair_of_urls(data: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env={**environment, "ROWAN_DATA": str(data), "REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "both DATABASE_URL and REDIS_URL" in done.stderr
