#!/usr/bin/env python3
"""Rowan's command line: `manage.py ingest`, `manage.py migrate` and all of Django's.

Without DATABASE_URL it uses the embedded servers: those that `bin/run` has started, or its own for one command.
"""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

# These look at the code only.
WITHOUT_SERVERS = {"check", "collectstatic", "diffsettings", "help", "makemigrations", "version"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    embedded = not os.environ.get("DATABASE_URL") and not os.environ.get("ROWAN_PRODUCTION") and not Path(".env").exists()
    if not embedded or command in WITHOUT_SERVERS or "--help" in sys.argv:
        execute_from_command_line(sys.argv)
        return
    from config.embedded import CannotStart, servers

    data = Path(os.environ.get("ROWAN_DATA") or Path(__file__).resolve().parent / "var").expanduser().resolve()
    try:
        with servers(data) if command != "runserver" else nullcontext():
            if command != "migrate":
                _migrate_once(data)
            execute_from_command_line(sys.argv)
    except CannotStart as error:
        sys.exit(f"{error}")


def _migrate_once(data: Path) -> None:
    """A fresh data folder has no tables yet: `manage.py ingest` shall work on it all the same."""
    if (data / "migrated").exists():
        return
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    (data / "migrated").touch()


if __name__ == "__main__":
    main()
