"""Servers of a test's own, which it may kill: nothing else is hurt."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from config.embedded.postgres import Postgres
from config.embedded.redis import Redis
from ingest.models import Job
from tests.conftest import ROOT
from tests.running import Worker, kill_all, whole_environment

# It does each line that comes in, says so, and ends at the first that fails.
OTHER = """
import sys, django
django.setup()
from django.db import close_old_connections
for line in sys.stdin:
    close_old_connections()
    try:
        exec(line)
    except BaseException as error:
        sys.exit(print(repr(error)))
    print("done", flush=True)
"""


@dataclass
class House:
    """Servers of one's own, with the product's tables; Django in this process works on them too."""

    folder: Path
    postgres: Postgres
    redis: Redis
    other: "subprocess.Popen[str] | None" = None
    worker: Worker | None = None
    more: dict[str, str] = field(default_factory=dict)  # of the environment

    @property
    def environment(self) -> dict[str, str]:
        # The name of the database is spelt out in a form that both sides read alike.
        return {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "ROWAN_DATA": str(self.folder),
            "SECRET_KEY": "for the fault tests only",
            **self.more,
        }

    def run(self, code: str) -> None:
        """Run a line of the product's in a process that has this house's Redis, as the web server has: one for all lines."""
        if self.other is None:
            self.other = subprocess.Popen(
                [sys.executable, "-c", OTHER],
                cwd=ROOT,
                env=whole_environment({**self.environment, "DJANGO_SETTINGS_MODULE": "config.settings"}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
        assert self.other.stdin and self.other.stdout
        self.other.stdin.write(f"{code}\n")
        said = self.other.stdout.readline()
        assert said == "done\n", f"{said}{self.other.stdout.read()}"

    def send(self, job: Job) -> None:
        self.run(f"from ingest.tasks import send; from ingest.models import Job; send(Job.objects.get(pk={job.pk}))")

    def sweep(self) -> None:
        """What the sweeper does when the open jobs have been quiet for long enough."""
        self.run("from ingest import jobs; jobs.QUIET_SECONDS = 0; from ingest.tasks import sweep; sweep()")

    def start_worker(self, *options: str) -> None:
        self.worker = Worker(self.environment, self.folder / f"worker-{len(os.listdir(self.folder))}.log", *options)

    def kill_redis(self) -> None:
        assert self.redis.process
        self.redis.process.kill()
        self.redis.process.wait(10)

    def crash(self) -> None:
        """kill -9 of every process of PostgreSQL, then a start as after a power cut."""
        assert self.postgres.process
        kill_all(self.postgres.process.pid)
        self.postgres.process.wait(10)
        connection.close()
        self.postgres.start()

    def end(self) -> None:
        for process in (self.worker and self.worker.process, self.other):
            if process:
                kill_all(process.pid)
                process.wait(10)
        if self.other and self.other.stdin and self.other.stdout:
            self.other.stdin.close()
            self.other.stdout.close()
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.postgres.home)  # as root it is not in the test's own folder


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    found = House(folder, Postgres(folder), Redis(folder))
    found.postgres.start()
    found.redis.start()
    try:
        with django_db_blocker.unblock(), django_on(found):
            call_command("migrate", verbosity=0)
            yield found
    finally:
        found.end()


@contextmanager
def django_on(house: House) -> Iterator[None]:
    """Let Django's connection in this process lead to the house's database."""
    before = dict(connection.settings_dict)
    connection.close()
    sockets = str(house.postgres.sockets)
    connection.settings_dict.update(NAME="rowan", USER="rowan", PASSWORD="", HOST=sockets, PORT="")
    connection.settings_dict["OPTIONS"] = {"application_name": "rowan"}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
