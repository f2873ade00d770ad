"""`manage.py ai run COLUMN`: run an AI column from the command line."""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from ai import columns, heart, scopes
from ai.columns import BadAi
from ai.estimate import money
from ai.models import Run
from ai.money import BadMoney, read_money
from ai.progress import progress
from ai.prompts import BadPrompt
from ai.pump import pump
from ai.scopes import ALL, ONLY
from ai.wanted import Terms, begin, wanted
from bases.models import Member, Role, User
from tables.models import Column, Table, columns_at
from tables.query.definition import EVERYTHING
from tables.writes import Gone

SCOPES = (ALL, *filter(None, ONLY))
LOOK_SECONDS = 0.5
SLICE_SECONDS = 5.0  # of work, where no worker is there to do it


class Command(BaseCommand):
    help = "Run an AI column over its table. The last line is JSON: run, state, done, failed, skipped, spent (dollars)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        run = what.add_parser("run", help="compute an AI column's cells")
        run.add_argument("column", metavar="COLUMN", help="a column's id, or TABLE:NAME with the table's id")
        run.add_argument("--scope", choices=SCOPES, default="all", help="which cells; never those typed by a person")
        run.add_argument("--budget", metavar="DOLLARS", default="", help="the run pauses when it has spent so much")
        run.add_argument("--as", metavar="EMAIL", dest="email", help="in whose name; default: the base's first owner")
        run.add_argument("--wait", action="store_true", help="stay until it has ended, and do its work if no worker is there")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._begin(options)
            if options["wait"]:
                self._wait(run)
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from None
        except KeyboardInterrupt:
            run.refresh_from_db()
            self.stderr.write(f"Run {run.pk} goes on with the workers, if there are any.")
            sys.exit(130)
        spent = run.spent_micros / 1_000_000
        told = {"run": run.pk, "state": run.state, "done": run.done, "failed": run.failed, "skipped": run.skipped, "spent": spent}
        self.stdout.write(json.dumps(told))
        if run.state in (Run.State.PAUSED, Run.State.FAILED):
            raise CommandError(run.reason or f"The run is {run.state}.")

    def _begin(self, options: dict[str, Any]) -> Run:
        column = _column(options["column"])
        table = column.table
        only = "" if options["scope"] == ALL else options["scope"]
        try:
            ai = columns.load(column)
            ids = scopes.rows_of_view(table, EVERYTHING, ai, column, only)
            want = wanted(column, ai, Terms(only, budget=read_money(options["budget"])), ids)
            user, all_columns = _person(table, options["email"]), columns_at(table.pk, table.columns_version)
            return begin(table, user, all_columns, want, want.told("all rows"), sure=True)
        except (BadAi, BadMoney, BadPrompt, Gone) as bad:
            raise CommandError(str(bad)) from None

    def _wait(self, run: Run) -> None:
        """Until it has ended or is paused; on a terminal a line says how far it is."""
        while True:
            if not heart.is_alive():
                pump(run.pk, SLICE_SECONDS)
            run.refresh_from_db()
            self._tell(run)
            if run.state not in (Run.State.PREPARING, Run.State.RUNNING):
                break
            time.sleep(LOOK_SECONDS)
        if self.stderr.isatty():
            self.stderr.write("")

    def _tell(self, run: Run) -> None:
        if not self.stderr.isatty():
            return
        left = progress(run).time_left
        failed = f", {run.failed:,} failed" if run.failed else ""
        line = f"{run.done:,} of {run.total:,}{failed}, {money(run.spent_micros)} spent{f', {left}' if left else ''}"
        self.stderr.write(f"\r\033[K{line}", ending="")
        self.stderr.flush()


def _column(named: str) -> Column:
    """Raises CommandError."""
    living = Column.objects.filter(deleted_at=None, table__deleted_at=None, table__base__deleted_at=None)
    table_id, colon, name = named.partition(":")
    if not (table_id.isascii() and table_id.isdigit() and len(table_id) < 10):
        raise CommandError(f"“{named}” names no column: give its id, or TABLE:NAME with the table's id.")
    found = living.filter(table_id=int(table_id), name__iexact=name.strip()) if colon else living.filter(pk=int(table_id))
    column = found.select_related("table__base").first()
    if column is None:
        raise CommandError(f"There is no column “{named}”.")
    return column


def _person(table: Table, email: str | None) -> User:
    """Raises CommandError."""
    members = Member.objects.filter(base=table.base_id).select_related("user").order_by("pk")
    if email is None:
        return members.filter(role=Role.OWNER)[0].user
    member = members.filter(user__email__iexact=email, role__gte=Role.EDITOR).first()
    if member is None:
        raise CommandError(f"{email} is nobody who may edit this table.")
    return member.user
