"""The file formats that can be imported. A format is one file in this folder and one line here."""

from pathlib import Path

from ingest.readers.base import BadFile, Batch, Part, Source, shown
from ingest.readers.csv import CsvFile

__all__ = ["READERS", "BadFile", "Batch", "CsvFile", "Part", "Source", "reader_of"]

READERS: dict[str, type[Source]] = {
    ".csv": CsvFile,
    ".tsv": CsvFile,
    ".tab": CsvFile,
    ".txt": CsvFile,
}


def reader_of(name: str) -> type[Source]:
    """What reads files of this name, by its extension. Raises BadFile."""
    extension = Path(name).suffix.lower()
    if extension not in READERS:
        raise BadFile(f"{shown(Path(name).name, 80)} is not of a known type. Known types: {', '.join(READERS)}.")
    return READERS[extension]
