"""One run: how many rows, where, and what the steps share: a person, the table, the web server."""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bases.models import User
from benchmarks.ingesting import ingest
from benchmarks.web import Web
from tables.models import Table

BASE, OWNER = "Bench", "bench@rowan.example"
TEN_MILLION = 10_000_000


@dataclass
class Bench:
    """What every step gets. The table and the web server are made when the first step asks for them."""

    rows: int
    quick: bool
    folder: Path
    stack: ExitStack
    baseline: list[float] = field(default_factory=list)  # seconds of psql's \copy and index builds, in this run

    @cached_property
    def table(self) -> Table:
        """The Leads table of `rows` rows that everything is read from; its rows have the ids 1 to `rows`."""
        return Table.objects.get(pk=ingest("--rows", self.rows, *into("Leads")).table)

    @cached_property
    def user(self) -> User:
        """The owner of that table."""
        return User.objects.get(email=OWNER, memberships__base__tables=self.table)

    @cached_property
    def web(self) -> Web:
        """The product's own web server, running until the end."""
        return self.stack.enter_context(Web.running(self.user))

    def read_target(self, milliseconds: float) -> float:
        """A reading's budget: at ten million rows it may take twice as long."""
        return milliseconds * (2 if self.rows >= TEN_MILLION else 1)

    def samples(self, whole: int, quick: int) -> int:
        return quick if self.quick else whole


def into(name: str) -> tuple[str, ...]:
    """The arguments of `manage.py ingest` for a table of that name."""
    return ("--base", BASE, "--name", name, "--owner", OWNER)


def unused_name(stem: str) -> str:
    return f"{stem} {secrets.token_hex(3)}"
