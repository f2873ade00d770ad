"""`manage.py ingest`, run as people and scripts run it: what it prints, what it leaves, what its exit code says."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import ManagementUtility

from bases.models import Base, Member, Role, User
from bases.progress import State
from ingest.models import Job
from tables.models import Table
from tests.conftest import ROOT, environment_of_tests
from tests.loads import assert_whole
from tests.make import cells, make_base, make_table
from tests.running import manage, start_manage, wait_until, whole_environment

pytestmark = pytest.mark.django_db(transaction=True)

Ingest = Callable[..., "subprocess.CompletedProcess[str]"]
NEW = ("--base", "Shop", "--name", "Things", "--owner", "dora@example.com")


def report(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """The last line of a successful run."""
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def sentence(done: "subprocess.CompletedProcess[str]") -> str:
    """What a failed run says: one line, no traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def ingest(*args: str) -> "subprocess.CompletedProcess[str]":
    return manage("ingest", *args)


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Ingest:
    """`here("--rows", "0")`: what manage.py does with its arguments, without the second that a process takes to start."""

    def do(*args: str) -> "subprocess.CompletedProcess[str]":
        code: object = 0
        try:
            ManagementUtility(["manage.py", "ingest", *args]).execute()
        except SystemExit as end:
            code = end.code
        said = capfd.readouterr()
        assert isinstance(code, int)
        return subprocess.CompletedProcess(args, code, said.out, said.err)

    return do


# --- What it does --------------------------------------------------------------------------------------------------


def test_rows_go_into_a_table_made_for_them_and_the_last_line_tells() -> None:
    found = report(ingest("--rows", "2,500", *NEW))
    table = Table.objects.get(pk=found["table"])
    assert (found["rows"], set(found)) == (2_500, {"table", "rows", "seconds", "rows_per_second"})
    assert found["seconds"] > 0 and abs(found["rows_per_second"] - 2_500 / found["seconds"]) < 50
    assert_whole(table, 2_500)
    owner = User.objects.get(email="dora@example.com")
    assert not owner.has_usable_password()
    assert Member.objects.get(base=table.base, user=owner).role == Role.OWNER
    assert (table.name, table.base.name) == ("Things", "Shop")
    # Again: the same base and table, more rows; another owner's base of the same name is another base.
    assert report(ingest("--rows", "10", *NEW))["table"] == table.pk
    assert_whole(table, 2_510)
    assert report(ingest("--rows", "10", *NEW[:4], "--owner", "Eve@example.com"))["table"] != table.pk
    assert Base.objects.count() == 2


def test_rows_go_into_the_table_with_that_id_and_the_seed_says_which() -> None:
    base = make_base()
    one, two, other = make_table(base), make_table(base), make_table(base)
    for table, seed in ((one, "5"), (two, "5"), (other, "6")):
        assert report(ingest("--rows", "300", "--table", str(table.pk), "--seed", seed))["table"] == table.pk
    assert cells(one) == cells(two) != cells(other)


def test_idempotent_does_nothing_when_the_rows_are_there() -> None:
    first = report(ingest("--rows", "300", "--idempotent", *NEW))
    again = report(ingest("--rows", "300", "--idempotent", *NEW))
    assert again["table"] == first["table"] and again["seconds"] == 0
    assert_whole(Table.objects.get(pk=first["table"]), 300)
    assert Job.objects.count() == 1


