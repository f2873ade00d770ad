"""`manage.py ingest`: load sample rows or a file from the command line, without a worker or a browser."""

import json
import multiprocessing
import signal
import sys
from argparse import ArgumentParser
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import InterfaceError, OperationalError, connection, connections

from bases.access import create_base
from bases.models import Base, Role, User
from bases.progress import State
from ingest import jobs
from ingest.files import check_file
from ingest.load import run, runners
from ingest.models import Job
from ingest.readers import BadFile
from ingest.rows import generated
from tables import schema
from tables.models import Table
from tables.starters import STARTERS

DEFAULT_OWNER = "demo@rowan.local"


class Command(BaseCommand):
    help = "Load sample rows (--rows N) or a file (--file F.csv) into a table. The last line is JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--rows", metavar="N", help=f"add N sample rows, 1 to {jobs.MOST_ROWS:,}")
        what.add_argument("--file", metavar="F", help="import a CSV or TSV file")
        parser.add_argument("--table", metavar="ID", help="the table to load into")
        parser.add_argument("--base", metavar="NAME", help="the base, made if absent (with --name)")
        parser.add_argument("--name", metavar="NAME", help="the table in that base, made if absent")
        parser.add_argument("--owner", metavar="EMAIL", default=DEFAULT_OWNER, help="who owns a base that is made")
        parser.add_argument("--template", choices=sorted(STARTERS), default="leads", help="columns of a table made for --rows")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same rows")
        parser.add_argument("--idempotent", action="store_true", help="do nothing when the table has N rows already")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._load(options)
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from None

    def _load(self, options: dict[str, Any]) -> None:
        try:
            rows = jobs.checked_rows(options["rows"]) if options["rows"] is not None else None
            if options["file"]:
                if options["idempotent"]:
                    raise jobs.BadJob("--idempotent goes with --rows: how many rows a file has is not known before it is read.")
                check_file(options["file"])
            table, user, made = self._table(options)
        except (jobs.BadJob, BadFile, schema.BadSchema) as bad:
            raise CommandError(str(bad)) from None
        if options["idempotent"] and rows is not None and table.row_count >= rows:
            self._report(table, 0, 0.0)
            return
        if rows is not None:
            job = jobs.create_generate(table, user, rows, options["seed"])
            # The pools of sample values take a second to make: once, here, instead of in each process after the fork.
            next(generated(job, 0, 1))
        else:
            # A table made for this file goes to the trash again should the import fail.
            job = jobs.create_file(table, user, str(Path(options["file"]).resolve()), options["file"], made_table=made)
        self._run(job)
        assert job.finished_at is not None
        # Until the rows are there to be read; the processes then still clean up and gather statistics.
        self._report(table, job.total or 0, (job.finished_at - job.created_at).total_seconds())

    def _table(self, options: dict[str, Any]) -> tuple[Table, User | None, bool]:
        """The table to load into, for whom, and whether it was made just now."""
        if options["table"]:
            return self._table_by_id(str(options["table"])), None, False
        if not options["base"] or not options["name"]:
            raise CommandError("Say where to: --table ID, or --base NAME and --name NAME.")
        base_name, name = schema.checked_name(options["base"], "base"), schema.checked_name(options["name"], "table")
        user = self._owner(options["owner"])
        base = Base.objects.alive().filter(name=base_name, members__user=user, members__role=Role.OWNER).first()
        base = base or create_base(user, base_name)
        table = base.tables.filter(name=name, deleted_at=None).first()
        if table is not None:
            return table, user, False
        if options["rows"] is not None:
            return schema.create_from_starter(base, user, name, options["template"], rows=0), user, True
        return schema.create_table(base, name), user, True

    def _table_by_id(self, text: str) -> Table:
        is_id = text.isascii() and text.isdigit() and len(text) < 10
        table = Table.objects.alive().filter(pk=int(text)).first() if is_id else None
        if table is None:
            raise CommandError(f"There is no table {text}.")
        return table

    def _owner(self, email: str) -> User:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"“{email}” is not an e-mail address.") from None
        return User.objects.filter(email=email.lower()).first() or User.objects.create_user(email)

    def _run(self, job: Job) -> None:
        """Run the job in processes of our own, showing a bar on a terminal; Ctrl-C cancels it."""
        asked: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            # Only noted: a handler runs in the middle of whatever this process does, a query included.
            signal.signal(number, lambda number, frame: asked.append(number))
        connections.close_all()  # a forked process must not share its parent's connection
        fork = multiprocessing.get_context("fork")
        workers = [fork.Process(target=_work, args=(job.pk,)) for _ in range(runners())]
        for worker in workers:
            worker.start()
        while running := [worker for worker in workers if worker.is_alive()]:
            wait([worker.sentinel for worker in running], 0.2)
            try:
                if asked:
                    jobs.cancel(job)
                if self._shows_bar():
                    self._bar(job)
            except (OperationalError, InterfaceError):
                connection.close()  # the database restarts; the workers wait for it too
        self._end(job)

    def _end(self, job: Job) -> None:
        """Say how a job went whose processes have ended. Raises CommandError."""
        if self._shows_bar():
            self.stderr.write("")
        job.refresh_from_db()
        if job.is_open:
            cancelled = State.CANCELLED, "Cancelled. No row was added."
            killed = State.FAILED, "The processes that loaded the rows were killed. No row was added."
            jobs.end(job.pk, *(cancelled if job.cancel_asked else killed))
            job.refresh_from_db()
        if job.state != State.DONE:
            raise CommandError(job.error)

    def _shows_bar(self) -> bool:
        return sys.stderr.isatty()

    def _bar(self, job: Job) -> None:
        job.refresh_from_db()
        share = job.done / job.total if job.total else 0.0
        filled = round(share * 30)
        line = f"\r{'█' * filled}{'░' * (30 - filled)} {share:4.0%}  {job.done:>11,} rows  {job.step:<20}"
        self.stderr.write(line, ending="")

    def _report(self, table: Table, rows: int, seconds: float) -> None:
        rate = round(rows / seconds) if seconds else 0
        report = {"table": table.pk, "rows": rows, "seconds": round(seconds, 3), "rows_per_second": rate}
        self.stdout.write(json.dumps(report))


def _work(job_id: int) -> None:
    """A forked process: Ctrl-C is the parent's matter."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        run(job_id)
    finally:
        connections.close_all()
