"""The database and the Redis of one run: embedded ones in a throw-away folder, or a database of its own beside DATABASE_URL's."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config import embedded


@contextmanager
def environment(folder: Path) -> Iterator[dict[str, str]]:
    """The variables that everything the bench starts runs with. Raises CannotStart."""
    given = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if any(given) and not all(given):
        raise embedded.CannotStart("Set both DATABASE_URL and REDIS_URL, or neither.")
    common = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ROWAN_DATA": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(48),
        # A production's .env must not turn the bench into one: it speaks plain HTTP to 127.0.0.1.
        "ROWAN_PRODUCTION": "0",
        "DEBUG": "0",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
    if given[0] and given[1]:
        with own_database(given[0]) as database:
            yield {**common, "DATABASE_URL": database, "REDIS_URL": given[1]}
        return
    with embedded.servers(folder) as urls:
        assert urls.database and urls.redis
        yield {**common, "DATABASE_URL": urls.database, "REDIS_URL": urls.redis}


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """An empty database on the server of `url`, dropped afterwards; the one that `url` names is not touched."""
    name = f"rowan_bench_{os.getpid()}"
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise embedded.CannotStart(f"The bench needs a database of its own and could not make one: {error}") from None
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
