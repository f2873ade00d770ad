"""The file formats that can be imported. A format is one file in this folder and one line here."""

from collections.abc import Callable
from pathlib import Path

from ingest.readers.base import BadFile, Batch, Part, Source
from ingest.readers.csv import CsvFile, open_csv

__all__ = ["READERS", "BadFile", "Batch", "CsvFile", "Part", "Source", "open_file"]

# Extension -> (path, folder for a UTF-8 copy, is the first row a header? None: look) -> the file
READERS: dict[str, Callable[[Path, Path, bool | None], Source]] = {
    ".csv": open_csv,
    ".tsv": open_csv,
    ".tab": open_csv,
    ".txt": open_csv,
}


def open_file(path: Path, folder: Path, header: bool | None = None, name: str = "") -> Source:
    """Open a file by its name's extension (`name` if the path has lost it). Raises BadFile."""
    extension = Path(name or path).suffix.lower()
    if extension not in READERS:
        known = ", ".join(READERS)
        raise BadFile(f"Files of the type {shown_extension(extension)} cannot be imported. Files that can: {known}.")
    return READERS[extension](path, folder, header)


def shown_extension(extension: str) -> str:
    """An extension as a message names it."""
    return f"“{extension}”" if extension else "“no extension”"
