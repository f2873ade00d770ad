"""PostgreSQL and Redis that come with Rowan: started for one data folder, found again, stopped.

Everything is keyed by the data folder (ROWAN_DATA), so two checkouts run side by side. `servers.json` in it, readable
by its owner only, tells the other processes where the servers are.
"""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple


class Urls(NamedTuple):
    database: str | None
    redis: str | None


class CannotStart(Exception):
    """An embedded server cannot run here; the message is a sentence for the person who started Rowan."""


def urls(data: Path) -> Urls:
    """URLs of the embedded servers running for this data folder; None where one does not run."""
    try:
        known = json.loads((data / "servers.json").read_text())
        os.kill(known["pid"], 0)
    except (OSError, ValueError, KeyError):
        return Urls(None, None)
    return Urls(known["database"], known["redis"])


def secret_key(data: Path) -> str:
    """The installation's own random key, kept 0600 in the data folder, made at the first call."""
    path = data / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process was first
            write_private(path, secrets.token_urlsafe(48), os.O_EXCL)
        return path.read_text().strip()


def write_private(path: Path, text: str, flags: int = os.O_TRUNC) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600), "w") as file:
        file.write(text)


@contextmanager
def servers(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[Urls]:
    """Both servers for the length of a block, PostgreSQL with these settings beside its own. Raises CannotStart.

    Those that run already are used as they are, and left running.
    """
    found = urls(data)
    if found.database and found.redis:
        yield found
        return
    from config.embedded.pair import Pair

    pair = Pair(data, settings)
    try:
        yield pair.start()
    finally:
        pair.stop()
