"""`python -m config.flower`: Flower, behind a name and a password.

Flower shows messages, processes and how the workers are set up, to whoever can reach its port: on one machine that is everybody
who has an account there, and a web page that makes a name of its own lead to 127.0.0.1.
"""

import os
import sys


def main() -> None:
    name, _, password = os.environ.get("FLOWER_BASIC_AUTH", "").partition(":")
    if not name or not password:
        sys.exit("Flower is not started without a password: set FLOWER_BASIC_AUTH=name:password.")
    port = os.environ.get("FLOWER_PORT") or "5555"
    # The password stays in the environment, where Flower looks for it: everybody can read a command line.
    options = ["--address=127.0.0.1", f"--port={port}", "--logging=error"]
    command = [sys.executable, "-m", "celery", "--app", "config", "flower", *options]
    os.execv(sys.executable, command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main()
