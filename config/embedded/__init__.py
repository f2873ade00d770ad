"""The contract settings.py relies on (stub by the architect; the house's part replaces it)."""

from pathlib import Path
from typing import NamedTuple


class Urls(NamedTuple):
    database: str | None
    redis: str | None


def urls(data: Path) -> Urls:
    """URLs of the embedded servers running for this data folder; None where one does not run."""
    return Urls(None, None)


def secret_key(data: Path) -> str:
    """The installation's own random key, kept 0600 in the data folder, made at the first call."""
    return "insecure"
