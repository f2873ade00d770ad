"""What starts and stops Rowan: bin/run, and what happens when a process is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from config import embedded
from config.embedded.process import free_port
from tests.running import belonging_to

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def folders() -> Iterator[list[Path]]:
    """Three data folders that PostgreSQL's own user can enter."""
    found = [Path(tempfile.mkdtemp(prefix="rowan-test-")) for _ in range(3)]
    for folder in found:
        folder.chmod(0o711)
    yield found
    for folder in found:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def running(folders: list[Path]) -> Iterator[tuple[subprocess.Popen[str], Path, str]]:
    """bin/run's program on a folder of its own, started until it says its URL. The last test that uses it stops it."""
    data, port = folders[0], free_port()
    process = serve(data, PORT=str(port))
    said = greeting(process)
    assert any("Stop with Ctrl-C" in line for line in said), "".join(said)
    threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True).start()  # or its pipe fills up
    yield process, data, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        process.terminate()
        process.wait(40)
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture(scope="module")
def two_started(folders: list[Path]) -> list[tuple[Path, list[str]]]:
    """Two of them, told in one moment to use the same ports, the second with a name by which others reach it; what they said.

    They are stopped.
    """
    port = str(free_port())
    settings: list[dict[str, str]] = [{}, {"ALLOWED_HOSTS": "127.0.0.1,rowan.example"}]
    started = [
        serve(folder, ROWAN_DEMO="1", PORT=port, FLOWER_PORT=port, **more)
        for folder, more in zip(folders[1:], settings, strict=True)
    ]
    try:
        said = [greeting(process) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate(timeout=40)
    return list(zip(folders[1:], said, strict=True))


def serve(data: Path, **more: str) -> "subprocess.Popen[str]":
    """bin/run's program on a data folder, in the background; its output is piped."""
    not_ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "WEB_SOCKET", "DJANGO_SETTINGS_MODULE")
    environment = {k: v for k, v in os.environ.items() if k not in not_ours}
    environment |= {"ROWAN_DATA": str(data), "ROWAN_DEMO": "0", "FLOWER_PORT": str(free_port()), **more}
    command = [sys.executable, "-m", "config.serve"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def greeting(process: "subprocess.Popen[str]") -> list[str]:
    """The lines it prints until it has said how it is stopped, or has ended."""
    said: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if "Stop with Ctrl-C" in line:
            break
    return said


def answers(url: str, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/accounts/login/", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            time.sleep(0.2)
    return False


@pytest.mark.parametrize(("which", "door"), [(0, True), (1, False)])
def test_run_names_the_demo_only_where_its_door_is_open(
    two_started: list[tuple[Path, list[str]]], which: int, door: bool
) -> None:
    _, said = two_started[which]
    assert any("Stop with Ctrl-C" in line for line in said), "".join(said)
    assert any("Continue as demo" in line for line in said) == door


def test_two_starts_in_one_moment_take_different_ports(two_started: list[tuple[Path, list[str]]]) -> None:
    urls = {line.split()[1] for _, said in two_started for line in said if line.startswith(("Rowan ", "Flower "))}
    assert len(urls) == 4
    assert [belonging_to(folder) for folder, _ in two_started] == [[], []]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_told_to_stop_while_starting_leaves_nothing(data: Path, number: int) -> None:
    process = serve(data)
    assert process.stdout is not None
    assert "Starting" in process.stdout.readline()
    time.sleep(1.5)
    process.send_signal(number)
    process.communicate(timeout=40)
    assert process.returncode == 0
    assert belonging_to(data) == []


@pytest.mark.parametrize("pause", [0.1, 0.25, 0.4, 0.6])
def test_ctrl_c_before_anything_has_started_ends_run_without_a_word(data: Path, pause: float) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")}
    environment |= {"ROWAN_DATA": str(data), "PORT": str(free_port()), "FLOWER_PORT": str(free_port()), "ROWAN_DEMO": "0"}
    output: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen([ROOT / "bin" / "run"], env=environment, text=True, start_new_session=True, **output)
    time.sleep(pause)
    for _ in range(20):  # as a person does whose first one came before Python could take it
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all that belong to the command
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
            break
    said = process.communicate(timeout=40)[0]
    assert "Traceback" not in said
    assert process.returncode in (130, -signal.SIGINT) if not said else process.returncode == 0
    assert belonging_to(data) == []


def test_what_run_writes_is_for_its_owner_only(running: tuple[subprocess.Popen[str], Path, str]) -> None:
    _, data, url = running
    assert answers(url)
    names = {path.name for path in data.rglob("*") if path.is_file() and path.stat().st_mode & 0o077}
    assert names <= {"lock"}  # which is empty
    assert {"postgres.log", "redis.log", "secret_key", "PG_VERSION"} <= {path.name for path in data.rglob("*")}


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


# --- Found by killing things ---------------------------------------------------------------------------------------------


def test_a_refused_second_start_takes_nothing_from_the_first(data: Path) -> None:
    with embedded.servers(data) as first:
        refused = serve(data)
        assert "already running" in refused.communicate(timeout=30)[0]
        assert refused.returncode == 1
        assert embedded.urls(data) == first


def test_a_first_start_broken_off_leaves_no_half_cluster(data: Path) -> None:
    for moment in (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.8):
        broken_off = serve(data)
        end = time.monotonic() + 20
        while not (data / "postgres.new" / "PG_VERSION").exists() and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(moment)
        broken_off.send_signal(signal.SIGTERM)
        broken_off.communicate(timeout=40)
        assert belonging_to(data) == []
    with embedded.servers(data) as urls, psycopg.connect(urls.database or "") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_busy_backend_that_outlives_the_killed_postmaster_does_not_stop_the_restart(
    running: tuple[subprocess.Popen[str], Path, str],
) -> None:
    process, data, url = running
    database = json.loads((data / "servers.json").read_text())["database"]

    def write_for_long() -> None:
        with suppress(psycopg.OperationalError), psycopg.connect(database, autocommit=True) as connection:
            connection.execute("CREATE TABLE burn AS SELECT g FROM generate_series(1, 100000000) g")

    threading.Thread(target=write_for_long, daemon=True).start()
    with psycopg.connect(database, autocommit=True) as connection:
        wait_for = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE burn%' AND state = 'active'"
        end = time.monotonic() + 20
        while connection.execute(wait_for).fetchone() != (1,) and time.monotonic() < end:
            time.sleep(0.05)
    time.sleep(1)
    os.kill(int((data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "bin/run ended"
        with suppress(psycopg.OperationalError), psycopg.connect(database) as connection:
            assert connection.execute("SELECT to_regclass('burn')").fetchone() == (None,)
            break
        time.sleep(0.2)
    else:
        pytest.fail("PostgreSQL did not come back")
    assert answers(url)


@pytest.mark.parametrize("name", ["PORT", "FLOWER_PORT", "WEB_WORKERS", "WEB_THREADS", "WORKER_CONCURRENCY", "AI_CONCURRENCY"])
def test_a_bad_number_stops_the_start_with_a_sentence(data: Path, name: str) -> None:
    refused = serve(data, **{name: "abc"})
    said = refused.communicate(timeout=30)[0]
    assert refused.returncode == 1
    assert f"{name}=abc is not a whole number" in said and "Traceback" not in said


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
