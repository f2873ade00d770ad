"""Both embedded servers of a data folder, started together."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from config.embedded import CannotStart, Urls, write_private
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis


class Pair:
    """PostgreSQL and Redis for one data folder; the lock on it keeps a second pair away."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data, self.settings = data, settings
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self.lock: IO[str] | None = None

    def start(self) -> Urls:
        """Raises CannotStart."""
        self.data.mkdir(parents=True, exist_ok=True)
        lock = (self.data / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise CannotStart(
                f"Rowan is already running on the data folder {self.data}. Set ROWAN_DATA for another one."
            ) from None
        self.lock = lock
        try:
            self.postgres = Postgres(self.data, self.settings)
            self.postgres.start()
            self.redis = Redis(self.data)
            self.redis.start()
        except CannotStart:
            self.stop()
            raise
        found = Urls(self.postgres.url, self.redis.url)
        write_private(self.data / "servers.json", json.dumps({"pid": os.getpid(), **found._asdict()}))
        return found

    def stop(self) -> None:
        """Stop what was started; nothing is left. Without the lock, servers.json and the servers are somebody else's."""
        if self.lock is None:
            return
        (self.data / "servers.json").unlink(missing_ok=True)
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()
        self.lock.close()
        self.lock = None
