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

from ingest.convert import ImportColumn, convert
from ingest.infer import Guess, guess_columns, merge
from ingest.models import Job, Part
from ingest.readers import READERS, BadFile, CsvFile, open_file
from ingest.readers import Part as FilePart
from ingest.readers.base import shown
from tables import schema
from tables.columns import kind_of
from tables.columns.base import BadOptions

PARTS_AT_ONCE = 8  # found parts handed to the other processes together, while the scan goes on


def check_file(path: str) -> None:
    """Raise BadFile when there is no readable file of a known type at `path`."""
    file = Path(path)
    if not file.is_file():
        raise BadFile(f"There is no file {shown(path, 200)}.")
    if file.suffix.lower() not in READERS:
        raise BadFile(f"{shown(file.name, 80)} is not of a known type. Known types: {', '.join(READERS)}.")
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
    suffix = Path(upload.name or "").suffix.lower()
    if suffix not in READERS:
        raise BadFile(f"{shown(upload.name or 'The file', 80)} is not of a known type. Known types: {', '.join(READERS)}.")
    if not upload.size:
        raise BadFile("The file is empty.")
    if upload.size > settings.UPLOAD_LIMIT:
        raise BadFile(f"The file has {upload.size:,} bytes; at most {settings.UPLOAD_LIMIT:,} can be uploaded.")
    path = folder() / f"{secrets.token_hex(12)}{suffix}"
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
    source = open_file(Path(job.params["path"]), folder(), name=job.params["name"])
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


def scan_part(job: Job, part: Part) -> None:
    """Guess the columns' kinds from one part; the result is stored with it."""
    source = CsvFile(**job.params["source"])
    guesses: list[Guess] | None = None
    for batch in source.read(FilePart(**part.params)):
        found = guess_columns(batch.columns, source.delimiter, guesses)
        guesses = found if guesses is None else list(map(merge, guesses, found))
    part.result = [asdict(guess) for guess in guesses or []]


def plan_file(job: Job) -> list[dict[str, int]]:
    """Decide where every column goes, adding columns to the table where it has none of that name.

    Returns the parts to load. Raises BadFile.
    """
    source = CsvFile(**job.params["source"])
    parts = list(Part.objects.filter(job=job, phase=Part.Phase.SCAN).order_by("number"))
    guesses = [
        reduce(merge, (Guess(**part.result[index]) for part in parts if part.result), Guess())
        for index in range(len(source.names))
    ]
    job.params["columns"] = _columns(job, source.names, guesses)
    Job.objects.filter(pk=job.pk).update(params=job.params)
    return [{**part.params, "start": part.params["first_row"] - 1} for part in parts]


def _columns(job: Job, names: list[str], guesses: list[Guess]) -> list[dict[str, object] | None]:
    """For each of the file's columns an ImportColumn as a dict, or None when the table's column takes no values."""
    known = {column.name.casefold(): column for column in job.table.live_columns()}
    new = [(name, guess.kind, guess.options) for name, guess in zip(names, guesses, strict=True) if name.casefold() not in known]
    try:
        added = schema.add_columns(job.table, job.created_by, new) if new else []
    except (schema.BadSchema, BadOptions) as bad:
        raise BadFile(str(bad)) from None
    known |= {column.name.casefold(): column for column in added}
    found: list[dict[str, object] | None] = []
    for name in names:
        column = known[name.casefold()]
        writable = kind_of(column.kind).writable
        found.append({"key": column.key, "name": name, "kind": column.kind, "options": column.options} if writable else None)
    return found


def file_documents(job: Job, part: Part) -> Iterator[list[str]]:
    """A part's rows as JSON documents, by batches. Raises BadFile naming the row and column of a value that does not fit."""
    columns = [column and ImportColumn(**column) for column in job.params["columns"]]
    params = {name: value for name, value in part.params.items() if name != "start"}
    for batch in CsvFile(**job.params["source"]).read(FilePart(**params)):
        yield convert(batch, columns)


def forget_file(job: Job) -> None:
    """Delete what was stored for an ended job: an upload, a UTF-8 copy. Never a file of the person's own."""
    source = job.params.get("source") or {}
    if source.get("copied"):
        Path(source["path"]).unlink(missing_ok=True)
    if job.params.get("options", {}).get("uploaded"):
        Path(job.params["path"]).unlink(missing_ok=True)
