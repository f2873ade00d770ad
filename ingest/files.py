"""Importing a file: look at it, guess its columns' kinds from every value, then read its rows part by part."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict
from functools import reduce
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from bases.progress import OPEN, State
from ingest.convert import ImportColumn, convert
from ingest.infer import Guess, guess_columns, merge
from ingest.models import Job, Part
from ingest.readers import BadFile, Source, reader_of
from ingest.readers import Part as FilePart
from ingest.readers.base import shown
from tables import schema
from tables.columns import kind_of
from tables.columns.base import BadOptions
from tables.models import MAX_COLUMNS, Column, Table
from tables.writes import Write

PARTS_AT_ONCE = 8  # found parts handed to the other processes together, while the scan goes on


def check_file(path: str) -> None:
    """Raise BadFile when there is no readable file of a known type at `path`."""
    file = Path(path)
    if not file.is_file():
        raise BadFile(f"There is no file {shown(path, 200)}.")
    reader_of(path)
    try:
        file.open("rb").close()
    except OSError as error:
        raise BadFile(f"{shown(path, 200)} cannot be read: {error.strerror}.") from None


def folder() -> Path:
    """Where uploads and UTF-8 copies wait until their job has ended."""
    path: Path = settings.DATA / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep_upload(upload: UploadedFile) -> Path:
    """Store an uploaded file until its job has ended. Raises BadFile."""
    name = upload.name or ""
    reader_of(name)
    if not upload.size:
        raise BadFile("The file is empty.")
    if upload.size > settings.UPLOAD_LIMIT:
        raise BadFile(f"The file has {upload.size:,} bytes; at most {settings.UPLOAD_LIMIT:,} can be uploaded.")
    path = folder() / f"{secrets.token_hex(12)}{Path(name).suffix}"
    try:
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise BadFile(f"The file could not be stored: {error.strerror}.") from None
    return path


def scan_file(job: Job) -> None:
    """Find the file's parts and write them down for all processes. Killed and run again, it finds the same ones."""
    if job.params.get("scanned"):
        return
    source = reader_of(job.params["name"]).open(Path(job.params["path"]), folder(), job.params["options"].get("header"))
    job.params["source"] = asdict(source)  # type: ignore[call-overload]
    Job.objects.filter(pk=job.pk).update(params=job.params, step="Looking at the file", alive_at=timezone.now())
    found = source.scan()
    while parts := list(islice(found, PARTS_AT_ONCE)):
        Part.objects.bulk_create(
            [Part(job=job, phase=Part.Phase.SCAN, number=part.number, params=asdict(part)) for part in parts],
            ignore_conflicts=True,
        )
        Job.objects.filter(pk=job.pk).update(alive_at=timezone.now())
        if Job.objects.filter(pk=job.pk, cancel_asked=True).exists():
            return
    job.params["scanned"] = True
    Job.objects.filter(pk=job.pk).update(params=job.params)


def _source(job: Job) -> Source:
    """The file as scan_file() has opened it."""
    return reader_of(job.params["name"])(**job.params["source"])


def scan_part(job: Job, part: Part) -> None:
    """Guess the columns' kinds from one part; the result is stored with it."""
    source = _source(job)
    guesses: list[Guess] | None = None
    for batch in source.read(FilePart(**part.params)):
        found = guess_columns(batch.columns, guesses, commas=not source.decimal_commas)
        guesses = found if guesses is None else list(map(merge, guesses, found))
    part.result = [asdict(guess) for guess in guesses or []]


def plan_file(job: Job) -> list[dict[str, int]]:
    """Decide where every column goes: to the table's column of that name, or to a new one that is planned.

    Returns the parts to load. Raises BadFile.
    """
    names = _source(job).names
    parts = list(Part.objects.filter(job=job, phase=Part.Phase.SCAN).order_by("number"))
    guesses = [
        reduce(merge, (Guess(**part.result[index]) for part in parts if part.result), Guess()) for index in range(len(names))
    ]
    known = {column.name.casefold(): column for column in job.table.live_columns()}
    new = {name: guess for name, guess in zip(names, guesses, strict=True) if name.casefold() not in known}
    if len(known) + len(new) > MAX_COLUMNS:
        raise BadFile(f"The table has {len(known)} columns and the file {len(new)} others; a table holds at most {MAX_COLUMNS}.")
    planned = _plan(new, schema.reserve_keys(job.table, len(new)))
    job.params["columns"] = [planned.get(name) or _place(known[name.casefold()], name) for name in names]
    job.params["planned"] = list(planned.values())
    Job.objects.filter(pk=job.pk).update(params=job.params)
    return [{**part.params, "start": part.params["first_row"] - 1} for part in parts]


def _plan(new: dict[str, Guess], first_key: int) -> dict[str, dict[str, object]]:
    """New columns by name, each an ImportColumn as a dict. They are added with the rows: a failed import leaves none."""
    try:
        return {
            name: {"key": key, "name": name, "kind": guess.kind, "options": kind_of(guess.kind).options(guess.options)}
            for key, (name, guess) in enumerate(new.items(), first_key)
        }
    except BadOptions as bad:
        raise BadFile(str(bad)) from None


def _place(column: Column, name: str) -> dict[str, object] | None:
    """A column that is there, for the file's column of that name; None when it takes no values."""
    if not kind_of(column.kind).writable:
        return None
    return {"key": column.key, "name": name, "kind": column.kind, "options": column.options}


def add_planned_columns(job: Job, current: Write) -> None:
    """Add an import's new columns in the write that shows its rows. Raises BadFile when the table has no room any more."""
    try:
        for column in job.params.get("planned", []):
            schema.add_reserved_column(current, **column)
    except schema.BadSchema as bad:
        raise BadFile(f"{bad} Columns were added while the file was read; no row was imported.") from None


def file_documents(job: Job, part: Part) -> Iterator[list[str]]:
    """A part's rows as JSON documents, by batches. Raises BadFile naming the row and column of a value that does not fit."""
    columns = [column and ImportColumn(**column) for column in job.params["columns"]]
    params = {name: value for name, value in part.params.items() if name != "start"}
    for batch in _source(job).read(FilePart(**params)):
        yield convert(batch, columns)


def forget_file(job: Job) -> None:
    """Take away what only an ended job needed: an upload, a UTF-8 copy (never a file of the person's own).

    A table that was made for an import, and got no rows from it, goes to the trash.
    """
    source, options = job.params.get("source") or {}, job.params.get("options", {})
    if source.get("copied"):
        Path(source["path"]).unlink(missing_ok=True)
    if options.get("uploaded"):
        Path(job.params["path"]).unlink(missing_ok=True)
    # The state is read anew: the caller's job may be older than its end.
    empty_handed = Job.objects.filter(pk=job.pk, state__in=(State.FAILED, State.CANCELLED))
    others = Job.objects.filter(table=job.table_id, state__in=OPEN).exclude(pk=job.pk)
    if options.get("made_table") and empty_handed.exists() and not job.table.live_columns().exists() and not others.exists():
        Table.objects.filter(pk=job.table_id, deleted_at=None, row_count=0).update(deleted_at=timezone.now())
