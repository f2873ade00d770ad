#!/usr/bin/env python3
"""Rowan's command line: `manage.py ingest`, `manage.py migrate` and all of Django's.

Without DATABASE_URL it uses the embedded servers: those that `bin/run` has started, or its own for one command.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# These look at the code only.
WITHOUT_SERVERS = {"check", "collectstatic", "diffsettings", "help", "makemigrations", "version"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import environ
    from django.core.exceptions import ImproperlyConfigured

    from config.embedded import CannotStart

    environ.Env.read_env(ROOT / ".env")  # what is set already wins
    own_servers = os.environ.get("DATABASE_URL") or os.environ.get("ROWAN_PRODUCTION")
    try:
        if own_servers or len(sys.argv) < 2 or sys.argv[1] in WITHOUT_SERVERS or "--help" in sys.argv:
            run()
        else:
            run_with_embedded_servers()
    except (CannotStart, ImproperlyConfigured) as error:
        sys.exit(f"{error}")


def run() -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def run_with_embedded_servers() -> None:
    """Servers started for this command may hold a fresh database: `manage.py ingest` shall work on it all the same."""
    from config import embedded

    data = Path(os.environ.get("ROWAN_DATA") or ROOT / "var").expanduser().resolve()
    running = embedded.urls(data).database is not None
    with embedded.servers(data):
        if not running and sys.argv[1] != "migrate":
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
        run()


if __name__ == "__main__":
    main()