def test_a_file_becomes_a_table(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text('Name,Amount,Joined\nAnn,1,2026-01-31\n"Ben, B.",2.5,2026-02-01\n,,\n')
    found = report(ingest("--file", str(file), *NEW))
    table = Table.objects.get(pk=found["table"])
    assert [(c.name, c.kind) for c in table.live_columns()] == [("Name", "text"), ("Amount", "number"), ("Joined", "date")]
    assert cells(table) == [["Ann", 1, "2026-01-31"], ["Ben, B.", 2.5, "2026-02-01"], [None, None, None]]
    assert found["rows"] == 3
    assert file.exists()  # it is the person's own


# --- What it refuses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", ["0", "-1", "1.5", "1000000000000", "abc", ""])
def test_a_bad_count_gets_a_sentence_and_makes_nothing(here: Ingest, rows: str) -> None:
    assert "Give a whole number from 1 to 10,000,000." in sentence(here(f"--rows={rows}", *NEW))
    assert not Base.objects.exists() and not User.objects.filter(email="dora@example.com").exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--rows", "10", "--table", "999999"), "There is no table 999999."),
        (("--rows", "10", "--table", "abc"), "There is no table abc."),
        (("--rows", "10"), "Say where to"),
        (("--rows", "10", "--base", "Shop"), "Say where to"),
        (("--rows", "10", "--base", "Shop", "--name", "T", "--owner", "nobody"), "“nobody” is not an e-mail address."),
        (("--rows", "10", "--base", " ", "--name", "T"), "A base needs a name."),
        (("--rows", "10", "--base", "Shop", "--name", "T" * 201), "at most 200 characters"),
        (("--file", "/nowhere/x.csv", *NEW), "There is no file “/nowhere/x.csv”."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_there_or_cannot_be_gets_a_sentence(here: Ingest, args: tuple[str, ...], says: str) -> None:
    assert says in sentence(here(*args))
    assert not Job.objects.exists() and not Table.objects.exists()


def test_a_table_in_the_trash_takes_no_rows(here: Ingest) -> None:
    table = make_table()
    table.trash()
    assert f"There is no table {table.pk}." in sentence(here("--rows", "10", "--table", str(table.pk)))


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "empty"), (b'a,b\n1,"2\n', "quote"), (b"a,b\n1,2,3\n", "2")], ids=["empty", "unclosed", "ragged"]
)
def test_a_bad_file_gets_a_sentence_and_no_row(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    table = make_table(rows=[["Ann", 1]])
    said = sentence(ingest("--file", str(file), "--table", str(table.pk)))
    assert says in said
    assert_whole(table, 1)
    assert Job.objects.get().state == State.FAILED and Job.objects.get().error in said


def test_a_value_that_does_not_fit_names_its_row_and_column_and_no_row_comes_in(tmp_path: Path) -> None:
    file = tmp_path / "misfit.csv"
    file.write_text("Name,Amount\n" + "".join(f"N{n},{n}\n" for n in range(1_000)) + "Zoe,many\n")
    table = make_table(rows=[["Ann", 1]])
    said = sentence(ingest("--file", str(file), "--table", str(table.pk)))
    assert "Row 1,001" in said and "“Amount”" in said and "“many”" in said
    assert_whole(table, 1)


def test_a_database_that_does_not_answer_gets_a_sentence() -> None:
    nowhere = {**environment_of_tests(), "DATABASE_URL": "postgres://rowan@127.0.0.1:9/rowan"}
    assert "The database does not answer" in sentence(manage("ingest", "--rows", "10", *NEW, environment=nowhere))


# --- Stopped and killed --------------------------------------------------------------------------------------------


def begun(*args: str) -> "tuple[subprocess.Popen[str], Job]":
    """A large load that has copied its first rows."""
    process = start_manage("ingest", *args)
    wait_until(lambda: Job.objects.filter(done__gt=0).exists() or process.poll() is not None, "the first rows")
    assert process.poll() is None, process.communicate()
    return process, Job.objects.get()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminate"])
def test_ctrl_c_cancels_and_leaves_nothing(number: signal.Signals) -> None:
    table = make_table(rows=[["Ann", 1]])
    process, job = begun("--rows", "5000000", "--table", str(table.pk))
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert "Cancelled. No row was added." in err and "Traceback" not in err
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert_whole(table, 1)


def test_a_killed_process_of_it_costs_nothing_but_its_part() -> None:
    table = make_table()
    process, _ = begun("--rows", "300000", "--table", str(table.pk))
    psutil.Process(process.pid).children()[0].kill()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["rows"] == 300_000
    assert_whole(table, 300_000)


def test_when_all_its_processes_are_killed_it_says_so_and_a_second_try_works() -> None:
    table = make_table(rows=[["Ann", 1]])
    process, job = begun("--rows", "5000000", "--table", str(table.pk))
    for child in psutil.Process(process.pid).children():
        child.kill()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1 and "were killed. No row was added." in err
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert_whole(table, 1)
    assert report(ingest("--rows", "1000", "--table", str(table.pk)))["rows"] == 1_000
    assert_whole(table, 1_001)


def test_on_a_terminal_it_shows_a_bar_up_to_the_end() -> None:
    table = make_table()
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "ingest", "--rows", "100000", "--table", str(table.pk)],
        cwd=ROOT, env=whole_environment(environment_of_tests()), stdout=subprocess.PIPE, stderr=terminal, text=True,
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(screen, 65_536):
            shown += piece
    except OSError:
        pass  # Linux says so when the other side has closed
    os.close(screen)
    out, _ = process.communicate(timeout=30)
    assert json.loads(out)["rows"] == 100_000
    bars = shown.decode().strip().split("\r")
    assert len(bars) > 2 and "100%" in bars[-1] and "100,000 rows" in bars[-1]
